//! The demonstration's committee: three invented members freeze the first city's year (演示数据).
//!
//! Their keys are made by the program and lie beside the ledger, so that whoever tries it out can approve too. Real
//! members make their own.

use std::path::Path;

use anyhow::Context as _;
use app::Recorder;
use chain::Instant;
use chain::note::KeyType;
use domain::ledger::Submission;
use domain::ledger::snapshots::Slot;
use domain::scoring::At;
use events::{
    CommitteeAppointed, CommitteeMember, Event, SnapshotApproved, SnapshotFrozen, SnapshotKind,
    SnapshotPublished, UnitId, UnitKind,
};
use projections::Reading;
use projections::snapshots::{Terms, manifest, remake};
use uuid::Uuid;

use crate::commands::snapshot::files;
use crate::secret_key::{self, SecretKey};

const MEMBERS: [&str; 3] = ["demo-member-1", "demo-member-2", "demo-member-3"];
const QUORUM: u16 = 2;
/// Monday, 20 February, nine in the morning in China: the year's last figures are reviewed, and GDP not yet restated.
const FROZEN_AT: &str = "02-20T01:00:00.000000Z";

/// A year that is to be frozen once the demonstration gets there.
pub struct Freezing {
    keys: Vec<SecretKey>,
    at: Instant,
    slot: Slot,
    done: bool,
}

impl Freezing {
    /// Makes the members' keys beside the folder that the ledger will have; keys of a run that was cut short are taken
    /// up again.
    ///
    /// # Errors
    /// When a key cannot be read or written.
    pub fn of(directory: &Path, plan: events::PlanId, year: u16) -> anyhow::Result<Self> {
        let keys = MEMBERS.iter().map(|member| key(directory, member)).collect::<anyhow::Result<_>>()?;
        let at = format!("{}-{FROZEN_AT}", year + 1).parse().context("演示年份超出日历")?;
        Ok(Self { keys, at, slot: Slot { plan, year, kind: SnapshotKind::YearEnd }, done: false })
    }

    /// Freezes when the next submission is of a later day, once.
    ///
    /// # Errors
    /// When something is not recorded, or the tables cannot be kept.
    pub fn before(&mut self, next: Instant, recorder: &mut Recorder, ledger: &Path) -> anyhow::Result<()> {
        if self.done || next < self.at {
            return Ok(());
        }
        self.done = true;
        self.freeze(recorder, ledger).context("演示的冻结没有入账")
    }

    fn freeze(&self, recorder: &mut Recorder, ledger: &Path) -> anyhow::Result<()> {
        let book = recorder.model().ledger().book();
        let of_kind = |kind| {
            let mut units = book.registry().units().filter(move |unit| unit.kind == kind);
            units.next().map(|unit| unit.registered.clone()).context("演示账本里没有这类单位")
        };
        let (office, committee) =
            (of_kind(UnitKind::DigitalOffice)?, of_kind(UnitKind::AssessmentCommittee)?);
        self.record(recorder, &office, self.appointed(recorder, &committee)?)?;
        self.record(recorder, &office, self.proposed(recorder)?)?;
        let snapshot = recorder.model().ledger().head().hash;
        for key in self.keys.iter().take(QUORUM.into()) {
            let approved = self.approved(recorder, key, snapshot)?;
            self.record(recorder, &committee, approved)?;
        }
        self.record(recorder, &committee, SnapshotFrozen { snapshot }.into())?;
        let document = "演示数据：年终考核结果通报".to_owned();
        self.record(recorder, &office, SnapshotPublished { document, snapshot }.into())?;
        let ledger_state = recorder.model().ledger();
        let frozen = ledger_state.snapshots().snapshot(&snapshot).context("冻结的快照不在账上")?;
        let tables = remake(ledger_state.book(), &frozen.manifest, frozen.manifest.root)?;
        files::keep(ledger, frozen, &tables).map(|_| ())
    }

    fn appointed(&self, recorder: &Recorder, committee: &UnitId) -> anyhow::Result<Event> {
        let member = |key: &SecretKey| {
            let member = key.verifier.name().parse().ok().context("委员账号不合规定")?;
            anyhow::Ok(CommitteeMember { key: key.verifier.to_string(), member, unit: committee.clone() })
        };
        let appointed = CommitteeAppointed {
            approvals: Vec::new(),
            document: "演示数据：考核委员会组成通知".to_owned(),
            members: self.keys.iter().map(member).collect::<anyhow::Result<_>>()?,
            plan: self.slot.plan.clone(),
            quorum: QUORUM,
            root: recorder.model().tree().root(),
            size: recorder.model().size(),
        };
        Ok(appointed.into())
    }

    fn proposed(&self, recorder: &Recorder) -> anyhow::Result<Event> {
        let model = recorder.model();
        let book = model.ledger().book();
        let plan = book.registry().plan_ix(&self.slot.plan).context("演示账本里没有这个方案")?;
        let at = At { as_of: self.slot.as_of(), known: model.size() };
        let reading = Reading::in_force(book, plan, at, model.tree().root())?;
        let waiver = "演示数据：缺报的指标上级尚未发布，其余不影响名次".to_owned();
        let terms = Terms { waiver: Some(waiver), ..Terms::default() };
        let Slot { year, kind, .. } = self.slot;
        Ok(manifest(&reading, model.ledger().snapshots(), year, kind, terms).into())
    }

    /// The member's approval; its time is the demonstration's, not the machine's.
    fn approved(
        &self,
        recorder: &Recorder,
        key: &SecretKey,
        snapshot: chain::EventHash,
    ) -> anyhow::Result<Event> {
        let ledger = recorder.model().ledger();
        let origin = &ledger.book().registry().opened().context("账本还没有开账")?.origin;
        let proposed = ledger.snapshots().snapshot(&snapshot).context("提请不在账上")?;
        let statement =
            crate::commands::snapshot::draft::statement(origin, &proposed.manifest.clone().into())?;
        let time_s = u64::try_from(self.at.micros() / 1_000_000).context("演示时间早于 1970 年")?;
        let approval = statement.approvable().approve(key.verifier.name(), &key.signing, time_s);
        let member = key.verifier.name().parse().ok().context("委员账号不合规定")?;
        Ok(SnapshotApproved { approval: approval.ok().context("密钥名不合规定")?, member, snapshot }.into())
    }

    fn record(&self, recorder: &mut Recorder, unit: &UnitId, event: Event) -> anyhow::Result<()> {
        let submission = Submission {
            submission: Uuid::new_v4(),
            unit: unit.clone(),
            by: "demo".parse().expect("a valid account id"),
            events: vec![event],
            signature: None,
        };
        recorder.record(submission, self.at)?;
        Ok(())
    }
}

fn key(directory: &Path, member: &str) -> anyhow::Result<SecretKey> {
    let path = secret_key::member_beside(directory, member);
    if path.exists() {
        return SecretKey::read(&path);
    }
    let key = SecretKey::generate_as(member, KeyType::Cosignature)?;
    key.write_new(&path)?;
    Ok(key)
}
