//! Tables as they stand in a file: rows of cells with their positions, before anything is understood.

/// The largest file that is read, in bytes.
pub const MAX_FILE_BYTES: usize = 8 << 20;
/// The most rows with content in one sheet.
pub const MAX_ROWS: usize = 10_000;
/// The most cells with content in one file.
pub const MAX_CELLS: usize = 200_000;
/// The longest cell, in characters.
pub const MAX_CELL_CHARS: usize = 8_000;

/// What a cell holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text as typed, without blanks around it.
    Text(String),
    /// A binary number of a workbook, as the shortest decimal text that reads back as the same number.
    Number(String),
    /// A workbook's date, `YYYY-MM-DD`; a time of day is kept behind it, so that it is no plain date any more.
    Date(String),
    /// A formula; its cached result is not read.
    Formula,
    /// An error value such as `#N/A`.
    Error(String),
    /// A truth value.
    Boolean,
}

impl Content {
    /// The text as it stands in the cell; a formula and a truth value have none.
    #[must_use]
    pub fn shown(&self) -> &str {
        match self {
            Self::Text(text) | Self::Number(text) | Self::Date(text) | Self::Error(text) => text,
            Self::Formula | Self::Boolean => "",
        }
    }
}

/// A cell with content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// 1-based.
    pub column: u32,
    /// What it holds.
    pub content: Content,
}

/// A row with content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// 1-based; in a CSV file the line on which the record starts.
    pub number: u32,
    /// Its cells by column.
    pub cells: Vec<Cell>,
}

/// A rectangle of merged cells, 1-based and inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merged {
    /// First row and column.
    pub from: (u32, u32),
    /// Last row and column.
    pub to: (u32, u32),
}

/// A sheet of a workbook, or a CSV file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Its name; empty for a CSV file.
    pub name: String,
    /// Rows with content, by number.
    pub rows: Vec<Row>,
    /// Merged cells.
    pub merged: Vec<Merged>,
}

/// A file as tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// Its sheets in order; exactly one for a CSV file.
    pub sheets: Vec<Sheet>,
    /// Whether the text was decoded from GBK (GB 18030).
    pub from_gbk: bool,
}

impl Tables {
    /// A sheet by its name.
    #[must_use]
    pub fn sheet(&self, name: &str) -> Option<&Sheet> {
        self.sheets.iter().find(|sheet| sheet.name == name)
    }
}

/// Text without the blanks around it, the ideographic space and the no-break space included.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
}
