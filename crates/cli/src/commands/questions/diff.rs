//! `diff`: two tokens of one ledger, and what moved the points between them.

use std::rc::Rc;

use clap::Args;
use events::PlanId;
use projections::Token;
use projections::diff::{Change, Difference};
use serde_json::json;

use super::{Asked, Axes, marked, scores, two_places};
use crate::args;
use crate::ledger::Reader;
use crate::ledger_dir::Choice;
use crate::output::{Answer, Cell, Table};

/// 两个可复算标识之间的差异
#[derive(Debug, Args)]
pub struct Arguments {
    /// 从这个标识
    #[arg(value_name = "TOKEN_A", value_parser = args::token)]
    from: Token,
    /// 到这个标识
    #[arg(value_name = "TOKEN_B", value_parser = args::token)]
    to: Token,
    /// 方案代码；账本里只有一个方案时可不写
    #[arg(long, value_name = "PLAN", value_parser = args::plan)]
    plan: Option<PlanId>,
}

/// Splits the difference into data, target and rule effect.
///
/// # Errors
/// When a token is not of this ledger.
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let Arguments { from, to, plan } = arguments;
    between(Rc::new(Reader::open(&ledger.directory()?)?), from, to, plan)
}

/// Splits the difference between two tokens of an open ledger.
///
/// # Errors
/// When a token is not of this ledger.
pub fn between(reader: Rc<Reader>, from: Token, to: Token, plan: Option<PlanId>) -> anyhow::Result<Answer> {
    let asked = |token: Token, reader| {
        Asked::of(reader, Axes { token: Some(token), plan: plan.clone(), ..Axes::default() })
    };
    let (from, to) = (asked(from, Rc::clone(&reader))?, asked(to, reader)?);
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
