//! An audit that folds what it reads: the same model as the writer's, and findings where lines mean nothing.

mod ledger;

use audit::{NotChecked, Options, Report, rebuild};
use domain::ledger::Ledger;
use events::{Event, KeyRevoked};
use ledger::{Key, Written, enrolled, registered};
use projections::ReadModel;

fn audited(written: &Written) -> (Report, Option<ReadModel>) {
    rebuild(written.folder().path(), &Options::default()).unwrap()
}

fn found(written: &Written) -> Vec<(&'static str, Option<u64>)> {
    let (report, _) = audited(written);
    report.findings.iter().map(|finding| (finding.kind, finding.position)).collect()
}

fn kinds(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.kind).collect()
}

fn revoked(unit: &str, key: &Key) -> Event {
    KeyRevoked { holder: unit.parse().unwrap(), key: key.public(), reason: "遗失".to_owned() }.into()
}

#[test]
fn the_audit_rebuilds_what_the_writer_had() {
    let written = ledger::demonstration(u64::MAX);
    let (report, model) = audited(&written);
    let model = model.unwrap();
    assert!(report.is_clean(), "{:?}", report.findings);
    assert!(model.ledger() == &written.ledger, "registry, figures and heads are equal");
    assert_eq!(model.tree().root(), report.root);
    assert_eq!(report.folded_lines, Some(report.lines));
    assert!(!report.not_checked.contains(&NotChecked::Tables));
}

#[test]
fn a_break_of_the_chain_ends_the_fold() {
    let mut written = ledger::demonstration(u64::MAX);
    let at = written.lines.len() / 2;
    written.lines.remove(at);
    let (report, model) = audited(&written);
    assert!(kinds(&report).contains(&"position"));
    assert_eq!(report.folded_lines, Some(at as u64));
    assert_eq!(model.unwrap().size(), at as u64);
    assert!(report.not_checked.contains(&NotChecked::Tables));
}

#[test]
fn a_line_of_another_history_ends_the_fold() {
    let mut written = Written::opened();
    let one = written.record("office", None, vec![registered("finance")]);
    // Two appends after it: one alone could be what a crash left.
    written.record("office", None, vec![registered("transport")]);
    written.record("office", None, vec![registered("culture")]);
    let altered = String::from_utf8(written.lines[1].clone()).unwrap().replace("演示局", "演示所");
    written.lines[1] = altered.into_bytes();
    let (report, _) = audited(&written);
    assert!(kinds(&report).contains(&"prev"));
    assert_eq!(report.folded_lines, Some(one + 1), "the altered line chains backwards, the next does not");
}

#[test]
fn nothing_is_folded_where_nothing_can_be_read() {
    let written = Written { ledger: Ledger::default(), lines: vec![b"{}".to_vec()] };
    let (report, model) = audited(&written);
    assert_eq!((report.folded_lines, model), (Some(0), None));
}

/// A reader takes it, as its Unicode tables may be older than the writer's; no writer of today would record it.
fn rules_with_an_unassigned_code_point() -> String {
    let mut rules = serde_json::to_value(seeds::yingtan_2022_rules()).unwrap();
    let deductions = rules["deductions"].as_object_mut().unwrap();
    let (_, any) = deductions.iter().next().unwrap();
    deductions.insert("\u{378}".to_owned(), any.clone());
    let adopted = serde_json::json!({
        "effective_from": "2022-01-01", "plan": "yingtan-2022", "rulebook": "odd", "rules": rules, "title": "演示数据",
    });
    String::from_utf8(chain::json::canonicalize(adopted.to_string().as_bytes()).unwrap()).unwrap()
}

#[test]
fn lines_that_mean_nothing_are_findings_and_end_the_fold() {
    let odd = rules_with_an_unassigned_code_point();
    let cases = [
        ("figure-dreamt", 1, r#"{"x":1}"#, "unknown-type"),
        ("unit-registered", 9, r#"{"x":1}"#, "unknown-type"),
        ("unit-registered", 1, r#"{"x":1}"#, "payload"),
        ("rulebook-adopted", 1, &odd, "payload"),
    ];
    for (kind, version, data, finding) in cases {
        let mut written = Written::opened();
        let at = written.raw("finance", kind, version, data);
        assert_eq!(found(&written), [(finding, Some(at))], "{kind}");
        let (report, model) = audited(&written);
        assert_eq!((report.folded_lines, model.unwrap().size()), (Some(at), at));
        assert!(report.not_checked.contains(&NotChecked::Tables));
    }
}

#[test]
fn signatures_are_held_to_the_keys_enrolled_then() {
    let (old, new) = (Key::of("finance", 1), Key::of("finance", 2));
    let act = || vec![registered("finance")];
    let mut written = Written::opened();
    written.record("finance", None, act());
    let early = written.record("finance", Some(&old), act());
    written.record("office", None, vec![enrolled("finance", &old)]);
    written.record("finance", Some(&old), act());
    let unsigned = written.record("finance", None, act());
    written.record("office", None, vec![revoked("finance", &old), enrolled("finance", &new)]);
    let late = written.record("finance", Some(&old), act());
    written.record("finance", Some(&new), act());
    let expected = [("key-not-enrolled", early), ("signature-missing", unsigned), ("key-not-enrolled", late)];
    assert_eq!(found(&written), expected.map(|(kind, at)| (kind, Some(at))));
    let (report, _) = audited(&written);
    assert_eq!(report.signatures, 4);
    assert!(!report.not_checked.contains(&NotChecked::Enrolment));
}

#[test]
fn a_line_that_cannot_be_read_ends_the_model_before_it() {
    let mut written = Written::opened();
    // Two appends after the damaged one: one alone could be what a crash left.
    for name in ["one", "two", "three"] {
        written.record("office", None, vec![registered(name)]);
    }
    let lines = written.lines.len() as u64;
    let root = chain::tree::root_of(&[chain::hash::leaf_hash(&written.lines[0])]);
    written.lines[1] = b"{}".to_vec();
    let (report, model) = audited(&written);
    let model = model.unwrap();
    assert_eq!((report.lines, report.folded_lines, model.size()), (lines, Some(1), 1));
    assert_eq!(model.tree().root(), root, "the tree is of the lines that were taken over");
    assert!(report.not_checked.contains(&NotChecked::Tables) && !report.is_clean());
}

#[test]
fn each_thing_that_was_not_checked_is_named_and_nothing_else() {
    use NotChecked::{
        AttestedTables, Freshness, Head, Lines, LinesAfterHead, LogKey, NoTimeStamp, Statements, Tables,
        Tiles, Unwitnessed, Witnesses,
    };
    let key = Key::of("example.com/audit", 7);
    let mut written = Written::opened();
    let before = Written { ledger: written.ledger.clone(), lines: written.lines.clone() };
    written.record("office", None, vec![registered("one")]);
    let told = |written: &Written, head: Option<&Written>, policy: bool| {
        let folder = written.folder();
        if let Some(head) = head {
            ledger::sign(folder.path(), head, &key);
        }
        let text = format!("log {}\nquorum none\n", key.public());
        let policy = policy.then(|| chain::policy::Policy::parse(text.as_bytes()).unwrap());
        let (report, _) = rebuild(folder.path(), &Options { policy, ..Options::default() }).unwrap();
        report.not_checked
    };
    let empty = Written::default();
    assert_eq!(told(&empty, None, false), [Lines, Head, Witnesses, Freshness, Tiles]);
    let no_head = [Head, Witnesses, Freshness, Tiles, AttestedTables, Statements];
    assert_eq!(told(&written, None, false), no_head);
    assert_eq!(told(&written, None, true), no_head, "a policy without a head checks nothing");
    let whole = [Witnesses, Unwitnessed, NoTimeStamp, Freshness, Tiles, AttestedTables, Statements];
    assert_eq!(told(&written, Some(&written), false), whole);
    assert_eq!(told(&written, Some(&written), true), whole[1..]);
    let behind = [&[LinesAfterHead], &whole[..]].concat();
    assert_eq!(told(&written, Some(&before), false), behind);
    // No line names a key: the head's signature cannot be checked, and nothing was folded.
    let keyless = Written { lines: vec![b"{}".to_vec()], ..Written::default() };
    let expected = [LogKey, Witnesses, Unwitnessed, NoTimeStamp, Freshness, Tiles, Tables];
    assert_eq!(told(&keyless, Some(&before), false), expected);
}

#[test]
fn without_the_fold_it_is_said_what_stays_open() {
    let mut written = Written::opened();
    written.record("finance", Some(&Key::of("finance", 1)), vec![registered("finance")]);
    let report = audit::verify_directory(written.folder().path(), &Options::default()).unwrap();
    assert!(report.is_clean(), "the signature itself is right");
    assert!(report.not_checked.contains(&NotChecked::Enrolment));
    assert!(report.not_checked.contains(&NotChecked::Tables));
}

#[test]
fn a_report_is_json_with_stable_names() {
    let mut written = Written::opened();
    let at = written.raw("finance", "figure-dreamt", 1, "{}");
    let (report, _) = audited(&written);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["verdict"], "damage");
    assert_eq!(json["findings"][0]["kind"], "unknown-type");
    assert_eq!(json["findings"][0]["position"], at);
    assert!(json["findings"][0]["message_zh"].as_str().unwrap().contains("figure-dreamt"));
    assert_eq!(json["root"], report.root.to_hex());
    assert_eq!(json["units"]["office"]["lines"], 1);
    assert_eq!(json["not_checked"], serde_json::json!(["head", "witnesses", "freshness", "tiles", "tables"]));
}
