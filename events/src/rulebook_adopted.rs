//! `rulebook-adopted`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{PlanId, Rulebook, RulebookId};
use chain::Date;

/// A scoring rulebook was adopted for a plan. The rules in force for a day are those with the latest
/// `effective_from` not after it; of two with the same day, the later line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RulebookAdopted {
    /// First day the rules are in force for.
    pub effective_from: Date,
    /// The plan it scores.
    pub plan: PlanId,
    /// The rulebook's id.
    pub rulebook: RulebookId,
    /// The rules.
    pub rules: Box<Rulebook>,
    /// A title for people.
    pub title: String,
}
