//! `committee-key-revoked`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::PlanId;

/// A member's key was withdrawn: it can approve nothing more, and its approvals of what is not yet frozen no longer
/// count. What is frozen stays frozen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommitteeKeyRevoked {
    /// The verifier key.
    pub key: String,
    /// The plan.
    pub plan: PlanId,
    /// Why.
    pub reason: String,
}
