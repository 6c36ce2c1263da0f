//! `award`: bonuses, deductions and vetoes.

use chain::{Date, EventHash};
use clap::{Args, Subcommand};
use domain::book::{AwardKind, Book};
use events::{AreaId, AwardRevoked, BonusGranted, DeductionImposed, Event, IndicatorId, PlanId, VetoImposed};
use serde_json::json;

use super::{Actor, Proposal, record};
use crate::args;
use crate::ledger::Reader;
use crate::ledger_dir::Choice;
use crate::output::{Answer, Table};

/// 加分、扣分、一票否决
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// 加分（市数字办）
    Bonus {
        /// 加分项的指标代码
        #[arg(value_name = "INDICATOR", value_parser = args::indicator)]
        indicator: IndicatorId,
        #[command(flatten)]
        occasion: Occasion,
        /// 次数
        #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = args::count)]
        quantity: u32,
    },
    /// 扣分（市数字办）
    Deduct {
        /// 规则里的扣分项代码
        #[arg(value_name = "CODE")]
        code: String,
        #[command(flatten)]
        occasion: Occasion,
        /// 次数
        #[arg(long, value_name = "NUMBER", default_value = "1", value_parser = args::count)]
        quantity: u32,
    },
    /// 一票否决（市数字办）
    Veto {
        #[command(flatten)]
        occasion: Occasion,
        /// 原因
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// 撤销加分、扣分或一票否决（市数字办）
    Revoke {
        /// 要撤销的事件哈希，见 award list
        #[arg(value_name = "HASH", value_parser = args::hash)]
        award: EventHash,
        /// 撤销原因
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        actor: Actor,
    },
    /// 列出加分、扣分和一票否决
    List,
}

#[derive(Debug, Args)]
struct Occasion {
    /// 地区代码
    #[arg(long, value_name = "AREA", value_parser = args::area)]
    area: AreaId,
    /// 依据文件
    #[arg(long, value_name = "TEXT")]
    document: String,
    /// 发生日期
    #[arg(long, value_name = "DATE", value_parser = args::date)]
    on: Date,
    /// 方案代码；账本里只有一个方案时可不写
    #[arg(long, value_name = "PLAN", value_parser = args::plan)]
    plan: Option<PlanId>,
    #[command(flatten)]
    actor: Actor,
}

/// Grants, imposes, revokes or lists awards.
///
/// # Errors
/// As [`record`].
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    match arguments.action {
        Action::Bonus { indicator, occasion, quantity } => give(ledger, occasion, |given, plan| {
            let Occasion { area, document, on: occurred_on, .. } = given;
            BonusGranted { area, document, indicator, occurred_on, plan, quantity }.into()
        }),
        Action::Deduct { code: deduction, occasion, quantity } => give(ledger, occasion, |given, plan| {
            let Occasion { area, document, on: occurred_on, .. } = given;
            DeductionImposed { area, deduction, document, occurred_on, plan, quantity }.into()
        }),
        Action::Veto { occasion, reason } => give(ledger, occasion, |given, plan| {
            let Occasion { area, document, on: occurred_on, .. } = given;
            VetoImposed { area, document, occurred_on, plan, reason }.into()
        }),
        Action::Revoke { award, reason, actor } => record(ledger, &actor, |book| {
            Ok(Proposal::of_administrator(book, vec![AwardRevoked { award, reason }.into()]))
        }),
        Action::List => list(ledger),
    }
}

fn give(
    ledger: &Choice,
    occasion: Occasion,
    event: impl FnOnce(Occasion, PlanId) -> Event,
) -> anyhow::Result<Answer> {
    let actor = occasion.actor.clone();
    record(ledger, &actor, |book: &Book| {
        let plan = super::plan(book, occasion.plan.clone())?;
        Ok(Proposal::of_administrator(book, vec![event(occasion, plan)]))
    })
}

fn list(ledger: &Choice) -> anyhow::Result<Answer> {
    let reader = Reader::open(&ledger.directory()?)?;
    let mut table = Table::new(
        "加分、扣分、一票否决",
        ["位置", "种类", "地区", "项目", "次数", "日期", "状态", "事件哈希"],
    );
    let mut rows = Vec::new();
    for award in reader.book().awards() {
        let (kind, word, area, item, quantity) = match &award.kind {
            AwardKind::Bonus(bonus) => {
                ("bonus", "加分", &bonus.area, bonus.indicator.to_string(), bonus.quantity)
            }
            AwardKind::Deduction(own) => {
                ("deduction", "扣分", &own.area, own.deduction.clone(), own.quantity)
            }
            AwardKind::Veto(veto) => ("veto", "一票否决", &veto.area, veto.reason.clone(), 1),
        };
        let standing = if award.revoked.is_some() { "已撤销" } else { "有效" };
        table.row([
            award.position.to_string(),
            word.to_owned(),
            area.to_string(),
            item.clone(),
            quantity.to_string(),
            award.kind.occurred_on().to_string(),
            standing.to_owned(),
            award.hash.to_string(),
        ]);
        rows.push(json!({
            "position": award.position, "hash": award.hash, "kind": kind, "area": area, "item": item,
            "quantity": quantity, "occurred_on": award.kind.occurred_on(), "plan": award.kind.plan(),
            "revoked_at_position": award.revoked,
        }));
    }
    Ok(reader.marked(Answer::new(json!({ "awards": rows })).table(table)))
}
