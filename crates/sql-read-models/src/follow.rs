//! Following a log: lines in, one transaction of rows and checkpoint out, again and again.

use std::time::Duration;

use app::{Clock, LoadError, Projection, load_until};
use chain::hash::event_hash;
use chain::{EventHash, TreeHash};
use domain::ledger::Head;
use events::Recorded;
use projections::ReadModel;
use serde::{Deserialize, Serialize};
use store::{EventLog, StoreError};

use crate::database::{Change, Checkpoint, Database, DatabaseError, Place, REVISION, Step};
use crate::layout::{EVENTS, FIGURES};
use crate::rows::{self, Remade, Row};

/// How a log is followed.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Lines of one transaction, at most.
    pub lines_at_once: u64,
    /// Make the tables again from line 0, although they fit.
    pub rebuild: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { lines_at_once: 16_384, rebuild: false }
    }
}

/// Where following begins, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// The tables fit; they go on from this size.
    GoesOn(u64),
    /// There are none yet.
    First,
    /// A build that was interrupted goes on from this size.
    GoesOnBuilding(u64),
    /// They are of another revision.
    OtherRevision,
    /// The log does not lead to their checkpoint: another ledger, or an older copy of it.
    OtherLines {
        /// The ledger's name in the checkpoint.
        origin: String,
        /// The size in the checkpoint.
        size: u64,
    },
    /// Somebody asked for it.
    Asked,
}

impl std::fmt::Display for Start {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::GoesOn(size) => write!(f, "从第 {size} 行接着写。"),
            Self::First => f.write_str("库里还没有这些表，从账本第 0 行建起。"),
            Self::GoesOnBuilding(size) => write!(f, "上次建表没有完成，从第 {size} 行接着建。"),
            Self::OtherRevision => {
                f.write_str("表是另一版程序建的，在旁边从第 0 行重建，建完再切换；其间旧表照常可读。")
            }
            Self::OtherLines { origin, size } => write!(
                f,
                "表里写到账本“{origin}”前 {size} 行，与现在的账本对不上；在旁边从第 0 行重建，建完再切换，其间旧表照常可读。"
            ),
            Self::Asked => f.write_str("按要求在旁边从第 0 行重建，建完再切换；其间旧表照常可读。"),
        }
    }
}

/// How far the tables are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which tables.
    pub place: Place,
    /// Lines applied.
    pub size: u64,
    /// Lines in the log.
    pub log_size: u64,
    /// Rows that the last step wrote.
    pub rows_written: u64,
}

impl Progress {
    /// Lines that are not applied yet.
    #[must_use]
    pub const fn lag(&self) -> u64 {
        self.log_size.saturating_sub(self.size)
    }
}

/// Why following ended. Opened again, it goes on from what the database holds.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The database.
    #[error("{0}")]
    Database(#[from] DatabaseError),
    /// The log.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// The log no longer leads to the lines applied.
    #[error(
        "账本前 {0} 行与表里的对不上了（账本被换成别的或更早的副本）。没有写入；重新运行 worker 会在旁边重建。"
    )]
    Diverged(u64),
}

impl From<StoreError> for FollowError {
    fn from(error: StoreError) -> Self {
        Self::Load(error.into())
    }
}

/// The read model, with the lines that were applied since they were last taken.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Following {
    pub model: ReadModel,
    #[serde(skip)]
    pub lines: Vec<Recorded>,
}

impl Projection for Following {
    const NAME: &'static str = crate::PROJECTION;
    const REVISION: u32 = REVISION;

    fn head(&self) -> &Head {
        self.model.ledger().head()
    }

    fn apply(&mut self, line: &Recorded, leaf: TreeHash) {
        self.model.apply(line, leaf);
        self.lines.push(line.clone());
    }
}

impl Following {
    /// Reads on until the model has `size` lines; gives the new ones besides.
    pub fn read_on(&mut self, log: &dyn EventLog, size: u64) -> Result<Vec<Recorded>, FollowError> {
        let before = self.model.size();
        *self = load_until(log, Some(std::mem::take(self)), size, &mut |_, _| {})?;
        let lines = std::mem::take(&mut self.lines);
        // A log that does not lead to the state is read from line 0: then these are not the next lines.
        let first = lines.first().map_or(before, |line| line.position);
        if first != before || self.model.size() != size.max(before) {
            return Err(FollowError::Diverged(before));
        }
        Ok(lines)
    }
}

/// Follows a log into a database.
pub struct Follower<'a> {
    log: &'a dyn EventLog,
    database: Box<dyn Database>,
    clock: &'a dyn Clock,
    following: Following,
    remade: Remade,
    place: Place,
    lines_at_once: u64,
}

impl<'a> Follower<'a> {
    /// Finds out where the tables are, and reads the lines up to there; tells how many are done, and how many there are.
    ///
    /// `saved` may be any state of the ledger: it is used where it is not beyond the tables.
    ///
    /// # Errors
    /// [`FollowError`].
    pub fn open(
        log: &'a dyn EventLog,
        mut database: Box<dyn Database>,
        clock: &'a dyn Clock,
        saved: Option<ReadModel>,
        options: Options,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(Self, Start), FollowError> {
        let (place, size, start) = begin(log, &mut *database, clock, options)?;
        let saved = saved.filter(|saved| saved.size() <= size);
        let model = load_until(log, saved, size, progress)?;
        let remade = Remade::of(&model);
        let lines_at_once = options.lines_at_once.max(1);
        let following = Following { model, lines: Vec::new() };
        Ok((Self { log, database, clock, following, remade, place, lines_at_once }, start))
    }

    /// Takes the next lines over, waiting up to `wait` for the first; nothing when none came. Tables that were being
    /// built are put in use when they are at the log's end.
    ///
    /// # Errors
    /// [`FollowError`]; open again then: what the database holds counts, not this.
    pub fn step(&mut self, wait: Duration) -> Result<Option<Progress>, FollowError> {
        let before = self.following.model.size();
        let wait = if self.place == Place::Building { Duration::ZERO } else { wait };
        let log_size = self.log.wait(before, wait)?;
        if log_size <= before {
            return self.arrive(log_size);
        }
        let size = log_size.min(before.saturating_add(self.lines_at_once));
        let lines = self.following.read_on(self.log, size)?;
        let remade = Remade::of(&self.following.model);
        let rows_written = self.write(before, &lines, &remade)?;
        self.remade = remade;
        Ok(Some(Progress { place: self.place, size, log_size, rows_written }))
    }

    fn arrive(&mut self, log_size: u64) -> Result<Option<Progress>, FollowError> {
        if self.place == Place::InUse {
            return Ok(None);
        }
        self.database.switch()?;
        self.place = Place::InUse;
        let size = self.following.model.size();
        Ok(Some(Progress { place: self.place, size, log_size, rows_written: 0 }))
    }

    fn write(&mut self, before: u64, lines: &[Recorded], remade: &Remade) -> Result<u64, FollowError> {
        let book = self.following.model.ledger().book();
        let events: Vec<Row> = lines.iter().map(|line| rows::event(book, line)).collect();
        let figures = rows::figures(book, lines);
        let mut changes = Change::of_remade(&self.remade, remade);
        changes.push(Change { table: &EVENTS, removed: Vec::new(), added: events.iter().collect() });
        // Versions that were there before these lines are replaced.
        let older = figures.range(..before).map(|(_, row)| &row[..FIGURES.key]);
        changes.push(Change { table: &FIGURES, removed: older.collect(), added: figures.values().collect() });
        let checkpoint = checkpoint(&self.following.model, self.clock);
        let step = Step { place: self.place, expected: before, changes: &changes, checkpoint: &checkpoint };
        self.database.commit(&step)?;
        Ok(changes.iter().map(Change::rows_written).sum())
    }

    /// How many lines are applied.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.following.model.size()
    }

    /// Which tables are written.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.place
    }

    /// Ends following; the database is free for another worker when it is dropped.
    #[must_use]
    pub fn into_database(self) -> Box<dyn Database> {
        self.database
    }
}

/// The checkpoint of a read model.
fn checkpoint(model: &ReadModel, clock: &dyn Clock) -> Checkpoint {
    let (ledger, tree) = (model.ledger(), model.tree());
    let opened = ledger.book().registry().opened();
    Checkpoint {
        revision: REVISION,
        model_revision: ReadModel::REVISION,
        origin: opened.map_or_else(String::new, |opened| opened.origin.clone()),
        tree_size: model.size(),
        event_hash: ledger.head().hash,
        root: tree.root(),
        updated_at: clock.now(),
    }
}

/// Which tables to go on with, and from which size; tables to build are made where there are none that fit.
fn begin(
    log: &dyn EventLog,
    database: &mut dyn Database,
    clock: &dyn Clock,
    options: Options,
) -> Result<(Place, u64, Start), FollowError> {
    let in_use = database.checkpoint(Place::InUse)?;
    let why = match &in_use {
        _ if options.rebuild => Start::Asked,
        None => Start::First,
        Some(own) => match fits(own, log)? {
            None => {
                database.drop_building()?;
                return Ok((Place::InUse, own.tree_size, Start::GoesOn(own.tree_size)));
            }
            Some(why) => why,
        },
    };
    let building = database.checkpoint(Place::Building)?.filter(|_| !options.rebuild);
    if let Some(own) = building
        && fits(&own, log)?.is_none()
    {
        return Ok((Place::Building, own.tree_size, Start::GoesOnBuilding(own.tree_size)));
    }
    database.begin_building(&checkpoint(&ReadModel::default(), clock))?;
    Ok((Place::Building, 0, why))
}

/// Why tables cannot be gone on with; nothing where they can.
pub(crate) fn fits(own: &Checkpoint, log: &dyn EventLog) -> Result<Option<Start>, FollowError> {
    if (own.revision, own.model_revision) != (REVISION, ReadModel::REVISION) {
        return Ok(Some(Start::OtherRevision));
    }
    // The chain makes this one hash stand for all lines before it, the ledger's name included.
    let leads = match own.position() {
        None => own.event_hash == EventHash::ZERO,
        Some(last) => log.read(last, 1)?.get(0).is_some_and(|line| event_hash(line) == own.event_hash),
    };
    let other = || Start::OtherLines { origin: own.origin.clone(), size: own.tree_size };
    Ok((!leads).then(other))
}
