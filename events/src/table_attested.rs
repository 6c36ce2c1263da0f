//! `table-attested`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chain::{ContentHash, Date, TableRoot, TreeHash};

use crate::PlanId;

/// A published table was put on record by its root: whoever has the lines makes the same table again and compares.
///
/// The members are those of the table's first row (`docs/tables.md`); the ledger's name is this ledger's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableAttested {
    /// The reporting date.
    pub as_of: Date,
    /// The version of the encoder that made the table.
    pub encoder_version: u32,
    /// The plan.
    pub plan: PlanId,
    /// The root of the tree over the known lines.
    pub root: TreeHash,
    /// The hash of the rules that were applied: those in force.
    pub rules: ContentHash,
    /// Known at: how many lines were known; the line itself comes after them.
    pub size: u64,
    /// The table's name, such as `scores`.
    pub table: String,
    /// The table's root: BLAKE3 of its bytes (`docs/format.md` §5).
    pub table_root: TableRoot,
}
