//! Tables as an Excel workbook: one sheet each, the same bytes for the same answer.

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError,
};

use crate::{Answer, Cell, Table};

/// Digits a spreadsheet keeps; longer numbers are written as text.
const EXACT_DIGITS: usize = 15;

/// The answer's tables as an Excel workbook.
///
/// # Errors
/// When a table has more rows or columns than a sheet.
pub fn bytes(answer: &Answer) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // The clock would give the same table other bytes on another day.
    let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    for (index, table) in answer.tables().enumerate() {
        let sheet = workbook.add_worksheet();
        sheet.set_name(sheet_name(index, &table.title))?;
        fill(sheet, table, answer.marks())?;
    }
    workbook.save_to_buffer()
}

/// A name Excel accepts: at most 31 characters, none of `[]:*?/\`, different from the others.
fn sheet_name(index: usize, title: &str) -> String {
    let plain = title.chars().filter(|c| !"[]:*?/\\'".contains(*c)).take(26);
    format!("{}.{}", index + 1, plain.collect::<String>())
}

fn fill(sheet: &mut Worksheet, table: &Table, marks: &[String]) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    let loud = Format::new().set_bold().set_font_color(Color::Red);
    let mut line = 0;
    sheet.write_string_with_format(line, 0, &table.title, &bold)?;
    for mark in marks {
        line += 1;
        sheet.write_string_with_format(line, 0, format!("【{mark}】"), &loud)?;
    }
    line += 1;
    for (place, column) in (0..).zip(&table.columns) {
        sheet.write_string_with_format(line, place, &column.heading, &bold)?;
    }
    sheet.set_freeze_panes(line + 1, 0)?;
    for row in &table.rows {
        line += 1;
        for (place, cell) in (0..).zip(row) {
            write(sheet, line, place, cell)?;
        }
    }
    for note in &table.notes {
        line += 1;
        sheet.write_string(line, 0, note)?;
    }
    Ok(())
}

/// Words are never formulas here: the library writes them as strings whatever they begin with.
fn write(sheet: &mut Worksheet, line: u32, place: u16, cell: &Cell) -> Result<(), XlsxError> {
    match cell {
        Cell::Text(text) => sheet.write_string(line, place, text)?,
        Cell::Number(text) => match text.parse::<f64>() {
            // A spreadsheet knows no other numbers; with the digits counted, it shows exactly these.
            Ok(number) if text.chars().filter(char::is_ascii_digit).count() <= EXACT_DIGITS => {
                sheet.write_number_with_format(line, place, number, &number_format(text))?
            }
            _ => sheet.write_string_with_format(
                line,
                place,
                text,
                &Format::new().set_align(FormatAlign::Right),
            )?,
        },
    };
    Ok(())
}

/// As many places as the text has: trailing zeros state precision.
fn number_format(text: &str) -> Format {
    let places = text.split_once('.').map_or(0, |(_, places)| places.len());
    let picture = if places == 0 { "0".to_owned() } else { format!("0.{}", "0".repeat(places)) };
    Format::new().set_num_format(picture)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn part(workbook: &[u8], name: &str) -> String {
        let mut archive =
            zip::ZipArchive::new(std::io::Cursor::new(workbook)).expect("a workbook is an archive");
        let mut text = String::new();
        archive.by_name(name).expect("the part is there").read_to_string(&mut text).expect("it is XML");
        text
    }

    #[test]
    fn no_cell_of_a_workbook_is_a_formula_whatever_its_words_begin_with() {
        let dangerous = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"];
        let mut table = Table::new("=表", ["=列"]);
        dangerous.into_iter().for_each(|text| table.row([text]));
        let workbook = bytes(&Answer::new(serde_json::Value::Null).table(table)).unwrap();
        let sheet = part(&workbook, "xl/worksheets/sheet1.xml");
        assert!(!sheet.contains("<f>") && !sheet.contains("<f "), "{sheet}");
        // Title, heading and each text stand as shared strings.
        assert_eq!(sheet.matches("t=\"s\"").count(), dangerous.len() + 2, "{sheet}");
        let strings = part(&workbook, "xl/sharedStrings.xml");
        assert!(strings.contains("=1+1") && strings.contains("@SUM(A1)"), "{strings}");
    }

    #[test]
    fn the_same_answer_is_the_same_workbook() {
        let mut table = Table::new("表", ["数"]);
        table.row([Cell::Number("1.50".to_owned())]);
        let answer = Answer::new(serde_json::Value::Null).table(table).mark("演示数据");
        assert_eq!(bytes(&answer).unwrap(), bytes(&answer).unwrap());
    }
}
