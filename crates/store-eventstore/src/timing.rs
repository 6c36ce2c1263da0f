//! How long things may take, and how long to wait before asking again.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::{Duration, Instant};

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// A connection.
    pub connect: Duration,
    /// An answer, from the request's first byte to the answer's last; a long poll's own time comes on top.
    pub answer: Duration,
    /// An answer to the question which servers there are.
    pub gossip: Duration,
    /// A whole operation with all its retries. An append that is not settled by then answers that its outcome is unknown.
    pub deadline: Duration,
    /// The first answer of a server at all: an address may be mistyped, and a person waits.
    pub opening: Duration,
    /// What the server is given to end a request whose answer was waited for in vain: the same request beside it could
    /// be answered 500 or 400, though it was written.
    pub after_silence: Duration,
    /// The first pause before asking again; each one after is twice as long.
    pub pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(30),
            gossip: Duration::from_secs(3),
            deadline: Duration::from_secs(60),
            opening: Duration::from_secs(10),
            after_silence: Duration::from_secs(3),
            pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(10),
        }
    }
}

/// The pauses of one operation, until its deadline.
#[derive(Debug)]
pub(crate) struct Patience {
    until: Instant,
    pause: Duration,
    longest: Duration,
}

impl Patience {
    /// Begins now, for a whole operation.
    pub fn begin(timing: &Timing) -> Self {
        Self::for_time(timing, timing.deadline)
    }

    /// Begins now, until a deadline of its own.
    pub fn for_time(timing: &Timing, time: Duration) -> Self {
        Self { until: Instant::now() + time, pause: timing.pause, longest: timing.longest_pause }
    }

    /// What is left until the deadline.
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Waits before asking again, at least for `at_least`; says no, and does not wait, where the deadline comes first.
    pub fn pause(&mut self, at_least: Duration) -> bool {
        let pause = jittered(self.pause).max(at_least);
        self.pause = (self.pause * 2).min(self.longest);
        if pause >= self.left() {
            return false;
        }
        std::thread::sleep(pause);
        true
    }
}

/// Between half of a pause and the whole: servers that were cut off together do not all come back at once.
fn jittered(pause: Duration) -> Duration {
    // A new state has new keys, and that is all the chance that is needed.
    let chance = u32::from(RandomState::new().build_hasher().finish().to_le_bytes()[0]);
    pause / 2 + pause * chance / 512
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_before_the_deadline() {
        let (pause, longest_pause) = (Duration::from_millis(2), Duration::from_millis(8));
        let timing =
            Timing { deadline: Duration::from_millis(40), pause, longest_pause, ..Timing::default() };
        let mut patience = Patience::begin(&timing);
        let pauses = (0..1_000).take_while(|_| patience.pause(Duration::ZERO)).count();
        assert!((1..=40).contains(&pauses), "{pauses}");
        assert!(
            !patience.pause(Duration::from_secs(5)),
            "a server's wish beyond the deadline is not waited for"
        );
    }
}
