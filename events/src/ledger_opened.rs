//! `ledger-opened`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A ledger began. Position 0, and only it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LedgerOpened {
    /// The tree-head key: a C2SP verifier key of type 0x01 named as the origin.
    pub log_key: String,
    /// The ledger's name in tree heads.
    pub origin: String,
    /// The format suite, `pl-1`.
    pub suite: String,
    /// Whether every figure in this ledger is made up for demonstration (演示数据).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub synthetic: bool,
    /// A title for people, not empty.
    pub title: String,
}
