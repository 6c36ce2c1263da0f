//! `figure-verified`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chain::EventHash;

/// The responsible bureau verified a figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureVerified {
    /// The line that reported or corrected it.
    pub figure: EventHash,
    /// What was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
