//! Scoring against a second reading of its page: random plans, histories, rules and questions, compared exactly.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each question of the oracle looks for few kinds of lines"
)]

mod choices;
mod ledger;
mod oracle;
mod rules;

use domain::book::Book;
use domain::rational::Rational;
use domain::registry::{AreaIx, IndicatorIx, Plan, PlanIx};
use domain::scoring::{At, Inputs, Scores, explain, score};
use num_rational::BigRational;
use proptest::prelude::*;

use choices::Choices;
use ledger::Ledger;
use oracle::{Area, Block, Cell, Oracle};

const PLAN: PlanIx = PlanIx(0);

fn fraction(number: &Rational) -> BigRational {
    let (numerator, denominator) = number.parts();
    BigRational::new(numerator, denominator)
}

fn fraction_of(number: Option<&Rational>) -> Option<BigRational> {
    number.map(fraction)
}

/// What scoring says, in the oracle's words.
struct Said<'a> {
    book: &'a Book,
    scores: &'a Scores,
}

impl Said<'_> {
    fn plan(&self) -> &Plan {
        self.book.registry().plan(PLAN)
    }

    fn area(&self, area: AreaIx) -> String {
        self.plan().area(area).area.to_string()
    }

    fn row(&self, row: IndicatorIx) -> String {
        self.plan().indicator(row).defined.indicator.to_string()
    }

    fn cells(&self) -> Vec<Cell> {
        let cells = self.scores.cells.iter().map(|cell| Cell {
            row: self.row(cell.indicator),
            area: self.area(cell.area),
            target: cell.target.map(|(hash, _)| hash),
            due: fraction_of(cell.due.as_ref()),
            figure: cell.figure.map(|figure| self.book.figure(figure).hash),
            value: fraction_of(cell.value.as_ref()),
            completion: fraction_of(cell.completion.as_ref()),
            share: fraction_of(cell.share.as_ref()),
            reason: cell.reason,
            light: cell.light,
        });
        cells.collect()
    }

    fn blocks(&self) -> Vec<Block> {
        let blocks = self.scores.blocks.iter().map(|block| Block {
            block: self.plan().blocks()[block.block].defined.block.to_string(),
            area: self.area(block.area),
            assessed: fraction(&block.assessed),
            share: fraction_of(block.share.as_ref()),
            points: fraction(&block.points),
        });
        blocks.collect()
    }

    fn areas(&self) -> Vec<Area> {
        let areas = self.scores.areas.iter().map(|area| Area {
            area: self.area(area.area),
            assessed: fraction(&area.assessed),
            awarded: fraction(&area.awarded),
            converted: fraction_of(area.converted.as_ref()),
            bonus: fraction(&area.bonus),
            deducted: fraction(&area.deducted),
            vetoed: area.vetoed,
            total: fraction_of(area.total.as_ref()),
            class: area.class,
            place: area.place,
        });
        areas.collect()
    }
}

/// A place to look from; mostly the end of the ledger, never before the plan.
fn place(choices: &mut Choices, ledger: &Ledger) -> At {
    let size = ledger.lines.len();
    let known = if choices.once_in(3) { size - choices.below(size) } else { size };
    At { as_of: choices.any_day(), known: known as u64 }
}

/// Every explanation is the score of its cell and block.
fn explanations_agree(book: &Book, inputs: &Inputs<'_>, scores: &Scores) -> Result<(), TestCaseError> {
    let plan = book.registry().plan(PLAN);
    for cell in &scores.cells {
        let explained = explain(book, PLAN, inputs, cell.indicator, cell.area);
        prop_assert_eq!(&explained.cell, cell);
        let row = &plan.indicator(cell.indicator).defined.indicator;
        let block = scores.blocks.iter().find(|block| {
            block.area == cell.area && plan.blocks()[block.block].defined.indicators.contains(row)
        });
        prop_assert_eq!(explained.block.as_ref(), block);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, max_shrink_iters: 4096, ..ProptestConfig::default() })]

    #[test]
    fn scoring_agrees_with_a_second_reading_of_its_page(
        history in proptest::collection::vec(any::<u16>(), 300..900),
        question in proptest::collection::vec(any::<u16>(), 100..250),
    ) {
        let ledger = Ledger::told_by(&mut Choices::from(history));
        let mut choices = Choices::from(question);
        let rules = rules::rulebook(&mut choices, &ledger);
        let targets_apart = choices.once_in(4);
        let mut asked = (choices.any_day(), choices.any_day());
        asked.1 = if targets_apart { asked.1 } else { asked.0 };
        let figures = At { as_of: asked.0, ..place(&mut choices, &ledger) };
        let targets = if targets_apart { At { as_of: asked.1, ..place(&mut choices, &ledger) } } else { figures };
        let inputs = Inputs { figures, targets, rules: &rules };
        let mut book = Book::default();
        ledger.lines.iter().for_each(|line| book.apply(line));

        let scores = score(&book, PLAN, &inputs);
        let said = Said { book: &book, scores: &scores };
        let oracle = Oracle { lines: &ledger.lines, inputs: &inputs };
        prop_assert_eq!(said.cells(), oracle.cells());
        prop_assert_eq!(said.blocks(), oracle.blocks());
        prop_assert_eq!(said.areas(), oracle.area_scores());
        explanations_agree(&book, &inputs, &scores)?;
    }
}
