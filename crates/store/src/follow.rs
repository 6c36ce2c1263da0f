//! Reading on as the log grows.

use std::time::Duration;

use crate::{EventLog, LineBatch, Result};

/// Reads a log from a position on, batch after batch, and waits for more at its end.
#[derive(Debug)]
pub struct Follower<'a, L: EventLog + ?Sized> {
    log: &'a L,
    max_lines: usize,
    batch: LineBatch,
}

impl<'a, L: EventLog + ?Sized> Follower<'a, L> {
    /// Lines asked for at once, unless told otherwise.
    pub const MAX_LINES: usize = 4096;

    /// Follows `log` from position `from` on.
    pub fn new(log: &'a L, from: u64) -> Self {
        Self { log, max_lines: Self::MAX_LINES, batch: LineBatch::new(from) }
    }

    /// Takes at most `max_lines` (at least one) at once.
    #[must_use]
    pub fn at_most(mut self, max_lines: usize) -> Self {
        self.max_lines = max_lines.max(1);
        self
    }

    /// Position of the line that comes next.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.batch.next()
    }

    /// Returns the next lines, waiting up to `timeout` for the first; `None` if none came.
    ///
    /// # Errors
    /// Those of [`EventLog::read_into`] and [`EventLog::wait`]; the position stays, the call may be repeated.
    pub fn next(&mut self, timeout: Duration) -> Result<Option<&LineBatch>> {
        let from = self.position();
        if self.log.wait(from, timeout)? <= from {
            return Ok(None);
        }
        let read = self.log.read_into(from, self.max_lines, &mut self.batch);
        if let Err(error) = read {
            self.batch.clear(from);
            return Err(error);
        }
        Ok((!self.batch.is_empty()).then_some(&self.batch))
    }
}
