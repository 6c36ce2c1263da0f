//! From the ledger to a proposed snapshot, from approvals to a frozen one: what a terminal and a server do alike.
//!
//! Nothing is recorded here; what is to be recorded is handed out.

mod kept;

use domain::ledger::Statement;
use domain::ledger::snapshots::{Slot, Snapshot};
use domain::scoring::At;
use events::{
    AccountId, Event, PlanId, PublicNotice, Restatement, SnapshotApproved, SnapshotFrozen, SnapshotKind,
    SnapshotProposed, SnapshotRestated,
};
use projections::snapshots::{NotReproducible, Remade, Terms, manifest, reading, remake, restated};
use projections::{NoReading, Reading};

use crate::axes::{AxisError, Reader};

pub use kept::{Kept, compare, folder, keep};

/// What is to be proposed.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The plan, the year and the part of it.
    pub slot: Slot,
    /// The days on which objections are taken.
    pub notice: Option<PublicNotice>,
    /// Why it is proposed although the checklist is not clear.
    pub waiver: Option<String>,
    /// Why the frozen one is restated; none where it is the first.
    pub restating: Option<String>,
}

/// Why nothing can be proposed, approved or frozen.
#[derive(Debug, thiserror::Error)]
pub enum CannotFreeze {
    /// The plan is not there.
    #[error("账本里没有方案“{0}”。请核对方案代码。")]
    UnknownPlan(PlanId),
    /// There is nothing to restate.
    #[error("{0}还没有冻结，不用重述，请直接提请。")]
    NotFrozen(Slot),
    /// A table would not be the one that was proposed.
    #[error(
        "{snapshot}的表“{table}”从账本重算得到 {found}，提请写的是 {listed}。不能批准或冻结，请市数字办撤回并重新提请。"
    )]
    OtherTable {
        /// What people call the snapshot.
        snapshot: String,
        /// The table.
        table: String,
        /// The root that the lines give.
        found: chain::TableRoot,
        /// The root that was proposed.
        listed: chain::TableRoot,
    },
    /// What was signed is not this snapshot.
    #[error("批准的不是这份内容。请核对待签文件，由委员重新签署。")]
    OtherContent,
    /// It is no approval.
    #[error("这不是批准文件，或已损坏。请交来委员签好的批准文件原样。")]
    NoApproval,
    /// The lines do not have what is asked about.
    #[error(transparent)]
    NoReading(#[from] NoReading),
    /// The tables cannot be made again.
    #[error(transparent)]
    NotReproducible(#[from] NotReproducible),
    /// The lines cannot be read.
    #[error(transparent)]
    Axes(#[from] AxisError),
}

/// What people call a snapshot.
#[must_use]
pub fn name(snapshot: &Snapshot) -> String {
    let Slot { year, kind, .. } = snapshot.slot();
    let restated = if snapshot.is_restatement() { "（重述）" } else { "" };
    format!("{year} 年{}{restated}", domain::ledger::snapshots::kind_name(kind))
}

/// Works out what is proposed, from the ledger as it stands.
///
/// # Errors
/// When the ledger has not what is to be frozen.
pub fn proposed(reader: &Reader<'_>, asked: Asked) -> Result<SnapshotProposed, CannotFreeze> {
    let Asked { slot, notice, waiver, restating } = asked;
    let model = reader.model();
    let (book, snapshots) = (model.ledger().book(), model.ledger().snapshots());
    let plan = book.registry().plan_ix(&slot.plan);
    let plan = plan.ok_or_else(|| CannotFreeze::UnknownPlan(slot.plan.clone()))?;
    let at = At { as_of: slot.as_of(), known: model.size() };
    let now = Reading::in_force(book, plan, at, model.tree().root())?;
    let restates = restating.map(|reason| {
        let frozen = snapshots.frozen(&slot).ok_or_else(|| CannotFreeze::NotFrozen(slot.clone()))?;
        let root = reader.root_at(frozen.manifest.size)?;
        let areas = restated(&reading(book, &frozen.manifest, root)?, &now);
        Ok::<_, CannotFreeze>(Restatement { areas, reason, snapshot: frozen.hash })
    });
    let terms = Terms { notice, restates: restates.transpose()?, waiver };
    let (year, kind): (u16, SnapshotKind) = (slot.year, slot.kind);
    Ok(manifest(&now, snapshots, year, kind, terms))
}

/// Makes a snapshot's tables again. Nobody approves or freezes roots that the lines do not give.
///
/// # Errors
/// When they cannot be made, or one of them is another.
pub fn remade(reader: &Reader<'_>, snapshot: &Snapshot) -> Result<Vec<Remade>, CannotFreeze> {
    let root = reader.root_at(snapshot.manifest.size)?;
    let tables = remake(reader.book(), &snapshot.manifest, root)?;
    match tables.iter().find(|own| !own.is_equal()) {
        None => Ok(tables),
        Some(other) => Err(CannotFreeze::OtherTable {
            snapshot: name(snapshot),
            table: other.listed.table.clone(),
            found: other.found(),
            listed: other.listed.root,
        }),
    }
}

/// The approval that a member's signed note holds, of exactly this snapshot in the ledger with this origin.
///
/// # Errors
/// When it is no approval, or one of something else.
pub fn approval(origin: &str, snapshot: &Snapshot, note: &[u8]) -> Result<SnapshotApproved, CannotFreeze> {
    let event = Event::from(snapshot.manifest.clone());
    let statement = Statement::of(origin, &event).ok_or(CannotFreeze::OtherContent)?;
    let approval = statement.approvable().approval_in(note).map_err(|error| {
        let other_content = error == chain::note::NoteError::Signature;
        if other_content { CannotFreeze::OtherContent } else { CannotFreeze::NoApproval }
    })?;
    // A signature line: an em dash, the key's name, and the signature.
    let member: Option<AccountId> = approval.split(' ').nth(1).and_then(|name| name.parse().ok());
    let member = member.ok_or(CannotFreeze::NoApproval)?;
    Ok(SnapshotApproved { approval, member, snapshot: snapshot.hash })
}

/// What freezes a snapshot.
#[must_use]
pub fn freezing(snapshot: &Snapshot) -> Event {
    let hash = snapshot.hash;
    if snapshot.is_restatement() {
        SnapshotRestated { snapshot: hash }.into()
    } else {
        SnapshotFrozen { snapshot: hash }.into()
    }
}
