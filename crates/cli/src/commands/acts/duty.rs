//! `duty`: who reports, verifies and answers for what.

use chain::EventHash;
use clap::{Args, Subcommand};
use events::{AreaId, Duty, IndicatorId, PlanId, ResponsibilityAssigned, ResponsibilityEnded, UnitId};
use serde_json::json;

use super::{Actor, Proposal, record};
use crate::args;
use crate::ledger::Reader;
use crate::ledger_dir::Choice;
use crate::output::{Answer, Table};

/// 责任分工
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// 登记责任分工（市数字办）
    Assign {
        /// 承担的单位
        #[arg(value_name = "UNIT", value_parser = args::unit)]
        assignee: UnitId,
        /// 职责：reports 填报，verifies 归口复核，answers-for 考核责任
        #[arg(value_name = "DUTY", value_parser = args::word::<Duty>)]
        duty: Duty,
        /// 只对这个指标；不写则对全部指标
        #[arg(long, value_name = "INDICATOR", value_parser = args::indicator)]
        indicator: Option<IndicatorId>,
        /// 只对这个地区；不写则对全部地区
        #[arg(long, value_name = "AREA", value_parser = args::area)]
        area: Option<AreaId>,
        /// 方案代码；账本里只有一个方案时可不写
        #[arg(long, value_name = "PLAN", value_parser = args::plan)]
        plan: Option<PlanId>,
        #[command(flatten)]
        actor: Actor,
    },
    /// 终止一项责任分工（市数字办）
    End {
        /// 登记它的事件哈希，见 duty list
        #[arg(value_name = "HASH", value_parser = args::hash)]
        assignment: EventHash,
        /// 变更原因
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        actor: Actor,
    },
    /// 列出现行的责任分工
    List {
        /// 只看这个单位
        #[arg(long, value_name = "UNIT", value_parser = args::unit)]
        unit: Option<UnitId>,
    },
}

/// Assigns, ends or lists duties.
///
/// # Errors
/// As [`record`].
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    match arguments.action {
        Action::Assign { assignee, duty, indicator, area, plan, actor } => record(ledger, &actor, |book| {
            let plan = super::plan(book, plan)?;
            let given = ResponsibilityAssigned { area, assignee, duty, indicator, plan };
            Ok(Proposal::of_administrator(book, vec![given.into()]))
        }),
        Action::End { assignment, reason, actor } => record(ledger, &actor, |book| {
            let ended = ResponsibilityEnded { assignment, reason };
            Ok(Proposal::of_administrator(book, vec![ended.into()]))
        }),
        Action::List { unit } => list(ledger, unit.as_ref()),
    }
}

fn list(ledger: &Choice, unit: Option<&UnitId>) -> anyhow::Result<Answer> {
    let reader = Reader::open(&ledger.directory()?)?;
    let registry = reader.book().registry();
    let mut table = Table::new("现行责任分工", ["单位", "职责", "方案", "指标", "地区", "事件哈希"]);
    let mut rows = Vec::new();
    for (_, plan) in registry.plans() {
        let in_force = plan.assignments().iter().filter(|given| given.ended.is_none());
        for given in in_force.filter(|given| unit.is_none_or(|unit| unit == &given.assignee)) {
            let all = || "全部".to_owned();
            table.row([
                registry.unit_name(&given.assignee).to_owned(),
                word(given.duty).to_owned(),
                plan.adopted.plan.to_string(),
                given.indicator.as_ref().map_or_else(all, ToString::to_string),
                given.area.as_ref().map_or_else(all, ToString::to_string),
                given.hash.to_string(),
            ]);
            rows.push(json!({
                "unit": given.assignee, "duty": given.duty, "plan": plan.adopted.plan, "indicator": given.indicator,
                "area": given.area, "hash": given.hash, "position": given.position,
            }));
        }
    }
    Ok(reader.marked(Answer::new(json!({ "duties": rows })).table(table)))
}

const fn word(duty: Duty) -> &'static str {
    match duty {
        Duty::Reports => "填报",
        Duty::Verifies => "归口复核",
        Duty::AnswersFor => "考核责任",
    }
}
