//! `period-opened`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{PeriodId, PeriodKind};
use chain::{Date, Instant};

/// A reporting period opened with its deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodOpened {
    /// The deadline; a filing at this very instant is in time.
    pub due_at: Instant,
    /// Last day of the period; its figures are values as at this day.
    pub ends_on: Date,
    /// How often such a period comes.
    pub kind: PeriodKind,
    /// The period's id.
    pub period: PeriodId,
    /// First day of the period.
    pub starts_on: Date,
}
