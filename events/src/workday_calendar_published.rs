//! `workday-calendar-published`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chain::Date;

/// The public holidays and moved workdays of a year, from which deadlines are computed.
///
/// A later line for the same year replaces it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkdayCalendarPublished {
    /// The notice that published them.
    pub document: String,
    /// Days off that would be workdays, ascending.
    pub holidays: Vec<Date>,
    /// Saturdays and Sundays that are worked, ascending.
    pub workdays: Vec<Date>,
    /// The calendar year.
    pub year: u16,
}
