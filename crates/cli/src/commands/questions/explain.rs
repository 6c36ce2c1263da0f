//! `explain`: why a cell has its points, down to event hashes.

use clap::Args;
use events::{AreaId, IndicatorId};

use super::Axes;
use crate::args;
use crate::ledger_dir::Choice;
use crate::output::Answer;

/// 一格得分的来龙去脉
#[derive(Debug, Args)]
pub struct Arguments {
    /// 指标代码
    #[arg(value_name = "INDICATOR", value_parser = args::indicator)]
    indicator: IndicatorId,
    /// 地区代码
    #[arg(value_name = "AREA", value_parser = args::area)]
    area: AreaId,
    #[command(flatten)]
    axes: Axes,
}

/// Explains a cell.
///
/// # Errors
/// As [`Axes::ask`]; also when the plan has no such cell.
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let Arguments { indicator, area, axes } = arguments;
    axes.refuse_canonical()?;
    axes.ask(ledger, |asked| answers::explain(asked, &indicator, &area))
}
