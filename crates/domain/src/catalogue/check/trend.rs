//! Targets from year to year: falling where they should rise, and jumps.

use events::{Decimal, Direction, IndicatorKind};

use super::super::plan::{Area, Indicator, Plan};
use super::{Finding, Severity, two_places};
use crate::rational::Rational;

/// So many times the year before is a jump.
const JUMP: u32 = 3;
/// Below this many, a count triples without meaning much.
const SMALL_COUNT: i64 = 5;

/// A cell in two successive years.
struct Step<'a> {
    row: &'a Indicator,
    area: &'a Area,
    year: u16,
    before: Decimal,
    after: Decimal,
}

fn steps(plan: &Plan) -> impl Iterator<Item = Step<'_>> {
    let cells = plan.indicators.iter().flat_map(|row| plan.columns().map(move |area| (row, area)));
    cells.flat_map(move |(row, area)| {
        plan.years.windows(2).filter_map(move |pair| {
            let (before, after) =
                plan.number(row, &area.id, pair[0]).zip(plan.number(row, &area.id, pair[1]))?;
            Some(Step { row, area, year: pair[1], before, after })
        })
    })
}

/// Targets that get easier. A stock cannot fall; flows and levels may, but a plan that means it says so.
pub(super) fn falling_targets(plan: &Plan, found: &mut Vec<Finding>) {
    for step in steps(plan) {
        let easier = match step.row.direction {
            Direction::HigherIsBetter => step.after < step.before,
            Direction::LowerIsBetter => step.after > step.before,
        };
        let severity = match step.row.kind {
            // Growth slows in every plan.
            IndicatorKind::Growth => continue,
            IndicatorKind::Stock => Severity::Contradiction,
            IndicatorKind::Level | IndicatorKind::Share | IndicatorKind::Rate => Severity::Doubt,
            IndicatorKind::Flow => Severity::Note,
        };
        if !easier {
            continue;
        }
        let Step { row, area, year, before, after } = step;
        let text = format!(
            "{}“{}”{year}年目标{after}，比上一年的{before}放宽了，方案没有说明原因。",
            area.name,
            row.label()
        );
        let finding = Finding::new("target-falls", severity, text).of_row(row);
        found.push(finding.in_cell(area, year).values(before, after));
    }
}

/// Targets many times those of the year before.
pub(super) fn jumps(plan: &Plan, found: &mut Vec<Finding>) {
    for Step { row, area, year, before, after } in steps(plan) {
        if before <= Decimal::ZERO || after < SMALL_COUNT.into() || row.kind == IndicatorKind::Growth {
            continue;
        }
        let Some(times) = Rational::from(after).over(&before.into()) else { continue };
        if times <= Rational::from(JUMP) {
            continue;
        }
        let text = format!(
            "{}“{}”{year}年目标{after}，是上一年{before}的{}倍，请核对单位和口径。",
            area.name,
            row.label(),
            two_places(&times)
        );
        let finding = Finding::new("target-jumps", Severity::Doubt, text).of_row(row);
        found.push(finding.in_cell(area, year).values(before, after));
    }
}
