//! The wish to stop, for threads that sleep and for clients that listen.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// Told once; known ever after.
pub struct Stop {
    stopping: Mutex<bool>,
    changed: Condvar,
    listeners: watch::Sender<bool>,
}

impl Default for Stop {
    fn default() -> Self {
        Self { stopping: Mutex::default(), changed: Condvar::new(), listeners: watch::Sender::new(false) }
    }
}

impl Stop {
    /// Says that it is time.
    pub fn tell(&self) {
        *self.stopping.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
        self.listeners.send_replace(true);
    }

    /// Sleeps, unless it is time; says whether it is.
    pub fn wait(&self, pause: Duration) -> bool {
        let stopping = self.stopping.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(stopping, pause, |stopping| !*stopping);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// For who listens beside other things.
    pub fn listen(&self) -> watch::Receiver<bool> {
        self.listeners.subscribe()
    }
}
