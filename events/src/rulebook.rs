//! The scoring rulebook as data: what a plan does not say about how points follow from figures.
//!
//! A rulebook is the payload of `rulebook-adopted` and, as TOML, a file in `seeds/`. It only names rules; what each
//! of them computes is defined in `docs/scoring.md` and done in `domain::scoring`.

use std::collections::BTreeMap;

use chain::ContentHash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AreaClass, AreaId, BlockId, Decimal, IndicatorId, Stage};

/// How points follow from figures and targets, completely: two programs with one rulebook and the same figures get
/// the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rulebook {
    /// How the rows of a weight block share its points, unless `blocks` says otherwise.
    pub block_share: BlockShare,
    /// Weight blocks whose rows share in another way.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub blocks: BTreeMap<BlockId, BlockShare>,
    /// Bonuses outside the weighted points.
    #[serde(default)]
    pub bonus: BonusRules,
    /// Where the city's own figure comes from.
    pub city_figure: CityFigure,
    /// How awarded points become the converted score.
    pub conversion: Conversion,
    /// The stage from which a figure counts.
    pub counts_from: Stage,
    /// Most points that deductions can take from one area altogether; none for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deduction_cap: Option<Decimal>,
    /// Deductions by their code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deductions: BTreeMap<String, Deduction>,
    /// Signal lights, the highest threshold first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lights: Vec<Light>,
    /// The method of a row, unless `rows` says otherwise.
    pub method: Method,
    /// How targets of rows that can be paced grow within the year.
    pub pace: Pace,
    /// Where the points of a weight block are rounded.
    pub points: Rounding,
    /// Who is ranked against whom.
    pub ranking: Ranking,
    /// Rows with rules of their own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rows: BTreeMap<IndicatorId, RowRule>,
    /// What happens where a figure or a target cannot be scored.
    pub treatments: Treatments,
    /// What a veto (一票否决) does.
    pub veto: VetoEffect,
}

impl Rulebook {
    /// Plain BLAKE3 of the rules as canonical JSON: the rules hash of every token.
    ///
    /// # Panics
    /// When a label holds text that the format refuses; such rules cannot be recorded.
    #[must_use]
    pub fn content_hash(&self) -> ContentHash {
        let bytes = chain::json::to_canonical(self).expect("a rulebook's texts are canonical JSON strings");
        chain::hash::content_hash(&bytes)
    }

    /// Whether the rules know a deduction by this code.
    #[must_use]
    pub fn has_deduction(&self, code: &str) -> bool {
        self.deductions.contains_key(code)
    }

    /// The method of a row.
    #[must_use]
    pub fn method_of(&self, row: &IndicatorId) -> &Method {
        self.rows.get(row).and_then(|rule| rule.method.as_ref()).unwrap_or(&self.method)
    }

    /// The sharing rule of a weight block.
    #[must_use]
    pub fn share_of(&self, block: &BlockId) -> &BlockShare {
        self.blocks.get(block).unwrap_or(&self.block_share)
    }
}

/// Rules of one row that differ from the rulebook's general ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowRule {
    /// Its method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// Whether its target is paced, where the plan's own mark is not to decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paced: Option<bool>,
    /// What its zero targets mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zero_target: Option<TargetTreatment>,
}

/// How a row's share of full points follows from figure `a` and target `t`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "rule", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Method {
    /// `a / t`, kept between floor and ceiling.
    Ratio {
        /// Largest share; none for no limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ceiling: Option<Decimal>,
        /// Smallest share; none for no limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        floor: Option<Decimal>,
    },
    /// One of three formulas for figures that should be small, kept between floor and ceiling.
    LowerIsBetter {
        /// Largest share; none for no limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ceiling: Option<Decimal>,
        /// Smallest share; none for no limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        floor: Option<Decimal>,
        /// Which formula.
        formula: LowerFormula,
    },
    /// Full share when the target is reached, nothing otherwise.
    PassFail {},
    /// The share of the highest step that is reached.
    Steps {
        /// What is compared with the steps.
        of: Measure,
        /// Steps with ascending thresholds; below the first the share is 0.
        steps: Vec<Step>,
    },
    /// Full share inside a band of figures, falling off linearly outside.
    Band {
        /// Smallest figure with full share.
        low: Decimal,
        /// Largest figure with full share.
        high: Decimal,
        /// Figure below `low` at which the share is 0; none for 0 right below `low`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zero_below: Option<Decimal>,
        /// Figure above `high` at which the share is 0; none for 0 right above `high`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zero_above: Option<Decimal>,
    },
    /// Efficacy coefficient over a range (功效系数): `base + (1 − base) × (a − worst) / (best − worst)`.
    EfficacyRange {
        /// Share at the worst value, such as `0.6`.
        base: Decimal,
        /// Where best and worst come from.
        bounds: Bounds,
        /// Largest share; none for no limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ceiling: Option<Decimal>,
        /// Smallest share; none for no limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        floor: Option<Decimal>,
    },
    /// Efficacy coefficient over tiers (功效系数): linear between neighbouring standard values.
    EfficacyTiers {
        /// What is compared with the standard values.
        of: Measure,
        /// Standard values and their shares, ascending by value.
        tiers: Vec<Step>,
    },
    /// A share by the place among the areas of one ranking class.
    Rank {
        /// What is ranked.
        of: Measure,
        /// Shares of the places.
        scale: RankScale,
    },
    /// Full share when the figure is strictly better than the city's, nothing otherwise.
    ExceedsCity {},
    /// `1 − lost_per_point × (t − a)`, a difference in percentage points, kept between floor and ceiling.
    PercentagePoints {
        /// Largest share; none for no limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ceiling: Option<Decimal>,
        /// Smallest share; none for no limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        floor: Option<Decimal>,
        /// Share lost for each percentage point short of the target.
        lost_per_point: Decimal,
    },
}

/// The three formulas for figures that should be small. They differ, so the rulebook names one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
pub enum LowerFormula {
    /// `t / a`.
    TargetOverActual {},
    /// `2 − a / t`.
    TwoMinusRatio {},
    /// `(b − a) / (b − t)` with the base `b`, the value to come down from.
    FromBase {
        /// The base of each area.
        bases: BTreeMap<AreaId, Decimal>,
    },
}

/// What a step, a tier or a rank looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// The figure itself.
    Figure,
    /// The figure over its target, `a / t`; for rows where lower is better `t / a`.
    Completion,
}

/// A threshold or standard value, and the share it brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// From this value on.
    pub at: Decimal,
    /// The share of full points.
    pub share: Decimal,
}

/// Where the best and the worst value of an efficacy coefficient come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "from", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Bounds {
    /// The rulebook fixes them.
    Given {
        /// The best value.
        best: Decimal,
        /// The worst value.
        worst: Decimal,
    },
    /// The best and the worst figure among the areas of one ranking class.
    Observed {},
}

/// Shares by place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
pub enum RankScale {
    /// Place `r` of `n` brings `(n − r + 1) / n`.
    Linear {},
    /// A share for each place; the last one holds for all places after it.
    Listed {
        /// The shares, first place first.
        shares: Vec<Decimal>,
    },
}

/// How the rows of a weight block share its points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "rule", rename_all = "kebab-case", deny_unknown_fields)]
pub enum BlockShare {
    /// The arithmetic mean of the assessed rows' shares.
    Mean {},
    /// The mean of the assessed rows' shares with these weights.
    Weights {
        /// A weight for every row of the block; together 1.
        weights: BTreeMap<IndicatorId, Decimal>,
    },
    /// Full points when every assessed row has at least a full share, nothing otherwise.
    AllOrNothing {},
    /// The geometric mean of the assessed rows' shares, cut off (towards zero) after `places` places.
    GeometricMean {
        /// Decimal places of the root, at most 12.
        places: u8,
    },
}

/// How a number is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RoundingMode {
    /// To the nearest; a tie to the even digit (四舍六入五成双, GB/T 8170).
    HalfEven,
    /// To the nearest; a tie away from zero (四舍五入).
    HalfUp,
    /// To the nearest; a tie towards zero (五舍六入).
    HalfDown,
    /// Towards zero (截尾).
    Down,
    /// Away from zero (进一).
    Up,
    /// Towards minus infinity.
    Floor,
    /// Towards plus infinity.
    Ceiling,
}

/// A rounding point: how many decimal places, and which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rounding {
    /// Which way.
    pub mode: RoundingMode,
    /// Decimal places, at most 12.
    pub places: u8,
}

/// How awarded points become the converted score (折算分): `awarded × full_score / assessed`, rounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conversion {
    /// Least assessed points for a score at all; an area below it has none and is not ranked.
    pub coverage_floor: Decimal,
    /// What all assessed points together are converted to, `100`.
    pub full_score: Decimal,
    /// Where the converted score is rounded.
    pub rounding: Rounding,
}

/// How targets of rows that can be paced grow within the year (序时进度).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    /// Not at all: figures are compared with the whole year's target from January on.
    WholeYear,
    /// By months completed on the day asked for, of twelve.
    CompletedMonths,
    /// By the number of the month the day asked for lies in, of twelve.
    CalendarMonth,
    /// By days, the day asked for included, of the year's days.
    Days,
}

/// Where the city's own figure comes from, for rows whose roll-up is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CityFigure {
    /// The figure reported for the city.
    Reported,
    /// The areas' figures, added or averaged as the plan declares.
    RolledUp,
}

/// What a cell without a share of its own counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Treatment {
    /// It leaves the assessment, and the score is converted from what remains.
    Drop,
    /// It counts with the full share.
    Full,
    /// It counts with nothing.
    Zero,
}

/// What a target that a method cannot divide by means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TargetTreatment {
    /// The cell leaves the assessment.
    Drop,
    /// Full share, whatever the figure.
    Full,
    /// No share, whatever the figure.
    Zero,
    /// Full share when the target is reached, nothing otherwise.
    PassFail,
}

/// What happens where a figure or a target cannot be scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Treatments {
    /// No figure counts although one is due.
    pub missing_figure: Treatment,
    /// A negative target, for methods that divide by the target.
    pub negative_target: TargetTreatment,
    /// The figure says `not-applicable`.
    pub not_applicable: Treatment,
    /// The target cell says `-`.
    pub not_assessed: Treatment,
    /// The figure says `not-available`.
    pub not_available: Treatment,
    /// The target is still to be set.
    pub not_yet_set: Treatment,
    /// The row is void.
    pub void: Treatment,
    /// The figure says `withheld`.
    pub withheld: Treatment,
    /// A zero target, for methods that divide by the target.
    pub zero_target: TargetTreatment,
}

/// Who is ranked against whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ranking {
    /// The classes, in the order they are printed; areas of no class are not ranked.
    pub classes: Vec<RankingClass>,
    /// What equal totals do.
    pub ties: Ties,
}

/// Areas that are ranked together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RankingClass {
    /// Its name for people.
    pub label: String,
    /// The kinds of areas in it.
    pub of: Vec<AreaClass>,
}

/// What equal totals do to the places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ties {
    /// They share a place and the next place is left out: 1, 1, 3.
    Competition,
    /// They share a place and no place is left out: 1, 1, 2.
    Dense,
}

/// Bonuses outside the weighted points.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BonusRules {
    /// Most bonus points of one area altogether; none for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Decimal>,
    /// Most bonus points of one area by bonus row; rows not named have no limit of their own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub row_caps: BTreeMap<IndicatorId, Decimal>,
}

/// Points lost for each occurrence of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deduction {
    /// Most points it can take from one area; none for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Decimal>,
    /// Its name for people.
    pub label: String,
    /// Points lost each time.
    pub points: Decimal,
}

/// What a veto (一票否决) does to the area's total.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "rule", rename_all = "kebab-case", deny_unknown_fields)]
pub enum VetoEffect {
    /// The total is at most this.
    TotalAtMost {
        /// The most that is left.
        points: Decimal,
    },
    /// The total stays, and the area has no place.
    Unranked {},
}

/// A signal light by completion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Light {
    /// From this completion on; none for everything below the lights before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Decimal>,
    /// Its name for programs, such as `on-pace`.
    pub code: String,
    /// Its name for people, such as `达序时`.
    pub label: String,
}
