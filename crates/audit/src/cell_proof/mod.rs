//! Cell proofs: one file that shows how a score cell follows from lines of the ledger, to whoever has only that file.
//!
//! `docs/cell-proof.md` defines the file and says what it proves and what only a whole replay proves.

mod check;
mod linked;
mod make;
mod wanted;
mod wire;

use chain::{ContentHash, Date, TreeHash};
use domain::registry::{AreaIx, IndicatorIx};
use events::{AreaId, IndicatorId, PlanId};
use projections::{CellExplanation, Reading};
use serde::{Deserialize, Serialize};

pub use check::{CellReport, Trust, UnitLines, check};
pub use make::{CannotProve, make};

/// What the first row of every cell proof says it is.
pub const FORMAT: &str = "progress-ledger cell proof v2";

/// The cell that is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The plan; none for the ledger's first.
    pub plan: Option<PlanId>,
    /// The row.
    pub indicator: IndicatorId,
    /// The assessed area.
    pub area: AreaId,
    /// The reporting date.
    pub as_of: Date,
}

/// Which cell of which table a proof is of; the members are those of the table's first row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellOf {
    /// The assessed area.
    pub area: AreaId,
    /// The reporting date.
    pub as_of: Date,
    /// The row.
    pub indicator: IndicatorId,
    /// The ledger's name.
    pub origin: String,
    /// The plan.
    pub plan: PlanId,
    /// The root of the tree over the known lines.
    pub root: TreeHash,
    /// The hash of the rules in force.
    pub rules: ContentHash,
    /// How many lines were known: the size of the signed head.
    pub size: u64,
}

/// What a proof states as its result: the cell's explanation, without figures of other years, which decide nothing in this one.
fn result<'a>(reading: &Reading<'a>, row: IndicatorIx, area: AreaIx) -> CellExplanation<'a> {
    let mut explained = projections::explain(reading, row, area);
    explained.passed_over.retain(|figure| figure.as_at.year() == reading.at().as_of.year());
    explained
}
