//! What is added to a plan later does not reach back: tables of earlier lines stay as they were, byte for byte.

use domain::ledger::Submission;
use domain::registry::PlanIx;
use events::{AreaClass, AreaRegistered, Event, IndicatorDefined, UnitRegistered, WeightBlockDefined};
use projections::TableKind;

use crate::demo::Year;

/// A unit renamed, and an area, a row and a weight added.
fn additions(year: &Year) -> Vec<Event> {
    let registry = year.book().registry();
    let plan = registry.plan(PlanIx(0));
    let id = plan.adopted.plan.clone();
    let row = plan.indicators()[1].defined.clone();
    let unit = registry.units().next().expect("a unit").clone();
    let area = AreaRegistered {
        aliases: Vec::new(),
        area: "new-area".parse().unwrap(),
        class: AreaClass::District,
        name: "新设的区".to_owned(),
        plan: id.clone(),
    };
    let block = WeightBlockDefined {
        block: "new-block".parse().unwrap(),
        indicators: vec!["new-row".parse().unwrap()],
        plan: id,
        points: 5.into(),
        raw: "5分".to_owned(),
        source_line: None,
    };
    vec![
        UnitRegistered { name: "改名后的单位".to_owned(), ..unit }.into(),
        area.into(),
        IndicatorDefined { indicator: "new-row".parse().unwrap(), order: 59, ..row }.into(),
        block.into(),
    ]
}

#[test]
fn what_is_added_to_a_plan_later_does_not_reach_back() {
    let mut year = Year::new();
    let known = year.model.size();
    let tables = |year: &Year| TableKind::ALL.map(|kind| kind.encode(&year.reading("2022-09-30", known)));
    let before = tables(&year);
    let submission = Submission {
        submission: uuid::Uuid::from_u64_pair(0x4000, 0x8000_0000_0000_0001),
        unit: "digital-office".parse().unwrap(),
        by: "acct-01".parse().unwrap(),
        events: additions(&year),
        signature: None,
    };
    year.record(submission, chain::Instant::from_micros(1_700_000_000_000_000).unwrap());
    assert_eq!(tables(&year), before);
    assert_ne!(
        year.latest("2022-09-30").plan().shape(year.model.size()),
        year.latest("2022-09-30").plan().shape(known)
    );
}
