//! `roll-ups`: declared sums beside the city's own figures.

use projections::tables::v1::RollUps;
use serde_json::json;

use crate::numbers::two_places;
use crate::{Answer, AskError, Asked, Cell, Table};

/// The roll-up table.
///
/// # Errors
/// [`AskError`].
pub fn roll_ups(asked: &Asked<'_>) -> Result<Answer, AskError> {
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
    asked.answer(json!(roll_ups.rows), vec![table], roll_ups.encode())
}
