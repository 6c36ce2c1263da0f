//! The demonstration year, scored: explanations are the same computation, and the default rules can be used.

use domain::book::Book;
use domain::ledger::{Ledger, Prepared};
use domain::rational::Rational;
use domain::registry::PlanIx;
use domain::scoring::{At, Inputs, explain, roll_ups, score, validate};
use events::rulebook::{BlockShare, Bounds, CityFigure, Measure, Method, Pace, RankScale, Step, Ties};
use events::{Decimal, Rulebook, Stage};
use seeds::demo::{Demo, Options};

/// A key of the format's published example ledgers; nothing here signs.
const LOG_KEY: &str = "ledger.example.org/n0001+1872a52a+AcIkZdE9BzfYbDWbCr+N2X4J+2qdS3nmn0W7vXVeBwOA";
const PLAN: PlanIx = PlanIx(0);

fn year() -> Ledger {
    let (origin, log_key) = ("ledger.example.org/n0001".to_owned(), LOG_KEY.to_owned());
    let options = Options { seed: 2022, cities: 1, years: 1, origin, log_key };
    let mut demo = Demo::new(seeds::yingtan_2022(), seeds::yingtan_2022_rules(), options);
    let mut ledger = Ledger::default();
    while let Some(timed) = demo.next(ledger.book()) {
        let at = ledger.head().next_at(timed.at);
        let prepared = Prepared::new(timed.submission).expect("canonical texts");
        for line in ledger.head().lines(&prepared, at).expect("lines within their limits") {
            ledger.apply(&line.recorded);
        }
    }
    ledger
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// The default rules, and rules that use every other method.
fn rulebooks() -> Vec<Rulebook> {
    let default = seeds::yingtan_2022_rules();
    let step = |at: &str, share: &str| Step { at: decimal(at), share: decimal(share) };
    let steps = vec![step("0.5", "0.4"), step("0.9", "0.8"), step("1", "1.1")];
    let (base, one) = (decimal("0.6"), Some(decimal("1")));
    let methods = [
        Method::PassFail {},
        Method::Steps { of: Measure::Completion, steps: steps.clone() },
        Method::EfficacyTiers { of: Measure::Completion, tiers: steps },
        Method::EfficacyRange { base, bounds: Bounds::Observed {}, ceiling: one, floor: None },
        Method::EfficacyRange {
            base,
            bounds: Bounds::Given { best: decimal("100"), worst: decimal("1.5") },
            ceiling: one,
            floor: Some(Decimal::ZERO),
        },
        Method::Rank { of: Measure::Completion, scale: RankScale::Linear {} },
        Method::Rank { of: Measure::Figure, scale: RankScale::Listed { shares: vec![decimal("1"), base] } },
        Method::ExceedsCity {},
        Method::PercentagePoints { ceiling: one, floor: None, lost_per_point: decimal("0.05") },
        Method::Band {
            low: decimal("10"),
            high: decimal("60"),
            zero_below: Some(Decimal::ZERO),
            zero_above: None,
        },
    ];
    let mut all: Vec<Rulebook> = methods.map(|method| Rulebook { method, ..default.clone() }).into();
    for (number, rules) in all.iter_mut().enumerate() {
        let even = number % 2 == 0;
        rules.block_share =
            if even { BlockShare::GeometricMean { places: 8 } } else { BlockShare::AllOrNothing {} };
        rules.city_figure = if even { CityFigure::RolledUp } else { CityFigure::Reported };
        rules.pace = if even { Pace::Days } else { Pace::CalendarMonth };
        rules.ranking.ties = if even { Ties::Dense } else { Ties::Competition };
        rules.counts_from = if even { Stage::Reported } else { Stage::Verified };
    }
    all.push(default);
    all
}

fn at<'a>(book_size: u64, day: &str, rules: &'a Rulebook) -> Inputs<'a> {
    Inputs::at(At { as_of: day.parse().unwrap(), known: book_size }, rules)
}

fn explanations_agree(book: &Book, inputs: &Inputs<'_>) {
    let scores = score(book, PLAN, inputs);
    let plan = book.registry().plan(PLAN);
    for cell in &scores.cells {
        let explained = explain(book, PLAN, inputs, cell.indicator, cell.area);
        assert_eq!(&explained.cell, cell);
        if let Some(block) = &explained.block {
            assert!(scores.blocks.contains(block), "{}", plan.indicator(cell.indicator).defined.indicator);
            let rounded = explained.steps.last().filter(|step| step.code == "rounded");
            let written = rounded.map_or(Rational::ZERO, |step| step.result.clone());
            assert_eq!(written, block.points, "the last step is the block's points");
        }
    }
}

#[test]
fn every_rulebook_here_can_be_used_for_the_plan() {
    let ledger = year();
    for rules in rulebooks() {
        assert_eq!(validate(&rules, ledger.book().registry().plan(PLAN)), Vec::<String>::new());
    }
}

#[test]
fn an_explanation_is_the_score_written_down() {
    let ledger = year();
    let size = ledger.head().size;
    for rules in &rulebooks() {
        for (known, day) in
            [(size, "2022-09-30"), (size / 2, "2022-12-31"), (size, "2022-01-15"), (size, "2023-06-30")]
        {
            explanations_agree(ledger.book(), &at(known, day, rules));
        }
    }
}

#[test]
fn the_default_rules_add_up() {
    let ledger = year();
    let rules = seeds::yingtan_2022_rules();
    let scores = score(ledger.book(), PLAN, &at(ledger.head().size, "2022-12-31", &rules));
    assert_eq!((scores.cells.len(), scores.blocks.len(), scores.areas.len()), (59 * 7, 41 * 7, 7));
    for area in &scores.areas {
        let own = || scores.blocks.iter().filter(|block| block.area == area.area);
        assert_eq!(own().map(|block| &block.points).sum::<Rational>(), area.awarded);
        assert_eq!(own().map(|block| &block.assessed).sum::<Rational>(), area.assessed);
        assert!(
            area.converted.as_ref().is_some_and(|own| *own > Rational::ZERO && *own <= Rational::from(100))
        );
        assert_eq!(area.place.is_some(), area.class.is_some());
    }
    assert_eq!(roll_ups(ledger.book(), PLAN, &at(ledger.head().size, "2022-12-31", &rules)).len(), 35);
}
