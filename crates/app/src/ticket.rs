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
    /// Let go of before the client is woken, so that the client's thread frees it.
    prepared: Option<Arc<Prepared>>,
    slot: Arc<Slot>,
}

/// Where the client waits.
pub(crate) struct Waiting {
    slot: Arc<Slot>,
    /// Only held: freeing a large submission is the client's work, not the sequencer's.
    _prepared: Arc<Prepared>,
}

impl Ticket {
    /// Makes a ticket for the calling thread.
    pub fn new(prepared: Prepared) -> (Self, Waiting) {
        let slot = Arc::new(Slot { answer: OnceLock::new(), client: thread::current() });
        let prepared = Arc::new(prepared);
        let ticket = Self { prepared: Some(Arc::clone(&prepared)), slot: Arc::clone(&slot) };
        (ticket, Waiting { slot, _prepared: prepared })
    }

    /// What the client wants recorded.
    pub fn prepared(&self) -> &Prepared {
        self.prepared.as_deref().expect("a ticket without an answer has its submission")
    }

    /// Answers and wakes the client.
    pub fn answer(mut self, answer: Answer) {
        self.tell(answer);
    }

    fn tell(&mut self, answer: Answer) {
        self.prepared = None;
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
        while self.slot.answer.get().is_none() {
            thread::park();
        }
        self.slot.answer.get().cloned().expect("just seen")
    }
}
