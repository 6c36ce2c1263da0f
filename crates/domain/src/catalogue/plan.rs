//! The parts of a plan.

use std::collections::BTreeMap;

use chain::{ContentHash, Date};
use events::{
    AreaClass, AreaId, BlockId, BonusTerms, Decimal, Direction, IndicatorId, IndicatorKind, PlanId, Target,
    UnitId, UnitKind,
};
use serde::{Deserialize, Deserializer, Serialize};

use crate::number;

/// A city's plan, complete.
///
/// Cells are found by area and year; [`Plan::problems`] must have found nothing before they are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// The city.
    pub city: String,
    /// Its title.
    pub title: String,
    /// The document that issued it.
    pub document: String,
    /// The date on the document.
    pub issued_on: Date,
    /// The years it sets targets for, ascending.
    pub years: Vec<u16>,
    /// The line of the table that names the columns.
    pub columns_line: u32,
    /// The unit that runs the cycle.
    pub administrator: UnitId,
    /// BLAKE3 of the plan's text.
    pub source: Option<ContentHash>,
    /// The columns of the table in their order, then areas that have no column.
    pub areas: Vec<Area>,
    /// The units it names.
    pub units: Vec<Unit>,
    /// The rows of its table, in order.
    pub indicators: Vec<Indicator>,
    /// The goals its text states.
    pub goals: Vec<Goal>,
    /// Its programmes (专项).
    pub programmes: Vec<Programme>,
    /// Its numbered tasks.
    pub tasks: Vec<Task>,
    /// Who tells what to whom, and when.
    pub working_rules: Vec<WorkingRule>,
    /// Cells and words whose reading is in doubt.
    pub doubts: Vec<Doubt>,
}

impl Plan {
    /// The areas that have a column, the city first.
    pub fn columns(&self) -> impl Iterator<Item = &Area> {
        self.areas.iter().filter(|area| area.class != AreaClass::CityLevel)
    }

    /// The area of the whole city.
    #[must_use]
    pub fn city_area(&self) -> Option<&Area> {
        self.areas.iter().find(|area| area.class == AreaClass::City)
    }

    /// An area by its id.
    #[must_use]
    pub fn area(&self, id: &AreaId) -> Option<&Area> {
        self.areas.iter().find(|area| &area.id == id)
    }

    /// A unit by its id.
    #[must_use]
    pub fn unit(&self, id: &UnitId) -> Option<&Unit> {
        self.units.iter().find(|unit| &unit.id == id)
    }

    /// A unit by its name or one of its aliases.
    #[must_use]
    pub fn unit_named(&self, name: &str) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.name == name || unit.aliases.iter().any(|alias| alias == name))
    }

    /// A row by its id.
    #[must_use]
    pub fn indicator(&self, id: &IndicatorId) -> Option<&Indicator> {
        self.indicators.iter().find(|row| &row.id == id)
    }

    /// The rows that share a weight, by the order of their first row.
    #[must_use]
    pub fn blocks(&self) -> Vec<(&BlockId, Vec<&Indicator>)> {
        let mut blocks: Vec<(&BlockId, Vec<&Indicator>)> = Vec::new();
        for row in &self.indicators {
            let Some(block) = &row.block else { continue };
            match blocks.iter_mut().find(|(own, _)| *own == block) {
                Some((_, rows)) => rows.push(row),
                None => blocks.push((block, vec![row])),
            }
        }
        blocks
    }

    /// The points of a weight block: those its first row's weight cell prints (`3分`).
    #[must_use]
    pub fn points(&self, block: &BlockId) -> Option<Decimal> {
        self.indicators
            .iter()
            .filter(|row| row.block.as_ref() == Some(block))
            .find_map(|row| points_of(row.weight.as_deref()?))
    }

    /// The text of a cell as printed; empty where the row has none or the text has lost it.
    #[must_use]
    pub fn raw<'a>(&self, row: &'a Indicator, area: &AreaId, year: u16) -> &'a str {
        let column = self.columns().position(|own| &own.id == area);
        let cell = column.and_then(|column| row.targets.get(&year)?.get(column));
        cell.map_or("", String::as_str)
    }

    /// What a cell means.
    ///
    /// A dash is “not assessed here”, unless the city's own cell is a dash: then the row's target is still to be set.
    /// A cell the text has lost is read as a dash, and a row without any cell is void.
    #[must_use]
    pub fn target(&self, row: &Indicator, area: &AreaId, year: u16) -> Target {
        if let Some(amount) =
            self.area(area).filter(|own| own.class == AreaClass::CityLevel).and(row.city_level.get(&year))
        {
            return Target::Number { value: amount.amount };
        }
        if row.targets.is_empty() {
            return Target::Void;
        }
        match self.raw(row, area, year) {
            ">" => Target::ExceedsCity,
            "" | "-" if self.city_is_unset(row, year) => Target::NotYetSet,
            "" | "-" => Target::NotAssessed,
            text => number::read(text).map_or(Target::Void, |read| Target::Number { value: read.value }),
        }
    }

    /// The number of a cell, where it is one.
    #[must_use]
    pub fn number(&self, row: &Indicator, area: &AreaId, year: u16) -> Option<Decimal> {
        match self.target(row, area, year) {
            Target::Number { value } => Some(value),
            Target::NotAssessed | Target::NotYetSet | Target::ExceedsCity | Target::Void => None,
        }
    }

    fn city_is_unset(&self, row: &Indicator, year: u16) -> bool {
        self.city_area().is_some_and(|city| matches!(self.raw(row, &city.id, year), "" | "-"))
    }
}

/// The points a weight cell such as `3分` prints.
pub(super) fn points_of(weight: &str) -> Option<Decimal> {
    number::read(weight.strip_suffix('分')?).ok().map(|read| read.value)
}

/// A column of the table, or the city's own level.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// Its id.
    pub id: AreaId,
    /// Its name as printed.
    pub name: String,
    /// Other names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What kind of area it is.
    pub class: AreaClass,
}

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// Its name.
    pub name: String,
    /// Other spellings in the plan.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Its place in the cycle.
    pub kind: UnitKind,
    /// The area whose government or committee it is.
    pub governs: Option<AreaId>,
    /// Whether the plan names it.
    #[serde(default = "yes")]
    pub named_in_plan: bool,
}

const fn yes() -> bool {
    true
}

/// A leading cell of a table row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeadingCell {
    /// The group's name.
    Group,
    /// The row's name.
    Name,
    /// The unit of measure.
    Measure,
    /// The weight.
    Weight,
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// Its id.
    pub id: IndicatorId,
    /// 1-based line of the text.
    pub line: u32,
    /// The group's name; the row's own where it has no group.
    pub group: String,
    /// The row's name.
    pub name: String,
    /// Other names documents use.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The unit of measure; from the merged cell above where the row's line has none.
    pub measure: String,
    /// Whether figures are per cent although `measure` is not `%`.
    #[serde(default)]
    pub percent: bool,
    /// The leading cells that stand on the row's own line.
    pub printed: Vec<LeadingCell>,
    /// The weight block it shares in.
    pub block: Option<BlockId>,
    /// The weight cell, on the first row of a block.
    pub weight: Option<String>,
    /// What an occurrence brings, for bonus rows outside the hundred points.
    pub bonus: Option<BonusTerms>,
    /// What figures measure over time.
    pub kind: IndicatorKind,
    /// Which way is good.
    pub direction: Direction,
    /// Whether progress within the year can be compared with elapsed time.
    pub paced: bool,
    /// Price basis or data source, where the plan states it.
    pub basis: Option<String>,
    /// How the city's figure follows from the areas'.
    pub roll_up: RollUp,
    /// Set when its figures are another row's share of a third.
    pub share_of: Option<ShareOf>,
    /// Set when its figures are another row's growth.
    pub growth_of: Option<IndicatorId>,
    /// Set when its figures are the total of other rows'.
    #[serde(default)]
    pub parts: Vec<IndicatorId>,
    /// Set when its figures say how complete the things are that another row counts.
    pub completion_of: Option<IndicatorId>,
    /// The units that answer for it (考核责任单位).
    pub units: Vec<UnitId>,
    /// Who is taken to answer where the plan names nobody.
    #[serde(default)]
    pub assumed_units: Vec<UnitId>,
    /// The units cell, where it stands on the row's own line.
    pub units_printed: Option<String>,
    /// The remark on the row's own line.
    pub remark: Option<String>,
    /// Cells by year, in the order of the columns; empty when the row has none.
    #[serde(default, deserialize_with = "by_year")]
    pub targets: BTreeMap<u16, Vec<String>>,
    /// Amounts of the city's own level that the remark states, by year.
    #[serde(default, deserialize_with = "by_year")]
    pub city_level: BTreeMap<u16, CityLevelAmount>,
}

impl Indicator {
    /// The name for people: `group · name`, or the name alone.
    #[must_use]
    pub fn label(&self) -> String {
        if self.group == self.name { self.name.clone() } else { format!("{} · {}", self.group, self.name) }
    }

    /// Whether figures of areas add up by their nature: amounts and counts do, levels and ratios do not.
    #[must_use]
    pub const fn is_additive(&self) -> bool {
        matches!(self.kind, IndicatorKind::Stock | IndicatorKind::Flow)
    }

    /// Whether figures are per cent.
    #[must_use]
    pub fn is_percent(&self) -> bool {
        self.percent || self.measure == "%"
    }
}

/// An amount of the city's own level, with the words that state it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CityLevelAmount {
    /// The amount.
    pub amount: Decimal,
    /// The words of the remark.
    pub phrase: String,
}

/// A share: part over whole, in per cent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareOf {
    /// The row of the part.
    pub part: IndicatorId,
    /// The row of the whole.
    pub whole: IndicatorId,
}

/// How the city's figure follows from the areas' figures.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "rule", rename_all = "kebab-case", deny_unknown_fields)]
pub enum RollUp {
    /// The sum over the named areas, which may include the city's own level.
    Sum {
        /// The areas that add up.
        areas: Vec<AreaId>,
    },
    /// The mean over the named areas, weighted by the denominator.
    WeightedMean {
        /// The areas that are averaged.
        areas: Vec<AreaId>,
        /// What weighs them.
        denominator: String,
        /// The row that holds the denominator, where the table has one.
        weight: Option<IndicatorId>,
    },
    /// Only the city has a figure.
    CityOnly,
    /// Measured apart; neither follows from the other.
    Independent,
}

/// How a stated quantity binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparator {
    /// To be reached (达到, or no word).
    Reach,
    /// At least (以上、不低于、不小于).
    AtLeast,
    /// More than (突破).
    MoreThan,
    /// About (左右).
    About,
    /// Between two numbers (1-2家).
    Range,
}

impl Comparator {
    /// A quantity with the word that binds it, for people.
    #[must_use]
    pub fn phrase(self, quantity: &str) -> String {
        match self {
            Self::Reach => format!("达到{quantity}"),
            Self::AtLeast => format!("{quantity}以上"),
            Self::MoreThan => format!("突破{quantity}"),
            Self::About => format!("{quantity}左右"),
            Self::Range => format!("{quantity}起"),
        }
    }
}

/// A goal that the text states, apart from the table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// Its id.
    pub id: String,
    /// 1-based line of the text.
    pub line: u32,
    /// The words that state it.
    pub phrase: String,
    /// The rows it speaks of; several mean their sum.
    #[serde(default)]
    pub indicators: Vec<IndicatorId>,
    /// What it measures where no row does.
    pub subject: Option<String>,
    /// The area.
    pub area: AreaId,
    /// The year.
    pub year: u16,
    /// The number; none for a goal in words only.
    #[serde(default, deserialize_with = "printed_number")]
    pub value: Option<Decimal>,
    /// The number's unit.
    pub unit: Option<String>,
    /// How the number binds.
    pub comparator: Option<Comparator>,
}

/// A programme (专项).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programme {
    /// Its id.
    pub id: String,
    /// 1-based number.
    pub number: u16,
    /// 1-based line of its heading.
    pub line: u32,
    /// Its title.
    pub title: String,
    /// The leader (责任领导) as printed.
    pub leader: String,
    /// Lead units (牵头单位).
    pub lead: Vec<Participant>,
    /// Cooperating units (配合单位).
    #[serde(default)]
    pub cooperating: Vec<Participant>,
}

/// A unit's part in a programme.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Participant {
    /// The unit.
    pub unit: UnitId,
    /// Its name as printed there.
    pub printed: String,
    /// The person (责任人) as printed.
    pub person: Option<String>,
}

/// A numbered task.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// 1-based number.
    pub number: u16,
    /// 1-based line of the text.
    pub line: u32,
    /// The programme's id.
    pub programme: String,
    /// The full text without the number.
    pub text: String,
    /// The quantities in the text.
    #[serde(default)]
    pub quantities: Vec<Quantity>,
}

/// A quantity in a text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// What is counted.
    pub of: String,
    /// The number, or the lower one of a range.
    pub value: Decimal,
    /// The upper number of a range.
    pub up_to: Option<Decimal>,
    /// Its unit.
    pub unit: String,
    /// How it binds.
    pub comparator: Comparator,
    /// The words that state it.
    pub phrase: String,
}

/// A working rule: who tells or does what, how often and by when.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkingRule {
    /// Its id.
    pub id: String,
    /// 1-based line of the text.
    pub line: u32,
    /// The words that state it.
    pub phrase: String,
    /// What is told or done.
    pub what: String,
    /// Who, in the plan's words.
    pub who: String,
    /// The unit meant, where it is one.
    pub unit: Option<UnitId>,
    /// To whom, in the plan's words.
    pub to: Option<String>,
    /// The unit it goes to.
    pub to_unit: Option<UnitId>,
    /// How often.
    pub cadence: Cadence,
    /// By when.
    pub deadline: Option<Deadline>,
    /// How the words were read where they leave room.
    pub reading: Option<String>,
}

/// How often something comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cadence {
    /// Every week.
    Week,
    /// Twice a month.
    HalfMonth,
    /// Every month.
    Month,
    /// Every quarter.
    Quarter,
    /// Every half-year.
    HalfYear,
    /// Every year.
    Year,
    /// Once.
    Once,
}

/// A deadline within its week or month, in China standard time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// Day of the week, 1 (Monday) to 7.
    pub weekday: Option<u8>,
    /// Day of the month, 1 to 31; the last day where the month is shorter.
    pub day: Option<u8>,
    /// Time of day, `HH:MM`, up to `24:00`.
    pub time: String,
}

/// A doubt about what the text means.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Doubt {
    /// The row.
    pub indicator: IndicatorId,
    /// 1-based line of the text.
    pub line: u32,
    /// Where in the row.
    pub cells: String,
    /// What the text shows.
    pub printed: String,
    /// Candidate readings.
    pub readings: Vec<String>,
    /// The one chosen.
    pub chosen: String,
    /// Why.
    pub because: String,
}

/// TOML keys are texts; years are numbers.
fn by_year<'de, T, D>(deserializer: D) -> Result<BTreeMap<u16, T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let texts = BTreeMap::<String, T>::deserialize(deserializer)?;
    let parse = |(year, value): (String, T)| Ok((year.parse().map_err(serde::de::Error::custom)?, value));
    texts.into_iter().map(parse).collect()
}

fn printed_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| number::read(&text).map(|read| read.value).map_err(serde::de::Error::custom)).transpose()
}
