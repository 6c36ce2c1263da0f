//! The in-memory engine: for tests and for ledgers that are computed and thrown away.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::{EventLog, LineBatch, Result, StoreError, check_lines};

/// A log in memory. Clones share it; it is gone with the last of them.
#[derive(Clone, Debug, Default)]
pub struct MemoryLog {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    lines: Mutex<Lines>,
    grown: Condvar,
}

/// Every line with its LF, and the offset after each.
#[derive(Debug, Default)]
struct Lines {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Lines {
    fn size(&self) -> u64 {
        self.ends.len() as u64
    }

    /// Bytes of the lines `from..to`, each with its LF.
    fn slice(&self, from: usize, to: usize) -> &[u8] {
        let offset = |index: usize| index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[offset(from)..offset(to)]
    }
}

impl MemoryLog {
    /// Makes an empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.shared.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventLog for MemoryLog {
    fn append(&self, expected_size: u64, lines: &[&[u8]]) -> Result<u64> {
        check_lines(lines)?;
        let mut stored = self.lines();
        StoreError::expect_size(expected_size, stored.size())?;
        for line in lines {
            stored.bytes.extend_from_slice(line);
            stored.bytes.push(b'\n');
            let end = stored.bytes.len();
            stored.ends.push(end);
        }
        self.shared.grown.notify_all();
        Ok(stored.size())
    }

    fn read_into(&self, from: u64, max_lines: usize, batch: &mut LineBatch) -> Result<()> {
        let stored = self.lines();
        let size = stored.ends.len();
        let from_index = usize::try_from(from).unwrap_or(usize::MAX).min(size);
        let to_index = from_index.saturating_add(max_lines).min(size);
        let mut bytes = batch.take_buffer();
        bytes.extend_from_slice(stored.slice(from_index, to_index));
        batch.fill(from, bytes, 0, max_lines);
        Ok(())
    }

    fn size(&self) -> Result<u64> {
        Ok(self.lines().size())
    }

    fn wait(&self, beyond: u64, timeout: Duration) -> Result<u64> {
        let waited =
            self.shared.grown.wait_timeout_while(self.lines(), timeout, |lines| lines.size() <= beyond);
        let (lines, _) = waited.unwrap_or_else(PoisonError::into_inner);
        Ok(lines.size())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Shop(MemoryLog);

    impl crate::contract::Engine for Shop {
        type Log = MemoryLog;

        fn open(&mut self) -> Result<MemoryLog> {
            Ok(self.0.clone())
        }

        /// Memory that survives: the contract asks what an engine promises, and this one promises only its process.
        fn crash(&mut self) {}
    }

    crate::contract_tests!(Shop(MemoryLog::new()));
}
