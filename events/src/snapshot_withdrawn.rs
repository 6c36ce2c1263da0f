//! `snapshot-withdrawn`.

use chain::EventHash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A proposal was taken back before it was frozen; another may follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SnapshotWithdrawn {
    /// Why.
    pub reason: String,
    /// The line that proposed it.
    pub snapshot: EventHash,
}
