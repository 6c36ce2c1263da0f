//! What goes on beside the answers: lines are followed, heads are published, the ledger is checked.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::ledger::Ledger;

/// How long the follower waits for lines before it looks whether it should stop.
const FOLLOW_PAUSE: Duration = Duration::from_millis(500);
/// A head is published at most so often.
const HEAD_EVERY: Duration = Duration::from_secs(1);

/// Threads that run until the ledger's stop is told.
pub struct Upkeep(Vec<JoinHandle<()>>);

impl Upkeep {
    /// Starts them.
    pub fn start(ledger: &Arc<Ledger>) -> Self {
        let mut threads = vec![started("follower", ledger, follow)];
        if ledger.sequencer().is_some() {
            threads.push(started("heads", ledger, publish));
            threads.push(started("self-check", ledger, check));
        }
        Self(threads)
    }

    /// Waits until they have ended.
    ///
    /// # Panics
    /// When one of them did: they tell of failures, and go on.
    pub fn end(self) {
        self.0.into_iter().for_each(|thread| thread.join().expect("upkeep tells of failures"));
    }
}

fn started(name: &str, ledger: &Arc<Ledger>, work: fn(&Ledger)) -> JoinHandle<()> {
    let ledger = Arc::clone(ledger);
    let named = thread::Builder::new().name(name.to_owned());
    named.spawn(move || work(&ledger)).expect("the system gives a thread")
}

/// Keeps the model at the log's end.
fn follow(ledger: &Ledger) {
    while !ledger.stop().wait(Duration::ZERO) {
        let outcome = ledger.follow(FOLLOW_PAUSE);
        let failed = outcome.is_err();
        ledger.set_failure(outcome.err());
        // A log that cannot be asked just now is asked again after the pause.
        if failed {
            ledger.stop().wait(FOLLOW_PAUSE);
        }
    }
}

fn publish(ledger: &Ledger) {
    loop {
        ledger.publish_head();
        if ledger.stop().wait(HEAD_EVERY) {
            return;
        }
    }
}

fn check(ledger: &Ledger) {
    let Some(every) = ledger.self_check_every() else { return };
    loop {
        ledger.check();
        if ledger.stop().wait(every) {
            return;
        }
    }
}
