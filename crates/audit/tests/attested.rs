//! Tables on record are made again from the lines: a root that does not follow is found, with both values.

mod ledger;

use audit::{NotChecked, Options, Report, rebuild};
use domain::scoring::At;
use events::{CompletenessStated, Event, TableAttested};
use ledger::{Key, Written};
use projections::{ReadModel, Reading, TableKind};

fn model(written: &Written) -> ReadModel {
    rebuild(written.folder().path(), &Options::default()).unwrap().1.unwrap()
}

fn audited(written: &Written) -> Report {
    rebuild(written.folder().path(), &Options::default()).unwrap().0
}

/// The roots of all tables as they follow from the lines so far.
fn attested(model: &ReadModel) -> Vec<TableAttested> {
    let book = model.ledger().book();
    let (ix, _) = book.registry().plans().next().unwrap();
    let at = At { as_of: "2022-06-30".parse().unwrap(), known: model.size() };
    let reading = Reading::in_force(book, ix, at, model.tree().root()).unwrap();
    TableKind::ALL.into_iter().map(|kind| kind.attest(&reading)).collect()
}

fn events(attested: &[TableAttested]) -> Vec<Event> {
    attested.iter().cloned().map(Event::from).collect()
}

#[test]
fn every_attested_table_is_made_again_also_long_after() {
    let mut written = ledger::demonstration(2_500);
    let early = attested(&model(&written));
    written.record("digital-office", None, events(&early));
    // The tree's model no longer has the leaves of that size: they are read again.
    for _ in 0..300 {
        written.record("digital-office", None, vec![ledger::registered("finance")]);
    }
    written.record("digital-office", None, events(&attested(&model(&written))));
    let report = audited(&written);
    assert!(report.is_clean(), "{:?}", report.findings);
    assert_eq!(report.attested_tables, 10);
    assert!(!report.not_checked.contains(&NotChecked::AttestedTables));
}

#[test]
fn a_root_that_does_not_follow_is_found_by_table_with_both_values() {
    type Damage = fn(&mut TableAttested);
    let damages: [(&str, Damage); 6] = [
        ("attested-table", |own| own.table_root.0[0] ^= 1),
        ("attested-tree", |own| own.root.0[0] ^= 1),
        ("attested-rules", |own| own.rules.0[0] ^= 1),
        ("attested-axes", |own| own.size += 1),
        ("attested-encoder", |own| own.encoder_version = 9),
        ("attested-axes", |own| own.plan = "other".parse().unwrap()),
    ];
    let written = ledger::demonstration(2_000);
    let right = attested(&model(&written));
    for (kind, damage) in damages {
        let mut wrong = right.clone();
        damage(&mut wrong[0]);
        let mut written = Written { ledger: written.ledger.clone(), lines: written.lines.clone() };
        let at = written.record("digital-office", None, events(&wrong));
        let report = audited(&written);
        let [finding] = &report.findings[..] else { panic!("{kind}: {:?}", report.findings) };
        assert_eq!((finding.kind, finding.position), (kind, Some(at)));
        assert_eq!(finding.table.as_ref().unwrap().table, "scores");
        assert_ne!(finding.expected, finding.found);
        if kind == "attested-table" {
            assert_eq!(finding.expected, Some(right[0].table_root.to_string()));
        }
    }
}

#[test]
fn a_ledger_that_drops_a_line_its_unit_counted_contradicts_the_unit() {
    let key = Key::of("finance", 1);
    let stated = |written: &Written| -> Event {
        let head = written.ledger.head().units["finance"];
        CompletenessStated { head: head.hash, lines: head.lines, period: "2022-04".parse().unwrap() }.into()
    };
    let mut full = Written::opened();
    full.record("office", None, vec![ledger::enrolled("finance", &key)]);
    let mut short = Written { ledger: full.ledger.clone(), lines: full.lines.clone() };
    full.record("finance", Some(&key), vec![ledger::registered("one")]);
    full.record("finance", Some(&key), vec![ledger::registered("two")]);
    short.record("finance", Some(&key), vec![ledger::registered("two")]);
    // What the unit signed over its two lines is put into the history that hides one of them.
    let statement = stated(&full);
    full.record("finance", Some(&key), vec![statement.clone()]);
    let report = audited(&full);
    assert!(report.is_clean(), "{:?}", report.findings);
    assert_eq!(report.statements, 1);
    let at = short.record("finance", Some(&key), vec![statement]);
    let found: Vec<_> = audited(&short).findings.iter().map(|own| (own.kind, own.position)).collect();
    assert_eq!(found, [("statement-disagrees", Some(at))]);
}
