//! Rules for what the year is about: opening, units, plans, targets, rulebooks, periods, keys.

use chain::EventHash;
use events::{
    AreaRegistered, Event, IndicatorDefined, IndicatorId, KeyEnrolled, KeyRevoked, LedgerOpened,
    LedgerRestored, LogKeyChanged, PeriodClosed, PeriodExtended, PeriodOpened, PlanAdopted, PlanId,
    ResponsibilityAssigned, ResponsibilityEnded, RollUp, RulebookAdopted, TargetRevised, TargetSet,
    UnitRegistered, WeightBlockDefined, WorkdayCalendarPublished,
};

use super::super::ProblemKind;
use super::Draft;
use crate::registry::{PlanIx, Restoration};

/// Whether later events of one submission may build on this one.
pub(super) const fn changes_registry(event: &Event) -> bool {
    matches!(
        event,
        Event::LedgerOpened(_)
            | Event::UnitRegistered(_)
            | Event::AreaRegistered(_)
            | Event::ResponsibilityAssigned(_)
            | Event::PlanAdopted(_)
            | Event::IndicatorDefined(_)
            | Event::WeightBlockDefined(_)
            | Event::TargetSet(_)
            | Event::RulebookAdopted(_)
            | Event::PeriodOpened(_)
            | Event::PeriodClosed(_)
            | Event::WorkdayCalendarPublished(_)
    )
}

impl Draft<'_> {
    pub(super) fn check_opening(&mut self, opened: &LedgerOpened) {
        if self.size > 0 || self.index != Some(0) {
            self.problem(ProblemKind::OpenedAlready {});
        }
        if opened.suite != "pl-1" {
            self.problem(ProblemKind::BadOpening {
                reason: format!("格式代号应为 pl-1，不是 {}", opened.suite),
            });
        }
        if opened.origin.is_empty() || opened.title.trim().is_empty() {
            self.problem(ProblemKind::BadOpening { reason: "账本名称和标题不能为空".to_owned() });
        }
        if let Err(reason) = log_key_of(&opened.log_key, &opened.origin) {
            self.problem(ProblemKind::BadOpening { reason });
        }
    }

    pub(super) fn check_log_key(&mut self, changed: &LogKeyChanged) {
        self.require_administrator("更换账本头密钥");
        let origin = self.registry.opened().map(|opened| opened.origin.clone()).unwrap_or_default();
        if let Err(reason) = log_key_of(&changed.log_key, &origin) {
            self.problem(ProblemKind::BadKey { reason });
        }
        if self.registry.log_keys().any(|own| own == changed.log_key) {
            self.problem(ProblemKind::Exists { what: "账本头密钥", id: changed.log_key.clone() });
        }
    }

    /// A key must never sign two heads of one size: the branch that goes on has a key of its own.
    pub(super) fn check_restored_keys(&mut self, events: &[Event]) {
        let restored = events.iter().any(|event| matches!(event, Event::LedgerRestored(_)));
        if restored && !events.iter().any(|event| matches!(event, Event::LogKeyChanged(_))) {
            self.problem(ProblemKind::BadRestoration {
                reason: "须在同一次报送中更换账本头密钥"
            });
        }
    }

    pub(super) fn check_restoration(&mut self, restored: &LedgerRestored) {
        self.require_administrator("把旧副本记为恢复续记");
        self.require_text("恢复原因", &restored.reason);
        let Some(lost) = Restoration::lost_head(&restored.lost_head) else {
            self.problem(ProblemKind::BadRestoration {
                reason: "失去的账本头不是签名的账本头"
            });
            return;
        };
        if self.registry.opened().is_some_and(|opened| opened.origin != lost.origin) {
            self.problem(ProblemKind::BadRestoration { reason: "失去的账本头属于另一个账本" });
        }
        if self.registry.gave_up(&lost) {
            self.problem(ProblemKind::BadRestoration { reason: "这个账本头已经记为失去" });
        }
    }

    pub(super) fn check_unit(&mut self, unit: &UnitRegistered) {
        self.require_administrator("登记单位");
        self.require_text("单位名称", &unit.name);
    }

    pub(super) fn check_area(&mut self, area: &AreaRegistered) {
        self.require_administrator("登记地区");
        self.require_text("地区名称", &area.name);
        let Some(plan) = self.require_plan(&area.plan) else { return };
        // Class and name of an area are part of every table made so far.
        if self.registry.plan(plan).area_ix(&area.area).is_some() {
            self.problem(ProblemKind::Exists { what: "地区", id: area.area.to_string() });
        }
    }

    pub(super) fn check_assignment(&mut self, given: &ResponsibilityAssigned) {
        self.require_administrator("登记责任分工");
        if self.registry.unit(&given.assignee).is_none() {
            self.problem(ProblemKind::UnknownUnit { unit: given.assignee.to_string() });
        }
        let Some(plan) = self.require_plan(&given.plan) else { return };
        if let Some(indicator) = &given.indicator {
            self.require_indicator(plan, indicator);
        }
        if let Some(area) = &given.area {
            self.require_area(plan, area);
        }
    }

    pub(super) fn check_assignment_end(&mut self, ended: &ResponsibilityEnded) {
        self.require_administrator("变更责任分工");
        self.require_text("变更原因", &ended.reason);
        let given = self.registry.plans().find_map(|(_, plan)| plan.assignment(&ended.assignment));
        match given.map(|given| given.ended) {
            None => self.unknown_event(ended.assignment),
            Some(Some(_)) => self.problem(ProblemKind::RevokedAlready {}),
            Some(None) => {}
        }
    }

    pub(super) fn check_plan(&mut self, plan: &PlanAdopted) {
        self.require_administrator("登记方案");
        self.require_text("方案标题", &plan.title);
        if self.registry.plan_ix(&plan.plan).is_some() {
            self.problem(ProblemKind::Exists { what: "方案", id: plan.plan.to_string() });
        }
        if plan.years.is_empty() || !plan.years.is_sorted_by(|a, b| a < b) {
            self.problem(ProblemKind::BadOrder {
                reason: "方案年份应从小到大排列，且至少有一年。"
            });
        }
    }

    pub(super) fn check_indicator(&mut self, row: &IndicatorDefined) {
        self.require_administrator("登记指标");
        self.require_text("指标名称", &row.name);
        let Some(plan) = self.require_plan(&row.plan) else { return };
        if self.registry.plan(plan).indicator_ix(&row.indicator).is_some() {
            self.problem(ProblemKind::Exists { what: "指标", id: row.indicator.to_string() });
        }
        match &row.roll_up {
            RollUp::Sum { areas } | RollUp::WeightedMean { areas, .. } => {
                areas.iter().for_each(|area| self.require_area(plan, area));
            }
            RollUp::CityOnly | RollUp::Independent => {}
        }
    }

    pub(super) fn check_block(&mut self, block: &WeightBlockDefined) {
        self.require_administrator("登记权重");
        let Some(plan) = self.require_plan(&block.plan) else { return };
        if self.registry.plan(plan).block(&block.block).is_some() {
            self.problem(ProblemKind::Exists { what: "权重块", id: block.block.to_string() });
        }
        block.indicators.iter().for_each(|indicator| self.require_indicator(plan, indicator));
    }

    pub(super) fn check_target(&mut self, target: &TargetSet) {
        self.require_administrator("下达目标");
        let Some(ix) = self.require_plan(&target.plan) else { return };
        self.require_indicator(ix, &target.indicator);
        self.require_area(ix, &target.area);
        let plan = self.registry.plan(ix);
        if !plan.adopted.years.contains(&target.year) {
            self.problem(ProblemKind::NoTargetYear { year: target.year.into() });
            return;
        }
        let cell = plan.indicator_ix(&target.indicator).zip(plan.area_ix(&target.area));
        if cell.is_some_and(|(row, area)| plan.target_versions(row, area, target.year).next().is_some()) {
            let id = format!("{} · {} · {}", target.indicator, target.area, target.year);
            self.problem(ProblemKind::Exists { what: "目标", id });
        }
    }

    pub(super) fn check_target_revision(&mut self, revised: &TargetRevised) {
        self.require_administrator("调整目标");
        self.require_text("调整依据", &revised.document);
        self.require_text("调整原因", &revised.reason);
        if !self.acted_on.insert(revised.revises) {
            self.problem(ProblemKind::ActedTwice {});
        }
        let found = self.registry.plans().find_map(|(_, plan)| {
            let (indicator, area, year) = plan.target_line(&revised.revises)?;
            let latest = plan.target_versions(indicator, area, year).last()?;
            Some((latest.0, latest.1.hash))
        });
        match found {
            None => self.unknown_event(revised.revises),
            Some((position, latest)) if latest != revised.revises => {
                self.problem(ProblemKind::CorrectedAlready { position });
            }
            Some(_) => {}
        }
    }

    pub(super) fn check_rulebook(&mut self, adopted: &RulebookAdopted) {
        self.require_administrator("颁布计分规则");
        self.require_text("规则标题", &adopted.title);
        let Some(ix) = self.require_plan(&adopted.plan) else { return };
        let found = crate::scoring::validate(&adopted.rules, self.registry.plan(ix));
        found.into_iter().for_each(|reason| self.problem(ProblemKind::BadRulebook { reason }));
    }

    pub(super) fn check_period(&mut self, period: &PeriodOpened) {
        self.require_administrator("开放报送期");
        if self.registry.period(&period.period).is_some() {
            self.problem(ProblemKind::Exists { what: "报送期", id: period.period.to_string() });
        }
        if period.starts_on > period.ends_on {
            self.problem(ProblemKind::BadOrder { reason: "报送期的起始日不能晚于截止日。" });
        }
        if period.due_at.china_date() < period.starts_on {
            self.problem(ProblemKind::BadOrder {
                reason: "报送时限不能早于报送期的起始日。"
            });
        }
    }

    pub(super) fn check_extension(&mut self, extended: &PeriodExtended) {
        self.require_administrator("延长报送时限");
        self.require_text("延期原因", &extended.reason);
        if !self.require_period(&extended.period) {
            return;
        }
        let period = self.registry.period(&extended.period).expect("just required");
        if extended.due_at <= period.opened.due_at {
            self.problem(ProblemKind::BadOrder { reason: "延期后的时限应晚于原时限。" });
        }
        let unknown = extended.units.iter().filter(|unit| self.registry.unit(unit).is_none());
        let unknown: Vec<String> = unknown.map(ToString::to_string).collect();
        unknown.into_iter().for_each(|unit| self.problem(ProblemKind::UnknownUnit { unit }));
    }

    pub(super) fn check_closing(&mut self, closed: &PeriodClosed) {
        self.require_administrator("关闭报送期");
        if self.require_period(&closed.period)
            && self.registry.period(&closed.period).is_some_and(|period| period.closed.is_some())
        {
            self.problem(ProblemKind::PeriodClosed { period: closed.period.to_string() });
        }
    }

    pub(super) fn check_calendar(&mut self, calendar: &WorkdayCalendarPublished) {
        self.require_administrator("公布工作日历");
        self.require_text("依据文件", &calendar.document);
        let ascending = |days: &[chain::Date]| days.is_sorted_by(|a, b| a < b);
        let days = calendar.holidays.iter().chain(&calendar.workdays);
        if !ascending(&calendar.holidays) || !ascending(&calendar.workdays) {
            self.problem(ProblemKind::BadOrder {
                reason: "日历中的日期应从早到晚排列，不重复。"
            });
        }
        if days.into_iter().any(|day| day.year() != i32::from(calendar.year)) {
            self.problem(ProblemKind::BadOrder { reason: "日历中的日期应都在该年内。" });
        }
    }

    pub(super) fn check_enrolment(&mut self, key: &KeyEnrolled) {
        self.require_administrator("登记签名密钥");
        if self.registry.unit(&key.holder).is_none() {
            self.problem(ProblemKind::UnknownUnit { unit: key.holder.to_string() });
        }
        if let Err(reason) = log_key_of(&key.key, key.holder.as_str()) {
            self.problem(ProblemKind::BadKey { reason });
        }
        if self.registry.keys(&key.holder).iter().any(|own| own.key == key.key) {
            self.problem(ProblemKind::Exists { what: "密钥", id: key.key.clone() });
        }
    }

    pub(super) fn check_revocation(&mut self, key: &KeyRevoked) {
        self.require_administrator("停用签名密钥");
        self.require_text("停用原因", &key.reason);
        if !self.registry.keys_in_force(&key.holder).any(|own| own == key.key) {
            self.problem(ProblemKind::KeyNotEnrolled { unit: key.holder.to_string() });
        }
    }

    pub(super) fn require_plan(&mut self, plan: &PlanId) -> Option<PlanIx> {
        let ix = self.registry.plan_ix(plan);
        if ix.is_none() {
            self.problem(ProblemKind::UnknownPlan { plan: plan.to_string() });
        }
        ix
    }

    pub(super) fn require_indicator(&mut self, plan: PlanIx, indicator: &IndicatorId) {
        if self.registry.plan(plan).indicator_ix(indicator).is_none() {
            self.problem(ProblemKind::UnknownIndicator { indicator: indicator.to_string() });
        }
    }

    pub(super) fn require_area(&mut self, plan: PlanIx, area: &events::AreaId) {
        if self.registry.plan(plan).area_ix(area).is_none() {
            self.problem(ProblemKind::UnknownArea { area: area.to_string() });
        }
    }

    pub(super) fn unknown_event(&mut self, hash: EventHash) {
        self.problem(ProblemKind::UnknownEvent { hash });
    }
}

/// Whether `key` is a C2SP verifier key of type 0x01 with this name.
fn log_key_of(key: &str, name: &str) -> Result<(), String> {
    let parsed: chain::note::VerifierKey = key.parse().map_err(|_| "不是 C2SP 验证密钥".to_owned())?;
    if parsed.name() != name {
        return Err(format!("密钥名应为 {name}，不是 {}", parsed.name()));
    }
    if !parsed.is_ed25519() {
        return Err("密钥类型应为 1（Ed25519）".to_owned());
    }
    Ok(())
}
