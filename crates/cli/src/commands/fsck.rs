//! `fsck`: `verify`, and the saved state compared with what the lines say, table by table and row by row.

use std::collections::BTreeSet;
use std::path::Path;

use app::Latest;
use audit::{Finding, TablePlace, rows};
use chain::Date;
use domain::registry::PlanIx;
use domain::scoring::At;
use projections::{ReadModel, Reading, TableKind};
use serde_json::json;

use super::verify;
use crate::ledger::saved_states;
use crate::ledger_dir::Choice;
use crate::log::Log;
use crate::output::{Answer, Table};

/// More differences than this are counted no further: the first rows say where to look.
const MOST_ROWS: usize = 50;

/// What came of comparing the saved state.
enum Saved {
    /// There is none.
    Nothing,
    /// It cannot be compared, for this reason.
    NotCompared(String),
    /// Compared; the state's size, and every difference.
    Compared(u64, Vec<Finding>),
}

/// Audits a ledger's folder and compares its saved state. Findings are the answer, not an error.
///
/// # Errors
/// As `verify`.
pub fn run(arguments: &verify::Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let directory = arguments.directory(ledger)?;
    let (report, model) = arguments.audit(&directory)?;
    let saved = match &model {
        Some(model) if report.is_clean() => compare(&directory, model)?,
        _ => Saved::NotCompared("账本本身未通过核验，没有可比对的依据。".to_owned()),
    };
    let answer = verify::answer(&directory, &report, model.as_ref());
    let (state, findings) = match saved {
        Saved::Nothing => ("没有保存状态，未比对。".to_owned(), Vec::new()),
        Saved::NotCompared(reason) => (format!("保存状态未比对：{reason}"), Vec::new()),
        Saved::Compared(size, findings) if findings.is_empty() => {
            (format!("保存状态（前 {size} 行）接着读到末行，与由各行重算的读模型完全相同。"), findings)
        }
        Saved::Compared(size, findings) => {
            (format!("保存状态（前 {size} 行）与重算的不同，至少 {} 处。", findings.len()), findings)
        }
    };
    let bad = !findings.is_empty();
    let answer =
        answer.text(state.as_str()).also("saved_state", json!({ "state": state, "findings": findings }));
    let answer = if bad { answer.table(shown(&findings)) } else { answer };
    Ok(answer.finding_if(bad))
}

fn shown(findings: &[Finding]) -> Table {
    let mut table = Table::new("保存状态与重算的不同", ["表", "行与栏", "应为", "实为"]);
    for own in findings {
        let place = own.table.as_ref();
        table.row([
            place.map_or_else(|| "—".to_owned(), |place| format!("{} {}", place.table, place.as_of)),
            place.and_then(|place| place.row.clone()).unwrap_or_else(|| own.message_zh.clone()),
            own.expected.clone().unwrap_or_default(),
            own.found.clone().unwrap_or_default(),
        ]);
    }
    table.note("账本不受影响：请删去账本目录下的 state，下次打开会从账本重算；并查明是谁改了它。")
}

/// Reads the saved state on to the last line and compares it with the model of the audit.
fn compare(directory: &Path, rebuilt: &ReadModel) -> anyhow::Result<Saved> {
    let saved = match saved_states(directory).inspect::<ReadModel>() {
        Latest::Nothing => return Ok(Saved::Nothing),
        Latest::Unfit(unfit) if unfit.is_of_another_version() => return Ok(Saved::NotCompared(unfit.reason)),
        Latest::Unfit(unfit) => return Ok(Saved::Compared(0, vec![unlike("文件", &unfit.reason)])),
        Latest::State(saved) => saved,
    };
    let size = saved.size();
    if size > rebuilt.size() {
        return Ok(Saved::NotCompared(format!("它有 {size} 行，账本只有 {} 行。", rebuilt.size())));
    }
    let log = Log::open_read_only(directory)?;
    let read_on = match app::load(&log, Some(*saved), &mut |_, _| {}) {
        Ok(read_on) if read_on.size() == rebuilt.size() => read_on,
        Ok(_) => return Ok(Saved::NotCompared("比对期间账本又有新行，请重试。".to_owned())),
        Err(error) => return Ok(Saved::NotCompared(error.to_string())),
    };
    let mut findings = Vec::new();
    if read_on != *rebuilt {
        findings = differences(&read_on, rebuilt);
        if findings.is_empty() {
            findings.push(elsewhere(&read_on, rebuilt));
        }
    }
    Ok(Saved::Compared(size, findings))
}

/// A difference that shows in no table: named by the part of the state it is in.
fn elsewhere(saved: &ReadModel, rebuilt: &ReadModel) -> Finding {
    let (own, right) = (saved.ledger(), rebuilt.ledger());
    let part = if own.book() != right.book() {
        "登记与数值"
    } else if own.head() != right.head() {
        "各链的末行"
    } else if saved.tree() != rebuilt.tree() {
        "哈希树"
    } else {
        "其余部分"
    };
    unlike(part, "别的内容")
}

/// A finding about a part of the state as a whole.
fn unlike(part: &str, found: &str) -> Finding {
    let message_zh = format!("保存状态的{part}不是由各行重算的那样：{found}。请删去 state 目录后查明原因。");
    Finding {
        kind: "saved-state",
        table: None,
        position: None,
        expected: Some("由各行重算的".to_owned()),
        found: Some(found.to_owned()),
        message_zh,
    }
}

/// The rows in which tables of the two differ: every table of every plan, for each day a figure was attained.
fn differences(saved: &ReadModel, rebuilt: &ReadModel) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (plan, _) in rebuilt.ledger().book().registry().plans() {
        for as_of in days(saved, rebuilt, plan) {
            for kind in TableKind::ALL {
                if findings.len() >= MOST_ROWS {
                    return findings;
                }
                findings.extend(in_table(saved, rebuilt, plan, as_of, kind, MOST_ROWS - findings.len()));
            }
        }
    }
    findings
}

/// Latest first: that is the table people look at.
fn days(saved: &ReadModel, rebuilt: &ReadModel, plan: PlanIx) -> Vec<Date> {
    let of = |model: &ReadModel| -> BTreeSet<Date> {
        let cells = model.ledger().book().cells().filter(|(ix, _)| ix.plan == plan);
        cells.flat_map(|(_, cell)| cell.figures().iter().map(|figure| figure.as_at)).collect()
    };
    let mut days = of(saved);
    days.append(&mut of(rebuilt));
    days.into_iter().rev().collect()
}

fn in_table(
    saved: &ReadModel,
    rebuilt: &ReadModel,
    plan: PlanIx,
    as_of: Date,
    kind: TableKind,
    limit: usize,
) -> Vec<Finding> {
    let at = At { as_of, known: rebuilt.size() };
    // The root of the right tree for both: a wrong one would make every first row differ.
    let root = rebuilt.tree().root();
    let bytes = |model: &ReadModel| {
        let book = model.ledger().book();
        let known = book.registry().plans().any(|(ix, _)| ix == plan);
        let reading = known.then(|| Reading::in_force(book, plan, at, root));
        reading.and_then(Result::ok).map_or(Vec::new(), |reading| kind.encode(&reading).into_bytes())
    };
    let found = rows::differences(&bytes(rebuilt), &bytes(saved), limit);
    let finding = |own: rows::Difference| {
        let place = TablePlace { table: kind.name().to_owned(), as_of, size: at.known, row: Some(own.row) };
        Finding::in_table("saved-table", place, None, (own.expected, own.found))
    };
    found.into_iter().map(finding).collect()
}
