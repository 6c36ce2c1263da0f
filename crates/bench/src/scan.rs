//! Reading: how many lines per second come back in order, from files that are in the page cache.
//!
//! The ceiling reads a file and finds the ends of its lines. What follows hashes, checks, or asks a
//! database for the same lines.

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};

use crate::engines::fjall::Fjall;
use crate::engines::journal::JournalEngine;
use crate::engines::raw::{Hashed, RawFile};
use crate::engines::redb::Redb;
use crate::engines::sqlite::Sqlite;
use crate::engines::{Batch, Engine, LINE_BYTES, line};
use crate::report::{Table, grouped, median, per_second, ratio};
use crate::settings::Settings;

const LINES: u64 = 500_000;
const LINES_PER_COMMIT: u64 = 10_000;

struct Candidate {
    name: &'static str,
    create: fn(&Path) -> Result<Box<dyn Engine>>,
}

/// The first is the ceiling that the others are compared with.
const CANDIDATES: [Candidate; 6] = [
    Candidate {
        name: "raw file, ends of lines (ceiling)",
        create: |folder| Ok(Box::new(RawFile::create(folder, LINES)?)),
    },
    Candidate {
        name: "the same, with both hashes",
        create: |folder| Ok(Box::new(Hashed::over(RawFile::create(folder, LINES)?))),
    },
    Candidate { name: "SQLite, by position", create: |folder| Ok(Box::new(Sqlite::create(folder)?)) },
    Candidate { name: "fjall 3, by position", create: |folder| Ok(Box::new(Fjall::create(folder)?)) },
    Candidate { name: "redb 4, by position", create: |folder| Ok(Box::new(Redb::create(folder)?)) },
    Candidate {
        name: "this ledger's journal, by position",
        create: |folder| Ok(Box::new(JournalEngine::create(folder)?)),
    },
];

/// Fills each store once and scans it in every round.
///
/// # Errors
/// A store fails, or gives back another number of lines than it was given.
pub fn run(settings: &Settings) -> Result<()> {
    println!(
        "{} lines of {LINE_BYTES} bytes, one thread; {} rounds, medians:\n",
        grouped(LINES),
        settings.rounds
    );
    let scratch = settings.scratch()?;
    let mut engines = Vec::new();
    for (index, candidate) in CANDIDATES.iter().enumerate() {
        let folder = scratch.path().join(index.to_string());
        std::fs::create_dir(&folder)?;
        engines.push(filled((candidate.create)(&folder)?)?);
    }
    let mut rates: Vec<Vec<u64>> = CANDIDATES.iter().map(|_| Vec::new()).collect();
    for _ in 0..settings.rounds {
        for (engine, rates) in engines.iter_mut().zip(&mut rates) {
            rates.push(scan(engine.as_mut())?);
        }
    }
    print(&rates);
    Ok(())
}

fn filled(mut engine: Box<dyn Engine>) -> Result<Box<dyn Engine>> {
    let mut batch = Batch::default();
    for first in (0..LINES).step_by(usize::try_from(LINES_PER_COMMIT)?) {
        batch.clear();
        (first..first + LINES_PER_COMMIT).for_each(|index| batch.push(&line(0, index)));
        engine.commit(first, &batch)?;
    }
    Ok(engine)
}

/// Reads everything once; returns lines per second.
fn scan(engine: &mut dyn Engine) -> Result<u64> {
    let mut lines = 0;
    let mut bytes = 0;
    let began = Instant::now();
    engine.scan(&mut |line| {
        lines += 1;
        bytes += line.len();
    })?;
    let elapsed = began.elapsed();
    ensure!(lines == LINES, "{lines} lines came back, not {LINES}");
    ensure!(bytes as u64 == LINES * (LINE_BYTES as u64 - 1), "{bytes} bytes came back");
    Ok(per_second(lines, elapsed))
}

fn print(rates: &[Vec<u64>]) {
    let mut table = Table::new(&["subject", "lines/s", "of ceiling"]);
    let ceiling = median(&rates[0]);
    for (candidate, rates) in CANDIDATES.iter().zip(rates) {
        let rate = median(rates);
        table.row([candidate.name.to_owned(), grouped(rate), ratio(rate, ceiling)]);
    }
    table.print();
    println!();
}
