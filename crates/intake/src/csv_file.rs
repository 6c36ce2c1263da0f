//! CSV files: encoding, quoting, rows. Knows nothing of what columns mean.

use crate::problem::{IntakeProblem, IntakeProblemKind as Kind, Place};
use crate::table::{
    Cell, Content, MAX_CELL_CHARS, MAX_CELLS, MAX_FILE_BYTES, MAX_ROWS, Row, Sheet, Tables, trimmed,
};

/// Reads a CSV file into one table.
///
/// UTF-8 with or without a byte order mark is read as it is. Other text is decoded as GB 18030, the superset of GBK
/// in which spreadsheet programs in Chinese save CSV files by default, if every byte of it is valid there;
/// [`Tables::from_gbk`] then says so. The separator is a comma, or a tab or semicolon if the first line has no comma.
///
/// # Errors
/// Every problem found: an empty or too large file, UTF-16, unreadable text, NUL bytes, too many rows or cells,
/// cells that are too long.
pub fn read_csv_bytes(bytes: &[u8]) -> Result<Tables, Vec<IntakeProblem>> {
    let one = |kind| vec![IntakeProblem::file(kind)];
    if bytes.len() > MAX_FILE_BYTES {
        return Err(one(Kind::FileTooLarge { bytes: bytes.len(), limit: MAX_FILE_BYTES }));
    }
    let (text, from_gbk) = decode(bytes).map_err(one)?;
    if trimmed(&text).is_empty() {
        return Err(one(Kind::EmptyFile {}));
    }
    let rows = rows(&text)?;
    Ok(Tables { sheets: vec![Sheet { rows, ..Sheet::default() }], from_gbk })
}

fn decode(bytes: &[u8]) -> Result<(String, bool), Kind> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Kind::Utf16 {});
    }
    if bytes.contains(&0) {
        // Latin text in UTF-16 has a zero in every other byte, even without its mark.
        let zeros = bytes.iter().filter(|byte| **byte == 0).count();
        return Err(if zeros * 3 > bytes.len() { Kind::Utf16 {} } else { Kind::NulByte {} });
    }
    let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(plain) {
        Ok(text) => Ok((text.to_owned(), false)),
        Err(_) => encoding_rs::GB18030
            .decode_without_bom_handling_and_without_replacement(bytes)
            .map(|text| (text.into_owned(), true))
            .ok_or(Kind::BadEncoding {}),
    }
}

fn rows(text: &str) -> Result<Vec<Row>, Vec<IntakeProblem>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let (mut rows, mut problems, mut cells) = (Vec::new(), Vec::new(), 0);
    let mut lines = LineCount::of(text);
    for record in reader.records() {
        let record = record
            .map_err(|error| vec![IntakeProblem::file(Kind::BrokenCsv { reason: error.to_string() })])?;
        let line = record.position().map_or(0, |start| lines.first_line(start));
        let row = row(u32::try_from(line).unwrap_or(u32::MAX), &record, &mut problems);
        cells += row.cells.len();
        if !row.cells.is_empty() {
            rows.push(row);
        }
        if rows.len() > MAX_ROWS {
            return Err(vec![IntakeProblem::file(Kind::TooManyRows { limit: MAX_ROWS })]);
        }
        if cells > MAX_CELLS {
            return Err(vec![IntakeProblem::file(Kind::TooManyCells { limit: MAX_CELLS })]);
        }
    }
    if problems.is_empty() { Ok(rows) } else { Err(problems) }
}

fn row(number: u32, record: &csv::StringRecord, problems: &mut Vec<IntakeProblem>) -> Row {
    let mut cells = Vec::new();
    for (column, text) in (1..).zip(record.iter().map(trimmed)).filter(|(_, text)| !text.is_empty()) {
        if text.chars().count() > MAX_CELL_CHARS {
            let place = Place::cell("", number, Some((column, "")));
            problems.push(IntakeProblem::new(place, Kind::CellTooLong { limit: MAX_CELL_CHARS }));
        } else {
            cells.push(Cell { column, content: Content::Text(text.to_owned()) });
        }
    }
    Row { number, cells }
}

/// Counts lines as editors show them: LF, CR LF, and a CR alone each end one.
///
/// The reader ends a record at a CR alone too, but its own count of lines does not.
struct LineCount<'a> {
    text: &'a [u8],
    counted: usize,
    line: u64,
}

impl<'a> LineCount<'a> {
    fn of(text: &'a str) -> Self {
        Self { text: text.as_bytes(), counted: 0, line: 1 }
    }

    /// The line on which a record's text starts; the reader's position is before blank lines that it skips.
    fn first_line(&mut self, start: &csv::Position) -> u64 {
        let from = usize::try_from(start.byte()).map_or(self.text.len(), |byte| byte.min(self.text.len()));
        let blank = self.text[from..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = &self.text[self.counted..from + blank];
        let ends = passed.iter().zip(passed.iter().skip(1).chain([&0])).filter(|pair| match pair {
            (b'\r', next) => **next != b'\n',
            (byte, _) => **byte == b'\n',
        });
        self.line += ends.count() as u64;
        self.counted = from + blank;
        self.line
    }
}

fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    if first.contains(',') {
        b','
    } else if first.contains('\t') {
        b'\t'
    } else if first.contains(';') {
        b';'
    } else {
        b','
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(tables: &Tables) -> Vec<Vec<&str>> {
        fn text(cell: &Cell) -> &str {
            let Content::Text(text) = &cell.content else { panic!("a CSV file holds text only") };
            text
        }
        tables.sheets[0].rows.iter().map(|row| row.cells.iter().map(text).collect()).collect()
    }

    fn refused(bytes: &[u8]) -> Vec<&'static str> {
        let problems = read_csv_bytes(bytes).expect_err("must be refused");
        problems.iter().map(|problem| problem.kind.code()).collect()
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_first_header() {
        let with = read_csv_bytes("\u{feff}指标代码,数值\na,1\n".as_bytes()).unwrap();
        let without = read_csv_bytes("指标代码,数值\na,1\n".as_bytes()).unwrap();
        assert_eq!(with, without);
        assert_eq!(texts(&with), [["指标代码", "数值"], ["a", "1"]]);
    }

    #[test]
    fn gbk_is_decoded_and_said() {
        let (bytes, _, _) = encoding_rs::GBK.encode("指标代码,数值\r\n网络零售额,4.10\r\n");
        let tables = read_csv_bytes(&bytes).unwrap();
        assert!(tables.from_gbk);
        assert_eq!(texts(&tables), [["指标代码", "数值"], ["网络零售额", "4.10"]]);
    }

    #[test]
    fn utf16_is_told_how_to_save() {
        let little: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("指标".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(refused(&little), ["utf-16"]);
        let unmarked: Vec<u8> = "indicator,value".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(refused(&unmarked), ["utf-16"]);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(refused(b""), ["empty-file"]);
        assert_eq!(refused(b"\xef\xbb\xbf \r\n"), ["empty-file"]);
        assert_eq!(refused(b"indicator,value\na,\x001\n"), ["nul-byte"]);
        assert_eq!(refused(b"a,\xff\xff\xff"), ["bad-encoding"]);
    }

    #[test]
    fn a_file_of_64_megabytes_is_refused_unread() {
        assert_eq!(refused(&vec![b'a'; 64 << 20]), ["file-too-large"]);
    }

    #[test]
    fn a_million_rows_are_refused() {
        assert_eq!(refused("a,1\n".repeat(1_000_000).as_bytes()), ["too-many-rows"]);
    }

    #[test]
    fn a_cell_without_end_is_named() {
        let long = format!("a,b\n1,{}\n", "字".repeat(MAX_CELL_CHARS + 1));
        let problems = read_csv_bytes(long.as_bytes()).unwrap_err();
        assert_eq!(problems[0].place, Place::cell("", 2, Some((2, ""))));
    }

    #[test]
    fn rows_keep_the_line_they_start_on() {
        let tables = read_csv_bytes(b"a,b\n\n\"two\nlines\",2\nlast,3\n").unwrap();
        let numbers: Vec<u32> = tables.sheets[0].rows.iter().map(|row| row.number).collect();
        assert_eq!(numbers, [1, 3, 5]);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let _ = read_csv_bytes(&bytes);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "[\\PC,\"\n\t;]{0,200}") {
            let _ = read_csv_bytes(text.as_bytes());
        }
    }

    /// Found by fuzzing: two rows had one number.
    #[test]
    fn a_carriage_return_alone_ends_a_line() {
        let tables = read_csv_bytes(b"a,b\rc,\"d\re\"\r\nf,g\n\n\rh,i\n").unwrap();
        let numbers: Vec<u32> = tables.sheets[0].rows.iter().map(|row| row.number).collect();
        assert_eq!(numbers, [1, 2, 4, 7]);
    }
}
