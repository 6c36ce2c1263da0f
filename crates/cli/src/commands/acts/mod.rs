//! Commands that put something on record: each only says which events; one place signs, sends and shows the receipt.

pub mod attest;
pub mod award;
pub mod duty;
pub mod evidence;
pub mod figure;
pub mod period;
pub mod statement;
pub mod target;
pub mod unit;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use app::Receipt;
use clap::Args;
use domain::book::Book;
use domain::ledger::{Prepared, Problem, Submission};
use events::{AccountId, Event, PlanId, Signature, UnitId, UnitKind};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::args;
use crate::ledger::Writer;
use crate::ledger_dir::Choice;
use crate::output::{Answer, Table};
use crate::secret_key::SecretKey;

/// Who acts.
#[derive(Clone, Debug, Default, Args)]
pub struct Actor {
    /// 以哪个单位的名义；不写则由程序按职责推断
    #[arg(long = "as", value_name = "UNIT", value_parser = args::unit)]
    pub unit: Option<UnitId>,
    /// 经办账号，不含姓名（也可用环境变量 PROGRESS_LEDGER_ACCOUNT）；不写则与单位代码相同
    #[arg(long, value_name = "ACCOUNT", value_parser = args::account, env = "PROGRESS_LEDGER_ACCOUNT")]
    pub by: Option<AccountId>,
    /// 单位的签名密钥文件；单位登记了密钥就须签名
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// 本次报送的编号（UUID）；重试时写同一个编号，不会重复入账
    #[arg(long, value_name = "UUID", value_parser = args::submission)]
    pub submission: Option<Uuid>,
}

/// What is to be recorded, in whose name.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The unit, where the command can tell; the actor's own choice goes first.
    pub unit: Option<UnitId>,
    /// The events.
    pub events: Vec<Event>,
    /// What confirms the warnings about them, if anything.
    pub confirming: Option<intake::Confirming>,
}

impl Proposal {
    /// Events that the office running the cycle records.
    #[must_use]
    pub fn of_administrator(book: &Book, events: Vec<Event>) -> Self {
        Self { unit: administrator(book), events, confirming: None }
    }
}

/// Records what `propose` makes of the ledger as it stands.
///
/// # Errors
/// When the ledger cannot be opened or the proposal cannot be made. A rejection is an answer.
pub fn record(
    ledger: &Choice,
    actor: &Actor,
    propose: impl FnOnce(&Book) -> anyhow::Result<Proposal>,
) -> anyhow::Result<Answer> {
    record_in(Writer::open(&ledger.directory()?)?, actor, propose)
}

/// As [`record`], in a ledger that is open.
///
/// # Errors
/// As [`record`].
pub fn record_in(
    writer: Writer,
    actor: &Actor,
    propose: impl FnOnce(&Book) -> anyhow::Result<Proposal>,
) -> anyhow::Result<Answer> {
    let proposal = writer.with_book(propose)?;
    let answer = send(&writer, actor, proposal)?;
    writer.close()?;
    Ok(answer)
}

/// Records what is proposed, with an open ledger.
///
/// # Errors
/// As [`record`].
pub fn send(writer: &Writer, actor: &Actor, proposal: Proposal) -> anyhow::Result<Answer> {
    let Proposal { unit, mut events, confirming } = proposal;
    let unit = actor.unit.clone().or(unit).context("推断不出由哪个单位办理，请写 --as 单位代码。")?;
    let submission = actor.submission.unwrap_or_else(Uuid::new_v4);
    if let Some(confirming) = confirming {
        let draft = submission_of(actor, unit.clone(), submission, events.clone())?;
        events.splice(0..0, confirming.filing(&writer.check(&draft)));
    }
    Ok(match writer.record(submission_of(actor, unit, submission, events)?)? {
        Ok(receipt) => accepted(writer, &receipt),
        Err(problems) => rejected(&problems),
    })
}

/// A submission, signed when the actor has a key.
///
/// # Errors
/// When the key cannot be read, or a text is one the format refuses.
pub fn submission_of(
    actor: &Actor,
    unit: UnitId,
    submission: Uuid,
    events: Vec<Event>,
) -> anyhow::Result<Submission> {
    let by =
        actor.by.clone().unwrap_or_else(|| unit.as_str().parse().expect("ids and accounts share a grammar"));
    sign(Submission { submission, unit, by, events, signature: None }, actor.key.as_deref())
}

/// Signs a submission where a key is given.
///
/// # Errors
/// When the key cannot be read, or a text is one the format refuses.
pub fn sign(mut submission: Submission, key: Option<&Path>) -> anyhow::Result<Submission> {
    let Some(path) = key else { return Ok(submission) };
    let key = SecretKey::read(path)?;
    let prepared = Prepared::new(submission.clone());
    let prepared = prepared
        .map_err(|(index, error)| anyhow::anyhow!("第 {} 项的文字账本不能收：{error}。", index + 1))?;
    let sig = chain::dsse::sign_submission(&key.signing, &prepared.payload());
    submission.signature = Some(Signature { key: key.verifier.to_string(), sig });
    Ok(submission)
}

/// The receipt of a retry whose content follows from the ledger as it stood: it is not made again from a longer one.
///
/// # Errors
/// When the lines on record cannot be read.
pub fn retried(writer: &Writer, actor: &Actor) -> anyhow::Result<Option<Answer>> {
    let on_record = actor.submission.filter(|id| writer.has(id));
    on_record.map(|id| Ok(accepted(writer, &writer.receipt(&id)?))).transpose()
}

/// The answer to a submission that is on record.
#[must_use]
pub fn accepted(writer: &Writer, receipt: &Receipt) -> Answer {
    let mut table = Table::new(
        if receipt.repeated { "已在账，这是原来的回执" } else { "已入账" },
        ["位置", "事件", "事件哈希"],
    );
    for ((position, kind), hash) in (receipt.first..).zip(&receipt.kinds).zip(&receipt.hashes) {
        table.row([position.to_string(), kind.name().to_owned(), hash.to_string()]);
    }
    let table = table
        .note(format!(
            "报送编号 {}，{}（北京时间）记录，单位 {}。",
            receipt.submission,
            args::china_time(receipt.at),
            receipt.unit
        ))
        .note("用通用工具核对第一行（应得到上面的哈希）：")
        .note(format!("  {}", b3sum(writer, receipt.first)));
    writer.marked(Answer::new(answers::receipt(receipt)).table(table))
}

/// How anybody computes a line's hash from the ledger's files.
fn b3sum(writer: &Writer, position: u64) -> String {
    format!(
        "cat {}/journal/*.jsonl | grep -a '\"position\":{position},' | tr -d '\\n' | b3sum --derive-key '{}'",
        writer.directory().display(),
        chain::hash::EVENT_CONTEXT,
    )
}

/// The answer to a rejection: every problem.
#[must_use]
pub fn rejected(problems: &[Problem]) -> Answer {
    let mut table = Table::new("没有入账，以下问题须先解决", ["第几项", "指标", "地区", "代码", "问题"]);
    for problem in problems {
        let cell = problem.cell.as_ref();
        table.row([
            problem.event.map(|index| (index + 1).to_string()).unwrap_or_default(),
            cell.map(|cell| cell.indicator.to_string()).unwrap_or_default(),
            cell.map(|cell| cell.area.to_string()).unwrap_or_default(),
            problem.kind.code().to_owned(),
            problem.kind.to_string(),
        ]);
    }
    let unconfirmed = problems.iter().any(|problem| problem.kind.code() == "unconfirmed-warning");
    let table = if unconfirmed {
        table.note("提醒如属实，用 --confirm \"原因\" 确认；原因会入账。")
    } else {
        table
    };
    let found: Vec<Value> = problems.iter().map(answers::problem).collect();
    Answer::new(json!({ "recorded": false, "problems": found })).table(table).finding_if(true)
}

/// The office that runs the cycle, where there is exactly one.
#[must_use]
pub fn administrator(book: &Book) -> Option<UnitId> {
    let mut offices = book.registry().units().filter(|unit| unit.kind == UnitKind::DigitalOffice);
    let office = offices.next()?.registered.clone();
    offices.next().is_none().then_some(office)
}

/// The plan that is meant: the one named, else the ledger's only one.
///
/// # Errors
/// When several could be meant, or none.
pub fn plan(book: &Book, named: Option<PlanId>) -> anyhow::Result<PlanId> {
    if let Some(plan) = named {
        return Ok(plan);
    }
    let plans: Vec<&PlanId> = book.registry().plans().map(|(_, plan)| &plan.adopted.plan).collect();
    match plans[..] {
        [only] => Ok(only.clone()),
        [] => bail!("账本里还没有方案。"),
        [..] => {
            let ids: Vec<&str> = plans.iter().map(|plan| plan.as_str()).collect();
            bail!("账本里有几个方案，请用 --plan 写明是哪一个：{}。", ids.join("、"))
        }
    }
}
