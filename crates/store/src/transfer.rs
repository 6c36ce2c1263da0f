//! The lines of one log into another, byte for byte: begun, gone on with, and compared.
//!
//! The target is at every moment a beginning of the source that ends with a whole append: that is what a crash leaves.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use crate::{EventLog, LineBatch, StoreError};
use chain::hash::leaf_hash;
use chain::line::Line;
use chain::tree::Frontier;
use chain::{Instant, TreeHash};

/// Lines that are read at once.
const BATCH_LINES: usize = 2_000;
/// Batches that may wait to be written.
const BATCHES_AHEAD: usize = 4;
/// More bytes than these go in two appends where they may.
const MANY_BYTES: usize = 2 << 20;

/// How lines are put together for the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appends {
    /// As they were appended at first: a disk's torn append must be one whose lines share an instant.
    Same,
    /// Several at once, so that a network is crossed less often.
    Joined,
}

/// Lines of one append are joined with the next up to so many.
pub const JOINED_LINES: usize = 500;

/// What is in both logs at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// How many lines.
    pub size: u64,
    /// How many of them the target had before.
    pub before: u64,
    /// The root of the tree over the lines that the target has, read from it.
    pub root: TreeHash,
}

/// Why a copy was not made or does not hold. `Display` is a sentence for the person at the machine.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TransferError {
    /// The target has lines beyond the source's end.
    #[error("目标已有 {target} 行，来源只有 {size} 行：目标不是来源的副本。没有写入任何内容。")]
    Longer {
        /// Lines of the target.
        target: u64,
        /// Lines of the source.
        size: u64,
    },
    /// The target has another line at this position.
    #[error("目标第 {position} 行（从 0 起）与来源的不同：它不是来源的副本。没有写入任何内容。")]
    Differs {
        /// The first position where they differ.
        position: u64,
    },
    /// What the source has at this position is no line of a ledger.
    #[error("来源第 {position} 行（从 0 起）不是账本的行（{reason}）。请先用 verify 核验来源。")]
    NoLine {
        /// The position.
        position: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A log ended before the size it had said.
    #[error("账本读到第 {position} 行就没有了，应有 {size} 行。")]
    Ended {
        /// Where it ended.
        position: u64,
        /// The size it had said.
        size: u64,
    },
    /// What was read back from the target has another root.
    #[error("复制后重读，目标前 {size} 行的树根与来源的不同。请保留两边现场，分别运行 verify。")]
    Root {
        /// Lines under the roots.
        size: u64,
    },
    /// One of the two cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Result<T> = std::result::Result<T, TransferError>;

/// Brings `to` up to the size that `from` has now. Every line of both is read: those that were there are compared, and
/// what was written is read back.
///
/// # Errors
/// When the target holds other lines, or one of the two cannot be read or written. Run again, it goes on.
pub fn run(
    from: &dyn EventLog,
    to: &dyn EventLog,
    appends: Appends,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Transferred> {
    let (size, before) = (from.size()?, to.size()?);
    if before > size {
        return Err(TransferError::Longer { target: before, size });
    }
    let mut source = Frontier::new();
    let mut target = Frontier::new();
    compare(from, to, before, &mut source, &mut |done| progress(done, size))?;
    each_line(to, 0..before, |line| target.append(leaf_hash(line)))?;
    write(from, to, before..size, appends, &mut source, &mut |done| progress(done, size))?;
    each_line(to, before..size, |line| target.append(leaf_hash(line)))?;
    if source.root() != target.root() {
        return Err(TransferError::Root { size });
    }
    Ok(Transferred { size, before, root: target.root() })
}

/// Reads the lines of a range, in order.
fn each_line(log: &dyn EventLog, range: std::ops::Range<u64>, mut each: impl FnMut(&[u8])) -> Result<()> {
    let mut next = range.start;
    while next < range.end {
        let batch = read(log, next, range.end)?;
        batch.iter().for_each(|(_, line)| each(line));
        next = batch.next();
    }
    Ok(())
}

fn read(log: &dyn EventLog, from: u64, end: u64) -> Result<LineBatch> {
    let wanted = usize::try_from(end - from).unwrap_or(BATCH_LINES).min(BATCH_LINES);
    let batch = log.read(from, wanted)?;
    if batch.is_empty() {
        return Err(TransferError::Ended { position: from, size: end });
    }
    Ok(batch)
}

/// Compares the lines that the target has already.
fn compare(
    from: &dyn EventLog,
    to: &dyn EventLog,
    before: u64,
    source: &mut Frontier,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    let mut there = LineBatch::default();
    let mut next = 0;
    while next < before {
        let here = read(from, next, before)?;
        for (position, line) in &here {
            let known = usize::try_from(position.wrapping_sub(there.first())).ok();
            if known.and_then(|known| there.get(known)).is_none() {
                there = read(to, position, before)?;
            }
            let index = usize::try_from(position - there.first()).expect("a batch is in memory");
            if there.get(index) != Some(line) {
                return Err(TransferError::Differs { position });
            }
            source.append(leaf_hash(line));
        }
        next = here.next();
        progress(next);
    }
    Ok(())
}

/// Writes the lines of a range while the next ones are being read.
fn write(
    from: &dyn EventLog,
    to: &dyn EventLog,
    range: std::ops::Range<u64>,
    appends: Appends,
    source: &mut Frontier,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(BATCHES_AHEAD);
        let end = range.end;
        // Leaving early drops the receiver, and the reader stops.
        scope.spawn(move || read_ahead(from, range.start, end, &sender));
        let mut waiting = Waiting { to, appends, lines: LineBatch::new(range.start), at: None };
        for batch in receiver {
            for (_, line) in &batch? {
                waiting.take(line, progress)?;
                source.append(leaf_hash(line));
            }
        }
        waiting.flush(progress)
    })
}

fn read_ahead(log: &dyn EventLog, from: u64, end: u64, sender: &SyncSender<Result<LineBatch>>) {
    let mut next = from;
    while next < end {
        let batch = read(log, next, end);
        let reached = batch.as_ref().map_or(end, LineBatch::next);
        if sender.send(batch).is_err() {
            return;
        }
        next = reached;
    }
}

/// Lines that wait to be appended.
struct Waiting<'a> {
    to: &'a dyn EventLog,
    appends: Appends,
    lines: LineBatch,
    at: Option<Instant>,
}

impl Waiting<'_> {
    fn take(&mut self, bytes: &[u8], progress: &mut dyn FnMut(u64)) -> Result<()> {
        let position = self.lines.next();
        let no_line =
            |error: chain::line::LineError| TransferError::NoLine { position, reason: error.to_string() };
        let line = Line::parse(bytes).map_err(no_line)?;
        // All lines of one append share an instant, and no other line has it.
        if self.at.replace(line.at) != Some(line.at) && self.is_enough() {
            self.flush(progress)?;
        }
        self.lines.push(bytes);
        Ok(())
    }

    fn is_enough(&self) -> bool {
        match self.appends {
            Appends::Same => true,
            Appends::Joined => self.lines.len() >= JOINED_LINES || self.lines.as_bytes().len() >= MANY_BYTES,
        }
    }

    fn flush(&mut self, progress: &mut dyn FnMut(u64)) -> Result<()> {
        let lines: Vec<&[u8]> = self.lines.iter().map(|(_, line)| line).collect();
        if lines.is_empty() {
            return Ok(());
        }
        append(self.to, self.lines.first(), &lines)?;
        let next = self.lines.next();
        self.lines.clear(next);
        progress(next);
        Ok(())
    }
}

/// Appends, and where nobody knows whether that worked, finds out and tries once more.
fn append(to: &dyn EventLog, first: u64, lines: &[&[u8]]) -> std::result::Result<(), StoreError> {
    match to.append(first, lines) {
        Err(StoreError::OutcomeUnknown { .. }) => {
            if to.settle()? == first {
                to.append(first, lines)?;
            }
            Ok(())
        }
        other => other.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryLog;
    use crate::contract::{Scribe, borrowed, read_all};

    fn filled(appends: u32) -> MemoryLog {
        let log = MemoryLog::new();
        let mut scribe = Scribe::new();
        for count in (1..=3).cycle().take(appends as usize) {
            let first = scribe.position();
            log.append(first, &borrowed(&scribe.append(count, "行"))).unwrap();
        }
        log
    }

    #[test]
    fn a_copy_is_begun_gone_on_with_and_compared() {
        let from = filled(900);
        let all = read_all(&from, 1_000);
        for appends in [Appends::Same, Appends::Joined] {
            let to = MemoryLog::new();
            to.append(0, &borrowed(&all[..3])).unwrap();
            let mut seen = Vec::new();
            let done = run(&from, &to, appends, &mut |done, total| seen.push((done, total))).unwrap();
            assert_eq!((done.size, done.before), (1_800, 3));
            assert_eq!(read_all(&to, 1_000), all);
            assert_eq!(seen.last(), Some(&(1_800, 1_800)));
            let again = run(&from, &to, appends, &mut |_, _| {}).unwrap();
            assert_eq!((again.before, again.root), (1_800, done.root));
        }
    }

    #[test]
    fn a_target_with_other_lines_is_left_alone() {
        let from = filled(3);
        let other = MemoryLog::new();
        other.append(0, &borrowed(&Scribe::new().append(1, "别的"))).unwrap();
        for to in [other, filled(9)] {
            let before = read_all(&to, 100);
            assert!(run(&from, &to, Appends::Joined, &mut |_, _| {}).is_err());
            assert_eq!(read_all(&to, 100), before);
        }
    }
}
