//! The events that open a ledger, as the domain sees them.

use std::collections::BTreeSet;

use chain::Instant;
use domain::ledger::{Ledger, Prepared, Submission};
use events::{Duty, Event, EventKind};
use seeds::{Opening, opening, yingtan_2022};

fn count(events: &[Event], kind: EventKind) -> usize {
    events.iter().filter(|event| event.kind() == kind).count()
}

#[test]
fn an_opening_says_everything_the_plan_does() {
    let events = opening(&yingtan_2022(), Opening::default());
    assert_eq!(count(&events, EventKind::PlanAdopted), 1);
    assert_eq!(count(&events, EventKind::AreaRegistered), 8);
    assert_eq!(count(&events, EventKind::IndicatorDefined), 59);
    assert_eq!(count(&events, EventKind::WeightBlockDefined), 41);
    // 59 rows × 7 areas × 3 years, and seven amounts of the city's own level that remarks state.
    assert_eq!(count(&events, EventKind::TargetSet), 1239 + 7);
}

#[test]
fn the_domain_accepts_it_in_one_submission() {
    let submission = Submission {
        submission: "6f1c1d5e-8a1b-4b6e-9d55-1f2e3d4c5b6a".parse().unwrap(),
        unit: "digital-office".parse().unwrap(),
        by: "opening".parse().unwrap(),
        events: opening(&yingtan_2022(), Opening::default()),
        signature: None,
    };
    let prepared = Prepared::new(submission).expect("the plan's texts are canonical");
    let now = Instant::parse(b"2022-04-21T01:00:00.000000Z").unwrap();
    let problems = Ledger::default().problems(&prepared, now);
    let codes: BTreeSet<&str> = problems.iter().map(|problem| problem.kind.code()).collect();
    // The opening line itself needs the ledger's key and is not part of a plan.
    assert_eq!(codes, BTreeSet::from(["ledger-not-opened"]));
}

#[test]
fn every_cell_to_be_reported_has_a_reporter_and_a_verifier() {
    let plan = yingtan_2022();
    let events = opening(&plan, Opening::default());
    let has = |duty: Duty, row: &events::IndicatorId, area: &events::AreaId| {
        events.iter().any(|event| {
            matches!(event, Event::ResponsibilityAssigned(given) if given.duty == duty
                && given.indicator.as_ref().is_none_or(|own| own == row)
                && given.area.as_ref().is_none_or(|own| own == area))
        })
    };
    for row in plan.indicators.iter().filter(|row| !row.targets.is_empty()) {
        for area in plan.columns() {
            assert!(has(Duty::Reports, &row.id, &area.id), "{} {} reports", row.id, area.id);
            assert!(has(Duty::Verifies, &row.id, &area.id), "{} {} verifies", row.id, area.id);
        }
    }
}

#[test]
fn a_second_plan_leaves_the_units_out() {
    let events = opening(&yingtan_2022(), Opening { units_registered: true });
    assert_eq!(count(&events, EventKind::UnitRegistered), 0);
}
