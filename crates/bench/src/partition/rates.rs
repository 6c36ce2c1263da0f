//! The rates that the simulation rests on, measured in the same run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use chain::line::Line;
use store::{EventLog, Follower};
use store_journal::{Journal, JournalOptions};

use super::queue::Cost;
use crate::eventstore::{Server, exactly};
use crate::growth;
use crate::report::{median, per_second};
use crate::settings::Settings;

/// Appends that are measured of each size.
const APPENDS: u64 = 60;
const SMALL: usize = 1;
const LARGE: usize = 100;

/// What one city's year is, and what this machine does with it.
pub struct Rates {
    /// Lines of the year, and of its filings those that report.
    pub year_lines: u64,
    /// Units that file.
    pub units: u64,
    /// Lines of a filing, on average.
    pub filing_lines: u64,
    /// Bytes of a line, and of what a server stores for it.
    pub line_bytes: u64,
    pub stored_bytes: u64,
    pub append: Cost,
    pub follow_lines_per_s: u64,
    /// Nanoseconds of a city's score table, in the middle.
    pub table_ns: u64,
    /// Bytes of memory that a line of a loaded ledger takes.
    pub memory_bytes: u64,
}

/// Makes a city's year, and measures appending, following and asking.
///
/// # Errors
/// The server or the disk refuses something.
pub fn measure(settings: &Settings) -> Result<(Rates, &'static str)> {
    let scratch = settings.scratch()?;
    let folder = scratch.path().join("ledger");
    let year_lines = growth::make(&folder, 1, 1)?;
    let journal = Journal::open(&folder, JournalOptions::default())?;
    let year = Year::of(&journal)?;
    let mut server = Server::start()?;
    let append = append(&mut server, &journal)?;
    let follow_lines_per_s = follow(&mut server, &journal)?;
    let before = growth::resident_kib()?;
    let model = app::load(&journal, None, &mut |_, _| {})?;
    let memory_bytes = growth::resident_kib()?.saturating_sub(before) * 1024 / year_lines;
    let table_ns = median(&growth::ask(&model, &journal, 1)?);
    let Year { units, filing_lines, line_bytes, stored_bytes } = year;
    let rates = Rates {
        year_lines,
        units,
        filing_lines,
        line_bytes,
        stored_bytes,
        append,
        follow_lines_per_s,
        table_ns,
        memory_bytes,
    };
    Ok((rates, server.name()))
}

/// What the lines themselves say.
struct Year {
    units: u64,
    filing_lines: u64,
    line_bytes: u64,
    stored_bytes: u64,
}

impl Year {
    fn of(log: &dyn EventLog) -> Result<Self> {
        let (mut lines, mut bytes, mut stored) = (0, 0, 0);
        let (mut filings, mut filed) = (0, 0);
        let mut units = std::collections::BTreeSet::new();
        let mut batch = store::LineBatch::default();
        while batch.next() < log.size()? {
            log.read_into(batch.next(), 4_096, &mut batch)?;
            for (_, text) in &batch {
                let line = Line::parse(text).ok().context("a line")?;
                (lines, bytes, stored) = (lines + 1, bytes + text.len() as u64, stored + stored_bytes(text)?);
                if line.kind == "submission-filed" {
                    (filings, filed) = (filings + 1, filed + line.submission_size);
                    units.insert(line.unit.to_owned());
                }
            }
        }
        let units = units.len() as u64;
        Ok(Self {
            units,
            filing_lines: u64::from(filed).div_ceil(filings),
            line_bytes: bytes / lines,
            stored_bytes: stored / lines,
        })
    }
}

/// Bytes of data and metadata as a server writes them, indented; without what its files add for each event.
fn stored_bytes(line: &[u8]) -> Result<u64> {
    let text = std::str::from_utf8(line)?;
    let data = stand_in::parse_leniently(text).context("JSON")?.indented().len();
    // Two members of a hash and an id, on lines of their own.
    const METADATA: usize = 150;
    Ok((data + METADATA) as u64)
}

/// A round trip and a line's part, from the middle of small appends and of large ones.
fn append(server: &mut Server, lines: &dyn EventLog) -> Result<Cost> {
    let stream = server.new_stream()?;
    let log = server.log(&stream)?;
    let mut first = 0;
    let mut middle = |count: usize| -> Result<u64> {
        let mut took = Vec::new();
        for _ in 0..APPENDS {
            let batch = exactly(lines, first, count)?;
            let batch: Vec<&[u8]> = batch.iter().map(|(_, line)| line).collect();
            let began = Instant::now();
            first = log.append(first, &batch)?;
            took.push(u64::try_from(began.elapsed().as_nanos())?);
        }
        Ok(median(&took))
    };
    let (small, large) = (middle(SMALL)?, middle(LARGE)?);
    let line_ns = large.saturating_sub(small) / (LARGE - SMALL) as u64;
    Ok(Cost { round_trip_ns: small.saturating_sub(line_ns), line_ns })
}

fn follow(server: &mut Server, lines: &Journal) -> Result<u64> {
    let stream = server.new_stream()?;
    let log = Arc::new(server.log(&stream)?);
    store::transfer::run(lines, &*log, store::transfer::Appends::Joined, &mut |_, _| {})?;
    let log = server.log(&stream)?;
    let began = Instant::now();
    let mut follower = Follower::new(&log, 0);
    while follower.position() < lines.size()? {
        follower.next(Duration::from_secs(1))?.context("the stream ends early")?;
    }
    Ok(per_second(follower.position(), began.elapsed()))
}
