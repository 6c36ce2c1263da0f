//! `committee`: who freezes and reopens snapshots, with which keys, and how many it takes.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use domain::ledger::snapshots::Snapshots;
use events::{CommitteeAppointed, CommitteeKeyRevoked, CommitteeMember, Event, PlanId};
use serde_json::json;

use super::acts::{self, Actor, Proposal, record};
use super::snapshot::draft;
use crate::args;
use crate::ledger::{Reader, Writer};
use crate::ledger_dir::Choice;
use crate::output::{Answer, Table};

/// 考核委员会
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// 任命委员会（市数字办）；换届须经上一届法定人数批准：先用 --draft 拟稿，委员签署后用 --from 入账
    Appoint(Appointment),
    /// 停用一名委员的密钥（市数字办）
    Revoke {
        /// 验证密钥，见 committee show
        #[arg(value_name = "VKEY")]
        vkey: String,
        /// 停用原因
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// 方案代码；账本里只有一个方案时可不写
        #[arg(long, value_name = "PLAN", value_parser = args::plan)]
        plan: Option<PlanId>,
        #[command(flatten)]
        actor: Actor,
    },
    /// 列出委员、密钥和法定人数
    Show,
}

#[derive(Debug, Args)]
struct Appointment {
    /// 一名委员，写成 账号:单位代码:验证密钥，可以有几个
    #[arg(long = "member", value_name = "MEMBER", value_parser = member, required_unless_present = "from")]
    members: Vec<CommitteeMember>,
    /// 法定人数：至少几名委员批准
    #[arg(long, value_name = "NUMBER", value_parser = args::count, required_unless_present = "from")]
    quorum: Option<u32>,
    /// 任命文件
    #[arg(long, value_name = "TEXT", required_unless_present = "from")]
    document: Option<String>,
    /// 方案代码；账本里只有一个方案时可不写
    #[arg(long, value_name = "PLAN", value_parser = args::plan)]
    plan: Option<PlanId>,
    /// 只拟稿：写成待签文件，交上一届委员签署
    #[arg(long, value_name = "FILE")]
    draft: Option<PathBuf>,
    /// 待签文件：照它入账
    #[arg(long, value_name = "FILE", conflicts_with_all = ["members", "quorum", "document", "draft"])]
    from: Option<PathBuf>,
    /// 委员签署的批准文件，可以有几个
    #[arg(long = "approval", value_name = "FILE", requires = "from")]
    approvals: Vec<PathBuf>,
    #[command(flatten)]
    actor: Actor,
}

/// Reads `account:unit:vkey`.
fn member(text: &str) -> Result<CommitteeMember, String> {
    let parts: Vec<&str> = text.splitn(3, ':').collect();
    let [account, unit, key] = parts[..] else {
        return Err("委员要写成 账号:单位代码:验证密钥".to_owned());
    };
    Ok(CommitteeMember { key: key.to_owned(), member: args::account(account)?, unit: args::unit(unit)? })
}

/// Appoints, revokes a key of, or shows a committee.
///
/// # Errors
/// As [`record`].
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    match arguments.action {
        Action::Appoint(appointment) => appoint(appointment, ledger),
        Action::Revoke { vkey, reason, plan, actor } => record(ledger, &actor, |book| {
            let plan = acts::plan(book, plan)?;
            let event = CommitteeKeyRevoked { key: vkey, plan, reason }.into();
            Ok(Proposal::of_administrator(book, vec![event]))
        }),
        Action::Show => show(&Reader::open(&ledger.directory()?)?),
    }
}

fn appoint(given: Appointment, ledger: &Choice) -> anyhow::Result<Answer> {
    if let Some(path) = &given.from {
        return draft::record_approved(ledger, &given.actor, path, &given.approvals);
    }
    if let Some(path) = given.draft.clone() {
        let reader = Reader::open(&ledger.directory()?)?;
        let plan = acts::plan(reader.book(), given.plan.clone())?;
        let (size, root) = (reader.model().size(), reader.model().tree().root());
        return draft::write(&path, &reader.opened()?.origin, &drawn_up(given, plan, size, root)?);
    }
    let writer = Writer::open(&ledger.directory()?)?;
    let answer = appoint_in(&writer, given)?;
    writer.close()?;
    Ok(answer)
}

fn appoint_in(writer: &Writer, given: Appointment) -> anyhow::Result<Answer> {
    let actor = given.actor.clone();
    if let Some(answer) = acts::retried(writer, &actor)? {
        return Ok(answer);
    }
    let plan = writer.with_book(|book| acts::plan(book, given.plan.clone()))?;
    let (size, root) = writer.with_model(|model| (model.size(), model.tree().root()));
    let event = drawn_up(given, plan, size, root)?;
    let proposal = writer.with_book(|book| Proposal::of_administrator(book, vec![event]));
    acts::send(writer, &actor, proposal)
}

fn drawn_up(given: Appointment, plan: PlanId, size: u64, root: chain::TreeHash) -> anyhow::Result<Event> {
    let quorum = given.quorum.context("请写 --quorum 法定人数。")?;
    let appointed = CommitteeAppointed {
        approvals: Vec::new(),
        document: given.document.context("请写 --document 任命文件。")?,
        members: given.members,
        plan,
        quorum: u16::try_from(quorum).context("法定人数太大。")?,
        root,
        size,
    };
    Ok(appointed.into())
}

fn show(reader: &Reader) -> anyhow::Result<Answer> {
    let snapshots: &Snapshots = reader.model().ledger().snapshots();
    let mut answer = Answer::new(json!({
        "committees": snapshots.committees().map(|(plan, committee)| json!({
            "plan": plan,
            "quorum": committee.quorum(),
            "members": committee.members().iter().map(|own| json!({
                "member": own.member, "unit": own.unit, "key": own.key,
                "revoked_at_position": committee.revoked_at(&own.key),
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    }));
    for (plan, committee) in snapshots.committees() {
        let mut table = Table::new(format!("考核委员会（{plan}）"), ["委员", "单位", "状态", "验证密钥"]);
        for own in committee.members() {
            let revoked = committee.revoked_at(&own.key);
            table.row([
                own.member.to_string(),
                reader.book().registry().unit_name(&own.unit).to_owned(),
                revoked.map_or_else(|| "有效".to_owned(), |position| format!("已停用（#{position}）")),
                own.key.clone(),
            ]);
        }
        let (quorum, members) = (committee.quorum(), committee.members().len());
        answer = answer.table(table.note(format!("法定人数 {quorum}，委员 {members} 名。")));
    }
    if snapshots.committees().next().is_none() {
        answer = answer.text("还没有考核委员会。用 committee appoint 任命。");
    }
    Ok(reader.marked(answer))
}
