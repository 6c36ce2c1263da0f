//! The trait every engine implements.

use std::time::Duration;

use crate::{LineBatch, Result, StoreError};

/// The longest line, in bytes, without its ending LF (`docs/format.md` §2).
pub const MAX_LINE_BYTES: usize = 60_000;

/// One log of lines: positions 0, 1, 2 … without a gap, added at the end, never changed.
///
/// Reading and waiting may run on many threads beside one append.
pub trait EventLog: Send + Sync {
    /// Appends all of `lines` at `expected_size`, or none; returns the new size. On `Ok` they survive a power cut.
    ///
    /// Lines are given without their LF. No lines at all: nothing is written, the size is still compared.
    ///
    /// # Errors
    /// [`StoreError::Conflict`]: the log has another size; nothing was written.
    /// [`StoreError::OutcomeUnknown`]: all of the lines are in the log, or none; [`settle`](Self::settle) tells.
    /// [`StoreError::UnfitLine`], [`StoreError::Full`], [`StoreError::ReadOnly`], [`StoreError::Unsettled`],
    /// [`StoreError::Io`]: nothing was written. An engine may want settling after any of these, and then says
    /// [`StoreError::Unsettled`] the next time.
    fn append(&self, expected_size: u64, lines: &[&[u8]]) -> Result<u64>;

    /// Reads lines from position `from` on into `batch`, replacing what it holds and reusing its memory.
    ///
    /// At most `max_lines` arrive, and at least one if `from` is below the size and `max_lines` above 0. An engine
    /// may stop earlier than asked, where it is cheap to stop: only an empty batch says that there is no more.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`]: what is stored there is not what was written. [`StoreError::Io`].
    fn read_into(&self, from: u64, max_lines: usize, batch: &mut LineBatch) -> Result<()>;

    /// Returns the number of lines that are durable.
    ///
    /// # Errors
    /// [`StoreError::Io`], where an engine has to ask.
    fn size(&self) -> Result<u64>;

    /// Waits until the log has more than `beyond` lines, or for `timeout`; returns the size either way.
    ///
    /// # Errors
    /// As [`size`](Self::size).
    fn wait(&self, beyond: u64, timeout: Duration) -> Result<u64>;

    /// Finds out what became of an append that answered [`StoreError::OutcomeUnknown`]; returns the true size.
    ///
    /// The lines of that append are then there, durably, or gone. Until this has returned `Ok`, appends are refused
    /// with [`StoreError::Unsettled`]. Without an open question this is [`size`](Self::size).
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::Full`]: still not known; may be called again. [`StoreError::Corrupt`].
    fn settle(&self) -> Result<u64> {
        self.size()
    }

    /// Reads lines from position `from` on into a new batch; see [`read_into`](Self::read_into).
    ///
    /// # Errors
    /// As [`read_into`](Self::read_into).
    fn read(&self, from: u64, max_lines: usize) -> Result<LineBatch> {
        let mut batch = LineBatch::new(from);
        self.read_into(from, max_lines, &mut batch)?;
        Ok(batch)
    }
}

/// Refuses lines that would make a file of lines unreadable: empty, too long, or with an LF inside.
///
/// # Errors
/// [`StoreError::UnfitLine`] for the first such line.
pub fn check_lines(lines: &[&[u8]]) -> Result<()> {
    for (index, line) in lines.iter().enumerate() {
        let reason = if line.is_empty() {
            "空行"
        } else if line.len() > MAX_LINE_BYTES {
            "超过 60,000 字节"
        } else if memchr::memchr(b'\n', line).is_some() {
            "行内含有换行符"
        } else {
            continue;
        };
        return Err(StoreError::UnfitLine { index, reason });
    }
    Ok(())
}
