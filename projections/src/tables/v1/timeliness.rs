//! Timeliness: for each period and unit, what was owed, and what came in time, late or not at all.
//!
//! Who owes what, and what counts as late, is defined in `docs/tables.md`.

use std::collections::{BTreeMap, BTreeSet};

use chain::{Date, Instant};
use domain::book::{Cell, Figure, Life};
use domain::registry::{AreaIx, Assignment, CellIx, IndicatorIx, Period};
use events::{Duty, PeriodId, PeriodKind, Target, UnitId, UnitKind};
use serde::Serialize;

use crate::Reading;
use crate::tables::{Heading, Table};

/// The table's name.
pub const NAME: &str = "timeliness";

/// The rows of the timeliness table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeliness<'a> {
    /// The first row.
    pub heading: Heading,
    /// Periods by their last day and then by id; in each the owing units by id.
    pub rows: Vec<TimelinessRow<'a>>,
}

/// What one unit owed for one period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TimelinessRow<'a> {
    /// The deadline that holds for the unit.
    pub due_at: Instant,
    /// Whether an extension moved it.
    pub extended: bool,
    /// The earliest filing time of what came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_filed_at: Option<Instant>,
    /// How often such a period comes.
    pub kind: PeriodKind,
    /// The latest filing time of what came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_filed_at: Option<Instant>,
    /// Filed after the deadline.
    pub late: u32,
    /// Of the late ones: filed in time at first, and replaced by a material correction after the deadline.
    pub late_by_correction: u32,
    /// Not filed although the deadline is over.
    pub missing: u32,
    /// Not filed, and the deadline is to come.
    pub not_yet_due: u32,
    /// Filed in time.
    pub on_time: u32,
    /// How many cells, or one narrative. On time, late, missing and not yet due add up to it.
    pub owed: u32,
    /// The period.
    pub period: &'a PeriodId,
    /// Of the filed ones: sent back and not yet corrected.
    pub returned: u32,
    /// `figures` or `narrative`.
    pub row: &'static str,
    /// The unit.
    pub unit: &'a UnitId,
}

/// What came for one thing owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Filing {
    first_at: Instant,
    filed_at: Instant,
    returned: bool,
}

impl<'a> Timeliness<'a> {
    /// The timeliness of a reading.
    #[must_use]
    pub fn of(reading: &Reading<'a>) -> Self {
        let periods = periods(reading);
        let told = first_told(reading, &periods);
        let rows = periods.into_iter().flat_map(|period| period_rows(reading, period, &told));
        let rows = rows.collect();
        Self { heading: Heading::of(reading, NAME, super::VERSION), rows }
    }

    /// The table.
    #[must_use]
    pub fn encode(&self) -> Table {
        let mut table = Table::new(&self.heading);
        table.extend(&self.rows);
        table
    }
}

/// Known periods of the day's year that have begun by the day.
fn periods<'a>(reading: &Reading<'a>) -> Vec<&'a Period> {
    let (as_of, known) = (reading.at().as_of, reading.at().known);
    let asked = |period: &&Period| {
        period.position < known
            && period.opened.starts_on <= as_of
            && period.opened.ends_on.year() == as_of.year()
    };
    let mut periods: Vec<&Period> = reading.book().registry().periods().filter(asked).collect();
    // The registry has them by id, so equal days stay in that order.
    periods.sort_by_key(|period| period.opened.ends_on);
    periods
}

/// When each unit first told of each period, among the known lines.
type FirstTold<'a> = BTreeMap<(&'a PeriodId, &'a UnitId), Instant>;

fn first_told<'a>(reading: &Reading<'a>, periods: &[&'a Period]) -> FirstTold<'a> {
    let known = reading.at().known;
    // A ledger has the narratives of many plans: most are told apart here, before anything is sorted.
    let units: BTreeSet<&UnitId> = reading.plan().assignments().iter().map(|given| &given.assignee).collect();
    let asked: BTreeSet<&PeriodId> = periods.iter().map(|period| &period.opened.period).collect();
    let narratives = reading.book().narratives().iter().take_while(|told| told.position < known);
    let mut first = FirstTold::new();
    // In the order of the ledger, so the first of its kind is the earliest.
    for told in narratives.filter(|told| units.contains(&told.unit) && asked.contains(&told.period)) {
        first.entry((&told.period, &told.unit)).or_insert(told.at);
    }
    first
}

fn period_rows<'a>(
    reading: &Reading<'a>,
    period: &'a Period,
    told: &FirstTold<'a>,
) -> Vec<TimelinessRow<'a>> {
    match period.opened.kind {
        PeriodKind::Week => narrative_rows(reading, period, told),
        PeriodKind::Month | PeriodKind::Quarter | PeriodKind::HalfYear | PeriodKind::Year => {
            figure_rows(reading, period)
        }
    }
}

fn figure_rows<'a>(reading: &Reading<'a>, period: &'a Period) -> Vec<TimelinessRow<'a>> {
    let known = reading.at().known;
    let rows = owed_cells(reading, period).into_iter().map(|(unit, cells)| {
        let mut row = empty(reading, period, unit, "figures");
        for cell in cells {
            let own = reading.book().cell(cell);
            let filing = own.and_then(|own| figure_filing(own, &period.opened.period, known));
            row.count(filing, reading, period);
        }
        row
    });
    rows.collect()
}

fn narrative_rows<'a>(
    reading: &Reading<'a>,
    period: &'a Period,
    told: &FirstTold<'a>,
) -> Vec<TimelinessRow<'a>> {
    let rows = telling_units(reading, period).into_iter().map(|unit| {
        let mut row = empty(reading, period, unit, "narrative");
        let first = told.get(&(&period.opened.period, unit)).copied();
        let filing = first.map(|at| Filing { first_at: at, filed_at: at, returned: false });
        row.count(filing, reading, period);
        row
    });
    rows.collect()
}

fn empty<'a>(
    reading: &Reading<'a>,
    period: &'a Period,
    unit: &'a UnitId,
    row: &'static str,
) -> TimelinessRow<'a> {
    let due_at = period.due_at(unit, reading.at().known);
    TimelinessRow {
        due_at,
        extended: due_at != period.opened.due_at,
        first_filed_at: None,
        kind: period.opened.kind,
        last_filed_at: None,
        late: 0,
        late_by_correction: 0,
        missing: 0,
        not_yet_due: 0,
        on_time: 0,
        owed: 0,
        period: &period.opened.period,
        returned: 0,
        row,
        unit,
    }
}

impl TimelinessRow<'_> {
    fn count(&mut self, filing: Option<Filing>, reading: &Reading<'_>, period: &Period) {
        self.owed += 1;
        let Some(Filing { first_at, filed_at, returned }) = filing else {
            let over = day_ends_at(reading.at().as_of).is_none_or(|end| self.due_at <= end);
            // A closed period takes no first report, unless an extension granted later runs.
            let closed = !period.is_open_for(self.unit, self.due_at, reading.at().known);
            *(if over || closed { &mut self.missing } else { &mut self.not_yet_due }) += 1;
            return;
        };
        if filed_at <= self.due_at {
            self.on_time += 1;
        } else {
            self.late += 1;
            self.late_by_correction += u32::from(first_at <= self.due_at);
        }
        self.returned += u32::from(returned);
        self.first_filed_at = Some(self.first_filed_at.map_or(filed_at, |first| first.min(filed_at)));
        self.last_filed_at = Some(self.last_filed_at.map_or(filed_at, |last| last.max(filed_at)));
    }
}

/// The end of a day in China; none at the end of the calendar.
fn day_ends_at(day: Date) -> Option<Instant> {
    const HOUR_MICROS: i64 = 3_600_000_000;
    let days = i64::from(day.naive().to_epoch_days()) + 1;
    Instant::from_micros((days * 24 - 8) * HOUR_MICROS)
}

/// Duties and targets of a period are those of its closing; while it is open, the known ones.
fn settled(period: &Period, known: u64) -> u64 {
    period.closed.map_or(known, |closed| closed.min(known))
}

/// The cells each unit owes a figure for: it has the duty to report them, and they have a number or the city's figure
/// to be compared with. A cell that several units report is owed by each, and met by whoever files.
fn owed_cells<'a>(reading: &Reading<'a>, period: &Period) -> BTreeMap<&'a UnitId, BTreeSet<CellIx>> {
    let until = settled(period, reading.at().known);
    let plan = reading.plan();
    let has_target = |cell: &CellIx| {
        let row = &plan.indicator(cell.indicator).defined;
        let target = plan.target(cell.indicator, cell.area, period.opened.ends_on, until);
        row.bonus.is_none()
            && matches!(
                target.map(|version| version.target),
                Some(Target::Number { .. } | Target::ExceedsCity)
            )
    };
    let assessed: Vec<CellIx> = reading.cells().filter(has_target).collect();
    let mut owed: BTreeMap<&UnitId, BTreeSet<CellIx>> = BTreeMap::new();
    for given in plan.assignments() {
        if given.duty == Duty::Reports && given.in_force(until) {
            let (row, area) = scope(reading, given);
            let cells = row.map_or(&assessed[..], |row| of_row(&assessed, row));
            let covers = |cell: &&CellIx| area.is_none_or(|area| area == Some(cell.area));
            owed.entry(&given.assignee).or_default().extend(cells.iter().filter(covers));
        }
    }
    owed.retain(|_, cells| !cells.is_empty());
    owed
}

/// The cells of a row among `cells`, which are sorted by row; none of a row that the plan does not have.
fn of_row(cells: &[CellIx], row: Option<IndicatorIx>) -> &[CellIx] {
    let Some(row) = row else { return &[] };
    let begin = cells.partition_point(|cell| cell.indicator < row);
    let length = cells[begin..].partition_point(|cell| cell.indicator == row);
    &cells[begin..begin + length]
}

/// The row and the area a duty names; `Some(None)` where it names one the plan does not have.
fn scope(reading: &Reading<'_>, given: &Assignment) -> (Option<Option<IndicatorIx>>, Option<Option<AreaIx>>) {
    let plan = reading.plan();
    let row = given.indicator.as_ref().map(|row| plan.indicator_ix(row));
    (row, given.area.as_ref().map(|area| plan.area_ix(area)))
}

/// Areas' governments and bureaus that have any duty in the plan (“各地各部门”, section 三).
fn telling_units<'a>(reading: &Reading<'a>, period: &Period) -> BTreeSet<&'a UnitId> {
    let until = settled(period, reading.at().known);
    let registry = reading.book().registry();
    let tells = |unit: &&UnitId| {
        let kind = registry.unit(unit).map(|registered| registered.kind);
        matches!(kind, Some(UnitKind::AreaGovernment | UnitKind::Bureau))
    };
    let given = reading.plan().assignments().iter().filter(|given| given.in_force(until));
    given.map(|given| &given.assignee).filter(tells).collect()
}

/// What came for a cell and a period: of its days, the one filed first.
fn figure_filing(cell: &Cell, period: &PeriodId, known: u64) -> Option<Filing> {
    let own = |figure: &&Figure| &figure.period == period && figure.position < known;
    let figures: Vec<&Figure> = cell.figures().iter().filter(own).collect();
    if let [_] = figures[..] {
        // Nearly always: a table asks for every cell in every period.
        return day_filing(&figures, known);
    }
    let days: BTreeSet<Date> = figures.iter().map(|figure| figure.as_at).collect();
    let filings = days.into_iter().filter_map(|day| {
        let of_day: Vec<&Figure> = figures.iter().copied().filter(|figure| figure.as_at == day).collect();
        day_filing(&of_day, known)
    });
    filings.min_by_key(|filing| filing.filed_at)
}

/// What came for one day: the versions after the last withdrawal, as the newest of them stands.
fn day_filing(versions: &[&Figure], known: u64) -> Option<Filing> {
    let withdrawn = versions.iter().rposition(|figure| figure.life(known) == Life::Withdrawn);
    let standing = &versions[withdrawn.map_or(0, |last| last + 1)..];
    let (first, newest) = (standing.first()?, standing.last()?);
    let returned = newest.life(known) == Life::Returned;
    Some(Filing { first_at: first.filed_at, filed_at: newest.filed_at, returned })
}
