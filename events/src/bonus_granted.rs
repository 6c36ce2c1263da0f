//! `bonus-granted`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AreaId, IndicatorId, PlanId};
use chain::Date;

/// An area earned a bonus outside the hundred points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BonusGranted {
    /// The area.
    pub area: AreaId,
    /// The document or award that shows it.
    pub document: String,
    /// The bonus row of the plan.
    pub indicator: IndicatorId,
    /// The day it happened.
    pub occurred_on: Date,
    /// The plan.
    pub plan: PlanId,
    /// How many (次, 个).
    pub quantity: u32,
}
