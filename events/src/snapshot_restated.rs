//! `snapshot-restated`.

use chain::EventHash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The quorum was there and a restatement was frozen (重述): it stands beside the frozen snapshot and moves no byte of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SnapshotRestated {
    /// The line that proposed the restatement.
    pub snapshot: EventHash,
}
