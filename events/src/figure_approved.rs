//! `figure-approved`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chain::EventHash;

/// The digital office approved a verified figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureApproved {
    /// The line that reported or corrected it.
    pub figure: EventHash,
}
