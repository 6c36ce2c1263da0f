//! `diff`: two tokens of one ledger, and what moved the points between them.

use clap::Args;
use events::PlanId;
use projections::Token;

use super::of_ask;
use crate::args;
use crate::ledger::Reader;
use crate::ledger_dir::Choice;
use crate::output::Answer;

/// 两个可复算标识之间的差异
#[derive(Debug, Args)]
pub struct Arguments {
    /// 从这个标识
    #[arg(value_name = "TOKEN_A", value_parser = args::token)]
    from: Token,
    /// 到这个标识
    #[arg(value_name = "TOKEN_B", value_parser = args::token)]
    to: Token,
    /// 方案代码；账本里只有一个方案时可不写
    #[arg(long, value_name = "PLAN", value_parser = args::plan)]
    plan: Option<PlanId>,
}

/// Splits the difference into data, target and rule effect.
///
/// # Errors
/// When a token is not of this ledger.
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let Arguments { from, to, plan } = arguments;
    let reader = Reader::open(&ledger.directory()?)?;
    answers::between(reader.axes(), from, to, plan).map_err(of_ask)
}
