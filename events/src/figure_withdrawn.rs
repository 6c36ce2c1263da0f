//! `figure-withdrawn`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chain::EventHash;

/// The reporting unit took a figure back without another in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureWithdrawn {
    /// The line that reported or corrected it.
    pub figure: EventHash,
    /// Why.
    pub reason: String,
}
