//! Making a proof: an audit of the whole ledger first, then the lines the cell depends on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chain::hash::leaf_hash;
use chain::line::Line;
use chain::note::{Checkpoint, Note};
use chain::{EventHash, TreeHash};
use domain::scoring::At;
use events::{Duty, Event, PeriodId, PlanId, Recorded};
use projections::Reading;
use uuid::Uuid;

use super::linked::{self, Link};
use super::wanted::Wanted;
use super::wire::{Before, End, Row, pack};
use super::{Asked, CellOf, FORMAT, Trust, check, result};
use crate::{AuditError, Options, rebuild, replay};

/// Why a cell cannot be proven. `Display` is a sentence for the person who asked.
#[derive(Debug, thiserror::Error)]
pub enum CannotProve {
    /// The folder cannot be read.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The ledger is not sound.
    #[error("账本未通过核验（{findings} 处发现），不出具证明。请先运行 verify。")]
    NotSound {
        /// How many findings there are.
        findings: usize,
    },
    /// There is no signed head.
    #[error("账本没有已签名的账本头 {}，无从证明。请用账本的密钥签一次（任何一次记录都会签）。", .0.display())]
    NoHead(PathBuf),
    /// The ledger has not what is asked about, under the head.
    #[error("账本头所签的前 {size} 行里没有这一格：{reason}")]
    NoCell {
        /// The head's size.
        size: u64,
        /// What is missing.
        reason: String,
    },
    /// What was made does not prove the cell: a fault of this program.
    #[error("所出的证明自己没有通过核验（{0}）。这是程序的缺陷，请报告。")]
    DoesNotHold(String),
}

/// Makes the proof of a cell under the ledger's signed head.
///
/// # Errors
/// [`CannotProve`].
pub fn make(ledger: &Path, asked: &Asked) -> Result<Vec<u8>, CannotProve> {
    let (report, model) = rebuild(ledger, &Options::default())?;
    let model = model.filter(|_| report.is_clean());
    let model = model.ok_or(CannotProve::NotSound { findings: report.findings.len() })?;
    let path = ledger.join("checkpoint");
    let note = std::fs::read(&path).map_err(|_| CannotProve::NoHead(path.clone()))?;
    let head = Note::parse(&note).and_then(|note| Checkpoint::parse(&note.text));
    let head = head.map_err(|_| CannotProve::NoHead(path))?;
    let no_cell = |reason: &str| CannotProve::NoCell { size: head.size, reason: reason.to_owned() };
    let book = model.ledger().book();
    let plan = match &asked.plan {
        Some(plan) => book.registry().plan_ix(plan),
        None => book.registry().plans().next().map(|(ix, _)| ix),
    };
    let plan = plan.ok_or_else(|| no_cell("没有这个方案。"))?;
    let at = At { as_of: asked.as_of, known: head.size };
    let reading =
        Reading::in_force(book, plan, at, head.root).map_err(|error| no_cell(&error.to_string()))?;
    let (row, area) = super::check::cell(&reading, &asked.indicator, &asked.area)
        .ok_or_else(|| no_cell("方案里没有这个指标或考核地区。"))?;
    let explained = result(&reading, row, area);
    let counted = explained.figure.as_ref().map(|figure| figure.period.clone());
    let cell = CellOf {
        area: asked.area.clone(),
        as_of: asked.as_of,
        indicator: asked.indicator.clone(),
        origin: head.origin.clone(),
        plan: reading.plan().adopted.plan.clone(),
        root: head.root,
        rules: reading.rules_hash(),
        size: head.size,
    };
    let picked = pick(ledger, &cell, Wanted::of(&reading, row, area), counted)?;
    let result = serde_json::to_value(&explained).expect("an explanation is JSON");
    let bytes = pack(&rows(cell, note, picked, result));
    let report = check(&bytes, &Trust::Own);
    match report.findings.first() {
        None => Ok(bytes),
        Some(finding) => Err(CannotProve::DoesNotHold(finding.message_zh.clone())),
    }
}

fn rows(cell: CellOf, note: Vec<u8>, picked: Picked, result: serde_json::Value) -> Vec<Row> {
    let in_tree = linked::in_tree(&picked.links).expect("the chains were audited");
    let positions = picked.positions.iter().zip(in_tree).filter(|(_, in_tree)| *in_tree);
    let positions: Vec<u64> = positions.map(|(position, _)| *position).collect();
    let nodes = chain::pruned::prune(&picked.leaves, &positions);
    let end = End { lines: picked.rows.len() as u64, nodes: nodes.len() as u64 };
    let head = String::from_utf8(note).expect("a note that was parsed is UTF-8");
    let mut rows = vec![Row::Cell { cell, proof: FORMAT.to_owned() }, Row::Head { head }];
    rows.extend(picked.rows);
    rows.extend([Row::Nodes { nodes }, Row::Result { result }, Row::End { end }]);
    rows
}

/// Lines that were picked, and the leaves of all.
#[derive(Default)]
struct Picked {
    rows: Vec<Row>,
    positions: Vec<u64>,
    links: Vec<Link>,
    leaves: Vec<TreeHash>,
    before: Before,
    submission: Option<Uuid>,
    k: u32,
}

impl Picked {
    fn next(&mut self, line: &Line<'_>) {
        self.k = if self.submission == Some(line.submission) { self.k + 1 } else { 0 };
        self.submission = Some(line.submission);
        self.leaves.push(leaf_hash(line.bytes));
    }

    fn keep(&mut self, line: &Line<'_>, hash: EventHash) {
        self.rows.push(self.before.shorten(line, self.k));
        self.positions.push(line.position);
        self.links.push(Link::of(line, hash));
    }
}

fn pick(
    ledger: &Path,
    cell: &CellOf,
    wanted: Wanted,
    period: Option<PeriodId>,
) -> Result<Picked, AuditError> {
    let mut picked = Picked::default();
    let year = u16::try_from(cell.as_of.year()).unwrap_or(0);
    let mut choice = Choice { plan: &cell.plan, year, wanted, period, named: BTreeSet::new() };
    replay(ledger, &Options::default(), |line, hash| {
        if line.position >= cell.size {
            return;
        }
        picked.next(line);
        let recorded = Recorded::decode(line, hash).expect("the audit before decoded every line");
        if choice.takes(&recorded) {
            picked.keep(line, hash);
        }
    })?;
    Ok(picked)
}

/// Whether a line has to do with the cell.
struct Choice<'a> {
    plan: &'a PlanId,
    year: u16,
    wanted: Wanted,
    period: Option<PeriodId>,
    /// Lines taken so far that later lines may name: figures, targets, duties.
    named: BTreeSet<EventHash>,
}

impl Choice<'_> {
    fn takes(&mut self, line: &Recorded) -> bool {
        let concerns = self.concerns(&line.event);
        if concerns {
            self.named.insert(line.hash);
        }
        // The rest of a unit's chain says nothing about the cell: it is there so that nothing can be left out of it.
        concerns || self.wanted.units.contains(&line.unit)
    }

    fn concerns(&self, event: &Event) -> bool {
        let Wanted { rows, areas, .. } = &self.wanted;
        let here = |plan: &PlanId| plan == self.plan;
        match event {
            Event::LedgerOpened(_) | Event::LogKeyChanged(_) => true,
            Event::PlanAdopted(own) => here(&own.plan),
            Event::AreaRegistered(own) => here(&own.plan),
            Event::RulebookAdopted(own) => here(&own.plan),
            Event::IndicatorDefined(own) => here(&own.plan) && rows.contains(&own.indicator),
            Event::WeightBlockDefined(own) => {
                here(&own.plan) && own.indicators.iter().any(|row| rows.contains(row))
            }
            Event::TargetSet(own) => {
                here(&own.plan)
                    && own.year == self.year
                    && rows.contains(&own.indicator)
                    && areas.contains(&own.area)
            }
            Event::TargetRevised(own) => self.named.contains(&own.revises),
            Event::ResponsibilityAssigned(own) => {
                here(&own.plan)
                    && own.duty == Duty::Reports
                    && own.indicator.as_ref().is_none_or(|row| rows.contains(row))
                    && own.area.as_ref().is_none_or(|area| areas.contains(area))
            }
            Event::ResponsibilityEnded(own) => self.named.contains(&own.assignment),
            Event::PeriodOpened(own) => self.period.as_ref() == Some(&own.period),
            Event::PeriodExtended(own) => self.period.as_ref() == Some(&own.period),
            Event::PeriodClosed(own) => self.period.as_ref() == Some(&own.period),
            Event::FigureReported(own) => {
                here(&own.plan)
                    && own.as_at.year() == i32::from(self.year)
                    && rows.contains(&own.indicator)
                    && areas.contains(&own.area)
            }
            Event::FigureCorrected(own) => self.named.contains(&own.corrects),
            Event::FigureReturned(own) => self.named.contains(&own.figure),
            Event::FigureVerified(own) => self.named.contains(&own.figure),
            Event::FigureApproved(own) => self.named.contains(&own.figure),
            Event::FigureWithdrawn(own) => self.named.contains(&own.figure),
            Event::EvidenceAttached(own) => own.figure.is_some_and(|figure| self.named.contains(&figure)),
            Event::UnitRegistered(own) => self.wanted.units.contains(&own.registered),
            Event::KeyEnrolled(own) => self.wanted.units.contains(&own.holder),
            Event::KeyRevoked(own) => self.wanted.units.contains(&own.holder),
            Event::WorkdayCalendarPublished(_)
            | Event::SubmissionFiled(_)
            | Event::NarrativeReported(_)
            | Event::BonusGranted(_)
            | Event::DeductionImposed(_)
            | Event::VetoImposed(_)
            | Event::AwardRevoked(_)
            | Event::TableAttested(_)
            | Event::CompletenessStated(_)
            | Event::LedgerRestored(_)
            | Event::CommitteeAppointed(_)
            | Event::CommitteeKeyRevoked(_)
            | Event::SnapshotProposed(_)
            | Event::SnapshotWithdrawn(_)
            | Event::SnapshotApproved(_)
            | Event::SnapshotFrozen(_)
            | Event::SnapshotRestated(_)
            | Event::SnapshotPublished(_)
            | Event::SnapshotReopened(_)
            | Event::ObjectionFiled(_)
            | Event::ObjectionDecided(_) => false,
        }
    }
}
