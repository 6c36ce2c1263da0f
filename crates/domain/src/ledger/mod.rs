//! The ledger at its head: what deciding needs, and the making of new lines.
//!
//! [`Ledger::decide`] says whether a submission may be recorded, [`Ledger::lines`] makes its lines,
//! [`Ledger::apply`] takes recorded lines over. None of them does I/O or looks at a clock.

mod attested;
mod checklist;
mod decide;
mod lines;
mod problem;
pub mod snapshots;
mod statement;
mod submission;

use std::collections::BTreeMap;

use chain::{EventHash, Instant};
use events::{Recorded, UnitId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use attested::{Attested, AttestedTable, UnitStatement};
pub use checklist::Blockers;
pub use lines::{Lines, NewLine};
pub use problem::{Problem, ProblemKind, Rejection, Severity};
pub use statement::Statement;
pub use submission::{Prepared, Submission};

use crate::book::Book;
use crate::lookup::ById;
use snapshots::Snapshots;

/// The end of a unit's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitHead {
    /// How many lines the unit has.
    pub lines: u64,
    /// The hash of its last line.
    pub hash: EventHash,
}

/// The end of the ledger's chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// How many lines the ledger has.
    pub size: u64,
    /// The hash of the last line; zeros when there is none.
    pub hash: EventHash,
    /// The instant of the last append.
    pub at: Option<Instant>,
    /// The end of each unit's chain.
    #[serde(with = "crate::lookup")]
    pub units: ById<UnitId, UnitHead>,
}

impl Default for Head {
    fn default() -> Self {
        Self { size: 0, hash: EventHash::ZERO, at: None, units: ById::default() }
    }
}

impl Head {
    /// The instant for the next append: the clock's, but always later than the append before.
    ///
    /// # Panics
    /// In the last microsecond of the year 9999.
    #[must_use]
    pub fn next_at(&self, now: Instant) -> Instant {
        let after = self.at.map(|at| Instant::from_micros(at.micros() + 1).expect("the calendar goes on"));
        after.map_or(now, |after| after.max(now))
    }

    fn advance(&mut self, hash: EventHash, at: Instant, unit: &UnitId) {
        self.size += 1;
        self.hash = hash;
        self.at = Some(at);
        match self.units.get_mut(unit) {
            Some(head) => *head = UnitHead { lines: head.lines + 1, hash },
            None => {
                self.units.insert(unit.clone(), UnitHead { lines: 1, hash });
            }
        }
    }
}

/// Where a recorded submission stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The position of its first line.
    pub first: u64,
    /// How many lines it has.
    pub lines: u32,
}

/// What deciding found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is new and may be recorded.
    Record,
    /// A submission of this id is on record there; compare the content, then repeat its receipt or refuse.
    OnRecord(Place),
}

/// The state at the head of a ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    book: Book,
    attested: Attested,
    snapshots: Snapshots,
    head: Head,
    /// Sorted, for clients make these ids.
    submissions: BTreeMap<Uuid, Place>,
    /// The submission of the last line: most lines belong to it too, and need not be looked up.
    last: Option<Uuid>,
}

impl Ledger {
    /// Registry and figures.
    #[must_use]
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// Table roots on record, and units' statements.
    #[must_use]
    pub const fn attested(&self) -> &Attested {
        &self.attested
    }

    /// Committees, snapshots and objections.
    #[must_use]
    pub const fn snapshots(&self) -> &Snapshots {
        &self.snapshots
    }

    /// The end of the chain.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// Where a submission stands, if it is on record.
    #[must_use]
    pub fn place_of(&self, submission: &Uuid) -> Option<Place> {
        self.submissions.get(submission).copied()
    }

    /// Takes a recorded line over.
    ///
    /// # Panics
    /// When the line is not the next one.
    pub fn apply(&mut self, line: &Recorded) {
        assert_eq!(line.position, self.head.size, "lines are applied in order");
        self.book.apply(line);
        self.attested.apply(line, self.head.units.get(&line.unit).copied());
        self.snapshots.apply(line);
        self.head.advance(line.hash, line.at, &line.unit);
        if self.last != Some(line.submission) {
            let place = Place { first: line.position, lines: line.submission_size };
            self.submissions.entry(line.submission).or_insert(place);
            self.last = Some(line.submission);
        }
    }

    /// Decides whether a submission may be recorded at `now`.
    ///
    /// # Errors
    /// [`Rejection`] with every problem found, in the order of the submission's events.
    pub fn decide(&self, prepared: &Prepared, now: Instant) -> Result<Decision, Rejection> {
        match self.place_of(&prepared.submission().submission) {
            Some(place) => Ok(Decision::OnRecord(place)),
            None => decide::check(self, prepared, now).map(|()| Decision::Record),
        }
    }

    /// What could be wrong with a submission, warnings and errors alike, without recording it.
    #[must_use]
    pub fn problems(&self, prepared: &Prepared, now: Instant) -> Vec<Problem> {
        decide::problems(self, prepared, now)
    }

    /// What is wrong with the next line where it is about freezing: an audit decides it again, for what is frozen must not
    /// hang on the word of the program that recorded it. Nothing for lines about anything else.
    #[must_use]
    pub fn freezing_problems(&self, line: &Recorded) -> Vec<Problem> {
        decide::freezing_problems(self, line)
    }
}
