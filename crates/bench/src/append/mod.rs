//! Durable appends: how many lines per second 8 writers get acknowledged.
//!
//! The same work for all: lines as long as a ledger's, each writer waits for its request before it makes the
//! next, and an answer means that the lines survive a power cut. The ceiling is what the disk gives to
//! a program that does nothing but write and flush. The last candidate is the ledger itself: it decides, writes
//! canonical JSON, makes both hashes and the chain, and folds the lines into its read model.

mod group;
mod heads;
mod ledger;

use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use group::GroupCommit;

use crate::engines::LINE_BYTES;
use crate::engines::fjall::Fjall;
use crate::engines::journal::JournalEngine;
use crate::engines::raw::{Hashed, RawFile, written_file};
use crate::engines::redb::Redb;
use crate::engines::sqlite::Sqlite;
use crate::report::{Table, grouped, median, per_second, percentile, ratio};
use crate::settings::Settings;

pub use heads::run as run_heads;

const WRITERS: u64 = 8;

/// What is measured.
trait Subject: Sync {
    /// Makes the requests of one writer: each call is one, and returns once its lines would survive a power cut.
    fn writer<'a>(&'a self, number: u64, work: &Work) -> Result<Request<'a>>;
}

/// One writer's next request.
type Request<'a> = Box<dyn FnMut() -> Result<()> + Send + 'a>;

/// A subject's name, and how it opens in an empty folder.
struct Candidate {
    name: &'static str,
    open: fn(&Path, &Work) -> Result<Box<dyn Subject>>,
}

/// The first is the ceiling that the others are compared with.
const CANDIDATES: [Candidate; 7] = [
    Candidate {
        name: "raw file, write + fdatasync (ceiling)",
        open: |folder, work| Ok(GroupCommit::over(RawFile::create(folder, work.lines())?)),
    },
    Candidate {
        name: "the same, with both hashes and a chain",
        open: |folder, work| Ok(GroupCommit::over(Hashed::over(RawFile::create(folder, work.lines())?))),
    },
    Candidate { name: "SQLite, WAL, FULL", open: |folder, _| Ok(GroupCommit::over(Sqlite::create(folder)?)) },
    Candidate { name: "fjall 3", open: |folder, _| Ok(GroupCommit::over(Fjall::create(folder)?)) },
    Candidate { name: "redb 4", open: |folder, _| Ok(GroupCommit::over(Redb::create(folder)?)) },
    Candidate {
        name: "this ledger's journal alone",
        open: |folder, _| Ok(GroupCommit::over(JournalEngine::create(folder)?)),
    },
    Candidate {
        name: "this ledger: decided, hashed, chained, folded",
        open: |folder, _| Ok(Box::new(ledger::Decided::create(folder)?)),
    },
];

/// How much is appended, in requests of what size.
struct Work {
    name: &'static str,
    lines_per_request: u64,
    requests_per_writer: u64,
}

const WORKS: [Work; 2] = [
    Work { name: "single lines", lines_per_request: 1, requests_per_writer: 6_000 },
    Work { name: "batches of 100 lines", lines_per_request: 100, requests_per_writer: 300 },
];

impl Work {
    fn lines(&self) -> u64 {
        WRITERS * self.requests_per_writer * self.lines_per_request
    }
}

/// What one round of one subject gave.
struct Round {
    lines_per_second: u64,
    /// Microseconds that each request took, ascending.
    latencies: Vec<u64>,
}

/// Measures all candidates, round by round, so that a slow minute of the disk meets all of them.
///
/// # Errors
/// A subject fails; its figures would mean nothing.
pub fn run(settings: &Settings) -> Result<()> {
    println!("data in {}; {} rounds, medians\n", settings.folder.display(), settings.rounds);
    println!("one flush of 4 KiB into written blocks: {} µs\n", flush_probe(settings)?);
    let (ceiling, others) = CANDIDATES.split_first().expect("the ceiling is the first");
    let wanted = others.iter().filter(|candidate| settings.wants_subject(candidate.name));
    let candidates: Vec<&Candidate> = std::iter::once(ceiling).chain(wanted).collect();
    for work in &WORKS {
        let mut rounds: Vec<Vec<Round>> = candidates.iter().map(|_| Vec::new()).collect();
        for _ in 0..settings.rounds {
            for (candidate, rounds) in candidates.iter().zip(&mut rounds) {
                rounds.push(measure(settings, candidate, work)?);
            }
        }
        print(work, &candidates, &rounds);
    }
    Ok(())
}

fn print(work: &Work, candidates: &[&Candidate], rounds: &[Vec<Round>]) {
    println!("{WRITERS} writers, {} of {LINE_BYTES} bytes, durable:\n", work.name);
    let mut table = Table::new(&["subject", "lines/s", "of ceiling", "p50 µs", "p99 µs"]);
    let of =
        |rounds: &[Round], figure: fn(&Round) -> u64| median(&rounds.iter().map(figure).collect::<Vec<_>>());
    for (candidate, own) in candidates.iter().zip(rounds) {
        // Round by round: each figure is compared with the ceiling of the same minute.
        let pairs = own.iter().zip(&rounds[0]);
        let shares =
            pairs.map(|(own, ceiling)| per_ten_thousand(own.lines_per_second, ceiling.lines_per_second));
        table.row([
            candidate.name.to_owned(),
            grouped(of(own, |round| round.lines_per_second)),
            ratio(median(&shares.collect::<Vec<_>>()), 10_000),
            grouped(of(own, |round| percentile(&round.latencies, 500))),
            grouped(of(own, |round| percentile(&round.latencies, 990))),
        ]);
    }
    table.print();
    println!();
}

fn per_ten_thousand(part: u64, whole: u64) -> u64 {
    part * 10_000 / whole.max(1)
}

fn measure(settings: &Settings, candidate: &Candidate, work: &Work) -> Result<Round> {
    let scratch = settings.scratch()?;
    let subject = (candidate.open)(scratch.path(), work)?;
    let (elapsed, mut latencies) = write_all(&*subject, work)?;
    latencies.sort_unstable();
    Ok(Round { lines_per_second: per_second(work.lines(), elapsed), latencies })
}

/// Lets all writers loose at once; returns how long they took, and the microseconds of each request.
fn write_all(subject: &dyn Subject, work: &Work) -> Result<(Duration, Vec<u64>)> {
    let start = Barrier::new(WRITERS as usize + 1);
    std::thread::scope(|scope| {
        let start = &start;
        let spawn = |writer| scope.spawn(move || write(subject, work, writer, start));
        let writers: Vec<_> = (0..WRITERS).map(spawn).collect();
        start.wait();
        let began = Instant::now();
        let mut latencies = Vec::new();
        for writer in writers {
            latencies.extend(writer.join().map_err(|_| anyhow!("a writer panicked"))??);
        }
        Ok((began.elapsed(), latencies))
    })
}

/// Makes one writer's requests, one after another, and returns the microseconds each took.
fn write(subject: &dyn Subject, work: &Work, writer: u64, start: &Barrier) -> Result<Vec<u64>> {
    let made = subject.writer(writer, work);
    let mut latencies = Vec::new();
    // Even without a request to make: the others wait here for this one.
    start.wait();
    let mut request = made?;
    for _ in 0..work.requests_per_writer {
        let began = Instant::now();
        request()?;
        latencies.push(u64::try_from(began.elapsed().as_micros())?);
    }
    Ok(latencies)
}

/// Measures what one small flush costs on this disk just now, in microseconds.
fn flush_probe(settings: &Settings) -> Result<u64> {
    use std::os::unix::fs::FileExt;
    const FLUSHES: u64 = 200;
    let scratch = settings.scratch()?;
    let file = written_file(&scratch.path().join("probe"), 4096 * FLUSHES)?;
    let flush = |index: u64| {
        let began = Instant::now();
        file.write_all_at(&[b'x'; 4096], 4096 * index)?;
        file.sync_data()?;
        Ok(u64::try_from(began.elapsed().as_micros())?)
    };
    // The median: a single flush may meet another's and take a hundred times as long.
    Ok(median(&(0..FLUSHES).map(flush).collect::<Result<Vec<u64>>>()?))
}
