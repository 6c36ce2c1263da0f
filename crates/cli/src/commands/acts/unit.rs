//! `unit`: who can record and be recorded about.

use clap::{Args, Subcommand};
use events::{UnitId, UnitKind, UnitRegistered};

use super::{Actor, Proposal, record};
use crate::args;
use crate::ledger::Reader;
use crate::ledger_dir::Choice;
use crate::output::Answer;

/// 单位
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// 登记单位，或更换它的名称（市数字办）
    Register {
        /// 单位代码
        #[arg(value_name = "UNIT", value_parser = args::unit)]
        registered: UnitId,
        /// 单位全称
        #[arg(long, value_name = "TEXT")]
        name: String,
        /// 类别：bureau 市直单位，area-government 地区政府或管委会，digital-office 数字办，audit 审计，assessment-committee 考核委员会，leadership 领导
        #[arg(long, value_name = "WORD", value_parser = args::word::<UnitKind>)]
        kind: UnitKind,
        /// 别名，可以有几个
        #[arg(long = "alias", value_name = "TEXT")]
        aliases: Vec<String>,
        #[command(flatten)]
        actor: Actor,
    },
    /// 列出单位
    List,
}

/// Registers or lists units.
///
/// # Errors
/// As [`record`].
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    match arguments.action {
        Action::Register { registered, name, kind, aliases, actor } => {
            let event = UnitRegistered { aliases, kind, name, registered }.into();
            record(ledger, &actor, |book| Ok(Proposal::of_administrator(book, vec![event])))
        }
        Action::List => list(ledger),
    }
}

fn list(ledger: &Choice) -> anyhow::Result<Answer> {
    Ok(answers::units(Reader::open(&ledger.directory()?)?.model()))
}
