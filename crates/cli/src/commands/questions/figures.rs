//! `figures`: every version of every figure, which one counts, and why the others do not.

use answers::FigureFilter;
use clap::Args;
use events::{AreaId, IndicatorId, UnitId};

use super::Axes;
use crate::args;
use crate::ledger_dir::Choice;
use crate::output::Answer;

/// 数值
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    axes: Axes,
    /// 只看这个指标
    #[arg(long, value_name = "INDICATOR", value_parser = args::indicator)]
    indicator: Option<IndicatorId>,
    /// 只看这个地区
    #[arg(long, value_name = "AREA", value_parser = args::area)]
    area: Option<AreaId>,
    /// 只看这个单位报的
    #[arg(long, value_name = "UNIT", value_parser = args::unit)]
    unit: Option<UnitId>,
    /// 连不计入的版本一起列出
    #[arg(long)]
    all: bool,
}

/// The figures. What is shown may be narrowed; token and table root are always those of the whole table.
///
/// # Errors
/// As [`Axes::ask`].
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let Arguments { axes, indicator, area, unit, all } = arguments;
    let filter = FigureFilter { indicator, area, unit, all };
    axes.ask(ledger, |asked| answers::figures(asked, &filter))
}
