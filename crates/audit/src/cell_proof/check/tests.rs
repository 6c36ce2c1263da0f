//! Whose statement counts: the files that a careful maker makes never show these, so the lines are put together here.

#[path = "../../../tests/ledger/mod.rs"]
mod ledger;

use chain::EventHash;
use domain::ledger::{Prepared, Submission};
use events::{CompletenessStated, Event, KeyRevoked, Signature};
use ledger::{Key, Written};
use uuid::Uuid;

use super::*;

const UNIT: &str = "guixi";

fn key() -> Key {
    Key::of(UNIT, 3)
}

fn office(written: &mut Written, event: Event) {
    written.record("office", None, vec![event]);
}

fn enrolled() -> Event {
    ledger::enrolled(UNIT, &key())
}

fn revoked() -> Event {
    KeyRevoked { holder: UNIT.parse().unwrap(), key: key().public(), reason: "演示".to_owned() }.into()
}

fn statement() -> Vec<Event> {
    let period = "2022-12".parse().unwrap();
    vec![CompletenessStated { head: EventHash::ZERO, lines: 0, period }.into()]
}

/// What the lines show that the unit stated.
fn stated(written: &Written) -> Option<u64> {
    let zeros = TreeHash::ZERO;
    let content = Content {
        cell: CellOf {
            area: "guixi".parse().unwrap(),
            as_of: "2022-12-31".parse().unwrap(),
            indicator: "gdp".parse().unwrap(),
            origin: "example.com/audit".to_owned(),
            plan: "plan".parse().unwrap(),
            root: zeros,
            rules: chain::ContentHash([0; 32]),
            size: written.lines.len() as u64,
        },
        head: String::new(),
        lines: written.lines.clone(),
        nodes: Vec::new(),
        result: Value::Null,
    };
    let lines = decode(&content).unwrap();
    let mut chains = chains(&lines).unwrap();
    statements(&lines, &fold(&lines).unwrap(), &mut chains);
    chains[&UNIT.parse::<UnitId>().unwrap()].stated
}

#[test]
fn a_statement_counts_that_a_key_of_the_unit_signed() {
    let mut written = Written::opened();
    office(&mut written, enrolled());
    written.record(UNIT, Some(&key()), statement());
    assert_eq!(stated(&written), Some(0));
    office(&mut written, revoked());
    assert_eq!(stated(&written), Some(0), "revoked afterwards, it was the unit's when it signed");
}

#[test]
fn a_statement_does_not_count_whose_key_was_not_the_units_then() {
    let mut never = Written::opened();
    never.record(UNIT, Some(&key()), statement());
    assert_eq!(stated(&never), None);
    let mut afterwards = never;
    office(&mut afterwards, enrolled());
    assert_eq!(stated(&afterwards), None);

    let mut no_longer = Written::opened();
    office(&mut no_longer, enrolled());
    office(&mut no_longer, revoked());
    no_longer.record(UNIT, Some(&key()), statement());
    assert_eq!(stated(&no_longer), None);

    let mut anothers = Written::opened();
    office(&mut anothers, enrolled());
    anothers.record(UNIT, Some(&Key::of(UNIT, 4)), statement());
    assert_eq!(stated(&anothers), None);
}

#[test]
fn a_statement_does_not_count_that_nobody_signed_as_it_stands() {
    let mut unsigned = Written::opened();
    office(&mut unsigned, enrolled());
    unsigned.record(UNIT, None, statement());
    assert_eq!(stated(&unsigned), None);

    let mut other = Written::opened();
    office(&mut other, enrolled());
    let mut submission = Submission {
        submission: Uuid::from_u64_pair(0x4000, 0x8000_0000_0000_0001),
        unit: UNIT.parse().unwrap(),
        by: "acct-07".parse().unwrap(),
        events: statement(),
        signature: None,
    };
    let payload = Prepared::new(submission.clone()).unwrap().payload();
    // The signature is the unit's, and over another submission.
    submission.submission = Uuid::from_u64_pair(0x4000, 0x8000_0000_0000_0002);
    submission.signature = Some(Signature { key: key().public(), sig: key().sign_submission(&payload) });
    other.append(&submission);
    assert_eq!(stated(&other), None);
}
