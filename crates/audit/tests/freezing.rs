//! An audit decides freezing again: what no committee approved is found, and what no lines give.

mod ledger;

use audit::{Options, rebuild};
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
