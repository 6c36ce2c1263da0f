//! What a database must do for the tables: hold rows and checkpoint together, build others beside them, and switch.

use std::ops::Range;

use chain::{EventHash, Instant, TreeHash};

use crate::layout::Table;
use crate::rows::{Cell, Remade, Row, Rows};

/// The projection's name in its checkpoint.
pub const PROJECTION: &str = "sql-read-models";

/// Raised whenever the same lines give other rows or other tables: the tables are then made again from line 0.
pub const REVISION: u32 = 1;

/// Which tables are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Those that people read.
    InUse,
    /// Those that are being built beside them.
    Building,
}

/// How far tables are, and of which ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The revision of the tables.
    pub revision: u32,
    /// The revision of the fold they are made from.
    pub model_revision: u32,
    /// The ledger's name; empty before its first line.
    pub origin: String,
    /// How many lines are applied.
    pub tree_size: u64,
    /// The hash of the last line; zeros before the first.
    pub event_hash: EventHash,
    /// The root of the tree over the lines.
    pub root: TreeHash,
    /// When it was written, by the worker's clock.
    pub updated_at: Instant,
}

impl Checkpoint {
    /// The last position that is applied; none before the first line.
    #[must_use]
    pub const fn position(&self) -> Option<u64> {
        self.tree_size.checked_sub(1)
    }

    /// Its row.
    #[must_use]
    pub fn to_row(&self) -> Row {
        let text = |text: &dyn std::fmt::Display| Some(text.to_string().into());
        vec![
            text(&PROJECTION),
            text(&self.revision),
            text(&self.model_revision),
            text(&self.origin),
            text(&self.tree_size),
            self.position().and_then(|position| text(&position)),
            text(&self.event_hash),
            text(&self.root),
            text(&self.updated_at),
        ]
    }

    /// Reads its row; nothing where the row is none that [`to_row`](Self::to_row) writes.
    #[must_use]
    pub fn from_row(row: &[Cell]) -> Option<Self> {
        let text = |index: usize| row.get(index)?.as_deref();
        let checkpoint = Self {
            revision: text(1)?.parse().ok()?,
            model_revision: text(2)?.parse().ok()?,
            origin: text(3)?.to_owned(),
            tree_size: text(4)?.parse().ok()?,
            event_hash: text(6)?.parse().ok()?,
            root: text(7)?.parse().ok()?,
            updated_at: text(8)?.parse().ok()?,
        };
        (checkpoint.to_row() == row).then_some(checkpoint)
    }
}

/// What one step changes in a table. What is replaced is removed first and added then.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// The table.
    pub table: &'static Table,
    /// Primary keys of rows that go.
    pub removed: Vec<&'a [Cell]>,
    /// Rows that come.
    pub added: Vec<&'a Row>,
}

impl<'a> Change<'a> {
    /// What turns the rows of `before` into those of `after`.
    #[must_use]
    pub fn between(table: &'static Table, before: &'a Rows, after: &'a Rows) -> Self {
        let gone = |(key, row): &(&Row, &Row)| after.get(*key) != Some(*row);
        let come = |(key, row): &(&Row, &Row)| before.get(*key) != Some(*row);
        let removed = before.iter().filter(gone).map(|(key, _)| key.as_slice()).collect();
        Self { table, removed, added: after.iter().filter(come).map(|(_, row)| row).collect() }
    }

    /// What turns all tables that are made anew from `before` into `after`.
    #[must_use]
    pub fn of_remade(before: &'a Remade, after: &'a Remade) -> Vec<Self> {
        let tables = crate::layout::REMADE.into_iter();
        tables.map(|table| Self::between(table, before.rows(table), after.rows(table))).collect()
    }

    /// How many rows are written.
    #[must_use]
    pub fn rows_written(&self) -> u64 {
        (self.removed.len() + self.added.len()) as u64
    }
}

/// What is written in one transaction.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// Into which tables.
    pub place: Place,
    /// They must be at so many lines.
    pub expected: u64,
    /// The rows.
    pub changes: &'a [Change<'a>],
    /// Where they are afterwards.
    pub checkpoint: &'a Checkpoint,
}

/// Why a database did not do what was asked. Texts name the database without its password.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Its address or file is not usable; trying again changes nothing.
    #[error("{0}")]
    Unusable(String),
    /// It could not be reached, or did not do it; nothing of the step is in it, or all of it.
    #[error("数据库 {database} 没有完成“{what}”：{reason}")]
    Failed {
        /// The database.
        database: String,
        /// What was asked.
        what: &'static str,
        /// What it answered.
        reason: String,
    },
    /// Another worker writes these tables.
    #[error(
        "数据库 {database} 正由另一个 worker 写入。同一套表只能由一个 worker 写；请等它停止，或换一个库。"
    )]
    Locked {
        /// The database.
        database: String,
    },
    /// The checkpoint is not where this worker left it: somebody else wrote the tables.
    #[error(
        "数据库 {database} 的应用位置不是本 worker 写下的（应为前 {expected} 行）：有别的程序改了这些表。没有写入任何内容；请运行 worker check，或用 --rebuild 重建。"
    )]
    Moved {
        /// The database.
        database: String,
        /// The size this worker left.
        expected: u64,
    },
}

/// A database that holds the tables. One worker at a time writes it; that is held from opening to dropping.
pub trait Database: Send {
    /// Names it for people, without secrets.
    fn name(&self) -> &str;

    /// How far the tables are; none where there are none, or none of this program's making.
    ///
    /// # Errors
    /// [`DatabaseError`].
    fn checkpoint(&mut self, place: Place) -> Result<Option<Checkpoint>, DatabaseError>;

    /// Makes empty tables beside those in use, in place of any that were being built.
    ///
    /// # Errors
    /// [`DatabaseError`]; then nothing has changed.
    fn begin_building(&mut self, start: &Checkpoint) -> Result<(), DatabaseError>;

    /// Writes rows and checkpoint in one transaction, if the tables are where the step expects them.
    ///
    /// # Errors
    /// [`DatabaseError`]. After [`DatabaseError::Failed`] all of it is there or nothing: the checkpoint tells.
    fn commit(&mut self, step: &Step<'_>) -> Result<(), DatabaseError>;

    /// Puts the tables that were built in place of those in use, in one transaction. Readers see one or the other.
    ///
    /// # Errors
    /// [`DatabaseError`]; then nothing has changed.
    fn switch(&mut self) -> Result<(), DatabaseError>;

    /// Takes away tables that were being built.
    ///
    /// # Errors
    /// [`DatabaseError`].
    fn drop_building(&mut self) -> Result<(), DatabaseError>;

    /// Begins to read the tables in use as they are now, whatever is written meanwhile.
    ///
    /// # Errors
    /// [`DatabaseError`].
    fn begin_reading(&mut self) -> Result<(), DatabaseError>;

    /// Ends that.
    ///
    /// # Errors
    /// [`DatabaseError`].
    fn end_reading(&mut self) -> Result<(), DatabaseError>;

    /// The rows of a table in use; of a table by position, those in the range.
    ///
    /// # Errors
    /// [`DatabaseError`].
    fn rows(&mut self, table: &Table, positions: Option<Range<u64>>) -> Result<Rows, DatabaseError>;

    /// Asks a query with texts for `$1`, `$2` …; the answer as texts.
    ///
    /// # Errors
    /// [`DatabaseError`].
    fn query(&mut self, query: &str, parameters: &[&str]) -> Result<Vec<Row>, DatabaseError>;
}

/// The largest position a database can hold.
pub const LAST_POSITION: u64 = i64::MAX as u64;

/// Gathers rows by the texts of their keys.
pub(crate) fn by_key(table: &Table, rows: impl IntoIterator<Item = Row>) -> Rows {
    rows.into_iter().map(|row| (row[..table.key].to_vec(), row)).collect()
}
