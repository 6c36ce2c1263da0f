//! A refused statement, kept as a file: true of the ledger, against it, or no evidence at all.

mod ledger;

use audit::evidence::{EvidenceReport, check, envelope};
use audit::{Options, rebuild};
use domain::ledger::{Prepared, Submission};
use events::{CompletenessStated, Event, Signature};
use ledger::{Key, Written, enrolled, registered};

fn finance() -> Key {
    Key::of("finance", 1)
}

/// A ledger in which the unit has two lines of its own.
fn ledger_of_two() -> Written {
    let mut written = Written::opened();
    written.record("office", None, vec![enrolled("finance", &finance())]);
    written.record("finance", Some(&finance()), vec![registered("one")]);
    written.record("finance", Some(&finance()), vec![registered("two")]);
    written
}

fn hash(written: &Written, position: usize) -> chain::EventHash {
    chain::hash::event_hash(&written.lines[position])
}

fn stated(lines: u64, head: chain::EventHash) -> Event {
    CompletenessStated { head, lines, period: "2022-04".parse().unwrap() }.into()
}

fn prepared(unit: &str, events: Vec<Event>) -> Prepared {
    Prepared::new(Submission {
        submission: uuid::Uuid::from_u64_pair(0x4000, 0x8000_0000_0000_0009),
        unit: unit.parse().unwrap(),
        by: "acct-07".parse().unwrap(),
        events,
        signature: None,
    })
    .unwrap()
}

/// The file of a submission that `key` signed.
fn file(unit: &str, key: &Key, events: Vec<Event>) -> Vec<u8> {
    let submission = prepared(unit, events);
    let sig = key.sign_submission(&submission.payload());
    let signature = Some(Signature { key: key.public(), sig });
    let signed = Submission { signature, ..submission.submission().clone() };
    envelope(&Prepared::new(signed).unwrap()).unwrap()
}

fn held(written: &Written, file: &[u8]) -> EvidenceReport {
    let folder = written.folder();
    let (_, model) = rebuild(folder.path(), &Options::default()).unwrap();
    check(folder.path(), &model.unwrap(), file).unwrap()
}

fn kind(written: &Written, file: &[u8]) -> Option<&'static str> {
    held(written, file).finding.map(|own| own.kind)
}

#[test]
fn a_statement_is_held_against_the_line_that_it_names() {
    let written = ledger_of_two();
    let (first, second) = (hash(&written, 2), hash(&written, 3));
    let of = |lines, head| file("finance", &finance(), vec![stated(lines, head)]);
    for (lines, head) in [(0, chain::EventHash::ZERO), (1, first), (2, second)] {
        let report = held(&written, &of(lines, head));
        assert_eq!(report.finding, None, "{lines}");
        let said = report.said.unwrap();
        assert_eq!((said.unit.as_str(), said.stated.lines, said.key), ("finance", lines, finance().public()));
    }
    for (lines, head) in [(0, first), (1, second), (2, first), (2, hash(&written, 1))] {
        assert_eq!(kind(&written, &of(lines, head)), Some("evidence-contradicts"), "{lines}");
    }
    let missing = held(&written, &of(3, second)).finding.unwrap();
    assert_eq!(missing.kind, "evidence-contradicts");
    assert_eq!(missing.found.as_deref(), Some("账上只有 2 行"));
}

#[test]
fn what_the_unit_did_not_sign_is_no_evidence() {
    let written = ledger_of_two();
    let second = hash(&written, 3);
    let right = file("finance", &finance(), vec![stated(2, second)]);
    assert_eq!(kind(&written, &right), None);
    let stranger = file("finance", &Key::of("finance", 2), vec![stated(2, second)]);
    assert_eq!(kind(&written, &stranger), Some("evidence-key"));
    let format = [
        file("office", &finance(), vec![stated(2, second)]),
        file("finance", &finance(), vec![registered("three")]),
        file("finance", &finance(), vec![stated(2, second), registered("three")]),
        right[..right.len() / 2].to_vec(),
        String::from_utf8(right.clone()).unwrap().replace("submission+json", "other+json").into_bytes(),
    ];
    for (number, file) in format.iter().enumerate() {
        let report = held(&written, file);
        assert_eq!(report.finding.map(|own| own.kind), Some("evidence-format"), "{number}");
        assert_eq!(report.said, None);
    }
    assert_eq!(envelope(&prepared("finance", vec![stated(2, second)])), None, "nobody signed it");
}

#[test]
fn no_changed_byte_of_a_file_gives_another_statement() {
    let written = ledger_of_two();
    let right = file("finance", &finance(), vec![stated(2, hash(&written, 3))]);
    let folder = written.folder();
    let (_, model) = rebuild(folder.path(), &Options::default()).unwrap();
    let model = model.unwrap();
    for at in 0..right.len() {
        let mut changed = right.clone();
        changed[at] ^= 1 << (at % 3);
        let report = check(folder.path(), &model, &changed).unwrap();
        // The last byte is a line feed, which says nothing.
        assert!(report.finding.is_some() || at == right.len() - 1, "{at}");
    }
}
