//! `roll-ups`: declared sums beside the city's own figures.

use clap::Args;

use super::Axes;
use crate::ledger_dir::Choice;
use crate::output::Answer;

/// 汇总核对
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    axes: Axes,
}

/// The roll-up table.
///
/// # Errors
/// As [`Axes::ask`].
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    arguments.axes.ask(ledger, answers::roll_ups)
}
