//! From targets, figures and rules to points: exact fractions, rounded only where the rulebook names it.
//!
//! `docs/scoring.md` defines every method so that a stranger can write it in another language. One computation serves
//! tables and explanations: [`explain`] runs the same steps as [`score`] and writes them down.

mod areas;
mod blocks;
mod cells;
mod context;
mod methods;
mod roll_up;
mod trace;
mod validate;

use chain::{Date, EventHash};
use events::rulebook::Rulebook;
use events::{Decimal, Target};

use crate::book::{Book, FigureIx};
use crate::rational::Rational;
use crate::registry::{AreaIx, IndicatorIx, Plan, PlanIx};

use context::Context;

/// A day and a size: what was attained by the one, among what the other counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// The reporting date.
    pub as_of: Date,
    /// Only the first so many lines of the ledger.
    pub known: u64,
}

/// What is scored. Ordinary questions look at figures and targets from one place; a difference between two questions is
/// split into its parts by looking at them from two.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// Where figures, bonuses, deductions and vetoes are looked at.
    pub figures: At,
    /// Where targets and their pace are looked at.
    pub targets: At,
    /// The rules.
    pub rules: &'a Rulebook,
}

impl<'a> Inputs<'a> {
    /// Figures and targets from one place.
    #[must_use]
    pub const fn at(at: At, rules: &'a Rulebook) -> Self {
        Self { figures: at, targets: at, rules }
    }
}

/// What a cell's share comes from, or why it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The method gave it.
    Method,
    /// The target cell says `-`.
    NotAssessed,
    /// The target is still to be set.
    NotYetSet,
    /// The row is void.
    Void,
    /// The plan has no target for the year.
    NoTarget,
    /// No figure counts although one is due.
    MissingFigure,
    /// The figure says `not-available`.
    NotAvailable,
    /// The figure says `not-applicable`.
    NotApplicable,
    /// The figure says `withheld`.
    Withheld,
    /// A zero target, for a method that divides by it.
    ZeroTarget,
    /// A negative target, for a method that divides by it.
    NegativeTarget,
    /// What the figure is compared with is missing: the city's figure, or the others of its class.
    NothingToCompare,
}

impl Reason {
    /// The stable code, kebab-case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::NotAssessed => "not-assessed",
            Self::NotYetSet => "not-yet-set",
            Self::Void => "void",
            Self::NoTarget => "no-target",
            Self::MissingFigure => "missing-figure",
            Self::NotAvailable => "not-available",
            Self::NotApplicable => "not-applicable",
            Self::Withheld => "withheld",
            Self::ZeroTarget => "zero-target",
            Self::NegativeTarget => "negative-target",
            Self::NothingToCompare => "nothing-to-compare",
        }
    }
}

/// One indicator in one area, scored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellScore {
    /// The row.
    pub indicator: IndicatorIx,
    /// The area.
    pub area: AreaIx,
    /// The target in force, with the line that set or revised it.
    pub target: Option<(EventHash, Target)>,
    /// What is due by the day: the target, paced where the rules pace it. None where the target is no number.
    pub due: Option<Rational>,
    /// The figure that counts; none where none does, or where the city's figure is rolled up.
    pub figure: Option<FigureIx>,
    /// The number that was scored: the figure's, or the rolled-up one.
    pub value: Option<Rational>,
    /// Value over due, or due over value where lower is better; none where that has no meaning.
    pub completion: Option<Rational>,
    /// The share of full points; none when the cell leaves the assessment.
    pub share: Option<Rational>,
    /// Where the share comes from.
    pub reason: Reason,
    /// Index of the signal light in the rules; none without a completion.
    pub light: Option<usize>,
}

/// One weight block in one area, scored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockScore {
    /// Index in [`Plan::blocks`].
    pub block: usize,
    /// The area.
    pub area: AreaIx,
    /// The printed points; zero when no row of the block is assessed in the area.
    pub assessed: Rational,
    /// The share of the block; none when no row is assessed.
    pub share: Option<Rational>,
    /// Points, rounded as the rules name.
    pub points: Rational,
}

/// One area's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaScore {
    /// The area.
    pub area: AreaIx,
    /// Points that could be had: the coverage.
    pub assessed: Rational,
    /// The sum of the blocks' points.
    pub awarded: Rational,
    /// Awarded points converted to the full score; none below the coverage floor.
    pub converted: Option<Rational>,
    /// Bonus points after caps.
    pub bonus: Rational,
    /// Points lost after caps, as a positive number.
    pub deducted: Rational,
    /// The line of a veto in force.
    pub vetoed: Option<EventHash>,
    /// Converted score with bonus and deductions, after a veto; none below the coverage floor.
    pub total: Option<Rational>,
    /// Index of the ranking class in the rules; none for areas that are not ranked.
    pub class: Option<usize>,
    /// The place in the class, from 1; none where there is no total, no class, or a veto takes it.
    pub place: Option<u32>,
}

/// A plan, scored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scores {
    /// Rows in the plan's order; in each row the assessed areas in theirs. 市本级 is no assessed area.
    pub cells: Vec<CellScore>,
    /// Blocks in the plan's order; in each the assessed areas.
    pub blocks: Vec<BlockScore>,
    /// Assessed areas in the plan's order.
    pub areas: Vec<AreaScore>,
}

/// A step of a cell's arithmetic, in the order it was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is computed, kebab-case: `due`, `completion`, `share`, `block-share`, `block-points` …
    pub code: &'static str,
    /// The arithmetic with its numbers, such as `19 × 9/12`, in exact fractions.
    pub expression: String,
    /// What came out.
    pub result: Rational,
    /// The rule that asks for it, in Chinese for people.
    pub note_zh: String,
}

/// A cell's score with everything it follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The cell.
    pub cell: CellScore,
    /// The block it shares in.
    pub block: Option<BlockScore>,
    /// The arithmetic, from the target to the block's points.
    pub steps: Vec<Step>,
    /// Figures of other cells that the result depends on: the city's, the areas' of a roll-up, the class's of a rank.
    pub inputs: Vec<FigureIx>,
}

/// Scores a plan.
#[must_use]
pub fn score(book: &Book, plan: PlanIx, inputs: &Inputs<'_>) -> Scores {
    let context = Context::new(book, plan, inputs);
    let cells = cells::all(&context);
    let blocks = blocks::all(&context, &cells);
    let areas = areas::all(&context, &blocks);
    Scores { cells, blocks, areas }
}

/// Explains one cell: the same computation as [`score`], written down.
///
/// # Panics
/// When the plan has no such row or assessed area.
#[must_use]
pub fn explain(
    book: &Book,
    plan: PlanIx,
    inputs: &Inputs<'_>,
    row: IndicatorIx,
    area: AreaIx,
) -> Explanation {
    let context = Context::new(book, plan, inputs);
    let column = context.areas.iter().position(|own| *own == area).expect("an assessed area of the plan");
    let mut record = trace::Record::default();
    let cell = cells::one(&context, row, column, &mut record);
    let block = blocks::of_row(&context, row).map(|block| {
        let shares = block.rows.iter().map(|other| {
            if *other == row {
                cell.share.clone()
            } else {
                cells::one(&context, *other, column, &mut trace::Silent).share
            }
        });
        let shares: Vec<_> = block.rows.iter().copied().zip(shares).collect();
        blocks::score(&context, &block, area, &shares, &mut record)
    });
    Explanation { cell, block, steps: record.steps, inputs: record.inputs }
}

/// What is wrong with a rulebook for a plan, in Chinese, each with what to do; nothing when it can be adopted.
#[must_use]
pub fn validate(rules: &Rulebook, plan: &Plan) -> Vec<String> {
    validate::validate(rules, plan)
}

/// A declared sum, compared with the city's own figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollUpCheck {
    /// The row.
    pub indicator: IndicatorIx,
    /// The city's own figure.
    pub reported: Option<Decimal>,
    /// The areas' figures added or averaged as declared; none while one is missing.
    pub rolled_up: Option<Rational>,
    /// Areas whose figure is missing.
    pub missing: Vec<AreaIx>,
}

impl RollUpCheck {
    /// Reported minus rolled up, where both are there.
    #[must_use]
    pub fn gap(&self) -> Option<Rational> {
        let reported = Rational::from(self.reported?);
        Some(&reported - self.rolled_up.as_ref()?)
    }
}

/// Compares every row with a declared roll-up, in the plan's order.
#[must_use]
pub fn roll_ups(book: &Book, plan: PlanIx, inputs: &Inputs<'_>) -> Vec<RollUpCheck> {
    roll_up::checks(&Context::new(book, plan, inputs))
}
