//! The figure book: every version of every figure, with everything that was done to it.
//!
//! One fold serves both sides: deciding asks it at the head, read models ask it at any day and any known size.
//! Applying a line copies; it never refuses. A line that names something the book does not have (which happens
//! when a question leaves lines out) changes nothing.

mod cell;
mod figure;

use chain::{ContentHash, Date, EventHash, Instant};
use events::{BonusGranted, DeductionImposed, Event, PeriodId, PlanId, Recorded, UnitId, VetoImposed};
use serde::{Deserialize, Serialize};

pub use cell::{Cell, PassedOver, Question};
pub use figure::{Figure, Life, Mark, MarkKind};

use crate::lookup::{ById, ManyByHash};
use crate::registry::{CellIx, Registry};

/// Where a figure stands: its cell, and its index among that cell's versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FigureIx {
    /// The cell.
    pub cell: CellIx,
    /// 0-based, in the order of the ledger.
    pub version: u32,
}

/// A bonus, a deduction or a veto.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AwardKind {
    /// A bonus.
    Bonus(BonusGranted),
    /// A deduction.
    Deduction(DeductionImposed),
    /// A veto.
    Veto(VetoImposed),
}

impl AwardKind {
    /// The plan it counts in.
    #[must_use]
    pub const fn plan(&self) -> &PlanId {
        match self {
            Self::Bonus(bonus) => &bonus.plan,
            Self::Deduction(deduction) => &deduction.plan,
            Self::Veto(veto) => &veto.plan,
        }
    }

    /// The day it happened.
    #[must_use]
    pub const fn occurred_on(&self) -> Date {
        match self {
            Self::Bonus(bonus) => bonus.occurred_on,
            Self::Deduction(deduction) => deduction.occurred_on,
            Self::Veto(veto) => veto.occurred_on,
        }
    }
}

/// A bonus, deduction or veto with its line, and the line that took it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Award {
    /// The line's hash.
    pub hash: EventHash,
    /// The line's position.
    pub position: u64,
    /// What it says.
    #[serde(with = "crate::as_json")]
    pub kind: AwardKind,
    /// The position of the line that revoked it.
    pub revoked: Option<u64>,
}

/// A narrative's place; its text stays in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NarrativeFiled {
    /// The line's hash.
    pub hash: EventHash,
    /// The line's position.
    pub position: u64,
    /// When it was filed.
    pub at: Instant,
    /// The unit that filed it.
    pub unit: UnitId,
    /// The period it was filed for.
    pub period: PeriodId,
}

/// A piece of evidence on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The line's hash.
    pub hash: EventHash,
    /// The line's position.
    pub position: u64,
    /// The file's address.
    pub blake3: ContentHash,
    /// The figure it shows.
    pub figure: Option<EventHash>,
}

/// Registry and figures of a ledger, up to the last line applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredBook")]
pub struct Book {
    registry: Registry,
    /// In the order of their first figures.
    cells: Vec<(CellIx, Cell)>,
    awards: Vec<Award>,
    narratives: Vec<NarrativeFiled>,
    evidence: Vec<Evidence>,
    /// Where each cell stands in `cells`. This and the next follow from `cells`; made again when a saved book is read.
    #[serde(skip)]
    cell_numbers: ById<CellIx, u32>,
    /// Of each figure, its cell's number and its version there.
    #[serde(skip)]
    figures: ManyByHash<(u32, u32)>,
}

/// A saved book; its members stand in the order of [`Book`]'s.
#[derive(Deserialize)]
struct StoredBook {
    registry: Registry,
    cells: Vec<(CellIx, Cell)>,
    awards: Vec<Award>,
    narratives: Vec<NarrativeFiled>,
    evidence: Vec<Evidence>,
}

impl From<StoredBook> for Book {
    fn from(stored: StoredBook) -> Self {
        let StoredBook { registry, cells, awards, narratives, evidence } = stored;
        let cell_numbers = (0..).zip(&cells).map(|(number, (ix, _))| (*ix, number)).collect();
        let place = |(number, (_, cell)): (u32, &(CellIx, Cell))| {
            let versions = (0..).zip(cell.figures());
            versions.map(move |(version, figure)| (figure.hash, (number, version))).collect::<Vec<_>>()
        };
        let figures = (0..).zip(&cells).flat_map(place).collect();
        Self { registry, cells, awards, narratives, evidence, cell_numbers, figures }
    }
}

impl Book {
    /// Units, plans, periods, duties and keys.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// A cell's figures; none when nothing was ever reported there.
    #[must_use]
    pub fn cell(&self, cell: CellIx) -> Option<&Cell> {
        let number = self.cell_numbers.get(&cell)?;
        Some(&self.cells[*number as usize].1)
    }

    /// All cells with figures, in the order of their indices.
    pub fn cells(&self) -> impl Iterator<Item = (CellIx, &Cell)> {
        let mut cells: Vec<_> = self.cells.iter().map(|(ix, cell)| (*ix, cell)).collect();
        cells.sort_unstable_by_key(|(ix, _)| *ix);
        cells.into_iter()
    }

    /// A figure's place by the line that reported or corrected it.
    #[must_use]
    pub fn figure_ix(&self, hash: &EventHash) -> Option<FigureIx> {
        let (number, version) = *self.figures.get(hash)?;
        Some(FigureIx { cell: self.cells[number as usize].0, version })
    }

    /// A figure by its place.
    #[must_use]
    pub fn figure(&self, ix: FigureIx) -> &Figure {
        self.cell(ix.cell).expect("a figure's cell exists").figure(ix.version)
    }

    /// How many figure versions there are.
    #[must_use]
    pub fn figure_count(&self) -> usize {
        self.figures.len()
    }

    /// All bonuses, deductions and vetoes, in the order of the ledger.
    #[must_use]
    pub fn awards(&self) -> &[Award] {
        &self.awards
    }

    /// The awards of a plan that count for a day's year: they happened in that year and not after the day, are
    /// among the first `known` lines, and were not revoked by one of those.
    pub fn awards_in_force(&self, plan: &PlanId, as_of: Date, known: u64) -> impl Iterator<Item = &Award> {
        self.awards.iter().filter(move |award| {
            let day = award.kind.occurred_on();
            award.kind.plan() == plan
                && award.position < known
                && award.revoked.is_none_or(|revoked| revoked >= known)
                && day <= as_of
                && day.year() == as_of.year()
        })
    }

    /// All narratives, in the order of the ledger.
    #[must_use]
    pub fn narratives(&self) -> &[NarrativeFiled] {
        &self.narratives
    }

    /// All evidence, in the order of the ledger.
    #[must_use]
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// Takes a line over.
    pub fn apply(&mut self, line: &Recorded) {
        match &line.event {
            Event::FigureReported(reported) => {
                if let Some(cell) = self.registry.cell(&reported.plan, &reported.indicator, &reported.area) {
                    let number = self.number_of(cell);
                    let version = self.cells[number as usize].1.report(line, reported);
                    self.figures.insert(line.hash, (number, version));
                }
            }
            Event::FigureCorrected(corrected) => {
                if let Some((number, before)) = self.figures.get(&corrected.corrects).copied() {
                    let version = self.cells[number as usize].1.correct(line, before, corrected);
                    self.figures.insert(line.hash, (number, version));
                }
            }
            Event::FigureReturned(act) => self.mark(line, &act.figure, MarkKind::Returned),
            Event::FigureVerified(act) => self.mark(line, &act.figure, MarkKind::Verified),
            Event::FigureApproved(act) => self.mark(line, &act.figure, MarkKind::Approved),
            Event::FigureWithdrawn(act) => self.mark(line, &act.figure, MarkKind::Withdrawn),
            Event::BonusGranted(bonus) => self.award(line, AwardKind::Bonus(bonus.clone())),
            Event::DeductionImposed(deduction) => self.award(line, AwardKind::Deduction(deduction.clone())),
            Event::VetoImposed(veto) => self.award(line, AwardKind::Veto(veto.clone())),
            Event::AwardRevoked(revoked) => {
                let award = self.awards.iter_mut().filter(|award| award.hash == revoked.award);
                award.for_each(|award| award.revoked = Some(line.position));
            }
            Event::NarrativeReported(narrative) => self.narratives.push(NarrativeFiled {
                hash: line.hash,
                position: line.position,
                at: line.at,
                unit: line.unit.clone(),
                period: narrative.period.clone(),
            }),
            Event::EvidenceAttached(evidence) => self.evidence.push(Evidence {
                hash: line.hash,
                position: line.position,
                blake3: evidence.blake3,
                figure: evidence.figure,
            }),
            Event::SubmissionFiled(_)
            | Event::TableAttested(_)
            | Event::CompletenessStated(_)
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
            | Event::ObjectionDecided(_) => {}
            Event::LedgerOpened(_)
            | Event::LogKeyChanged(_)
            | Event::LedgerRestored(_)
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
            | Event::KeyEnrolled(_)
            | Event::KeyRevoked(_) => self.registry.apply(line),
        }
    }

    /// The number of a cell that gets a figure.
    fn number_of(&mut self, cell: CellIx) -> u32 {
        let next = u32::try_from(self.cells.len()).expect("fewer than 2^32 cells in one ledger");
        let number = *self.cell_numbers.entry(cell).or_insert(next);
        if number == next {
            self.cells.push((cell, Cell::default()));
        }
        number
    }

    fn mark(&mut self, line: &Recorded, figure: &EventHash, kind: MarkKind) {
        if let Some((number, version)) = self.figures.get(figure).copied() {
            let mark = Mark { kind, position: line.position, hash: line.hash, at: line.at };
            self.cells[number as usize].1.mark(version, mark);
        }
    }

    fn award(&mut self, line: &Recorded, kind: AwardKind) {
        self.awards.push(Award { hash: line.hash, position: line.position, kind, revoked: None });
    }
}
