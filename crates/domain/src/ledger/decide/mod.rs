//! May this be recorded? Rules over the state at the head; each adds its problems, none stops the others.

mod attested;
mod awards;
mod committee;
mod figures;
mod objections;
mod review;
mod setup;
mod signature;
mod snapshots;

use std::borrow::Cow;
use std::collections::BTreeSet;

use chain::{Date, EventHash, Instant};
use events::{Event, PeriodId, Recorded, SubmissionFiled, UnitId};

use super::problem::CellId;
use super::snapshots::Snapshots;
use super::{Ledger, Prepared, Problem, ProblemKind, Rejection, Severity, UnitHead};
use crate::book::Book;
use crate::registry::{CellIx, Registry};

/// More events than this are not one submission.
const MAX_EVENTS: usize = 2_000;
/// The longest free text, in characters.
const MAX_TEXT: usize = 4_000;

/// Errors, and warnings that were not confirmed.
pub(super) fn check(ledger: &Ledger, prepared: &Prepared, now: Instant) -> Result<(), Rejection> {
    let filed = filing(prepared);
    let confirmed = |problem: &Problem| filed.is_some_and(|filed| is_confirmed(filed, problem));
    let blocking: Vec<Problem> = problems(ledger, prepared, now)
        .into_iter()
        .filter(|problem| !confirmed(problem))
        .map(|problem| match problem.kind.severity() {
            Severity::Error => problem,
            Severity::Warning => unconfirmed(problem),
        })
        .collect();
    if blocking.is_empty() { Ok(()) } else { Err(Rejection(blocking)) }
}

/// Everything found, warnings too, in the order of the events.
pub(super) fn problems(ledger: &Ledger, prepared: &Prepared, now: Instant) -> Vec<Problem> {
    let mut draft = Draft::new(ledger, &prepared.submission().unit, now, filing(prepared));
    draft.signed = prepared.submission().signature.is_some();
    draft.check_whole(prepared);
    for (index, event) in prepared.submission().events.iter().enumerate() {
        draft.index = Some(index);
        draft.check_event(event);
        draft.foresee(index, event);
    }
    draft.problems
}

/// What is wrong with a recorded line about freezing, judged by the lines before it; nothing for any other line.
pub(super) fn freezing_problems(ledger: &Ledger, line: &Recorded) -> Vec<Problem> {
    if !snapshots::changes_snapshots(&line.event) {
        return Vec::new();
    }
    let mut draft = Draft::new(ledger, &line.unit, line.at, None);
    draft.check_event(&line.event);
    draft.problems
}

fn filing(prepared: &Prepared) -> Option<&SubmissionFiled> {
    match prepared.submission().events.first() {
        Some(Event::SubmissionFiled(filed)) => Some(filed),
        _ => None,
    }
}

fn is_confirmed(filed: &SubmissionFiled, problem: &Problem) -> bool {
    problem.kind.severity() == Severity::Warning
        && problem.cell.as_ref().is_some_and(|cell| {
            filed.confirmed.iter().any(|own| {
                own.indicator == cell.indicator
                    && own.area == cell.area
                    && own.warning == problem.kind.code()
                    && !own.reason.trim().is_empty()
            })
        })
}

fn unconfirmed(problem: Problem) -> Problem {
    let (warning, text) = (problem.kind.code(), problem.kind.to_string());
    Problem { kind: ProblemKind::UnconfirmedWarning { warning, text }, ..problem }
}

/// A submission while it is being checked.
struct Draft<'a> {
    book: &'a Book,
    /// The registry as the events before this one would leave it; copied only when they change it.
    registry: Cow<'a, Registry>,
    /// Likewise committees, snapshots and objections.
    snapshots: Cow<'a, Snapshots>,
    size: u64,
    unit: &'a UnitId,
    /// The end of the unit's chain; none before its first line.
    unit_head: Option<UnitHead>,
    signed: bool,
    now: Instant,
    filed: Option<&'a SubmissionFiled>,
    reported: BTreeSet<(CellIx, Date)>,
    acted_on: BTreeSet<EventHash>,
    index: Option<usize>,
    problems: Vec<Problem>,
}

impl<'a> Draft<'a> {
    fn new(ledger: &'a Ledger, unit: &'a UnitId, now: Instant, filed: Option<&'a SubmissionFiled>) -> Self {
        Self {
            book: &ledger.book,
            registry: Cow::Borrowed(ledger.book.registry()),
            snapshots: Cow::Borrowed(&ledger.snapshots),
            size: ledger.head.size,
            unit,
            unit_head: ledger.head.units.get(unit).copied(),
            signed: false,
            now,
            filed,
            reported: BTreeSet::new(),
            acted_on: BTreeSet::new(),
            index: None,
            problems: Vec::new(),
        }
    }

    fn problem(&mut self, kind: ProblemKind) {
        self.problems.push(Problem { event: self.index, cell: None, kind });
    }

    fn cell_problem(&mut self, cell: CellIx, kind: ProblemKind) {
        let cell = Some(self.cell_id(cell));
        self.problems.push(Problem { event: self.index, cell, kind });
    }

    fn cell_id(&self, cell: CellIx) -> CellId {
        let plan = self.registry.plan(cell.plan);
        CellId {
            plan: plan.adopted.plan.clone(),
            indicator: plan.indicator(cell.indicator).defined.indicator.clone(),
            area: plan.area(cell.area).area.clone(),
        }
    }

    /// What people call a row: its group and its name.
    fn row_name(&self, cell: CellIx) -> String {
        let row = &self.registry.plan(cell.plan).indicator(cell.indicator).defined;
        if row.group == row.name { row.name.clone() } else { format!("{} · {}", row.group, row.name) }
    }

    fn area_name(&self, cell: CellIx) -> String {
        self.registry.plan(cell.plan).area(cell.area).name.clone()
    }

    fn check_whole(&mut self, prepared: &Prepared) {
        let events = &prepared.submission().events;
        if events.is_empty() {
            self.problem(ProblemKind::Empty {});
        }
        if events.len() > MAX_EVENTS {
            self.problem(ProblemKind::TooManyEvents { count: events.len(), limit: MAX_EVENTS });
        }
        if self.size == 0 && !matches!(events.first(), Some(Event::LedgerOpened(_))) {
            self.problem(ProblemKind::NotOpened {});
        }
        let bootstrapping = self.registry.is_administrator(self.unit);
        if !bootstrapping && self.registry.unit(self.unit).is_none() {
            self.problem(ProblemKind::UnknownUnit { unit: self.unit.to_string() });
        }
        self.check_filing(events);
        self.check_restored_keys(events);
        self.check_signature(prepared);
    }

    fn check_filing(&mut self, events: &[Event]) {
        let filings = events.iter().filter(|event| matches!(event, Event::SubmissionFiled(_))).count();
        let filed_for =
            |event: &Event| matches!(event, Event::FigureReported(_) | Event::NarrativeReported(_));
        if filings > 1 || (filings == 1 && self.filed.is_none()) {
            self.problem(ProblemKind::FilingMisplaced {});
        }
        if filings == 0 && events.iter().any(filed_for) {
            self.problem(ProblemKind::FilingMissing {});
        }
        if filings == 1
            && !events.iter().any(|event| filed_for(event) || matches!(event, Event::FigureCorrected(_)))
        {
            self.problem(ProblemKind::FilingUseless {});
        }
    }

    fn check_event(&mut self, event: &Event) {
        match event {
            Event::LedgerOpened(opened) => self.check_opening(opened),
            Event::LogKeyChanged(changed) => self.check_log_key(changed),
            Event::LedgerRestored(restored) => self.check_restoration(restored),
            Event::UnitRegistered(unit) => self.check_unit(unit),
            Event::AreaRegistered(area) => self.check_area(area),
            Event::ResponsibilityAssigned(given) => self.check_assignment(given),
            Event::ResponsibilityEnded(ended) => self.check_assignment_end(ended),
            Event::PlanAdopted(plan) => self.check_plan(plan),
            Event::IndicatorDefined(row) => self.check_indicator(row),
            Event::WeightBlockDefined(block) => self.check_block(block),
            Event::TargetSet(target) => self.check_target(target),
            Event::TargetRevised(target) => self.check_target_revision(target),
            Event::RulebookAdopted(rules) => self.check_rulebook(rules),
            Event::PeriodOpened(period) => self.check_period(period),
            Event::PeriodExtended(period) => self.check_extension(period),
            Event::PeriodClosed(period) => self.check_closing(period),
            Event::WorkdayCalendarPublished(calendar) => self.check_calendar(calendar),
            Event::KeyEnrolled(key) => self.check_enrolment(key),
            Event::KeyRevoked(key) => self.check_revocation(key),
            Event::SubmissionFiled(filed) => self.check_filed(filed),
            Event::FigureReported(figure) => self.check_report(figure),
            Event::FigureCorrected(figure) => self.check_correction(figure),
            Event::FigureReturned(act) => self.check_return(act),
            Event::FigureVerified(act) => self.check_verification(act),
            Event::FigureApproved(act) => self.check_approval(act),
            Event::FigureWithdrawn(act) => self.check_withdrawal(act),
            Event::NarrativeReported(narrative) => self.check_narrative(narrative),
            Event::EvidenceAttached(evidence) => self.check_evidence(evidence),
            Event::BonusGranted(bonus) => self.check_bonus(bonus),
            Event::DeductionImposed(deduction) => self.check_deduction(deduction),
            Event::VetoImposed(veto) => self.check_veto(veto),
            Event::AwardRevoked(revoked) => self.check_award_revocation(revoked),
            Event::TableAttested(attested) => self.check_attestation(attested),
            Event::CompletenessStated(stated) => self.check_statement(stated),
            Event::CommitteeAppointed(appointed) => self.check_appointment(appointed),
            Event::CommitteeKeyRevoked(revoked) => self.check_key_revocation(revoked),
            Event::SnapshotProposed(proposed) => self.check_proposal(proposed),
            Event::SnapshotWithdrawn(withdrawn) => self.check_snapshot_withdrawal(withdrawn),
            Event::SnapshotApproved(approved) => self.check_snapshot_approval(approved),
            Event::SnapshotFrozen(frozen) => self.check_freezing(frozen.snapshot, false),
            Event::SnapshotRestated(restated) => self.check_freezing(restated.snapshot, true),
            Event::SnapshotPublished(published) => self.check_publication(published),
            Event::SnapshotReopened(reopened) => self.check_reopening(reopened),
            Event::ObjectionFiled(filed) => self.check_objection(filed),
            Event::ObjectionDecided(decided) => self.check_objection_decision(decided),
        }
    }

    /// Lets later events of the same submission see what this one would register.
    fn foresee(&mut self, index: usize, event: &Event) {
        let (registry, frozen) = (setup::changes_registry(event), snapshots::changes_snapshots(event));
        if !registry && !frozen {
            return;
        }
        let line = Recorded {
            position: self.size + index as u64,
            // Unknown until the line is written; nothing in one submission can name another of its lines.
            hash: EventHash::ZERO,
            at: self.now,
            by: "draft".parse().expect("a valid account id"),
            unit: self.unit.clone(),
            unit_seq: 0,
            submission: uuid::Uuid::nil(),
            submission_size: 1,
            signature: None,
            event: event.clone(),
        };
        if registry {
            self.registry.to_mut().apply(&line);
        } else {
            self.snapshots.to_mut().apply(&line);
        }
    }

    fn require_administrator(&mut self, act: &'static str) {
        if !self.registry.is_administrator(self.unit) {
            self.not_permitted(act);
        }
    }

    fn not_permitted(&mut self, act: &'static str) {
        let unit = self.registry.unit_name(self.unit).to_owned();
        self.problem(ProblemKind::NotPermitted { unit, act });
    }

    fn require_text(&mut self, what: &'static str, text: &str) {
        if text.trim().is_empty() {
            self.problem(ProblemKind::EmptyText { what });
        }
        self.limit_text(what, text);
    }

    fn limit_text(&mut self, what: &'static str, text: &str) {
        if text.chars().count() > MAX_TEXT {
            self.problem(ProblemKind::TooLongText { what, limit: MAX_TEXT });
        }
    }

    fn require_period(&mut self, period: &PeriodId) -> bool {
        let known = self.registry.period(period).is_some();
        if !known {
            self.problem(ProblemKind::UnknownPeriod { period: period.to_string() });
        }
        known
    }
}
