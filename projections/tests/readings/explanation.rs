//! Explanations: one cell, down to event hashes.

use domain::registry::PlanIx;
use domain::scoring;
use projections::tables::v1::Scores;
use projections::{Reading, explain};

use crate::demo::Year;

fn place(
    reading: &Reading<'_>,
    row: &str,
    area: &str,
) -> (domain::registry::IndicatorIx, domain::registry::AreaIx) {
    let plan = reading.plan();
    let row = plan.indicator_ix(&row.parse().unwrap()).unwrap();
    (row, plan.area_ix(&area.parse().unwrap()).unwrap())
}

#[test]
fn an_explanation_leads_from_the_target_to_the_points() {
    let year = Year::new();
    let reading = year.latest("2022-04-30");
    let (row, area) = place(&reading, "online-retail", "yuehu");
    let explanation = explain(&reading, row, area);

    let figure = explanation.figure.as_ref().expect("a figure counts");
    assert_eq!(Some(figure.hash), explanation.cell.figure);
    assert!(year.lines.iter().any(|line| line.hash == figure.hash));
    assert!(explanation.passed_over.iter().any(|own| own.outcome == "returned"), "the mistyped one");
    assert_eq!(explanation.targets.iter().filter(|target| target.in_force).count(), 1);
    let block = explanation.block.as_ref().expect("the row has points");
    let last = explanation.steps.last().expect("there are steps");
    assert_eq!(last.decimal.as_deref().map(plain), Some(plain(&block.points)));

    let text = explanation.lines().join("\n");
    for needed in ["演示数据", "网络零售额", &reading.token().to_string(), &figure.hash.to_hex(), "第 1 步"]
    {
        assert!(text.contains(needed), "no {needed} in\n{text}");
    }
    assert!(!serde_json::to_string(&explanation).unwrap().is_empty());
}

/// A decimal without the zeros that only state precision.
fn plain(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[test]
fn a_revised_target_stands_beside_the_one_it_replaces() {
    let year = Year::new();
    let reading = year.latest("2022-12-31");
    let revised = year.lines.iter().find_map(|line| {
        let events::Event::TargetRevised(own) = &line.event else { return None };
        reading.plan().target_line(&own.revises)
    });
    let (row, area, _) = revised.expect("the demonstration revises a target");
    let targets = explain(&reading, row, area).targets;
    assert_eq!(targets.iter().map(|target| target.in_force).collect::<Vec<_>>(), [false, true]);
    let earlier = explain(&year.reading("2022-12-31", targets[1].position), row, area).targets;
    assert_eq!(earlier.iter().map(|target| target.in_force).collect::<Vec<_>>(), [true]);
}

#[test]
fn every_cell_is_explained_as_it_is_scored() {
    let year = Year::new();
    let reading = year.latest("2022-12-31");
    let scores = scoring::score(reading.book(), PlanIx(0), &reading.inputs());
    let table = Scores::from_scores(&reading, &scores);
    assert!(table.cells.len() > 400);
    for (cell, row) in scores.cells.iter().zip(&table.cells) {
        assert_eq!(&explain(&reading, cell.indicator, cell.area).cell, row);
    }
}
