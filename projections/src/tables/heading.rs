//! The first row of every table: which table it is, of what, and whether it is official.

use chain::{ContentHash, Date, EventHash, TreeHash};
use domain::registry::Plan;
use events::PlanId;
use serde::Serialize;

use crate::{Reading, Token};

/// The first row. Its members are those of the token, and what a reader must not overlook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Heading {
    /// The reporting date.
    pub as_of: Date,
    /// The version of the encoder.
    pub encoder_version: u32,
    /// Whether it is what the ledger says; a what-if never is.
    pub official: bool,
    /// The ledger's name.
    pub origin: String,
    /// The plan.
    pub plan: PlanId,
    /// The root of the tree over the known lines.
    pub root: TreeHash,
    /// `table`.
    pub row: &'static str,
    /// The hash of the rules that were applied.
    pub rules: ContentHash,
    /// How many lines were known.
    pub size: u64,
    /// Whether every figure is made up for demonstration (演示数据).
    pub synthetic: bool,
    /// The table's name.
    pub table: &'static str,
    /// What was changed; only in a what-if.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what_if: Option<WhatIf>,
}

/// What a what-if (推演) changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WhatIf {
    /// Other rules than those in force; none where these were applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<RulesChange>,
    /// Lines that were left out, in the order they were named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<EventHash>,
}

/// Rules that were applied instead of those in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RulesChange {
    /// The hash of the rules that were applied.
    pub applied: ContentHash,
    /// The hash of the rules in force; none where there are none.
    pub in_force: Option<ContentHash>,
}

impl Heading {
    /// The first row of a table of a reading.
    #[must_use]
    pub fn of(reading: &Reading<'_>, table: &'static str, encoder_version: u32) -> Self {
        let Token { origin, size, root, as_of, rules } = reading.token();
        Self {
            as_of,
            encoder_version,
            official: reading.is_official(),
            origin,
            plan: plan_id(reading.plan()),
            root,
            row: "table",
            rules,
            size,
            synthetic: reading.book().registry().is_synthetic(),
            table,
            what_if: what_if(reading),
        }
    }

    /// The token.
    #[must_use]
    pub fn token(&self) -> Token {
        let Self { origin, size, root, as_of, rules, .. } = self;
        Token { origin: origin.clone(), size: *size, root: *root, as_of: *as_of, rules: *rules }
    }

    /// What every rendering must say aloud, in Chinese: made-up figures, and what a what-if changed. Nothing for an
    /// official table of real figures.
    #[must_use]
    pub fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        if self.synthetic {
            notices.push("演示数据：表内数值均为虚构，仅供演示。".to_owned());
        }
        let Some(what_if) = &self.what_if else { return notices };
        notices.push("推演：不是正式结果，不得引用。".to_owned());
        if let Some(rules) = &what_if.rules {
            let in_force = rules.in_force.map_or("（没有）".to_owned(), |hash| hash.to_string());
            notices.push(format!("推演改了规则：套用 {}，现行规则是 {in_force}。", rules.applied));
        }
        let left_out = what_if.without.iter().map(|hash| format!("推演略去了事件 {hash}。"));
        notices.extend(left_out);
        notices
    }
}

fn plan_id(plan: &Plan) -> PlanId {
    plan.adopted.plan.clone()
}

fn what_if(reading: &Reading<'_>) -> Option<WhatIf> {
    if reading.is_official() {
        return None;
    }
    let (applied, in_force) = (reading.rules_hash(), reading.rules_in_force());
    let rules = (in_force != Some(applied)).then_some(RulesChange { applied, in_force });
    Some(WhatIf { rules, without: reading.left_out().to_vec() })
}
