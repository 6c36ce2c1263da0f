//! `plan-adopted`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::PlanId;
use chain::{ContentHash, Date};

/// A plan was adopted. Its indicators, weights and targets follow as lines of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanAdopted {
    /// The city whose plan it is.
    pub city: String,
    /// Title or number of the document that adopted it.
    pub document: String,
    /// The date on the document.
    pub issued_on: Date,
    /// The plan's id.
    pub plan: PlanId,
    /// BLAKE3 of the document's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ContentHash>,
    /// The plan's title.
    pub title: String,
    /// The calendar years it sets targets for, ascending.
    pub years: Vec<u16>,
}
