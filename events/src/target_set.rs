//! `target-set`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AreaId, Decimal, IndicatorId, PlanId};

/// The target of one indicator, area and year, with the cell as printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetSet {
    /// The area.
    pub area: AreaId,
    /// The indicator.
    pub indicator: IndicatorId,
    /// The plan.
    pub plan: PlanId,
    /// The cell's text as printed; empty where the plan has lost the cell.
    pub raw: String,
    /// The cell's meaning.
    pub target: Target,
    /// The calendar year.
    pub year: u16,
}

/// What a target cell means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Target {
    /// A number to attain, zero included, in the indicator's unit of measure.
    Number {
        /// The number.
        value: Decimal,
    },
    /// The area is not assessed on this row (`-`).
    NotAssessed,
    /// The target is still to be set; the row keeps its points.
    NotYetSet,
    /// The area's figure must be above the city's figure (`>`).
    ExceedsCity,
    /// The row has no target and cannot be assessed.
    Void,
}
