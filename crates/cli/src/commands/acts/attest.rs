//! `attest`: put the roots of all published tables on record, so that every later audit makes them again.

use std::path::PathBuf;

use chain::{Date, TableRoot};
use clap::Args;
use domain::scoring::At;
use events::{Event, PlanId, TableAttested};
use projections::tables::TableKind;
use projections::{ReadModel, Reading};
use uuid::Uuid;

use super::{Actor, accepted, administrator, plan, rejected, retried, submission_of};
use crate::args;
use crate::ledger::Writer;
use crate::ledger_dir::Choice;
use crate::output::{Answer, Table};

/// 把全部公布表的表根登记入账（市数字办）
#[derive(Debug, Args)]
pub struct Arguments {
    /// 账本目录；不写则用 --ledger
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// 统计截止日；不写则用账本里最近一个有数的截止日
    #[arg(long, value_name = "DATE", value_parser = args::date)]
    as_of: Option<Date>,
    /// 方案代码；账本里只有一个方案时可不写
    #[arg(long, value_name = "PLAN", value_parser = args::plan)]
    plan: Option<PlanId>,
    #[command(flatten)]
    actor: Actor,
}

/// Records the root of each published table of a plan, known at the last line.
///
/// # Errors
/// When the ledger cannot be opened, or has no such plan or no rules for the day. A rejection is an answer.
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let writer = Writer::open(&ledger.or(arguments.directory.as_deref())?)?;
    let answer = record(&writer, arguments)?;
    writer.close()?;
    Ok(answer)
}

fn record(writer: &Writer, arguments: Arguments) -> anyhow::Result<Answer> {
    let Arguments { directory: _, as_of, plan, actor } = arguments;
    if let Some(answer) = retried(writer, &actor)? {
        return Ok(answer);
    }
    let (unit, tables) = writer.with_model(|model| {
        let book = model.ledger().book();
        let unit = actor.unit.clone().or_else(|| administrator(book));
        anyhow::Ok((unit, attested(model, self::plan(book, plan)?, as_of)?))
    })?;
    let unit = unit.ok_or_else(|| anyhow::anyhow!("推断不出由哪个单位办理，请写 --as 单位代码。"))?;
    let submission = actor.submission.unwrap_or_else(Uuid::new_v4);
    let shown = roots(&tables);
    let events: Vec<Event> = tables.into_iter().map(Event::from).collect();
    Ok(match writer.record(submission_of(&actor, unit, submission, events)?)? {
        Ok(receipt) => accepted(writer, &receipt).table(shown),
        Err(problems) => rejected(&problems),
    })
}

/// Every published table of a plan as it follows from all lines, by its root.
fn attested(model: &ReadModel, plan: PlanId, as_of: Option<Date>) -> anyhow::Result<Vec<TableAttested>> {
    let book = model.ledger().book();
    let as_of = as_of.unwrap_or_else(|| projections::latest_day(book, &plan, model.size()));
    let ix = book.registry().plan_ix(&plan);
    let ix = ix.ok_or_else(|| anyhow::anyhow!("账本里没有方案“{plan}”。请核对方案代码。"))?;
    let at = At { as_of, known: model.size() };
    let reading = Reading::in_force(book, ix, at, model.tree().root())?;
    Ok(TableKind::ALL.into_iter().map(|kind| kind.attest(&reading)).collect())
}

fn roots(tables: &[TableAttested]) -> Table {
    let mut shown = Table::new("登记的表根", ["表", "编码版本", "统计截止日", "账本行数", "表根"]);
    for own in tables {
        let root: TableRoot = own.table_root;
        let version = own.encoder_version.to_string();
        shown.row([
            own.table.clone(),
            version,
            own.as_of.to_string(),
            own.size.to_string(),
            root.to_string(),
        ]);
    }
    shown.note("以后每次 verify 都会由各行重算这些表并比对。")
}
