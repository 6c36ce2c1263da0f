//! An answer: its JSON, its parts for people, its marks.

use serde_json::Value;

use crate::{Table, csv_file, sheet};

/// A part of an answer for people.
#[derive(Clone, Debug)]
pub enum Part {
    /// Sentences.
    Text(String),
    /// A table.
    Table(Table),
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Answer {
    json: Value,
    parts: Vec<Part>,
    marks: Vec<String>,
    finding: bool,
    encoded: Option<projections::Table>,
}

/// Why an answer cannot be given as a sheet.
#[derive(Debug, thiserror::Error)]
pub enum NoSheet {
    /// It has no table.
    #[error("这个结果不是表格，不能写成 CSV 或 Excel。")]
    NoTable,
    /// It does not fit into CSV records.
    #[error("表格不能写成 CSV：{0}")]
    Csv(String),
    /// It has more rows, columns or characters than a sheet holds.
    #[error("表格不能写成 Excel：{0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
}

impl Answer {
    /// An answer of nothing but its JSON; parts for people are added.
    #[must_use]
    pub const fn new(json: Value) -> Self {
        Self { json, parts: Vec::new(), marks: Vec::new(), finding: false, encoded: None }
    }

    /// Adds sentences.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.parts.push(Part::Text(text.into()));
        self
    }

    /// Adds a member to the JSON, which is an object.
    #[must_use]
    pub fn also(mut self, member: &str, value: Value) -> Self {
        self.json[member] = value;
        self
    }

    /// Adds a table.
    #[must_use]
    pub fn table(mut self, table: Table) -> Self {
        self.parts.push(Part::Table(table));
        self
    }

    /// Adds a mark that every way of giving the answer shows: 演示数据, 推演·非正式.
    #[must_use]
    pub fn mark(mut self, mark: impl Into<String>) -> Self {
        self.marks.push(mark.into());
        self
    }

    /// Says that something is wrong with the data if `found`.
    #[must_use]
    pub const fn finding_if(mut self, found: bool) -> Self {
        self.finding |= found;
        self
    }

    /// Adds the published table that the answer is, in its canonical bytes.
    #[must_use]
    pub fn encoded(mut self, table: projections::Table) -> Self {
        self.encoded = Some(table);
        self
    }

    /// The published table that the answer is, in its canonical bytes; none where it is no such table.
    #[must_use]
    pub const fn canonical(&self) -> Option<&projections::Table> {
        self.encoded.as_ref()
    }

    /// Whether something is wrong with the data.
    #[must_use]
    pub const fn has_finding(&self) -> bool {
        self.finding
    }

    /// The parts for people, in order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// What must never be missed.
    #[must_use]
    pub fn marks(&self) -> &[String] {
        &self.marks
    }

    /// The tables among the parts.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.parts.iter().filter_map(|part| match part {
            Part::Table(table) => Some(table),
            Part::Text(_) => None,
        })
    }

    /// The JSON for programs, indented, with a line feed at its end.
    ///
    /// # Panics
    /// Never: a JSON value is JSON.
    #[must_use]
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.json).expect("a JSON value is JSON");
        text.push('\n');
        text
    }

    /// The tables as CSV; `for_file` begins with a byte order mark, which spreadsheets ask for and a screen does not.
    ///
    /// # Errors
    /// [`NoSheet::NoTable`], [`NoSheet::Csv`].
    pub fn csv(&self, for_file: bool) -> Result<Vec<u8>, NoSheet> {
        self.require_tables()?;
        csv_file::bytes(self, for_file)
    }

    /// The tables as an Excel workbook, one sheet each.
    ///
    /// # Errors
    /// [`NoSheet::NoTable`], [`NoSheet::Workbook`].
    pub fn xlsx(&self) -> Result<Vec<u8>, NoSheet> {
        self.require_tables()?;
        Ok(sheet::bytes(self)?)
    }

    fn require_tables(&self) -> Result<(), NoSheet> {
        self.tables().next().map(|_| ()).ok_or(NoSheet::NoTable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_a_table_is_no_sheet() {
        let answer = Answer::new(Value::Null).text("一句话");
        assert!(matches!(answer.csv(true), Err(NoSheet::NoTable)));
        assert!(matches!(answer.xlsx(), Err(NoSheet::NoTable)));
    }

    #[test]
    fn a_finding_is_not_taken_back() {
        let answer = Answer::new(Value::Null).finding_if(true).finding_if(false);
        assert!(answer.has_finding());
    }
}
