//! No command at all: makes a demonstration where there is none, and shows what this is and what to try.

use std::path::Path;

use answers::{Asked, Axes, ranks};
use projections::tables::v1::Ranking;
use serde_json::json;

use super::demo;
use crate::commands::status;
use crate::ledger::Reader;
use crate::ledger_dir::{Choice, DEMO};
use crate::output::{Answer, complain};

const WHAT_THIS_IS: &str = "\
进度账本（progress-ledger）：数字经济目标的报送、更正、计分都记成带哈希的行，只追加、不改写；
任何统计截止日、任何认知时点、任何规则下的成绩表，谁拿到这些行都能算出同样的字节。";

/// Sets up what is missing, then shows the ledger.
///
/// # Errors
/// When the ledger cannot be made or read.
pub fn run(choice: &Choice) -> anyhow::Result<Answer> {
    let demo = Path::new(DEMO);
    if choice.names_none() && !demo.exists() {
        complain(&format!("第一次运行：正在 ./{DEMO} 建一个演示账本（演示数据，数值均为虚构）……\n"));
        demo::make(&demo::Arguments::small(demo))?;
    }
    let directory = choice.directory()?;
    let reader = Reader::open(&directory)?;
    let (status_json, status_table) = status::of(&reader)?;
    let asked = Asked::new(reader.axes(), Axes::default())?;
    let reading = asked.reading()?;
    let ranking = Ranking::of(&reading);
    let token = reading.token();
    let table = ranks(&asked, &reading, &ranking.areas);
    let json = json!({ "status": status_json, "token": token, "ranking": ranking.areas });
    let answer = Answer::new(json).text(WHAT_THIS_IS).table(status_table);
    let answer = asked.dressed(answer, vec![table], [asked.token_line(&token)]);
    Ok(answer.text(next(&directory)))
}

fn next(directory: &Path) -> String {
    let ledger = if directory == Path::new(DEMO) {
        String::new()
    } else {
        format!(" --ledger {}", directory.display())
    };
    let of = |what: &str| format!("progress-ledger{ledger} {what}");
    let hints = [
        (of("scores --cells"), "成绩表和每一格"),
        (of("scores --as-of 2022-06-25"), "六月的成绩表"),
        (of("explain core-value-added yuehu"), "一格得分的来龙去脉，直到事件哈希"),
        (of("trail --cell core-value-added yuehu"), "这一格发生过什么"),
        (of("snapshot show"), "冻结的年终快照：从账本重算，与冻结的表根核对"),
        (of("verify"), "只凭文件重算一切"),
        ("progress-ledger catalogue check".to_owned(), "方案自相矛盾之处"),
        ("progress-ledger init DIR --origin NAME".to_owned(), "建正式账本"),
    ];
    let width = hints.iter().map(|(command, _)| command.chars().count()).max().unwrap_or_default();
    let lines = hints.iter().map(|(command, what)| format!("  {command:width$}  {what}\n"));
    format!("接下来可以试：\n{}", lines.collect::<String>())
}
