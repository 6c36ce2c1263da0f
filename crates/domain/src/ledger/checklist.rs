//! What stands in the way of a snapshot: figures missing, not verified or sent back, and objections not decided.

use chain::{Date, EventHash};
use events::{Checklist, Stage, Target};

use super::snapshots::{Slot, Snapshots};
use crate::book::{Book, Cell, Figure, Life};
use crate::registry::{AreaIx, CellIx, IndicatorIx, PlanIx};

/// The cells and objections behind a checklist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blockers {
    /// Cells with a number to attain, or the city's figure to exceed, and no figure of the year.
    pub missing: Vec<CellIx>,
    /// Objections to proposals of the same plan, year and part.
    pub objections: Vec<EventHash>,
    /// Cells whose newest figure was sent back.
    pub returned: Vec<CellIx>,
    /// Cells whose newest figure is reported and not verified.
    pub unverified: Vec<CellIx>,
}

impl Blockers {
    /// What stands in the way of a snapshot of the first `known` lines; none where the plan is not registered.
    #[must_use]
    pub fn of(book: &Book, snapshots: &Snapshots, slot: &Slot, known: u64) -> Self {
        let Some(plan) = book.registry().plan_ix(&slot.plan) else { return Self::default() };
        let open = snapshots.open_objections(slot, known).map(|objection| objection.hash);
        let mut found = Self { objections: open.collect(), ..Self::default() };
        for cell in assessed(book, plan, slot.as_of(), known) {
            match book.cell(cell).and_then(|own| newest(own, slot.as_of(), known)) {
                None => found.missing.push(cell),
                Some(figure) => match figure.life(known) {
                    Life::Returned => found.returned.push(cell),
                    Life::Standing(Stage::Reported) => found.unverified.push(cell),
                    Life::Standing(Stage::Verified | Stage::Approved) | Life::Withdrawn => {}
                },
            }
        }
        found
    }

    /// How many there are of each.
    ///
    /// # Panics
    /// When there are 2³² of them.
    #[must_use]
    pub fn counts(&self) -> Checklist {
        let count = |length: usize| u32::try_from(length).expect("fewer than 2^32 cells");
        Checklist {
            missing: count(self.missing.len()),
            objections: count(self.objections.len()),
            returned: count(self.returned.len()),
            unverified: count(self.unverified.len()),
        }
    }
}

/// The cells of a plan's known table that have something to attain; bonus rows have nothing.
fn assessed(book: &Book, plan_ix: PlanIx, as_of: Date, known: u64) -> impl Iterator<Item = CellIx> + '_ {
    let plan = book.registry().plan(plan_ix);
    let shape = plan.shape(known);
    let indices = |length: usize| 0..u16::try_from(length).expect("a plan's indices are 16 bits");
    let (rows, areas) = (indices(shape.indicators), indices(shape.areas));
    let cells = rows.flat_map(move |row| areas.clone().map(move |area| (IndicatorIx(row), AreaIx(area))));
    cells
        .filter(move |(row, area)| {
            let target = plan.target(*row, *area, as_of, known).map(|version| version.target);
            plan.indicator(*row).defined.bonus.is_none()
                && matches!(target, Some(Target::Number { .. } | Target::ExceedsCity))
        })
        .map(move |(indicator, area)| CellIx { plan: plan_ix, indicator, area })
}

/// The newest version of the latest day that stands; a withdrawal takes its whole day back.
fn newest(cell: &Cell, as_of: Date, known: u64) -> Option<&Figure> {
    let of_year = |figure: &&Figure| {
        figure.position < known && figure.as_at <= as_of && figure.as_at.year() == as_of.year()
    };
    let mut figures: Vec<&Figure> = cell.figures().iter().filter(of_year).collect();
    figures.sort_by_key(|figure| (figure.as_at, figure.position));
    while let Some(figure) = figures.pop() {
        if figure.life(known) != Life::Withdrawn {
            return Some(figure);
        }
        figures.retain(|own| own.as_at != figure.as_at);
    }
    None
}
