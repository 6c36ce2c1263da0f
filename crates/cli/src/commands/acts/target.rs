//! `target`: targets that a formal decision changes.

use anyhow::Context as _;
use chain::Date;
use clap::{Args, Subcommand};
use domain::book::Book;
use events::{AreaId, IndicatorId, PlanId, Target, TargetRevised};

use super::{Actor, Proposal, record};
use crate::args;
use crate::ledger_dir::Choice;
use crate::output::Answer;

/// 目标调整
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// 调整目标（市数字办）：原目标留在账上
    Revise(Revision),
}

#[derive(Debug, Args)]
struct Revision {
    /// 指标代码
    #[arg(value_name = "INDICATOR", value_parser = args::indicator)]
    indicator: IndicatorId,
    /// 地区代码
    #[arg(value_name = "AREA", value_parser = args::area)]
    area: AreaId,
    /// 目标年份
    #[arg(long, value_name = "YEAR", value_parser = args::year)]
    year: u16,
    /// 新目标，按文件原文写：12.5、50万、36%，“-”为不考核，“>”为须高于全市
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    to: String,
    /// 依据文件
    #[arg(long, value_name = "TEXT")]
    document: String,
    /// 调整原因
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// 从哪个统计截止日起按新目标
    #[arg(long, value_name = "DATE", value_parser = args::date)]
    effective_from: Date,
    /// 方案代码；账本里只有一个方案时可不写
    #[arg(long, value_name = "PLAN", value_parser = args::plan)]
    plan: Option<PlanId>,
    #[command(flatten)]
    actor: Actor,
}

/// Revises a target.
///
/// # Errors
/// As [`record`]; also when the cell has no target to revise.
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let Action::Revise(revision) = arguments.action;
    let actor = revision.actor.clone();
    record(ledger, &actor, |book| revise(book, revision))
}

fn revise(book: &Book, given: Revision) -> anyhow::Result<Proposal> {
    let plan_id = super::plan(book, given.plan)?;
    let cell = book.registry().cell(&plan_id, &given.indicator, &given.area);
    let cell =
        cell.with_context(|| format!("方案 {plan_id} 里没有“{} · {}”这一格。", given.indicator, given.area))?;
    let plan = book.registry().plan(cell.plan);
    let latest = plan.target_versions(cell.indicator, cell.area, given.year).last();
    let (_, latest) = latest.with_context(|| format!("这一格没有 {} 年的目标可调整。", given.year))?;
    let revised = TargetRevised {
        document: given.document,
        effective_from: given.effective_from,
        target: read(&given.to)?,
        raw: given.to,
        reason: given.reason,
        revises: latest.hash,
    };
    Ok(Proposal::of_administrator(book, vec![revised.into()]))
}

/// A target cell as a document prints it.
fn read(raw: &str) -> anyhow::Result<Target> {
    match raw {
        "-" => Ok(Target::NotAssessed),
        ">" => Ok(Target::ExceedsCity),
        text => Ok(Target::Number { value: domain::number::read(text)?.value }),
    }
}
