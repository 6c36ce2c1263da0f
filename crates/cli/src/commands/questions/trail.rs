//! `trail`: everything that happened to a cell, a unit, a period or a submission, line by line.

use anyhow::bail;
use clap::Args;
use events::{IndicatorId, PeriodId, UnitId};
use projections::tables::v1::trail::{Subject, Trail, TrailRow};
use serde_json::json;
use uuid::Uuid;

use super::figures::with_after_freezing;
use super::{Asked, Axes};
use crate::args;
use crate::ledger_dir::Choice;
use crate::output::{Answer, Cell, Table};

/// 审计轨迹
#[derive(Debug, Args)]
pub struct Arguments {
    /// 一格：指标代码和地区代码
    #[arg(long, num_args = 2, value_names = ["INDICATOR", "AREA"], group = "subject")]
    cell: Option<Vec<String>>,
    /// 一个指标
    #[arg(long, value_name = "INDICATOR", value_parser = args::indicator, group = "subject")]
    indicator: Option<IndicatorId>,
    /// 一个单位
    #[arg(long, value_name = "UNIT", value_parser = args::unit, group = "subject")]
    unit: Option<UnitId>,
    /// 一次报送
    #[arg(long, value_name = "UUID", value_parser = args::submission, group = "subject")]
    submission: Option<Uuid>,
    /// 一个报送期
    #[arg(long, value_name = "PERIOD", value_parser = args::period, group = "subject")]
    period: Option<PeriodId>,
    #[command(flatten)]
    axes: Axes,
}

/// The trail.
///
/// # Errors
/// As [`Asked::new`]; also when nothing is named whose trail it is.
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let subject = subject(&arguments)?;
    let asked = Asked::new(ledger, arguments.axes)?;
    let reading = asked.reading()?;
    let mut trail = Trail::new(&reading, subject);
    asked.reader.each_line(reading.at().known, |line| trail.take(line))?;
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
            args::china_time(row.at).into(),
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
    asked.answer(rows, vec![table], &trail.encode())
}

fn subject(arguments: &Arguments) -> anyhow::Result<Subject> {
    let Arguments { cell, indicator, unit, submission, period, .. } = arguments;
    Ok(match (cell.as_deref(), indicator, unit, submission, period) {
        (Some([indicator, area]), ..) => {
            Subject::Cell { indicator: id(indicator, args::indicator)?, area: id(area, args::area)? }
        }
        (_, Some(indicator), ..) => Subject::Indicator(indicator.clone()),
        (_, _, Some(unit), ..) => Subject::Unit(unit.clone()),
        (_, _, _, Some(submission), _) => Subject::Submission(*submission),
        (_, _, _, _, Some(period)) => Subject::Period(period.clone()),
        _ => bail!("要写明看谁的轨迹：--cell 指标 地区、--indicator、--unit、--submission 或 --period。"),
    })
}

fn id<T>(text: &str, read: impl FnOnce(&str) -> Result<T, String>) -> anyhow::Result<T> {
    read(text).map_err(anyhow::Error::msg)
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
