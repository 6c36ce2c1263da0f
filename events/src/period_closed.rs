//! `period-closed`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::PeriodId;

/// A period closed: no more first reports, only corrections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodClosed {
    /// The period.
    pub period: PeriodId,
}
