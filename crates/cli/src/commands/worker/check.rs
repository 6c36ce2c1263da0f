//! Every row of the tables made again from the lines, and compared.

use serde_json::json;
use sql_read_models::Checked;

use super::database::DatabaseChoice;
use super::{of_database, of_follow};
use crate::ending::WrongData;
use crate::ledger_dir::Choice;
use crate::log::{Log, of_open};
use crate::output::{Answer, Table};
use crate::progress;

/// Compares the tables with the chosen ledger. Differences are the answer, not an error.
///
/// # Errors
/// When ledger or database cannot be read, or there are no tables.
pub fn run(database: &DatabaseChoice, ledger: &Choice) -> anyhow::Result<Answer> {
    let directory = ledger.directory()?;
    let mut database = database.of(&directory)?.open_read_only().map_err(of_database)?;
    let log = Log::open_read_only(&directory).map_err(of_open)?;
    let bar = progress::bar(0, "由各行重算");
    let checked = sql_read_models::check(&log, &mut *database, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let Some(checked) = checked.map_err(of_follow)? else {
        let text = format!("{} 里没有表，或应用位置不可读，不能算通过。", database.name());
        return Err(WrongData(text).into());
    };
    Ok(answer(database.name(), &checked))
}

fn answer(name: &str, checked: &Checked) -> Answer {
    let json = json!({ "database": name, "checked": checked });
    if checked.found == 0 {
        let text = format!("{name}：由前 {} 行重算，{} 个表行全部相同。\n", checked.size, checked.rows);
        return Answer::new(json).text(text);
    }
    let text = format!("{name}：由前 {} 行重算，{} 处不同。\n", checked.size, checked.found);
    Answer::new(json).text(text).table(shown(checked)).finding_if(true)
}

fn shown(checked: &Checked) -> Table {
    let mut table = Table::new("表与重算的不同", ["表", "行", "栏", "应为", "实为"]);
    for own in &checked.differences {
        table.row([
            own.table.to_owned(),
            own.row.clone(),
            own.column.unwrap_or("整行").to_owned(),
            own.expected.clone().unwrap_or_else(|| "（空）".to_owned()),
            own.found.clone().unwrap_or_else(|| "（空）".to_owned()),
        ]);
    }
    let more = checked.found - checked.differences.len() as u64;
    let more = if more == 0 { String::new() } else { format!("另有 {more} 处没有列出。") };
    table.note(format!(
        "{more}账本不受影响：运行 progress-ledger worker --rebuild 由账本重建，并查明是谁改了它。"
    ))
}
