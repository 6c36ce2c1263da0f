//! Copying a ledger from disk to a server and back, beside what the slower side takes for the same requests alone.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use store::transfer::{self, Appends};
use store::{EventLog, LineBatch};
use store_eventstore::{EventStoreLog, StreamName};
use store_journal::{Journal, JournalOptions};

use super::append::post;
use super::follow::pages;
use super::server::{Raw, Server};
use crate::growth::{resident_kib, tenths};
use crate::report::{Table, grouped, per_second, ratio};

/// What one direction gave.
struct Copied {
    what: &'static str,
    /// The slower side doing the same work with nobody else.
    alone: Duration,
    copy: Duration,
    /// Resident KiB when a tenth was written, and at the end.
    memory_kib: (u64, u64),
}

/// Copies there and back; gives the stream that has the ledger then.
///
/// # Errors
/// Either side refuses something, or the two differ.
pub fn run(server: &mut Server, lines: &Journal, scratch: &Path) -> Result<StreamName> {
    let size = lines.size()?;
    let raw = server.raw()?;
    let (plain, stream) = (server.new_stream()?, server.new_stream()?);
    // Every line is written and read back.
    let alone = write_all(&raw, &plain, lines)? + pages(&raw, &plain, size)?;
    let log = server.log(&stream)?;
    let there = copied("disk to server", alone, lines, &log, Appends::Joined)?;
    let back = back(server.log(&stream)?, pages(&raw, &plain, size)?, scratch)?;
    print(size, &[there, back]);
    Ok(stream)
}

fn back(log: EventStoreLog, reading: Duration, scratch: &Path) -> Result<Copied> {
    let writing = rewrite(&log, &scratch.join("alone"))?;
    let journal = Journal::open(&scratch.join("copied"), JournalOptions::default())?;
    let alone = reading.max(writing);
    copied("server to disk", alone, &log, &journal, Appends::Same)
}

fn copied(
    what: &'static str,
    alone: Duration,
    from: &dyn EventLog,
    to: &dyn EventLog,
    appends: Appends,
) -> Result<Copied> {
    let mut early = Ok(0);
    let began = Instant::now();
    let done = transfer::run(from, to, appends, &mut |done, total| {
        if matches!(early, Ok(0)) && done >= total / 10 {
            early = resident_kib();
        }
    })?;
    let copy = began.elapsed();
    ensure!(done.size == from.size()? && done.before == 0, "everything was copied");
    Ok(Copied { what, alone, copy, memory_kib: (early?, resident_kib()?) })
}

/// Posts every line by the plain client in requests of the size that `copy` uses.
fn write_all(raw: &Raw, stream: &StreamName, lines: &dyn EventLog) -> Result<Duration> {
    let mut batch = LineBatch::default();
    let mut took = Duration::ZERO;
    while batch.next() < lines.size()? {
        lines.read_into(batch.next(), transfer::JOINED_LINES, &mut batch)?;
        let lines: Vec<&[u8]> = batch.iter().map(|(_, line)| line).collect();
        took += post(raw, stream, batch.first(), &lines)?;
    }
    Ok(took)
}

/// Appends every line to a journal, each append as it was, from memory.
fn rewrite(log: &dyn EventLog, folder: &Path) -> Result<Duration> {
    let memory = store::MemoryLog::new();
    transfer::run(log, &memory, Appends::Same, &mut |_, _| {})?;
    let journal = Journal::open(folder, JournalOptions::default())?;
    let began = Instant::now();
    transfer::run(&memory, &journal, Appends::Same, &mut |_, _| {})?;
    Ok(began.elapsed())
}

fn print(size: u64, copied: &[Copied]) {
    let mut table = Table::new(&[
        "copying, and reading back",
        "slower side alone, lines/s",
        "copy, lines/s",
        "of the slower side",
        "memory MiB",
    ]);
    for Copied { what, alone, copy, memory_kib: (early, late) } in copied {
        let (alone, copy) = (per_second(size, *alone), per_second(size, *copy));
        let memory = format!("{} to {}", tenths(*early, 1024), tenths(*late, 1024));
        table.row([
            format!("{what}, {} lines", grouped(size)),
            grouped(alone),
            grouped(copy),
            ratio(copy, alone),
            memory,
        ]);
    }
    table.print();
    println!();
}
