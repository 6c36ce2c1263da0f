//! Freezing, told in stories: who may propose, approve, freeze, restate and reopen, and what is refused by which code.

mod world;

use chain::note::KeyType;
use domain::ledger::snapshots::Standing;
use events::{
    AreaRestated, CommitteeAppointed, Event, PublicNotice, Restatement, SnapshotApproved, SnapshotReopened,
    SnapshotRestated,
};
use serde_json::json;
use world::{COMMITTEE, OFFICE, World, event, member, signed, slot, vkey};

#[test]
fn two_of_three_members_freeze_what_the_office_proposed() {
    let mut world = World::with_committee();
    let snapshot = world.proposed();
    world.approve("member-1", snapshot).unwrap();
    world.approve("member-3", snapshot).unwrap();
    assert!(world.ledger.snapshots().has_quorum(world.ledger.snapshots().snapshot(&snapshot).unwrap()));
    world.freeze(snapshot).unwrap();
    let publish = event("snapshot-published", json!({"document": "通报", "snapshot": snapshot}));
    world.record(OFFICE, vec![publish.clone()]).unwrap();
    let standing = world.ledger.snapshots().snapshot(&snapshot).unwrap().standing();
    assert_eq!(standing, Standing::Published);
    assert_eq!(world.record(OFFICE, vec![publish]), Err(vec!["published-already"]));
}

#[test]
fn the_approval_that_makes_the_quorum_and_the_freezing_may_come_together() {
    let mut world = World::with_committee();
    let snapshot = world.proposed();
    world.approve("member-1", snapshot).unwrap();
    let last = world.approval("member-2", snapshot);
    let freeze = event("snapshot-frozen", json!({"snapshot": snapshot}));
    world.record(COMMITTEE, vec![last.into(), freeze]).unwrap();
    assert!(world.ledger.snapshots().frozen(&slot(2022)).is_some());
}

#[test]
fn one_approval_less_than_the_quorum_does_not_freeze() {
    let mut world = World::with_committee();
    let snapshot = world.proposed();
    assert_eq!(world.freeze(snapshot), Err(vec!["quorum-missing"]));
    world.approve("member-1", snapshot).unwrap();
    assert_eq!(world.freeze(snapshot), Err(vec!["quorum-missing"]));
}

#[test]
fn a_member_who_approves_twice_counts_once() {
    let mut world = World::with_committee();
    let snapshot = world.proposed();
    world.approve("member-1", snapshot).unwrap();
    assert_eq!(world.approve("member-1", snapshot), Err(vec!["approved-twice"]));
    let twice = world.approval("member-2", snapshot);
    assert_eq!(
        world.record(COMMITTEE, vec![twice.clone().into(), twice.into()]),
        Err(vec!["approved-twice"]),
        "nor twice in one submission"
    );
    assert_eq!(world.freeze(snapshot), Err(vec!["quorum-missing"]));
}

#[test]
fn an_approval_of_other_bytes_is_refused() {
    let mut world = World::with_committee();
    let snapshot = world.proposed();
    let mut other = world.manifest(2022);
    other.tables[1].root = chain::hash::table_root(b"another table");
    let approval = signed("member-1", &other.into());
    let approved =
        |member: &str, approval| SnapshotApproved { approval, member: member.parse().unwrap(), snapshot };
    let outcome = world.record(COMMITTEE, vec![approved("member-1", approval).into()]);
    assert_eq!(outcome, Err(vec!["approval-bad"]));

    // Nor does one member's signature pass for another's, or a stranger's for a member's.
    let own = world.approval("member-1", snapshot).approval;
    let borrowed = world.record(COMMITTEE, vec![approved("member-2", own).into()]);
    assert_eq!(borrowed, Err(vec!["approval-bad"]));
    let stranger = world.approval("member-9", snapshot);
    assert_eq!(world.record(COMMITTEE, vec![stranger.into()]), Err(vec!["unknown-member"]));
}

#[test]
fn an_approval_of_one_year_is_none_of_another() {
    let mut world = World::with_committee();
    let snapshot = world.proposed();
    let earlier = world.approval("member-1", snapshot).approval;
    let withdrawn = event("snapshot-withdrawn", json!({"reason": "重新核对", "snapshot": snapshot}));
    world.record(OFFICE, vec![withdrawn]).unwrap();
    let again = world.proposed();
    let carried =
        SnapshotApproved { approval: earlier, member: "member-1".parse().unwrap(), snapshot: again };
    assert_eq!(world.record(COMMITTEE, vec![carried.into()]), Err(vec!["approval-bad"]));
    let late = world.approval("member-1", snapshot);
    assert_eq!(world.record(COMMITTEE, vec![late.into()]), Err(vec!["not-open"]));
}

#[test]
fn there_is_one_proposal_for_a_year_and_one_freezing() {
    let mut world = World::with_committee();
    let snapshot = world.proposed();
    let manifest = world.manifest(2022);
    assert_eq!(world.propose(manifest), Err(vec!["proposed-already"]));
    world.approve("member-1", snapshot).unwrap();
    world.approve("member-2", snapshot).unwrap();
    world.freeze(snapshot).unwrap();
    assert_eq!(world.freeze(snapshot), Err(vec!["not-open"]));
    let manifest = world.manifest(2022);
    assert_eq!(world.propose(manifest), Err(vec!["frozen-already"]));
    let twice = world.manifest(2022);
    let outcome = World::with_committee().record(OFFICE, vec![twice.clone().into(), twice.into()]);
    assert!(outcome.unwrap_err().contains(&"proposed-already"), "nor twice in one submission");
}

#[test]
fn a_withdrawn_key_approves_nothing_and_what_it_approved_no_longer_counts() {
    let mut world = World::with_committee();
    let snapshot = world.proposed();
    world.approve("member-1", snapshot).unwrap();
    world.approve("member-2", snapshot).unwrap();
    let revoke = event(
        "committee-key-revoked",
        json!({"key": vkey("member-1", KeyType::Cosignature), "plan": "p", "reason": "密钥遗失"}),
    );
    world.record(OFFICE, vec![revoke.clone()]).unwrap();
    assert_eq!(world.record(OFFICE, vec![revoke]), Err(vec!["unknown-member"]), "it is withdrawn already");
    assert_eq!(world.freeze(snapshot), Err(vec!["quorum-missing"]));
    assert_eq!(world.approve("member-1", snapshot), Err(vec!["member-key-revoked"]));
    world.approve("member-3", snapshot).unwrap();
    world.freeze(snapshot).unwrap();
}

#[test]
fn a_key_withdrawn_after_the_freezing_takes_nothing_back() {
    let mut world = World::with_committee();
    let snapshot = world.frozen(2022);
    let revoke = event(
        "committee-key-revoked",
        json!({"key": vkey("member-1", KeyType::Cosignature), "plan": "p", "reason": "换届"}),
    );
    world.record(OFFICE, vec![revoke]).unwrap();
    assert_eq!(world.ledger.snapshots().frozen(&slot(2022)).unwrap().hash, snapshot);
}

#[test]
fn who_proposed_does_not_approve() {
    let mut world = World::begun();
    let own = CommitteeAppointed {
        approvals: Vec::new(),
        document: "任命文件".to_owned(),
        members: vec![
            member("member-1"),
            member("clerk"),
            events::CommitteeMember { unit: OFFICE.parse().unwrap(), ..member("office-head") },
        ],
        plan: "p".parse().unwrap(),
        quorum: 1,
        root: chain::TreeHash::ZERO,
        size: world.size(),
    };
    world.appoint_as(own, &[]).unwrap();
    let manifest = world.manifest(2022);
    let snapshot = world.record_by(OFFICE, "clerk", vec![manifest.into()]).unwrap();
    assert_eq!(world.approve("clerk", snapshot), Err(vec!["proposer-approves"]), "the same account");
    assert_eq!(world.approve("office-head", snapshot), Err(vec!["proposer-approves"]), "the same unit");
    world.approve("member-1", snapshot).unwrap();
    assert_eq!(
        world.record("bureau", vec![event("snapshot-frozen", json!({"snapshot": snapshot}))]),
        Err(vec!["not-permitted"])
    );
    world.freeze(snapshot).unwrap();
}

#[test]
fn only_the_office_proposes_and_only_what_the_lines_say() {
    let mut world = World::with_committee();
    let manifest = world.manifest(2022);
    assert_eq!(world.record("guixi", vec![manifest.clone().into()]), Err(vec!["not-permitted"]));
    let mut other = manifest.clone();
    other.checklist.missing = 7;
    other.waiver = Some("说明".to_owned());
    assert_eq!(world.propose(other), Err(vec!["bad-manifest"]), "the checklist is counted again");
    let mut other = manifest.clone();
    other.size += 1;
    assert_eq!(world.propose(other), Err(vec!["bad-manifest"]), "lines that are not there");
    let mut other = manifest.clone();
    other.rules = chain::hash::content_hash(b"other rules");
    assert_eq!(world.propose(other), Err(vec!["bad-manifest"]));
    let mut other = manifest.clone();
    other.as_of = "2022-12-30".parse().unwrap();
    assert!(world.propose(other).is_err());
    let mut other = manifest;
    other.tables.remove(0);
    assert_eq!(world.propose(other), Err(vec!["bad-manifest"]), "no ranking");
    let early = world.manifest(2023);
    assert!(world.propose(early).unwrap_err().contains(&"bad-manifest"), "the year is not over");
}

#[test]
fn what_stands_in_the_way_is_counted_and_waived_only_with_a_reason() {
    let mut world = World::with_committee();
    let figure = world.report("guixi", "2022-12-25", "8").unwrap();
    assert!(world.manifest(2022).checklist.is_clear(), "the year's last day is verified");
    world
        .record("guixi", vec![event("figure-withdrawn", json!({"figure": figure, "reason": "重复"}))])
        .unwrap();

    let guixi = world.ledger.book().cells().next().unwrap().1.figures()[0].hash;
    world
        .record("bureau", vec![event("figure-returned", json!({"figure": guixi, "reason": "请核"}))])
        .unwrap();
    let counts = world.manifest(2022).checklist;
    assert_eq!((counts.returned, counts.unverified, counts.missing), (1, 0, 0));
    let manifest = world.manifest(2022);
    assert_eq!(world.propose(manifest), Err(vec!["snapshot-blocked"]));

    let corrected = event(
        "figure-corrected",
        json!({"corrects": guixi, "evidence": [], "material": false, "reason": "misreported",
            "status": "final", "value": "9.5"}),
    );
    let corrected = world.record("guixi", vec![corrected]).unwrap();
    assert_eq!(world.manifest(2022).checklist.unverified, 1);
    world
        .record("guixi", vec![event("figure-withdrawn", json!({"figure": corrected, "reason": "重报"}))])
        .unwrap();
    let mut manifest = world.manifest(2022);
    assert_eq!(manifest.checklist.missing, 1);
    manifest.waiver = Some("上级尚未发布".to_owned());
    world.propose(manifest).unwrap();
}

#[test]
fn objections_are_taken_during_the_notice_and_decided_before_freezing() {
    let mut world = World::with_committee();
    let day = |text: &str| text.parse().unwrap();
    let mut manifest = world.manifest(2022);
    manifest.notice = Some(PublicNotice { ends_on: day("2023-02-07"), starts_on: day("2023-02-02") });
    let snapshot = world.propose(manifest).unwrap();
    let object = event(
        "objection-filed",
        json!({"area": "guixi", "grounds": "漏计", "indicator": "r", "plan": "p", "snapshot": snapshot}),
    );
    assert_eq!(world.record("guixi", vec![object.clone()]), Err(vec!["outside-notice"]), "not yet");
    world.now = "2023-02-02T01:00:00.000000Z".parse().unwrap();
    assert_eq!(world.record(OFFICE, vec![object.clone()]), Err(vec!["not-permitted"]), "its own proposal");
    let objection = world.record("guixi", vec![object.clone()]).unwrap();
    world.approve("member-1", snapshot).unwrap();
    world.approve("member-2", snapshot).unwrap();
    assert_eq!(world.freeze(snapshot), Err(vec!["notice-running", "objections-open"]));
    let decide = |outcome: &str| {
        event(
            "objection-decided",
            json!({"objection": objection, "outcome": outcome, "reason": "经核实口径无误"}),
        )
    };
    let own = world.record("guixi", vec![decide("upheld")]);
    assert_eq!(own, Err(vec!["not-permitted", "not-permitted"]), "no committee, and its own objection");
    world.record(COMMITTEE, vec![decide("dismissed")]).unwrap();
    assert_eq!(world.record(COMMITTEE, vec![decide("upheld")]), Err(vec!["objection-decided-already"]));
    assert_eq!(world.freeze(snapshot), Err(vec!["notice-running"]));
    world.now = "2023-02-07T16:00:00.000000Z".parse().unwrap();
    assert_eq!(world.record("guixi", vec![object]), Err(vec!["outside-notice"]), "no longer");
    world.freeze(snapshot).unwrap();
}

#[test]
fn an_upheld_objection_sends_the_proposal_back() {
    let mut world = World::with_committee();
    let snapshot = world.proposed();
    let object = event("objection-filed", json!({"grounds": "漏计", "plan": "p", "snapshot": snapshot}));
    let objection = world.record("guixi", vec![object]).unwrap();
    world.approve("member-1", snapshot).unwrap();
    world.approve("member-2", snapshot).unwrap();
    let withdraw = event("snapshot-withdrawn", json!({"reason": "申诉成立", "snapshot": snapshot}));
    let upheld = event(
        "objection-decided",
        json!({"objection": objection, "outcome": "upheld", "reason": "漏计属实"}),
    );
    let mut undecided = world.ledger.clone();
    world.record(OFFICE, vec![upheld]).unwrap();
    assert_eq!(world.freeze(snapshot), Err(vec!["objection-upheld"]));
    world.record(OFFICE, vec![withdraw.clone()]).unwrap();
    assert!(world.manifest(2022).checklist.is_clear());
    world.proposed();

    // An objection that nobody decided does not go away with the proposal it was made to.
    std::mem::swap(&mut world.ledger, &mut undecided);
    world.record(OFFICE, vec![withdraw]).unwrap();
    assert_eq!(world.manifest(2022).checklist.objections, 1);
}

#[test]
fn a_correction_after_the_freezing_is_recorded_and_flagged_and_moves_nothing() {
    let mut world = World::with_committee();
    let snapshot = world.frozen(2022);
    let before = world.ledger.snapshots().snapshot(&snapshot).unwrap().clone();
    let guixi = world.ledger.book().cells().next().unwrap().1.figures()[0].hash;
    let corrected = event(
        "figure-corrected",
        json!({"corrects": guixi, "evidence": [], "material": true, "reason": "data-revised",
            "status": "final", "value": "9.9"}),
    );
    let corrected = world.record("guixi", vec![corrected]).unwrap();
    let snapshots = world.ledger.snapshots();
    assert_eq!(snapshots.snapshot(&snapshot).unwrap(), &before);
    let figure = |hash| world.ledger.book().figure(world.ledger.book().figure_ix(&hash).unwrap());
    let flagged = |figure: &domain::book::Figure| {
        snapshots.frozen_before(&"p".parse().unwrap(), figure.as_at, figure.position).map(|own| own.hash)
    };
    assert_eq!(flagged(figure(corrected)), Some(snapshot));
    assert_eq!(flagged(figure(guixi)), None, "what was known is in it");
    let of_2023 = snapshots.frozen_before(&"p".parse().unwrap(), "2023-01-31".parse().unwrap(), u64::MAX);
    assert_eq!(of_2023, None, "another year is not frozen");
}

#[test]
fn a_restatement_stands_beside_what_is_frozen() {
    let mut world = World::with_committee();
    let snapshot = world.frozen(2022);
    let mut manifest = world.manifest(2022);
    manifest.restates = Some(Restatement {
        areas: vec![AreaRestated {
            area: "guixi".parse().unwrap(),
            place_before: Some(2),
            place_now: Some(1),
            total_before: Some("90.00".parse().unwrap()),
            total_now: Some("99.00".parse().unwrap()),
        }],
        reason: "GDP 最终核实".to_owned(),
        snapshot,
    });
    let mut of_nothing = manifest.clone();
    of_nothing.restates.as_mut().unwrap().snapshot = chain::hash::event_hash(b"nothing");
    assert_eq!(world.propose(of_nothing), Err(vec!["not-frozen"]));
    let restatement = world.propose(manifest).unwrap();
    world.approve("member-1", restatement).unwrap();
    let restate: Event = SnapshotRestated { snapshot: restatement }.into();
    assert_eq!(world.record(COMMITTEE, vec![restate.clone()]), Err(vec!["quorum-missing"]));
    world.approve("member-2", restatement).unwrap();
    assert_eq!(world.freeze(restatement), Err(vec!["bad-manifest"]), "it is no first freezing");
    world.record(COMMITTEE, vec![restate]).unwrap();
    let snapshots = world.ledger.snapshots();
    assert_eq!(snapshots.frozen(&slot(2022)).unwrap().hash, snapshot, "what was frozen stays in force");
    let beside: Vec<_> = snapshots.restatements(snapshot).map(|own| own.hash).collect();
    assert_eq!(beside, [restatement]);
}

fn reopening(world: &World, snapshot: chain::EventHash, by: &[&str]) -> SnapshotReopened {
    let bare = SnapshotReopened {
        approvals: Vec::new(),
        reason: "口径有误".to_owned(),
        root: chain::TreeHash::ZERO,
        size: world.size(),
        snapshot,
    };
    let event = bare.clone().into();
    SnapshotReopened { approvals: by.iter().map(|account| signed(account, &event)).collect(), ..bare }
}

#[test]
fn reopening_goes_from_the_latest_back_and_takes_the_quorum() {
    let mut world = World::with_committee();
    let first = world.frozen(2022);
    world.now = "2024-02-01T01:00:00.000000Z".parse().unwrap();
    let mut later = world.manifest(2023);
    later.waiver = Some("演示".to_owned());
    let second = world.propose(later).unwrap();
    world.approve("member-1", second).unwrap();
    world.approve("member-2", second).unwrap();
    world.freeze(second).unwrap();

    let out_of_turn = reopening(&world, first, &["member-1", "member-2"]);
    assert_eq!(world.record(OFFICE, vec![out_of_turn.into()]), Err(vec!["later-frozen"]));
    let alone = reopening(&world, second, &["member-1"]);
    assert_eq!(world.record(OFFICE, vec![alone.into()]), Err(vec!["quorum-missing"]));
    let twice = reopening(&world, second, &["member-1", "member-1"]);
    assert_eq!(world.record(OFFICE, vec![twice.into()]), Err(vec!["approved-twice", "quorum-missing"]));
    let both = reopening(&world, second, &["member-1", "member-2"]);
    let mut other_reason = both.clone();
    other_reason.reason = "另一原因".to_owned();
    assert_eq!(
        world.record(OFFICE, vec![other_reason.into()]),
        Err(vec!["approval-bad", "approval-bad", "quorum-missing"])
    );
    world.record(OFFICE, vec![both.clone().into()]).unwrap();
    assert_eq!(world.record(OFFICE, vec![both.into()]), Err(vec!["not-frozen"]), "once");
    let before = reopening(&world, first, &["member-2", "member-3"]);
    world.record(OFFICE, vec![before.into()]).unwrap();

    // They are frozen again in their order, and an old reopening cannot be brought again.
    let mut later = world.manifest(2023);
    later.waiver = Some("演示".to_owned());
    assert_eq!(world.propose(later), Err(vec!["earlier-reopened"]));
    let again = world.frozen(2022);
    let replayed = SnapshotReopened { size: 1, ..reopening(&world, again, &["member-1", "member-2"]) };
    assert!(world.record(OFFICE, vec![replayed.into()]).unwrap_err().contains(&"bad-manifest"));
    assert_eq!(world.ledger.snapshots().snapshot(&first).unwrap().standing(), Standing::Reopened);
    assert_eq!(world.ledger.snapshots().frozen(&slot(2022)).unwrap().hash, again);
}

#[test]
fn a_committee_is_followed_by_one_that_its_quorum_approved() {
    let mut world = World::with_committee();
    let new = ["member-1", "member-4"];
    assert_eq!(world.appoint(&new, 2, &[]), Err(vec!["quorum-missing"]));
    assert_eq!(
        world.appoint(&new, 2, &["member-1", "member-4"]),
        Err(vec!["approval-bad", "quorum-missing"]),
        "who is to come does not vote"
    );
    world.appoint(&new, 2, &["member-2", "member-3"]).unwrap();

    // Approvals of an earlier draft do not bring the committee before it back.
    let draft = CommitteeAppointed {
        approvals: Vec::new(),
        document: "任命文件".to_owned(),
        members: vec![member("member-1")],
        plan: "p".parse().unwrap(),
        quorum: 1,
        root: chain::TreeHash::ZERO,
        size: 1,
    };
    assert_eq!(world.appoint_as(draft, &["member-1", "member-4"]), Err(vec!["bad-manifest"]));

    // With too few keys left for a quorum, a document has to do.
    let revoke = event(
        "committee-key-revoked",
        json!({"key": vkey("member-4", KeyType::Cosignature), "plan": "p", "reason": "密钥遗失"}),
    );
    world.record(OFFICE, vec![revoke]).unwrap();
    assert_eq!(
        world.appoint(&["member-1", "member-4"], 1, &[]),
        Err(vec!["bad-committee"]),
        "that key is gone"
    );
    world.appoint(&["member-1", "member-5"], 1, &[]).unwrap();
}

#[test]
fn one_person_has_one_vote() {
    let mut world = World::begun();
    let appointed = |members| CommitteeAppointed {
        approvals: Vec::new(),
        document: "任命文件".to_owned(),
        members,
        plan: "p".parse().unwrap(),
        quorum: 1,
        root: chain::TreeHash::ZERO,
        size: 1,
    };
    let fits =
        |world: &World| CommitteeAppointed { size: world.size(), ..appointed(vec![member("member-1")]) };
    let refused = |world: &mut World, own: CommitteeAppointed| world.appoint_as(own, &[]).unwrap_err();
    let size = world.size();

    let twice = vec![member("member-1"), member("member-1")];
    let own = CommitteeAppointed { size, ..appointed(twice) };
    assert_eq!(refused(&mut world, own), ["bad-committee", "bad-committee"], "the account and the key");
    let name = "member-2";
    let key = chain::note::VerifierKey::of(name, KeyType::Cosignature, &world::key("member-1")).unwrap();
    let renamed = events::CommitteeMember { key: key.to_string(), ..member(name) };
    let own = CommitteeAppointed { size, ..appointed(vec![member("member-1"), renamed]) };
    assert_eq!(refused(&mut world, own), ["bad-committee"], "one key under two names");
    let logs = events::CommitteeMember { key: vkey("member-1", KeyType::Ed25519), ..member("member-1") };
    let own = CommitteeAppointed { size, ..appointed(vec![logs]) };
    assert_eq!(refused(&mut world, own), ["bad-key"], "a key of type 0x01");
    for quorum in [0, 2] {
        let own = CommitteeAppointed { quorum, ..fits(&world) };
        assert_eq!(refused(&mut world, own), ["bad-committee"], "{quorum} of 1");
    }
    assert_eq!(world.record("guixi", vec![fits(&world).into()]), Err(vec!["not-permitted"]));
    assert_eq!(world.propose(world.manifest(2022)), Err(vec!["no-committee"]));
    world.appoint_as(fits(&world), &[]).unwrap();
}

#[test]
fn nothing_of_a_submission_can_be_named_in_it() {
    let mut world = World::with_committee();
    let manifest = world.manifest(2022);
    let unnamed = chain::EventHash::ZERO;
    let mut early = World::with_committee();
    let approval = |account: &str, manifest: &events::SnapshotProposed| SnapshotApproved {
        approval: signed(account, &manifest.clone().into()),
        member: account.parse().unwrap(),
        snapshot: unnamed,
    };
    let events = vec![
        manifest.clone().into(),
        approval("member-1", &manifest).into(),
        approval("member-2", &manifest).into(),
        event("snapshot-frozen", json!({"snapshot": unnamed})),
    ];
    assert_eq!(early.record(OFFICE, events), Err(vec!["unknown-event", "unknown-event", "unknown-event"]));
    world.propose(manifest).unwrap();
}

#[test]
fn what_was_folded_survives_being_saved() {
    let mut world = World::with_committee();
    world.frozen(2022);
    let mut manifest = world.manifest(2022);
    let snapshot = world.ledger.snapshots().all()[0].hash;
    manifest.restates = Some(Restatement { areas: Vec::new(), reason: "核实".to_owned(), snapshot });
    let restatement = world.propose(manifest).unwrap();
    let object = event("objection-filed", json!({"grounds": "漏计", "plan": "p", "snapshot": restatement}));
    let objection = world.record("guixi", vec![object]).unwrap();
    let decided = json!({"objection": objection, "outcome": "upheld", "reason": "属实"});
    world.record(COMMITTEE, vec![event("objection-decided", decided)]).unwrap();

    // In the dense format of saved states, which cannot read back what names itself.
    let bytes = postcard::to_stdvec(&world.ledger).unwrap();
    let again: domain::ledger::Ledger = postcard::from_bytes(&bytes).unwrap();
    assert!(again == world.ledger);
}
