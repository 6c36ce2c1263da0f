//! `figure-corrected`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CorrectionReason, FigureStatus, Value};
use chain::{ContentHash, EventHash};

/// A unit replaced a figure it had reported. Both stay on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureCorrected {
    /// The `figure-reported` or `figure-corrected` line it corrects.
    pub corrects: EventHash,
    /// Files that show the new value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<ContentHash>,
    /// A non-material correction keeps the original filing time.
    pub material: bool,
    /// What people should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Why.
    pub reason: CorrectionReason,
    /// How firm the new value is.
    pub status: FigureStatus,
    /// The new value.
    pub value: Value,
}
