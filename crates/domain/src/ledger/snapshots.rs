//! What was proposed, approved, frozen, restated and reopened; by which committee; and what was objected to.
//!
//! As everything that is folded, this only copies: whether a line may be recorded is decided in `decide::snapshots`.

use std::collections::BTreeMap;

use chain::{Date, EventHash, Instant};
use events::{
    AccountId, CommitteeAppointed, CommitteeMember, Event, ObjectionDecided, ObjectionFiled, PlanId,
    Recorded, SnapshotApproved, SnapshotKind, SnapshotProposed, UnitId,
};
use serde::{Deserialize, Serialize};

use crate::history::History;

/// What people call a part of a year.
#[must_use]
pub const fn kind_name(kind: SnapshotKind) -> &'static str {
    match kind {
        SnapshotKind::FirstQuarter => "一季度",
        SnapshotKind::HalfYear => "上半年",
        SnapshotKind::ThreeQuarters => "前三季度",
        SnapshotKind::YearEnd => "年终",
    }
}

/// What can be frozen once: a plan's year and which part of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The plan.
    pub plan: PlanId,
    /// The calendar year.
    pub year: u16,
    /// Which part of it.
    pub kind: SnapshotKind,
}

impl Slot {
    /// What a manifest is of.
    #[must_use]
    pub fn of(manifest: &SnapshotProposed) -> Self {
        Self { plan: manifest.plan.clone(), year: manifest.year, kind: manifest.kind }
    }

    /// The reporting date.
    #[must_use]
    pub fn as_of(&self) -> Date {
        self.kind.as_of(self.year)
    }
}

impl std::fmt::Display for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} 年{}", self.year, kind_name(self.kind))
    }
}

/// A plan's committee (考核委员会) with its predecessors, and the keys that were withdrawn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committee {
    appointed: History<CommitteeAppointed>,
    /// The position of the line that withdrew each key.
    revoked: BTreeMap<String, u64>,
}

impl Committee {
    /// The appointment in force, with its position.
    #[must_use]
    pub fn appointed(&self) -> Option<(u64, &CommitteeAppointed)> {
        self.appointed.versions().next_back()
    }

    /// How many members must approve; none where there is no committee.
    #[must_use]
    pub fn quorum(&self) -> usize {
        self.appointed().map_or(usize::MAX, |(_, appointed)| usize::from(appointed.quorum))
    }

    /// The members, those whose keys were withdrawn included.
    #[must_use]
    pub fn members(&self) -> &[CommitteeMember] {
        self.appointed().map_or(&[], |(_, appointed)| &appointed.members)
    }

    /// The members that can approve.
    pub fn in_force(&self) -> impl Iterator<Item = &CommitteeMember> {
        self.members().iter().filter(|member| self.revoked_at(&member.key).is_none())
    }

    /// A member by its account.
    #[must_use]
    pub fn member(&self, account: &AccountId) -> Option<&CommitteeMember> {
        self.members().iter().find(|member| &member.member == account)
    }

    /// The position of the line that withdrew a key.
    #[must_use]
    pub fn revoked_at(&self, key: &str) -> Option<u64> {
        self.revoked.get(key).copied()
    }

    /// Whether enough keys are left for a quorum.
    #[must_use]
    pub fn can_act(&self) -> bool {
        self.in_force().count() >= self.quorum()
    }
}

/// A member's approval on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The line's hash.
    pub hash: EventHash,
    /// The line's position.
    pub position: u64,
    /// The member's account.
    pub member: AccountId,
    /// The key that signed.
    pub key: String,
    /// The signature line.
    pub line: String,
}

/// Where a line stands that did something to a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The line's position.
    pub position: u64,
    /// When it was recorded.
    pub at: Instant,
}

/// Where a snapshot stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It waits for approvals (待批准).
    Proposed,
    /// It was taken back (已撤回).
    Withdrawn,
    /// The quorum froze it (已冻结).
    Frozen,
    /// It is frozen and published (已公布).
    Published,
    /// It was frozen and then reopened (已重新开启).
    Reopened,
}

/// A proposed snapshot and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The line that proposed it; it names the snapshot.
    pub hash: EventHash,
    /// That line's position.
    pub position: u64,
    /// When it was proposed.
    pub at: Instant,
    /// The account that proposed it.
    pub by: AccountId,
    /// The unit that proposed it.
    pub unit: UnitId,
    /// The key that the proposing unit signed with.
    pub key: Option<String>,
    /// What was proposed.
    #[serde(with = "crate::as_json")]
    pub manifest: SnapshotProposed,
    /// Its approvals, in the order of the ledger.
    pub approvals: Vec<Approval>,
    /// When it was taken back.
    pub withdrawn: Option<Done>,
    /// When it was frozen.
    pub frozen: Option<Done>,
    /// When it was published.
    pub published: Option<Done>,
    /// When it was reopened.
    pub reopened: Option<Done>,
}

impl Snapshot {
    fn new(line: &Recorded, manifest: &SnapshotProposed) -> Self {
        Self {
            hash: line.hash,
            position: line.position,
            at: line.at,
            by: line.by.clone(),
            unit: line.unit.clone(),
            key: line.signature.as_ref().map(|signature| signature.key.clone()),
            manifest: manifest.clone(),
            approvals: Vec::new(),
            withdrawn: None,
            frozen: None,
            published: None,
            reopened: None,
        }
    }

    /// Where it stands.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        match self {
            Self { reopened: Some(_), .. } => Standing::Reopened,
            Self { published: Some(_), .. } => Standing::Published,
            Self { frozen: Some(_), .. } => Standing::Frozen,
            Self { withdrawn: Some(_), .. } => Standing::Withdrawn,
            Self { .. } => Standing::Proposed,
        }
    }

    /// Whether it waits for approvals.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.standing() == Standing::Proposed
    }

    /// Whether it is frozen and was not reopened.
    #[must_use]
    pub const fn is_frozen(&self) -> bool {
        self.frozen.is_some() && self.reopened.is_none()
    }

    /// Whether it restates another one.
    #[must_use]
    pub const fn is_restatement(&self) -> bool {
        self.manifest.restates.is_some()
    }

    /// Which plan, year and part of it.
    #[must_use]
    pub fn slot(&self) -> Slot {
        Slot::of(&self.manifest)
    }

    fn is_of(&self, slot: &Slot) -> bool {
        let manifest = &self.manifest;
        manifest.plan == slot.plan && manifest.year == slot.year && manifest.kind == slot.kind
    }
}

/// An objection (申诉) and what was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    /// The line that filed it.
    pub hash: EventHash,
    /// That line's position.
    pub position: u64,
    /// When it was filed.
    pub at: Instant,
    /// The unit that filed it.
    pub unit: UnitId,
    /// What it says.
    #[serde(with = "crate::as_json")]
    pub filed: ObjectionFiled,
    /// The decision, with its position.
    #[serde(with = "crate::as_json")]
    pub decided: Option<(u64, ObjectionDecided)>,
}

impl Objection {
    /// Whether it was undecided among the first `known` lines.
    #[must_use]
    pub fn is_open(&self, known: u64) -> bool {
        self.position < known && self.decided.as_ref().is_none_or(|(position, _)| *position >= known)
    }
}

/// Committees, snapshots and objections of a ledger, up to the last line applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshots {
    #[serde(with = "crate::as_json")]
    committees: BTreeMap<PlanId, Committee>,
    snapshots: Vec<Snapshot>,
    objections: Vec<Objection>,
}

impl Snapshots {
    /// A plan's committee.
    #[must_use]
    pub fn committee(&self, plan: &PlanId) -> Option<&Committee> {
        self.committees.get(plan)
    }

    /// All plans' committees, by plan.
    pub fn committees(&self) -> impl Iterator<Item = (&PlanId, &Committee)> {
        self.committees.iter()
    }

    /// All snapshots, in the order they were proposed.
    #[must_use]
    pub fn all(&self) -> &[Snapshot] {
        &self.snapshots
    }

    /// A snapshot by the line that proposed it.
    #[must_use]
    pub fn snapshot(&self, hash: &EventHash) -> Option<&Snapshot> {
        self.snapshots.iter().find(|snapshot| &snapshot.hash == hash)
    }

    /// The proposal that waits for approvals.
    #[must_use]
    pub fn open(&self, slot: &Slot) -> Option<&Snapshot> {
        self.snapshots.iter().find(|own| own.is_of(slot) && own.is_open())
    }

    /// The frozen snapshot, restatements left aside.
    #[must_use]
    pub fn frozen(&self, slot: &Slot) -> Option<&Snapshot> {
        self.originals().find(|own| own.is_of(slot) && own.is_frozen())
    }

    /// Snapshots that restate none.
    fn originals(&self) -> impl Iterator<Item = &Snapshot> {
        self.snapshots.iter().filter(|snapshot| !snapshot.is_restatement())
    }

    /// A frozen snapshot of the plan with a later reporting date.
    #[must_use]
    pub fn frozen_later(&self, slot: &Slot) -> Option<&Snapshot> {
        self.originals().find(|own| {
            own.manifest.plan == slot.plan && own.is_frozen() && own.manifest.as_of > slot.as_of()
        })
    }

    /// A reopened snapshot of the plan with an earlier reporting date that was not frozen again.
    #[must_use]
    pub fn reopened_earlier(&self, slot: &Slot) -> Option<&Snapshot> {
        let earlier = |own: &&Snapshot| {
            own.manifest.plan == slot.plan && own.reopened.is_some() && own.manifest.as_of < slot.as_of()
        };
        self.originals().filter(earlier).find(|own| self.frozen(&own.slot()).is_none())
    }

    /// The frozen restatements of a frozen snapshot, in the order they were proposed.
    pub fn restatements(&self, hash: EventHash) -> impl Iterator<Item = &Snapshot> {
        let of = move |own: &&Snapshot| {
            own.is_frozen() && own.manifest.restates.as_ref().is_some_and(|own| own.snapshot == hash)
        };
        self.snapshots.iter().filter(of)
    }

    /// The approvals that count: by keys of the committee in force that were not withdrawn, one for each member.
    #[must_use]
    pub fn counted<'a>(&'a self, snapshot: &'a Snapshot) -> Vec<&'a Approval> {
        let Some(committee) = self.committee(&snapshot.manifest.plan) else { return Vec::new() };
        let approval = |member: &CommitteeMember| {
            snapshot.approvals.iter().find(|own| own.member == member.member && own.key == member.key)
        };
        committee.in_force().filter_map(approval).collect()
    }

    /// Whether the quorum has approved.
    #[must_use]
    pub fn has_quorum(&self, snapshot: &Snapshot) -> bool {
        let committee = self.committee(&snapshot.manifest.plan);
        committee.is_some_and(|committee| self.counted(snapshot).len() >= committee.quorum())
    }

    /// All objections, in the order they were filed.
    #[must_use]
    pub fn objections(&self) -> &[Objection] {
        &self.objections
    }

    /// An objection by the line that filed it.
    #[must_use]
    pub fn objection(&self, hash: &EventHash) -> Option<&Objection> {
        self.objections.iter().find(|objection| &objection.hash == hash)
    }

    /// Objections to any proposal of a slot that were undecided among the first `known` lines.
    pub fn open_objections<'a>(&'a self, slot: &'a Slot, known: u64) -> impl Iterator<Item = &'a Objection> {
        let of_slot =
            move |own: &Objection| self.snapshot(&own.filed.snapshot).is_some_and(|own| own.is_of(slot));
        self.objections.iter().filter(move |own| own.is_open(known) && of_slot(own))
    }

    /// The frozen snapshot that a line about a figure comes too late for (冻结后): the figure's day is in its scope, and the
    /// line is not among those the snapshot knows. Of several the one that was frozen first.
    #[must_use]
    pub fn frozen_before(&self, plan: &PlanId, as_at: Date, position: u64) -> Option<&Snapshot> {
        let covers = |own: &&Snapshot| {
            let manifest = &own.manifest;
            own.is_frozen()
                && &manifest.plan == plan
                && as_at.year() == manifest.as_of.year()
                && as_at <= manifest.as_of
                && position >= manifest.size
        };
        self.originals().filter(covers).min_by_key(|own| own.frozen.map(|done| done.position))
    }

    /// Takes a line over. Lines about anything else change nothing.
    pub fn apply(&mut self, line: &Recorded) {
        let done = Done { position: line.position, at: line.at };
        match &line.event {
            Event::CommitteeAppointed(own) => {
                let committee = self.committees.entry(own.plan.clone()).or_default();
                committee.appointed.push(line.position, own.clone());
            }
            Event::CommitteeKeyRevoked(own) => {
                if let Some(committee) = self.committees.get_mut(&own.plan) {
                    committee.revoked.entry(own.key.clone()).or_insert(line.position);
                }
            }
            Event::SnapshotProposed(own) => self.snapshots.push(Snapshot::new(line, own)),
            Event::SnapshotApproved(own) => self.approve(line, own),
            Event::SnapshotWithdrawn(own) => self.mark(&own.snapshot, |it| it.withdrawn = Some(done)),
            Event::SnapshotFrozen(own) => self.mark(&own.snapshot, |it| it.frozen = Some(done)),
            Event::SnapshotRestated(own) => self.mark(&own.snapshot, |it| it.frozen = Some(done)),
            Event::SnapshotPublished(own) => self.mark(&own.snapshot, |it| it.published = Some(done)),
            Event::SnapshotReopened(own) => self.mark(&own.snapshot, |it| it.reopened = Some(done)),
            Event::ObjectionFiled(own) => self.objections.push(Objection {
                hash: line.hash,
                position: line.position,
                at: line.at,
                unit: line.unit.clone(),
                filed: own.clone(),
                decided: None,
            }),
            Event::ObjectionDecided(own) => {
                let objection = self.objections.iter_mut().filter(|it| it.hash == own.objection);
                objection.for_each(|it| it.decided = Some((line.position, own.clone())));
            }
            Event::LedgerOpened(_)
            | Event::LogKeyChanged(_)
            | Event::LedgerRestored(_)
            | Event::TableAttested(_)
            | Event::CompletenessStated(_)
            | Event::UnitRegistered(_)
            | Event::AreaRegistered(_)
            | Event::ResponsibilityAssigned(_)
            | Event::ResponsibilityEnded(_)
            | Event::PlanAdopted(_)
            | Event::IndicatorDefined(_)
            | Event::WeightBlockDefined(_)
            | Event::TargetSet(_)
            | Event::TargetRevised(_)
            | Event::RulebookAdopted(_)
            | Event::PeriodOpened(_)
            | Event::PeriodExtended(_)
            | Event::PeriodClosed(_)
            | Event::WorkdayCalendarPublished(_)
            | Event::SubmissionFiled(_)
            | Event::FigureReported(_)
            | Event::FigureCorrected(_)
            | Event::FigureReturned(_)
            | Event::FigureVerified(_)
            | Event::FigureApproved(_)
            | Event::FigureWithdrawn(_)
            | Event::NarrativeReported(_)
            | Event::EvidenceAttached(_)
            | Event::BonusGranted(_)
            | Event::DeductionImposed(_)
            | Event::VetoImposed(_)
            | Event::AwardRevoked(_)
            | Event::KeyEnrolled(_)
            | Event::KeyRevoked(_) => {}
        }
    }

    fn approve(&mut self, line: &Recorded, own: &SnapshotApproved) {
        let key = self.snapshot(&own.snapshot).and_then(|snapshot| {
            let committee = self.committee(&snapshot.manifest.plan)?;
            Some(committee.member(&own.member)?.key.clone())
        });
        let approval = Approval {
            hash: line.hash,
            position: line.position,
            member: own.member.clone(),
            key: key.unwrap_or_default(),
            line: own.approval.clone(),
        };
        self.mark(&own.snapshot, |it| it.approvals.push(approval));
    }

    fn mark(&mut self, snapshot: &EventHash, mark: impl FnOnce(&mut Snapshot)) {
        if let Some(own) = self.snapshots.iter_mut().find(|own| &own.hash == snapshot) {
            mark(own);
        }
    }
}
