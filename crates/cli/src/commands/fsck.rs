//! `fsck`: `verify`, and the saved state compared with what the lines say, table by table and row by row.

use std::path::Path;

use app::Latest;
use audit::{Finding, read_models};
use projections::ReadModel;
use serde_json::json;

use super::verify;
use crate::ledger::saved_states;
use crate::ledger_dir::Choice;
use crate::log::Log;
use crate::output::{Answer, Table};

/// More differences than this are counted no further: the first rows say where to look.
const MOST_ROWS: usize = 50;

/// What came of comparing the saved state.
pub enum Saved {
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
    let compared = match &model {
        Some(model) if report.is_clean() => compare(&directory, model)?,
        _ => Saved::NotCompared("账本本身未通过核验，没有可比对的依据。".to_owned()),
    };
    let answer = verify::answer(&directory, &report, model.as_ref());
    let (state, findings) = match compared {
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

/// Where a saved state differs, as a table for people.
pub fn shown(findings: &[Finding]) -> Table {
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

/// Reads the saved state on to the last line of the audit's model and compares the two.
///
/// # Errors
/// When the journal cannot be opened.
pub fn compare(directory: &Path, rebuilt: &ReadModel) -> anyhow::Result<Saved> {
    let state = match saved_states(directory).inspect::<ReadModel>() {
        Latest::Nothing => return Ok(Saved::Nothing),
        Latest::Unfit(unfit) if unfit.is_of_another_version() => return Ok(Saved::NotCompared(unfit.reason)),
        Latest::Unfit(unfit) => {
            return Ok(Saved::Compared(0, vec![read_models::unlike("文件", &unfit.reason)]));
        }
        Latest::State(state) => state,
    };
    let size = state.size();
    if size > rebuilt.size() {
        return Ok(Saved::NotCompared(format!("它有 {size} 行，账本只有 {} 行。", rebuilt.size())));
    }
    let log = Log::open_read_only(directory)?;
    let read_on =
        read_models::without_panic(|| app::load_until(&log, Some(*state), rebuilt.size(), &mut |_, _| {}));
    let read_on = match read_on {
        Some(Ok(read_on)) => read_on,
        Some(Err(error)) => return Ok(Saved::NotCompared(error.to_string())),
        None => {
            let contradicts = read_models::unlike("内部关联", "互相矛盾，不能接着读账本");
            return Ok(Saved::Compared(size, vec![contradicts]));
        }
    };
    Ok(Saved::Compared(size, read_models::differences(&read_on, rebuilt, MOST_ROWS)))
}
