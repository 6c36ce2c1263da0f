//! The events that open a ledger for a plan, and the registry they make.

use chain::{Date, EventHash, Instant};
use domain::catalogue::Plan;
use domain::registry::Registry;
use events::{Event, LedgerOpened, Recorded, Rulebook, RulebookAdopted};
use uuid::Uuid;

/// What opens a real ledger: the opening itself, the plan, and the default rules from the plan's first day on.
///
/// # Panics
/// Never: a plan has a year.
#[must_use]
pub fn events(plan: &Plan, rules: Rulebook, opened: LedgerOpened) -> Vec<Event> {
    let mut events = vec![Event::from(opened)];
    events.extend(seeds::opening(plan, seeds::Opening::default()));
    let first_year = plan.years.first().copied().expect("a plan has years");
    let first_day = Date::of(first_year.into(), 1, 1).expect("the first of January is a day");
    let rules = RulebookAdopted {
        effective_from: first_day,
        plan: plan.id.clone(),
        rulebook: "default".parse().expect("an id"),
        rules: Box::new(rules),
        title: "默认计分规则（方案未规定计分办法，可由后续颁布的规则取代）".to_owned(),
    };
    events.push(rules.into());
    events
}

/// The registry that a plan's own opening makes, without a ledger: rules are checked against it.
#[must_use]
pub fn registry_of(plan: &Plan) -> Registry {
    let mut registry = Registry::default();
    for (position, event) in (0..).zip(seeds::opening(plan, seeds::Opening::default())) {
        registry.apply(&Recorded {
            position,
            // Of no line: nothing asks for these hashes.
            hash: EventHash::ZERO,
            at: Instant::from_micros(0).expect("1970 is in the calendar"),
            by: plan.administrator.as_str().parse().expect("ids and accounts share a grammar"),
            unit: plan.administrator.clone(),
            unit_seq: position,
            submission: Uuid::nil(),
            submission_size: 1,
            signature: None,
            event,
        });
    }
    registry
}
