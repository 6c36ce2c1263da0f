//! `objection-filed`.

use chain::EventHash;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AreaId, IndicatorId, PlanId};

/// A unit objected to a proposed snapshot (申诉).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectionFiled {
    /// The area it is about; none for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<AreaId>,
    /// What is wrong, and what should be.
    pub grounds: String,
    /// The indicator it is about; none for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indicator: Option<IndicatorId>,
    /// The plan of the snapshot.
    pub plan: PlanId,
    /// The line that proposed the snapshot.
    pub snapshot: EventHash,
}
