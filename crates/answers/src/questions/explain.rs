//! `explain`: why a cell has its points, down to event hashes.

use events::{AreaId, IndicatorId, Target};
use projections::explain::CellExplanation;
use projections::tables::v1::figures::FigureRow;
use projections::{Reading, words};
use serde_json::json;

use super::figures;
use crate::asked::cell;
use crate::{Answer, AskError, Asked, Cell, Table};

/// Explains a cell.
///
/// # Errors
/// [`AskError`], also when the plan has no such cell.
pub fn explain(asked: &Asked<'_>, indicator: &IndicatorId, area: &AreaId) -> Result<Answer, AskError> {
    let reading = asked.reading()?;
    let (row, area) = cell(&reading, indicator, area)?;
    let explained = projections::explain(&reading, row, area);
    let what = format!("{} · {}", explained.name.indicator, explained.name.area);
    let shown = vec![steps(asked, &what, &explained), targets(&explained), versions(&reading, &explained)];
    let answer = Answer::new(json!(explained)).text(summary(&what, &explained));
    Ok(asked.dressed(answer, shown, [asked.token_line(&explained.token)]))
}

fn summary(what: &str, explained: &CellExplanation<'_>) -> String {
    let rule = &explained.rule;
    let adopted = rule.adopted.map_or_else(|| "不在账上".to_owned(), |hash| format!("事件 {hash}"));
    let title = rule.title.unwrap_or("（未颁布）");
    let points = explained.block.as_ref().map_or_else(
        || "这一行不占分".to_owned(),
        |block| format!("所在权重块 {}：{} 分，可考核 {} 分", block.block, block.points, block.assessed),
    );
    format!(
        "{what}（{}）\n{points}。{}。\n规则：{title}，哈希 {}，{adopted}；自“{}”阶段起计入。\n",
        explained.name.measure,
        words::reason(explained.cell.reason),
        rule.rules,
        words::stage(rule.counts_from),
    )
}

fn steps(asked: &Asked<'_>, what: &str, explained: &CellExplanation<'_>) -> Table {
    let mut table =
        Table::new(asked.caption(&format!("{what}：算式")), ["步骤", "算式", "结果", "小数", "依据"]);
    for step in &explained.steps {
        table.row([
            Cell::from(step.code),
            step.expression.as_str().into(),
            step.result.to_string().into(),
            step.decimal.clone().unwrap_or_else(|| "（不尽）".to_owned()).into(),
            step.note.as_str().into(),
        ]);
    }
    table
}

fn targets(explained: &CellExplanation<'_>) -> Table {
    let mut table = Table::new("目标", ["原文", "含义", "生效日", "是否采用", "位置", "事件哈希"]);
    for target in &explained.targets {
        table.row([
            Cell::from(target.raw),
            meaning(target.target).into(),
            target.effective_from.map_or_else(|| "原定".to_owned(), |day| day.to_string()).into(),
            if target.in_force { "采用" } else { "" }.into(),
            Cell::Number(target.position.to_string()),
            target.hash.to_string().into(),
        ]);
    }
    table
}

/// What a target cell means.
fn meaning(target: Target) -> String {
    match target {
        Target::Number { value } => value.to_string(),
        Target::NotAssessed => "不考核".to_owned(),
        Target::NotYetSet => "待定".to_owned(),
        Target::ExceedsCity => "高于全市".to_owned(),
        Target::Void => "无目标".to_owned(),
    }
}

fn versions(reading: &Reading<'_>, explained: &CellExplanation<'_>) -> Table {
    let mut table =
        Table::new("数值", ["地区", "数值", "截止日", "状态", "是否计入", "单位", "位置", "事件哈希"]);
    let own = explained.figure.iter().chain(&explained.passed_over);
    for figure in own.chain(&explained.inputs) {
        table.row(version(reading, figure));
    }
    table
}

fn version(reading: &Reading<'_>, figure: &FigureRow<'_>) -> Vec<Cell> {
    vec![
        reading.area_name(figure.area).into(),
        Cell::Number(words::value(figure.value)),
        figure.as_at.to_string().into(),
        words::life(figure.life).into(),
        figures::outcome(figure).into(),
        reading.unit_name(figure.unit).into(),
        Cell::Number(figure.position.to_string()),
        figure.hash.to_string().into(),
    ]
}
