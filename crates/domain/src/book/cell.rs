//! All versions of one cell's figures, and the question which of them counts.

use chain::{Date, EventHash};
use events::{FigureCorrected, FigureReported, Recorded, Stage};
use serde::{Deserialize, Serialize};

use super::{Figure, Life, Mark};

/// Which figure is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// Only values attained up to this day, in this day's year.
    pub as_of: Date,
    /// Only the first so many lines of the ledger.
    pub known: u64,
    /// Only figures that have reached this stage.
    pub counts_from: Stage,
}

/// Why a figure was not the one that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassedOver {
    /// Its line is not among the known ones.
    NotYetKnown,
    /// It was attained after the day asked for.
    AfterAsOf,
    /// It was attained in another year.
    OtherYear,
    /// It was taken back, or a correction of it was.
    Withdrawn,
    /// It was returned.
    Returned,
    /// It has not reached the stage that counts.
    StageNotReached,
    /// The version with this hash corrects it and counts.
    CorrectedBy(EventHash),
    /// A later value counts; this is its day.
    LaterValue(Date),
}

/// The figures of one cell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Versions in the order of the ledger.
    figures: Vec<Figure>,
    /// By (day attained, position).
    by_day: Vec<Attained>,
}

/// A version's place in its cell by day. Repeats what a search asks for, so that it stays in a few cache lines: versions
/// themselves are large, and lie all over the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Attained {
    day: Date,
    version: u32,
    position: u64,
}

impl Cell {
    /// A version by its index.
    #[must_use]
    pub fn figure(&self, version: u32) -> &Figure {
        &self.figures[version as usize]
    }

    /// All versions, in the order of the ledger.
    #[must_use]
    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// The figure that counts.
    ///
    /// The latest day wins; of one day's versions the newest that has reached the stage. A correction takes effect
    /// when it reaches the stage; until then the version before it stays, unless that was returned. A withdrawal
    /// takes the whole day's chain of corrections back.
    #[must_use]
    pub fn effective(&self, question: &Question) -> Option<&Figure> {
        self.effective_version(question).map(|version| self.figure(version))
    }

    /// The index of the figure that counts.
    #[must_use]
    pub fn effective_version(&self, question: &Question) -> Option<u32> {
        let end = self.by_day.partition_point(|own| own.day <= question.as_of);
        let mut withdrawn_day = None;
        for &Attained { day, version, position } in self.by_day[..end].iter().rev() {
            if day.year() != question.as_of.year() {
                return None;
            }
            if position >= question.known || withdrawn_day == Some(day) {
                continue;
            }
            match self.figure(version).life(question.known) {
                Life::Withdrawn => withdrawn_day = Some(day),
                Life::Standing(stage) if stage >= question.counts_from => return Some(version),
                Life::Standing(_) | Life::Returned => {}
            }
        }
        None
    }

    /// The figures that do not count, with the reason of each, in the order of the ledger.
    #[must_use]
    pub fn passed_over(&self, question: &Question) -> Vec<(&Figure, PassedOver)> {
        let effective = self.effective(question);
        self.figures
            .iter()
            .filter(|figure| effective.is_none_or(|counted| counted.hash != figure.hash))
            .map(|figure| (figure, self.reason(figure, effective, question)))
            .collect()
    }

    fn reason(&self, figure: &Figure, effective: Option<&Figure>, question: &Question) -> PassedOver {
        if figure.position >= question.known {
            return PassedOver::NotYetKnown;
        }
        if figure.as_at > question.as_of {
            return PassedOver::AfterAsOf;
        }
        if figure.as_at.year() != question.as_of.year() {
            return PassedOver::OtherYear;
        }
        if self.withdrawn_after(figure, question.known) {
            return PassedOver::Withdrawn;
        }
        match (figure.life(question.known), effective) {
            (Life::Withdrawn, _) => PassedOver::Withdrawn,
            (Life::Returned, _) => PassedOver::Returned,
            (Life::Standing(stage), _) if stage < question.counts_from => PassedOver::StageNotReached,
            (Life::Standing(_), Some(counted)) if counted.as_at > figure.as_at => {
                PassedOver::LaterValue(counted.as_at)
            }
            (Life::Standing(_), Some(counted)) => PassedOver::CorrectedBy(counted.hash),
            (Life::Standing(_), None) => unreachable!("a known, standing figure of the day counts"),
        }
    }

    /// Whether a later version of the same day was taken back, which takes this one back with it.
    fn withdrawn_after(&self, figure: &Figure, known: u64) -> bool {
        self.figures.iter().any(|later| {
            later.as_at == figure.as_at
                && later.position > figure.position
                && later.position < known
                && later.life(known) == Life::Withdrawn
        })
    }

    /// The newest version for a day that is not withdrawn, whatever its stage.
    #[must_use]
    pub fn standing_on(&self, day: Date) -> Option<&Figure> {
        let newest = self.by_day.iter().rev().find(|own| own.day == day)?;
        let newest = self.figure(newest.version);
        (newest.life(u64::MAX) != Life::Withdrawn).then_some(newest)
    }

    /// The newest standing version with the latest day before `day` in the same year.
    #[must_use]
    pub fn before(&self, day: Date) -> Option<&Figure> {
        let end = self.by_day.partition_point(|own| own.day < day);
        let days = self.by_day[..end].iter().rev().map(|own| own.day);
        let mut days = days.take_while(|own| own.year() == day.year());
        days.find_map(|own| self.standing_on(own))
    }

    /// The newest standing version with the earliest day after `day` in the same year.
    #[must_use]
    pub fn after(&self, day: Date) -> Option<&Figure> {
        let start = self.by_day.partition_point(|own| own.day <= day);
        let days = self.by_day[start..].iter().map(|own| own.day);
        let mut days = days.take_while(|own| own.year() == day.year());
        days.find_map(|own| self.standing_on(own))
    }

    pub(super) fn report(&mut self, line: &Recorded, reported: &FigureReported) -> u32 {
        self.push(Figure {
            hash: line.hash,
            position: line.position,
            at: line.at,
            filed_at: line.at,
            unit: line.unit.clone(),
            period: reported.period.clone(),
            as_at: reported.as_at,
            value: reported.value,
            status: reported.status,
            corrects: None,
            corrected_by: None,
            marks: Vec::new(),
        })
    }

    pub(super) fn correct(&mut self, line: &Recorded, before: u32, corrected: &FigureCorrected) -> u32 {
        let earlier = self.figure(before);
        let version = self.push(Figure {
            hash: line.hash,
            position: line.position,
            at: line.at,
            filed_at: if corrected.material { line.at } else { earlier.filed_at },
            unit: line.unit.clone(),
            period: earlier.period.clone(),
            as_at: earlier.as_at,
            value: corrected.value,
            status: corrected.status,
            corrects: Some(before),
            corrected_by: None,
            marks: Vec::new(),
        });
        self.figures[before as usize].corrected_by = Some(version);
        version
    }

    pub(super) fn mark(&mut self, version: u32, mark: Mark) {
        let marks = &mut self.figures[version as usize].marks;
        if marks.is_empty() {
            // Most figures are verified and approved, and nothing more.
            marks.reserve_exact(2);
        }
        marks.push(mark);
    }

    fn push(&mut self, figure: Figure) -> u32 {
        let version = u32::try_from(self.figures.len()).expect("fewer than 2^32 versions in one cell");
        let attained = Attained { day: figure.as_at, version, position: figure.position };
        // Equal days keep the order of the ledger, so a new version goes behind all of its day.
        let newest = self.by_day.last().is_none_or(|last| last.day <= figure.as_at);
        let place = match newest {
            true => self.by_day.len(),
            false => self.by_day.partition_point(|own| own.day <= figure.as_at),
        };
        self.by_day.insert(place, attained);
        self.figures.push(figure);
        version
    }
}
