//! `log-key-changed`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The tree-head key was replaced, for heads larger than this line's position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogKeyChanged {
    /// The new C2SP verifier key of type 0x01, named as the origin.
    pub log_key: String,
}
