//! `weight-block-defined`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{BlockId, Decimal, IndicatorId, PlanId};

/// A printed weight, and the rows that share it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WeightBlockDefined {
    /// The block's id, unique in the plan.
    pub block: BlockId,
    /// The rows that share the weight, in table order.
    pub indicators: Vec<IndicatorId>,
    /// The plan.
    pub plan: PlanId,
    /// The points.
    pub points: Decimal,
    /// The weight cell as printed, such as `3分`.
    pub raw: String,
    /// 1-based line of the plan's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_line: Option<u32>,
}
