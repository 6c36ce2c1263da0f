//! `key-enrolled`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::UnitId;

/// A unit's signing key was enrolled; signatures count from here on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyEnrolled {
    /// The unit; the key is named after it.
    pub holder: UnitId,
    /// A C2SP verifier key of type 0x01 (Ed25519).
    pub key: String,
}
