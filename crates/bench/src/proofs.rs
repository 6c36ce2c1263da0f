//! Proofs: from 10⁷ leaves, of a cell, and of a year's bundle, each beside its goal.
//!
//! The ledger is made of synthetic years (演示数据); every plan's tables are on record, so that the audit within a bundle's check
//! makes them again, too.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use app::Recorder;
use app::publish::{HeadFile, Publisher, TileFolder};
use audit::bundle::{self, BundleReport};
use audit::cell_proof::{self, Asked, Trust};
use chain::hash::leaf_hash;
use chain::tile::Tile;
use chain::tiled::{GrowingTiles, tile_bytes};
use chain::tree::verify_inclusion;
use chain::{Date, Instant as LedgerInstant, TreeHash};
use domain::ledger::Submission;
use domain::registry::PlanIx;
use domain::scoring::At;
use events::{Event, UnitId, UnitKind};
use projections::{ReadModel, Reading, TableKind};
use store::{EventLog, MemoryLog};
use store_journal::{Journal, JournalOptions};
use uuid::Uuid;

use crate::growth::{self, SIZES, milliseconds, timed};
use crate::key::Key;
use crate::report::{Table, grouped, median, percentile, ratio};
use crate::settings::Settings;

/// Leaves of the tree that inclusion proofs are made from; fewer where fewer lines are asked for.
const LEAVES: u64 = 10_000_000;
const PROOFS: u64 = 1_000;
/// Cells that are proven, of the first city.
const CELLS: [(&str, &str); 3] = [("gdp", "guixi"), ("value-added", "yujiang"), ("online-retail", "yuehu")];
/// The goal for a normal cell.
const CELL_BYTES: u64 = 50_000;
const YEAR: u16 = 2022;

/// Measures all three.
///
/// # Errors
/// A proof cannot be made or does not hold.
pub fn run(settings: &Settings) -> Result<()> {
    let mut table = Table::new(&["what", "measured", "goal", "of goal"]);
    inclusion(settings, &mut table)?;
    let scratch = settings.scratch()?;
    let small = scratch.path().join("small");
    growth::make(&small, 1, 1)?;
    attest(&small)?;
    cells(settings, &small, "one city, one year", &mut table)?;
    let ledger = scratch.path().join("ledger");
    let (cities, years) = size(settings);
    growth::make(&ledger, cities, years)?;
    let attested = attest(&ledger)?;
    cells(settings, &ledger, &format!("cities: {cities}, years: {years}"), &mut table)?;
    let report = year(settings, scratch.path(), &mut table)?;
    table.print();
    let audit = report.audit.context("a bundle that holds was audited")?;
    ensure!(audit.attested_tables == attested, "every table on record was made again");
    println!(
        "\n{} lines; {} tables of the year and {attested} on record made again in each check",
        grouped(audit.lines),
        report.tables.len()
    );
    Ok(())
}

/// The largest of the growing ledgers that is not above what was asked for.
fn size(settings: &Settings) -> (u32, u16) {
    let fits = |(cities, years): &&(u32, u16)| {
        u64::from(*cities) * u64::from(*years) * 11_600 <= settings.lines.saturating_mul(2)
    };
    SIZES.iter().rfind(fits).copied().unwrap_or(SIZES[0])
}

fn row(table: &mut Table, what: String, measured: Duration, goal: Duration) {
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let share = ratio(micros(measured), micros(goal));
    table.row([what, format!("{} ms", hundredths(measured)), format!("{} ms", goal.as_millis()), share]);
}

/// Milliseconds with two places, rounded down.
fn hundredths(time: Duration) -> String {
    let micros = time.as_micros();
    format!("{}.{:02}", micros / 1000, micros % 1000 / 10)
}

fn middle(nanoseconds: &[u64]) -> Duration {
    Duration::from_nanos(median(nanoseconds))
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Proofs of leaves all over a tree whose tiles lie on the disk; each is made by a reader that has nothing in memory.
fn inclusion(settings: &Settings, table: &mut Table) -> Result<()> {
    let leaves = LEAVES.min(settings.lines.saturating_mul(10));
    let scratch = settings.scratch()?;
    let tree = lay_tiles(scratch.path(), leaves)?;
    let prove = |number| prove(scratch.path(), &tree, number);
    let mut times = (0..PROOFS).map(prove).collect::<Result<Vec<u64>>>()?;
    times.sort_unstable();
    let goal = Duration::from_millis(1);
    let what = |part: &str| format!("inclusion proof from {} leaves, {part}", grouped(leaves));
    row(table, what("half of them"), Duration::from_nanos(percentile(&times, 500)), goal);
    row(table, what("99 of 100"), Duration::from_nanos(percentile(&times, 990)), goal);
    Ok(())
}

fn leaf(number: u64) -> TreeHash {
    leaf_hash(&number.to_be_bytes())
}

fn lay_tiles(folder: &Path, leaves: u64) -> Result<GrowingTiles> {
    let mut tree = GrowingTiles::new();
    let mut written = Ok(());
    for number in 0..leaves {
        tree.append(leaf(number), &mut |tile, hashes| {
            if written.is_ok() {
                written = lay(folder, tile, hashes);
            }
        });
    }
    written?;
    tree.partial().try_for_each(|(tile, hashes)| lay(folder, tile, hashes))?;
    Ok(tree)
}

fn lay(folder: &Path, tile: Tile, hashes: &[TreeHash]) -> Result<()> {
    let path = folder.join(tile.path());
    std::fs::create_dir_all(path.parent().context("a tile lies in a folder")?)?;
    Ok(std::fs::write(path, tile_bytes(hashes))?)
}

fn prove(folder: &Path, tree: &GrowingTiles, number: u64) -> Result<u64> {
    let size = tree.size();
    // An odd multiplier that is far from any power of two: leaves all over the tree.
    let index = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % size;
    // A log without lines: no tile may be missing.
    let log = MemoryLog::new();
    let began = Instant::now();
    let proof = TileFolder::of(folder).tree(&log, size).inclusion_proof(index)?;
    let took = nanoseconds(began.elapsed());
    let proof = proof.context("the leaf is below the size")?;
    ensure!(verify_inclusion(leaf(index), index, size, &proof, tree.root()), "leaf {index}");
    Ok(took)
}

/// Puts every plan's tables on record, as of its year's end, and publishes the head; returns how many tables.
fn attest(ledger: &Path) -> Result<u64> {
    let log: Arc<dyn EventLog> = Arc::new(Journal::open(ledger, JournalOptions::default())?);
    let model = app::load(&*log, None, &mut |_, _| {})?;
    let mut recorder = Recorder::new(Arc::clone(&log), model);
    let book = recorder.model().ledger().book();
    let office = book.registry().units().find(|unit| unit.kind == UnitKind::DigitalOffice);
    let office = office.context("somebody administers")?.registered.clone();
    let plans: Vec<PlanIx> = book.registry().plans().map(|(ix, _)| ix).collect();
    let mut tables = 0;
    for (number, plan) in (0..).zip(plans) {
        let events = of_plan(recorder.model(), plan)?;
        tables += events.len() as u64;
        recorder
            .record(submission(number, &office, events), LedgerInstant::from_micros(0).context("1970")?)?;
    }
    let publisher = Publisher::new(ledger, HeadFile::beside(ledger));
    let signed = publisher.sign(&*log, recorder.model(), &Key::new())?.context("there are lines")?;
    publisher.publish(&signed)?;
    Ok(tables)
}

fn of_plan(model: &ReadModel, plan: PlanIx) -> Result<Vec<Event>> {
    let as_of = Date::of(YEAR.into(), 12, 31).context("a day")?;
    let at = At { as_of, known: model.size() };
    let reading = Reading::in_force(model.ledger().book(), plan, at, model.tree().root())?;
    Ok(TableKind::ALL.into_iter().map(|kind| kind.attest(&reading).into()).collect())
}

fn submission(number: u128, office: &UnitId, events: Vec<Event>) -> Submission {
    let submission: Uuid = uuid::Builder::from_random_bytes((number + 1).to_be_bytes()).into_uuid();
    Submission {
        submission,
        unit: office.clone(),
        by: "bench".parse().expect("an id"),
        events,
        signature: None,
    }
}

/// Proves cells, and checks each proof as somebody does who has only its bytes and the key.
fn cells(settings: &Settings, ledger: &Path, of: &str, table: &mut Table) -> Result<()> {
    let trust = || Ok::<_, anyhow::Error>(Trust::Key(Key::public().parse().ok().context("a key")?));
    let mut times = Vec::new();
    for (indicator, area) in CELLS {
        let asked = Asked {
            plan: None,
            indicator: indicator.parse().ok().context("an indicator")?,
            area: area.parse().ok().context("an area")?,
            as_of: Date::of(YEAR.into(), 12, 31).context("a day")?,
        };
        let proof = cell_proof::make(ledger, &asked)?;
        let bytes = proof.len() as u64;
        let what = format!("cell proof of {indicator} {area}, {of}");
        table.row([what, kilobytes(bytes), kilobytes(CELL_BYTES), ratio(bytes, CELL_BYTES)]);
        for _ in 0..settings.rounds {
            let (report, took) = timed(|| Ok(cell_proof::check(&proof, &trust()?)))?;
            ensure!(report.findings.is_empty(), "{:?}", report.findings.first());
            times.push(nanoseconds(took));
        }
    }
    row(table, format!("cell proof verified, {of}"), middle(&times), Duration::from_millis(50));
    Ok(())
}

fn kilobytes(bytes: u64) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}

/// Bundles the year, as a folder and as one compressed file, and checks both.
fn year(settings: &Settings, scratch: &Path, table: &mut Table) -> Result<BundleReport> {
    let (folder, file) = (scratch.join("bundle"), scratch.join("bundle.tar.zst"));
    std::fs::create_dir(&folder)?;
    let made = bundle::make(&scratch.join("ledger"), YEAR, &folder)?;
    let ((), packing) = timed(|| Ok(bundle::pack(&folder, &file)?))?;
    let threads = std::thread::available_parallelism()?.get();
    let (mut of_folder, mut of_file) = (Vec::new(), Vec::new());
    let mut last = None;
    for _ in 0..settings.rounds {
        let (report, took) = timed(|| Ok(bundle::check(&folder, None, threads)?))?;
        of_folder.push(nanoseconds(took));
        let (streamed, took) =
            timed(|| bundle::check_file(&file, None, threads)?.map_err(anyhow::Error::msg))?;
        of_file.push(nanoseconds(took));
        ensure!(report.holds() && report == streamed, "folder and file hold");
        last = Some(report);
    }
    // The goal is of 1,000,000 lines: in proportion for more or fewer.
    let goal = Duration::from_micros(3 * made.bundle.size);
    let what = |kind: &str| format!("verify-year of {} lines, {kind}", grouped(made.bundle.size));
    row(table, what("a folder"), middle(&of_folder), goal);
    let megabytes = std::fs::metadata(&file)?.len() / 1_000_000;
    row(table, what(&format!("one file of {megabytes} MB")), middle(&of_file), goal);
    println!("the file was packed in {} ms\n", milliseconds(packing));
    last.context("at least one round")
}
