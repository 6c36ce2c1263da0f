//! How a ledger behaves as it grows: opening it, loading it with and without a saved state, auditing it from its
//! bytes, asking for a city's score table of any day, and the bytes that a line takes on the disk.
//!
//! The ledgers are synthetic years (演示数据) of as many cities as the lines need, made by the program's own rules.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use app::{KnownAt, Question, Reader, Recorder, RulesChoice, SavedStates};
use chain::Date;
use projections::{ReadModel, Reading, TableKind};
use seeds::demo::{Demo, Options};
use store::EventLog;
use store_journal::{Compressed, Durability, Journal, JournalOptions};

use crate::key::{Key, ORIGIN};
use crate::report::{Table, grouped, median, per_second, percentile};
use crate::settings::Settings;

/// Small, so that small ledgers have sealed segments too.
const SEGMENT_BYTES: u64 = 4 << 20;
/// Tables asked for in each ledger.
const QUESTIONS: u64 = 400;

/// Cities and years of the ledgers, about 10⁴, 10⁵, 10⁶ and 10⁷ lines.
pub const SIZES: [(u32, u16); 4] = [(1, 1), (9, 1), (29, 3), (290, 3)];

/// What one ledger gave.
struct Measured {
    lines: u64,
    made: Duration,
    sealed: Compressed,
    open: Duration,
    load: Duration,
    restore: Duration,
    audit: Duration,
    /// Nanoseconds of each table, ascending.
    tables: Vec<u64>,
    resident_kib: u64,
}

/// Makes ledgers of growing size and measures each.
///
/// # Errors
/// A ledger cannot be made or read, or its audit finds something.
pub fn run(settings: &Settings) -> Result<()> {
    println!(
        "synthetic years, one plan a city; ledgers of more than {} lines only with --lines N\n",
        grouped(settings.lines)
    );
    let mut measured = Vec::new();
    for (cities, years) in SIZES {
        // A city's year has about 11,600 lines.
        if u64::from(cities) * u64::from(years) * 11_600 > settings.lines.saturating_mul(2) {
            break;
        }
        measured.push(measure(settings, cities, years)?);
    }
    print(&measured);
    Ok(())
}

fn print(measured: &[Measured]) {
    let mut times = Table::new(&[
        "lines",
        "made lines/s",
        "open ms",
        "load lines/s",
        "from saved state ms",
        "audit + fold lines/s",
        "score table p50 µs",
        "p99 µs",
        "memory MiB",
    ]);
    let mut bytes = Table::new(&["sealed lines", "bytes a line, plain", "compressed"]);
    for own in measured {
        times.row([
            grouped(own.lines),
            grouped(per_second(own.lines, own.made)),
            milliseconds(own.open),
            grouped(per_second(own.lines, own.load)),
            milliseconds(own.restore),
            grouped(per_second(own.lines, own.audit)),
            grouped(median(&own.tables) / 1000),
            grouped(percentile(&own.tables, 990) / 1000),
            grouped(own.resident_kib / 1024),
        ]);
        let Compressed { lines, plain_bytes, packed_bytes, .. } = own.sealed;
        bytes.row([grouped(lines), tenths(plain_bytes, lines), tenths(packed_bytes, lines)]);
    }
    times.print();
    println!();
    bytes.print();
    println!();
}

fn measure(settings: &Settings, cities: u32, years: u16) -> Result<Measured> {
    let scratch = settings.scratch()?;
    let folder = scratch.path().join("ledger");
    let began = Instant::now();
    let lines = make(&folder, cities, years)?;
    let made = began.elapsed();

    let (journal, open) = timed(|| Ok(Journal::open(&folder, JournalOptions::default())?))?;
    let journal: Arc<Journal> = Arc::new(journal);
    let (model, load) = timed(|| Ok(app::load(&*journal, None, &mut |_, _| {})?))?;
    let states = SavedStates::new(scratch.path().join("state"));
    states.save(&model)?;
    drop(model);
    let (model, restore) = timed(|| {
        let saved = states.latest::<ReadModel>().into_state();
        Ok(app::load(&*journal, saved, &mut |_, _| {})?)
    })?;
    ensure!(model.size() == lines, "{} lines were loaded, not {lines}", model.size());
    let resident_kib = resident_kib()?;
    let tables = ask(&model, &*journal, cities)?;
    drop(model);
    let audit = audit(settings, &folder, lines)?;
    let sealed = journal.compress(&mut |_, _| {})?;
    Ok(Measured { lines, made, sealed, open, load, restore, audit, tables, resident_kib })
}

/// Makes a ledger of synthetic years; returns how many lines it has.
///
/// # Errors
/// It cannot be written.
pub fn make(folder: &Path, cities: u32, years: u16) -> Result<u64> {
    let options = Options { seed: 2022, cities, years, origin: ORIGIN.to_owned(), log_key: Key::public() };
    let journal_options = JournalOptions {
        durability: Durability::AtFinish,
        segment_bytes: SEGMENT_BYTES,
        ..JournalOptions::default()
    };
    let journal = Arc::new(Journal::open(folder, journal_options)?);
    let log: Arc<dyn EventLog> = Arc::clone(&journal) as Arc<dyn EventLog>;
    let mut recorder = Recorder::new(log, ReadModel::default());
    let mut demo = Demo::new(seeds::yingtan_2022(), seeds::yingtan_2022_rules(), options);
    while let Some(timed) = demo.next(recorder.model().ledger().book()) {
        recorder.record(timed.submission, timed.at)?;
    }
    journal.finish()?;
    Ok(recorder.model().size())
}

/// The median of the rounds; the first reads the files into the page cache.
fn audit(settings: &Settings, folder: &Path, lines: u64) -> Result<Duration> {
    let mut nanoseconds = Vec::new();
    for _ in 0..settings.rounds {
        let ((report, model), elapsed) = timed(|| Ok(audit::rebuild(folder, &audit::Options::default())?))?;
        ensure!(report.is_clean(), "the audit finds {:?}", report.findings.first());
        ensure!(model.is_some_and(|model| model.size() == lines), "the audit folds every line");
        nanoseconds.push(u64::try_from(elapsed.as_nanos())?);
    }
    Ok(Duration::from_nanos(median(&nanoseconds)))
}

/// Asks for score tables of cities, days and known sizes all over the ledger; returns the nanoseconds of each.
///
/// # Errors
/// A table cannot be made.
pub fn ask(model: &ReadModel, log: &dyn EventLog, cities: u32) -> Result<Vec<u64>> {
    let reader = Reader::new(model, log);
    let book = model.ledger().book();
    let plans: Vec<_> = book.registry().plans().map(|(_, plan)| plan.adopted.plan.clone()).collect();
    ensure!(plans.len() == usize::try_from(cities)?, "one plan a city");
    let mut nanoseconds = Vec::new();
    for number in 0..QUESTIONS {
        // A fixed stride over the ledger's second half, where there is something to score.
        let known = model.size() - (number * 7919) % (model.size() / 2);
        let month = u32::try_from(6 + number % 7)?;
        let question = Question {
            plan: plans[usize::try_from(number)? % plans.len()].clone(),
            as_of: Date::of(2022, month, 25),
            known_at: KnownAt::Size(known),
            rules: RulesChoice::InForce,
        };
        let began = Instant::now();
        let axes = reader.resolve(&question, Date::of(2022, 12, 31).expect("a day"))?;
        let reading = Reading::in_force(book, axes.plan, axes.at, axes.root)?;
        let table = TableKind::Scores.encode(&reading);
        nanoseconds.push(u64::try_from(began.elapsed().as_nanos())?);
        ensure!(!table.bytes().is_empty(), "a table has rows");
    }
    nanoseconds.sort_unstable();
    Ok(nanoseconds)
}

/// What `work` makes, and how long it takes.
///
/// # Errors
/// Those of `work`.
pub fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Duration)> {
    let began = Instant::now();
    let made = work()?;
    Ok((made, began.elapsed()))
}

/// Resident memory of this process, in KiB.
///
/// # Errors
/// The system does not say.
pub fn resident_kib() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    Ok(line.and_then(|line| line.split_whitespace().next()).unwrap_or("0").parse()?)
}

/// Milliseconds with one place.
pub fn milliseconds(elapsed: Duration) -> String {
    tenths(u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX), 1000)
}

/// `part / whole` with one place, rounded down.
pub fn tenths(part: u64, whole: u64) -> String {
    let tenths = part * 10 / whole.max(1);
    format!("{}.{}", grouped(tenths / 10), tenths % 10)
}
