//! `figures`: every version of every figure, which one counts, and why the others do not.

use events::{AreaId, IndicatorId, UnitId};
use projections::tables::v1::figures::{FigureRow, Figures};
use projections::words;
use serde_json::json;

use crate::{Answer, AskError, Asked, Cell, Table};

/// Which versions are wanted; those that count where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct FigureFilter {
    /// Of this row.
    pub indicator: Option<IndicatorId>,
    /// Of this area.
    pub area: Option<AreaId>,
    /// Reported by this unit.
    pub unit: Option<UnitId>,
    /// Those that do not count, too.
    pub all: bool,
}

/// The figures. What is shown may be narrowed; token and table root are always those of the whole table.
///
/// # Errors
/// [`AskError`].
pub fn figures(asked: &Asked<'_>, filter: &FigureFilter) -> Result<Answer, AskError> {
    let FigureFilter { indicator, area, unit, all } = filter;
    let reading = asked.reading()?;
    let figures = Figures::of(&reading);
    let wanted = |row: &&FigureRow<'_>| {
        (*all || row.outcome == "counts")
            && indicator.as_ref().is_none_or(|own| own == row.indicator)
            && area.as_ref().is_none_or(|own| own == row.area)
            && unit.as_ref().is_none_or(|own| own == row.unit)
    };
    let rows: Vec<&FigureRow<'_>> = figures.figures.iter().filter(wanted).collect();
    let headings = [
        "指标",
        "地区",
        "数值",
        "截止日",
        "性质",
        "状态",
        "是否计入",
        "报送期",
        "单位",
        "位置",
        "冻结",
        "事件哈希",
    ];
    let late = |row: &FigureRow<'_>| asked.frozen_before(row.as_at, row.position);
    let mut table = Table::new(asked.caption("数值"), headings);
    for row in &rows {
        table.row([
            Cell::from(reading.indicator_name(row.indicator)),
            reading.area_name(row.area).into(),
            Cell::Number(words::value(row.value)),
            row.as_at.to_string().into(),
            words::status(row.status).into(),
            words::life(row.life).into(),
            outcome(row).into(),
            row.period.to_string().into(),
            reading.unit_name(row.unit).into(),
            Cell::Number(row.position.to_string()),
            late(row).map_or("", |_| "冻结后").into(),
            row.hash.to_string().into(),
        ]);
    }
    let after_freezing = rows.iter().filter_map(|row| Some((row.hash, late(row)?)));
    let rows = with_after_freezing(json!(rows), after_freezing);
    asked.answer(rows, vec![table], figures.encode())
}

/// Adds to rows that came too late for a frozen snapshot which one it is (`after_freezing`); others are left as they are.
pub fn with_after_freezing(
    mut rows: serde_json::Value,
    late: impl Iterator<Item = (chain::EventHash, chain::EventHash)>,
) -> serde_json::Value {
    let late: std::collections::BTreeMap<String, chain::EventHash> =
        late.map(|(row, snapshot)| (row.to_string(), snapshot)).collect();
    for row in rows.as_array_mut().into_iter().flatten() {
        let snapshot = row["hash"].as_str().and_then(|hash| late.get(hash));
        if let Some(snapshot) = snapshot {
            row["after_freezing"] = json!(snapshot);
        }
    }
    rows
}

/// Whether a version counts, with what counts instead.
pub fn outcome(row: &FigureRow<'_>) -> String {
    let word = words::outcome(row.outcome);
    match (row.outcome_by, row.outcome_day) {
        (Some(by), _) => format!("{word} {}", &by.to_string()[..8]),
        (None, Some(day)) => format!("{word} {day}"),
        (None, None) => word.to_owned(),
    }
}
