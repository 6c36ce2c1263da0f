//! `area-registered`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AreaClass, AreaId, PlanId};

/// An area became known under an id, with its place in a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaRegistered {
    /// Other names documents use for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The area's id, unique in the ledger.
    pub area: AreaId,
    /// What kind of area it is; ranking classes are made of these.
    pub class: AreaClass,
    /// Its name as the plan prints it.
    pub name: String,
    /// The plan it is assessed under.
    pub plan: PlanId,
}
