//! An answer of the interface as a page: the same tables and sentences as at the terminal, with the form to ask again.

use answers::{Answer, Cell, Part, Table};
use askama::Template;

use crate::bare::Bare;
use crate::frame::filled;

/// A question of the interface.
#[derive(Debug)]
pub struct Question<'a> {
    /// Its name.
    pub title: &'a str,
    /// What it answers.
    pub about: &'a str,
    /// All questions.
    pub questions: Vec<Link<'a>>,
    /// What can be asked.
    pub fields: Vec<Field<'a>>,
    /// The same answer in other forms.
    pub downloads: Vec<Link<'a>>,
}

/// A link.
#[derive(Debug)]
pub struct Link<'a> {
    /// Where to.
    pub href: String,
    /// What it is called.
    pub title: &'a str,
    /// Whether it is the page that is shown.
    pub current: bool,
}

/// A field of the form.
#[derive(Debug)]
pub struct Field<'a> {
    /// The parameter's name.
    pub name: &'a str,
    /// What people call it.
    pub label: &'a str,
    /// What it means.
    pub about: &'a str,
    /// A value.
    pub example: &'a str,
    /// What was asked.
    pub value: String,
    /// Whether there is no answer without it.
    pub required: bool,
}

#[derive(Template)]
#[template(path = "question.html")]
struct QuestionPage<'a> {
    frame: Bare,
    own: &'a Question<'a>,
    marks: &'a [String],
    sentences: Vec<&'a str>,
    tables: Vec<Shown<'a>>,
}

struct Shown<'a> {
    title: &'a str,
    columns: &'a [answers::Column],
    rows: Vec<Vec<Value<'a>>>,
    notes: &'a [String],
}

enum Value<'a> {
    Number(&'a str),
    Text(&'a str),
    Hash(&'a str),
}

/// The page of an answer; `problem` is what is said where there is none.
pub fn question(own: &Question<'_>, answer: Option<&Answer>, problem: &str) -> String {
    let marks = answer.map_or(&[][..], Answer::marks);
    let what_if = marks.iter().any(|mark| mark.starts_with("推演"));
    let parts = answer.map_or(&[][..], Answer::parts).iter();
    let sentences = parts.filter_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        Part::Table(_) => None,
    });
    filled(&QuestionPage {
        frame: Bare::of(own.title, if what_if { "is-what" } else { "" }),
        own,
        marks,
        sentences: sentences.chain([problem]).filter(|text| !text.is_empty()).collect(),
        tables: answer.into_iter().flat_map(Answer::tables).map(shown).collect(),
    })
}

fn shown(table: &Table) -> Shown<'_> {
    let rows = table.rows.iter().map(|row| row.iter().map(value).collect()).collect();
    Shown { title: &table.title, columns: &table.columns, rows, notes: &table.notes }
}

fn value(cell: &Cell) -> Value<'_> {
    match cell {
        Cell::Number(text) => Value::Number(text),
        Cell::Text(text) if is_hash(text) => Value::Hash(text),
        Cell::Text(text) => Value::Text(text),
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
