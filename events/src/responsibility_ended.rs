//! `responsibility-ended`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chain::EventHash;

/// A duty ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResponsibilityEnded {
    /// The `responsibility-assigned` line it ends.
    pub assignment: EventHash,
    /// Why.
    pub reason: String,
}
