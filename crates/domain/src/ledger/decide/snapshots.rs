//! Rules for freezing: proposed, approved, frozen once, restated beside, published, reopened in turn.

use chain::EventHash;
use events::{
    Event, SnapshotApproved, SnapshotProposed, SnapshotPublished, SnapshotReopened, SnapshotWithdrawn,
};

use super::super::ProblemKind;
use super::super::checklist::Blockers;
use super::super::snapshots::{Slot, Snapshot};
use super::super::statement::Statement;
use super::Draft;
use super::committee::{is_same_key, member_key};

/// Whether later events of one submission may build on this one.
pub(super) const fn changes_snapshots(event: &Event) -> bool {
    matches!(
        event,
        Event::CommitteeAppointed(_)
            | Event::CommitteeKeyRevoked(_)
            | Event::SnapshotProposed(_)
            | Event::SnapshotWithdrawn(_)
            | Event::SnapshotApproved(_)
            | Event::SnapshotFrozen(_)
            | Event::SnapshotRestated(_)
            | Event::SnapshotPublished(_)
            | Event::SnapshotReopened(_)
            | Event::ObjectionFiled(_)
            | Event::ObjectionDecided(_)
    )
}

impl Draft<'_> {
    pub(super) fn check_proposal(&mut self, proposed: &SnapshotProposed) {
        self.require_administrator("提请冻结");
        self.check_manifest(proposed);
        self.check_notice(proposed);
        self.check_slot_is_free(proposed);
        self.check_blockers(proposed);
        self.require_committee(&proposed.plan);
    }

    fn check_manifest(&mut self, proposed: &SnapshotProposed) {
        let Some(ix) = self.require_plan(&proposed.plan) else { return };
        let SnapshotProposed { year, kind, as_of, size, .. } = *proposed;
        if !self.registry.plan(ix).adopted.years.contains(&year) {
            self.problem(ProblemKind::NoTargetYear { year: year.into() });
            return;
        }
        if as_of != kind.as_of(year) {
            self.bad_manifest(format!("统计截止日应为 {}，不是 {as_of}", kind.as_of(year)));
        }
        if as_of > self.now.china_date() {
            self.bad_manifest(format!("统计截止日 {as_of} 还没有到"));
        }
        self.check_drawn_up(size, Some(self.registry.plan(ix).position));
        let in_force = self.registry.plan(ix).rules_for(as_of, size).map(|own| own.rules_hash);
        if in_force != Some(proposed.rules) {
            self.bad_manifest("所列规则不是该日施行的规则".to_owned());
        }
        let named = |name: &str| proposed.tables.iter().any(|table| table.table == name);
        if !proposed.tables.is_sorted_by(|a, b| a.table < b.table) || !named("scores") || !named("ranking") {
            self.bad_manifest("表应按名称排列、不重复，并含 scores 和 ranking".to_owned());
        }
    }

    fn check_notice(&mut self, proposed: &SnapshotProposed) {
        let Some(notice) = proposed.notice else { return };
        if notice.starts_on > notice.ends_on || notice.ends_on < self.now.china_date() {
            self.bad_manifest("公示期的起止日期不对，或已经过去".to_owned());
        }
    }

    /// Once for a plan, year and kind; a restatement beside what is frozen; and earlier ones first.
    fn check_slot_is_free(&mut self, proposed: &SnapshotProposed) {
        let slot = Slot::of(proposed);
        let snapshots = self.snapshots.clone();
        if let Some(open) = snapshots.open(&slot) {
            self.problem(ProblemKind::ProposedAlready { slot: slot.to_string(), position: open.position });
        }
        let frozen = snapshots.frozen(&slot);
        match (&proposed.restates, frozen) {
            (None, Some(frozen)) => {
                self.problem(ProblemKind::FrozenAlready {
                    slot: slot.to_string(),
                    position: frozen.position,
                });
            }
            (None, None) => {}
            (Some(own), Some(frozen)) if own.snapshot == frozen.hash => {
                self.require_text("重述原因", &own.reason);
                if proposed.size <= frozen.manifest.size {
                    self.bad_manifest("重述应依据冻结之后的账本".to_owned());
                }
            }
            (Some(own), _) => self.problem(ProblemKind::NotFrozen { hash: own.snapshot }),
        }
        if let Some(earlier) = snapshots.reopened_earlier(&slot) {
            self.problem(ProblemKind::EarlierReopened { slot: earlier.slot().to_string() });
        }
    }

    /// The checklist is counted again from the lines that the proposal names.
    fn check_blockers(&mut self, proposed: &SnapshotProposed) {
        let found = Blockers::of(self.book, &self.snapshots, &Slot::of(proposed), proposed.size).counts();
        if found != proposed.checklist {
            self.bad_manifest(format!(
                "清单与账本不符：账本有缺报 {}、未复核 {}、退回 {}、申诉未决 {}",
                found.missing, found.unverified, found.returned, found.objections
            ));
        }
        let waived = proposed.waiver.as_ref().is_some_and(|waiver| !waiver.trim().is_empty());
        if !proposed.checklist.is_clear() && !waived {
            let events::Checklist { missing, objections, returned, unverified } = proposed.checklist;
            self.problem(ProblemKind::SnapshotBlocked { missing, unverified, returned, objections });
        }
        if let Some(waiver) = &proposed.waiver {
            self.limit_text("仍要提请的原因", waiver);
        }
    }

    pub(super) fn check_snapshot_withdrawal(&mut self, withdrawn: &SnapshotWithdrawn) {
        self.require_administrator("撤回冻结提请");
        self.require_text("撤回原因", &withdrawn.reason);
        self.require_open(withdrawn.snapshot);
    }

    pub(super) fn check_snapshot_approval(&mut self, approved: &SnapshotApproved) {
        let Some(snapshot) = self.require_open(approved.snapshot) else { return };
        let Some(committee) = self.require_committee(&snapshot.manifest.plan) else { return };
        let name = approved.member.to_string();
        let Some(member) = committee.member(&approved.member) else {
            self.problem(ProblemKind::UnknownMember { member: name });
            return;
        };
        let Ok(key) = member_key(member) else {
            self.problem(ProblemKind::UnknownMember { member: name });
            return;
        };
        let proposed_with_it = snapshot.key.as_ref().is_some_and(|own| is_same_key(own, &key));
        if snapshot.by == approved.member || snapshot.unit == member.unit || proposed_with_it {
            self.problem(ProblemKind::ProposerApproves { member: name.clone() });
        }
        if committee.revoked_at(&member.key).is_some() {
            self.problem(ProblemKind::MemberKeyRevoked { member: name.clone() });
        }
        if self.snapshots.counted(&snapshot).iter().any(|own| own.member == approved.member) {
            self.problem(ProblemKind::ApprovedTwice { member: name.clone() });
        }
        let origin = self.registry.opened().map(|opened| opened.origin.clone()).unwrap_or_default();
        let statement = Statement::of(&origin, &snapshot.manifest.clone().into());
        if !statement.is_some_and(|own| own.approvable().is_approved_by(&approved.approval, &key)) {
            self.problem(ProblemKind::ApprovalBad { member: name });
        }
    }

    /// Freezes a first snapshot or, if `restating`, one that stands beside it.
    pub(super) fn check_freezing(&mut self, hash: EventHash, restating: bool) {
        self.require_committee_or_administrator("冻结");
        let Some(snapshot) = self.require_open(hash) else { return };
        if snapshot.is_restatement() != restating {
            self.bad_manifest("首次冻结记 snapshot-frozen，重述记 snapshot-restated".to_owned());
        }
        let Some(committee) = self.require_committee(&snapshot.manifest.plan) else { return };
        let (have, need) = (self.snapshots.counted(&snapshot).len(), committee.quorum());
        if have < need {
            self.problem(ProblemKind::QuorumMissing { have, need });
        }
        // The line it was proposed for may have changed meanwhile.
        let target = snapshot.manifest.restates.as_ref().map(|own| own.snapshot);
        if self.snapshots.frozen(&snapshot.slot()).map(|own| own.hash) != target {
            self.problem(ProblemKind::NotFrozen { hash: target.unwrap_or(hash) });
        }
        if let Some(earlier) = self.snapshots.reopened_earlier(&snapshot.slot()) {
            let slot = earlier.slot().to_string();
            self.problem(ProblemKind::EarlierReopened { slot });
        }
        self.check_public_notice_is_over(&snapshot);
    }

    pub(super) fn check_publication(&mut self, published: &SnapshotPublished) {
        self.require_administrator("公布快照");
        self.require_text("公布文件", &published.document);
        let Some(snapshot) = self.require_snapshot(published.snapshot) else { return };
        if !snapshot.is_frozen() {
            self.problem(ProblemKind::NotFrozen { hash: snapshot.hash });
        } else if snapshot.published.is_some() {
            self.problem(ProblemKind::PublishedAlready {});
        }
    }

    /// The latest first, and what waits for approval there is taken back before.
    pub(super) fn check_reopening(&mut self, reopened: &SnapshotReopened) {
        self.require_committee_or_administrator("重新开启快照");
        self.require_text("重新开启的原因", &reopened.reason);
        let Some(snapshot) = self.require_snapshot(reopened.snapshot) else { return };
        if !snapshot.is_frozen() || snapshot.is_restatement() {
            self.problem(ProblemKind::NotFrozen { hash: snapshot.hash });
            return;
        }
        let slot = snapshot.slot();
        let snapshots = self.snapshots.clone();
        if let Some(later) = snapshots.frozen_later(&slot) {
            self.problem(ProblemKind::LaterFrozen { slot: later.slot().to_string() });
        }
        if let Some(open) = snapshots.open(&slot) {
            self.problem(ProblemKind::ProposedAlready { slot: slot.to_string(), position: open.position });
        }
        self.check_drawn_up(reopened.size, snapshot.frozen.map(|done| done.position));
        let Some(committee) = self.require_committee(&slot.plan) else { return };
        self.require_quorum(&committee, &reopened.clone().into(), &reopened.approvals);
    }

    pub(super) fn require_open(&mut self, hash: EventHash) -> Option<Snapshot> {
        let snapshot = self.require_snapshot(hash)?;
        if !snapshot.is_open() {
            self.problem(ProblemKind::NotOpen { slot: snapshot.slot().to_string() });
            return None;
        }
        Some(snapshot)
    }

    /// A snapshot on record; one of this very submission has no hash yet and cannot be named.
    pub(super) fn require_snapshot(&mut self, hash: EventHash) -> Option<Snapshot> {
        let found = self.snapshots.snapshot(&hash).filter(|_| hash != EventHash::ZERO).cloned();
        if found.is_none() {
            self.unknown_event(hash);
        }
        found
    }

    fn bad_manifest(&mut self, reason: String) {
        self.problem(ProblemKind::BadManifest { reason });
    }
}
