//! `objection`: objections to a proposed snapshot (申诉), and what was decided.

use chain::EventHash;
use clap::{Args, Subcommand};
use events::{AreaId, IndicatorId, ObjectionDecided, ObjectionFiled, ObjectionOutcome};

use super::acts::{self, Actor, Proposal, record};
use super::snapshot::{Pick, pick};
use crate::args;
use crate::ledger::{Reader, Writer};
use crate::ledger_dir::Choice;
use crate::output::Answer;

/// 申诉
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// 对提请中的快照提出申诉；有公示期的，在公示期内提出
    File {
        #[command(flatten)]
        pick: Pick,
        /// 申诉理由
        #[arg(long, value_name = "TEXT")]
        grounds: String,
        /// 所涉地区
        #[arg(long, value_name = "AREA", value_parser = args::area)]
        area: Option<AreaId>,
        /// 所涉指标
        #[arg(long, value_name = "INDICATOR", value_parser = args::indicator)]
        indicator: Option<IndicatorId>,
        #[command(flatten)]
        actor: Actor,
    },
    /// 对申诉作出决定（考核委员会、市数字办）
    Decide {
        /// 申诉的事件哈希，见 objection list
        #[arg(value_name = "HASH", value_parser = args::hash)]
        objection: EventHash,
        /// 决定：upheld 成立，dismissed 不成立
        #[arg(long, value_name = "WORD", value_parser = args::word::<ObjectionOutcome>)]
        outcome: ObjectionOutcome,
        /// 决定理由
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        actor: Actor,
    },
    /// 列出申诉
    List,
}

/// Files, decides or lists objections.
///
/// # Errors
/// As [`record`].
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    match arguments.action {
        Action::File { pick: which, grounds, area, indicator, actor } => {
            let writer = Writer::open(&ledger.directory()?)?;
            let (snapshot, plan) = writer.with_model(|model| {
                let found = pick(model.ledger().snapshots(), &which)?;
                anyhow::Ok((found.hash, found.manifest.plan.clone()))
            })?;
            let event = ObjectionFiled { area, grounds, indicator, plan, snapshot }.into();
            let proposal = Proposal { unit: None, events: vec![event], confirming: None };
            let answer = acts::send(&writer, &actor, proposal)?;
            writer.close()?;
            Ok(answer)
        }
        Action::Decide { objection, outcome, reason, actor } => record(ledger, &actor, |book| {
            let event = ObjectionDecided { objection, outcome, reason }.into();
            Ok(Proposal::of_administrator(book, vec![event]))
        }),
        Action::List => Ok(answers::objections(Reader::open(&ledger.directory()?)?.model())),
    }
}
