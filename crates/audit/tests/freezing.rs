//! An audit decides freezing again: what no committee approved is found, and what no lines give.

mod ledger;

use audit::{NotChecked, Options, rebuild};
use chain::note::{KeyType, VerifierKey};
use chain::tree_index::TreeIndex;
use domain::ledger::Statement;
use domain::registry::PlanIx;
use domain::scoring::At;
use ed25519_dalek::SigningKey;
use events::{
    CommitteeAppointed, CommitteeMember, Event, RulebookAdopted, SnapshotApproved, SnapshotFrozen,
    SnapshotKind, SnapshotProposed,
};
use ledger::Written;
use projections::Reading;
use projections::snapshots::{Terms, manifest};

const OFFICE: &str = "office";
const ORIGIN: &str = "example.com/audit";

fn key(member: &str) -> SigningKey {
    SigningKey::from_bytes(&chain::hash::content_hash(member.as_bytes()).0)
}

fn root(written: &Written) -> chain::TreeHash {
    let mut tree = TreeIndex::default();
    written.lines.iter().for_each(|line| tree.append(chain::hash::leaf_hash(line)));
    tree.root()
}

/// The plan's opening, and two members who must both approve.
fn with_committee() -> Written {
    let mut written = Written::opened();
    let plan = seeds::yingtan_2022();
    written.record(OFFICE, None, seeds::opening(&plan, seeds::Opening::default()));
    let rules = RulebookAdopted {
        effective_from: "2022-01-01".parse().unwrap(),
        plan: plan.id.clone(),
        rulebook: "default".parse().unwrap(),
        rules: Box::new(seeds::yingtan_2022_rules()),
        title: "演示规则".to_owned(),
    };
    written.record(OFFICE, None, vec![rules.into()]);
    let member = |account: &str| CommitteeMember {
        key: VerifierKey::of(account, KeyType::Cosignature, &key(account)).unwrap().to_string(),
        member: account.parse().unwrap(),
        unit: "assessment-committee".parse().unwrap(),
    };
    let appointed = CommitteeAppointed {
        approvals: Vec::new(),
        document: "演示数据：任命文件".to_owned(),
        members: vec![member("member-1"), member("member-2")],
        plan: plan.id,
        quorum: 2,
        root: root(&written),
        size: written.lines.len() as u64,
    };
    written.record(OFFICE, None, vec![appointed.into()]);
    written
}

fn proposal(written: &Written) -> SnapshotProposed {
    let kind = SnapshotKind::YearEnd;
    let at = At { as_of: kind.as_of(2022), known: written.lines.len() as u64 };
    let reading = Reading::in_force(written.ledger.book(), PlanIx(0), at, root(written)).unwrap();
    let terms = Terms { waiver: Some("演示".to_owned()), ..Terms::default() };
    manifest(&reading, written.ledger.snapshots(), 2022, kind, terms)
}

fn propose(written: &mut Written, manifest: SnapshotProposed) -> chain::EventHash {
    written.record(OFFICE, None, vec![manifest.into()]);
    written.ledger.head().hash
}

fn approve(written: &mut Written, account: &str, snapshot: chain::EventHash) {
    let manifest: Event = written.ledger.snapshots().snapshot(&snapshot).unwrap().manifest.clone().into();
    let statement = Statement::of(ORIGIN, &manifest).unwrap();
    let approval = statement.approvable().approve(account, &key(account), 0).unwrap();
    let approved = SnapshotApproved { approval, member: account.parse().unwrap(), snapshot };
    written.record("assessment-committee", None, vec![approved.into()]);
}

/// Kind, position and what was found, of each finding.
fn found(written: &Written) -> Vec<(&'static str, Option<u64>, String)> {
    let (report, _) = rebuild(written.folder().path(), &Options::default()).unwrap();
    report
        .findings
        .into_iter()
        .map(|finding| (finding.kind, finding.position, finding.found.unwrap_or_default()))
        .collect()
}

#[test]
fn what_the_quorum_froze_is_clean() {
    let mut written = with_committee();
    let manifest = proposal(&written);
    let snapshot = propose(&mut written, manifest);
    approve(&mut written, "member-1", snapshot);
    approve(&mut written, "member-2", snapshot);
    written.record(OFFICE, None, vec![SnapshotFrozen { snapshot }.into()]);
    assert_eq!(found(&written), []);
}

#[test]
fn a_freezing_that_nobody_approved_is_found() {
    let mut written = with_committee();
    let manifest = proposal(&written);
    let snapshot = propose(&mut written, manifest);
    approve(&mut written, "member-1", snapshot);
    let position = written.record(OFFICE, None, vec![SnapshotFrozen { snapshot }.into()]);
    assert_eq!(found(&written), [("freezing", Some(position), "quorum-missing".to_owned())]);
}

#[test]
fn an_approval_that_no_member_signed_is_found() {
    let mut written = with_committee();
    let manifest = proposal(&written);
    let snapshot = propose(&mut written, manifest.clone());
    let other = SnapshotProposed { waiver: Some("另一原因".to_owned()), ..manifest };
    let statement = Statement::of(ORIGIN, &other.into()).unwrap();
    let approval = statement.approvable().approve("member-1", &key("member-1"), 0).unwrap();
    let approved = SnapshotApproved { approval, member: "member-1".parse().unwrap(), snapshot };
    let position = written.record(OFFICE, None, vec![approved.into()]);
    assert_eq!(found(&written), [("freezing", Some(position), "approval-bad".to_owned())]);
}

#[test]
fn proposed_tables_that_the_lines_do_not_give_are_found() {
    let mut written = with_committee();
    let mut manifest = proposal(&written);
    let scores = manifest.tables.iter_mut().find(|table| table.table == "scores").unwrap();
    scores.root = chain::hash::table_root(b"better scores");
    let wrong = format!("scores {}", scores.root);
    let position = written.lines.len() as u64;
    propose(&mut written, manifest);
    assert_eq!(found(&written), [("snapshot-table", Some(position), wrong)]);

    let mut written = with_committee();
    let manifest = SnapshotProposed { root: chain::TreeHash([9; 32]), ..proposal(&written) };
    let wrong = manifest.root.to_string();
    propose(&mut written, manifest);
    assert_eq!(found(&written), [("snapshot-root", Some(position), wrong)]);
}

#[test]
fn a_proposal_of_lines_long_past_must_have_their_root_too() {
    let mut written = with_committee();
    let manifest = proposal(&written);
    // More lines than one tile's: the tree no longer has the leaves at the proposal's size.
    (0..300).for_each(|number| {
        written.record(OFFICE, None, vec![ledger::registered(&format!("bureau-{number}"))]);
    });
    assert!(written.lines.len() as u64 / 256 > manifest.size / 256);
    let right = manifest.clone();
    let manifest = SnapshotProposed { root: chain::TreeHash([9; 32]), ..manifest };
    let wrong = manifest.root.to_string();
    let position = written.lines.len() as u64;
    let snapshot = propose(&mut written, manifest);
    assert_eq!(found(&written), [("snapshot-root", Some(position), wrong)]);

    let mut written = with_committee();
    (0..300).for_each(|number| {
        written.record(OFFICE, None, vec![ledger::registered(&format!("bureau-{number}"))]);
    });
    assert_ne!(propose(&mut written, right), snapshot);
    assert_eq!(found(&written), []);
}

/// A frozen snapshot and its copies, as `snapshot approve` leaves them: the folder, and that of the copies.
fn with_copies() -> (tempfile::TempDir, std::path::PathBuf, u64) {
    let mut written = with_committee();
    let manifest = proposal(&written);
    let snapshot = propose(&mut written, manifest);
    approve(&mut written, "member-1", snapshot);
    approve(&mut written, "member-2", snapshot);
    written.record(OFFICE, None, vec![SnapshotFrozen { snapshot }.into()]);
    let folder = written.folder();
    let frozen = written.ledger.snapshots().snapshot(&snapshot).unwrap();
    let copies = folder.path().join(projections::snapshots::folder(frozen));
    std::fs::create_dir_all(&copies).unwrap();
    std::fs::write(copies.join("manifest.json"), chain::json::to_canonical(&frozen.manifest).unwrap())
        .unwrap();
    let book = written.ledger.book();
    for own in projections::snapshots::remake(book, &frozen.manifest, frozen.manifest.root).unwrap() {
        std::fs::write(copies.join(format!("{}.jsonl", own.listed.table)), own.table.bytes()).unwrap();
    }
    (folder, copies, frozen.position)
}

#[test]
fn a_copy_of_a_frozen_table_is_as_it_was_frozen_or_named_by_its_row() {
    let (folder, copies, position) = with_copies();
    let audited = || rebuild(folder.path(), &Options::default()).unwrap().0;
    let report = audited();
    assert_eq!((report.findings.len(), report.frozen_files), (0, 6));
    assert!(!report.not_checked.contains(&NotChecked::FrozenCopies));

    let scores = copies.join("scores.jsonl");
    let table = std::fs::read_to_string(&scores).unwrap();
    let row = table.lines().find(|row| row.contains("\"row\":\"area\"")).unwrap();
    std::fs::write(&scores, table.replace(row, &row.replacen("\"assessed\":\"", "\"assessed\":\"9", 1)))
        .unwrap();
    let report = audited();
    let [finding] = &report.findings[..] else { panic!("{:?}", report.findings) };
    let place = finding.table.as_ref().unwrap();
    assert_eq!(
        (finding.kind, finding.position, place.table.as_str()),
        ("frozen-copy", Some(position), "scores")
    );
    assert!(place.row.as_deref().is_some_and(|row| row.ends_with(": assessed")), "{place:?}");
    assert_eq!(finding.found, finding.expected.as_ref().map(|right| format!("9{right}")));

    std::fs::remove_file(&scores).unwrap();
    let report = audited();
    assert_eq!((report.findings.len(), report.frozen_files), (0, 5));
    assert!(report.not_checked.contains(&NotChecked::FrozenCopies));
    std::fs::write(&scores, table).unwrap();

    std::fs::write(copies.join("manifest.json"), "{}").unwrap();
    let report = audited();
    assert_eq!((report.findings[0].kind, report.findings[0].position), ("frozen-copy", Some(position)));
}

#[test]
fn what_belongs_to_no_frozen_snapshot_is_not_taken_for_one() {
    let (folder, copies, _) = with_copies();
    let kinds = || -> Vec<_> {
        let (report, _) = rebuild(folder.path(), &Options::default()).unwrap();
        report.findings.iter().map(|own| own.kind).collect()
    };
    // What a writer that was interrupted leaves is no copy yet.
    let part = copies.with_extension("part");
    std::fs::create_dir(&part).unwrap();
    std::fs::write(part.join("scores.jsonl"), "{}").unwrap();
    assert_eq!(kinds(), [""; 0]);
    std::fs::write(copies.join("another.jsonl"), "{}").unwrap();
    assert_eq!(kinds(), ["frozen-stray"]);
    // Where lines could not be taken over, one of them may have frozen it.
    let journal = folder.path().join(format!("journal/{:020}.jsonl", 0));
    let lines = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, lines.replace("\"type\":\"plan-adopted\"", "\"type\":\"plan-dreamt\"")).unwrap();
    assert!(!kinds().contains(&"frozen-stray") && kinds().contains(&"unknown-type"));
}
