//! `statement`: a unit signs how many lines it has and which is the last, so that none of them can be left out.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chain::EventHash;
use clap::Args;
use domain::ledger::{Prepared, Submission, UnitHead};
use events::{CompletenessStated, PeriodId, UnitId};
use serde_json::json;
use uuid::Uuid;

use super::{Actor, accepted, rejected, retried, submission_of};
use crate::args;
use crate::durable;
use crate::ledger::Writer;
use crate::ledger_dir::Choice;
use crate::output::{Answer, Table};

/// 无遗漏声明：单位签名确认自己共有几行、末行是哪一行
#[derive(Debug, Args)]
pub struct Arguments {
    /// 报送期代码：在哪一期结束时声明
    #[arg(long, value_name = "PERIOD", value_parser = args::period)]
    period: PeriodId,
    /// 本单位自己保存的行数（与回执核对）；不写则照账本，签名前请先核对
    #[arg(long, value_name = "NUMBER")]
    lines: Option<u64>,
    /// 本单位最后一份回执的末行哈希；不写则照账本
    #[arg(long, value_name = "HASH", value_parser = args::hash)]
    head: Option<EventHash>,
    /// 声明与账本不符而没有入账时，把签好的声明留作证据的文件；不写则用 statement-单位-报送编号.dsse
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    #[command(flatten)]
    actor: Actor,
}

/// Records a unit's signed statement of its own lines.
///
/// # Errors
/// When the ledger cannot be opened, or no unit or key is given. A rejection is an answer.
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let actor = &arguments.actor;
    let unit = actor.unit.clone().context("声明由单位自己作出，请写 --as 单位代码。")?;
    anyhow::ensure!(actor.key.is_some(), "无遗漏声明须签名，请用 --key 给出本单位的密钥文件。");
    let writer = Writer::open(&ledger.directory()?)?;
    let answer = match retried(&writer, actor)? {
        Some(answer) => answer,
        None => record(&writer, &arguments, unit)?,
    };
    writer.close()?;
    Ok(answer)
}

fn record(writer: &Writer, arguments: &Arguments, unit: UnitId) -> anyhow::Result<Answer> {
    let Arguments { period, lines, head, evidence, actor } = arguments;
    let own = writer.with_model(|model| model.ledger().head().units.get(&unit).copied());
    let own = own.unwrap_or(UnitHead { lines: 0, hash: EventHash::ZERO });
    let stated = CompletenessStated {
        head: head.unwrap_or(own.hash),
        lines: lines.unwrap_or(own.lines),
        period: period.clone(),
    };
    let shown = table(&stated);
    let submission = actor.submission.unwrap_or_else(Uuid::new_v4);
    let signed = submission_of(actor, unit, submission, vec![stated.into()])?;
    Ok(match writer.record(signed.clone())? {
        Ok(receipt) => accepted(writer, &receipt).table(shown),
        Err(problems) if problems.iter().any(|own| own.kind.code() == "statement-disagrees") => {
            let path = evidence
                .clone()
                .unwrap_or_else(|| format!("statement-{}-{}.dsse", signed.unit, signed.submission).into());
            keep(&path, signed)?;
            rejected(&problems).text(kept(&path, writer.directory())).also("evidence", json!(path))
        }
        Err(problems) => rejected(&problems),
    })
}

/// Keeps a refused statement. A refusal leaves no line, so this file is all there is of it.
fn keep(path: &Path, refused: Submission) -> anyhow::Result<()> {
    let prepared = Prepared::new(refused);
    let prepared = prepared.map_err(|(_, error)| anyhow::anyhow!("声明的文字账本不能收：{error}。"))?;
    let envelope = audit::evidence::envelope(&prepared).context("声明没有签名。")?;
    durable::replace(path, "part", &envelope)
}

fn kept(path: &Path, ledger: &Path) -> String {
    format!(
        "签好的声明已留作证据：{}。请与回执一起保存；任何人可离线核对它与账本是否矛盾：\n  progress-ledger verify {} --evidence {}\n",
        path.display(),
        ledger.display(),
        path.display(),
    )
}

fn table(stated: &CompletenessStated) -> Table {
    let mut table = Table::new("无遗漏声明", ["报送期", "本单位行数", "末行哈希"]);
    table.row([stated.period.to_string(), stated.lines.to_string(), stated.head.to_string()]);
    table
}
