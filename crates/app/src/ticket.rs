//! A client that waits for its answer.

use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};

use domain::ledger::Prepared;

use crate::submit::{Receipt, SubmitError};

/// What a client hears.
pub(crate) type Answer = Result<Receipt, SubmitError>;

struct Slot {
    answer: OnceLock<Answer>,
    client: Thread,
}

/// A submission on its way. Dropped without an answer, it tells the client that the sequencer stopped: nobody waits
/// for ever, not even on a thread that panicked.
pub(crate) struct Ticket {
    pub prepared: Prepared,
    slot: Arc<Slot>,
}

/// Where the client waits.
pub(crate) struct Waiting(Arc<Slot>);

impl Ticket {
    /// Makes a ticket for the calling thread.
    pub fn new(prepared: Prepared) -> (Self, Waiting) {
        let slot = Arc::new(Slot { answer: OnceLock::new(), client: thread::current() });
        (Self { prepared, slot: Arc::clone(&slot) }, Waiting(slot))
    }

    /// Answers and wakes the client.
    pub fn answer(self, answer: Answer) {
        self.tell(answer);
    }

    fn tell(&self, answer: Answer) {
        if self.slot.answer.set(answer).is_ok() {
            self.slot.client.unpark();
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.tell(Err(SubmitError::Stopped));
    }
}

impl Waiting {
    /// Waits for the answer, on the thread that made the ticket.
    pub fn wait(self) -> Answer {
        while self.0.answer.get().is_none() {
            thread::park();
        }
        self.0.answer.get().cloned().expect("just seen")
    }
}
