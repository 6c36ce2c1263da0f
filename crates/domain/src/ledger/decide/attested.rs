//! Rules for what the ledger says about itself: table roots, and a unit's statement of its own lines.
//!
//! Whether a table root is right follows from the lines; the audit makes the table again and compares.

use chain::EventHash;
use events::{CompletenessStated, TableAttested};

use super::super::{ProblemKind, UnitHead};
use super::Draft;

impl Draft<'_> {
    pub(super) fn check_attestation(&mut self, attested: &TableAttested) {
        self.require_administrator("登记表根");
        self.require_text("表名", &attested.table);
        if attested.size > self.size {
            self.problem(ProblemKind::BeyondLedger { asked: attested.size, size: self.size });
        }
        let Some(ix) = self.require_plan(&attested.plan) else { return };
        let in_force = self.registry.plan(ix).rules_for(attested.as_of, attested.size);
        if in_force.is_none_or(|own| own.rules_hash != attested.rules) {
            self.problem(ProblemKind::RulesNotInForce { rules: attested.rules, as_of: attested.as_of });
        }
    }

    pub(super) fn check_statement(&mut self, stated: &CompletenessStated) {
        self.require_period(&stated.period);
        // What was signed is what the line itself must repeat, so nothing may stand between.
        if self.index != Some(0) {
            self.problem(ProblemKind::StatementMisplaced {});
        }
        if !self.signed {
            self.problem(ProblemKind::StatementUnsigned {});
        }
        let head = self.unit_head.unwrap_or(UnitHead { lines: 0, hash: EventHash::ZERO });
        if (head.lines, head.hash) != (stated.lines, stated.head) {
            self.problem(ProblemKind::StatementDisagrees {
                stated: stated.lines,
                stated_head: stated.head,
                lines: head.lines,
                head: head.hash,
            });
        }
    }
}
