//! `snapshot-published`.

use chain::EventHash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A frozen or restated snapshot was published with its manifest (公布).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SnapshotPublished {
    /// The document it was published with.
    pub document: String,
    /// The line that proposed it.
    pub snapshot: EventHash,
}
