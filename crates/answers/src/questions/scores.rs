//! `scores` and `ranking`: points of every block and area, and who is where.

use events::BlockId;
use projections::tables::v1::{Ranking, Scores, ranking::RankRow, scores::AreaRow};
use projections::{Reading, words};
use serde_json::json;

use crate::numbers::{per_cent, two_places};
use crate::{Answer, AskError, Asked, Cell, Table};

/// The score table; each cell is a row for people only where asked for, and always there for programs.
///
/// # Errors
/// [`AskError`].
pub fn scores(asked: &Asked<'_>, with_cells: bool) -> Result<Answer, AskError> {
    let reading = asked.reading()?;
    let scores = Scores::of(&reading);
    let mut shown = vec![areas(asked, &reading, &scores.areas), blocks(asked, &reading, &scores)];
    if with_cells {
        shown.push(cells(asked, &reading, &scores));
    }
    let rows = json!({ "cells": scores.cells, "blocks": scores.blocks, "areas": scores.areas });
    asked.answer(rows, shown, scores.encode())
}

/// The ranking.
///
/// # Errors
/// [`AskError`].
pub fn ranking(asked: &Asked<'_>) -> Result<Answer, AskError> {
    let reading = asked.reading()?;
    let ranking = Ranking::of(&reading);
    let shown = vec![ranks(asked, &reading, &ranking.areas)];
    asked.answer(json!(ranking.areas), shown, ranking.encode())
}

/// The ranking as a table for people; the first run shows it too.
pub fn ranks(asked: &Asked<'_>, reading: &Reading<'_>, rows: &[RankRow<'_>]) -> Table {
    let mut headings: Vec<String> =
        ["组别", "名次", "地区", "总分", "折算分", "得分", "可考核分", "加分", "扣分"]
            .map(str::to_owned)
            .into();
    headings.extend(reading.rules().lights.iter().map(|light| light.label.clone()));
    let mut table = Table::new(asked.caption("排名"), headings);
    for row in rows {
        let place = row.place.map(|place| format!("{place}{}", if row.tied { "（并列）" } else { "" }));
        let vetoed = row.vetoed.map(|_| "一票否决".to_owned());
        let mut cells = vec![
            Cell::from(row.class.unwrap_or("不排名")),
            place.or(vetoed).unwrap_or_else(|| "—".to_owned()).into(),
            reading.area_name(row.area).into(),
            Cell::number_or_dash(row.total.as_ref()),
            Cell::number_or_dash(row.converted.as_ref()),
        ];
        let points = [&row.awarded, &row.assessed, &row.bonus, &row.deducted];
        cells.extend(points.map(|points| Cell::Number(points.clone())));
        cells.extend(row.lights.iter().map(|light| Cell::Number(light.cells.to_string())));
        table.row(cells);
    }
    table
}

fn areas(asked: &Asked<'_>, reading: &Reading<'_>, rows: &[AreaRow<'_>]) -> Table {
    let headings = ["地区", "总分", "折算分", "得分", "可考核分", "加分", "扣分", "一票否决"];
    let mut table = Table::new(asked.caption("成绩表"), headings);
    for row in rows {
        table.row([
            Cell::from(reading.area_name(row.area)),
            Cell::number_or_dash(row.total.as_ref()),
            Cell::number_or_dash(row.converted.as_ref()),
            Cell::Number(row.awarded.clone()),
            Cell::Number(row.assessed.clone()),
            Cell::Number(row.bonus.clone()),
            Cell::Number(row.deducted.clone()),
            row.vetoed.map_or("", |_| "是").into(),
        ]);
    }
    table
}

/// Points by block and area; the points of a block in its own column, a dash where none of its rows is assessed.
fn blocks(asked: &Asked<'_>, reading: &Reading<'_>, scores: &Scores<'_>) -> Table {
    let mut headings = vec!["权重块".to_owned(), "分值".to_owned()];
    headings.extend(scores.areas.iter().map(|area| reading.area_name(area.area).to_owned()));
    let mut table = Table::new(asked.caption("各项得分"), headings);
    for block in reading.plan().blocks() {
        let mut cells = vec![Cell::from(block_name(reading, &block.defined.block))];
        cells.push(Cell::Number(block.defined.points.to_string()));
        for area in &scores.areas {
            let own =
                scores.blocks.iter().find(|row| row.block == &block.defined.block && row.area == area.area);
            cells.push(Cell::number_or_dash(own.filter(|row| row.share.is_some()).map(|row| &row.points)));
        }
        table.row(cells);
    }
    table
}

/// A block's name: its row's, or the group's where several rows share it.
#[must_use]
pub fn block_name(reading: &Reading<'_>, block: &BlockId) -> String {
    let rows = reading.plan().block(block).map(|own| own.defined.indicators.as_slice()).unwrap_or_default();
    let plan = reading.plan();
    let defined = |row: &events::IndicatorId| plan.indicator_ix(row).map(|ix| &plan.indicator(ix).defined);
    match rows {
        [] => block.to_string(),
        [only] => reading.indicator_name(only),
        [first, ..] => {
            let group = defined(first).map(|row| row.group.as_str()).unwrap_or_default();
            if rows.iter().all(|row| defined(row).is_some_and(|own| own.group == group)) {
                return format!("{group}（{} 项）", rows.len());
            }
            rows.iter().map(|row| reading.indicator_name(row)).collect::<Vec<_>>().join("；")
        }
    }
}

fn cells(asked: &Asked<'_>, reading: &Reading<'_>, scores: &Scores<'_>) -> Table {
    let headings =
        ["指标", "地区", "数值", "截止日", "应达到", "完成率%", "得分率%", "灯", "依据", "数值的事件哈希"];
    let mut table = Table::new(asked.caption("逐格"), headings);
    for cell in &scores.cells {
        let light =
            cell.light.and_then(|code| reading.rules().lights.iter().find(|light| light.code == code));
        table.row([
            Cell::from(reading.indicator_name(cell.indicator)),
            reading.area_name(cell.area).into(),
            Cell::number_or_dash(cell.value.as_ref()),
            cell.as_at.map(|day| day.to_string()).unwrap_or_default().into(),
            Cell::number_or_dash(cell.due.as_ref().map(two_places)),
            Cell::number_or_dash(cell.completion.as_ref().map(per_cent)),
            Cell::number_or_dash(cell.share.as_ref().map(per_cent)),
            light.map_or("", |light| light.label.as_str()).into(),
            words::reason(cell.reason).into(),
            cell.figure.map(|hash| hash.to_string()).unwrap_or_default().into(),
        ]);
    }
    table
}
