//! `snapshot approve`, `snapshot freeze`: members' signatures come on record, and the quorum's freezes.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use app::snapshots::{self, freezing, name};
use chain::EventHash;
use clap::Args;
use domain::ledger::snapshots::Snapshot;
use events::{AccountId, Event, SnapshotApproved, UnitId, UnitKind};
use projections::snapshots::Remade;
use uuid::Uuid;

use super::super::acts::{Actor, accepted, administrator, rejected, retried, submission_of};
use super::propose::of_freezing;
use super::{Pick, draft, files, pick};
use crate::args;
use crate::ledger::{Reader, Writer};
use crate::ledger_dir::Choice;
use crate::output::{Answer, complain};

/// 批准
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pick: Pick,
    /// 委员的密钥文件（key new --member 新建）
    #[arg(long, value_name = "FILE", required_unless_present = "signed")]
    key: Option<PathBuf>,
    /// 待签文件：不用账本就能签署，须同时写 --out
    #[arg(long, value_name = "FILE", requires = "out", conflicts_with = "signed")]
    draft: Option<PathBuf>,
    /// 只签署，把批准写成文件，不入账
    #[arg(long, value_name = "FILE", conflicts_with = "signed")]
    out: Option<PathBuf>,
    /// 把委员签好的批准文件入账
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    signed: Option<PathBuf>,
    /// 以哪个单位的名义入账；不写则用考核委员会，没有则用市数字办
    #[arg(long = "as", value_name = "UNIT", value_parser = args::unit)]
    unit: Option<UnitId>,
    /// 经办账号，不含姓名（也可用环境变量 PROGRESS_LEDGER_ACCOUNT）；不写则与单位代码相同
    #[arg(long, value_name = "ACCOUNT", value_parser = args::account, env = "PROGRESS_LEDGER_ACCOUNT")]
    by: Option<AccountId>,
    /// 入账单位的签名密钥文件；该单位登记了密钥就须写
    #[arg(long, value_name = "FILE")]
    unit_key: Option<PathBuf>,
    /// 本次报送的编号（UUID）；重试时写同一个编号，不会重复入账
    #[arg(long, value_name = "UUID", value_parser = args::submission)]
    submission: Option<Uuid>,
}

impl Arguments {
    fn actor(&self) -> Actor {
        let Self { unit, by, unit_key, submission, .. } = self;
        Actor { unit: unit.clone(), by: by.clone(), key: unit_key.clone(), submission: *submission }
    }
}

/// Signs, records, or both.
///
/// # Errors
/// When a file is not what it should be, or the tables do not come out as proposed. A rejection is an answer.
pub fn run(given: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    match (&given.draft, &given.out, &given.key) {
        (Some(path), Some(out), Some(key)) => draft::sign_file(path, key, out),
        (None, Some(out), Some(key)) => {
            let reader = Reader::open(&ledger.directory()?)?;
            let snapshot = pick(reader.model().ledger().snapshots(), &given.pick)?;
            snapshots::remade(&reader.axes(), snapshot).map_err(of_freezing)?;
            let event = snapshot.manifest.clone().into();
            let statement = draft::statement(&reader.opened()?.origin, &event)?;
            draft::write_approval(&statement, &draft::member_key(key)?, out)
        }
        _ => record(&given, ledger),
    }
}

fn record(given: &Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let writer = Writer::open(&ledger.directory()?)?;
    let answer = record_with(given, &writer)?;
    writer.close()?;
    Ok(answer)
}

fn record_with(given: &Arguments, writer: &Writer) -> anyhow::Result<Answer> {
    let actor = given.actor();
    // A retry: whether the quorum was there the first time is on record, and not decided again.
    if let Some(answer) = retried(writer, &actor)? {
        return Ok(answer);
    }
    let (snapshot, origin) = writer.with_model(|model| {
        let opened = model.ledger().book().registry().opened().context("账本里还没有任何一行。")?;
        anyhow::Ok((pick(model.ledger().snapshots(), &given.pick)?.clone(), opened.origin.clone()))
    })?;
    let tables = remade(writer, &snapshot)?;
    let approved = approval(given, &origin, &snapshot)?;
    carry_out(writer, &actor, &snapshot, &tables, vec![approved.into()])
}

fn approval(given: &Arguments, origin: &str, snapshot: &Snapshot) -> anyhow::Result<SnapshotApproved> {
    let statement = draft::statement(origin, &snapshot.manifest.clone().into())?;
    let note = match (&given.key, &given.signed) {
        (Some(key), _) => {
            statement.approvable().note(&draft::sign(&statement, &draft::member_key(key)?)?).into_bytes()
        }
        (None, Some(signed)) => args::read_file(signed)?,
        (None, None) => bail!("请写 --key 委员密钥文件，或 --signed 批准文件。"),
    };
    snapshots::approval(origin, snapshot, &note).map_err(of_freezing)
}

/// Freezes what the quorum has approved already.
///
/// # Errors
/// As [`run`].
pub fn freeze(ledger: &Choice, which: &Pick, actor: &Actor) -> anyhow::Result<Answer> {
    let writer = Writer::open(&ledger.directory()?)?;
    let snapshot = writer.with_model(|model| pick(model.ledger().snapshots(), which).cloned())?;
    let tables = remade(&writer, &snapshot)?;
    let events = vec![freezing(&snapshot)];
    let answer = send(&writer, actor, &snapshot, &tables, events)?;
    writer.close()?;
    Ok(answer)
}

/// Records approvals, together with the freezing where nothing stands in its way any more.
fn carry_out(
    writer: &Writer,
    actor: &Actor,
    snapshot: &Snapshot,
    tables: &[Remade],
    approved: Vec<Event>,
) -> anyhow::Result<Answer> {
    let mut both = approved.clone();
    both.push(freezing(snapshot));
    let unit = unit(writer, actor)?;
    let draft = submission_of(actor, unit, actor.submission.unwrap_or_else(Uuid::new_v4), both.clone())?;
    let events = if writer.check(&draft).is_empty() { both } else { approved };
    send(writer, actor, snapshot, tables, events)
}

fn send(
    writer: &Writer,
    actor: &Actor,
    snapshot: &Snapshot,
    tables: &[Remade],
    events: Vec<Event>,
) -> anyhow::Result<Answer> {
    let freezes = events.iter().any(|event| *event == freezing(snapshot));
    let id = actor.submission.unwrap_or_else(Uuid::new_v4);
    let submission = submission_of(actor, unit(writer, actor)?, id, events)?;
    let receipt = match writer.record(submission)? {
        Err(problems) => return Ok(rejected(&problems)),
        Ok(receipt) => receipt,
    };
    let answer = accepted(writer, &receipt);
    if !freezes {
        let (have, need) = counted(writer, snapshot.hash);
        return Ok(answer
            .text(format!("有效批准 {have} 人，法定人数 {need} 人；尚未冻结，用 snapshot status 查看。")));
    }
    // The freezing is durable. A crash from here on leaves files that are missing; showing the snapshot writes them.
    match files::keep(writer.directory(), snapshot, tables) {
        Ok(folder) => Ok(answer.text(format!("{}已冻结，各表留存在 {}。", name(snapshot), folder.display()))),
        Err(error) => {
            complain(&format!("提示：{error:#}\n"));
            Ok(answer.text(format!("{}已冻结。", name(snapshot))))
        }
    }
}

fn counted(writer: &Writer, hash: EventHash) -> (usize, usize) {
    writer.with_model(|model| {
        let snapshots = model.ledger().snapshots();
        let Some(snapshot) = snapshots.snapshot(&hash) else { return (0, 0) };
        let need = snapshots.committee(&snapshot.manifest.plan).map_or(0, |committee| committee.quorum());
        (snapshots.counted(snapshot).len(), need)
    })
}

/// The committee's own unit where there is exactly one, else the office that runs the cycle.
fn unit(writer: &Writer, actor: &Actor) -> anyhow::Result<UnitId> {
    let unit = actor.unit.clone().or_else(|| {
        writer.with_book(|book| {
            let units = book.registry().units().filter(|unit| unit.kind == UnitKind::AssessmentCommittee);
            let units: Vec<UnitId> = units.map(|unit| unit.registered.clone()).collect();
            if let [only] = &units[..] { Some(only.clone()) } else { administrator(book) }
        })
    });
    unit.context("推断不出由哪个单位入账，请写 --as 单位代码。")
}

fn remade(writer: &Writer, snapshot: &Snapshot) -> anyhow::Result<Vec<Remade>> {
    writer.with_axes(|reader| snapshots::remade(reader, snapshot)).map_err(of_freezing)
}
