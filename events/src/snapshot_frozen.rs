//! `snapshot-frozen`.

use chain::EventHash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The quorum was there and the snapshot was frozen (冻结): once for a plan, year and kind, until it is reopened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SnapshotFrozen {
    /// The line that proposed it.
    pub snapshot: EventHash,
}
