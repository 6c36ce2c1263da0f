//! Rules for bonuses, deductions and vetoes.

use events::{AreaId, AwardRevoked, BonusGranted, DeductionImposed, PlanId, VetoImposed};

use super::super::ProblemKind;
use super::Draft;

impl Draft<'_> {
    pub(super) fn check_bonus(&mut self, bonus: &BonusGranted) {
        self.check_award(&bonus.plan, &bonus.area, &bonus.document, "登记加分");
        self.require_quantity(bonus.quantity);
        let Some(ix) = self.registry.plan_ix(&bonus.plan) else { return };
        let plan = self.registry.plan(ix);
        match plan.indicator_ix(&bonus.indicator).map(|row| &plan.indicator(row).defined) {
            None => self.require_indicator(ix, &bonus.indicator),
            Some(row) if row.bonus.is_none() => {
                let indicator = row.name.clone();
                self.problem(ProblemKind::NotABonusRow { indicator });
            }
            Some(_) => {}
        }
    }

    pub(super) fn check_deduction(&mut self, deduction: &DeductionImposed) {
        self.check_award(&deduction.plan, &deduction.area, &deduction.document, "登记扣分");
        self.require_quantity(deduction.quantity);
        let Some(ix) = self.registry.plan_ix(&deduction.plan) else { return };
        let rules = self.registry.plan(ix).rules_for(deduction.occurred_on, u64::MAX);
        if !rules.is_some_and(|own| own.adopted.rules.has_deduction(&deduction.deduction)) {
            self.problem(ProblemKind::UnknownDeduction { deduction: deduction.deduction.clone() });
        }
    }

    pub(super) fn check_veto(&mut self, veto: &VetoImposed) {
        self.check_award(&veto.plan, &veto.area, &veto.document, "登记一票否决");
        self.require_text("否决原因", &veto.reason);
    }

    pub(super) fn check_award_revocation(&mut self, revoked: &AwardRevoked) {
        self.require_administrator("撤销加分、扣分或否决");
        self.require_text("撤销原因", &revoked.reason);
        if !self.acted_on.insert(revoked.award) {
            self.problem(ProblemKind::ActedTwice {});
        }
        let award = self.book.awards().iter().find(|award| award.hash == revoked.award);
        match award.map(|award| award.revoked) {
            None => self.unknown_event(revoked.award),
            Some(Some(_)) => self.problem(ProblemKind::RevokedAlready {}),
            Some(None) => {}
        }
    }

    fn check_award(&mut self, plan: &PlanId, area: &AreaId, document: &str, act: &'static str) {
        self.require_administrator(act);
        self.require_text("依据文件", document);
        if let Some(plan) = self.require_plan(plan) {
            self.require_area(plan, area);
        }
    }

    fn require_quantity(&mut self, quantity: u32) {
        if quantity == 0 {
            self.problem(ProblemKind::BadOrder { reason: "数量至少为 1。" });
        }
    }
}
