//! Scoring, told in small plans: each method's numbers are worked out by hand.

use chain::{EventHash, Instant};
use domain::book::Book;
use domain::rational::Rational;
use domain::registry::{AreaIx, IndicatorIx, PlanIx};
use domain::scoring::{At, Inputs, Reason, Scores, explain, score, validate};
use events::rulebook::{
    BlockShare, CityFigure, LowerFormula, Measure, Method, RankScale, Step, TargetTreatment, Ties, VetoEffect,
};
use events::{Decimal, Event, Recorded, Rulebook};
use serde_json::{Value, json};

const RULES: &str = include_str!("../../../seeds/yingtan-2022/rulebook.toml");
const AREAS: [&str; 5] = ["city", "east", "west", "north", "zone"];

/// A ledger of a city, three districts and a zone, told event by event.
struct Story {
    book: Book,
    size: u64,
    rules: Rulebook,
}

impl Story {
    fn begins() -> Self {
        let mut rules: Rulebook = toml::from_str(RULES).unwrap();
        rules.rows.clear();
        rules.conversion.coverage_floor = Decimal::ZERO;
        let mut story = Self { book: Book::default(), size: 0, rules };
        story.tell(
            "plan-adopted",
            json!({"city": "某市", "document": "文件", "issued_on": "2022-01-01", "plan": "p", "title": "方案", "years": [2022]}),
        );
        let classes = ["city", "district", "district", "district", "functional-zone"];
        for (area, class) in AREAS.iter().zip(classes) {
            story.tell("area-registered", json!({"area": area, "class": class, "name": area, "plan": "p"}));
        }
        story
    }

    fn tell(&mut self, name: &str, data: Value) {
        let position = self.size;
        let event = Event::decode(name, 1, data.to_string().as_bytes()).unwrap_or_else(|e| panic!("{e}"));
        self.book.apply(&Recorded {
            position,
            hash: hash(position),
            at: Instant::from_micros(i64::try_from(position).unwrap()).unwrap(),
            by: "a".parse().unwrap(),
            unit: "u".parse().unwrap(),
            unit_seq: position,
            submission: uuid::Uuid::from_u128(position.into()),
            submission_size: 1,
            signature: None,
            event,
        });
        self.size += 1;
    }

    /// A row with its targets by area: `-` not assessed, `>` must exceed the city, `?` still to be set.
    fn row(&mut self, row: &str, more: Value, targets: [&str; 5]) {
        let data = json!({"direction": "higher-is-better", "group": row, "indicator": row, "kind": "flow",
            "measure": "个", "name": row, "order": 0, "paced": false, "plan": "p", "roll_up": {"rule": "independent"}});
        self.tell("indicator-defined", with(data, more));
        for (area, raw) in AREAS.iter().zip(targets) {
            let target = match raw {
                "-" => json!({"kind": "not-assessed"}),
                "?" => json!({"kind": "not-yet-set"}),
                ">" => json!({"kind": "exceeds-city"}),
                number => json!({"kind": "number", "value": number}),
            };
            let own = json!({"area": area, "indicator": row, "plan": "p", "raw": raw, "target": target, "year": 2022});
            self.tell("target-set", own);
        }
    }

    fn block(&mut self, points: &str, rows: &[&str]) {
        self.tell(
            "weight-block-defined",
            json!({"block": "b", "indicators": rows, "plan": "p", "points": points, "raw": points}),
        );
    }

    fn figures(&mut self, row: &str, values: [&str; 5]) {
        for (area, value) in AREAS.iter().zip(values).filter(|(_, value)| !value.is_empty()) {
            let own = json!({"area": area, "as_at": "2022-06-30", "indicator": row, "period": "2022-06",
                "plan": "p", "status": "final", "value": value});
            self.tell("figure-reported", own);
        }
    }

    /// One row of 4 points, its targets and figures.
    fn one(method: Method, more: Value, targets: [&str; 5], values: [&str; 5]) -> Self {
        let mut story = Self::begins();
        story.row("r", more, targets);
        story.block("4", &["r"]);
        story.figures("r", values);
        story.rules.method = method;
        story
    }

    fn scores_on(&self, day: &str) -> Scores {
        score(&self.book, PlanIx(0), &self.inputs(day))
    }

    fn scores(&self) -> Scores {
        self.scores_on("2022-12-31")
    }

    fn inputs(&self, day: &str) -> Inputs<'_> {
        Inputs::at(At { as_of: day.parse().unwrap(), known: self.size }, &self.rules)
    }

    /// The shares of the first row, `-` where the cell leaves the assessment.
    fn shares(&self) -> Vec<String> {
        let cells = self.scores().cells;
        let shares = cells.iter().take(AREAS.len()).map(|cell| cell.share.as_ref());
        shares.map(|share| share.map_or_else(|| "-".to_owned(), ToString::to_string)).collect()
    }

    fn reasons(&self) -> Vec<Reason> {
        self.scores().cells.iter().take(AREAS.len()).map(|cell| cell.reason).collect()
    }
}

fn hash(position: u64) -> EventHash {
    chain::hash::event_hash(&position.to_be_bytes())
}

fn with(mut data: Value, more: Value) -> Value {
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    data
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn ratio() -> Method {
    Method::Ratio { ceiling: Some(decimal("1")), floor: Some(Decimal::ZERO) }
}

fn lower(formula: LowerFormula) -> Method {
    Method::LowerIsBetter { ceiling: None, floor: None, formula }
}

fn less() -> Value {
    json!({"direction": "lower-is-better"})
}

fn steps() -> Vec<Step> {
    let step = |at, share| Step { at: decimal(at), share: decimal(share) };
    vec![step("0.5", "0.4"), step("1", "0.9")]
}

#[test]
fn yujiangs_points_are_rounded_once_at_the_end() {
    let targets = ["-", "19", "-", "-", "-"];
    let story = Story::one(ratio(), json!({"paced": true}), targets, ["", "12.18", "", "", ""]);
    let scores = story.scores_on("2022-09-30");
    assert_eq!(scores.cells[1].share, Some(Rational::new(406, 475)));
    assert_eq!(scores.blocks[1].points, Rational::new(342, 100));
    let explained = explain(&story.book, PlanIx(0), &story.inputs("2022-09-30"), IndicatorIx(0), AreaIx(1));
    let steps = explained.steps.iter().map(|step| (step.code, step.expression.as_str()));
    let expected = [
        ("target", "19"),
        ("due", "19 × 9/12"),
        ("figure", "12.18"),
        ("completion", "12.18 ÷ 14.25"),
        ("share", "12.18 ÷ 14.25"),
        ("bounds", "406/475，保底 0，封顶 1"),
        ("block-points", "4 × 406/475"),
        ("rounded", "1624/475 → 3.42"),
    ];
    assert_eq!(steps.collect::<Vec<_>>(), expected);
}

#[test]
fn a_ratio_stays_between_floor_and_ceiling_and_dashes_leave() {
    let story = Story::one(ratio(), json!({}), ["-", "10", "10", "?", "10"], ["", "12", "-3", "5", "5"]);
    assert_eq!(story.shares(), ["-", "1", "0", "-", "1/2"]);
}

#[test]
fn zero_and_negative_targets_are_reached_or_not() {
    use Reason::{MissingFigure, NegativeTarget, ZeroTarget};
    let story = Story::one(ratio(), json!({}), ["0", "0", "-2", "-2", "0"], ["", "0", "-1", "-3", "-1"]);
    assert_eq!(story.shares(), ["0", "1", "1", "0", "0"]);
    assert_eq!(story.reasons(), [MissingFigure, ZeroTarget, NegativeTarget, NegativeTarget, ZeroTarget]);
}

#[test]
fn a_zero_target_that_is_full_asks_for_no_figure() {
    let mut story = Story::one(ratio(), json!({}), ["0", "0", "-", "-", "-"], ["", "-5", "", "", ""]);
    story.rules.treatments.zero_target = TargetTreatment::Full;
    assert_eq!(story.shares(), ["1", "1", "-", "-", "-"]);
}

#[test]
fn a_paced_target_grows_with_the_year_unless_it_is_negative() {
    let targets = ["12", "-12", "12", "-", "-"];
    let story = Story::one(ratio(), json!({"paced": true}), targets, ["5", "-13", "5", "", ""]);
    let due =
        |day: &str| story.scores_on(day).cells[..2].iter().map(|cell| cell.due.clone()).collect::<Vec<_>>();
    let numbers = |city: i128| vec![Some(Rational::new(city, 1)), Some(Rational::new(-12, 1))];
    let dues = [due("2022-01-30"), due("2022-07-30"), due("2022-12-31")];
    assert_eq!(dues, [numbers(0), numbers(6), numbers(12)]);
}

#[test]
fn typed_non_values_are_treated_by_name() {
    let values = ["", "not-available", "not-applicable", "withheld", "10"];
    assert_eq!(Story::one(ratio(), json!({}), ["10"; 5], values).shares(), ["0", "0", "-", "0", "1"]);
}

#[test]
fn three_formulas_for_less_give_three_results() {
    let bases = AREAS.iter().map(|area| (area.parse().unwrap(), decimal("2"))).collect();
    let formulas = [
        (LowerFormula::TargetOverActual {}, "15/16"),
        (LowerFormula::TwoMinusRatio {}, "14/15"),
        (LowerFormula::FromBase { bases }, "4/5"),
    ];
    for (formula, share) in formulas {
        let story = Story::one(lower(formula), less(), ["1.5", "-", "-", "-", "-"], ["1.6", "", "", "", ""]);
        assert_eq!(story.shares()[0], share);
    }
}

#[test]
fn a_figure_of_zero_where_less_is_better_is_as_good_as_it_gets() {
    let story =
        Story::one(lower(LowerFormula::TargetOverActual {}), less(), ["2"; 5], ["0", "1", "4", "-1", "2"]);
    assert_eq!(story.shares(), ["1", "2", "1/2", "1", "1"]);
    assert_eq!(story.scores().cells[0].completion, None);
}

#[test]
fn steps_jump_and_tiers_slope() {
    let values = ["4", "5", "7.5", "10", "30"];
    let jump = Method::Steps { of: Measure::Completion, steps: steps() };
    let jumped = Story::one(jump, json!({}), ["10"; 5], values).shares();
    assert_eq!(jumped, ["0", "2/5", "2/5", "9/10", "9/10"]);
    let slope = Method::EfficacyTiers { of: Measure::Completion, tiers: steps() };
    let sloped = Story::one(slope, json!({}), ["10"; 5], values).shares();
    assert_eq!(sloped, ["2/5", "2/5", "13/20", "9/10", "9/10"]);
}

#[test]
fn a_band_falls_off_outside() {
    let (low, high) = (decimal("10"), decimal("20"));
    let method = Method::Band { low, high, zero_below: Some(decimal("6")), zero_above: None };
    let story = Story::one(method, json!({}), ["1"; 5], ["5", "7", "10", "20", "20.01"]);
    assert_eq!(story.shares(), ["0", "1/4", "1", "1", "0"]);
}

#[test]
fn an_efficacy_coefficient_observes_its_class() {
    use events::rulebook::Bounds;
    let (base, bounds) = (decimal("0.6"), Bounds::Observed {});
    let method = Method::EfficacyRange { base, bounds, ceiling: None, floor: None };
    let story = Story::one(method.clone(), json!({}), ["1"; 5], ["9", "10", "20", "15", "7"]);
    assert_eq!(story.shares(), ["-", "3/5", "1", "4/5", "-"]);
    let equal = Story::one(method, json!({}), ["1"; 5], ["9", "10", "10", "", "7"]);
    assert_eq!(equal.shares(), ["-", "1", "1", "0", "-"]);
}

#[test]
fn a_rank_is_among_the_class_and_nobody_is_ranked_alone() {
    let method = Method::Rank { of: Measure::Figure, scale: RankScale::Linear {} };
    let mut story = Story::one(method, json!({}), ["1"; 5], ["9", "9", "9", "5", "7"]);
    assert_eq!(story.shares(), ["-", "1", "1", "1/3", "-"]);
    story.rules.ranking.ties = Ties::Dense;
    assert_eq!(story.shares(), ["-", "1", "1", "2/3", "-"]);
    assert_eq!(story.reasons()[4], Reason::NothingToCompare);
}

#[test]
fn exceeding_the_city_is_strict() {
    let story = Story::one(ratio(), json!({}), ["45", ">", ">", ">", ">"], ["44", "44", "44.1", "43", ""]);
    assert_eq!(story.shares(), ["44/45", "0", "1", "0", "0"]);
    let without_city = Story::one(ratio(), json!({}), ["45", ">", "-", "-", "-"], ["", "44", "", "", ""]);
    assert_eq!(without_city.shares(), ["0", "-", "-", "-", "-"]);
}

#[test]
fn a_percentage_point_costs_what_the_rules_say() {
    let (ceiling, lost_per_point) = (Some(decimal("1")), decimal("0.1"));
    let method = Method::PercentagePoints { ceiling, floor: None, lost_per_point };
    let story = Story::one(method, json!({}), ["35"; 5], ["35", "33.5", "40", "20", "34"]);
    assert_eq!(story.shares(), ["1", "17/20", "1", "-1/2", "9/10"]);
}

#[test]
fn the_city_is_rolled_up_from_all_its_parts_or_not_at_all() {
    let sum = json!({"roll_up": {"rule": "sum", "areas": ["east", "west"]}});
    let mut whole = Story::one(ratio(), sum.clone(), ["10"; 5], ["1", "4", "3", "", ""]);
    whole.rules.city_figure = CityFigure::RolledUp;
    assert_eq!(whole.shares()[0], "7/10");
    let mut short = Story::one(ratio(), sum, ["10"; 5], ["1", "4", "", "", ""]);
    short.rules.city_figure = CityFigure::RolledUp;
    assert_eq!(short.reasons()[0], Reason::MissingFigure);
}

#[test]
fn rows_share_a_block_as_the_rules_say() {
    let mut story = Story::begins();
    for (row, target, value) in [("one", "10", "10"), ("two", "10", "5"), ("gone", "-", "1")] {
        story.row(row, json!({}), ["-", target, "-", "-", "-"]);
        story.figures(row, ["", value, "", "", ""]);
    }
    story.block("4", &["one", "two", "gone"]);
    let weights = [("one", "0.2"), ("two", "0.6"), ("gone", "0.2")];
    let weights = weights.map(|(row, weight)| (row.parse().unwrap(), decimal(weight))).into();
    let rules = [
        (BlockShare::Mean {}, "3.00"),
        // The third row dropped: (0.2 × 1 + 0.6 × 1/2) ÷ 0.8 = 5/8.
        (BlockShare::Weights { weights }, "2.50"),
        (BlockShare::AllOrNothing {}, "0.00"),
        (BlockShare::GeometricMean { places: 4 }, "2.83"),
    ];
    for (rule, points) in rules {
        story.rules.block_share = rule;
        let block = &story.scores().blocks[1];
        assert_eq!(block.points.to_rounded(story.rules.points), points);
        assert_eq!(block.assessed, Rational::from(4));
    }
    assert_eq!(story.scores().blocks[0].share, None);
}

#[test]
fn bonuses_deductions_and_vetoes_come_after_conversion() {
    let mut story = Story::one(ratio(), json!({}), ["-", "10", "10", "10", "-"], ["", "10", "5", "5", ""]);
    story.row("honour", json!({"bonus": {"per": "次", "points": "1"}}), ["-"; 5]);
    let act =
        |area: &str| json!({"area": area, "document": "文件", "occurred_on": "2022-05-01", "plan": "p"});
    story.tell("bonus-granted", with(act("west"), json!({"indicator": "honour", "quantity": 3})));
    story.tell("deduction-imposed", with(act("west"), json!({"deduction": "late-filing", "quantity": 25})));
    story.tell("veto-imposed", with(act("east"), json!({"reason": "造假"})));
    story.rules.bonus.cap = Some(decimal("2.5"));
    let districts = |scores: Scores| {
        let own = scores.areas[1..4].iter();
        own.map(|area| (area.total.as_ref().unwrap().to_string(), area.place)).collect::<Vec<_>>()
    };
    let expected =
        |rows: [(&str, Option<u32>); 3]| rows.map(|(total, place)| (total.to_owned(), place)).to_vec();
    // West: 50 + 2.5 − 2, each capped.
    let unranked = expected([("100", None), ("101/2", Some(1)), ("50", Some(2))]);
    assert_eq!(districts(story.scores()), unranked);
    story.rules.veto = VetoEffect::TotalAtMost { points: decimal("50") };
    assert_eq!(districts(story.scores()), expected([("50", Some(2)), ("101/2", Some(1)), ("50", Some(2))]));
}

#[test]
fn below_the_coverage_floor_there_is_no_score() {
    let mut story = Story::one(ratio(), json!({}), ["10"; 5], ["10"; 5]);
    let east = |story: &Story| (story.scores().areas[1].total.clone(), story.scores().areas[1].place);
    story.rules.conversion.coverage_floor = decimal("4");
    assert_eq!(east(&story), (Some(Rational::from(100)), Some(1)));
    story.rules.conversion.coverage_floor = decimal("4.01");
    assert_eq!(east(&story), (None, None));
}

#[test]
fn figures_and_targets_can_be_looked_at_from_two_places() {
    let mut story = Story::one(ratio(), json!({}), ["-", "10", "-", "-", "-"], ["", "5", "", "", ""]);
    let before = story.size;
    // Positions 0 to 6 are the plan, its areas and the row; the city's target follows, then the east's.
    story.tell(
        "target-revised",
        json!({"document": "文件", "effective_from": "2022-01-01", "raw": "20", "reason": "调整", "revises": hash(8),
            "target": {"kind": "number", "value": "20"}}),
    );
    let share = |targets: u64| {
        let at = |known| At { as_of: "2022-12-31".parse().unwrap(), known };
        let inputs = Inputs { figures: at(before), targets: at(targets), rules: &story.rules };
        score(&story.book, PlanIx(0), &inputs).cells[1].share.clone()
    };
    assert_eq!((share(before), share(story.size)), (Some(Rational::new(1, 2)), Some(Rational::new(1, 4))));
}

#[test]
fn a_bonus_row_that_targets_do_not_know_yet_brings_nothing() {
    let mut story = Story::one(ratio(), json!({}), ["-", "10", "-", "-", "-"], ["", "5", "", "", ""]);
    let before = story.size;
    story.row("extra", json!({"bonus": {"per": "项", "points": "2"}}), ["-"; 5]);
    story.tell(
        "bonus-granted",
        json!({"area": "east", "document": "文件", "indicator": "extra", "occurred_on": "2022-06-30", "plan": "p",
            "quantity": 1}),
    );
    let bonus = |targets: u64| {
        let at = |known| At { as_of: "2022-12-31".parse().unwrap(), known };
        let inputs = Inputs { figures: at(story.size), targets: at(targets), rules: &story.rules };
        score(&story.book, PlanIx(0), &inputs).areas[1].bonus.clone()
    };
    assert_eq!((bonus(before), bonus(story.size)), (Rational::ZERO, Rational::new(2, 1)));
}

#[test]
fn rules_that_cannot_be_used_are_refused_with_every_reason() {
    let mut story = Story::one(ratio(), less(), ["10"; 5], [""; 5]);
    story.rules.points.places = 13;
    story.rules.lights.reverse();
    story.rules.blocks.insert("none".parse().unwrap(), BlockShare::Mean {});
    story.rules.bonus.row_caps.insert("r".parse().unwrap(), decimal("-1"));
    story.rules.conversion.coverage_floor = decimal("5");
    let found = validate(&story.rules, story.book.registry().plan(PlanIx(0)));
    let parts = [
        "指标 r（r）越低越好，不能用 ratio",
        "权重块 none 不在方案里",
        "bonus.row_caps.r 不能为负",
        "r 不是方案里的加分项",
        "points 的小数位数最多 12 位",
        "超过方案的全部分值 4",
        "只有最后一盏灯可以不写 at_least",
        "at_least 应从高到低",
    ];
    assert_eq!(found.len(), parts.len(), "{found:#?}");
    for (part, sentence) in parts.iter().zip(&found) {
        assert!(sentence.contains(part), "{part}: {sentence}");
    }
}
