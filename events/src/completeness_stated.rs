//! `completeness-stated`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chain::EventHash;

use crate::PeriodId;

/// A unit stated, signed with its own key, how many lines it had and which was the last: nothing of it was left out.
///
/// First of its submission, so that the line's own `unit_seq` and `unit_prev` must repeat what the unit signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompletenessStated {
    /// The event hash of the unit's last line before this one.
    pub head: EventHash,
    /// How many lines the unit had before this one.
    pub lines: u64,
    /// The period at whose close it was stated.
    pub period: PeriodId,
}
