//! A table before it is given in any of the ways.

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A decimal number as it is to be shown; right-aligned, and a number in a spreadsheet.
    Number(String),
}

impl Cell {
    /// A number, or a dash where there is none.
    #[must_use]
    pub fn number_or_dash(number: Option<impl ToString>) -> Self {
        number.map_or_else(|| Self::Text("—".to_owned()), |number| Self::Number(number.to_string()))
    }

    /// What is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(text) | Self::Number(text) => text,
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// A heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What it says.
    pub heading: String,
}

/// A table with the words around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What it shows; also the sheet's name.
    pub title: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
    /// Sentences under it, such as its token.
    pub notes: Vec<String>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new<H: Into<String>>(title: impl Into<String>, headings: impl IntoIterator<Item = H>) -> Self {
        let columns = headings.into_iter().map(|heading| Column { heading: heading.into() }).collect();
        Self { title: title.into(), columns, rows: Vec::new(), notes: Vec::new() }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// When it has not as many cells as there are columns.
    pub fn row<C: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = C>) {
        let cells: Vec<Cell> = cells.into_iter().map(Into::into).collect();
        assert_eq!(cells.len(), self.columns.len(), "a cell for each column of {}", self.title);
        self.rows.push(cells);
    }

    /// Adds a sentence under the table.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}
