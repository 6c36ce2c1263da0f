//! What all cells of one question have in common.

use chain::Date;
use events::rulebook::{Pace, Rulebook};
use events::{AreaClass, AreaId};

use super::Inputs;
use crate::book::{Book, Cell, Figure, FigureIx, Question};
use crate::rational::Rational;
use crate::registry::{AreaIx, CellIx, IndicatorIx, Plan, PlanIx};

/// A question with what follows from it for the whole table.
pub(super) struct Context<'a> {
    pub(super) book: &'a Book,
    pub(super) plan: &'a Plan,
    pub(super) inputs: Inputs<'a>,
    pub(super) rules: &'a Rulebook,
    /// The rows that are known where targets are looked at, in the plan's order.
    pub(super) rows: Vec<IndicatorIx>,
    /// How many of the plan's blocks are known there.
    pub(super) blocks: usize,
    /// The assessed areas, in the plan's order; a *column* is an index in this list.
    pub(super) areas: Vec<AreaIx>,
    /// The ranking class of each column.
    pub(super) classes: Vec<Option<usize>>,
    /// The column of the city: the first area of its kind.
    pub(super) city: Option<usize>,
    /// The part of a paced target that is due.
    pub(super) pace: Fraction,
    /// The figure that counts in each cell, by indicator and area.
    figures: Vec<Option<(FigureIx, &'a Figure)>>,
}

/// A part of a year, as it is counted: 9 of 12.
#[derive(Clone, Copy)]
pub(super) struct Fraction {
    pub(super) elapsed: u32,
    pub(super) of: u32,
}

impl Fraction {
    pub(super) fn rational(self) -> Rational {
        Rational::new(self.elapsed.into(), self.of.into())
    }
}

impl<'a> Context<'a> {
    pub(super) fn new(book: &'a Book, plan_ix: PlanIx, inputs: &Inputs<'a>) -> Self {
        let (plan, rules) = (book.registry().plan(plan_ix), inputs.rules);
        let shape = plan.shape(inputs.targets.known);
        let areas: Vec<AreaIx> = assessed(plan, shape.areas).collect();
        let class_of = |area: &AreaIx| {
            let class = plan.area(*area).class;
            rules.ranking.classes.iter().position(|own| own.of.contains(&class))
        };
        let question = Question {
            as_of: inputs.figures.as_of,
            known: inputs.figures.known,
            counts_from: rules.counts_from,
        };
        Self {
            book,
            plan,
            inputs: *inputs,
            rules,
            rows: (0..).map(IndicatorIx).take(shape.indicators).collect(),
            blocks: shape.blocks,
            classes: areas.iter().map(class_of).collect(),
            city: areas.iter().position(|area| plan.area(*area).class == AreaClass::City),
            pace: pace(rules.pace, inputs.targets.as_of),
            figures: counting(book, plan_ix, &question),
            areas,
        }
    }

    /// The figure that counts in a cell.
    pub(super) fn figure(&self, indicator: IndicatorIx, area: AreaIx) -> Option<(FigureIx, &'a Figure)> {
        self.figures[usize::from(indicator.0) * self.plan.areas().len() + usize::from(area.0)]
    }

    /// The number a cell's figure says, if one counts and it is one.
    pub(super) fn number(&self, indicator: IndicatorIx, area: AreaIx) -> Option<(FigureIx, Rational)> {
        let (ix, figure) = self.figure(indicator, area)?;
        Some((ix, figure.value.number()?.into()))
    }

    /// The column of an area, if it is assessed.
    pub(super) fn column(&self, area: &AreaId) -> Option<usize> {
        let ix = self.plan.area_ix(area)?;
        self.areas.iter().position(|own| *own == ix)
    }
}

/// The figure that counts in each cell of a plan, row by row.
///
/// Cells lie all over the memory. Looked up in loops that do nothing else, they are fetched side by side.
fn counting<'a>(book: &'a Book, plan_ix: PlanIx, question: &Question) -> Vec<Option<(FigureIx, &'a Figure)>> {
    let plan = book.registry().plan(plan_ix);
    let areas = || (0..).map(AreaIx).take(plan.areas().len());
    let rows = (0..).map(IndicatorIx).take(plan.indicators().len());
    let cells = rows.flat_map(|indicator| areas().map(move |area| CellIx { plan: plan_ix, indicator, area }));
    let cells: Vec<_> = cells.map(|cell| (cell, book.cell(cell))).collect();
    let counts = |(ix, cell): (CellIx, Option<&'a Cell>)| {
        let (cell, version) = cell.and_then(|cell| Some((cell, cell.effective_version(question)?)))?;
        Some((FigureIx { cell: ix, version }, cell.figure(version)))
    };
    cells.into_iter().map(counts).collect()
}

/// The assessed ones of a plan's first areas, in its order: all but the city's own level.
pub(super) fn assessed(plan: &Plan, known: usize) -> impl Iterator<Item = AreaIx> {
    let areas = (0..).map(AreaIx).zip(&plan.areas()[..known]);
    areas.filter(|(_, area)| area.class != AreaClass::CityLevel).map(|(ix, _)| ix)
}

/// The part of the year that counts as gone on a day.
fn pace(rule: Pace, day: Date) -> Fraction {
    let (year, month) = (day.year(), day.month());
    let date = (1..=31).find(|date| Date::of(year, month, *date) == Some(day)).expect("a day has a date");
    match rule {
        Pace::WholeYear => Fraction { elapsed: 1, of: 1 },
        Pace::CalendarMonth => Fraction { elapsed: month, of: 12 },
        Pace::CompletedMonths => {
            let is_over = Date::of(year, month, date + 1).is_none();
            Fraction { elapsed: if is_over { month } else { month - 1 }, of: 12 }
        }
        Pace::Days => {
            let days = |month| (1..=31).filter(|date| Date::of(year, month, *date).is_some()).count();
            let count = |days: usize| u32::try_from(days).expect("a year has at most 366 days");
            let before = count((1..month).map(days).sum());
            Fraction { elapsed: before + date, of: count((1..=12).map(days).sum()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elapsed(rule: Pace, day: &str) -> String {
        let fraction = pace(rule, day.parse().unwrap());
        format!("{}/{}", fraction.elapsed, fraction.of)
    }

    #[test]
    fn a_year_passes_by_months_or_days() {
        assert_eq!(elapsed(Pace::WholeYear, "2022-01-01"), "1/1");
        assert_eq!(elapsed(Pace::CompletedMonths, "2022-09-30"), "9/12");
        assert_eq!(elapsed(Pace::CompletedMonths, "2022-09-29"), "8/12");
        assert_eq!(elapsed(Pace::CompletedMonths, "2022-01-30"), "0/12");
        assert_eq!(elapsed(Pace::CompletedMonths, "2024-02-28"), "1/12");
        assert_eq!(elapsed(Pace::CompletedMonths, "2024-02-29"), "2/12");
        assert_eq!(elapsed(Pace::CompletedMonths, "9999-12-31"), "12/12");
        assert_eq!(elapsed(Pace::CalendarMonth, "2022-09-01"), "9/12");
        assert_eq!(elapsed(Pace::Days, "2022-12-31"), "365/365");
        assert_eq!(elapsed(Pace::Days, "2024-03-01"), "61/366");
    }
}
