//! `responsibility-assigned`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AreaId, Duty, IndicatorId, PlanId, UnitId};

/// A unit was given a duty for cells of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResponsibilityAssigned {
    /// The area; none means every area of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<AreaId>,
    /// The unit that has the duty.
    pub assignee: UnitId,
    /// Reports, verifies or answers for.
    pub duty: Duty,
    /// The indicator; none means every indicator of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indicator: Option<IndicatorId>,
    /// The plan.
    pub plan: PlanId,
}
