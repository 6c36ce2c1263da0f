//! `figure`: what happens to a figure after it was reported.

use std::path::PathBuf;

use anyhow::Context as _;
use chain::EventHash;
use clap::{Args, Subcommand};
use domain::book::{Book, Figure};
use events::{
    CorrectionReason, Duty, Event, FigureApproved, FigureCorrected, FigureReturned, FigureStatus,
    FigureVerified, FigureWithdrawn, UnitId, Value,
};

use super::{Actor, Proposal, record};
use crate::args;
use crate::ledger_dir::Choice;
use crate::output::Answer;

/// 数值的退回、复核、审定、撤回、更正
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// 退回，请填报单位更正（归口部门）
    Return {
        #[command(flatten)]
        figures: Figures,
        /// 哪里不对、希望怎样
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        actor: Actor,
    },
    /// 复核通过（归口部门）
    Verify {
        #[command(flatten)]
        figures: Figures,
        /// 核对了什么
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        #[command(flatten)]
        actor: Actor,
    },
    /// 审定（市数字办）
    Approve {
        #[command(flatten)]
        figures: Figures,
        #[command(flatten)]
        actor: Actor,
    },
    /// 撤回（填报单位）
    Withdraw {
        #[command(flatten)]
        figures: Figures,
        /// 撤回原因
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        actor: Actor,
    },
    /// 更正（填报单位）：原数留在账上
    Correct(Correction),
}

#[derive(Debug, Args)]
struct Figures {
    /// 数值的事件哈希，可以有几个；从 figures、trail 或回执复制
    #[arg(required = true, value_name = "HASH", value_parser = args::hash)]
    hashes: Vec<EventHash>,
}

#[derive(Debug, Args)]
struct Correction {
    /// 要更正的数值的事件哈希
    #[arg(value_name = "HASH", value_parser = args::hash)]
    corrects: EventHash,
    /// 新的数：十进制数，或 暂无、不适用、不予公布
    #[arg(long, value_name = "VALUE", value_parser = args::value, allow_hyphen_values = true)]
    value: Value,
    /// 原因：misreported 错报，data-revised 数据修订，definition-changed 口径调整，supplied-later 补报，other 其他
    #[arg(long, value_name = "CODE", value_parser = args::word::<CorrectionReason>)]
    reason_code: CorrectionReason,
    /// 实质性更正：按更正时间计算是否迟报
    #[arg(long)]
    material: bool,
    /// 确认对新数的提醒，写明原因；原因会入账
    #[arg(long, value_name = "TEXT")]
    confirm: Option<String>,
    /// 说明
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// 数据性质：preliminary 快报，provisional 初步，final 最终，estimated 估计；不写则与原数相同
    #[arg(long, value_name = "WORD", value_parser = args::word::<FigureStatus>)]
    status: Option<FigureStatus>,
    /// 佐证文件，只记它的哈希，可以有几个
    #[arg(long, value_name = "FILE")]
    evidence: Vec<PathBuf>,
    #[command(flatten)]
    actor: Actor,
}

/// Acts on figures.
///
/// # Errors
/// As [`record`].
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    match arguments.action {
        Action::Return { figures, reason, actor } => {
            let act = |figure| FigureReturned { figure, reason: reason.clone() }.into();
            record(ledger, &actor, |book| of_verifier(book, &figures.hashes, act))
        }
        Action::Verify { figures, note, actor } => {
            let act = |figure| FigureVerified { figure, note: note.clone() }.into();
            record(ledger, &actor, |book| of_verifier(book, &figures.hashes, act))
        }
        Action::Approve { figures, actor } => record(ledger, &actor, |book| {
            let events = figures.hashes.iter().map(|figure| FigureApproved { figure: *figure }.into());
            Ok(Proposal::of_administrator(book, events.collect()))
        }),
        Action::Withdraw { figures, reason, actor } => record(ledger, &actor, |book| {
            let act = |figure: &EventHash| FigureWithdrawn { figure: *figure, reason: reason.clone() }.into();
            let unit =
                figures.hashes.first().and_then(|hash| figure(book, hash)).map(|figure| figure.unit.clone());
            Ok(Proposal { unit, events: figures.hashes.iter().map(act).collect(), confirming: None })
        }),
        Action::Correct(correction) => {
            let actor = correction.actor.clone();
            record(ledger, &actor, |book| correct(book, correction))
        }
    }
}

fn correct(book: &Book, given: Correction) -> anyhow::Result<Proposal> {
    let before = figure(book, &given.corrects);
    let before = before.with_context(|| {
        format!("账本里没有哈希为 {} 的数值。请从 figures 或 trail 复制。", given.corrects)
    })?;
    let evidence = given.evidence.iter().map(|path| Ok(chain::hash::content_hash(&args::read_file(path)?)));
    let corrected = FigureCorrected {
        corrects: given.corrects,
        evidence: evidence.collect::<anyhow::Result<_>>()?,
        material: given.material,
        note: given.note,
        reason: given.reason_code,
        status: given.status.unwrap_or(before.status),
        value: given.value,
    };
    let confirming = given.confirm.map(|reason| intake::Confirming { period: before.period.clone(), reason });
    Ok(Proposal { unit: Some(before.unit.clone()), events: vec![corrected.into()], confirming })
}

fn figure<'a>(book: &'a Book, hash: &EventHash) -> Option<&'a Figure> {
    book.figure_ix(hash).map(|ix| book.figure(ix))
}

/// Acts in the name of the one unit that verifies all these figures; where several do, the actor says which.
fn of_verifier(
    book: &Book,
    figures: &[EventHash],
    act: impl Fn(EventHash) -> Event,
) -> anyhow::Result<Proposal> {
    let verifiers = |hash: &EventHash| -> Vec<UnitId> {
        let Some(ix) = book.figure_ix(hash) else { return Vec::new() };
        book.registry().holders(Duty::Verifies, ix.cell, u64::MAX).cloned().collect()
    };
    let mut common = figures.first().map(verifiers).unwrap_or_default();
    figures.iter().for_each(|figure| common.retain(|unit| verifiers(figure).contains(unit)));
    common.dedup();
    let unit = if common.len() == 1 { common.pop() } else { None };
    Ok(Proposal { unit, events: figures.iter().map(|figure| act(*figure)).collect(), confirming: None })
}
