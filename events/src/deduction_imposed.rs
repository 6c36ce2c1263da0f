//! `deduction-imposed`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AreaId, PlanId};
use chain::Date;

/// An area lost points under a named deduction of the rulebook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeductionImposed {
    /// The area.
    pub area: AreaId,
    /// The deduction's code in the rulebook.
    pub deduction: String,
    /// The document that decided it.
    pub document: String,
    /// The day it happened.
    pub occurred_on: Date,
    /// The plan.
    pub plan: PlanId,
    /// How often.
    pub quantity: u32,
}
