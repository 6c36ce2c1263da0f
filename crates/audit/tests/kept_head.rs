//! The head that is kept beside the key is held against the lines: it finds an older copy, and forbids nothing that a
//! deliberate restoration has given up.

mod ledger;

use audit::{NotChecked, Options, Report, rebuild};
use events::{LedgerRestored, LogKeyChanged};
use ledger::{Key, Written};

fn log_key() -> Key {
    Key::of("example.com/audit", 7)
}

/// The signed head over all lines, as a note.
fn head_of(written: &Written, key: &Key) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    ledger::sign(folder.path(), written, key);
    std::fs::read(folder.path().join("checkpoint")).unwrap()
}

fn longer(written: &Written, unit: &str) -> Written {
    let mut longer = Written { ledger: written.ledger.clone(), lines: written.lines.clone() };
    longer.record("office", None, vec![ledger::registered(unit)]);
    longer
}

/// Audits a folder whose checkpoint is of `published`, with a kept head.
fn audited(written: &Written, published: &Written, kept: Vec<u8>) -> Report {
    let folder = written.folder();
    ledger::sign(folder.path(), published, &log_key());
    rebuild(folder.path(), &Options { kept: Some(kept), ..Options::default() }).unwrap().0
}

fn found(report: &Report) -> Vec<(&'static str, Option<&str>, Option<&str>)> {
    report.findings.iter().map(|own| (own.kind, own.expected.as_deref(), own.found.as_deref())).collect()
}

#[test]
fn a_kept_head_may_be_ahead_of_the_published_one_but_not_of_the_lines() {
    let before = Written::opened();
    let now = longer(&before, "one");
    let kept = head_of(&now, &log_key());
    let report = audited(&now, &before, kept.clone());
    assert_eq!((found(&report), report.kept_lines, report.signed_lines), (vec![], Some(2), Some(1)));
    assert!(report.not_checked.contains(&NotChecked::OutsideFreshness));
    assert!(!report.not_checked.contains(&NotChecked::Freshness));
    let report = audited(&before, &before, kept);
    assert_eq!(found(&report), [("checkpoint-shrunk", Some("≥ 2"), Some("1"))]);
    // An older one is no finding: the lines lead to it.
    assert_eq!(found(&audited(&now, &now, head_of(&before, &log_key()))), []);
}

#[test]
fn a_kept_head_of_other_lines_or_by_another_key_is_found() {
    let before = Written::opened();
    let (one, other) = (longer(&before, "one"), longer(&before, "other"));
    let kinds =
        |kept: Vec<u8>| -> Vec<_> { audited(&one, &one, kept).findings.iter().map(|own| own.kind).collect() };
    assert_eq!(kinds(head_of(&other, &log_key())), ["history-rewritten"]);
    assert_eq!(kinds(head_of(&one, &Key::of("example.com/audit", 8))), ["kept-head"]);
    assert_eq!(kinds(head_of(&one, &Key::of("example.com/other", 7))), ["checkpoint-origin"]);
    assert_eq!(kinds(b"no note".to_vec()), ["kept-head"]);
}

#[test]
fn a_head_that_the_lines_gave_up_forbids_nothing() {
    let before = Written::opened();
    let lost = head_of(&longer(&longer(&before, "one"), "two"), &log_key());
    let mut restored = Written { ledger: before.ledger.clone(), lines: before.lines.clone() };
    let lost_head = String::from_utf8(lost.clone()).unwrap();
    let new_key = LogKeyChanged { log_key: Key::of("example.com/audit", 9).public() };
    let told = LedgerRestored { lost_head, reason: "演示：恢复备份".to_owned() };
    restored.record("office", None, vec![told.into(), new_key.into()]);
    let report = audited(&restored, &before, lost);
    assert_eq!((found(&report), report.kept_lines), (vec![], None));
    assert!(report.not_checked.contains(&NotChecked::Freshness), "there is no head to compare with");
    // Another head of the lost branch was not given up.
    let other = head_of(&longer(&longer(&longer(&before, "one"), "two"), "three"), &log_key());
    assert_eq!(found(&audited(&restored, &before, other))[0].0, "checkpoint-shrunk");
}

#[test]
fn what_nobody_outside_has_seen_is_said() {
    let written = Written::opened();
    let folder = written.folder();
    let not_checked = || rebuild(folder.path(), &Options::default()).unwrap().0.not_checked;
    let has = |list: &[NotChecked]| {
        [NotChecked::Unwitnessed, NotChecked::NoTimeStamp, NotChecked::TimeStamps]
            .map(|own| list.contains(&own))
    };
    assert_eq!(has(&not_checked()), [false, false, false], "there is no head that anybody could have seen");
    ledger::sign(folder.path(), &written, &log_key());
    assert_eq!(has(&not_checked()), [true, true, false]);
    std::fs::create_dir(folder.path().join("timestamps")).unwrap();
    std::fs::write(folder.path().join("timestamps/1.checkpoint"), "x").unwrap();
    assert_eq!(has(&not_checked()), [true, true, false], "a request is no answer");
    std::fs::write(folder.path().join("timestamps/1.tsr"), "x").unwrap();
    assert_eq!(has(&not_checked()), [true, false, true]);
    let checkpoint = folder.path().join("checkpoint");
    let note = std::fs::read_to_string(&checkpoint).unwrap();
    let line = note.lines().last().unwrap().replace("example.com/audit", "witness.example/w");
    std::fs::write(&checkpoint, format!("{note}{line}\n")).unwrap();
    assert_eq!(has(&not_checked()), [false, false, true]);
}

#[test]
fn the_very_head_that_was_remembered_is_no_older_one() {
    let written = Written::opened();
    let folder = written.folder();
    ledger::sign(folder.path(), &written, &log_key());
    let remembered = Some(head_of(&written, &log_key()));
    let (report, _) = rebuild(folder.path(), &Options { remembered, ..Options::default() }).unwrap();
    assert_eq!(found(&report), []);
}

#[test]
fn a_checkpoint_that_cannot_be_read_is_not_taken_for_none() {
    let folder = Written::opened().folder();
    std::fs::create_dir(folder.path().join("checkpoint")).unwrap();
    let error = rebuild(folder.path(), &Options::default()).unwrap_err();
    assert!(error.to_string().contains("checkpoint"), "{error}");
}
