//! `figure-reported`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AreaId, FigureStatus, IndicatorId, PeriodId, PlanId, Value};
use chain::Date;

/// A unit reported the value an indicator had attained in an area as at a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureReported {
    /// The area.
    pub area: AreaId,
    /// The day the value was attained; year to date for flows.
    pub as_at: Date,
    /// The indicator.
    pub indicator: IndicatorId,
    /// The period it was reported for.
    pub period: PeriodId,
    /// The plan.
    pub plan: PlanId,
    /// How firm it is.
    pub status: FigureStatus,
    /// The value, in the indicator's unit of measure.
    pub value: Value,
}
