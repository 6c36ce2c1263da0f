//! `key-revoked`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::UnitId;

/// A unit's signing key was withdrawn; signatures by it no longer count from here on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRevoked {
    /// The unit.
    pub holder: UnitId,
    /// The verifier key.
    pub key: String,
    /// Why.
    pub reason: String,
}
