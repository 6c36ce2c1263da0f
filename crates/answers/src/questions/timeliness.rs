//! `timeliness`: who filed in time, late, or not at all.

use events::{PeriodId, UnitId};
use projections::tables::v1::timeliness::{Timeliness, TimelinessRow};
use projections::words;
use serde_json::json;

use crate::{Answer, AskError, Asked, Cell, Table};

/// Which rows are wanted; all where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct TimelinessFilter {
    /// Of this unit.
    pub unit: Option<UnitId>,
    /// Of this period.
    pub period: Option<PeriodId>,
}

/// The timeliness table; what is shown may be narrowed.
///
/// # Errors
/// [`AskError`].
pub fn timeliness(asked: &Asked<'_>, filter: &TimelinessFilter) -> Result<Answer, AskError> {
    let TimelinessFilter { unit, period } = filter;
    let reading = asked.reading()?;
    let timeliness = Timeliness::of(&reading);
    let wanted = |row: &&TimelinessRow<'_>| {
        unit.as_ref().is_none_or(|own| own == row.unit) && period.as_ref().is_none_or(|own| own == row.period)
    };
    let rows: Vec<&TimelinessRow<'_>> = timeliness.rows.iter().filter(wanted).collect();
    let headings = [
        "报送期",
        "单位",
        "内容",
        "应报",
        "按时",
        "迟报",
        "未报",
        "待报",
        "退回未改",
        "时限（北京时间）",
        "延期",
    ];
    let mut table = Table::new(asked.caption("及时性"), headings);
    for row in &rows {
        let mut cells = vec![
            Cell::from(row.period.to_string()),
            reading.unit_name(row.unit).into(),
            if row.row == "narrative" { "进展" } else { "数据" }.into(),
        ];
        let counts = [row.owed, row.on_time, row.late, row.missing, row.not_yet_due, row.returned];
        cells.extend(counts.map(|count| Cell::Number(count.to_string())));
        cells.push(words::china_time(row.due_at).into());
        cells.push(if row.extended { "是" } else { "" }.into());
        table.row(cells);
    }
    asked.answer(json!(rows), vec![table], timeliness.encode())
}
