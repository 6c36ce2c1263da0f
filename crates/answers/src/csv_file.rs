//! Tables as CSV that spreadsheets open without harm: UTF-8 with a byte order mark, no cell taken for a formula.

use crate::{Answer, Cell, NoSheet, Table};

/// Spreadsheets take UTF-8 for a local encoding without it.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Marks first, as nobody may overlook them; then the tables one after another: headings, rows, title and notes.
///
/// # Errors
/// [`NoSheet::Csv`], which a buffer in memory never gives.
pub fn bytes(answer: &Answer, for_file: bool) -> Result<Vec<u8>, NoSheet> {
    let start = if for_file { BYTE_ORDER_MARK.to_vec() } else { Vec::new() };
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(start);
    write_all(&mut writer, answer).map_err(|error| NoSheet::Csv(error.to_string()))?;
    writer.into_inner().map_err(|error| NoSheet::Csv(error.to_string()))
}

fn write_all(writer: &mut csv::Writer<Vec<u8>>, answer: &Answer) -> csv::Result<()> {
    for mark in answer.marks() {
        writer.write_record([harmless(&format!("【{mark}】"))])?;
    }
    for (index, table) in answer.tables().enumerate() {
        if index > 0 {
            writer.write_record([""])?;
            writer.write_record([harmless(&table.title)])?;
        }
        write(writer, table)?;
    }
    Ok(())
}

fn write(writer: &mut csv::Writer<Vec<u8>>, table: &Table) -> csv::Result<()> {
    writer.write_record(table.columns.iter().map(|column| harmless(&column.heading)))?;
    for row in &table.rows {
        writer.write_record(row.iter().map(|cell| match cell {
            Cell::Text(text) => harmless(text),
            Cell::Number(text) => text.clone(),
        }))?;
    }
    for note in std::iter::once(&table.title).chain(&table.notes) {
        writer.write_record([harmless(note)])?;
    }
    Ok(())
}

/// A text that no spreadsheet takes for a formula: an apostrophe before `=`, `+`, `-`, `@`, tab and carriage return. A dash
/// alone, the plan's sign for “not assessed”, is no formula.
fn harmless(text: &str) -> String {
    let dangerous = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text != "-";
    if dangerous { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_numbers_stay_numbers() {
        let mut table = Table::new("表", ["名称", "数"]);
        table.row([Cell::from("=HYPERLINK(\"x\")"), Cell::Number("-1.50".to_owned())]);
        table.row([Cell::from("@SUM"), Cell::from("-")]);
        let answer = Answer::new(serde_json::Value::Null).table(table).mark("演示数据");
        let text = String::from_utf8(bytes(&answer, false).unwrap()).unwrap();
        assert_eq!(text, "【演示数据】\n名称,数\n\"'=HYPERLINK(\"\"x\"\")\",-1.50\n'@SUM,-\n表\n");
    }
}
