//! `catalogue`: a plan as data, and where it contradicts itself. Needs no ledger.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use domain::catalogue::check::{self, Finding, Severity};
use domain::catalogue::present::{catalogue_json, cell_headings, table_rows};
use domain::catalogue::{Plan, roll_up};
use serde_json::json;

use crate::args::{self, read_text};
use crate::ending::WrongData;
use crate::output::{Answer, Cell, Table};

/// 方案
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    /// 只看某一年，如 2022
    #[arg(long, value_name = "YEAR", value_parser = args::year)]
    year: Option<u16>,
    /// 另一个城市的方案目录（格式见 seeds/README.md）；不写则用自带的鹰潭 2022 年方案
    #[arg(long, global = true, value_name = "DIR")]
    plan_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// 找出方案自相矛盾、存疑之处
    Check,
}

/// Shows a plan or what is wrong with it.
///
/// # Errors
/// When the plan's folder cannot be read or makes no plan, or the plan has no such year.
pub fn run(arguments: Arguments) -> anyhow::Result<Answer> {
    let plan = plan(arguments.plan_dir.as_deref())?;
    if let Some(year) = arguments.year {
        anyhow::ensure!(plan.years.contains(&year), "方案没有 {year} 年的目标，只有 {}。", years(&plan));
    }
    match arguments.action {
        Some(Action::Check) => Ok(findings(&plan)),
        None => Ok(show(&plan, arguments.year)),
    }
}

/// The plan carried in the program, or another city's.
///
/// # Errors
/// When the folder lacks a file or its files make no plan.
pub fn plan(folder: Option<&Path>) -> anyhow::Result<Plan> {
    let Some(folder) = folder else { return Ok(seeds::yingtan_2022()) };
    let file = |name: &str| read_text(&folder.join(name));
    let texts = seeds::Texts {
        plan: &file("plan.toml")?,
        source: &file("plan.txt")?,
        areas: &file("areas.toml")?,
        units: &file("units.toml")?,
        indicators: &file("indicators.toml")?,
        goals: &file("goals.toml")?,
        programmes: &file("programmes.toml")?,
        tasks: &file("tasks.toml")?,
        working_rules: &file("working-rules.toml")?,
        doubts: &file("doubts.toml")?,
    };
    let read = texts.read().map_err(|error| WrongData(error.to_string()));
    read.with_context(|| format!("方案目录 {} 有误。", folder.display()))
}

fn years(plan: &Plan) -> String {
    plan.years.iter().map(ToString::to_string).collect::<Vec<_>>().join("、")
}

fn show(plan: &Plan, year: Option<u16>) -> Answer {
    let mut headings = vec!["序".to_owned(), "代码".into(), "指标".into(), "单位".into(), "权重".into()];
    headings.extend(cell_headings(plan, year));
    headings.extend(["考核责任单位", "备注", "原文行"].map(str::to_owned));
    let period = year.map_or_else(|| format!("{} 年", years(plan)), |year| format!("{year} 年"));
    let mut table = Table::new(format!("{}（{period}）", plan.title), headings);
    for row in table_rows(plan, year) {
        let mut cells = vec![Cell::Number(row.order.to_string())];
        cells.extend([row.id, row.label, row.measure, row.weight].map(Cell::from));
        cells.extend(row.cells.into_iter().map(printed));
        cells.extend([row.units, row.remark].map(Cell::from));
        cells.push(Cell::Number(row.line.to_string()));
        table.row(cells);
    }
    let table = table.note(format!(
        "{} 个指标，{} 个权重块，{} 个专项，{} 项任务。单元格按原文照录；--json 另附读出的数值、目标、任务和存疑之处。",
        plan.indicators.len(),
        plan.blocks().len(),
        plan.programmes.len(),
        plan.tasks.len(),
    ));
    Answer::new(catalogue_json(plan, year)).table(table)
}

/// A cell as printed; numbers line up on the right, whatever follows them.
fn printed(text: String) -> Cell {
    if text.parse::<events::Decimal>().is_ok() { Cell::Number(text) } else { Cell::Text(text) }
}

fn findings(plan: &Plan) -> Answer {
    let found = check::check(plan);
    let gaps: Vec<_> = roll_up::checks(plan).into_iter().filter(|check| !check.equals_all_areas()).collect();
    let count = |severity| found.iter().filter(|finding| finding.severity == severity).count();
    let (contradictions, doubts) = (count(Severity::Contradiction), count(Severity::Doubt));
    let mut table =
        Table::new(format!("{}：自查", plan.title), ["轻重", "规则", "指标", "年份", "说明", "原文行"]);
    found.iter().for_each(|finding| table.row(finding_row(plan, finding)));
    let summary = format!("矛盾 {contradictions} 处，存疑 {doubts} 处，提示 {} 处。", count(Severity::Note));
    Answer::new(json!({
        "plan": plan.id,
        "contradictions": contradictions,
        "doubts": doubts,
        "findings": found,
        "roll_up_gaps": gaps,
    }))
    .table(table.note(summary))
    .finding_if(!found.is_empty())
}

fn finding_row(plan: &Plan, finding: &Finding) -> Vec<Cell> {
    let label = finding.indicator.as_ref().and_then(|id| plan.indicator(id)).map(|row| row.label());
    let lines = finding.lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("、");
    vec![
        finding.severity.word().into(),
        finding.code.into(),
        label.unwrap_or_default().into(),
        finding.year.map(|year| year.to_string()).unwrap_or_default().into(),
        finding.text.as_str().into(),
        lines.into(),
    ]
}
