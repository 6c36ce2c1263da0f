//! Stories of the tables in a SQLite file.

mod common;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::*;
use proptest::prelude::*;
use rusqlite::Connection;
use sql_read_models::layout::{CHECKPOINT, EVENTS, FIGURES, RANKING, tables};
use sql_read_models::{
    Database, DatabaseError, FollowError, Follower, Numbers, Place, REVISION, SqlWorker, Sqlite, Start, check,
};
use store::{EventLog, LineBatch};

/// Lines of a demonstration in which figures are reported, returned and corrected.
const SOME_LINES: u64 = 2_600;

fn is_clean(log: &store::MemoryLog, path: &std::path::Path) -> bool {
    let mut database = Sqlite::open_read_only(path).unwrap();
    let checked = check(log, &mut database, &mut |_, _| {}).unwrap().expect("there are tables");
    assert!(checked.rows > log.size().unwrap(), "it looked at every line and more");
    checked.found == 0
}

#[test]
fn the_tables_of_a_year_are_what_its_lines_say() {
    let (folder, log) = (tempfile::tempdir().unwrap(), demonstration(u64::MAX));
    let path = folder.path().join("year.sqlite");
    assert_eq!(follow(&log, sqlite(&path), at_once(16_384)), Start::First);
    assert!(is_clean(&log, &path));
    let tables = dump(&mut *sqlite(&path));
    assert_eq!(tables[EVENTS.name].len() as u64, log.size().unwrap());
    assert_eq!(tables[FIGURES.name].len(), model(&log).ledger().book().figure_count());
    for (table, rows) in &tables {
        // The demonstration freezes nothing.
        let empty = ["snapshots", "frozen_ranking"].contains(table);
        assert_eq!(rows.is_empty(), empty, "{table}");
    }
}

#[test]
fn a_second_start_goes_on_and_writes_nothing_when_there_is_nothing_new() {
    let (folder, log) = (tempfile::tempdir().unwrap(), demonstration(SOME_LINES));
    let path = folder.path().join("some.sqlite");
    let half = beginning(&log, 2_000);
    follow(&half, sqlite(&path), at_once(700));
    assert_eq!(follow(&half, sqlite(&path), at_once(700)), Start::GoesOn(2_000));
    extend(&half, &log, log.size().unwrap());
    assert_eq!(follow(&half, sqlite(&path), at_once(700)), Start::GoesOn(2_000));
    assert!(is_clean(&log, &path));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn steps_and_failures_leave_the_rows_that_one_go_leaves(
        lines_at_once in 150_u64..1_500,
        failures in prop::collection::vec((0_u64..6, prop_oneof![Just(Effect::Lost), Just(Effect::Persisted)]), 0..4),
    ) {
        let (folder, log) = (tempfile::tempdir().unwrap(), demonstration(SOME_LINES));
        let (one, many) = (folder.path().join("one.sqlite"), folder.path().join("many.sqlite"));
        follow(&log, sqlite(&one), at_once(u64::MAX));
        follow_failing(&log, &|| sqlite(&many), lines_at_once, &failures);
        assert_same(&dump(&mut *sqlite(&one)), &dump(&mut *sqlite(&many)));
        prop_assert!(is_clean(&log, &many));
    }
}

#[test]
fn another_ledger_is_built_beside_and_readers_never_see_half() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moved.sqlite");
    let (log, other) = (demonstration(SOME_LINES), demonstration(1_800));
    follow(&log, sqlite(&path), at_once(u64::MAX));
    // A view of somebody's own must outlive the switch.
    let reader = Connection::open(&path).unwrap();
    reader.execute_batch("CREATE VIEW best AS SELECT area FROM ranking WHERE place = 1").unwrap();
    let seen = || -> (i64, i64) {
        let ask = "SELECT (SELECT count(*) FROM events), (SELECT tree_size FROM checkpoint)";
        reader.query_row(ask, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    let whole = seen();

    // The same first lines, but an older copy: the log does not lead to the checkpoint.
    let clock = clock();
    let (mut follower, start) =
        Follower::open(&other, sqlite(&path), &clock, None, at_once(500), &mut |_, _| {}).unwrap();
    let origin = "ledger.example.org/n0001".to_owned();
    assert_eq!(start, Start::OtherLines { origin, size: log.size().unwrap() });
    while follower.place() == Place::Building {
        assert_eq!(seen(), whole, "the tables in use stay whole while others are built");
        follower.step(Duration::ZERO).unwrap();
    }
    let size = i64::try_from(other.size().unwrap()).unwrap();
    assert_eq!(seen(), (size, size));
    drop(follower);
    assert!(is_clean(&other, &path));
    reader.query_row("SELECT count(*) FROM best", [], |row| row.get::<_, i64>(0)).unwrap();
}

#[test]
fn tables_of_another_revision_are_made_again() {
    let (folder, log) = (tempfile::tempdir().unwrap(), demonstration(1_800));
    let path = folder.path().join("old.sqlite");
    follow(&log, sqlite(&path), at_once(u64::MAX));
    let older = Connection::open(&path).unwrap();
    older.execute_batch("UPDATE checkpoint SET revision = 0; DELETE FROM figures;").unwrap();
    assert_eq!(follow(&log, sqlite(&path), at_once(u64::MAX)), Start::OtherRevision);
    assert!(is_clean(&log, &path));
    // A revision that had other columns is one, too.
    older.execute_batch("ALTER TABLE checkpoint DROP COLUMN root").unwrap();
    assert_eq!(follow(&log, sqlite(&path), at_once(u64::MAX)), Start::First);
    assert!(is_clean(&log, &path));
}

#[test]
fn a_build_that_was_interrupted_goes_on() {
    let (folder, log) = (tempfile::tempdir().unwrap(), demonstration(SOME_LINES));
    let path = folder.path().join("build.sqlite");
    let clock = clock();
    let (mut follower, _) =
        Follower::open(&log, sqlite(&path), &clock, None, at_once(1_000), &mut |_, _| {}).unwrap();
    follower.step(Duration::ZERO).unwrap();
    drop(follower);
    assert_eq!(sqlite(&path).checkpoint(Place::InUse).unwrap(), None, "nobody sees half");
    assert_eq!(follow(&log, sqlite(&path), at_once(1_000)), Start::GoesOnBuilding(1_000));
    assert!(is_clean(&log, &path));
}

#[test]
fn one_worker_writes_and_another_is_told() {
    let (folder, log) = (tempfile::tempdir().unwrap(), demonstration(1_800));
    let path = folder.path().join("held.sqlite");
    let held = sqlite(&path);
    assert!(matches!(Sqlite::open(&path), Err(DatabaseError::Locked { .. })));
    follow(&log, held, at_once(u64::MAX));
    // A reader needs no lock, and the next worker finds it free.
    Sqlite::open_read_only(&path).unwrap();
    Sqlite::open(&path).unwrap();
}

#[test]
fn a_file_of_another_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("theirs.sqlite");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE figures (theirs)").unwrap();
    for refused in [Sqlite::open(&path).err(), Sqlite::open_read_only(&path).err()] {
        assert!(matches!(refused, Some(DatabaseError::Unusable(why)) if why.contains("别的程序")));
    }
    assert!(matches!(Sqlite::open_read_only(&folder.path().join("none")), Err(DatabaseError::Unusable(_))));
}

#[test]
fn tables_that_somebody_else_moved_are_not_written() {
    let (folder, log) = (tempfile::tempdir().unwrap(), demonstration(SOME_LINES));
    let path = folder.path().join("moved.sqlite");
    let half = beginning(&log, 2_000);
    follow(&half, sqlite(&path), at_once(u64::MAX));
    let clock = clock();
    let (mut follower, _) =
        Follower::open(&half, sqlite(&path), &clock, None, at_once(100), &mut |_, _| {}).unwrap();
    Connection::open(&path).unwrap().execute_batch("UPDATE checkpoint SET tree_size = 7").unwrap();
    extend(&half, &log, 2_100);
    let moved = follower.step(Duration::ZERO);
    assert!(matches!(moved, Err(FollowError::Database(DatabaseError::Moved { expected: 2_000, .. }))));
}

/// A log that turns into another one.
struct Turning {
    logs: [store::MemoryLog; 2],
    turned: AtomicBool,
}

impl Turning {
    fn now(&self) -> &store::MemoryLog {
        &self.logs[usize::from(self.turned.load(Ordering::SeqCst))]
    }
}

impl EventLog for Turning {
    fn append(&self, expected_size: u64, lines: &[&[u8]]) -> store::Result<u64> {
        self.now().append(expected_size, lines)
    }

    fn read_into(&self, from: u64, max_lines: usize, batch: &mut LineBatch) -> store::Result<()> {
        self.now().read_into(from, max_lines, batch)
    }

    fn size(&self) -> store::Result<u64> {
        self.now().size()
    }

    fn wait(&self, beyond: u64, timeout: Duration) -> store::Result<u64> {
        self.now().wait(beyond, timeout)
    }
}

#[test]
fn a_log_that_turns_into_another_while_it_is_followed_is_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("turned.sqlite");
    let other = demonstration_of("ledger.example.org/n0002", 1_800);
    let log = Turning { logs: [demonstration(1_500), other.clone()], turned: AtomicBool::new(false) };
    let clock = clock();
    let (mut follower, _) =
        Follower::open(&log, sqlite(&path), &clock, None, at_once(u64::MAX), &mut |_, _| {}).unwrap();
    while follower.step(Duration::ZERO).unwrap().is_some() {}
    let before = follower.size();
    log.turned.store(true, Ordering::SeqCst);
    assert!(matches!(follower.step(Duration::ZERO), Err(FollowError::Diverged(size)) if size == before));
    drop(follower);
    assert!(is_clean(&log.logs[0], &path), "nothing of the other ledger was written");
    let origin = "ledger.example.org/n0001".to_owned();
    let start = follow(&other, sqlite(&path), at_once(u64::MAX));
    assert_eq!(start, Start::OtherLines { origin, size: before });
    assert!(is_clean(&other, &path));
}

#[test]
fn a_changed_cell_is_named_with_table_row_and_both_values() {
    let (folder, log) = (tempfile::tempdir().unwrap(), demonstration(SOME_LINES));
    let path = folder.path().join("changed.sqlite");
    follow(&log, sqlite(&path), at_once(u64::MAX));
    let tamper = |statement: &str| {
        Connection::open(&path).unwrap().execute_batch(statement).unwrap();
        let mut database = Sqlite::open_read_only(&path).unwrap();
        check(&log, &mut database, &mut |_, _| {}).unwrap().unwrap()
    };
    let first = |checked: &sql_read_models::Checked| {
        let own = checked.differences.first().expect("a difference").clone();
        (own.table, own.row, own.column, own.expected, own.found)
    };
    let checked = tamper(
        "UPDATE ranking SET total = '99.99' WHERE rowid = (SELECT min(rowid) FROM ranking WHERE total IS NOT NULL)",
    );
    let (table, row, column, expected, found) = first(&checked);
    assert_eq!((table, column, found.as_deref()), (RANKING.name, Some("total"), Some("99.99")));
    assert!(row.contains("area=") && expected.is_some_and(|total| total != "99.99"), "{row}");
    assert_eq!(checked.found, 1);

    let checked = tamper("DELETE FROM ranking; UPDATE events SET unit = 'nobody' WHERE position = 17");
    let (table, row, column, _, found) = first(&checked);
    assert_eq!((table, row.as_str(), column), (EVENTS.name, "position=17", Some("unit")));
    assert_eq!(found.as_deref(), Some("nobody"));
    assert!(checked.differences.iter().any(|own| own.table == RANKING.name && own.column.is_none()));

    let extra = "INSERT INTO events SELECT 9999999, event_hash, recorded_at, event_type, unit, unit_seq, account, submission, plan, indicator, area, period, acts_on, data FROM events WHERE position = 0";
    let checked = tamper(extra);
    assert!(checked.differences.iter().any(|own| own.row == "position=9999999" && own.expected.is_none()));
    let checked = tamper("UPDATE checkpoint SET root = event_hash");
    assert!(checked.differences.iter().any(|own| own.table == CHECKPOINT.name && own.column == Some("root")));

    // A rebuild puts all of it right.
    let options = sql_read_models::Options { rebuild: true, ..at_once(u64::MAX) };
    assert_eq!(follow(&log, sqlite(&path), options), Start::Asked);
    assert!(is_clean(&log, &path));
}

/// Waits until a worker's numbers are as wanted; it fails after a minute.
fn until(worker: &SqlWorker, is_so: impl Fn(&Numbers) -> bool) -> Numbers {
    for _ in 0..6_000 {
        let numbers = worker.numbers();
        if is_so(&numbers) {
            return numbers;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it did not come to that: {:?}", worker.numbers());
}

#[test]
fn a_server_runs_workers_on_databases_of_their_own_and_reads_their_numbers() {
    let (folder, log) = (tempfile::tempdir().unwrap(), demonstration(SOME_LINES));
    let growing = beginning(&log, 1_500);
    let shared: Arc<dyn EventLog> = Arc::new(growing.clone());
    let paths = ["one.sqlite", "two.sqlite"].map(|name| folder.path().join(name));
    let start = |path: &PathBuf| {
        let path = path.clone();
        let open = move || Ok(Box::new(Sqlite::open(&path)?) as Box<dyn Database>);
        SqlWorker::start(Arc::clone(&shared), Box::new(open), Arc::new(clock()), at_once(400))
    };
    let workers: Vec<SqlWorker> = paths.iter().map(start).collect();
    for worker in &workers {
        let numbers = until(worker, |numbers| numbers.applied_lines == 1_500 && !numbers.building);
        assert_eq!((numbers.lag(), numbers.failures, numbers.error), (0, 0, None));
        assert!(numbers.rows_written > 1_500 && numbers.transactions > 4);
    }
    extend(&growing, &log, log.size().unwrap());
    for (worker, path) in workers.iter().zip(&paths) {
        until(worker, |numbers| numbers.applied_lines == log.size().unwrap());
        worker.shutdown();
        assert!(is_clean(&log, path));
    }
}

#[test]
fn a_server_is_told_what_is_in_the_way_of_a_worker() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("theirs.sqlite");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (own)").unwrap();
    let open = move || Ok(Box::new(Sqlite::open(&path)?) as Box<dyn Database>);
    let log: Arc<dyn EventLog> = Arc::new(demonstration(200));
    let worker = SqlWorker::start(log, Box::new(open), Arc::new(clock()), at_once(400));
    let numbers = until(&worker, |numbers| numbers.error.is_some());
    assert!(numbers.error.as_ref().is_some_and(|error| error.contains("别的程序")));
    assert!(numbers.lag() >= 200 && numbers.applied_lines == 0);
}

/// What rows and tables of this revision are for a demonstration. Where this changes, `REVISION` is raised: tables that people
/// have would otherwise be gone on with although the same lines now give others.
const ROWS_OF_REVISION_1: &str = "d5c50c68249111a25cce01977cec14aa8e5d893d5291044dc5ae7a0ec58e4c79";

#[test]
fn rows_that_change_raise_the_revision() {
    let (folder, log) = (tempfile::tempdir().unwrap(), demonstration(SOME_LINES));
    let path = folder.path().join("pinned.sqlite");
    follow(&log, sqlite(&path), at_once(u64::MAX));
    let mut all = String::new();
    for (table, rows) in dump(&mut *sqlite(&path)) {
        // The checkpoint names the revision of the fold besides, which has a reason of its own to change.
        if table != CHECKPOINT.name {
            let columns = tables().find(|own| own.name == table).unwrap().column_names();
            all += &format!("{table} ({columns})\n");
            rows.values().for_each(|row| all += &format!("{row:?}\n"));
        }
    }
    let found = chain::hash::content_hash(all.as_bytes()).to_string();
    assert_eq!(
        (REVISION, found.as_str()),
        (1, ROWS_OF_REVISION_1),
        "raise REVISION, and state the new hash; the hash alone where the demonstration itself changed"
    );
}
