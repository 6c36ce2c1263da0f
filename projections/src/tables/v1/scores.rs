//! The score table: every cell, weight block and area with its points.

use chain::{Date, EventHash};
use domain::book::Life;
use domain::rational::Rational;
use domain::scoring::{self, AreaScore, BlockScore, CellScore};
use events::{AreaId, BlockId, FigureStatus, IndicatorId, Stage, Target};
use serde::Serialize;

use super::number::{Quantity, decimal, printed};
use crate::Reading;
use crate::tables::{Heading, Table};

/// The table's name.
pub const NAME: &str = "scores";

/// The rows of the score table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scores<'a> {
    /// The first row.
    pub heading: Heading,
    /// Rows of the plan in its order; in each the assessed areas in theirs.
    pub cells: Vec<CellRow<'a>>,
    /// Weight blocks in the plan's order; in each the assessed areas.
    pub blocks: Vec<BlockRow<'a>>,
    /// Assessed areas in the plan's order.
    pub areas: Vec<AreaRow<'a>>,
}

/// One indicator in one area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellRow<'a> {
    /// The area.
    pub area: &'a AreaId,
    /// The day the figure was attained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_at: Option<Date>,
    /// Value over due, or due over value where lower is better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion: Option<Rational>,
    /// What is due by the reporting date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Rational>,
    /// The line of the figure that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figure: Option<EventHash>,
    /// The indicator.
    pub indicator: &'a IndicatorId,
    /// The code of the signal light.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub light: Option<&'a str>,
    /// Where the share comes from, or why there is none.
    pub reason: &'static str,
    /// `cell`.
    pub row: &'static str,
    /// The share of full points; left out when the cell leaves the assessment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<Rational>,
    /// The stage the figure has reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// How firm the figure is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<FigureStatus>,
    /// The target in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The line that set or revised it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_line: Option<EventHash>,
    /// The number that was scored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Quantity>,
}

/// One weight block in one area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlockRow<'a> {
    /// The area.
    pub area: &'a AreaId,
    /// The points that could be had.
    pub assessed: String,
    /// The block.
    pub block: &'a BlockId,
    /// The points, rounded as the rules name.
    pub points: String,
    /// `block`.
    pub row: &'static str,
    /// The share of the block; left out when no row of it is assessed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<Rational>,
}

/// One area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AreaRow<'a> {
    /// The area.
    pub area: &'a AreaId,
    /// The points that could be had.
    pub assessed: String,
    /// The sum of the blocks' points.
    pub awarded: String,
    /// Bonus points after caps.
    pub bonus: String,
    /// The converted score; left out below the coverage floor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub converted: Option<String>,
    /// Points lost after caps.
    pub deducted: String,
    /// `area`.
    pub row: &'static str,
    /// The total; left out below the coverage floor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    /// The line of a veto in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vetoed: Option<EventHash>,
}

impl<'a> Scores<'a> {
    /// Scores a reading.
    #[must_use]
    pub fn of(reading: &Reading<'a>) -> Self {
        let scores = scoring::score(reading.book(), reading.plan_ix(), &reading.inputs());
        Self::from_scores(reading, &scores)
    }

    /// The rows of a reading's scores.
    #[must_use]
    pub fn from_scores(reading: &Reading<'a>, scores: &scoring::Scores) -> Self {
        Self {
            heading: Heading::of(reading, NAME, super::VERSION),
            cells: scores.cells.iter().map(|cell| cell_row(reading, cell)).collect(),
            blocks: scores.blocks.iter().map(|block| block_row(reading, block)).collect(),
            areas: scores.areas.iter().map(|area| area_row(reading, area)).collect(),
        }
    }

    /// The table.
    #[must_use]
    pub fn encode(&self) -> Table {
        let mut table = Table::new(&self.heading);
        table.extend(&self.cells);
        table.extend(&self.blocks);
        table.extend(&self.areas);
        table
    }
}

pub(crate) fn cell_row<'a>(reading: &Reading<'a>, cell: &CellScore) -> CellRow<'a> {
    let figure = cell.figure.map(|ix| reading.book().figure(ix));
    let (indicator, area) = reading.ids(reading.cell(cell.indicator, cell.area));
    let stage = figure.and_then(|figure| match figure.life(reading.at().known) {
        Life::Standing(stage) => Some(stage),
        Life::Returned | Life::Withdrawn => None,
    });
    // A figure's own text keeps the precision its unit stated.
    let reported = figure.and_then(|figure| figure.value.number()).map(Quantity::Reported);
    CellRow {
        area,
        as_at: figure.map(|figure| figure.as_at),
        completion: cell.completion.clone(),
        due: cell.due.clone(),
        figure: figure.map(|figure| figure.hash),
        indicator,
        light: cell.light.map(|light| reading.rules().lights[light].code.as_str()),
        reason: cell.reason.code(),
        row: "cell",
        share: cell.share.clone(),
        stage,
        status: figure.map(|figure| figure.status),
        target: cell.target.map(|(_, target)| target),
        target_line: cell.target.map(|(line, _)| line),
        value: reported.or_else(|| cell.value.clone().map(Quantity::Computed)),
    }
}

pub(crate) fn block_row<'a>(reading: &Reading<'a>, block: &BlockScore) -> BlockRow<'a> {
    let plan = reading.plan();
    BlockRow {
        area: &plan.area(block.area).area,
        assessed: printed(&block.assessed),
        block: &plan.blocks()[block.block].defined.block,
        points: decimal(&block.points, reading.rules().points),
        row: "block",
        share: block.share.clone(),
    }
}

fn area_row<'a>(reading: &Reading<'a>, area: &AreaScore) -> AreaRow<'a> {
    let (points, converted) = (reading.rules().points, reading.rules().conversion.rounding);
    AreaRow {
        area: &reading.plan().area(area.area).area,
        assessed: printed(&area.assessed),
        awarded: decimal(&area.awarded, points),
        bonus: printed(&area.bonus),
        converted: area.converted.as_ref().map(|number| decimal(number, converted)),
        deducted: printed(&area.deducted),
        row: "area",
        total: area.total.as_ref().map(|number| decimal(number, converted)),
        vetoed: area.vetoed,
    }
}
