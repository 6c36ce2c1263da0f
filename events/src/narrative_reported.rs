//! `narrative-reported`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{PeriodId, PlanId};

/// A unit told how work went in a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NarrativeReported {
    /// What stands out (亮点).
    pub highlights: String,
    /// What comes next (下一步打算).
    pub next_steps: String,
    /// The period.
    pub period: PeriodId,
    /// The plan.
    pub plan: PlanId,
    /// What was done (进展).
    pub progress: String,
    /// What came of it (成效).
    pub results: String,
    /// Numbers of the plan's tasks it speaks of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<u16>,
}
