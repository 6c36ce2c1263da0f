//! The audit trail: everything that happened to a cell, an indicator, a unit, a period or a submission.

use std::fmt;

use chain::{EventHash, Instant};
use domain::book::Book;
use events::{AccountId, AreaId, Event, IndicatorId, PeriodId, PlanId, Recorded, UnitId};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::Reading;
use crate::tables::{Heading, Table};

/// The table's name.
pub const NAME: &str = "trail";

/// Whose history is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// One indicator in one area: targets, duties, figures and acts on them, evidence, bonuses.
    Cell {
        /// The indicator.
        indicator: IndicatorId,
        /// The area.
        area: AreaId,
    },
    /// One indicator in all areas, with its definition and its weight.
    Indicator(IndicatorId),
    /// What a unit recorded, and what others recorded about it or its figures.
    Unit(UnitId),
    /// A period, and what was filed for it.
    Period(PeriodId),
    /// The lines of one submission.
    Submission(Uuid),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cell { indicator, area } => write!(f, "cell {indicator} {area}"),
            Self::Indicator(indicator) => write!(f, "indicator {indicator}"),
            Self::Unit(unit) => write!(f, "unit {unit}"),
            Self::Period(period) => write!(f, "period {period}"),
            Self::Submission(submission) => write!(f, "submission {submission}"),
        }
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A trail that grows line by line, in ledger order.
#[derive(Clone, Debug)]
pub struct Trail<'a> {
    reading: Reading<'a>,
    heading: TrailHeading,
    rows: Vec<TrailRow>,
}

/// The first row: a table's, and whose trail it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrailHeading {
    /// As in every table.
    #[serde(flatten)]
    pub heading: Heading,
    /// Whose trail.
    pub subject: Subject,
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrailRow {
    /// The earlier line that this one corrects, returns, verifies, revises, ends or revokes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acts_on: Option<EventHash>,
    /// The area it is about, also where only the earlier line names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<AreaId>,
    /// When it was recorded.
    pub at: Instant,
    /// The account that recorded it.
    pub by: AccountId,
    /// What it says, completely.
    pub data: serde_json::Value,
    /// The line's hash.
    pub hash: EventHash,
    /// The indicator it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indicator: Option<IndicatorId>,
    /// The period it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<PeriodId>,
    /// The line's position.
    pub position: u64,
    /// `line`.
    pub row: &'static str,
    /// The submission it came in.
    pub submission: Uuid,
    /// What kind of event it is.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The unit in whose name it was recorded.
    pub unit: UnitId,
}

impl<'a> Trail<'a> {
    /// Begins a trail.
    #[must_use]
    pub fn new(reading: &Reading<'a>, subject: Subject) -> Self {
        let heading = Heading::of(reading, NAME, super::VERSION);
        Self { reading: reading.clone(), heading: TrailHeading { heading, subject }, rows: Vec::new() }
    }

    /// A trail from lines in ledger order.
    #[must_use]
    pub fn of<'l>(
        reading: &Reading<'a>,
        subject: Subject,
        lines: impl IntoIterator<Item = &'l Recorded>,
    ) -> Self {
        let mut trail = Self::new(reading, subject);
        lines.into_iter().for_each(|line| trail.take(line));
        trail
    }

    /// Looks at the next line; it joins the trail when it is known, not left out, and about the subject.
    ///
    /// # Panics
    /// When the line does not come after those taken before.
    pub fn take(&mut self, line: &Recorded) {
        let known = line.position < self.reading.at().known;
        if !known || self.reading.left_out().contains(&line.hash) {
            return;
        }
        let about = About::of(self.reading.book(), line);
        if about.touches(&self.reading, &self.heading.subject, line) {
            let in_order = self.rows.last().is_none_or(|last| last.position < line.position);
            assert!(in_order, "a trail is told in the order of the ledger");
            self.rows.push(row(line, about));
        }
    }

    /// The first row.
    #[must_use]
    pub const fn heading(&self) -> &TrailHeading {
        &self.heading
    }

    /// The lines so far, by position.
    #[must_use]
    pub fn rows(&self) -> &[TrailRow] {
        &self.rows
    }

    /// The table.
    #[must_use]
    pub fn encode(&self) -> Table {
        let mut table = Table::begin(NAME, super::VERSION, &self.heading);
        table.extend(&self.rows);
        table
    }
}

fn row(line: &Recorded, about: About<'_>) -> TrailRow {
    let data = line.event.encode().expect("a recorded event is canonical JSON");
    TrailRow {
        acts_on: about.acts_on,
        area: about.area.cloned(),
        at: line.at,
        by: line.by.clone(),
        data: serde_json::from_slice(&data).expect("canonical JSON is JSON"),
        hash: line.hash,
        indicator: about.indicator().cloned(),
        period: about.period.cloned(),
        position: line.position,
        row: "line",
        submission: line.submission,
        kind: line.event.kind().name(),
        unit: line.unit.clone(),
    }
}

/// What a line is about, with what the earlier line it names says.
#[derive(Clone, Debug, Default)]
pub struct About<'l> {
    /// The earlier line that it corrects, returns, verifies, revises, ends or revokes.
    pub acts_on: Option<EventHash>,
    /// The plan.
    pub plan: Option<&'l PlanId>,
    /// The rows of the plan it names; none where it holds for all of them.
    pub indicators: Vec<&'l IndicatorId>,
    /// The area.
    pub area: Option<&'l AreaId>,
    /// The period.
    pub period: Option<&'l PeriodId>,
    /// Units other than the recording one.
    units: Vec<&'l UnitId>,
    /// Whether it holds for cells it does not name: a duty for all rows or all areas.
    covers_unnamed: bool,
}

impl<'l> About<'l> {
    /// What a line of a book says, completed from the earlier line that it names.
    #[must_use]
    pub fn of(book: &'l Book, line: &'l Recorded) -> Self {
        let plain = Self::default();
        match &line.event {
            Event::LedgerOpened(_)
            | Event::LogKeyChanged(_)
            | Event::LedgerRestored(_)
            | Event::WorkdayCalendarPublished(_) => plain,
            Event::UnitRegistered(own) => Self { units: vec![&own.registered], ..plain },
            Event::KeyEnrolled(own) => Self { units: vec![&own.holder], ..plain },
            Event::KeyRevoked(own) => Self { units: vec![&own.holder], ..plain },
            Event::PlanAdopted(own) => Self { plan: Some(&own.plan), ..plain },
            Event::RulebookAdopted(own) => Self { plan: Some(&own.plan), ..plain },
            Event::AreaRegistered(own) => Self { plan: Some(&own.plan), area: Some(&own.area), ..plain },
            Event::IndicatorDefined(own) => {
                Self { plan: Some(&own.plan), indicators: vec![&own.indicator], ..plain }
            }
            Event::WeightBlockDefined(own) => {
                Self { plan: Some(&own.plan), indicators: own.indicators.iter().collect(), ..plain }
            }
            Event::ResponsibilityAssigned(own) => Self {
                plan: Some(&own.plan),
                indicators: own.indicator.iter().collect(),
                area: own.area.as_ref(),
                units: vec![&own.assignee],
                covers_unnamed: true,
                ..plain
            },
            Event::ResponsibilityEnded(own) => Self::of_assignment(book, own.assignment),
            Event::TargetSet(own) => Self::of_cell(&own.plan, &own.indicator, &own.area),
            Event::TargetRevised(own) => Self::of_target(book, own.revises),
            Event::PeriodOpened(own) => Self { period: Some(&own.period), ..plain },
            Event::PeriodExtended(own) => {
                Self { period: Some(&own.period), units: own.units.iter().collect(), ..plain }
            }
            Event::PeriodClosed(own) => Self { period: Some(&own.period), ..plain },
            Event::SubmissionFiled(own) => Self { period: Some(&own.period), ..plain },
            Event::NarrativeReported(own) => {
                Self { plan: Some(&own.plan), period: Some(&own.period), ..plain }
            }
            Event::FigureReported(own) => {
                Self { period: Some(&own.period), ..Self::of_cell(&own.plan, &own.indicator, &own.area) }
            }
            Event::FigureCorrected(own) => Self::of_figure(book, own.corrects),
            Event::FigureReturned(own) => Self::of_figure(book, own.figure),
            Event::FigureVerified(own) => Self::of_figure(book, own.figure),
            Event::FigureApproved(own) => Self::of_figure(book, own.figure),
            Event::FigureWithdrawn(own) => Self::of_figure(book, own.figure),
            Event::EvidenceAttached(own) => own.figure.map_or(plain, |figure| Self::of_figure(book, figure)),
            Event::BonusGranted(own) => Self::of_cell(&own.plan, &own.indicator, &own.area),
            Event::DeductionImposed(own) => Self { plan: Some(&own.plan), area: Some(&own.area), ..plain },
            Event::VetoImposed(own) => Self { plan: Some(&own.plan), area: Some(&own.area), ..plain },
            Event::AwardRevoked(own) => Self::of_award(book, own.award),
            Event::TableAttested(own) => Self { plan: Some(&own.plan), ..plain },
            Event::CompletenessStated(own) => Self { period: Some(&own.period), ..plain },
            Event::CommitteeAppointed(own) => Self {
                plan: Some(&own.plan),
                units: own.members.iter().map(|member| &member.unit).collect(),
                ..plain
            },
            Event::CommitteeKeyRevoked(own) => Self { plan: Some(&own.plan), ..plain },
            Event::SnapshotProposed(own) => Self {
                plan: Some(&own.plan),
                acts_on: own.restates.as_ref().map(|restated| restated.snapshot),
                ..plain
            },
            Event::SnapshotWithdrawn(own) => Self { acts_on: Some(own.snapshot), ..plain },
            Event::SnapshotApproved(own) => Self { acts_on: Some(own.snapshot), ..plain },
            Event::SnapshotFrozen(own) => Self { acts_on: Some(own.snapshot), ..plain },
            Event::SnapshotRestated(own) => Self { acts_on: Some(own.snapshot), ..plain },
            Event::SnapshotPublished(own) => Self { acts_on: Some(own.snapshot), ..plain },
            Event::SnapshotReopened(own) => Self { acts_on: Some(own.snapshot), ..plain },
            Event::ObjectionFiled(own) => Self {
                acts_on: Some(own.snapshot),
                plan: Some(&own.plan),
                area: own.area.as_ref(),
                indicators: own.indicator.iter().collect(),
                ..plain
            },
            Event::ObjectionDecided(own) => Self { acts_on: Some(own.objection), ..plain },
        }
    }

    /// The one row it is about, if it is about exactly one.
    #[must_use]
    pub fn indicator(&self) -> Option<&'l IndicatorId> {
        match self.indicators[..] {
            [indicator] => Some(indicator),
            [] | [_, _, ..] => None,
        }
    }

    fn of_cell(plan: &'l PlanId, indicator: &'l IndicatorId, area: &'l AreaId) -> Self {
        Self { plan: Some(plan), indicators: vec![indicator], area: Some(area), ..Self::default() }
    }

    fn of_figure(book: &'l Book, hash: EventHash) -> Self {
        let acted = Self { acts_on: Some(hash), ..Self::default() };
        let Some(ix) = book.figure_ix(&hash) else { return acted };
        let plan = book.registry().plan(ix.cell.plan);
        let figure = book.figure(ix);
        Self {
            plan: Some(&plan.adopted.plan),
            indicators: vec![&plan.indicator(ix.cell.indicator).defined.indicator],
            area: Some(&plan.area(ix.cell.area).area),
            period: Some(&figure.period),
            units: vec![&figure.unit],
            ..acted
        }
    }

    fn of_target(book: &'l Book, hash: EventHash) -> Self {
        let acted = Self { acts_on: Some(hash), ..Self::default() };
        let mut plans = book.registry().plans();
        let found = plans.find_map(|(_, plan)| plan.target_line(&hash).map(|cell| (plan, cell)));
        let Some((plan, (indicator, area, _))) = found else { return acted };
        let (indicator, area) = (&plan.indicator(indicator).defined.indicator, &plan.area(area).area);
        Self { acts_on: acted.acts_on, ..Self::of_cell(&plan.adopted.plan, indicator, area) }
    }

    fn of_assignment(book: &'l Book, hash: EventHash) -> Self {
        let acted = Self { acts_on: Some(hash), ..Self::default() };
        let mut plans = book.registry().plans();
        let found = plans.find_map(|(_, plan)| plan.assignment(&hash).map(|given| (plan, given)));
        let Some((plan, given)) = found else { return acted };
        Self {
            plan: Some(&plan.adopted.plan),
            indicators: given.indicator.iter().collect(),
            area: given.area.as_ref(),
            units: vec![&given.assignee],
            covers_unnamed: true,
            ..acted
        }
    }

    fn of_award(book: &'l Book, hash: EventHash) -> Self {
        use domain::book::AwardKind;
        let acted = Self { acts_on: Some(hash), ..Self::default() };
        let Some(award) = book.awards().iter().find(|award| award.hash == hash) else {
            return acted;
        };
        let of_area = |area| Self { plan: Some(award.kind.plan()), area: Some(area), ..acted.clone() };
        match &award.kind {
            AwardKind::Bonus(own) => Self { indicators: vec![&own.indicator], ..of_area(&own.area) },
            AwardKind::Deduction(own) => of_area(&own.area),
            AwardKind::Veto(own) => of_area(&own.area),
        }
    }

    fn touches(&self, reading: &Reading<'_>, subject: &Subject, line: &Recorded) -> bool {
        let here = self.plan.is_none_or(|plan| plan == &reading.plan().adopted.plan);
        let row = |row: &IndicatorId| {
            let unnamed = self.covers_unnamed && self.indicators.is_empty();
            self.plan.is_some() && here && (unnamed || self.indicators.contains(&row))
        };
        match subject {
            Subject::Submission(submission) => &line.submission == submission,
            Subject::Unit(unit) => &line.unit == unit || self.units.contains(&unit),
            Subject::Period(period) => here && self.period == Some(period),
            Subject::Indicator(indicator) => row(indicator),
            // A row's definition and weight hold in every area.
            Subject::Cell { indicator, area } => row(indicator) && self.area.is_none_or(|own| own == area),
        }
    }
}
