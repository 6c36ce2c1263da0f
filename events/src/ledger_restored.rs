//! `ledger-restored`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The ledger goes on from an older copy of itself: a signed tree head counts lines that are not in this copy.
///
/// Whoever holds that head, or a later one of the branch that was lost, finds it at odds with every head from here on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LedgerRestored {
    /// The largest known head of the branch that was lost: a C2SP signed note, letter by letter.
    pub lost_head: String,
    /// What happened, and why the lost lines cannot be brought back.
    pub reason: String,
}
