//! `diff`: two tokens of one ledger, and what moved the points between them.

use events::PlanId;
use projections::Token;
use projections::diff::{Change, Difference};
use serde_json::json;

use super::scores;
use crate::asked::marked;
use crate::numbers::two_places;
use crate::{Answer, AskError, Asked, Axes, Cell, Table};

/// Splits the difference between two tokens of a ledger into data, target and rule effect.
///
/// # Errors
/// When a token is not of this ledger.
pub fn between(
    reader: app::Reader<'_>,
    from: Token,
    to: Token,
    plan: Option<PlanId>,
) -> Result<Answer, AskError> {
    let from = Asked::new(reader, Axes::at(from, plan.clone()))?;
    let to = Asked::new(reader, Axes::at(to, plan))?;
    let readings = (from.reading()?, to.reading()?);
    let difference = projections::diff(&readings.0, &readings.1)?;
    let names = |block: &events::BlockId| scores::block_name(&readings.0, block);
    let headings = ["之前", "之后", "差", "数据影响", "目标影响", "规则影响"];
    let shown = [
        areas(&difference, |area| readings.0.area_name(area).to_owned(), headings),
        blocks(&difference, |area| readings.0.area_name(area).to_owned(), names, headings),
    ];
    let text = format!(
        "从 {}\n到 {}\n另有 {} 个权重块、{} 格没有变化。\n",
        from.reading()?.token(),
        readings.1.token(),
        difference.unchanged_blocks,
        difference.unchanged_cells,
    );
    let answer = shown.into_iter().fold(Answer::new(json!(difference)).text(text), Answer::table);
    let official = readings.0.is_official() && readings.1.is_official();
    Ok(marked(answer, if official { &difference.to } else { unofficial(&difference) }))
}

/// The heading that must be shown: the one of the two that is a what-if.
const fn unofficial<'a>(difference: &'a Difference<'_>) -> &'a projections::tables::Heading {
    if difference.to.official { &difference.from } else { &difference.to }
}

fn areas<'a>(
    difference: &Difference<'a>,
    area_name: impl Fn(&'a events::AreaId) -> String,
    headings: [&str; 6],
) -> Table {
    let mut table = Table::new("总分的变化", [&["地区", "名次"], headings.as_slice()].concat());
    for area in &difference.areas {
        let place = |place: Option<u32>| place.map_or_else(|| "—".to_owned(), |place| place.to_string());
        let mut cells = vec![Cell::from(area_name(area.area))];
        cells.push(format!("{} → {}", place(area.place.from), place(area.place.to)).into());
        cells.extend(change(&area.total));
        table.row(cells);
    }
    table.note("数据影响 + 目标影响 + 规则影响 = 差（按精确分数相加，这里显示到两位小数）。")
}

fn blocks<'a>(
    difference: &Difference<'a>,
    area_name: impl Fn(&'a events::AreaId) -> String,
    block_name: impl Fn(&events::BlockId) -> String,
    headings: [&str; 6],
) -> Table {
    let mut table = Table::new("有变化的权重块", [&["权重块", "地区"], headings.as_slice()].concat());
    for block in &difference.blocks {
        let mut cells = vec![Cell::from(block_name(block.block)), area_name(block.area).into()];
        cells.extend(change(&block.points));
        table.row(cells);
    }
    table
}

fn change(change: &Change) -> [Cell; 6] {
    let effects = change.effects.as_ref();
    [
        Cell::number_or_dash(change.from.as_ref().map(two_places)),
        Cell::number_or_dash(change.to.as_ref().map(two_places)),
        Cell::number_or_dash(effects.map(|effects| two_places(&effects.total()))),
        Cell::number_or_dash(effects.map(|effects| two_places(&effects.data))),
        Cell::number_or_dash(effects.map(|effects| two_places(&effects.targets))),
        Cell::number_or_dash(effects.map(|effects| two_places(&effects.rules))),
    ]
}
