//! `snapshot-reopened`.

use chain::{EventHash, TreeHash};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The committee's quorum reopened a frozen snapshot (重新开启): its year and kind may be frozen once more. Its bytes stay
/// as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SnapshotReopened {
    /// Signature lines of members, each over this payload without this member (`docs/freezing.md`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<String>,
    /// Why.
    pub reason: String,
    /// The root of the tree over the first `size` lines.
    pub root: TreeHash,
    /// The size of the ledger when the reopening was drawn up; above the position of the freezing.
    pub size: u64,
    /// The line that proposed the snapshot.
    pub snapshot: EventHash,
}
