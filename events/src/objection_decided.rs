//! `objection-decided`.

use chain::EventHash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ObjectionOutcome;

/// An objection was decided (申诉决定). A proposal that an upheld objection stands against is not frozen: it is withdrawn,
/// put right and proposed again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectionDecided {
    /// The line that filed it.
    pub objection: EventHash,
    /// What was decided.
    pub outcome: ObjectionOutcome,
    /// Why.
    pub reason: String,
}
