//! A random rulebook over every rule there is, for a ledger.

use events::rulebook::{
    BlockShare, BonusRules, Bounds, CityFigure, Conversion, Deduction, Light, LowerFormula, Measure, Method,
    Pace, RankScale, Ranking, RankingClass, Rounding, RoundingMode, RowRule, Rulebook, Step, TargetTreatment,
    Ties, Treatment, Treatments, VetoEffect,
};
use events::{AreaClass, Decimal, Stage};

use crate::choices::Choices;
use crate::ledger::Ledger;

const TREATMENTS: [Treatment; 3] = [Treatment::Drop, Treatment::Zero, Treatment::Full];
const TARGET_TREATMENTS: [TargetTreatment; 4] =
    [TargetTreatment::PassFail, TargetTreatment::Drop, TargetTreatment::Zero, TargetTreatment::Full];
const MEASURES: [Measure; 2] = [Measure::Completion, Measure::Figure];

pub fn rulebook(choices: &mut Choices, ledger: &Ledger) -> Rulebook {
    let rows = ledger
        .rows
        .iter()
        .filter_map(|row| choices.maybe(|choices| (row.parse().unwrap(), row_rule(choices, ledger))));
    let rows = rows.collect();
    let blocks = ledger.blocks.iter().filter_map(|(block, rows)| {
        choices.maybe(|choices| (block.parse().unwrap(), block_share(choices, rows)))
    });
    let blocks = blocks.collect();
    Rulebook {
        rows,
        blocks,
        block_share: match choices.below(3) {
            0 => BlockShare::Mean {},
            1 => BlockShare::AllOrNothing {},
            _ => BlockShare::GeometricMean { places: places(choices) },
        },
        bonus: bonus(choices, ledger),
        city_figure: *choices.of(&[CityFigure::RolledUp, CityFigure::Reported]),
        conversion: Conversion {
            coverage_floor: if choices.once_in(3) { choices.hundredths(0, 1200) } else { Decimal::ZERO },
            full_score: 100.into(),
            rounding: rounding(choices),
        },
        counts_from: *choices.of(&[Stage::Reported, Stage::Reported, Stage::Verified, Stage::Approved]),
        deduction_cap: choices.maybe(|choices| choices.hundredths(0, 400)),
        deductions: deductions(choices),
        lights: lights(choices),
        method: method(choices, ledger),
        pace: *choices.of(&[Pace::WholeYear, Pace::CompletedMonths, Pace::CalendarMonth, Pace::Days]),
        points: rounding(choices),
        ranking: ranking(choices),
        treatments: treatments(choices),
        veto: if choices.once_in(2) {
            VetoEffect::TotalAtMost { points: choices.hundredths(0, 9000) }
        } else {
            VetoEffect::Unranked {}
        },
    }
}

fn row_rule(choices: &mut Choices, ledger: &Ledger) -> RowRule {
    RowRule {
        method: choices.maybe(|choices| method(choices, ledger)),
        paced: choices.maybe(|choices| choices.once_in(2)),
        zero_target: choices.maybe(|choices| *choices.of(&TARGET_TREATMENTS)),
    }
}

fn method(choices: &mut Choices, ledger: &Ledger) -> Method {
    let floor = choices.maybe(|choices| choices.hundredths(0, 60));
    let ceiling = choices.maybe(|choices| choices.hundredths(60, 160));
    let of = *choices.of(&MEASURES);
    match choices.below(14) {
        0 | 1 => Method::Ratio { ceiling, floor },
        2..=4 => Method::LowerIsBetter { ceiling, floor, formula: formula(choices, ledger) },
        5 => Method::PassFail {},
        6 => Method::Steps { of, steps: steps(choices) },
        7 => Method::EfficacyTiers { of, tiers: steps(choices) },
        8 => band(choices),
        9 | 10 => {
            let (base, bounds) = (choices.hundredths(0, 100), bounds(choices));
            Method::EfficacyRange { base, bounds, ceiling, floor }
        }
        11 => Method::Rank { of, scale: scale(choices) },
        12 => Method::ExceedsCity {},
        _ => Method::PercentagePoints { ceiling, floor, lost_per_point: choices.hundredths(1, 30) },
    }
}

fn formula(choices: &mut Choices, ledger: &Ledger) -> LowerFormula {
    match choices.below(3) {
        0 => LowerFormula::TargetOverActual {},
        1 => LowerFormula::TwoMinusRatio {},
        _ => {
            let named = ledger.areas.iter().filter(|_| !choices.once_in(4)).collect::<Vec<_>>();
            let bases = named.iter().map(|area| (area.parse().unwrap(), choices.hundredths(0, 3000)));
            LowerFormula::FromBase { bases: bases.collect() }
        }
    }
}

fn steps(choices: &mut Choices) -> Vec<Step> {
    let count = 1 + choices.below(4);
    let mut at: Vec<_> = (0..count).map(|_| choices.hundredths(0, 200)).collect();
    at.sort_by_key(|at| at.number());
    at.dedup_by_key(|at| at.number());
    at.into_iter().map(|at| Step { at, share: choices.hundredths(0, 130) }).collect()
}

fn band(choices: &mut Choices) -> Method {
    let low = choices.hundredths(200, 500);
    let high = choices.hundredths(500, 900);
    let zero_below = choices.maybe(|choices| choices.hundredths(0, 200));
    let zero_above = choices.maybe(|choices| choices.hundredths(900, 1500));
    Method::Band { low, high, zero_below, zero_above }
}

fn bounds(choices: &mut Choices) -> Bounds {
    let (one, other) = (choices.hundredths(0, 300), choices.hundredths(300, 1500));
    match choices.below(4) {
        0 | 1 => Bounds::Observed {},
        2 => Bounds::Given { best: other, worst: one },
        _ => Bounds::Given { best: one, worst: other },
    }
}

fn scale(choices: &mut Choices) -> RankScale {
    if choices.once_in(2) {
        let count = 1 + choices.below(3);
        RankScale::Listed { shares: (0..count).map(|_| choices.hundredths(0, 110)).collect() }
    } else {
        RankScale::Linear {}
    }
}

/// Weights need not be parts of one: scoring divides by those of the rows left.
fn block_share(choices: &mut Choices, rows: &[String]) -> BlockShare {
    match choices.below(4) {
        0 => BlockShare::Mean {},
        1 => BlockShare::AllOrNothing {},
        2 => BlockShare::GeometricMean { places: places(choices) },
        _ => {
            let weights = rows.iter().map(|row| (row.parse().unwrap(), choices.hundredths(1, 100)));
            BlockShare::Weights { weights: weights.collect() }
        }
    }
}

fn bonus(choices: &mut Choices, ledger: &Ledger) -> BonusRules {
    let row_caps = ledger
        .bonus_rows
        .iter()
        .filter_map(|row| choices.maybe(|choices| (row.parse().unwrap(), choices.hundredths(0, 400))));
    let row_caps = row_caps.collect();
    BonusRules { row_caps, cap: choices.maybe(|choices| choices.hundredths(0, 500)) }
}

fn deductions(choices: &mut Choices) -> std::collections::BTreeMap<String, Deduction> {
    let codes = ["late", "wrong"].map(|code| {
        let cap = choices.maybe(|choices| choices.hundredths(0, 300));
        (code.to_owned(), Deduction { cap, label: code.to_owned(), points: choices.hundredths(1, 150) })
    });
    codes.into()
}

fn lights(choices: &mut Choices) -> Vec<Light> {
    let thresholds = [Some(100), Some(80), choices.maybe(|_| 50), None];
    let count = choices.below(thresholds.len() + 1);
    let lights = thresholds.into_iter().take(count).enumerate().map(|(nth, at_least)| Light {
        at_least: at_least.map(|hundredths| rust_decimal::Decimal::new(hundredths, 2).into()),
        code: format!("light-{nth}"),
        label: format!("light-{nth}"),
    });
    lights.collect()
}

fn places(choices: &mut Choices) -> u8 {
    *choices.of(&[2, 0, 1, 4, 12])
}

fn rounding(choices: &mut Choices) -> Rounding {
    use RoundingMode::{Ceiling, Down, Floor, HalfDown, HalfEven, HalfUp, Up};
    let mode = *choices.of(&[HalfEven, HalfUp, HalfDown, Down, Up, Floor, Ceiling]);
    Rounding { mode, places: places(choices) }
}

fn ranking(choices: &mut Choices) -> Ranking {
    let (city, district, zone) = (AreaClass::City, AreaClass::District, AreaClass::FunctionalZone);
    let class = |of: &[AreaClass]| RankingClass { label: "演示".to_owned(), of: of.to_vec() };
    let classes = match choices.below(5) {
        0 => vec![class(&[district, zone])],
        1 => vec![class(&[district]), class(&[zone])],
        2 => vec![class(&[city, district, zone])],
        3 => vec![class(&[zone, city]), class(&[district])],
        _ => vec![],
    };
    Ranking { classes, ties: *choices.of(&[Ties::Competition, Ties::Dense]) }
}

fn treatments(choices: &mut Choices) -> Treatments {
    let mut treatment = || *choices.of(&TREATMENTS);
    let [missing_figure, not_applicable, not_assessed, not_available, not_yet_set, void, withheld] =
        std::array::from_fn(|_| treatment());
    let [negative_target, zero_target] = std::array::from_fn(|_| *choices.of(&TARGET_TREATMENTS));
    Treatments {
        missing_figure,
        negative_target,
        not_applicable,
        not_assessed,
        not_available,
        not_yet_set,
        void,
        withheld,
        zero_target,
    }
}
