//! Frozen bundles: every later build must make the same bytes of them again.
//!
//! `UPDATE_GOLDEN=1` makes what is not there yet; what is there is never made anew.

mod ledger;

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use audit::bundle::{BundleReport, check, make, pack, unpack};
use audit::{Options, rebuild};
use domain::scoring::At;
use events::{CompletenessStated, Event};
use ledger::Key;
use projections::{Reading, TableKind};

/// Part of the demonstration's year (演示数据), with attested tables and a unit's signed statement.
const NAME: &str = "demo-2022-v1";

fn golden(ending: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{NAME}.{ending}"))
}

/// The roots of all tables at the lines so far.
fn attested(written: &ledger::Written) -> Vec<Event> {
    let (_, model) = rebuild(written.folder().path(), &Options::default()).unwrap();
    let model = model.unwrap();
    let book = model.ledger().book();
    let (ix, _) = book.registry().plans().next().unwrap();
    let at = At { as_of: "2022-05-25".parse().unwrap(), known: model.size() };
    let reading = Reading::in_force(book, ix, at, model.tree().root()).unwrap();
    TableKind::ALL.into_iter().map(|kind| kind.attest(&reading).into()).collect()
}

fn freeze() {
    let mut written = ledger::demonstration(3_300);
    let roots = attested(&written);
    written.record("digital-office", None, roots);
    let key = Key::of("guixi", 3);
    written.record("digital-office", None, vec![ledger::enrolled("guixi", &key)]);
    let head = written.ledger.head().units["guixi"];
    let period = "2022-05".parse().unwrap();
    let stated = CompletenessStated { head: head.hash, lines: head.lines, period };
    written.record("guixi", Some(&key), vec![stated.into()]);
    let folder = written.folder();
    ledger::sign(folder.path(), &written, &Key::of("example.com/audit", 7));
    let out = tempfile::tempdir().unwrap();
    make(folder.path(), 2022, out.path()).unwrap();
    std::fs::create_dir_all(golden("x").parent().unwrap()).unwrap();
    pack(out.path(), &golden("tar.zst")).unwrap();
    let report = check(out.path(), None, 2).unwrap();
    std::fs::write(golden("roots"), roots_of(&report)).unwrap();
}

/// The frozen bundle in a folder.
fn thawed() -> tempfile::TempDir {
    let frozen = golden("tar.zst");
    if !frozen.exists() && std::env::var_os("UPDATE_GOLDEN").is_some() {
        freeze();
    }
    let folder = tempfile::tempdir().unwrap();
    unpack(&frozen, folder.path()).unwrap().unwrap();
    folder
}

fn roots_of(report: &BundleReport) -> String {
    let mut roots = String::new();
    let bundle = report.bundle.as_ref().unwrap();
    writeln!(roots, "{} {} lines {}", bundle.origin, bundle.size, bundle.root).unwrap();
    for own in &report.tables {
        let line = own.attested.map_or_else(|| "-".to_owned(), |at| at.to_string());
        let axes = format!("{} {} {}", own.as_of, own.size, own.rules);
        writeln!(roots, "{} {} {axes} {line} {}", own.table, own.encoder_version, own.table_root).unwrap();
    }
    roots
}

#[test]
fn a_frozen_bundle_gives_the_same_tables_and_the_same_bytes() {
    let folder = thawed();
    let report = check(folder.path(), None, 1).unwrap();
    assert!(report.holds(), "{:?}", report.findings);
    let audit = report.audit.as_ref().unwrap();
    assert_eq!(
        (report.tables.len(), audit.attested_tables, audit.statements, audit.signatures),
        (10, 5, 1, 1)
    );
    assert_eq!(roots_of(&report), std::fs::read_to_string(golden("roots")).unwrap());

    // A bundle is a ledger's folder: bundling it again gives every byte of every file again.
    let again = tempfile::tempdir().unwrap();
    make(folder.path(), 2022, again.path()).unwrap();
    let packed = again.path().with_extension("tar");
    pack(again.path(), &packed).unwrap();
    let bytes = std::fs::read(&packed).unwrap();
    std::fs::remove_file(&packed).unwrap();
    assert!(bytes == zstd::decode_all(std::fs::File::open(golden("tar.zst")).unwrap()).unwrap());
}

#[test]
fn eight_threads_find_what_one_finds_and_so_do_eight_checks_at_once() {
    let folder = thawed();
    let alone = check(folder.path(), None, 1).unwrap();
    assert_eq!(check(folder.path(), None, 8).unwrap(), alone);
    let together: Vec<BundleReport> = std::thread::scope(|scope| {
        let spawn = |_| scope.spawn(|| check(folder.path(), None, 1).unwrap());
        let threads: Vec<_> = (0..8).map(spawn).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(together.iter().all(|report| *report == alone));
}

#[test]
fn one_thread_rebuilds_what_eight_rebuild() {
    let folder = thawed();
    let rebuilt = |threads| {
        let options = Options { threads: NonZeroUsize::new(threads), ..Options::default() };
        rebuild(folder.path(), &options).unwrap()
    };
    let alone = rebuilt(1);
    assert!(alone.0.is_clean() && alone.1.is_some());
    assert!(rebuilt(8) == alone && rebuilt(2) == alone);
}

#[test]
fn a_changed_cell_of_a_table_on_record_is_named_whatever_the_manifest_says() {
    let folder = thawed();
    let manifest = std::fs::read_to_string(folder.path().join("manifest.jsonl")).unwrap();
    let row = manifest.lines().find(|row| row.contains("\"attested\"") && row.contains("scores")).unwrap();
    let listed: serde_json::Value = serde_json::from_str(row).unwrap();
    let path = folder.path().join(listed["table"]["file"].as_str().unwrap());
    let before = std::fs::read_to_string(&path).unwrap();
    let digit = before.find("\"awarded\":\"").unwrap() + "\"awarded\":\"".len();
    let other = if before[digit..].starts_with('9') { "8" } else { "9" };
    // As long as it was, so that no count gives it away.
    let changed = [&before[..digit], other, &before[digit + 1..]].concat();
    std::fs::write(&path, &changed).unwrap();
    let hash = |bytes: &str| chain::hash::content_hash(bytes.as_bytes()).to_string();
    let root = |bytes: &str| chain::hash::table_root(bytes.as_bytes()).to_string();
    let manifest = manifest.replace(&hash(&before), &hash(&changed)).replace(&root(&before), &root(&changed));
    std::fs::write(folder.path().join("manifest.jsonl"), manifest).unwrap();
    let report = check(folder.path(), None, 2).unwrap();
    let [finding] = &report.findings[..] else { panic!("{:?}", report.findings) };
    assert_eq!((finding.kind, finding.position), ("published-table", listed["table"]["attested"].as_u64()));
    assert!(finding.table.as_ref().unwrap().row.as_deref().unwrap().ends_with(": awarded"), "{finding:?}");
}
