//! `veto-imposed`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AreaId, PlanId};
use chain::Date;

/// An area was vetoed (一票否决); the rulebook says what that does to its score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VetoImposed {
    /// The area.
    pub area: AreaId,
    /// The document that decided it.
    pub document: String,
    /// The day it happened.
    pub occurred_on: Date,
    /// The plan.
    pub plan: PlanId,
    /// Why.
    pub reason: String,
}
