//! Differences: their parts add up exactly.

use domain::rational::Rational;
use projections::diff::Change;
use projections::{NotComparable, diff};
use proptest::prelude::*;

use crate::demo::Year;

fn adds_up(change: &Change) -> bool {
    match (&change.from, &change.to, &change.effects) {
        (Some(from), Some(to), Some(effects)) => effects.total() == to - from,
        (_, _, effects) => effects.is_none(),
    }
}

fn days() -> impl Strategy<Value = String> {
    (4_u32..=12, 1_u32..=28).prop_map(|(month, day)| format!("2022-{month:02}-{day:02}"))
}

#[test]
fn the_parts_of_a_difference_add_up_exactly() {
    let year = Year::new();
    let first = year.size_at("2022-04-22");
    let question = || (days(), first..=year.model.size());
    proptest!(ProptestConfig::with_cases(24), |((a, known_a) in question(), (b, known_b) in question())| {
        let (from, to) = (year.reading(&a, known_a), year.reading(&b, known_b));
        let difference = diff(&from, &to).unwrap();
        for area in &difference.areas {
            for change in [&area.assessed, &area.awarded, &area.bonus, &area.converted, &area.deducted, &area.total] {
                prop_assert!(adds_up(change), "{:?}", area);
            }
        }
        prop_assert!(difference.blocks.iter().all(|block| adds_up(&block.points)));
        prop_assert!(difference.cells.iter().all(|cell| adds_up(&cell.share)));
        // The areas' awarded points move as their blocks' points do.
        for area in &difference.areas {
            let effects = area.awarded.effects.as_ref().expect("awarded points are always there");
            let blocks = difference.blocks.iter().filter(|block| block.area == area.area);
            let data: Vec<Rational> = blocks.map(|block| block.points.effects.clone().unwrap().data).collect();
            prop_assert_eq!(data.iter().sum::<Rational>(), effects.data.clone());
        }
    });
}

#[test]
fn nothing_differs_from_itself() {
    let year = Year::new();
    let reading = year.latest("2022-06-30");
    let difference = diff(&reading, &reading).unwrap();
    assert!(difference.blocks.is_empty() && difference.cells.is_empty());
    assert!(difference.unchanged_blocks > 40 && difference.unchanged_cells > 400);
}

#[test]
fn a_correction_is_a_data_effect_and_nothing_else() {
    let year = Year::new();
    let before = year.reading("2022-04-30", year.size_at("2022-05-02"));
    let after = year.reading("2022-04-30", year.size_at("2022-05-03"));
    let difference = diff(&before, &after).unwrap();
    let yuehu = difference.areas.iter().find(|area| area.area.as_str() == "yuehu").unwrap();
    let effects = yuehu.awarded.effects.as_ref().unwrap();
    assert!(!effects.data.is_zero(), "{yuehu:?}");
    assert!(effects.targets.is_zero() && effects.rules.is_zero());
    let cell = difference.cells.iter().find(|cell| cell.area.as_str() == "yuehu").unwrap();
    assert_eq!(cell.indicator.as_str(), "online-retail");
    assert_eq!((cell.from.reason, cell.to.reason), ("missing-figure", "method"));
}

#[test]
fn only_one_plan_in_one_book_is_compared() {
    let (year, other) = (Year::new(), Year::new());
    let (one, two) = (year.latest("2022-06-30"), other.latest("2022-06-30"));
    assert_eq!(diff(&one, &two).unwrap_err(), NotComparable::Books);
    let without = one.clone().without(vec![year.lines[9].hash]);
    assert_eq!(diff(&one, &without).unwrap_err(), NotComparable::Books);
}
