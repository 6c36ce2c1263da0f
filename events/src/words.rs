//! Small closed vocabularies that several payloads share; each is stored as a kebab-case word.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a unit is in the year's cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnitKind {
    /// A municipal department (市直单位).
    Bureau,
    /// The government or management committee of an assessed area.
    AreaGovernment,
    /// The office that runs the cycle, approves and publishes (市数字办).
    DigitalOffice,
    /// Reads everything, replays, verifies offline (审计).
    Audit,
    /// Freezes and reopens snapshots by quorum (考核委员会).
    AssessmentCommittee,
    /// Reads (领导).
    Leadership,
}

/// What kind of area is assessed; ranking classes are made of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AreaClass {
    /// The whole city (全市).
    City,
    /// A district or county-level city (区、市).
    District,
    /// A functional zone (功能区).
    FunctionalZone,
    /// Amounts of the city's own level outside the areas (市本级); never assessed.
    CityLevel,
}

/// What a unit does for a cell. The three are separate relations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Duty {
    /// Reports and corrects figures (填报).
    Reports,
    /// Verifies or returns them (归口复核).
    Verifies,
    /// Answers for the result (考核责任).
    AnswersFor,
}

/// What a figure measures over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IndicatorKind {
    /// A count at a moment, accumulated over years (累计数).
    Stock,
    /// What the year added so far (本年新增、当年累计).
    Flow,
    /// A measured level that neither adds up nor accumulates.
    Level,
    /// A part of a whole, in per cent.
    Share,
    /// Change against the same time of the year before, in per cent.
    Growth,
    /// A degree of use, coverage or completion, in per cent.
    Rate,
}

/// Which way is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// More is better.
    HigherIsBetter,
    /// Less is better (PUE).
    LowerIsBetter,
}

/// How firm a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FigureStatus {
    /// A flash figure (快报).
    Preliminary,
    /// A first complete figure (初步).
    Provisional,
    /// The final figure (最终).
    Final,
    /// An estimate (估计).
    Estimated,
}

/// Why a figure was corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CorrectionReason {
    /// The figure was reported wrongly (错报).
    Misreported,
    /// The source revised its data (数据修订).
    DataRevised,
    /// The statistical definition changed (口径调整).
    DefinitionChanged,
    /// What was missing came later (补报).
    SuppliedLater,
    /// Anything else; the note says what (其他).
    Other,
}

/// The stage a figure has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Recorded by the reporting unit (报送).
    Reported,
    /// Verified by the responsible bureau (复核).
    Verified,
    /// Approved by the digital office (审定).
    Approved,
}

/// How often a period comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PeriodKind {
    /// Weekly: progress, highlights, results, next steps.
    Week,
    /// Monthly figures.
    Month,
    /// A quarter's pack.
    Quarter,
    /// A half-year's report.
    HalfYear,
    /// The year's end.
    Year,
}

/// The way a filing came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// A JSON file or request.
    Json,
    /// A CSV file.
    Csv,
    /// An Excel workbook.
    Excel,
    /// The form on the web page.
    Form,
    /// A generated demonstration (演示数据).
    Demo,
}

/// Which part of a year a snapshot is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SnapshotKind {
    /// Up to 31 March (一季度).
    FirstQuarter,
    /// Up to 30 June (上半年).
    HalfYear,
    /// Up to 30 September (前三季度).
    ThreeQuarters,
    /// Up to 31 December (年终).
    YearEnd,
}

impl SnapshotKind {
    /// The stored word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::FirstQuarter => "first-quarter",
            Self::HalfYear => "half-year",
            Self::ThreeQuarters => "three-quarters",
            Self::YearEnd => "year-end",
        }
    }

    /// The reporting date in a year.
    ///
    /// # Panics
    /// Never: every year of four digits has these days.
    #[must_use]
    pub fn as_of(self, year: u16) -> chain::Date {
        let (month, day) = match self {
            Self::FirstQuarter => (3, 31),
            Self::HalfYear => (6, 30),
            Self::ThreeQuarters => (9, 30),
            Self::YearEnd => (12, 31),
        };
        chain::Date::of(i32::from(year).min(9_999), month, day).expect("every year has the day")
    }
}

/// How an objection was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectionOutcome {
    /// The figures or points are to be put right (申诉成立).
    Upheld,
    /// They stand (申诉不成立).
    Dismissed,
}
