//! `indicator-defined`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AreaId, BlockId, Decimal, Direction, IndicatorId, IndicatorKind, PlanId};

/// A row of a plan's indicator table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndicatorDefined {
    /// Other names documents use for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Price basis or statistical definition, where the plan states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// The weight block it shares in; none for rows without points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<BlockId>,
    /// Set for bonus rows outside the hundred points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bonus: Option<BonusTerms>,
    /// Which way is good.
    pub direction: Direction,
    /// The group name printed before the row name; equal to it where the row has no group.
    pub group: String,
    /// The row's id, unique in the plan.
    pub indicator: IndicatorId,
    /// What its figures measure over time.
    pub kind: IndicatorKind,
    /// The unit of measure as printed, `—` where the plan prints a dash.
    pub measure: String,
    /// The row name as printed.
    pub name: String,
    /// 0-based place in the plan's table.
    pub order: u32,
    /// Whether progress within the year can be compared with elapsed time (序时进度).
    pub paced: bool,
    /// Whether figures are per cent although the measure is not `%`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub percent: bool,
    /// The plan.
    pub plan: PlanId,
    /// The remark as printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// How the city's figure follows from the areas' figures.
    pub roll_up: RollUp,
    /// 1-based line of the plan's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_line: Option<u32>,
}

/// What one occurrence of a bonus row brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BonusTerms {
    /// What is counted: 次, 个.
    pub per: String,
    /// Points for one of them, as printed.
    pub points: Decimal,
}

/// How the city's figure follows from the areas' figures; declared, never assumed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "rule", rename_all = "kebab-case", deny_unknown_fields)]
pub enum RollUp {
    /// The sum over the named areas, which may include the city's own level.
    Sum {
        /// The areas that add up.
        areas: Vec<AreaId>,
    },
    /// The mean over the named areas, weighted by another indicator's figures.
    WeightedMean {
        /// The areas that are averaged.
        areas: Vec<AreaId>,
        /// The indicator whose figures are the weights (the denominator).
        weight: IndicatorId,
    },
    /// Only the city has a figure.
    CityOnly,
    /// City and areas are measured apart; neither follows from the other.
    Independent,
}
