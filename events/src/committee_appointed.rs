//! `committee-appointed`.

use chain::TreeHash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AccountId, PlanId, UnitId};

/// The committee (考核委员会) that freezes and reopens a plan's snapshots: its members, their keys, and how many of them
/// it takes. It replaces the committee before it, whose quorum must have approved it while it could still be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommitteeAppointed {
    /// Signature lines of members of the committee before, each over this payload without this member
    /// (`docs/freezing.md`); none for a plan's first committee.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<String>,
    /// The document that appoints it.
    pub document: String,
    /// The members.
    pub members: Vec<CommitteeMember>,
    /// The plan whose snapshots it freezes.
    pub plan: PlanId,
    /// How many members must approve (N of M).
    pub quorum: u16,
    /// The root of the tree over the first `size` lines.
    pub root: TreeHash,
    /// The size of the ledger when it was drawn up; above the position of the appointment before.
    pub size: u64,
}

/// A member of a committee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommitteeMember {
    /// A C2SP verifier key of type 0x04 (Ed25519 cosignature), named after the account.
    pub key: String,
    /// The member's account; never a personal name.
    pub member: AccountId,
    /// The unit the member belongs to.
    pub unit: UnitId,
}
