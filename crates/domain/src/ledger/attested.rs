//! What the ledger says about itself: table roots on record, and units' statements that nothing of theirs was left out.

use chain::{EventHash, Instant};
use events::{CompletenessStated, Event, Recorded, TableAttested, UnitId};
use serde::{Deserialize, Serialize};

use super::UnitHead;

/// A table root on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttestedTable {
    /// The line's hash.
    pub hash: EventHash,
    /// The line's position.
    pub position: u64,
    /// When it was recorded.
    pub at: Instant,
    /// Which table, and its root.
    #[serde(with = "crate::as_json")]
    pub attested: TableAttested,
}

/// A unit's statement of how many lines it had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitStatement {
    /// The line's hash.
    pub hash: EventHash,
    /// The line's position.
    pub position: u64,
    /// The unit that stated it.
    pub unit: UnitId,
    /// What the ledger has of the unit before this line.
    pub had: UnitHead,
    /// Whether it bears the unit's signature.
    pub signed: bool,
    /// What it says.
    #[serde(with = "crate::as_json")]
    pub stated: CompletenessStated,
}

/// Attested tables and units' statements, each in the order of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attested {
    tables: Vec<AttestedTable>,
    statements: Vec<UnitStatement>,
}

impl Attested {
    /// Table roots on record.
    #[must_use]
    pub fn tables(&self) -> &[AttestedTable] {
        &self.tables
    }

    /// Units' statements.
    #[must_use]
    pub fn statements(&self) -> &[UnitStatement] {
        &self.statements
    }

    /// Takes a line over, given the end of its unit's chain before it. Lines of other types change nothing.
    pub(super) fn apply(&mut self, line: &Recorded, had: Option<UnitHead>) {
        if let Event::TableAttested(attested) = &line.event {
            self.tables.push(AttestedTable {
                hash: line.hash,
                position: line.position,
                at: line.at,
                attested: attested.clone(),
            });
        } else if let Event::CompletenessStated(stated) = &line.event {
            self.statements.push(UnitStatement {
                hash: line.hash,
                position: line.position,
                unit: line.unit.clone(),
                had: had.unwrap_or(UnitHead { lines: 0, hash: EventHash::ZERO }),
                signed: line.signature.is_some(),
                stated: stated.clone(),
            });
        }
    }
}
