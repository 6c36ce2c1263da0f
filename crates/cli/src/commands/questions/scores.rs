//! `scores` and `ranking`: points of every block and area, and who is where.

use clap::Args;

use super::Axes;
use crate::ledger_dir::Choice;
use crate::output::Answer;

/// 成绩表
#[derive(Debug, Args)]
pub struct ScoresArguments {
    #[command(flatten)]
    axes: Axes,
    /// 同时列出每一格（指标×地区）的目标、数值和完成率
    #[arg(long)]
    cells: bool,
}

/// 排名
#[derive(Debug, Args)]
pub struct RankingArguments {
    #[command(flatten)]
    axes: Axes,
}

/// The score table.
///
/// # Errors
/// As [`Axes::ask`].
pub fn scores(arguments: ScoresArguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let ScoresArguments { axes, cells } = arguments;
    axes.ask(ledger, |asked| answers::scores(asked, cells))
}

/// The ranking.
///
/// # Errors
/// As [`Axes::ask`].
pub fn ranking(arguments: RankingArguments, ledger: &Choice) -> anyhow::Result<Answer> {
    arguments.axes.ask(ledger, answers::ranking)
}
