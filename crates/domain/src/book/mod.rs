//! The figure book: every version of every figure, with everything that was done to it.
//!
//! One fold serves both sides: deciding asks it at the head, read models ask it at any day and any known size.
//! Applying a line copies; it never refuses. A line that names something the book does not have (which happens
//! when a question leaves lines out) changes nothing.

mod cell;
mod figure;

use std::collections::{BTreeMap, HashMap};

use chain::{ContentHash, Date, EventHash, Instant};
use events::{BonusGranted, DeductionImposed, Event, PeriodId, PlanId, Recorded, UnitId, VetoImposed};
use serde::{Deserialize, Serialize};

pub use cell::{Cell, PassedOver, Question};
pub use figure::{Figure, Life, Mark, MarkKind};

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

/// Hashes are uniform already: eight of their bytes are a good enough hash for a lookup table.
#[derive(Clone, Copy, Debug, Default)]
pub struct TakeEightBytes(u64);

impl std::hash::Hasher for TakeEightBytes {
    fn write(&mut self, bytes: &[u8]) {
        // The array's length is written too, before its bytes; it says nothing.
        if let (32, Some(first)) = (bytes.len(), bytes.first_chunk()) {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A lookup table by event hash. It is only ever asked, never walked, so its order cannot reach a result.
pub type ByHash<T> = HashMap<EventHash, T, std::hash::BuildHasherDefault<TakeEightBytes>>;

/// Registry and figures of a ledger, up to the last line applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredBook")]
pub struct Book {
    registry: Registry,
    cells: BTreeMap<CellIx, Cell>,
    awards: Vec<Award>,
    narratives: Vec<NarrativeFiled>,
    evidence: Vec<Evidence>,
    /// Follows from `cells`; made again when a saved book is read.
    #[serde(skip)]
    figures: ByHash<FigureIx>,
}

/// A saved book; its members stand in the order of [`Book`]'s.
#[derive(Deserialize)]
struct StoredBook {
    registry: Registry,
    cells: BTreeMap<CellIx, Cell>,
    awards: Vec<Award>,
    narratives: Vec<NarrativeFiled>,
    evidence: Vec<Evidence>,
}

impl From<StoredBook> for Book {
    fn from(stored: StoredBook) -> Self {
        let StoredBook { registry, cells, awards, narratives, evidence } = stored;
        let place = |(cell, figures): (&CellIx, &Cell)| {
            let cell = *cell;
            let versions = (0..).zip(figures.figures());
            versions
                .map(move |(version, figure)| (figure.hash, FigureIx { cell, version }))
                .collect::<Vec<_>>()
        };
        let figures = cells.iter().flat_map(place).collect();
        Self { registry, cells, awards, narratives, evidence, figures }
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
        self.cells.get(&cell)
    }

    /// All cells with figures, in the order of their indices.
    pub fn cells(&self) -> impl Iterator<Item = (CellIx, &Cell)> {
        self.cells.iter().map(|(ix, cell)| (*ix, cell))
    }

    /// A figure's place by the line that reported or corrected it.
    #[must_use]
    pub fn figure_ix(&self, hash: &EventHash) -> Option<FigureIx> {
        self.figures.get(hash).copied()
    }

    /// A figure by its place.
    #[must_use]
    pub fn figure(&self, ix: FigureIx) -> &Figure {
        self.cells[&ix.cell].figure(ix.version)
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
                    let version = self.cells.entry(cell).or_default().report(line, reported);
                    self.figures.insert(line.hash, FigureIx { cell, version });
                }
            }
            Event::FigureCorrected(corrected) => {
                if let Some(before) = self.figure_ix(&corrected.corrects) {
                    let cell = self.cells.get_mut(&before.cell).expect("a figure's cell exists");
                    let version = cell.correct(line, before.version, corrected);
                    self.figures.insert(line.hash, FigureIx { cell: before.cell, version });
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
            Event::SubmissionFiled(_) => {}
            Event::LedgerOpened(_)
            | Event::LogKeyChanged(_)
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

    fn mark(&mut self, line: &Recorded, figure: &EventHash, kind: MarkKind) {
        if let Some(ix) = self.figure_ix(figure) {
            let cell = self.cells.get_mut(&ix.cell).expect("a figure's cell exists");
            cell.mark(ix.version, Mark { kind, position: line.position, hash: line.hash, at: line.at });
        }
    }

    fn award(&mut self, line: &Recorded, kind: AwardKind) {
        self.awards.push(Award { hash: line.hash, position: line.position, kind, revoked: None });
    }
}
