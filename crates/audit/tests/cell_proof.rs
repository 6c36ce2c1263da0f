//! A score cell in one file: it holds as it was made, and whatever is changed in it no longer does.

mod ledger;

use audit::cell_proof::{Asked, CannotProve, CellReport, Trust, check, make};
use chain::policy::Policy;
use events::CompletenessStated;
use ledger::{Key, Written};
use serde_json::Value;

fn asked(indicator: &str, area: &str) -> Asked {
    Asked {
        plan: None,
        indicator: indicator.parse().unwrap(),
        area: area.parse().unwrap(),
        as_of: "2022-12-31".parse().unwrap(),
    }
}

/// The demonstration's year under a signed head.
fn signed_year() -> tempfile::TempDir {
    let written = ledger::demonstration(u64::MAX);
    let folder = written.folder();
    ledger::sign(folder.path(), &written, &log_key());
    folder
}

fn log_key() -> Key {
    Key::of("example.com/audit", 7)
}

fn rows(proof: &[u8]) -> Vec<String> {
    let text = String::from_utf8(zstd::decode_all(proof).unwrap()).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn packed(rows: &[String]) -> Vec<u8> {
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    zstd::encode_all(text.as_bytes(), 3).unwrap()
}

fn kinds(report: &CellReport) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.kind).collect()
}

fn is_line(row: &str) -> bool {
    row.contains("\"line\":{")
}

/// The trailer for one line less.
fn one_line_less(rows: &mut [String]) {
    let end = rows.last_mut().unwrap();
    let mut value: Value = serde_json::from_str(end).unwrap();
    value["end"]["lines"] = (value["end"]["lines"].as_u64().unwrap() - 1).into();
    *end = value.to_string();
}

/// The row of a line with a member set that it may have left out.
fn with_member(row: &str, name: &str, value: Value) -> String {
    let mut row: Value = serde_json::from_str(row).unwrap();
    row["line"][name] = value;
    String::from_utf8(chain::json::canonicalize(row.to_string().as_bytes()).unwrap()).unwrap()
}

#[test]
fn a_cell_is_proven_offline_within_fifty_kilobytes() {
    let folder = signed_year();
    for (row, area) in [("value-added", "guixi"), ("core-firms-new", "yujiang"), ("online-retail", "yuehu")] {
        let proof = make(folder.path(), &asked(row, area)).unwrap();
        assert!(proof.len() <= 50_000, "{row} {area}: {} bytes", proof.len());
        let report = check(&proof, &Trust::Key(log_key().public().parse().unwrap()));
        assert!(report.findings.is_empty(), "{:?}", report.findings);
        let result = report.result.unwrap();
        assert!(result["block"]["points"].is_string() && !result["steps"].as_array().unwrap().is_empty());
        assert!(!report.units.is_empty());
    }
}

#[test]
fn other_years_are_in_the_units_chain_and_in_no_result() {
    let written = ledger::demonstration_of(2, u64::MAX);
    let folder = written.folder();
    ledger::sign(folder.path(), &written, &log_key());
    for year in ["2022", "2023"] {
        let asked = Asked { as_of: format!("{year}-12-31").parse().unwrap(), ..asked("gdp", "guixi") };
        let proof = make(folder.path(), &asked).unwrap();
        assert!(proof.len() <= 50_000, "{} bytes", proof.len());
        let report = check(&proof, &Trust::Own);
        assert!(report.findings.is_empty(), "{:?}", report.findings);
        let [unit] = &report.units[..] else { panic!("{:?}", report.units) };
        assert_eq!(unit.lines, written.ledger.head().units["guixi"].lines, "the whole chain");
        let result = report.result.unwrap();
        let passed_over = result["passed_over"].as_array().unwrap();
        assert!(!passed_over.is_empty());
        for figure in passed_over.iter().chain([&result["figure"]]) {
            assert!(figure["as_at"].as_str().unwrap().starts_with(year), "{figure}");
        }
        let rows = rows(&proof);
        for other in ["2022", "2023"] {
            let figure = format!("\"as_at\":\"{other}-");
            assert!(rows.iter().any(|row| is_line(row) && row.contains(&figure)), "{other} in {year}");
        }
    }
}

#[test]
fn a_line_that_its_units_next_line_does_not_name_is_found() {
    let folder = signed_year();
    let mut rows = rows(&make(folder.path(), &asked("value-added", "yujiang")).unwrap());
    // A unit's first submission; its second line says that it follows another line than the first.
    let filed = |row: &String| is_line(row) && row.contains("\"type\":\"submission-filed\"");
    let at = rows.iter().position(filed).unwrap();
    rows[at + 1] = with_member(&rows[at + 1], "unit_prev", "00".repeat(32).into());
    assert_eq!(kinds(&check(&packed(&rows), &Trust::Own)), ["proof-chain"]);
}

#[test]
fn what_a_unit_signed_about_its_own_lines_is_told_with_the_cell() {
    let mut written = ledger::demonstration(u64::MAX);
    let key = Key::of("guixi", 3);
    written.record("digital-office", None, vec![ledger::enrolled("guixi", &key)]);
    let head = written.ledger.head().units["guixi"];
    let period = "2022-12".parse().unwrap();
    let stated = CompletenessStated { head: head.hash, lines: head.lines, period };
    written.record("guixi", Some(&key), vec![stated.into()]);
    let folder = written.folder();
    ledger::sign(folder.path(), &written, &log_key());
    let proof = make(folder.path(), &asked("value-added", "guixi")).unwrap();
    let report = check(&proof, &Trust::Own);
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let [unit] = &report.units[..] else { panic!("{:?}", report.units) };
    assert_eq!((unit.lines, unit.stated), (head.lines + 1, Some(head.lines)));
    assert!(report.not_proven.iter().any(|what| what.contains("由该单位签名声明")));
}

#[test]
fn any_line_that_is_left_out_or_altered_breaks_the_proof() {
    let folder = signed_year();
    let proof = make(folder.path(), &asked("value-added", "yujiang")).unwrap();
    let whole = rows(&proof);
    let lines: Vec<usize> = (0..whole.len()).filter(|at| is_line(&whole[*at])).collect();
    // Every line takes a second in a debug build; each seventh and the last ones stand for all.
    for at in lines.iter().copied().step_by(7).chain(lines.iter().rev().take(3).copied()) {
        let mut less = whole.clone();
        less.remove(at);
        one_line_less(&mut less);
        assert!(!check(&packed(&less), &Trust::Own).findings.is_empty(), "{}", whole[at]);
        let mut altered = whole.clone();
        altered[at] = with_member(&whole[at], "by", "another".into());
        assert!(!check(&packed(&altered), &Trust::Own).findings.is_empty(), "{}", whole[at]);
    }
}

#[test]
fn a_result_that_does_not_follow_is_found() {
    let folder = signed_year();
    let mut rows = rows(&make(folder.path(), &asked("value-added", "yujiang")).unwrap());
    let at = rows.len() - 2;
    let mut result: Value = serde_json::from_str(&rows[at]).unwrap();
    result["result"]["block"]["points"] = "9.99".into();
    rows[at] = String::from_utf8(chain::json::canonicalize(result.to_string().as_bytes()).unwrap()).unwrap();
    let report = check(&packed(&rows), &Trust::Own);
    assert_eq!(kinds(&report), ["proof-result"]);
    assert!(report.findings[0].found.as_ref().unwrap().contains("9.99"));
}

#[test]
fn what_a_proof_says_of_itself_is_held_against_its_lines_and_head() {
    let folder = signed_year();
    let whole = rows(&make(folder.path(), &asked("value-added", "yujiang")).unwrap());
    let zeros = Value::from("00".repeat(32));
    let others = [
        ("origin", "example.com/other".into(), "proof-head"),
        ("root", zeros.clone(), "proof-head"),
        ("rules", zeros, "proof-result"),
        ("plan", "another".into(), "proof-missing"),
        ("indicator", "gdp".into(), "proof-missing"),
        ("indicator", "no-such-row".into(), "proof-missing"),
        ("area", "city-level".into(), "proof-missing"),
        ("as_of", "2022-11-30".into(), "proof-result"),
    ];
    let size = serde_json::from_str::<Value>(&whole[0]).unwrap()["cell"]["size"].as_u64().unwrap();
    // More lines than the head counts, and so few that a line lies beyond them.
    let sizes = [("size", Value::from(size + 1), "proof-head"), ("size", 1.into(), "proof-line")];
    for (member, value, kind) in others.into_iter().chain(sizes) {
        let mut rows = whole.clone();
        let mut cell: Value = serde_json::from_str(&rows[0]).unwrap();
        assert_ne!(std::mem::replace(&mut cell["cell"][member], value.clone()), value);
        rows[0] = String::from_utf8(chain::json::canonicalize(cell.to_string().as_bytes()).unwrap()).unwrap();
        assert_eq!(kinds(&check(&packed(&rows), &Trust::Own)), [kind], "{member} {value}");
    }
}

#[test]
fn lines_that_stand_in_no_order_are_no_proof() {
    let folder = signed_year();
    let whole = rows(&make(folder.path(), &asked("value-added", "yujiang")).unwrap());
    let lines: Vec<usize> = (0..whole.len()).filter(|at| is_line(&whole[*at])).collect();
    for position in [0, 1] {
        let mut rows = whole.clone();
        rows[lines[9]] = with_member(&rows[lines[9]], "position", position.into());
        assert_eq!(kinds(&check(&packed(&rows), &Trust::Own)), ["proof-line"], "{position}");
    }
    let mut rows = whole.clone();
    rows[lines[9]] = with_member(&rows[lines[9]], "id", "00000000-0000-4000-8000-000000000000".into());
    assert_eq!(kinds(&check(&packed(&rows), &Trust::Own)), ["proof-format"]);
}

#[test]
fn a_file_that_was_cut_cannot_pass() {
    let folder = signed_year();
    let proof = make(folder.path(), &asked("gdp", "guixi")).unwrap();
    for length in [0, 1, proof.len() / 2, proof.len() - 1] {
        assert_eq!(kinds(&check(&proof[..length], &Trust::Own)), ["proof-format"], "{length}");
    }
    let rows = rows(&proof);
    for kept in [0, 1, 2, rows.len() / 2, rows.len() - 1] {
        assert_eq!(kinds(&check(&packed(&rows[..kept]), &Trust::Own)), ["proof-format"], "{kept}");
    }
}

#[test]
fn whose_signature_it_is_decides_the_auditor() {
    let folder = signed_year();
    let proof = make(folder.path(), &asked("gdp", "guixi")).unwrap();
    let other = Key::of("example.com/audit", 8).public();
    assert_eq!(kinds(&check(&proof, &Trust::Key(other.parse().unwrap()))), ["proof-head"]);
    let policy = |text: String| Trust::Policy(Policy::parse(text.as_bytes()).unwrap());
    let ours = policy(format!("log {}\nquorum none\n", log_key().public()));
    assert!(check(&proof, &ours).findings.is_empty());
    let theirs = policy(format!("log {other}\nquorum none\n"));
    assert_eq!(kinds(&check(&proof, &theirs)), ["proof-head"]);
    let own = check(&proof, &Trust::Own);
    assert!(own.not_proven[0].contains("没有给出密钥"), "{:?}", own.not_proven);
}

#[test]
fn nothing_is_proven_of_a_ledger_that_is_unsigned_or_damaged() {
    let written = ledger::demonstration(2_000);
    let unsigned = written.folder();
    assert!(matches!(make(unsigned.path(), &asked("gdp", "guixi")), Err(CannotProve::NoHead(_))));
    let mut damaged = Written { ledger: written.ledger.clone(), lines: written.lines.clone() };
    damaged.lines.remove(1_000);
    let folder = damaged.folder();
    assert!(matches!(make(folder.path(), &asked("gdp", "guixi")), Err(CannotProve::NotSound { .. })));
    ledger::sign(unsigned.path(), &written, &log_key());
    assert!(matches!(make(unsigned.path(), &asked("gdp", "nowhere")), Err(CannotProve::NoCell { .. })));
}
