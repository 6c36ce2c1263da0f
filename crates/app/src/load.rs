//! Reading a log into a projection: many threads parse and hash, one holds the lines together and applies them.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use projections::ReadModel;
use store::{EventLog, LineBatch, StoreError};

use crate::fold::{Decoded, Misfit, Projection};

/// Lines that are read at once.
const BATCH_LINES: usize = 2_048;
/// Lines that are hashed together: few enough to be near still when they are decoded.
const LINES_TOGETHER: usize = 256;
/// Decoded batches that may wait to be applied.
const BATCHES_AHEAD: usize = 4;
/// More decoding threads than this wait for the one that applies.
const MAX_THREADS: usize = 4;
/// Below this many lines, starting threads costs more than it gains.
const FEW_LINES: u64 = 512;

/// Why a log could not be read into a projection.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The engine could not read.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A line is not the next line of this ledger.
    #[error(
        "账本第 {position} 行（从 0 起）与前文对不上：{reason}。没有作任何修改；请停止写入、保留现场，运行 progress-ledger verify 审计查明范围。"
    )]
    Unfit {
        /// The line's position.
        position: u64,
        /// What is wrong with it.
        reason: Misfit,
    },
    /// The log ends before the size it says it has.
    #[error(
        "账本说有 {size} 行，读到第 {position} 行就没有了。请检查存储，运行 progress-ledger verify 审计查明范围。"
    )]
    Short {
        /// Where reading ended.
        position: u64,
        /// The size the log answered.
        size: u64,
    },
}

impl LoadError {
    const fn unfit(position: u64, reason: Misfit) -> Self {
        Self::Unfit { position, reason }
    }
}

/// Reads the log into a read model, starting from a saved one if it belongs to this log.
///
/// `progress` is told how many lines are done, and how many there are.
///
/// # Errors
/// [`LoadError`]; nothing is repaired.
pub fn load(
    log: &dyn EventLog,
    saved: Option<ReadModel>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<ReadModel, LoadError> {
    load_projection(log, saved, progress)
}

/// As [`load`], for any projection.
///
/// # Errors
/// [`LoadError`].
pub fn load_projection<P: Projection>(
    log: &dyn EventLog,
    saved: Option<P>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<P, LoadError> {
    load_until(log, saved, log.size()?, progress)
}

/// As [`load_projection`], of the first `total` lines, beside which more may be appended meanwhile. A saved state that is
/// beyond them stays as it is.
///
/// # Errors
/// [`LoadError`].
pub fn load_until<P: Projection>(
    log: &dyn EventLog,
    saved: Option<P>,
    total: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<P, LoadError> {
    let mut state = match saved {
        Some(saved) if belongs(&saved, log)? => saved,
        Some(_) | None => P::default(),
    };
    progress(state.size(), total);
    fold(log, state.size()..total, &mut |line| {
        line.follows(state.head())?;
        state.apply(&line.recorded, line.leaf);
        if state.size() % BATCH_LINES as u64 == 0 || state.size() == total {
            progress(state.size(), total);
        }
        Ok(())
    })?;
    Ok(state)
}

/// Applies what the log has beyond `state`; returns the size reached.
///
/// # Errors
/// [`LoadError`]; the lines before the one that does not fit have been applied.
pub fn catch_up<P: Projection>(log: &dyn EventLog, state: &mut P) -> Result<u64, LoadError> {
    let total = log.size()?;
    fold(log, state.size()..total, &mut |line| {
        line.follows(state.head())?;
        state.apply(&line.recorded, line.leaf);
        Ok(())
    })?;
    Ok(state.size())
}

/// Whether a saved state is of this log: its last line is there, byte for byte as its hash says.
fn belongs<P: Projection>(saved: &P, log: &dyn EventLog) -> Result<bool, LoadError> {
    let head = saved.head();
    let Some(last) = head.size.checked_sub(1) else { return Ok(true) };
    let batch = log.read(last, 1)?;
    Ok(batch.get(0).is_some_and(|line| chain::hash::event_hash(line) == head.hash))
}

/// Gives each line of a range, decoded, in order.
pub(crate) fn fold(
    log: &dyn EventLog,
    range: std::ops::Range<u64>,
    each: &mut dyn FnMut(Decoded) -> Result<(), Misfit>,
) -> Result<(), LoadError> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
    if range.end.saturating_sub(range.start) < FEW_LINES || threads == 1 {
        fold_here(log, range, each)
    } else {
        fold_beside(log, range, threads, each)
    }
}

fn fold_here(
    log: &dyn EventLog,
    range: std::ops::Range<u64>,
    each: &mut dyn FnMut(Decoded) -> Result<(), Misfit>,
) -> Result<(), LoadError> {
    let mut source = Source { log, next: range.start, end: range.end, index: 0 };
    let mut batch = LineBatch::default();
    while source.read(&mut batch)?.is_some() {
        for (position, bytes) in &batch {
            Decoded::of(bytes).and_then(&mut *each).map_err(|reason| LoadError::unfit(position, reason))?;
        }
    }
    Ok(())
}

/// The log, read by whichever thread comes next.
struct Source<'a> {
    log: &'a dyn EventLog,
    next: u64,
    end: u64,
    index: u64,
}

impl Source<'_> {
    /// Reads the next batch; returns its number, or nothing at the end.
    fn read(&mut self, batch: &mut LineBatch) -> Result<Option<u64>, LoadError> {
        if self.next >= self.end {
            return Ok(None);
        }
        let wanted = usize::try_from(self.end - self.next).unwrap_or(usize::MAX).min(BATCH_LINES);
        self.log.read_into(self.next, wanted, batch)?;
        if batch.is_empty() {
            return Err(LoadError::Short { position: self.next, size: self.end });
        }
        self.next = batch.next();
        self.index += 1;
        Ok(Some(self.index - 1))
    }
}

/// Lines of one batch, and what stopped decoding before its end.
struct Part {
    first: u64,
    lines: Vec<Decoded>,
    error: Option<LoadError>,
}

fn fold_beside(
    log: &dyn EventLog,
    range: std::ops::Range<u64>,
    threads: usize,
    each: &mut dyn FnMut(Decoded) -> Result<(), Misfit>,
) -> Result<(), LoadError> {
    let source = Mutex::new(Source { log, next: range.start, end: range.end, index: 0 });
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(BATCHES_AHEAD);
        for _ in 0..threads {
            let (source, sender) = (&source, sender.clone());
            scope.spawn(move || decode_all(source, &sender));
        }
        drop(sender);
        // Leaving early drops the receiver, and a thread whose batch nobody takes stops.
        in_order(receiver, &mut |part| {
            for (position, line) in (part.first..).zip(part.lines) {
                each(line).map_err(|reason| LoadError::unfit(position, reason))?;
            }
            part.error.map_or(Ok(()), Err)
        })
    })
}

fn decode_all(source: &Mutex<Source<'_>>, sender: &SyncSender<(u64, Part)>) {
    let mut batch = LineBatch::default();
    loop {
        let mut place = source.lock().unwrap_or_else(PoisonError::into_inner);
        let (index, part) = match place.read(&mut batch) {
            Ok(None) => return,
            Ok(Some(index)) => {
                drop(place);
                (index, decode(&batch))
            }
            Err(error) => {
                let (index, first) = (place.index, place.next);
                // What cannot be read ends the reading for every thread.
                place.end = place.next;
                drop(place);
                (index, Part { first, lines: Vec::new(), error: Some(error) })
            }
        };
        if sender.send((index, part)).is_err() {
            return;
        }
    }
}

fn decode(batch: &LineBatch) -> Part {
    let mut part = Part { first: batch.first(), lines: Vec::with_capacity(batch.len()), error: None };
    let bytes: Vec<&[u8]> = batch.into_iter().map(|(_, bytes)| bytes).collect();
    let lines = bytes.chunks(LINES_TOGETHER).flat_map(Decoded::of_lines);
    for (position, line) in (part.first..).zip(lines) {
        match line {
            Ok(line) => part.lines.push(line),
            Err(reason) => {
                part.error = Some(LoadError::unfit(position, reason));
                break;
            }
        }
    }
    part
}

/// Gives the parts by their numbers, whichever thread was first.
fn in_order(
    receiver: Receiver<(u64, Part)>,
    each: &mut dyn FnMut(Part) -> Result<(), LoadError>,
) -> Result<(), LoadError> {
    let mut early = BTreeMap::new();
    let mut next = 0;
    for (index, part) in receiver {
        early.insert(index, part);
        while let Some(part) = early.remove(&next) {
            each(part)?;
            next += 1;
        }
    }
    Ok(())
}
