//! `status`: what a ledger is and how far it has come.

use serde_json::{Value, json};

use crate::args;
use crate::commands::serve::signed_size;
use crate::commands::setup::demo::bytes_in;
use crate::ledger::Reader;
use crate::ledger_dir::Choice;
use crate::output::{Answer, Table};

/// Shows the status.
///
/// # Errors
/// When the ledger cannot be read.
pub fn run(ledger: &Choice) -> anyhow::Result<Answer> {
    let reader = Reader::open(&ledger.directory()?)?;
    let (json, table) = of(&reader)?;
    Ok(reader.marked(Answer::new(json).table(table)))
}

/// The status of an open ledger, for programs and for people.
///
/// # Errors
/// When its folder cannot be read.
pub fn of(reader: &Reader) -> anyhow::Result<(Value, Table)> {
    let (model, book) = (reader.model(), reader.book());
    let (opened, head) = (reader.opened()?, model.ledger().head());
    let signed = signed_size(reader.directory(), model);
    let journal = reader.directory().join("journal");
    // A ledger whose lines are on a server takes no bytes here.
    let bytes = journal.is_dir().then(|| bytes_in(&journal)).transpose()?;
    let periods: Vec<_> = book.registry().periods().collect();
    let open_periods = periods.iter().filter(|period| period.closed.is_none()).count();
    let at = head.at.map(args::china_time).unwrap_or_default();
    let root = model.tree().root();
    let plans: Vec<String> = book.registry().plans().map(|(_, plan)| plan.adopted.plan.to_string()).collect();
    let rows = [
        ("账本", format!("{}（{}）", opened.title, reader.directory().display())),
        ("账本名", opened.origin.clone()),
        ("行数", bytes.map_or(model.size().to_string(), |bytes| format!("{}，{bytes} 字节", model.size()))),
        ("最后一行", format!("{at}（北京时间），哈希 {}", head.hash)),
        ("树根", root.to_string()),
        ("已签账本头", signed.map_or_else(|| "没有".to_owned(), |size| format!("前 {size} 行"))),
        ("方案", summary(&plans)),
        ("单位", book.registry().units().count().to_string()),
        ("数值", format!("{} 个版本", book.figure_count())),
        ("报送期", format!("{} 个，其中 {open_periods} 个未关闭", periods.len())),
        (if bytes.is_some() { "段文件" } else { "服务器" }, reader.log().opened()),
    ];
    let mut table = Table::new("账本状态", ["项目", "内容"]);
    rows.into_iter().for_each(|(what, text)| table.row([what.to_owned(), text]));
    let json = json!({
        "directory": reader.directory(), "origin": opened.origin, "title": opened.title,
        "synthetic": opened.synthetic, "lines": model.size(), "bytes": bytes, "head": head.hash,
        "last_at": head.at, "root": root, "signed_lines": signed, "plans": plans,
        "units": book.registry().units().count(), "figure_versions": book.figure_count(),
        "periods": periods.len(), "open_periods": open_periods,
    });
    Ok((json, table))
}

/// The first plans by name, the others by number.
fn summary(plans: &[String]) -> String {
    const SHOWN: usize = 3;
    let first = plans.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("、");
    if plans.len() > SHOWN { format!("{first} 等 {} 个", plans.len()) } else { first }
}
