//! Tables that repeat byte for byte: JSON Lines of canonical objects, and the root over them.
//!
//! `docs/tables.md` defines every row. An encoder, once published, is never changed: a new version of a table gets
//! a module of its own beside [`v1`], and the old one stays.

mod heading;
pub mod v1;

use chain::TableRoot;
use events::TableAttested;
use serde::Serialize;

pub use heading::{Heading, RulesChange, WhatIf};

use crate::Reading;

/// The tables that answer a [`Reading`] alone. The trail needs the ledger's lines besides: [`v1::Trail`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableKind {
    /// Cells, weight blocks and areas with their points.
    Scores,
    /// The areas by class and place.
    Ranking,
    /// The figures that count, and those that do not with the reason of each.
    Figures,
    /// Who filed in time, late or not at all.
    Timeliness,
    /// Declared sums beside the city's own figures.
    RollUps,
}

impl TableKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Scores, Self::Ranking, Self::Figures, Self::Timeliness, Self::RollUps];

    /// The table's name, kebab-case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scores => v1::scores::NAME,
            Self::Ranking => v1::ranking::NAME,
            Self::Figures => v1::figures::NAME,
            Self::Timeliness => v1::timeliness::NAME,
            Self::RollUps => v1::roll_ups::NAME,
        }
    }

    /// The kind of a table's name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The encoder version that new tables are made with.
    #[must_use]
    pub const fn current_version(self) -> u32 {
        match self {
            Self::Scores | Self::Ranking | Self::Figures | Self::Timeliness | Self::RollUps => v1::VERSION,
        }
    }

    /// Makes the table with the current encoder.
    ///
    /// # Panics
    /// Never: there is an encoder of the current version.
    #[must_use]
    pub fn encode(self, reading: &Reading<'_>) -> Table {
        self.encode_as(reading, self.current_version()).expect("the current version has an encoder")
    }

    /// What puts the table on record: its root, and everything it takes to make it again.
    #[must_use]
    pub fn attest(self, reading: &Reading<'_>) -> TableAttested {
        let table = self.encode(reading);
        let token = reading.token();
        TableAttested {
            as_of: token.as_of,
            encoder_version: table.encoder_version(),
            plan: reading.plan().adopted.plan.clone(),
            root: token.root,
            rules: token.rules,
            size: token.size,
            table: table.name().to_owned(),
            table_root: table.root(),
        }
    }

    /// Makes the table with the encoder of an earlier version, so that an old root can be compared.
    ///
    /// # Errors
    /// [`UnknownEncoder`] when there never was such a version.
    pub fn encode_as(self, reading: &Reading<'_>, version: u32) -> Result<Table, UnknownEncoder> {
        match (self, version) {
            (Self::Scores, 1) => Ok(v1::Scores::of(reading).encode()),
            (Self::Ranking, 1) => Ok(v1::Ranking::of(reading).encode()),
            (Self::Figures, 1) => Ok(v1::Figures::of(reading).encode()),
            (Self::Timeliness, 1) => Ok(v1::Timeliness::of(reading).encode()),
            (Self::RollUps, 1) => Ok(v1::RollUps::of(reading).encode()),
            (name, _) => Err(UnknownEncoder { table: name.name(), version }),
        }
    }
}

/// No encoder of this version was ever published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("表“{table}”没有第 {version} 版编码。请核对版本号，或换用较新的程序。")]
pub struct UnknownEncoder {
    /// The table's name.
    pub table: &'static str,
    /// The version asked for.
    pub version: u32,
}

/// A published table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    name: &'static str,
    encoder_version: u32,
    bytes: Vec<u8>,
}

impl Table {
    fn new(heading: &Heading) -> Self {
        Self::begin(heading.table, heading.encoder_version, heading)
    }

    /// Begins a table with its first row.
    fn begin<R: Serialize>(name: &'static str, encoder_version: u32, heading: &R) -> Self {
        // A city's score table has 170 kB: room that is not used costs nothing.
        let mut table = Self { name, encoder_version, bytes: Vec::with_capacity(1 << 18) };
        // A what-if names rules that are not on record: the only texts here that the ledger did not hold already.
        chain::json::write_canonical(heading, &mut table.bytes)
            .expect("rules were hashed before they are named");
        table.bytes.push(b'\n');
        table
    }

    /// Adds a row. Its texts come from the ledger, so they are canonical; `projections/tests/readings` checks every
    /// row of every table.
    fn push<R: Serialize>(&mut self, row: &R) {
        chain::json::write_known_canonical(row, &mut self.bytes);
        self.bytes.push(b'\n');
    }

    fn extend<'r, R: Serialize + 'r>(&mut self, rows: impl IntoIterator<Item = &'r R>) {
        rows.into_iter().for_each(|row| self.push(row));
    }

    /// The table's name, kebab-case.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The version of the encoder that made it.
    #[must_use]
    pub const fn encoder_version(&self) -> u32 {
        self.encoder_version
    }

    /// The rows: canonical JSON objects, each ended by LF.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes alone.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The table's root (`docs/format.md` §5).
    #[must_use]
    pub fn root(&self) -> TableRoot {
        chain::hash::table_root(&self.bytes)
    }
}
