//! `figure-returned`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chain::EventHash;

/// The responsible bureau sent a figure back to be corrected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureReturned {
    /// The line that reported or corrected it.
    pub figure: EventHash,
    /// What is wrong and what is expected.
    pub reason: String,
}
