//! `timeliness`: who filed in time, late, or not at all.

use answers::TimelinessFilter;
use clap::Args;
use events::{PeriodId, UnitId};

use super::Axes;
use crate::args;
use crate::ledger_dir::Choice;
use crate::output::Answer;

/// 报送及时性
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    axes: Axes,
    /// 只看这个单位
    #[arg(long, value_name = "UNIT", value_parser = args::unit)]
    unit: Option<UnitId>,
    /// 只看这个报送期
    #[arg(long, value_name = "PERIOD", value_parser = args::period)]
    period: Option<PeriodId>,
}

/// The timeliness table; what is shown may be narrowed.
///
/// # Errors
/// As [`Axes::ask`].
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let Arguments { axes, unit, period } = arguments;
    axes.ask(ledger, |asked| answers::timeliness(asked, &TimelinessFilter { unit, period }))
}
