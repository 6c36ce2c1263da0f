//! Which tables there are, column by column: the one list that tables, rows, checks and `docs/sql.md` follow.

mod list;

pub use list::*;

/// What a column holds. Whatever it is, its text is the same in both databases (`docs/sql.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// An exact fraction, `406/475`, or a decimal with the precision that was stated.
    Exact,
    /// A whole number.
    Integer,
    /// A decimal number: `numeric`, and the same digits as text in SQLite. Never a binary fraction.
    Decimal,
    /// Yes or no: `boolean`, and 1 or 0 in SQLite.
    Boolean,
    /// A day, `2022-04-30`.
    Date,
    /// An instant in UTC to the microsecond: `timestamptz`, and `2022-04-30T09:30:00.000000Z` in SQLite.
    Instant,
    /// Canonical JSON, kept to the byte: `json`, and text in SQLite.
    Json,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be empty.
    pub nullable: bool,
    /// Where its value stands in what the row is made of, as a JSON pointer.
    pub pointer: &'static str,
    /// What it means.
    pub about: &'static str,
}

/// A table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What a row is.
    pub about: &'static str,
    /// So many columns from the first are the primary key.
    pub key: usize,
    /// Its columns.
    pub columns: &'static [Column],
    /// Columns that are searched by besides.
    pub indexes: &'static [&'static [&'static str]],
}

impl Table {
    /// The columns of the primary key.
    #[must_use]
    pub fn key_columns(&self) -> &'static [Column] {
        &self.columns[..self.key]
    }

    /// The names of the columns, separated by commas.
    #[must_use]
    pub fn column_names(&self) -> String {
        self.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
    }
}

/// Tables of one row for each line or figure, which are written line by line and never compared as a whole while following.
pub const GROWING: [&Table; 2] = [&EVENTS, &FIGURES];

/// Tables that are small, or as large as the plan: made anew at each step, and what differs is written.
pub const REMADE: [&Table; 17] = [
    &LEDGER,
    &UNITS,
    &PLANS,
    &AREAS,
    &INDICATORS,
    &WEIGHT_BLOCKS,
    &TARGETS,
    &DUTIES,
    &PERIODS,
    &READINGS,
    &CURRENT_FIGURES,
    &CELL_SCORES,
    &BLOCK_SCORES,
    &RANKING,
    &FILINGS,
    &SNAPSHOTS,
    &FROZEN_RANKING,
];

/// All tables, the checkpoint first.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    [&CHECKPOINT].into_iter().chain(GROWING).chain(REMADE)
}
