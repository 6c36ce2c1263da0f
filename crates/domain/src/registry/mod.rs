//! What the year is about: units, plans, periods, duties and keys, each with its history by position.
//!
//! The registry only copies what lines say; whether a line may be recorded is decided in [`crate::ledger`].

mod heads;
mod periods;
mod plan;

use std::collections::BTreeMap;
use std::sync::Arc;

use chain::EventHash;
use events::{
    AreaId, Duty, Event, IndicatorId, LedgerOpened, PeriodId, PlanId, Recorded, UnitId, UnitKind,
    UnitRegistered, WorkdayCalendarPublished,
};
use serde::{Deserialize, Serialize};

pub use heads::Restoration;
pub use periods::{Extension, Period};
pub use plan::{Adoption, Area, Indicator, Plan, Shape, TargetVersion, WeightBlock};

use crate::history::History;
use crate::lookup::ById;

/// Dense index of a plan in the registry, in the order of adoption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PlanIx(pub u16);

/// Dense index of an indicator in its plan, in the order of definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IndicatorIx(pub u16);

/// Dense index of an area in its plan, in the order of registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AreaIx(pub u16);

/// A cell of a plan's table by dense indices: one indicator in one area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CellIx {
    /// The plan.
    pub plan: PlanIx,
    /// The indicator in the plan.
    pub indicator: IndicatorIx,
    /// The area in the plan.
    pub area: AreaIx,
}

/// A duty given to a unit, and when it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The line that gave it.
    pub hash: EventHash,
    /// That line's position.
    pub position: u64,
    /// The position of the line that ended it.
    pub ended: Option<u64>,
    /// The unit.
    pub assignee: UnitId,
    /// What it does.
    pub duty: Duty,
    /// The indicator; none for every indicator of the plan.
    pub indicator: Option<IndicatorId>,
    /// The area; none for every area of the plan.
    pub area: Option<AreaId>,
}

impl Assignment {
    /// Whether the duty was in force among the first `known` lines.
    #[must_use]
    pub fn in_force(&self, known: u64) -> bool {
        self.position < known && self.ended.is_none_or(|ended| ended >= known)
    }

    /// Whether the duty covers a cell.
    #[must_use]
    pub fn covers(&self, indicator: &IndicatorId, area: &AreaId) -> bool {
        self.indicator.as_ref().is_none_or(|own| own == indicator)
            && self.area.as_ref().is_none_or(|own| own == area)
    }
}

/// A unit's signing key, and when it was withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolledKey {
    /// The C2SP verifier key.
    pub key: String,
    /// The position of the line that enrolled it.
    pub enrolled: u64,
    /// The position of the line that revoked it.
    pub revoked: Option<u64>,
}

/// Everything recorded that is not a figure, an award or a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registry {
    #[serde(with = "crate::as_json")]
    opened: Option<(UnitId, LedgerOpened)>,
    #[serde(with = "crate::as_json")]
    units: BTreeMap<UnitId, History<UnitRegistered>>,
    plans: Vec<Arc<Plan>>,
    #[serde(with = "crate::lookup")]
    plan_by_id: ById<PlanId, PlanIx>,
    periods: BTreeMap<PeriodId, Period>,
    #[serde(with = "crate::as_json")]
    calendars: BTreeMap<u16, History<WorkdayCalendarPublished>>,
    keys: BTreeMap<UnitId, Vec<EnrolledKey>>,
    log_keys: Vec<heads::LogKey>,
    restorations: Vec<Restoration>,
}

impl Registry {
    /// The opening line's data, once there is one.
    #[must_use]
    pub fn opened(&self) -> Option<&LedgerOpened> {
        self.opened.as_ref().map(|(_, opened)| opened)
    }

    /// Whether the figures are made up for demonstration.
    #[must_use]
    pub fn is_synthetic(&self) -> bool {
        self.opened().is_some_and(|opened| opened.synthetic)
    }

    /// Whether `unit` may run the cycle: the digital office, or the unit that opened the ledger.
    #[must_use]
    pub fn is_administrator(&self, unit: &UnitId) -> bool {
        self.opened.as_ref().is_none_or(|(founder, _)| founder == unit)
            || self.unit_kind(unit) == Some(UnitKind::DigitalOffice)
    }

    /// A unit as it is registered now.
    #[must_use]
    pub fn unit(&self, unit: &UnitId) -> Option<&UnitRegistered> {
        self.units.get(unit)?.latest()
    }

    /// All units as they are registered now, by id.
    pub fn units(&self) -> impl Iterator<Item = &UnitRegistered> {
        self.units.values().filter_map(History::latest)
    }

    /// A unit's Chinese name, or its id where it is not registered.
    #[must_use]
    pub fn unit_name<'a>(&'a self, unit: &'a UnitId) -> &'a str {
        self.unit(unit).map_or(unit.as_str(), |registered| &registered.name)
    }

    fn unit_kind(&self, unit: &UnitId) -> Option<UnitKind> {
        self.unit(unit).map(|registered| registered.kind)
    }

    /// A plan's index by its id.
    #[must_use]
    pub fn plan_ix(&self, plan: &PlanId) -> Option<PlanIx> {
        self.plan_by_id.get(plan).copied()
    }

    /// A plan by its index.
    #[must_use]
    pub fn plan(&self, ix: PlanIx) -> &Plan {
        &self.plans[usize::from(ix.0)]
    }

    /// All plans, in the order of adoption.
    pub fn plans(&self) -> impl Iterator<Item = (PlanIx, &Plan)> {
        (0..).map(PlanIx).zip(self.plans.iter().map(Arc::as_ref))
    }

    /// A cell's index by its ids.
    #[must_use]
    pub fn cell(&self, plan: &PlanId, indicator: &IndicatorId, area: &AreaId) -> Option<CellIx> {
        let plan_ix = self.plan_ix(plan)?;
        let plan = self.plan(plan_ix);
        Some(CellIx { plan: plan_ix, indicator: plan.indicator_ix(indicator)?, area: plan.area_ix(area)? })
    }

    /// A period by its id.
    #[must_use]
    pub fn period(&self, period: &PeriodId) -> Option<&Period> {
        self.periods.get(period)
    }

    /// All periods, by id.
    pub fn periods(&self) -> impl Iterator<Item = &Period> {
        self.periods.values()
    }

    /// The workday calendar of a year, as known among the first `known` lines.
    #[must_use]
    pub fn calendar(&self, year: u16, known: u64) -> Option<&WorkdayCalendarPublished> {
        self.calendars.get(&year)?.known_at(known)
    }

    /// All keys ever enrolled for a unit, oldest first.
    #[must_use]
    pub fn keys(&self, unit: &UnitId) -> &[EnrolledKey] {
        self.keys.get(unit).map_or(&[], Vec::as_slice)
    }

    /// The keys of a unit that count now.
    pub fn keys_in_force(&self, unit: &UnitId) -> impl Iterator<Item = &str> {
        self.keys(unit).iter().filter(|key| key.revoked.is_none()).map(|key| key.key.as_str())
    }

    /// Whether a unit has a duty for a cell now.
    #[must_use]
    pub fn has_duty(&self, unit: &UnitId, duty: Duty, cell: CellIx) -> bool {
        self.holders(duty, cell, u64::MAX).any(|holder| holder == unit)
    }

    /// The units that had a duty for a cell among the first `known` lines, in the order of assignment.
    pub fn holders(&self, duty: Duty, cell: CellIx, known: u64) -> impl Iterator<Item = &UnitId> {
        let plan = self.plan(cell.plan);
        let (indicator, area) =
            (&plan.indicator(cell.indicator).defined.indicator, &plan.area(cell.area).area);
        plan.assignments()
            .iter()
            .filter(move |given| given.duty == duty && given.in_force(known) && given.covers(indicator, area))
            .map(|given| &given.assignee)
    }

    /// Takes a line over. Lines that are none of the registry's business change nothing.
    pub fn apply(&mut self, line: &Recorded) {
        match &line.event {
            Event::LedgerOpened(opened) => {
                self.opened = Some((line.unit.clone(), opened.clone()));
                self.log_keys.push(heads::LogKey::new(line.position, &opened.log_key));
            }
            Event::LogKeyChanged(changed) => {
                if let Some((_, opened)) = &mut self.opened {
                    opened.log_key.clone_from(&changed.log_key);
                }
                self.log_keys.push(heads::LogKey::new(line.position, &changed.log_key));
            }
            Event::LedgerRestored(restored) => {
                self.restorations.push(Restoration::new(line.position, &restored.lost_head));
            }
            Event::UnitRegistered(unit) => {
                self.units.entry(unit.registered.clone()).or_default().push(line.position, unit.clone());
            }
            Event::PlanAdopted(adopted) => self.adopt(line.position, adopted.clone()),
            Event::WorkdayCalendarPublished(calendar) => {
                self.calendars.entry(calendar.year).or_default().push(line.position, calendar.clone());
            }
            Event::KeyEnrolled(key) => {
                let enrolled = EnrolledKey { key: key.key.clone(), enrolled: line.position, revoked: None };
                self.keys.entry(key.holder.clone()).or_default().push(enrolled);
            }
            Event::KeyRevoked(key) => {
                let keys = self.keys.get_mut(&key.holder).into_iter().flatten();
                keys.filter(|own| own.key == key.key && own.revoked.is_none())
                    .for_each(|own| own.revoked = Some(line.position));
            }
            Event::PeriodOpened(opened) => {
                self.periods.insert(opened.period.clone(), Period::new(line.position, opened.clone()));
            }
            Event::PeriodExtended(extended) => {
                if let Some(period) = self.periods.get_mut(&extended.period) {
                    period.extend(line.position, extended);
                }
            }
            Event::PeriodClosed(closed) => {
                if let Some(period) = self.periods.get_mut(&closed.period) {
                    period.close(line.position);
                }
            }
            Event::AreaRegistered(area) => {
                self.in_plan(&area.plan, |plan| plan.register_area(line.position, area))
            }
            Event::IndicatorDefined(row) => self.in_plan(&row.plan, |plan| plan.define_indicator(line, row)),
            Event::WeightBlockDefined(block) => {
                self.in_plan(&block.plan, |plan| plan.define_block(line, block))
            }
            Event::TargetSet(target) => self.in_plan(&target.plan, |plan| plan.set_target(line, target)),
            Event::RulebookAdopted(rules) => self.in_plan(&rules.plan, |plan| plan.adopt_rules(line, rules)),
            Event::ResponsibilityAssigned(given) => {
                self.in_plan(&given.plan, |plan| plan.assign(line, given))
            }
            Event::TargetRevised(revised) => {
                self.in_plan_with(
                    |plan| plan.target_line(&revised.revises).is_some(),
                    |plan| {
                        plan.revise_target(line, revised);
                    },
                );
            }
            Event::ResponsibilityEnded(ended) => {
                self.in_plan_with(
                    |plan| plan.assignment(&ended.assignment).is_some(),
                    |plan| {
                        plan.end_assignment(line.position, ended);
                    },
                );
            }
            Event::SubmissionFiled(_)
            | Event::FigureReported(_)
            | Event::FigureCorrected(_)
            | Event::FigureReturned(_)
            | Event::FigureVerified(_)
            | Event::FigureApproved(_)
            | Event::FigureWithdrawn(_)
            | Event::NarrativeReported(_)
            | Event::EvidenceAttached(_)
            | Event::BonusGranted(_)
            | Event::DeductionImposed(_)
            | Event::VetoImposed(_)
            | Event::AwardRevoked(_)
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
        }
    }

    fn adopt(&mut self, position: u64, adopted: events::PlanAdopted) {
        let ix = PlanIx(u16::try_from(self.plans.len()).expect("fewer than 65,536 plans in one ledger"));
        self.plan_by_id.insert(adopted.plan.clone(), ix);
        self.plans.push(Arc::new(Plan::new(position, adopted)));
    }

    fn in_plan(&mut self, plan: &PlanId, change: impl FnOnce(&mut Plan)) {
        if let Some(ix) = self.plan_ix(plan) {
            change(Arc::make_mut(&mut self.plans[usize::from(ix.0)]));
        }
    }

    /// Changes the plan that has the line an event names.
    fn in_plan_with(&mut self, has: impl Fn(&Plan) -> bool, change: impl FnOnce(&mut Plan)) {
        if let Some(plan) = self.plans.iter_mut().find(|plan| has(plan)) {
            change(Arc::make_mut(plan));
        }
    }
}
