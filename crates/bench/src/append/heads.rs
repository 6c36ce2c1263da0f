//! What signing heads and writing tiles cost those who append.
//!
//! A server signs while units report: a thread beside the writers signs and publishes a head at a pace. Its share of the
//! machine and of the disk is the cost; the goal is 15 % of the lines a second.

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::{Result, anyhow};
use app::publish::{HeadFile, Publisher};

use super::ledger::Decided;
use super::{WRITERS, Work, per_ten_thousand, write_all};
use crate::growth::{milliseconds, timed};
use crate::key::Key;
use crate::report::{Table, grouped, median, per_second, percentile, ratio};
use crate::settings::Settings;

/// Longer than in the comparison with others, so that several heads fall into each.
const WORKS: [Work; 2] = [
    Work { name: "single lines", lines_per_request: 1, requests_per_writer: 12_000 },
    Work { name: "batches of 100 lines", lines_per_request: 100, requests_per_writer: 900 },
];

/// How long the signing thread rests after a head; the first signs nothing.
const PACES: [(&str, Option<Duration>); 3] = [
    ("no heads", None),
    ("a head each second", Some(Duration::from_secs(1))),
    ("one head after another", Some(Duration::ZERO)),
];

/// What one round gave.
struct Round {
    lines_per_second: u64,
    p99_micros: u64,
    heads: u64,
    /// The last head, after the last line.
    last: Duration,
}

/// Measures the append path without heads, at a server's pace, and without a rest.
///
/// # Errors
/// A line or a head cannot be written; the figures would mean nothing.
pub fn run(settings: &Settings) -> Result<()> {
    println!(
        "data in {}; {} rounds, medians; goal: at least 0.85\n",
        settings.folder.display(),
        settings.rounds
    );
    for work in &WORKS {
        let mut rounds: Vec<Vec<Round>> = PACES.iter().map(|_| Vec::new()).collect();
        for _ in 0..settings.rounds {
            for ((_, pace), rounds) in PACES.iter().zip(&mut rounds) {
                rounds.push(measure(settings, work, *pace)?);
            }
        }
        print(work, &rounds);
    }
    Ok(())
}

fn print(work: &Work, rounds: &[Vec<Round>]) {
    println!("{WRITERS} writers, {}, durable, decided and folded:\n", work.name);
    let mut table =
        Table::new(&["signing thread", "lines/s", "of no heads", "p99 µs", "heads", "last head ms"]);
    let of =
        |rounds: &[Round], figure: fn(&Round) -> u64| median(&rounds.iter().map(figure).collect::<Vec<_>>());
    for ((name, _), own) in PACES.iter().zip(rounds) {
        let pairs = own.iter().zip(&rounds[0]);
        let shares = pairs.map(|(own, bare)| per_ten_thousand(own.lines_per_second, bare.lines_per_second));
        let last = of(own, |round| u64::try_from(round.last.as_micros()).unwrap_or(u64::MAX));
        table.row([
            (*name).to_owned(),
            grouped(of(own, |round| round.lines_per_second)),
            ratio(median(&shares.collect::<Vec<_>>()), 10_000),
            grouped(of(own, |round| round.p99_micros)),
            grouped(of(own, |round| round.heads)),
            milliseconds(Duration::from_micros(last)),
        ]);
    }
    table.print();
    println!();
}

fn measure(settings: &Settings, work: &Work, pace: Option<Duration>) -> Result<Round> {
    let scratch = settings.scratch()?;
    let folder = scratch.path().join("ledger");
    let subject = Decided::create(&folder)?;
    publish(&folder, &subject)?;
    let (stop, stopped) = channel();
    let (written, heads) = std::thread::scope(|scope| {
        let (folder, subject) = (&folder, &subject);
        let signing = pace.map(|pace| scope.spawn(move || sign(folder, subject, pace, &stopped)));
        let written = write_all(subject, work);
        drop(stop);
        let heads = signing.map_or(Ok(Ok(0)), |thread| thread.join());
        (written, heads)
    });
    let (elapsed, mut latencies) = written?;
    let heads = heads.map_err(|_| anyhow!("the signing thread panicked"))??;
    let ((), last) = timed(|| publish(&folder, &subject))?;
    latencies.sort_unstable();
    let lines_per_second = per_second(work.lines(), elapsed);
    Ok(Round { lines_per_second, p99_micros: percentile(&latencies, 990), heads, last })
}

/// Signs heads until told to stop; returns how many.
fn sign(folder: &Path, subject: &Decided, pace: Duration, stopped: &Receiver<()>) -> Result<u64> {
    use std::sync::mpsc::RecvTimeoutError::Timeout;
    let mut heads = 0;
    while stopped.recv_timeout(pace) == Err(Timeout) {
        publish(folder, subject)?;
        heads += 1;
    }
    Ok(heads)
}

fn publish(folder: &Path, subject: &Decided) -> Result<()> {
    let publisher = Publisher::new(folder, HeadFile::beside(folder));
    let due = subject.sequencer.with_model(|model| publisher.due(&*subject.log, model))?;
    let Some(due) = due else { return Ok(()) };
    publisher.publish(&publisher.sign_due(&*subject.log, &due, &Key::new())?)?;
    Ok(())
}
