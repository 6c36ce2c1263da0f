//! `unit-registered`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{UnitId, UnitKind};

/// A unit became known under an id.
///
/// Recorded again for the same id, it replaces name, aliases and kind from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitRegistered {
    /// Other names documents use for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Its place in the cycle.
    pub kind: UnitKind,
    /// Its full Chinese name.
    pub name: String,
    /// The unit's id; the line's own `unit` is who registered it.
    pub registered: UnitId,
}
