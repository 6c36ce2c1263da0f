//! The format's whole ledgers, sound and damaged: verdict, first finding, cut, lines and root.

use std::fs;
use std::path::{Path, PathBuf};

use audit::{Options, Report, verify_directory};
use serde_json::Value;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

fn expected(case: &Path) -> Value {
    serde_json::from_slice(&fs::read(case.join("expect.json")).unwrap()).unwrap()
}

fn audit(case: &Path) -> Report {
    let policy =
        fs::read(case.join("policy")).ok().map(|bytes| chain::policy::Policy::parse(&bytes).unwrap());
    let remembered = fs::read(case.join("remembered")).ok();
    verify_directory(case, &Options { policy, remembered, kept: None }).unwrap()
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| path.is_dir());
    all.sort();
    all
}

/// Compares a report with what the vectors bind; gives what differs.
fn differences(report: &Report, expected: &Value) -> Vec<String> {
    let first = report.findings.first().map(|finding| (finding.kind, finding.position));
    let bound = &expected["first"];
    let bound = bound.as_object().map(|first| (first["kind"].as_str().unwrap(), first["position"].as_u64()));
    let pairs = [
        (
            "verdict",
            format!("{:?}", report.verdict.code()),
            format!("{:?}", expected["verdict"].as_str().unwrap()),
        ),
        ("first", format!("{first:?}"), format!("{bound:?}")),
        ("cut", format!("{:?}", report.cut.map(|cut| cut.0)), format!("{:?}", expected["cut"][0].as_u64())),
        ("lines", report.lines.to_string(), expected["lines"].to_string()),
        ("root", report.root.to_hex(), expected["root"].as_str().unwrap().to_owned()),
    ];
    let differing = pairs.into_iter().filter(|(_, own, bound)| own != bound);
    differing.map(|(what, own, bound)| format!("{what}: {own}, expected {bound}")).collect()
}

#[test]
fn damaged_ledgers_are_told_from_legal_ones() {
    let folders = folders(&Path::new(HERE).join("../chain/tests/vectors/damaged"));
    assert_eq!(folders.len(), 148, "all cases are here");
    let mut wrong = Vec::new();
    for case in folders {
        let report = audit(&case);
        for difference in differences(&report, &expected(&case)) {
            wrong.push(format!("{}: {difference}", case.file_name().unwrap().to_string_lossy()));
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn whole_ledgers_have_the_counts_and_hashes_stated() {
    let folders = folders(&Path::new(HERE).join("../chain/tests/vectors/ledgers"));
    assert_eq!(folders.len(), 9);
    for case in folders {
        let (report, expected) = (audit(&case), expected(&case));
        assert!(report.is_clean(), "{}: {:?}", case.display(), report.findings);
        assert_eq!(report.lines, expected["lines"].as_u64().unwrap());
        assert_eq!(report.root.to_hex(), expected["root"]);
        assert_eq!(report.head.to_hex(), expected["head"]);
        assert!(report.tiles > 0, "{}: tiles were compared", case.display());
        let units = expected["units"].as_object().unwrap();
        assert_eq!(report.units.len(), units.len());
        for (unit, chain) in &report.units {
            assert_eq!(chain.lines, units[unit]["lines"].as_u64().unwrap());
            assert_eq!(chain.head.to_hex(), units[unit]["head"]);
        }
    }
}

#[test]
fn an_empty_ledger_is_never_clean() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("journal")).unwrap();
    let report = verify_directory(folder.path(), &Options::default()).unwrap();
    assert!(!report.is_clean());
    assert_eq!(report.verdict.code(), "empty");
    assert!(report.not_checked.contains(&audit::NotChecked::Lines));
}

#[test]
fn a_fold_sees_every_line_in_order() {
    let ledger = Path::new(HERE).join("../chain/tests/vectors/ledgers/n1000");
    let mut seen = Vec::new();
    let report =
        audit::replay(&ledger, &Options::default(), |line, hash| seen.push((line.position, hash))).unwrap();
    assert_eq!(report.lines, 1000);
    assert!(seen.iter().map(|(position, _)| *position).eq(0..1000));
    assert_eq!(seen.last().unwrap().1, report.head);
}
