//! A year as one file: it holds as it was made; what is cut, altered, added or taken out does not.

mod ledger;

use std::path::{Path, PathBuf};

use audit::bundle::{BundleReport, check, check_file, make, pack, unpack};
use chain::policy::Policy;
use ledger::{Key, Written};

fn log_key() -> Key {
    Key::of("example.com/audit", 7)
}

/// A part of the demonstration's year, signed, and its bundle in `bundle` below.
fn bundled(lines: u64) -> tempfile::TempDir {
    let written = ledger::demonstration(lines);
    let folder = written.folder();
    ledger::sign(folder.path(), &written, &log_key());
    let out = tempfile::tempdir().unwrap();
    std::fs::create_dir(out.path().join("bundle")).unwrap();
    make(folder.path(), 2022, &out.path().join("bundle")).unwrap();
    out
}

fn kinds(report: &BundleReport) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.kind).collect()
}

fn checked(folder: &Path) -> BundleReport {
    check(folder, None, 2).unwrap()
}

/// The only file below a folder whose name ends so.
fn file(folder: &Path, ending: &str) -> PathBuf {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    let [only] = &found[..] else { panic!("{ending}: {found:?}") };
    only.clone()
}

#[test]
fn a_bundle_is_made_again_byte_for_byte_and_holds_as_folder_and_as_file() {
    let out = bundled(3_000);
    let folder = out.path().join("bundle");
    let report = checked(&folder);
    assert!(report.holds(), "{:?}", report.findings);
    assert_eq!(report.tables.len(), 5);
    assert!(report.audit.as_ref().unwrap().tiles > 12, "tiles are compared too");
    for name in ["bundle.tar", "bundle.tar.zst"] {
        let packed = out.path().join(name);
        pack(&folder, &packed).unwrap();
        let again = out.path().join(format!("again-{name}"));
        pack(&folder, &again).unwrap();
        assert_eq!(std::fs::read(&packed).unwrap(), std::fs::read(&again).unwrap());
        let unpacked = out.path().join(format!("from-{name}"));
        std::fs::create_dir(&unpacked).unwrap();
        unpack(&packed, &unpacked).unwrap().unwrap();
        assert_eq!(checked(&unpacked), report);
        for threads in [1, 8] {
            assert_eq!(check_file(&packed, None, threads).unwrap().unwrap(), report, "{name} as it is read");
        }
    }
    // The same ledger gives the same bundle.
    let other = bundled(3_000);
    pack(&other.path().join("bundle"), &other.path().join("bundle.tar")).unwrap();
    let bytes = |folder: &Path| std::fs::read(folder.join("bundle.tar")).unwrap();
    assert_eq!(bytes(out.path()), bytes(other.path()));
}

#[test]
fn a_file_that_was_cut_or_continued_cannot_pass() {
    let out = bundled(2_000);
    for name in ["cut.tar", "cut.tar.zst"] {
        let packed = out.path().join(name);
        pack(&out.path().join("bundle"), &packed).unwrap();
        let whole = std::fs::read(&packed).unwrap();
        let at = |part: usize| whole.len() * part / 10;
        let lengths = (0..10).map(at).chain([whole.len() - 1, whole.len() - 512, whole.len() - 1_024]);
        for length in lengths {
            std::fs::write(&packed, &whole[..length]).unwrap();
            let into = tempfile::tempdir().unwrap();
            assert!(unpack(&packed, into.path()).unwrap().is_err(), "{name} {length} of {}", whole.len());
            assert!(check_file(&packed, None, 2).unwrap().is_err(), "{name} {length} of {}", whole.len());
        }
        std::fs::write(&packed, [whole.as_slice(), &[0; 512]].concat()).unwrap();
        assert!(unpack(&packed, tempfile::tempdir().unwrap().path()).unwrap().is_err(), "{name} continued");
        assert!(check_file(&packed, None, 2).unwrap().is_err(), "{name} continued");
    }
    // A manifest that was cut, in a folder.
    let manifest = out.path().join("bundle/manifest.jsonl");
    let rows = std::fs::read_to_string(&manifest).unwrap();
    let shorter: Vec<&str> = rows.lines().filter(|row| !row.contains("\"end\"")).collect();
    std::fs::write(&manifest, shorter.join("\n") + "\n").unwrap();
    assert_eq!(kinds(&checked(&out.path().join("bundle"))), ["bundle-manifest"]);
}

#[test]
fn a_cell_that_was_changed_is_named_even_if_manifest_and_root_were_changed_with_it() {
    let out = bundled(2_500);
    let folder = out.path().join("bundle");
    let scores = file(&folder, "/scores.v1.jsonl");
    let before = std::fs::read_to_string(&scores).unwrap();
    let row = before.lines().find(|row| row.contains("\"row\":\"area\"") && row.contains("guixi")).unwrap();
    let value: serde_json::Value = serde_json::from_str(row).unwrap();
    let awarded = value["awarded"].as_str().unwrap();
    // As long as it was, so that no count gives it away.
    let forged =
        format!("{}{}", &awarded[..awarded.len() - 1], if awarded.ends_with('1') { '2' } else { '1' });
    let changed = before.replace(row, &row.replacen(awarded, &forged, 1));
    std::fs::write(&scores, &changed).unwrap();
    assert_eq!(kinds(&checked(&folder))[0], "bundle-file");

    let manifest = folder.join("manifest.jsonl");
    let old = |text: &str, from: String, to: String| text.replace(&from, &to);
    let text = std::fs::read_to_string(&manifest).unwrap();
    let hash = |bytes: &str| chain::hash::content_hash(bytes.as_bytes()).to_string();
    let root = |bytes: &str| chain::hash::table_root(bytes.as_bytes()).to_string();
    let text = old(&text, hash(&before), hash(&changed));
    let text = old(&text, root(&before), root(&changed));
    std::fs::write(&manifest, text).unwrap();
    let report = checked(&folder);
    let [finding] = &report.findings[..] else { panic!("{:?}", report.findings) };
    assert_eq!(finding.kind, "published-table");
    assert_eq!(finding.table.as_ref().unwrap().row.as_deref(), Some("area guixi: awarded"));
    assert_eq!(
        (finding.expected.as_deref(), finding.found.as_deref()),
        (Some(awarded), Some(forged.as_str()))
    );
}

/// Packs a folder, whatever is in it: read once as a file, it gives the findings that the folder gives.
fn the_file_says_the_same(folder: &Path) {
    let packed = folder.with_extension("altered.tar.zst");
    pack(folder, &packed).unwrap();
    assert_eq!(check_file(&packed, None, 2).unwrap().unwrap(), checked(folder));
}

#[test]
fn what_only_a_folder_can_be_checked_for_is_refused_by_name() {
    let out = bundled(2_000);
    let folder = out.path().join("bundle");
    std::fs::create_dir(folder.join("tile/entries")).unwrap();
    std::fs::write(folder.join("tile/entries/000"), "lines").unwrap();
    let packed = out.path().join("entries.tar");
    pack(&folder, &packed).unwrap();
    let refused = check_file(&packed, None, 2).unwrap().unwrap_err();
    assert!(refused.contains("tile/entries/000") && refused.contains("解开"), "{refused}");
    assert!(!checked(&folder).holds());
}

#[test]
fn whatever_is_altered_added_or_taken_out_is_found() {
    let out = bundled(2_000);
    let folder = out.path().join("bundle");
    let stray = folder.join("journal/stray.key");
    std::fs::write(&stray, "PRIVATE+KEY+x").unwrap();
    assert_eq!(kinds(&checked(&folder)), ["bundle-file"]);
    std::fs::remove_file(&stray).unwrap();
    for ending in ["/checkpoint", "/00000000000000000000.jsonl", "/tile/0/003", "/ranking.v1.jsonl"] {
        let path = file(&folder, ending);
        let bytes = std::fs::read(&path).unwrap();
        let mut altered = bytes.clone();
        let middle = altered.len() / 2;
        altered[middle] ^= 1;
        std::fs::write(&path, altered).unwrap();
        assert!(!checked(&folder).holds(), "{ending} altered");
        the_file_says_the_same(&folder);
        std::fs::remove_file(&path).unwrap();
        assert!(!checked(&folder).holds(), "{ending} taken out");
        the_file_says_the_same(&folder);
        std::fs::write(&path, bytes).unwrap();
    }
    assert!(checked(&folder).holds());
}

#[test]
fn the_policy_decides_whose_head_it_is() {
    let out = bundled(2_000);
    let policy =
        |key: &Key| Policy::parse(format!("log {}\nquorum none\n", key.public()).as_bytes()).unwrap();
    let folder = out.path().join("bundle");
    assert!(check(&folder, Some(&policy(&log_key())), 2).unwrap().holds());
    let other = check(&folder, Some(&policy(&Key::of("example.com/audit", 8))), 2).unwrap();
    assert_eq!(kinds(&other), ["policy"]);
}

#[test]
fn lines_beyond_the_head_are_signed_by_nobody_and_left_out() {
    let written = ledger::demonstration(2_400);
    let folder = written.folder();
    // Heads are signed between submissions.
    let submission = |at: usize| chain::line::Line::parse(&written.lines[at]).unwrap().submission;
    let size = (1..=2_000).rev().find(|at| submission(*at) != submission(*at - 1)).unwrap();
    let signed = Written { ledger: written.ledger.clone(), lines: written.lines[..size].to_vec() };
    ledger::sign(folder.path(), &signed, &log_key());
    let out = tempfile::tempdir().unwrap();
    let made = make(folder.path(), 2022, out.path()).unwrap();
    assert_eq!(made.bundle.size, size as u64);
    let report = checked(out.path());
    assert!(report.holds(), "{:?}", report.findings);
    assert_eq!(report.audit.map(|audit| audit.lines), Some(size as u64));
}
