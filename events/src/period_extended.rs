//! `period-extended`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{PeriodId, UnitId};
use chain::Instant;

/// A deadline was moved for some units, or for all. It reopens a closed period for them until then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodExtended {
    /// The new deadline.
    pub due_at: Instant,
    /// The period.
    pub period: PeriodId,
    /// Why.
    pub reason: String,
    /// The units it holds for; none named means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
}
