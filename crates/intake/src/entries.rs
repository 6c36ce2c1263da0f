//! From a table to entries: which column is which, and what each row has in it. Knows column names, not the ledger.

use std::collections::{BTreeMap, BTreeSet};

use crate::problem::{IntakeProblem, IntakeProblemKind as Kind, Place, column_letters};
use crate::table::{Cell, Content, Merged, Row, Sheet};

macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident => $chinese:literal, $english:literal, $input:literal;)*) => {
        /// A column of the form. CSV files may use the Chinese or the English header.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Column { $($(#[$doc])* $name,)* }

        impl Column {
            /// All columns in the order of the form.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The Chinese header.
            #[must_use]
            pub const fn chinese(self) -> &'static str {
                match self { $(Self::$name => $chinese,)* }
            }

            /// The English header, which is also the member's name in JSON.
            #[must_use]
            pub const fn english(self) -> &'static str {
                match self { $(Self::$name => $english,)* }
            }

            /// Whether the unit fills it in.
            #[must_use]
            pub const fn is_input(self) -> bool {
                match self { $(Self::$name => $input,)* }
            }
        }
    };
}

columns! {
    /// The indicator's id.
    Indicator => "指标代码", "indicator", false;
    /// Group and row name, for people; not read.
    IndicatorName => "指标", "indicator_name", false;
    /// The area's id.
    Area => "地区代码", "area", false;
    /// The area's name, for people; not read.
    AreaName => "地区", "area_name", false;
    /// The unit of measure; where present it must be the indicator's own.
    Measure => "计量单位", "measure", false;
    /// The year's target as printed, for people; not read.
    TargetRaw => "本年目标（原文）", "target_raw", false;
    /// The year's target as understood, for people; not read.
    Target => "本年目标", "target", false;
    /// The last value, for people; not read.
    LastValue => "上次数值", "last_value", false;
    /// The day of the last value, for people; not read.
    LastAsAt => "上次截止日", "last_as_at", false;
    /// The status of the last value, for people; not read.
    LastStatus => "上次状态", "last_status", false;
    /// The day the value was attained.
    AsAt => "数据截止日", "as_at", false;
    /// The value.
    Value => "数值", "value", true;
    /// How firm it is.
    Status => "数据状态", "status", true;
    /// Why there is no value.
    Absence => "无数原因", "absence", true;
    /// The reason with which warnings about this row are confirmed.
    Confirmation => "提醒确认", "confirmation", true;
    /// Why a figure on record is corrected.
    CorrectionReason => "更正原因", "correction_reason", true;
    /// Whether the correction is material.
    Material => "是否实质更正", "material", true;
    /// What people should know about the correction.
    Note => "更正说明", "note", true;
    /// BLAKE3 hashes of the documents that show the correction to be right.
    Evidence => "佐证哈希", "evidence", true;
}

impl Column {
    fn of_header(text: &str) -> Option<Self> {
        let is = |column: &Self| column.chinese() == text || column.english().eq_ignore_ascii_case(text);
        Self::ALL.iter().copied().find(is)
    }

    /// Columns without which a table is no form.
    const REQUIRED: [Self; 4] = [Self::Indicator, Self::Area, Self::Value, Self::Status];

    /// Columns that only help people; whatever stands there is not read.
    pub(crate) const fn is_for_people(self) -> bool {
        matches!(
            self,
            Self::IndicatorName
                | Self::AreaName
                | Self::TargetRaw
                | Self::Target
                | Self::LastValue
                | Self::LastAsAt
                | Self::LastStatus
        )
    }

    /// Columns with free text, which a spreadsheet program could later take for a formula.
    const fn is_free_text(self) -> bool {
        matches!(self, Self::Confirmation | Self::Note)
    }
}

/// Where an entry stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Spot {
    /// A row of a table, with the number of each column; the sheet's name is empty for a CSV file.
    Row { sheet: String, row: u32, columns: BTreeMap<Column, u32> },
    /// An object of a JSON document.
    Json(String),
}

/// A row of a form with something filled in, or the object in a JSON document that says the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    spot: Spot,
    cells: BTreeMap<Column, Content>,
}

impl Entry {
    /// What stands in a column; nothing when it is empty.
    #[must_use]
    pub fn get(&self, column: Column) -> Option<&Content> {
        self.cells.get(&column)
    }

    /// Where a column of this row stands in the file.
    #[must_use]
    pub fn place(&self, column: Column) -> Place {
        match &self.spot {
            Spot::Row { sheet, row, columns } => {
                let number = columns.get(&column);
                Place::cell(sheet, *row, number.map(|number| (*number, column.chinese())))
            }
            Spot::Json(path) if self.cells.contains_key(&column) => {
                Place::Json(format!("{path}.{}", column.english()))
            }
            Spot::Json(path) => Place::Json(path.clone()),
        }
    }

    /// Where the row stands in the file.
    #[must_use]
    pub fn whole(&self) -> Place {
        match &self.spot {
            Spot::Row { sheet, row, .. } => Place::cell(sheet, *row, None),
            Spot::Json(path) => Place::Json(path.clone()),
        }
    }

    /// The object of a JSON document at `path`.
    pub(crate) const fn of_json(path: String, cells: BTreeMap<Column, Content>) -> Self {
        Self { spot: Spot::Json(path), cells }
    }

    /// The answer to a second entry for what this one speaks of.
    pub(crate) fn repeated(&self) -> Kind {
        match &self.spot {
            Spot::Row { row, .. } => Kind::DuplicateRow { first: *row },
            Spot::Json(path) => Kind::DuplicateEntry { first: path.clone() },
        }
    }
}

/// What a table has in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries {
    /// Rows with an input cell filled, in order.
    pub filled: Vec<Entry>,
    /// How many rows name an indicator but have nothing filled in.
    pub blank: usize,
}

/// Finds the header and reads the rows below it.
///
/// Rows above the header are titles and are passed over. Rows in which no input column is filled are counted only.
///
/// # Errors
/// Every problem found: a missing header or column, an unknown or repeated column, text outside the columns,
/// formulas, error values, truth values, merged cells, and free text that a spreadsheet program would run.
pub fn read_entries(sheet: &Sheet) -> Result<Entries, Vec<IntakeProblem>> {
    let Some(at) = sheet.rows.iter().position(is_header) else {
        let place = if sheet.name.is_empty() { Place::File } else { Place::Sheet(sheet.name.clone()) };
        let expected = "指标代码、地区代码、数值、数据状态";
        return Err(vec![IntakeProblem::new(place, Kind::HeaderMissing { expected })]);
    };
    let mut reading =
        Reading { sheet, columns: BTreeMap::new(), refused: BTreeSet::new(), problems: Vec::new() };
    reading.read_header(&sheet.rows[at]);
    let mut entries = Entries::default();
    for row in &sheet.rows[at + 1..] {
        reading.read_row(row, &mut entries);
    }
    reading.check_merged(sheet.rows[at].number);
    if reading.problems.is_empty() { Ok(entries) } else { Err(reading.problems) }
}

fn is_header(row: &Row) -> bool {
    let named = |wanted: Column| row.cells.iter().any(|cell| header_of(cell) == Some(wanted));
    named(Column::Indicator) || (named(Column::Value) && named(Column::Area))
}

fn header_of(cell: &Cell) -> Option<Column> {
    let Content::Text(text) = &cell.content else { return None };
    Column::of_header(text)
}

struct Reading<'a> {
    sheet: &'a Sheet,
    columns: BTreeMap<u32, Column>,
    /// Columns whose header was refused; what stands below it is not refused again.
    refused: BTreeSet<u32>,
    problems: Vec<IntakeProblem>,
}

impl Reading<'_> {
    fn problem(&mut self, row: u32, column: Option<(u32, &str)>, kind: Kind) {
        self.problems.push(IntakeProblem::new(Place::cell(&self.sheet.name, row, column), kind));
    }

    fn read_header(&mut self, row: &Row) {
        for cell in &row.cells {
            match header_of(cell) {
                Some(column) if self.columns.values().any(|own| *own == column) => {
                    let name = column.chinese().to_owned();
                    self.refused.insert(cell.column);
                    self.problem(row.number, Some((cell.column, "")), Kind::ColumnTwice { name });
                }
                Some(column) => {
                    self.columns.insert(cell.column, column);
                }
                None => {
                    let name = shown(&cell.content);
                    self.refused.insert(cell.column);
                    self.problem(row.number, Some((cell.column, "")), Kind::ColumnUnknown { name });
                }
            }
        }
        for required in Column::REQUIRED {
            if !self.columns.values().any(|own| *own == required) {
                self.problem(row.number, None, Kind::ColumnMissing { name: required.chinese() });
            }
        }
    }

    fn read_row(&mut self, row: &Row, entries: &mut Entries) {
        let columns = self.columns.iter().map(|(number, column)| (*column, *number)).collect();
        let spot = Spot::Row { sheet: self.sheet.name.clone(), row: row.number, columns };
        let mut entry = Entry { spot, cells: BTreeMap::new() };
        for cell in &row.cells {
            match self.columns.get(&cell.column).copied() {
                Some(column) if column.is_for_people() => {}
                Some(column) => {
                    self.check_cell(row.number, cell, column);
                    entry.cells.insert(column, cell.content.clone());
                }
                None if self.refused.contains(&cell.column) => {}
                None => {
                    let text = shown(&cell.content);
                    self.problem(row.number, Some((cell.column, "")), Kind::StrayText { text });
                }
            }
        }
        if entry.cells.keys().any(|column| column.is_input()) {
            entries.filled.push(entry);
        } else if entry.cells.contains_key(&Column::Indicator) {
            entries.blank += 1;
        }
    }

    fn check_cell(&mut self, row: u32, cell: &Cell, column: Column) {
        if let Some(kind) = refusal(&cell.content, column) {
            self.problem(row, Some((cell.column, column.chinese())), kind);
        }
    }

    /// Merged cells hide which row a value belongs to; above the table they are titles.
    fn check_merged(&mut self, header: u32) {
        let inside = |merged: &&Merged| {
            let columns = self.columns.keys();
            merged.to.0 >= header && columns.clone().any(|own| (merged.from.1..=merged.to.1).contains(own))
        };
        let found: Vec<Merged> = self.sheet.merged.iter().filter(inside).copied().collect();
        for Merged { from, to } in found {
            let name = |(row, column): (u32, u32)| format!("{}{row}", column_letters(column));
            let range = format!("{}:{}", name(from), name(to));
            self.problem(from.0, Some((from.1, "")), Kind::MergedCell { range });
        }
    }
}

/// Why content is refused, whatever else the row says.
pub(crate) fn refusal(content: &Content, column: Column) -> Option<Kind> {
    match content {
        Content::Formula => Some(Kind::FormulaCell {}),
        Content::Error(text) => Some(Kind::ErrorCell { text: text.clone() }),
        Content::Boolean => Some(Kind::BooleanCell {}),
        Content::Text(text) if text.contains(is_control) => Some(Kind::ControlCharacter {}),
        Content::Text(text) if column.is_free_text() && text.starts_with(['=', '+', '-', '@']) => {
            Some(Kind::FormulaText { text: text.clone() })
        }
        Content::Text(_) | Content::Number(_) | Content::Date(_) => None,
    }
}

/// Characters that nobody sees; line ends and tabs are none of them.
pub(crate) fn is_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t')
}

fn shown(content: &Content) -> String {
    match content {
        Content::Text(text) | Content::Number(text) | Content::Date(text) | Content::Error(text) => {
            text.chars().take(40).collect()
        }
        Content::Formula => "公式".to_owned(),
        Content::Boolean => "逻辑值".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_csv_bytes;

    const HEADER: &str = "指标代码,地区代码,计量单位,数值,数据状态,提醒确认";

    fn read(text: &str) -> Result<Entries, Vec<IntakeProblem>> {
        read_entries(&read_csv_bytes(text.as_bytes()).unwrap().sheets[0])
    }

    fn told(text: &str) -> Vec<String> {
        read(text).expect_err("must be answered").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_row_is_known_by_its_headers_whatever_their_order_or_language() {
        let chinese = read("数值,指标代码,地区代码,数据状态\n4.10,retail,guixi,快报\n").unwrap();
        let english = read("value,indicator,area,status\n4.10,retail,guixi,快报\n").unwrap();
        assert_eq!(chinese, english);
        let row = &chinese.filled[0];
        assert_eq!(row.get(Column::Value), Some(&Content::Text("4.10".to_owned())));
        assert_eq!(row.place(Column::Value).to_string(), "第 2 行第 1 列（数值）");
    }

    #[test]
    fn rows_left_blank_are_counted_not_reported() {
        let entries = read(&format!("{HEADER}\na,x,个,,,\nb,x,个,1,快报,\n")).unwrap();
        assert_eq!((entries.filled.len(), entries.blank), (1, 1));
    }

    #[test]
    fn all_problems_are_listed_not_only_the_first() {
        let found = told("指标代码,地区代码,数值,数值,心情\na,x,1,2,好,多余\n");
        assert_eq!(found.len(), 4, "{found:#?}");
        assert!(found[0].contains("“数值”列出现了两次"));
        assert!(found[1].contains("不认识的列“心情”"));
        assert!(found[2].contains("表头缺少“数据状态”列"));
        assert!(found[3].starts_with("第 2 行第 6 列：表格以外有内容“多余”"));
    }

    #[test]
    fn a_table_without_a_header_is_told_what_one_looks_like() {
        assert!(told("a,x,1\nb,x,2\n")[0].contains("指标代码、地区代码、数值、数据状态"));
    }

    #[test]
    fn text_that_a_spreadsheet_would_run_is_refused() {
        for text in ["=HYPERLINK(1)", "+1", "-补报", "@SUM(A1)"] {
            let found = read(&format!("{HEADER}\na,x,个,1,快报,{text}\n")).unwrap_err();
            assert_eq!(found[0].kind.code(), "formula-text", "{text}");
        }
    }

    #[test]
    fn an_invisible_character_is_named() {
        let found = read(&format!("{HEADER}\na,x,个,1\u{7},快报,\n")).unwrap_err();
        assert_eq!(found[0].kind.code(), "control-character");
    }

    #[test]
    fn a_formula_is_refused_with_its_address() {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let sheet = workbook.add_worksheet().set_name("数据").unwrap();
        sheet.write_row(0, 0, ["指标代码", "地区代码", "数值", "数据状态"]).unwrap();
        sheet.write_row(1, 0, ["retail", "guixi"]).unwrap();
        sheet.write(1, 2, rust_xlsxwriter::Formula::new("=1+1").set_result("2")).unwrap();
        sheet.merge_range(2, 0, 3, 0, "合并", &rust_xlsxwriter::Format::new()).unwrap();
        let tables = crate::read_workbook_bytes(&workbook.save_to_buffer().unwrap()).unwrap();
        let found = read_entries(&tables.sheets[0]).unwrap_err();
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(found[0].starts_with("工作表“数据”第 2 行 C 列（数值）：这一格是公式"), "{found:#?}");
        assert!(found[1].contains("A3:A4 是合并单元格"), "{found:#?}");
    }
}
