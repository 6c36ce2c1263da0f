//! Where the time comes from. Only [`SystemClock`] looks at a real clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use chain::Instant;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The instant now. It may stand still or run backwards; appends are kept in order all the same.
    fn now(&self) -> Instant;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    /// # Panics
    /// When the machine's clock stands before 1970 or after 9999.
    fn now(&self) -> Instant {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock stands after 1970");
        let micros = i64::try_from(since.as_micros()).ok();
        micros.and_then(Instant::from_micros).expect("the clock stands before the year 10000")
    }
}

/// A clock that a test or a demonstration sets.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Makes a clock that stands at `at`.
    #[must_use]
    pub const fn new(at: Instant) -> Self {
        Self(AtomicI64::new(at.micros()))
    }

    /// Sets it.
    pub fn set(&self, at: Instant) {
        self.0.store(at.micros(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::SeqCst)).expect("it was made of an instant")
    }
}
