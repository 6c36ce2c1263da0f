//! Declared roll-ups beside the city's own figures, with the gaps.

use domain::rational::Rational;
use domain::scoring::{self, RollUpCheck};
use events::{AreaId, Decimal, IndicatorId};
use serde::Serialize;

use crate::Reading;
use crate::tables::{Heading, Table};

/// The table's name.
pub const NAME: &str = "roll-ups";

/// The rows of the roll-up table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollUps<'a> {
    /// The first row.
    pub heading: Heading,
    /// Rows with a declared roll-up, in the plan's order.
    pub rows: Vec<RollUpRow<'a>>,
}

/// One row of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RollUpRow<'a> {
    /// The city's own figure minus the rolled-up one, where both are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<Rational>,
    /// The indicator.
    pub indicator: &'a IndicatorId,
    /// Areas without a figure, in the order of the declaration.
    pub missing: Vec<&'a AreaId>,
    /// The city's own figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported: Option<Decimal>,
    /// The areas' figures added or averaged; left out while one is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolled_up: Option<Rational>,
    /// `roll-up`.
    pub row: &'static str,
}

impl<'a> RollUps<'a> {
    /// Checks the roll-ups of a reading.
    #[must_use]
    pub fn of(reading: &Reading<'a>) -> Self {
        let checks = scoring::roll_ups(reading.book(), reading.plan_ix(), &reading.inputs());
        let rows = checks.iter().map(|check| row(reading, check)).collect();
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

fn row<'a>(reading: &Reading<'a>, check: &RollUpCheck) -> RollUpRow<'a> {
    let plan = reading.plan();
    RollUpRow {
        gap: check.gap(),
        indicator: &plan.indicator(check.indicator).defined.indicator,
        missing: check.missing.iter().map(|area| &plan.area(*area).area).collect(),
        reported: check.reported,
        rolled_up: check.rolled_up.clone(),
        row: "roll-up",
    }
}
