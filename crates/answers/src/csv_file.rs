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
            Cell::Number(text) if is_number(text) => text.clone(),
            Cell::Number(text) => harmless(text),
        }))?;
    }
    for note in std::iter::once(&table.title).chain(&table.notes) {
        writer.write_record([harmless(note)])?;
    }
    Ok(())
}

/// What spreadsheets begin a formula with; the wide forms too, which East Asian ones take for the same.
const FORMULA_STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// A text that no spreadsheet takes for a formula: an apostrophe before what begins one. A dash alone, the plan's sign for
/// “not assessed”, is no formula.
fn harmless(text: &str) -> String {
    let dangerous = text.starts_with(FORMULA_STARTS) && text != "-";
    if dangerous { format!("'{text}") } else { text.to_owned() }
}

/// Digits with at most one point and a minus before them: `-1.50` is a number, `-1+1` is a formula.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    unsigned.split_once('.').map_or_else(|| digits(unsigned), |(whole, part)| digits(whole) && digits(part))
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
    #[test]
    fn every_start_of_a_formula_is_made_harmless_in_texts_and_in_what_only_claims_to_be_a_number() {
        for start in FORMULA_STARTS {
            let text = format!("{start}1+1");
            assert_eq!(harmless(&text), format!("'{text}"));
            assert!(!is_number(&text), "{text:?}");
        }
        let mut table = Table::new("表", ["数"]);
        ["-1.50", "-1+1", "=1", "暂无"]
            .into_iter()
            .for_each(|text| table.row([Cell::Number(text.to_owned())]));
        let answer = Answer::new(serde_json::Value::Null).table(table);
        let text = String::from_utf8(bytes(&answer, false).unwrap()).unwrap();
        assert_eq!(text, "数\n-1.50\n'-1+1\n'=1\n暂无\n表\n");
    }
}
