//! Workbooks: the container's safety first, then sheets as tables. Knows nothing of what columns mean.
//!
//! The reader of workbooks is a third party's and trusts its input: it reserves memory for as many shared strings as
//! the file says it has. So every part is unpacked here first, counted, and looked at.

use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx, XlsxError};

use crate::problem::{IntakeProblem, IntakeProblemKind as Kind, Place};
use crate::table::{
    Cell, Content, MAX_CELL_CHARS, MAX_CELLS, MAX_FILE_BYTES, MAX_ROWS, Merged, Row, Sheet, Tables, trimmed,
};

/// The most parts a workbook may have; a filled form has about fifteen.
pub const MAX_ENTRIES: usize = 200;
/// The most bytes all parts may unpack to.
pub const MAX_UNPACKED_BYTES: u64 = 64 << 20;
/// The most bytes a packed byte may unpack to, for parts above [`SMALL_PART_BYTES`]. Sheets pack about tenfold.
pub const MAX_RATIO: u64 = 200;
/// Parts up to this size may be packed as tightly as they are.
pub const SMALL_PART_BYTES: u64 = 1 << 20;

const OLE_MAGIC: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/// Reads a workbook (`.xlsx`) into tables, one for each sheet, hidden sheets included.
///
/// Formulas are reported as such, and their cached results are not read. Numbers become the shortest decimal text
/// that names the same binary number: every decimal of up to 15 significant digits survives the way into a workbook
/// and back unchanged, so this is what the person typed, apart from trailing zeros.
///
/// # Errors
/// Every problem found: not a workbook, an old one, one with a password, a broken one, one that unpacks to more
/// than it should, one with too many rows or cells, or with cells that are too long.
pub fn read_workbook_bytes(bytes: &[u8]) -> Result<Tables, Vec<IntakeProblem>> {
    check_container(bytes).map_err(|kind| vec![IntakeProblem::file(kind)])?;
    // A panic of the third-party reader over a hostile file is that file's problem, not the ledger's.
    let read = catch_unwind(AssertUnwindSafe(|| sheets(bytes)));
    read.unwrap_or_else(|_| Err(vec![broken("内部结构不合规定")]))
}

fn broken(reason: impl ToString) -> IntakeProblem {
    IntakeProblem::file(Kind::BrokenWorkbook { reason: reason.to_string() })
}

fn check_container(bytes: &[u8]) -> Result<(), Kind> {
    if bytes.is_empty() {
        return Err(Kind::EmptyFile {});
    }
    if bytes.len() > MAX_FILE_BYTES {
        return Err(Kind::FileTooLarge { bytes: bytes.len(), limit: MAX_FILE_BYTES });
    }
    if bytes.starts_with(OLE_MAGIC) {
        let encrypted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let has_password = bytes.windows(encrypted.len()).any(|window| window == encrypted);
        return Err(if has_password { Kind::PasswordProtected {} } else { Kind::OldExcel {} });
    }
    if bytes.starts_with(b"%PDF-") {
        return Err(Kind::PdfFile {});
    }
    if !bytes.starts_with(b"PK") {
        return Err(Kind::NotAZip {});
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| Kind::NotAZip {})?;
    if archive.len() > MAX_ENTRIES {
        return Err(Kind::TooManyEntries { count: archive.len(), limit: MAX_ENTRIES });
    }
    let mut left = MAX_UNPACKED_BYTES;
    for index in 0..archive.len() {
        left -= check_part(&mut archive, index, left)?;
    }
    Ok(())
}

/// Unpacks a part and returns its size; what the container says about sizes is not believed.
fn check_part(archive: &mut zip::ZipArchive<Cursor<&[u8]>>, index: usize, left: u64) -> Result<u64, Kind> {
    let unreadable = |_| Kind::BrokenWorkbook { reason: "压缩包损坏".to_owned() };
    if archive.by_index_raw(index).map_err(|error| unreadable(error.to_string()))?.encrypted() {
        return Err(Kind::PasswordProtected {});
    }
    let part = archive.by_index(index).map_err(|error| unreadable(error.to_string()))?;
    let packed = part.compressed_size().max(1);
    let name = part.name().map(std::borrow::Cow::into_owned).unwrap_or_default();
    check_part_name(&name)?;
    let by_ratio = packed.saturating_mul(MAX_RATIO).max(SMALL_PART_BYTES);
    let mut content = Vec::new();
    part.take(left.min(by_ratio) + 1)
        .read_to_end(&mut content)
        .map_err(|error| unreadable(error.to_string()))?;
    let size = content.len() as u64;
    if size > by_ratio {
        return Err(Kind::PackedTooTightly { entry: name, limit: MAX_RATIO });
    }
    if size > left {
        return Err(Kind::UnpacksTooLarge { limit: MAX_UNPACKED_BYTES });
    }
    check_text_part(&name, &content)?;
    Ok(size)
}

/// Tells two relatives of the workbook apart from it: their parts say what they are.
fn check_part_name(name: &str) -> Result<(), Kind> {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "xl/workbook.bin" => Err(Kind::BinaryWorkbook {}),
        _ if name.ends_with("vbaproject.bin") => Err(Kind::Macros {}),
        _ => Ok(()),
    }
}

/// Refuses what would make the reader reserve memory the file does not have, and encodings that could hide it.
fn check_text_part(name: &str, content: &[u8]) -> Result<(), Kind> {
    if !name.ends_with(".xml") && !name.ends_with(".rels") {
        return Ok(());
    }
    if content.iter().any(|byte| matches!(byte, 0 | 0x1b)) {
        return Err(Kind::BrokenWorkbook { reason: format!("部件“{name}”的编码不是 UTF-8") });
    }
    let counts = memchr::memmem::find_iter(content, b"uniqueCount");
    let counted = |at: usize| {
        let rest = &content[at + b"uniqueCount".len()..];
        let digits = rest.iter().skip_while(|byte| !byte.is_ascii_digit() && **byte != b'>');
        let digits = digits.take_while(|byte| byte.is_ascii_digit());
        digits.fold(0_u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
    };
    // Each string takes more than one byte, so an honest count is below the part's size.
    if counts.map(counted).any(|count| count > content.len() as u64) {
        return Err(Kind::BrokenWorkbook {
            reason: format!("部件“{name}”声明的数量与内容不符")
        });
    }
    Ok(())
}

fn sheets(bytes: &[u8]) -> Result<Tables, Vec<IntakeProblem>> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| vec![of_reader(&error)])?;
    let mut budget = Budget { cells: MAX_CELLS, problems: Vec::new() };
    let mut tables = Tables::default();
    for name in workbook.sheet_names() {
        tables.sheets.push(sheet(&mut workbook, &name, &mut budget)?);
    }
    if budget.problems.is_empty() { Ok(tables) } else { Err(budget.problems) }
}

fn of_reader(error: &XlsxError) -> IntakeProblem {
    #[expect(clippy::wildcard_enum_match_arm, reason = "one kind of a foreign error has its own answer")]
    match error {
        XlsxError::Password => IntakeProblem::file(Kind::PasswordProtected {}),
        other => broken(other),
    }
}

struct Budget {
    cells: usize,
    problems: Vec<IntakeProblem>,
}

fn sheet(
    workbook: &mut Xlsx<Cursor<&[u8]>>,
    name: &str,
    budget: &mut Budget,
) -> Result<Sheet, Vec<IntakeProblem>> {
    let failed = |error: XlsxError| vec![of_reader(&error)];
    let merged = workbook.merge_cells_by_sheet_name(name).map_err(failed)?;
    let merged = merged.iter().map(|area| Merged { from: one_based(area.start), to: one_based(area.end) });
    let mut sheet = Sheet { name: name.to_owned(), rows: Vec::new(), merged: merged.collect() };
    let mut reader = workbook.worksheet_cells_reader(name).map_err(failed)?;
    while let Some(found) = reader.next_cell_with_formula_metadata().map_err(failed)? {
        let content = if found.formula.is_some() { Some(Content::Formula) } else { content(&found.value) };
        let Some(content) = content else { continue };
        let (number, column) = one_based(found.pos);
        budget.spend(name, (number, column), &content)?;
        let cell = Cell { column, content };
        match sheet.rows.last_mut() {
            Some(row) if row.number == number => row.cells.push(cell),
            _ => sheet.rows.push(Row { number, cells: vec![cell] }),
        }
        if sheet.rows.len() > MAX_ROWS {
            return Err(vec![IntakeProblem::new(
                Place::Sheet(name.to_owned()),
                Kind::TooManyRows { limit: MAX_ROWS },
            )]);
        }
    }
    if in_order(&sheet) { Ok(sheet) } else { Err(vec![broken("单元格次序混乱或重复")]) }
}

impl Budget {
    fn spend(
        &mut self,
        sheet: &str,
        (row, column): (u32, u32),
        content: &Content,
    ) -> Result<(), Vec<IntakeProblem>> {
        let left = self.cells.checked_sub(1);
        self.cells =
            left.ok_or_else(|| vec![IntakeProblem::file(Kind::TooManyCells { limit: MAX_CELLS })])?;
        if matches!(content, Content::Text(text) if text.chars().count() > MAX_CELL_CHARS) {
            let place = Place::cell(sheet, row, Some((column, "")));
            self.problems.push(IntakeProblem::new(place, Kind::CellTooLong { limit: MAX_CELL_CHARS }));
        }
        Ok(())
    }
}

/// A second cell of one address would let two readers of the file see different values.
fn in_order(sheet: &Sheet) -> bool {
    sheet.rows.is_sorted_by(|a, b| a.number < b.number)
        && sheet.rows.iter().all(|row| row.cells.is_sorted_by(|a, b| a.column < b.column))
}

const fn one_based((row, column): (u32, u32)) -> (u32, u32) {
    (row.saturating_add(1), column.saturating_add(1))
}

fn content(value: &DataRef<'_>) -> Option<Content> {
    let text = |text: &str| {
        let text = trimmed(text);
        (!text.is_empty()).then(|| Content::Text(text.to_owned()))
    };
    match value {
        DataRef::Empty => None,
        DataRef::String(own) => text(own),
        DataRef::SharedString(shared) => text(shared),
        DataRef::Int(number) => Some(Content::Number(number.to_string())),
        // Display writes the shortest decimal that reads back as this number, without an exponent.
        DataRef::Float(number) => Some(Content::Number(number.to_string())),
        DataRef::Bool(_) => Some(Content::Boolean),
        DataRef::DateTime(date) => Some(Content::Date(date_text(date))),
        DataRef::DateTimeIso(own) | DataRef::DurationIso(own) => Some(Content::Date(own.clone())),
        DataRef::Error(error) => Some(Content::Error(error.to_string())),
    }
}

fn date_text(date: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
    let time = if (hour, minute, second) == (0, 0, 0) && date.is_datetime() {
        String::new()
    } else {
        format!(" {hour:02}:{minute:02}:{second:02}")
    };
    format!("{year:04}-{month:02}-{day:02}{time}")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use rust_xlsxwriter::{Format, Formula, Workbook};
    use zip::write::SimpleFileOptions;

    use super::*;

    fn workbook(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
        let mut workbook = Workbook::new();
        fill(workbook.add_worksheet());
        workbook.save_to_buffer().unwrap()
    }

    fn refused(bytes: &[u8]) -> Vec<&'static str> {
        let problems = read_workbook_bytes(bytes).expect_err("must be refused");
        problems.iter().map(|problem| problem.kind.code()).collect()
    }

    fn first_row(bytes: &[u8]) -> Vec<Content> {
        let tables = read_workbook_bytes(bytes).unwrap();
        tables.sheets[0].rows[0].cells.iter().map(|cell| cell.content.clone()).collect()
    }

    /// The workbook's parts, with one of them rewritten.
    fn with_part(bytes: &[u8], name: &str, rewrite: impl Fn(String) -> Vec<u8>) -> Vec<u8> {
        let mut source = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut target = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for index in 0..source.len() {
            let mut part = source.by_index(index).unwrap();
            let own = part.name().unwrap().into_owned();
            let mut content = String::new();
            part.read_to_string(&mut content).unwrap();
            target.start_file(&own, SimpleFileOptions::default()).unwrap();
            let content = if own == name { rewrite(content) } else { content.into_bytes() };
            target.write_all(&content).unwrap();
        }
        target.finish().unwrap().into_inner()
    }

    #[test]
    fn cells_are_read_as_what_they_are() {
        let bytes = workbook(|sheet| {
            sheet.write(0, 0, " 文字 ").unwrap();
            sheet.write(0, 1, 4.1).unwrap();
            sheet.write(0, 2, true).unwrap();
            sheet.write(0, 3, Formula::new("=1+1").set_result("2")).unwrap();
            let day = rust_xlsxwriter::ExcelDateTime::from_ymd(2022, 4, 30).unwrap();
            sheet.write_with_format(0, 4, &day, &Format::new().set_num_format("yyyy-mm-dd")).unwrap();
        });
        let expected = [
            Content::Text("文字".to_owned()),
            Content::Number("4.1".to_owned()),
            Content::Boolean,
            Content::Formula,
            Content::Date("2022-04-30".to_owned()),
        ];
        assert_eq!(first_row(&bytes), expected);
    }

    #[test]
    fn merged_cells_are_known() {
        let bytes = workbook(|sheet| {
            sheet.merge_range(1, 1, 2, 3, "合并", &Format::new()).unwrap();
        });
        let tables = read_workbook_bytes(&bytes).unwrap();
        assert_eq!(tables.sheets[0].merged, [Merged { from: (2, 2), to: (3, 4) }]);
    }

    #[test]
    fn a_zip_bomb_is_refused_before_it_unpacks() {
        let mut bomb = zip::ZipWriter::new(Cursor::new(Vec::new()));
        bomb.start_file("xl/worksheets/sheet1.xml", SimpleFileOptions::default()).unwrap();
        let zeros = vec![b' '; 1 << 20];
        (0..256).for_each(|_| bomb.write_all(&zeros).unwrap());
        let bytes = bomb.finish().unwrap().into_inner();
        assert!(bytes.len() < 1 << 20);
        assert_eq!(refused(&bytes), ["packed-too-tightly"]);
    }

    #[test]
    fn many_small_bombs_share_one_budget() {
        let mut bomb = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let blanks = vec![b' '; 1 << 20];
        for part in 0..100 {
            bomb.start_file(format!("part{part}.xml"), SimpleFileOptions::default()).unwrap();
            bomb.write_all(&blanks).unwrap();
        }
        assert_eq!(refused(&bomb.finish().unwrap().into_inner()), ["unpacks-too-large"]);
    }

    #[test]
    fn a_container_of_a_thousand_parts_is_refused() {
        let mut parts = zip::ZipWriter::new(Cursor::new(Vec::new()));
        (0..1000).for_each(|part| parts.start_file(part.to_string(), SimpleFileOptions::default()).unwrap());
        assert_eq!(refused(&parts.finish().unwrap().into_inner()), ["too-many-entries"]);
    }

    #[test]
    fn a_count_of_strings_that_are_not_there_reserves_no_memory() {
        let honest = workbook(|sheet| {
            sheet.write(0, 0, "文字").unwrap();
        });
        let lying = with_part(&honest, "xl/sharedStrings.xml", |xml| {
            xml.replace("uniqueCount=\"1\"", "uniqueCount=\"900000000000000\"").into_bytes()
        });
        assert_eq!(refused(&lying), ["broken-workbook"]);
        let hidden = with_part(&honest, "xl/sharedStrings.xml", |xml| {
            xml.encode_utf16().flat_map(u16::to_le_bytes).collect()
        });
        assert_eq!(refused(&hidden), ["broken-workbook"]);
    }

    #[test]
    fn two_cells_of_one_address_are_refused() {
        let honest = workbook(|sheet| {
            sheet.write(0, 0, 1).unwrap();
        });
        let twice = with_part(&honest, "xl/worksheets/sheet1.xml", |xml| {
            let cell = "<c r=\"A1\"><v>1</v></c>";
            assert!(xml.contains(cell), "{xml}");
            xml.replace(cell, "<c r=\"A1\"><v>1</v></c><c r=\"A1\"><v>2</v></c>").into_bytes()
        });
        assert_eq!(refused(&twice), ["broken-workbook"]);
    }

    #[test]
    fn a_far_corner_cell_costs_nothing() {
        let bytes = workbook(|sheet| {
            sheet.write(0, 0, 1).unwrap();
            sheet.write(1_048_575, 16_383, 2).unwrap();
        });
        let tables = read_workbook_bytes(&bytes).unwrap();
        assert_eq!(tables.sheets[0].rows[1].number, 1_048_576);
        assert_eq!(tables.sheets[0].rows[1].cells[0].column, 16_384);
    }

    #[test]
    fn a_workbook_of_too_many_rows_is_refused() {
        let bytes = workbook(|sheet| {
            (0..=10_000).for_each(|row| {
                sheet.write(row, 0, 1).unwrap();
            });
        });
        assert_eq!(refused(&bytes), ["too-many-rows"]);
    }

    #[test]
    fn a_renamed_old_workbook_is_told_from_one_with_a_password() {
        let old = [OLE_MAGIC, &[0; 504]].concat();
        assert_eq!(refused(&old), ["old-excel"]);
        let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(refused(&[old, name].concat()), ["password-protected"]);
    }

    #[test]
    fn what_is_no_workbook_is_refused() {
        assert_eq!(refused(b""), ["empty-file"]);
        assert_eq!(refused(b"indicator,area,value\n"), ["not-a-zip"]);
        assert_eq!(refused(b"%PDF-1.7\n"), ["pdf-file"]);
        assert_eq!(refused(b"PK\x03\x04 and nothing more"), ["not-a-zip"]);
        assert_eq!(refused(&vec![0; 64 << 20]), ["file-too-large"]);
        let mut empty = zip::ZipWriter::new(Cursor::new(Vec::new()));
        empty.start_file("hello.txt", SimpleFileOptions::default()).unwrap();
        assert_eq!(refused(&empty.finish().unwrap().into_inner()), ["broken-workbook"]);
    }

    #[test]
    fn relatives_of_the_workbook_are_told_how_to_save() {
        let with = |name: &str| {
            let mut parts = zip::ZipWriter::new(Cursor::new(Vec::new()));
            parts.start_file(name, SimpleFileOptions::default()).unwrap();
            parts.finish().unwrap().into_inner()
        };
        assert_eq!(refused(&with("xl/vbaProject.bin")), ["macros"]);
        assert_eq!(refused(&with("xl/workbook.bin")), ["binary-workbook"]);
    }

    #[test]
    fn hidden_columns_are_read_like_any_other() {
        let bytes = workbook(|sheet| {
            sheet.write(0, 1, "藏着的").unwrap();
            sheet.set_column_hidden(1).unwrap();
        });
        assert_eq!(first_row(&bytes), [Content::Text("藏着的".to_owned())]);
    }

    #[test]
    fn a_truncated_or_flipped_workbook_never_panics() {
        let bytes = workbook(|sheet| {
            (0..20).for_each(|row| {
                sheet.write(row, 0, format!("第 {row} 行")).unwrap();
            });
        });
        for end in (0..bytes.len()).step_by(97) {
            assert!(read_workbook_bytes(&bytes[..end]).is_err(), "cut at {end}");
        }
        for at in (0..bytes.len()).step_by(61) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x55;
            // Bytes that nobody reads (times, comments) may change without harm; a panic is what must not come.
            let _ = read_workbook_bytes(&flipped);
        }
    }
}
