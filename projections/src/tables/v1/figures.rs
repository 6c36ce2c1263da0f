//! Every known version of every figure: the one that counts, and why the others do not.

use chain::{Date, EventHash, Instant};
use domain::book::{Figure, Life, PassedOver};
use domain::registry::CellIx;
use events::{AreaId, FigureStatus, IndicatorId, PeriodId, Stage, UnitId, Value};
use serde::Serialize;

use crate::Reading;
use crate::tables::{Heading, Table};

/// The table's name.
pub const NAME: &str = "figures";

/// The rows of the figure table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures<'a> {
    /// The first row.
    pub heading: Heading,
    /// Rows of the plan in its order; in each the areas in theirs; in each cell the versions by position.
    pub figures: Vec<FigureRow<'a>>,
}

/// One version of a figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FigureRow<'a> {
    /// The area.
    pub area: &'a AreaId,
    /// The day the value was attained.
    pub as_at: Date,
    /// When it was recorded.
    pub at: Instant,
    /// The version it corrects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrects: Option<EventHash>,
    /// The filing time for lateness.
    pub filed_at: Instant,
    /// The line that reported or corrected it.
    pub hash: EventHash,
    /// The indicator.
    pub indicator: &'a IndicatorId,
    /// Where it stands: the stage it has reached, `returned` or `withdrawn`.
    pub life: &'static str,
    /// `counts`, or the code of the reason why it does not.
    pub outcome: &'static str,
    /// The version that counts instead, where a correction does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome_by: Option<EventHash>,
    /// The day of the value that counts instead, where a later one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome_day: Option<Date>,
    /// The period it was reported for.
    pub period: &'a PeriodId,
    /// The line's position.
    pub position: u64,
    /// `figure`.
    pub row: &'static str,
    /// How firm it is.
    pub status: FigureStatus,
    /// The unit that recorded it.
    pub unit: &'a UnitId,
    /// The value.
    pub value: Value,
}

impl<'a> Figures<'a> {
    /// The figures of a reading.
    #[must_use]
    pub fn of(reading: &Reading<'a>) -> Self {
        let figures = reading.cells().flat_map(|cell| versions(reading, cell)).collect();
        Self { heading: Heading::of(reading, NAME, super::VERSION), figures }
    }

    /// The table.
    #[must_use]
    pub fn encode(&self) -> Table {
        let mut table = Table::new(&self.heading);
        table.extend(&self.figures);
        table
    }
}

/// The known versions of a cell's figures, by position.
pub(crate) fn versions<'a>(reading: &Reading<'a>, cell: CellIx) -> Vec<FigureRow<'a>> {
    let Some(own) = reading.book().cell(cell) else { return Vec::new() };
    let question = reading.question();
    let counts = own.effective(&question).map(|figure| (figure, None));
    let passed_over = own.passed_over(&question).into_iter().map(|(figure, why)| (figure, Some(why)));
    let mut rows: Vec<_> = counts
        .into_iter()
        .chain(passed_over)
        .filter(|(_, why)| *why != Some(PassedOver::NotYetKnown))
        .map(|(figure, why)| row(reading, cell, figure, why))
        .collect();
    rows.sort_by_key(|row| row.position);
    rows
}

fn row<'a>(
    reading: &Reading<'a>,
    cell: CellIx,
    figure: &'a Figure,
    why: Option<PassedOver>,
) -> FigureRow<'a> {
    let (indicator, area) = reading.ids(cell);
    let own = reading.book().cell(cell).expect("a figure's cell exists");
    let (outcome, outcome_by, outcome_day) = outcome(why);
    FigureRow {
        area,
        as_at: figure.as_at,
        at: figure.at,
        corrects: figure.corrects.map(|version| own.figure(version).hash),
        filed_at: figure.filed_at,
        hash: figure.hash,
        indicator,
        life: life(figure.life(reading.at().known)),
        outcome,
        outcome_by,
        outcome_day,
        period: &figure.period,
        position: figure.position,
        row: "figure",
        status: figure.status,
        unit: &figure.unit,
        value: figure.value,
    }
}

const fn outcome(why: Option<PassedOver>) -> (&'static str, Option<EventHash>, Option<Date>) {
    match why {
        None => ("counts", None, None),
        Some(PassedOver::NotYetKnown) => ("not-yet-known", None, None),
        Some(PassedOver::AfterAsOf) => ("after-as-of", None, None),
        Some(PassedOver::OtherYear) => ("other-year", None, None),
        Some(PassedOver::Withdrawn) => ("withdrawn", None, None),
        Some(PassedOver::Returned) => ("returned", None, None),
        Some(PassedOver::StageNotReached) => ("stage-not-reached", None, None),
        Some(PassedOver::CorrectedBy(by)) => ("corrected", Some(by), None),
        Some(PassedOver::LaterValue(day)) => ("later-value", None, Some(day)),
    }
}

const fn life(life: Life) -> &'static str {
    match life {
        Life::Standing(Stage::Reported) => "reported",
        Life::Standing(Stage::Verified) => "verified",
        Life::Standing(Stage::Approved) => "approved",
        Life::Returned => "returned",
        Life::Withdrawn => "withdrawn",
    }
}
