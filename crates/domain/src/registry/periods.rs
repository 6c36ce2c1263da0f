//! Reporting periods with their deadlines and extensions.

use chain::Instant;
use events::{PeriodExtended, PeriodOpened, UnitId};
use serde::{Deserialize, Serialize};

/// A moved deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// The position of the line that granted it.
    pub position: u64,
    /// The new deadline.
    pub due_at: Instant,
    /// The units it holds for; none named means all.
    pub units: Vec<UnitId>,
}

/// A period, with what was decided about it later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The position of the line that opened it.
    pub position: u64,
    /// What that line says.
    pub opened: PeriodOpened,
    /// Extensions in the order of the ledger.
    pub extensions: Vec<Extension>,
    /// The position of the line that closed it.
    pub closed: Option<u64>,
}

impl Period {
    pub(super) const fn new(position: u64, opened: PeriodOpened) -> Self {
        Self { position, opened, extensions: Vec::new(), closed: None }
    }

    pub(super) fn extend(&mut self, position: u64, extended: &PeriodExtended) {
        let units = extended.units.clone();
        self.extensions.push(Extension { position, due_at: extended.due_at, units });
    }

    pub(super) const fn close(&mut self, position: u64) {
        self.closed = Some(position);
    }

    /// The deadline that holds for a unit among the first `known` lines: the latest one granted.
    #[must_use]
    pub fn due_at(&self, unit: &UnitId, known: u64) -> Instant {
        self.extensions_for(unit, known)
            .map(|extension| extension.due_at)
            .fold(self.opened.due_at, Instant::max)
    }

    /// Whether a unit may file first reports at `now`, among the first `known` lines.
    ///
    /// A closed period is open for a unit again while an extension granted after the closing runs.
    #[must_use]
    pub fn is_open_for(&self, unit: &UnitId, now: Instant, known: u64) -> bool {
        match self.closed.filter(|closed| *closed < known) {
            None => true,
            Some(closed) => {
                self.extensions_for(unit, known).any(|later| later.position > closed && now <= later.due_at)
            }
        }
    }

    fn extensions_for<'a>(&'a self, unit: &'a UnitId, known: u64) -> impl Iterator<Item = &'a Extension> {
        self.extensions
            .iter()
            .filter(move |e| e.position < known && (e.units.is_empty() || e.units.contains(unit)))
    }
}
