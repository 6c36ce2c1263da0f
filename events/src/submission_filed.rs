//! `submission-filed`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AreaId, Channel, IndicatorId, PeriodId};
use chain::ContentHash;

/// A unit filed for a period. First line of every submission that reports figures or a narrative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmissionFiled {
    /// The way it came in.
    pub channel: Channel,
    /// Warnings the unit saw and confirmed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmed: Vec<Confirmation>,
    /// The period filed for.
    pub period: PeriodId,
    /// BLAKE3 of the file the filing was read from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ContentHash>,
}

/// A warning that the reporting unit confirmed, with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The area of the figure that was warned about.
    pub area: AreaId,
    /// The indicator of that figure.
    pub indicator: IndicatorId,
    /// The unit's explanation.
    pub reason: String,
    /// The warning's stable code.
    pub warning: String,
}
