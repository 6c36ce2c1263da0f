//! What the stories share: a year of 演示数据, tables read back whole, and a database that fails as told.
#![allow(dead_code, reason = "each story takes what it needs")]

pub mod cluster;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use app::{ManualClock, Recorder};
use chain::Instant;
use chain::note::{KeyType, VerifierKey};
use projections::ReadModel;
use seeds::demo::{Demo, Options as DemoOptions};
use sql_read_models::layout::{CHECKPOINT, Table, tables};
use sql_read_models::rows::{Row, Rows};
use sql_read_models::{Checkpoint, Database, DatabaseError, Follower, Options, Place, Sqlite, Start, Step};
use store::{EventLog, MemoryLog};

/// The plan of the demonstration.
pub const PLAN: &str = "yingtan-2022";

/// The first submissions of a demonstration's year, until there are so many lines.
pub fn demonstration(lines: u64) -> MemoryLog {
    demonstration_of("ledger.example.org/n0001", lines)
}

/// As [`demonstration`], of a ledger with another name.
pub fn demonstration_of(origin: &str, lines: u64) -> MemoryLog {
    let log = MemoryLog::new();
    let shared: Arc<dyn EventLog> = Arc::new(log.clone());
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let log_key = VerifierKey::of(origin, KeyType::Ed25519, &key).unwrap().to_string();
    let options = DemoOptions { seed: 2022, cities: 1, years: 1, origin: origin.to_owned(), log_key };
    let mut demo = Demo::new(seeds::yingtan_2022(), seeds::yingtan_2022_rules(), options);
    let mut recorder = Recorder::new(shared, ReadModel::default());
    while log.size().unwrap() < lines
        && let Some(timed) = demo.next(recorder.model().ledger().book())
    {
        recorder.record(timed.submission, timed.at).unwrap();
    }
    log
}

/// The first lines of a log, as another log.
pub fn beginning(log: &MemoryLog, lines: u64) -> MemoryLog {
    let copy = MemoryLog::new();
    extend(&copy, log, lines);
    copy
}

/// Appends to `copy` what `log` has, up to so many lines.
pub fn extend(copy: &MemoryLog, log: &MemoryLog, lines: u64) {
    let from = copy.size().unwrap();
    if lines <= from {
        return;
    }
    let batch = log.read(from, usize::try_from(lines - from).unwrap()).unwrap();
    let all: Vec<&[u8]> = batch.iter().map(|(_, line)| line).collect();
    assert_eq!(all.len() as u64, lines - from, "a log in memory gives what is asked for");
    copy.append(from, &all).unwrap();
}

pub fn model(log: &MemoryLog) -> ReadModel {
    app::load(log, None, &mut |_, _| {}).unwrap()
}

pub fn clock() -> ManualClock {
    ManualClock::new(Instant::from_micros(1_700_000_000_000_000).unwrap())
}

pub fn sqlite(path: &Path) -> Box<dyn Database> {
    Box::new(Sqlite::open(path).unwrap())
}

pub fn at_once(lines_at_once: u64) -> Options {
    Options { lines_at_once, ..Options::default() }
}

/// Follows to the log's end; tells where it began.
pub fn follow(log: &MemoryLog, database: Box<dyn Database>, options: Options) -> Start {
    let clock = clock();
    let (mut follower, start) = Follower::open(log, database, &clock, None, options, &mut |_, _| {}).unwrap();
    while follower.step(Duration::ZERO).unwrap().is_some() {}
    assert_eq!((follower.place(), follower.size()), (Place::InUse, log.size().unwrap()));
    start
}

/// Every table in use; the worker's clock left out.
pub fn dump(database: &mut dyn Database) -> BTreeMap<&'static str, Rows> {
    let clock = CHECKPOINT.columns.iter().position(|column| column.name == "updated_at").unwrap();
    let mut all: BTreeMap<_, _> =
        tables().map(|table| (table.name, database.rows(table, None).unwrap())).collect();
    all.get_mut(CHECKPOINT.name).unwrap().values_mut().for_each(|row| row[clock] = None);
    all
}

/// Panics with the first table and row in which two dumps differ.
#[track_caller]
pub fn assert_same(a: &BTreeMap<&'static str, Rows>, b: &BTreeMap<&'static str, Rows>) {
    for (table, rows) in a {
        let others = &b[table];
        assert_eq!(rows.len(), others.len(), "rows of {table}");
        for (key, row) in rows {
            assert_eq!(Some(row), others.get(key), "{table} {key:?}");
        }
    }
}

/// What becomes of a commit that is answered with a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Lost,
    Persisted,
}

/// A database whose n-th write, counted from 0, is answered with a failure.
pub struct Failing {
    pub inner: Box<dyn Database>,
    pub writes_left: u64,
    pub effect: Effect,
}

impl Failing {
    fn write(
        &mut self,
        write: impl FnOnce(&mut dyn Database) -> Result<(), DatabaseError>,
    ) -> Result<(), DatabaseError> {
        let Some(left) = self.writes_left.checked_sub(1) else {
            if self.effect == Effect::Persisted {
                write(&mut *self.inner)?;
            }
            let (database, reason) = (self.inner.name().to_owned(), "as told".to_owned());
            return Err(DatabaseError::Failed { database, what: "写入", reason });
        };
        self.writes_left = left;
        write(&mut *self.inner)
    }
}

impl Database for Failing {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn checkpoint(&mut self, place: Place) -> Result<Option<Checkpoint>, DatabaseError> {
        self.inner.checkpoint(place)
    }

    fn begin_building(&mut self, start: &Checkpoint) -> Result<(), DatabaseError> {
        self.write(|inner| inner.begin_building(start))
    }

    fn commit(&mut self, step: &Step<'_>) -> Result<(), DatabaseError> {
        self.write(|inner| inner.commit(step))
    }

    fn switch(&mut self) -> Result<(), DatabaseError> {
        self.write(|inner| inner.switch())
    }

    fn drop_building(&mut self) -> Result<(), DatabaseError> {
        self.write(|inner| inner.drop_building())
    }

    fn begin_reading(&mut self) -> Result<(), DatabaseError> {
        self.inner.begin_reading()
    }

    fn end_reading(&mut self) -> Result<(), DatabaseError> {
        self.inner.end_reading()
    }

    fn rows(&mut self, table: &Table, positions: Option<Range<u64>>) -> Result<Rows, DatabaseError> {
        self.inner.rows(table, positions)
    }

    fn query(&mut self, query: &str, parameters: &[&str]) -> Result<Vec<Row>, DatabaseError> {
        self.inner.query(query, parameters)
    }
}

/// Follows to the log's end through failures: each opening gets as far as `writes_left` says of it, and a last one to the end.
pub fn follow_failing(
    log: &MemoryLog,
    open: &dyn Fn() -> Box<dyn Database>,
    lines_at_once: u64,
    failures: &[(u64, Effect)],
) {
    let clock = clock();
    for (writes_left, effect) in failures {
        let failing = Failing { inner: open(), writes_left: *writes_left, effect: *effect };
        let opened =
            Follower::open(log, Box::new(failing), &clock, None, at_once(lines_at_once), &mut |_, _| {});
        let Ok((mut follower, _)) = opened else { continue };
        while let Ok(Some(_)) = follower.step(Duration::ZERO) {}
    }
    follow(log, open(), at_once(lines_at_once));
}
