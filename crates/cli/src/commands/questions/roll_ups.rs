//! `roll-ups`: declared sums beside the city's own figures.

use clap::Args;
use projections::tables::v1::RollUps;
use serde_json::json;

use super::{Asked, Axes, two_places};
use crate::ledger_dir::Choice;
use crate::output::{Answer, Cell, Table};

/// 汇总核对
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    axes: Axes,
}

/// The roll-up table.
///
/// # Errors
/// As [`Asked::new`].
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let asked = Asked::new(ledger, arguments.axes)?;
    let reading = asked.reading()?;
    let roll_ups = RollUps::of(&reading);
    let mut table =
        Table::new(asked.caption("汇总核对"), ["指标", "全市报数", "各地区汇总", "差额", "缺数地区"]);
    for row in &roll_ups.rows {
        let missing: Vec<&str> = row.missing.iter().map(|area| reading.area_name(area)).collect();
        table.row([
            Cell::from(reading.indicator_name(row.indicator)),
            Cell::number_or_dash(row.reported),
            Cell::number_or_dash(row.rolled_up.as_ref().map(two_places)),
            Cell::number_or_dash(row.gap.as_ref().map(two_places)),
            missing.join("、").into(),
        ]);
    }
    asked.answer(json!(roll_ups.rows), vec![table], &roll_ups.encode())
}
