//! `target-revised`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Target;
use chain::{Date, EventHash};

/// A target was replaced by a formal decision. Both stay on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetRevised {
    /// The document that decided it.
    pub document: String,
    /// Questions as of this day or later use the new target.
    pub effective_from: Date,
    /// The new target as written in the document.
    pub raw: String,
    /// Why.
    pub reason: String,
    /// The `target-set` or earlier `target-revised` line it replaces.
    pub revises: EventHash,
    /// The new target.
    pub target: Target,
}
