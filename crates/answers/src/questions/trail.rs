//! `trail`: everything that happened to a cell, a unit, a period or a submission, line by line.

use projections::tables::v1::trail::{Subject, Trail, TrailRow};
use projections::words;
use serde_json::json;

use super::figures::with_after_freezing;
use crate::{Answer, AskError, Asked, Cell, Table};

/// The trail.
///
/// # Errors
/// [`AskError`].
pub fn trail(asked: &Asked<'_>, subject: Subject) -> Result<Answer, AskError> {
    let reading = asked.reading()?;
    let mut trail = Trail::new(&reading, subject);
    asked.reader().each_line(reading.at().known, |line| trail.take(line))?;
    let headings =
        ["位置", "记录时间（北京时间）", "事件", "单位", "账号", "所及事件", "内容", "冻结", "事件哈希"];
    let late = |row: &TrailRow| {
        let figure = [Some(row.hash), row.acts_on].into_iter().flatten();
        let figure = figure.filter_map(|hash| reading.book().figure_ix(&hash)).next();
        asked.frozen_before(reading.book().figure(figure?).as_at, row.position)
    };
    let mut table = Table::new(asked.caption("审计轨迹"), headings);
    for row in trail.rows() {
        table.row([
            Cell::Number(row.position.to_string()),
            words::china_time(row.at).into(),
            row.kind.into(),
            reading.book().registry().unit_name(&row.unit).into(),
            row.by.to_string().into(),
            row.acts_on.map(|hash| hash.to_string()[..8].to_owned()).unwrap_or_default().into(),
            brief(&row.data).into(),
            late(row).map_or("", |_| "冻结后").into(),
            row.hash.to_string().into(),
        ]);
    }
    let after_freezing = trail.rows().iter().filter_map(|row| Some((row.hash, late(row)?)));
    let rows = with_after_freezing(json!(trail.rows()), after_freezing);
    asked.answer(rows, vec![table], trail.encode())
}

/// A line's data in short: what a person looks for first, the rest is in `--json`.
fn brief(data: &serde_json::Value) -> String {
    const TOLD: [&str; 9] =
        ["value", "raw", "as_at", "reason", "note", "document", "quantity", "due_at", "title"];
    let told = TOLD.iter().filter_map(|name| {
        let text = data.get(name)?;
        let text = text.as_str().map_or_else(|| text.to_string(), str::to_owned);
        Some(format!("{name}={}", text.chars().take(24).collect::<String>()))
    });
    told.collect::<Vec<_>>().join(" ")
}
