//! `snapshot`: tables that the committee freezes, and what becomes of them.

mod approve;
pub mod draft;
pub mod files;
mod propose;
mod show;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use chain::{Date, EventHash};
use clap::{Args, Subcommand};
use domain::ledger::snapshots::{Snapshot, Snapshots};
use events::{Event, PlanId, SnapshotKind, SnapshotPublished, SnapshotReopened, SnapshotWithdrawn};

use super::acts::{self, Actor, Proposal};
use crate::args;
use crate::ledger::{Reader, Writer};
use crate::ledger_dir::Choice;
use crate::output::Answer;

/// 快照
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// 提请冻结（市数字办）：按账本现状算出各表、表根和清单
    Propose(propose::Arguments),
    /// 撤回提请（市数字办）
    Withdraw {
        #[command(flatten)]
        pick: Pick,
        /// 撤回原因
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        actor: Actor,
    },
    /// 批准（考核委员）：签署并入账，或只签署成文件，或把签好的文件入账；到法定人数即冻结
    Approve(approve::Arguments),
    /// 冻结：批准已到法定人数而尚未冻结时用，例如公示期刚满
    Freeze {
        #[command(flatten)]
        pick: Pick,
        #[command(flatten)]
        actor: Actor,
    },
    /// 公布已冻结的快照（市数字办）
    Publish {
        #[command(flatten)]
        pick: Pick,
        /// 公布文件
        #[arg(long, value_name = "TEXT")]
        document: String,
        #[command(flatten)]
        actor: Actor,
    },
    /// 看一个快照办到哪一步：批准、清单、公示、申诉、冻结后入账的数
    Status(Pick),
    /// 列出快照
    List,
    /// 从账本重算快照的各表，与冻结的表根、留存的文件核对
    Show(show::Arguments),
    /// 两个快照之间的差异，含名次
    Diff {
        /// 从这个快照
        #[arg(value_name = "HASH_A", value_parser = args::hash)]
        from: EventHash,
        /// 到这个快照
        #[arg(value_name = "HASH_B", value_parser = args::hash)]
        to: EventHash,
    },
    /// 提请重述（市数字办）：按账本现状另出一份，列在已冻结的旁边，原件不动
    Restate {
        #[command(flatten)]
        proposal: propose::Arguments,
        /// 重述原因
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// 重新开启已冻结的快照：先用 --draft 拟稿，委员签署后用 --from 入账；须从最近的一个依次往前
    Reopen(Reopening),
}

#[derive(Debug, Args)]
struct Reopening {
    #[command(flatten)]
    pick: Pick,
    /// 重新开启的原因
    #[arg(long, value_name = "TEXT", required_unless_present = "from")]
    reason: Option<String>,
    /// 只拟稿：写成待签文件
    #[arg(long, value_name = "FILE", required_unless_present = "from")]
    draft: Option<PathBuf>,
    /// 待签文件：照它入账
    #[arg(long, value_name = "FILE", conflicts_with_all = ["reason", "draft"])]
    from: Option<PathBuf>,
    /// 委员签署的批准文件，可以有几个
    #[arg(long = "approval", value_name = "FILE", requires = "from")]
    approvals: Vec<PathBuf>,
    #[command(flatten)]
    actor: Actor,
}

/// Which snapshot is meant.
#[derive(Clone, Debug, Default, Args)]
pub struct Pick {
    /// 快照（提请它的事件哈希，见 snapshot list）；只有一个合适的可不写
    #[arg(value_name = "SNAPSHOT", value_parser = args::hash)]
    snapshot: Option<EventHash>,
    /// 只在这一年里找
    #[arg(long, value_name = "YEAR", value_parser = args::year)]
    year: Option<u16>,
    /// 只找这一段：first-quarter 一季度，half-year 上半年，three-quarters 前三季度，year-end 年终
    #[arg(long, value_name = "WORD", value_parser = args::word::<SnapshotKind>)]
    kind: Option<SnapshotKind>,
    /// 只找这个方案的
    #[arg(long, value_name = "PLAN", value_parser = args::plan)]
    plan: Option<PlanId>,
}

/// The snapshot that is meant: the one named; else the only open one, else the only one in force, among those asked for.
///
/// # Errors
/// When there is none, or it is not clear which.
pub fn pick<'a>(snapshots: &'a Snapshots, pick: &Pick) -> anyhow::Result<&'a Snapshot> {
    if let Some(hash) = pick.snapshot {
        return snapshots.snapshot(&hash).context("账本里没有这个快照，用 snapshot list 查哈希。");
    }
    let wanted = |own: &&Snapshot| {
        let manifest = &own.manifest;
        pick.year.is_none_or(|year| year == manifest.year)
            && pick.kind.is_none_or(|kind| kind == manifest.kind)
            && pick.plan.as_ref().is_none_or(|plan| plan == &manifest.plan)
    };
    let found: Vec<&Snapshot> = snapshots.all().iter().filter(wanted).collect();
    let open: Vec<&Snapshot> = found.iter().copied().filter(|own| own.is_open()).collect();
    let frozen: Vec<&Snapshot> = found.iter().copied().filter(|own| own.is_frozen()).collect();
    match (&open[..], &frozen[..]) {
        ([only], _) | ([], [only]) => Ok(only),
        ([], []) => bail!("没有提请中或已冻结的快照，用 snapshot list 查看。"),
        _ => {
            bail!("合适的快照不止一个，请写明哈希，或用 --year、--kind、--plan 限定；用 snapshot list 查看。")
        }
    }
}

/// Runs one of the commands.
///
/// # Errors
/// Whatever keeps it from an answer. A rejection is an answer.
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    match arguments.action {
        Action::Propose(arguments) => propose::run(arguments, None, ledger),
        Action::Restate { proposal, reason } => propose::run(proposal, Some(reason), ledger),
        Action::Withdraw { pick, reason, actor } => act(ledger, &pick, &actor, |snapshot| {
            SnapshotWithdrawn { reason, snapshot: snapshot.hash }.into()
        }),
        Action::Publish { pick, document, actor } => act(ledger, &pick, &actor, |snapshot| {
            SnapshotPublished { document, snapshot: snapshot.hash }.into()
        }),
        Action::Approve(arguments) => approve::run(arguments, ledger),
        Action::Freeze { pick, actor } => approve::freeze(ledger, &pick, &actor),
        Action::Status(pick) => show::status(&Reader::open(&ledger.directory()?)?, &pick),
        Action::List => Ok(answers::snapshots(Reader::open(&ledger.directory()?)?.model())),
        Action::Show(arguments) => show::run(arguments, ledger),
        Action::Diff { from, to } => show::diff(Reader::open(&ledger.directory()?)?, from, to),
        Action::Reopen(reopening) => reopen(reopening, ledger),
    }
}

/// Records an act of the office on a snapshot.
fn act(
    ledger: &Choice,
    which: &Pick,
    actor: &Actor,
    event: impl FnOnce(&Snapshot) -> Event,
) -> anyhow::Result<Answer> {
    let writer = Writer::open(&ledger.directory()?)?;
    let answer = match acts::retried(&writer, actor)? {
        // Which snapshot was meant may not be the one that a pick finds now.
        Some(answer) => answer,
        None => {
            let proposal = writer.with_model(|model| {
                let snapshot = pick(model.ledger().snapshots(), which)?;
                anyhow::Ok(Proposal::of_administrator(model.ledger().book(), vec![event(snapshot)]))
            })?;
            acts::send(&writer, actor, proposal)?
        }
    };
    writer.close()?;
    Ok(answer)
}

fn reopen(given: Reopening, ledger: &Choice) -> anyhow::Result<Answer> {
    if let Some(path) = &given.from {
        return draft::record_approved(ledger, &given.actor, path, &given.approvals);
    }
    let reader = Reader::open(&ledger.directory()?)?;
    let snapshot = pick(reader.model().ledger().snapshots(), &given.pick)?;
    let drawn_up = SnapshotReopened {
        approvals: Vec::new(),
        reason: given.reason.context("请写 --reason 原因。")?,
        root: reader.model().tree().root(),
        size: reader.model().size(),
        snapshot: snapshot.hash,
    };
    let path = given.draft.context("请写 --draft 待签文件。")?;
    draft::write(&path, &reader.opened()?.origin, &drawn_up.into())
}

/// A day's notice for people.
fn days(starts_on: Date, ends_on: Date) -> String {
    format!("{starts_on} 至 {ends_on}")
}
