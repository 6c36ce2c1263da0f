//! Where a plan contradicts itself, found by rules that know no particular plan.
//!
//! A rule compares what the plan states twice: a goal in the text and a cell of the table, a share and the amounts it
//! divides, a total and its parts. Printed numbers are rounded, so a rule asks whether *any* numbers that round to
//! the printed ones could agree, and reports only what cannot. Findings are data; the plan itself is never changed.

mod goals;
mod shape;
mod totals;
mod trend;

use events::{AreaId, IndicatorId};
use serde::Serialize;

use super::plan::{Area, Indicator, Plan};
use crate::rational::Rational;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Two statements of the plan cannot both hold.
    Contradiction,
    /// Probably a mistake, or something scoring stumbles over.
    Doubt,
    /// Worth knowing, possibly meant.
    Note,
}

impl Severity {
    /// The word for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Contradiction => "矛盾",
            Self::Doubt => "存疑",
            Self::Note => "提示",
        }
    }
}

/// Something a rule found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule's stable code.
    pub code: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// The row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indicator: Option<IndicatorId>,
    /// The area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<AreaId>,
    /// The year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<u16>,
    /// What the other statement leads to expect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// 1-based lines of the plan's text, the place of `found` first.
    pub lines: Vec<u32>,
    /// The finding as a sentence.
    pub text: String,
}

impl Finding {
    fn new(code: &'static str, severity: Severity, text: String) -> Self {
        let (expected, found) = (None, None);
        Self {
            code,
            severity,
            indicator: None,
            area: None,
            year: None,
            expected,
            found,
            lines: Vec::new(),
            text,
        }
    }

    fn of_row(mut self, row: &Indicator) -> Self {
        self.indicator = Some(row.id.clone());
        self.lines.insert(0, row.line);
        self
    }

    fn in_cell(mut self, area: &Area, year: u16) -> Self {
        self.area = Some(area.id.clone());
        self.year = Some(year);
        self
    }

    const fn in_year(mut self, year: u16) -> Self {
        self.year = Some(year);
        self
    }

    fn values(mut self, expected: impl ToString, found: impl ToString) -> Self {
        self.expected = Some(expected.to_string());
        self.found = Some(found.to_string());
        self
    }

    fn also_line(mut self, line: u32) -> Self {
        if !self.lines.contains(&line) {
            self.lines.push(line);
        }
        self
    }
}

/// Every finding, rule by rule, in each rule by row, area and year.
///
/// The plan's data must be usable ([`Plan::problems`]).
#[must_use]
pub fn check(plan: &Plan) -> Vec<Finding> {
    const RULES: &[fn(&Plan, &mut Vec<Finding>)] = &[
        goals::against_table,
        goals::against_each_other,
        goals::without_row,
        totals::growth_against_totals,
        totals::shares_against_totals,
        totals::sums_of_areas,
        totals::sums_of_parts,
        totals::city_outside_its_areas,
        totals::completion_of_nothing,
        trend::falling_targets,
        trend::jumps,
        shape::weights,
        shape::measures,
        shape::per_cent_signs,
        shape::over_hundred,
        shape::missing_cells,
        shape::points_without_target,
        shape::zero_targets,
        shape::odd_spellings,
        shape::names,
        shape::units,
        shape::task_numbers,
    ];
    let mut found = Vec::new();
    RULES.iter().for_each(|rule| rule(plan, &mut found));
    found
}

/// A printed number as the range of numbers that round to it: half a unit of its last place to either side.
struct Range {
    low: Rational,
    high: Rational,
}

impl Range {
    fn of(printed: events::Decimal) -> Self {
        let (_, scale) = printed.parts();
        let half = Rational::new(1, 2 * 10_i128.pow(scale));
        let value = Rational::from(printed);
        Self { low: &value - &half, high: &value + &half }
    }

    fn meets(&self, other: &Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

/// `100 × part / whole` for printed numbers; none when the whole may be zero.
fn per_cent(part: events::Decimal, whole: events::Decimal) -> Option<(Range, Rational)> {
    let hundred = Rational::from(100);
    let (part_range, whole_range) = (Range::of(part), Range::of(whole));
    if whole_range.low <= Rational::ZERO || part_range.low.is_negative() {
        return None;
    }
    let low = (&hundred * &part_range.low).over(&whole_range.high)?;
    let high = (&hundred * &part_range.high).over(&whole_range.low)?;
    let exact = (&hundred * &part.into()).over(&whole.into())?;
    Some((Range { low, high }, exact))
}

/// Two places, half-even; for sentences and expected values, never for deciding.
fn two_places(number: &Rational) -> String {
    use events::rulebook::{Rounding, RoundingMode};
    number.to_rounded(Rounding { mode: RoundingMode::HalfEven, places: 2 })
}
