//! `trail`: everything that happened to a cell, a unit, a period or a submission, line by line.

use anyhow::bail;
use clap::Args;
use events::{IndicatorId, PeriodId, UnitId};
use projections::tables::v1::trail::Subject;
use uuid::Uuid;

use super::Axes;
use crate::args;
use crate::ledger_dir::Choice;
use crate::output::Answer;

/// 审计轨迹
#[derive(Debug, Args)]
pub struct Arguments {
    /// 一格：指标代码和地区代码
    #[arg(long, num_args = 2, value_names = ["INDICATOR", "AREA"], group = "subject")]
    cell: Option<Vec<String>>,
    /// 一个指标
    #[arg(long, value_name = "INDICATOR", value_parser = args::indicator, group = "subject")]
    indicator: Option<IndicatorId>,
    /// 一个单位
    #[arg(long, value_name = "UNIT", value_parser = args::unit, group = "subject")]
    unit: Option<UnitId>,
    /// 一次报送
    #[arg(long, value_name = "UUID", value_parser = args::submission, group = "subject")]
    submission: Option<Uuid>,
    /// 一个报送期
    #[arg(long, value_name = "PERIOD", value_parser = args::period, group = "subject")]
    period: Option<PeriodId>,
    #[command(flatten)]
    axes: Axes,
}

/// The trail.
///
/// # Errors
/// As [`Axes::ask`]; also when nothing is named whose trail it is.
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let subject = subject(&arguments)?;
    arguments.axes.ask(ledger, |asked| answers::trail(asked, subject))
}

fn subject(arguments: &Arguments) -> anyhow::Result<Subject> {
    let Arguments { cell, indicator, unit, submission, period, .. } = arguments;
    Ok(match (cell.as_deref(), indicator, unit, submission, period) {
        (Some([indicator, area]), ..) => {
            Subject::Cell { indicator: id(indicator, args::indicator)?, area: id(area, args::area)? }
        }
        (_, Some(indicator), ..) => Subject::Indicator(indicator.clone()),
        (_, _, Some(unit), ..) => Subject::Unit(unit.clone()),
        (_, _, _, Some(submission), _) => Subject::Submission(*submission),
        (_, _, _, _, Some(period)) => Subject::Period(period.clone()),
        _ => bail!("要写明看谁的轨迹：--cell 指标 地区、--indicator、--unit、--submission 或 --period。"),
    })
}

fn id<T>(text: &str, read: impl FnOnce(&str) -> Result<T, String>) -> anyhow::Result<T> {
    read(text).map_err(anyhow::Error::msg)
}
