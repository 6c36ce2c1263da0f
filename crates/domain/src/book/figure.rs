//! One version of a figure and its life.

use chain::{Date, EventHash, Instant};
use events::{FigureStatus, PeriodId, Stage, UnitId, Value};
use serde::{Deserialize, Serialize};

/// What was done to a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MarkKind {
    /// Sent back by the responsible bureau (退回).
    Returned,
    /// Verified (复核).
    Verified,
    /// Approved (审定).
    Approved,
    /// Taken back by the unit (撤回).
    Withdrawn,
}

/// An act on a figure, with its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// What was done.
    pub kind: MarkKind,
    /// The line's position.
    pub position: u64,
    /// The line's hash.
    pub hash: EventHash,
    /// When.
    pub at: Instant,
}

/// Where a figure stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It counts from the stage it has reached.
    Standing(Stage),
    /// It was sent back and waits for a correction.
    Returned,
    /// It was taken back.
    Withdrawn,
}

/// One version of a figure: a `figure-reported` or `figure-corrected` line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// The line's hash; it names the version.
    pub hash: EventHash,
    /// The line's position.
    pub position: u64,
    /// When the line was recorded.
    pub at: Instant,
    /// The filing time for lateness: a non-material correction keeps the one before it.
    pub filed_at: Instant,
    /// The unit that recorded it.
    pub unit: UnitId,
    /// The period it was reported for.
    pub period: PeriodId,
    /// The day the value was attained.
    pub as_at: Date,
    /// The value.
    pub value: Value,
    /// How firm it is.
    pub status: FigureStatus,
    /// The version it corrects, by index in the cell.
    pub corrects: Option<u32>,
    /// The version that corrects it, by index in the cell.
    pub corrected_by: Option<u32>,
    /// Acts on it, in the order of the ledger.
    pub marks: Vec<Mark>,
}

impl Figure {
    /// Where it stood among the first `known` lines, whatever corrections of it say.
    #[must_use]
    pub fn life(&self, known: u64) -> Life {
        let mut stage = Stage::Reported;
        let mut returned = false;
        for mark in self.marks.iter().filter(|mark| mark.position < known) {
            match mark.kind {
                MarkKind::Withdrawn => return Life::Withdrawn,
                MarkKind::Returned => returned = true,
                MarkKind::Verified => stage = Stage::Verified,
                MarkKind::Approved => stage = Stage::Approved,
            }
        }
        if returned { Life::Returned } else { Life::Standing(stage) }
    }

    /// Whether it was reported in an area's filing that counts from `stage`.
    #[must_use]
    pub fn counts(&self, stage: Stage, known: u64) -> bool {
        matches!(self.life(known), Life::Standing(reached) if reached >= stage)
    }
}
