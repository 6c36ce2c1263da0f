//! The heat map: areas by rows of the plan, each cell a link to where it comes from.

use std::collections::BTreeMap;

use domain::rational::Rational;
use events::{AreaId, IndicatorId};
use projections::Reading;
use projections::tables::v1::scores::CellRow;
use projections::tables::v1::{Ranking, Scores};
use projections::words;

use crate::links::Links;
use crate::{lights, text};

/// The heat map.
pub struct Heat {
    pub rows: Vec<Row>,
    pub columns: Vec<Column>,
    pub blocks: Vec<Block>,
    pub points: String,
    pub lights: Vec<Legend>,
}

/// A weight block's columns.
pub struct Block {
    pub columns: usize,
    pub points: String,
}

/// An indicator.
pub struct Column {
    pub name: String,
    pub href: String,
}

/// An area.
pub struct Row {
    pub id: String,
    pub area: String,
    pub converted: String,
    pub cells: Vec<Cell>,
}

/// One cell of it.
pub struct Cell {
    pub shade: &'static str,
    pub href: String,
    pub about: String,
    /// Completion, or why there is none.
    pub completion: String,
    /// The share of full points.
    pub share: String,
}

/// What a shade means.
pub struct Legend {
    pub shade: &'static str,
    pub label: String,
}

/// The heat map of a reading: rows of the plan that carry points, areas in the order of the ranking.
pub fn of(reading: &Reading<'_>, scores: &Scores<'_>, ranking: &Ranking<'_>, links: &Links) -> Heat {
    let scored = |id: &IndicatorId| {
        let plan = reading.plan();
        plan.indicator_ix(id).is_some_and(|ix| plan.indicator(ix).defined.block.is_some())
    };
    let mut cells: BTreeMap<&AreaId, Vec<&CellRow<'_>>> = BTreeMap::new();
    for cell in scores.cells.iter().filter(|cell| scored(cell.indicator)) {
        cells.entry(cell.area).or_default().push(cell);
    }
    let rows = ranking.areas.iter().map(|area| Row {
        id: format!("area-{}", area.area),
        area: reading.area_name(area.area).to_owned(),
        converted: area.converted.clone().unwrap_or_else(|| "—".to_owned()),
        cells: cells.get(area.area).into_iter().flatten().map(|cell| shown(reading, cell, links)).collect(),
    });
    let (columns, blocks) = columns(reading, scored, links);
    Heat { rows: rows.collect(), columns, blocks, points: points(reading), lights: legend(reading) }
}

fn points(reading: &Reading<'_>) -> String {
    let points = reading.plan().blocks().iter().map(|block| Rational::from(block.defined.points));
    text::number(&points.fold(Rational::ZERO, |sum, points| &sum + &points))
}

/// Columns in the plan's order, and the weight blocks over them: neighbours that share one have one head.
fn columns(
    reading: &Reading<'_>,
    scored: impl Fn(&IndicatorId) -> bool,
    links: &Links,
) -> (Vec<Column>, Vec<Block>) {
    let plan = reading.plan();
    let known = plan.shape(reading.at().known).indicators;
    let (mut columns, mut blocks, mut last) = (Vec::new(), Vec::<Block>::new(), None);
    for row in
        plan.indicators().iter().take(known).map(|own| &own.defined).filter(|row| scored(&row.indicator))
    {
        columns.push(Column {
            name: reading.indicator_name(&row.indicator),
            href: links.to("/trail", &[("indicator", row.indicator.as_str())]),
        });
        let block = row.block.as_ref();
        match blocks.last_mut() {
            Some(own) if last == block => own.columns += 1,
            _ => {
                let points = block.and_then(|id| plan.block(id)).map(|own| own.defined.points.to_string());
                blocks.push(Block { columns: 1, points: points.unwrap_or_default() });
            }
        }
        last = block;
    }
    (columns, blocks)
}

fn shown(reading: &Reading<'_>, cell: &CellRow<'_>, links: &Links) -> Cell {
    let light = lights::of(reading, cell);
    let completion = cell.completion.as_ref().map(|own| text::per_cent(own, 0));
    let share = cell.share.as_ref().map(|own| text::per_cent(own, 0));
    let why = short_reason(cell.reason);
    let (indicator, area) = (reading.indicator_name(cell.indicator), reading.area_name(cell.area));
    let said =
        light.as_ref().map_or_else(|| words::reason(cell.reason).to_owned(), |light| light.label.clone());
    let per_cent = completion.as_ref().map(|own| format!("，完成率 {own}%")).unwrap_or_default();
    Cell {
        shade: lights::shade(light.as_ref(), cell),
        href: links.to("/cell", &[("indicator", cell.indicator.as_str()), ("area", cell.area.as_str())]),
        about: format!("{area} {indicator}{per_cent}，{said}"),
        completion: completion.unwrap_or_else(|| why.to_owned()),
        share: share.unwrap_or_else(|| why.to_owned()),
    }
}

/// A reason in one character.
fn short_reason(code: &str) -> &'static str {
    match code {
        "missing-figure" => "未",
        "not-yet-set" => "待",
        "void" => "废",
        "not-available" => "无",
        "not-applicable" => "免",
        "withheld" => "密",
        "method" => "✓",
        _ => "·",
    }
}

fn legend(reading: &Reading<'_>) -> Vec<Legend> {
    let lights = &reading.rules().lights;
    let shade = |index| match lights::level(index, lights.len()) {
        "g" => "h4",
        "r" => "h0",
        _ => "h2",
    };
    let shown = lights
        .iter()
        .enumerate()
        .map(|(index, own)| Legend { shade: shade(index), label: own.label.clone() });
    shown.collect()
}
