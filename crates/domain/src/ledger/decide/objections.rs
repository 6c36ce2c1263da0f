//! Rules for objections (申诉) and the public notice (公示) of a proposal.

use events::{ObjectionDecided, ObjectionFiled, ObjectionOutcome};

use super::super::ProblemKind;
use super::super::snapshots::Snapshot;
use super::Draft;

impl Draft<'_> {
    pub(super) fn check_objection(&mut self, filed: &ObjectionFiled) {
        self.require_text("申诉理由", &filed.grounds);
        let Some(snapshot) = self.require_open(filed.snapshot) else { return };
        if self.unit == &snapshot.unit {
            self.not_permitted("对自己提请的快照提出申诉");
        }
        let today = self.now.china_date();
        if let Some(notice) = snapshot.manifest.notice
            && !(notice.starts_on..=notice.ends_on).contains(&today)
        {
            let (starts_on, ends_on) = (notice.starts_on, notice.ends_on);
            self.problem(ProblemKind::OutsideNotice { starts_on, ends_on });
        }
        if filed.plan != snapshot.manifest.plan {
            self.problem(ProblemKind::UnknownPlan { plan: filed.plan.to_string() });
        }
        let Some(plan) = self.require_plan(&filed.plan) else { return };
        if let Some(indicator) = &filed.indicator {
            self.require_indicator(plan, indicator);
        }
        if let Some(area) = &filed.area {
            self.require_area(plan, area);
        }
    }

    pub(super) fn check_objection_decision(&mut self, decided: &ObjectionDecided) {
        self.require_committee_or_administrator("对申诉作出决定");
        self.require_text("决定理由", &decided.reason);
        let Some(objection) = self.snapshots.objection(&decided.objection).cloned() else {
            self.unknown_event(decided.objection);
            return;
        };
        if objection.decided.is_some() {
            self.problem(ProblemKind::ObjectionDecidedAlready {});
        }
        if &objection.unit == self.unit {
            self.not_permitted("对自己提出的申诉作出决定");
        }
    }

    /// The notice has run, every objection of the year and kind is decided, and none against this proposal was upheld.
    pub(super) fn check_public_notice_is_over(&mut self, snapshot: &Snapshot) {
        let today = self.now.china_date();
        if let Some(notice) = snapshot.manifest.notice.filter(|notice| today <= notice.ends_on) {
            self.problem(ProblemKind::NoticeRunning { ends_on: notice.ends_on });
        }
        let open = self.snapshots.open_objections(&snapshot.slot(), u64::MAX).count();
        if open > 0 {
            self.problem(ProblemKind::ObjectionsOpen { count: open });
        }
        let upheld = self.snapshots.objections().iter().any(|own| {
            own.filed.snapshot == snapshot.hash
                && own.decided.as_ref().is_some_and(|(_, own)| own.outcome == ObjectionOutcome::Upheld)
        });
        if upheld {
            self.problem(ProblemKind::ObjectionUpheld {});
        }
    }
}
