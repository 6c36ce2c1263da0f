//! `award-revoked`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chain::EventHash;

/// A bonus, deduction or veto was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwardRevoked {
    /// The line that granted or imposed it.
    pub award: EventHash,
    /// Why.
    pub reason: String,
}
