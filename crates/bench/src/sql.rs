//! A ledger as SQL tables: the first load, and a step of few lines at the ledger's end.
//!
//! SQLite always; PostgreSQL where `PROGRESS_LEDGER_POSTGRES_URL` names a database in which a schema may be made.

use std::time::Duration;

use anyhow::{Result, ensure};
use app::SystemClock;
use sql_read_models::{Database, Follower, Options, Place, Postgres, Settings as Server, Sqlite};
use store::{EventLog, MemoryLog};
use store_journal::Journal;

use crate::growth::{SIZES, make, timed};
use crate::report::{Table, grouped, median, per_second};
use crate::settings::Settings;

/// The database that is measured besides SQLite.
const URL_VARIABLE: &str = "PROGRESS_LEDGER_POSTGRES_URL";
/// The schema in it; it stays.
const SCHEMA: &str = "progress_ledger_bench";
/// Lines of a step at the end.
const STEP_LINES: u64 = 60;
/// Steps at the end.
const STEPS: u64 = 20;

/// Loads ledgers of one and nine cities' years into each database.
///
/// # Errors
/// A ledger cannot be made, or a database used.
pub fn run(settings: &Settings) -> Result<()> {
    let mut table = Table::new(&[
        "database",
        "lines",
        "table rows",
        "first load ms",
        "lines/s",
        "rows/s",
        "step of 60 lines p50 µs",
    ]);
    for (cities, years) in &SIZES[..2] {
        let scratch = settings.scratch()?;
        let folder = scratch.path().join("ledger");
        make(&folder, *cities, *years)?;
        let log = in_memory(&Journal::open_read_only(&folder)?)?;
        let sqlite = Sqlite::open(&scratch.path().join("tables.sqlite"))?;
        table.row(measure("SQLite", Box::new(sqlite), &log)?);
        if let Ok(address) = std::env::var(URL_VARIABLE) {
            let server = Postgres::open(&Server::new(&address, SCHEMA, None)?)?;
            table.row(measure("PostgreSQL", Box::new(server), &log)?);
        }
    }
    table.print();
    if std::env::var_os(URL_VARIABLE).is_none() {
        println!("\nnot measured: PostgreSQL; {URL_VARIABLE} names none");
    }
    println!();
    Ok(())
}

/// The same lines in memory, so that some can come later.
fn in_memory(log: &dyn EventLog) -> Result<MemoryLog> {
    let copy = MemoryLog::new();
    while copy.size()? < log.size()? {
        let batch = log.read(copy.size()?, 10_000)?;
        let lines: Vec<&[u8]> = batch.iter().map(|(_, line)| line).collect();
        copy.append(copy.size()?, &lines)?;
    }
    Ok(copy)
}

fn measure(name: &str, database: Box<dyn Database>, all: &MemoryLog) -> Result<[String; 7]> {
    let size = all.size()?;
    let log = MemoryLog::new();
    extend(&log, all, size - STEPS * STEP_LINES)?;
    let options = Options { rebuild: true, ..Options::default() };
    let (mut follower, _) = Follower::open(&log, database, &SystemClock, None, options, &mut |_, _| {})?;
    let (rows, load) = timed(|| {
        let mut rows = 0;
        while let Some(progress) = follower.step(Duration::ZERO)? {
            rows += progress.rows_written;
        }
        Ok(rows)
    })?;
    ensure!(follower.place() == Place::InUse, "the tables are in use");
    let lines = log.size()?;
    let mut steps = Vec::new();
    while log.size()? < size {
        extend(&log, all, log.size()? + STEP_LINES)?;
        let (_, step) = timed(|| Ok(follower.step(Duration::ZERO)?))?;
        steps.push(u64::try_from(step.as_nanos())?);
    }
    Ok([
        name.to_owned(),
        grouped(lines),
        grouped(rows),
        grouped(u64::try_from(load.as_millis())?),
        grouped(per_second(lines, load)),
        grouped(per_second(rows, load)),
        grouped(median(&steps) / 1000),
    ])
}

fn extend(log: &MemoryLog, all: &MemoryLog, size: u64) -> Result<()> {
    while log.size()? < size {
        let from = log.size()?;
        let batch = all.read(from, usize::try_from(size - from)?)?;
        let lines: Vec<&[u8]> = batch.iter().map(|(_, line)| line).collect();
        log.append(from, &lines)?;
    }
    Ok(())
}
