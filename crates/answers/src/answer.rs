//! An answer: a JSON value for programs and parts for people, made from the same data.
//!
//! What must never be missed (演示数据, 推演·非正式) is a mark of the answer, so that no way of giving it can leave it out.

use serde_json::Value;

use crate::Table;

/// A part of an answer for people.
#[derive(Clone, Debug)]
pub enum Part {
    /// Sentences.
    Text(String),
    /// A table.
    Table(Table),
}

/// What a question or a command answers.
#[derive(Clone, Debug)]
pub struct Answer {
    json: Value,
    parts: Vec<Part>,
    marks: Vec<String>,
    finding: bool,
    encoded: Option<projections::Table>,
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

    /// Says that something is wrong with the data, if `found`.
    #[must_use]
    pub const fn finding_if(mut self, found: bool) -> Self {
        self.finding |= found;
        self
    }

    /// Adds the canonical bytes of the table that was asked for.
    #[must_use]
    pub fn encoded(mut self, table: projections::Table) -> Self {
        self.encoded = Some(table);
        self
    }

    /// The value for programs.
    #[must_use]
    pub const fn json(&self) -> &Value {
        &self.json
    }

    /// The parts for people.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The marks.
    #[must_use]
    pub fn marks(&self) -> &[String] {
        &self.marks
    }

    /// Whether something is wrong with the data.
    #[must_use]
    pub const fn is_finding(&self) -> bool {
        self.finding
    }

    /// The table in canonical bytes, where the answer is one of the published tables.
    #[must_use]
    pub const fn canonical(&self) -> Option<&projections::Table> {
        self.encoded.as_ref()
    }

    /// The tables among the parts.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.parts.iter().filter_map(|part| match part {
            Part::Table(table) => Some(table),
            Part::Text(_) => None,
        })
    }
}
