//! `snapshot-approved`.

use chain::EventHash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::AccountId;

/// A member of the committee approved a proposal. Whoever records it, what counts is the member's own signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SnapshotApproved {
    /// The member's signature line over the proposal's exact bytes (`docs/freezing.md`), without its LF.
    pub approval: String,
    /// The member's account.
    pub member: AccountId,
    /// The line that proposed it.
    pub snapshot: EventHash,
}
