//! `prove-cell`: a score cell in one file that anybody checks offline; `verify FILE` checks it.

use std::path::{Path, PathBuf};

use audit::cell_proof::{self, Asked, CannotProve, CellReport, Trust};
use chain::Date;
use clap::Args;
use events::{AreaId, IndicatorId, PlanId};
use serde_json::{Value, json};

use super::verify;
use crate::args::{self, read_file};
use crate::ending::WrongData;
use crate::files_of;
use crate::ledger_dir::Choice;
use crate::output::{Answer, Table, write_new};

/// 出具单格证明
#[derive(Debug, Args)]
pub struct Arguments {
    /// 账本目录；不写则用 --ledger
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// 统计截止日
    #[arg(long, value_name = "DATE", value_parser = args::date)]
    as_of: Date,
    /// 指标代码
    #[arg(long, value_name = "INDICATOR", value_parser = args::indicator)]
    row: IndicatorId,
    /// 考核地区代码
    #[arg(long, value_name = "AREA", value_parser = args::area)]
    area: AreaId,
    /// 方案代码；不写则用账本里的第一个方案
    #[arg(long, value_name = "PLAN", value_parser = args::plan)]
    plan: Option<PlanId>,
    /// 写到哪个文件
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Audits the ledger and writes the proof of a cell.
///
/// # Errors
/// When the ledger is not sound, has no signed head or no such cell, or the file cannot be written.
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let Arguments { directory, as_of, row, area, plan, output } = arguments;
    let directory = files_of::ledger(&ledger.or(directory.as_deref())?)?;
    verify::require_ledger(&directory)?;
    let asked = Asked { plan, indicator: row, area, as_of };
    let bytes = cell_proof::make(&directory, &asked).map_err(|error| match error {
        CannotProve::Audit(error) => anyhow::Error::from(error),
        error @ (CannotProve::NotSound { .. }
        | CannotProve::NoHead(_)
        | CannotProve::NoCell { .. }
        | CannotProve::DoesNotHold(_)) => WrongData(error.to_string()).into(),
    })?;
    write_new(&output, &bytes)?;
    let report = cell_proof::check(&bytes, &Trust::Own);
    let said =
        format!("已写入 {}（{} 字节）。核验：progress-ledger verify {0}", output.display(), bytes.len());
    let json = json!({ "file": output, "bytes": bytes.len(), "report": report });
    Ok(shown(Answer::new(json).text(said), &report))
}

/// Checks a proof file.
///
/// # Errors
/// When it cannot be read.
pub fn verify(file: &Path, trust: Trust) -> anyhow::Result<Answer> {
    let report = cell_proof::check(&read_file(file)?, &trust);
    let holds = report.findings.is_empty();
    let said = match &report.cell {
        Some(cell) if holds => format!(
            "{}：成立。{} · {} 截至 {}，按账本 {} 的前 {} 行。",
            file.display(),
            cell.indicator,
            cell.area,
            cell.as_of,
            cell.origin,
            cell.size
        ),
        Some(_) | None => format!("{}：不成立。", file.display()),
    };
    let answer = Answer::new(json!({ "file": file, "holds": holds, "report": report })).text(said);
    let answer = if holds { answer } else { answer.table(verify::findings(&report.findings)) };
    Ok(shown(answer, &report).finding_if(!holds))
}

fn shown(answer: Answer, report: &CellReport) -> Answer {
    if !report.findings.is_empty() {
        return answer;
    }
    let mut not_proven = Table::new("没有证明的", ["说明"]);
    report.not_proven.iter().for_each(|what| not_proven.row([what.as_str()]));
    let result = report.result.as_ref().unwrap_or(&Value::Null);
    let answer = answer.table(steps(result)).table(figures(result)).table(signed(report)).table(not_proven);
    let synthetic = result["heading"]["synthetic"] == true;
    if synthetic { answer.mark("演示数据：数值均为虚构，仅供演示。") } else { answer }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned)
}

fn rows(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn steps(result: &Value) -> Table {
    let mut table = Table::new("由所列的行重算", ["算式", "结果", "依据"]);
    for step in rows(&result["steps"]) {
        table.row([text(&step["expression"]), text(&step["result"]), text(&step["note"])]);
    }
    table.note(format!(
        "所在权重块得 {} 分，可考核 {} 分。",
        text(&result["block"]["points"]),
        text(&result["block"]["assessed"])
    ))
}

fn figures(result: &Value) -> Table {
    let mut table = Table::new("本格的数值", ["计入与否", "数值", "截止日", "位置", "事件哈希"]);
    let counted = Some(&result["figure"]).filter(|figure| !figure.is_null());
    for figure in counted.into_iter().chain(rows(&result["passed_over"])) {
        let outcome = projections::words::outcome(figure["outcome"].as_str().unwrap_or_default());
        let outcome = format!("{outcome}{}", text(&figure["outcome_day"]));
        let [value, as_at, position, hash] =
            ["value", "as_at", "position", "hash"].map(|member| text(&figure[member]));
        table.row([outcome, value, as_at, position, hash]);
    }
    table
}

fn signed(report: &CellReport) -> Table {
    let mut table = Table::new("依据", ["项目", "内容"]);
    table.row(["账本行".to_owned(), format!("{} 行，均在账本头之下", report.lines)]);
    table.row(["账本头的签名".to_owned(), report.signers.join("，")]);
    for chain in &report.units {
        table.row([format!("单位链 {}", chain.unit), format!("{} 行，末行 {}", chain.lines, chain.head)]);
    }
    table
}
