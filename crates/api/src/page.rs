//! Pages: an answer for people, without script. What it says is what the terminal says; the axes stand in the address.

use std::sync::LazyLock;

use answers::{Answer, Cell, Part, Table};
use askama::Template;

use crate::operations::{OPERATIONS, Operation};
use crate::parameters::{AXES, Parameter};
use crate::problem::Problem;

/// The stylesheet.
pub const STYLESHEET: &str = include_str!("../assets/style.css");

/// Its path: another file has another name, so that browsers may keep it for good.
pub static STYLESHEET_PATH: LazyLock<String> =
    LazyLock::new(|| format!("/assets/{}.css", &blake3::hash(STYLESHEET.as_bytes()).to_hex()[..16]));

/// Names the axes for people.
const LABELS: [(&str, &str); 13] = [
    ("plan", "方案"),
    ("as_of", "统计截止日"),
    ("known_at", "认知时点"),
    ("rules", "规则"),
    ("without", "推演：略去事件"),
    ("token", "可复算标识"),
    ("indicator", "指标"),
    ("area", "地区"),
    ("unit", "单位"),
    ("period", "报送期"),
    ("submission", "报送编号"),
    ("from", "从标识"),
    ("to", "到标识"),
];

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    title: &'a str,
    about: &'a str,
    stylesheet: &'a str,
    what_if: bool,
    menu: Vec<Link<'a>>,
    marks: &'a [String],
    fields: Vec<Field<'a>>,
    sentences: Vec<&'a str>,
    tables: Vec<ShownTable<'a>>,
    downloads: Vec<Link<'a>>,
}

struct Link<'a> {
    href: String,
    title: &'a str,
    current: bool,
}

struct Field<'a> {
    name: &'a str,
    label: &'a str,
    about: &'a str,
    example: &'a str,
    value: String,
    required: bool,
}

struct ShownTable<'a> {
    title: &'a str,
    columns: &'a [answers::Column],
    rows: Vec<Vec<Shown<'a>>>,
    notes: &'a [String],
}

enum Shown<'a> {
    Number(&'a str),
    Text(&'a str),
    Hash(&'a str),
}

/// An answer as a page.
pub fn answer(operation: &Operation, answer: &Answer, query: &str) -> String {
    let sentences = answer.parts().iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        Part::Table(_) => None,
    });
    render(&Page {
        title: operation.title,
        about: operation.about,
        stylesheet: &STYLESHEET_PATH,
        what_if: answer.marks().iter().any(|mark| mark.starts_with("推演")),
        menu: menu(operation, query),
        marks: answer.marks(),
        fields: fields(operation, query),
        sentences: sentences.collect(),
        tables: answer.tables().map(shown_table).collect(),
        downloads: downloads(operation, answer, query),
    })
}

/// A problem as a page: what happened, and the form to ask again.
pub fn problem(operation: Option<&Operation>, problem: &Problem, query: &str) -> String {
    render(&Page {
        title: problem.title(),
        about: problem.detail(),
        stylesheet: &STYLESHEET_PATH,
        what_if: false,
        menu: operation.map_or_else(whole_menu, |operation| menu(operation, query)),
        marks: &[],
        fields: operation.map(|operation| fields(operation, query)).unwrap_or_default(),
        sentences: vec!["账本没有任何改动。"],
        tables: Vec::new(),
        downloads: Vec::new(),
    })
}

fn render(page: &Page<'_>) -> String {
    page.render().expect("a string takes every character")
}

/// The axes are kept from page to page; what belongs to one question is not.
fn menu<'a>(current: &Operation, query: &str) -> Vec<Link<'a>> {
    let axes = kept(query, |name| AXES.iter().any(|axis| axis.name == name));
    OPERATIONS
        .iter()
        .map(|own| Link {
            href: href(own, if own.has_axes { &axes } else { "" }),
            title: own.title,
            current: own.id == current.id,
        })
        .collect()
}

fn whole_menu<'a>() -> Vec<Link<'a>> {
    OPERATIONS.iter().map(|own| Link { href: href(own, ""), title: own.title, current: false }).collect()
}

fn href(operation: &Operation, query: &str) -> String {
    let mark = if query.is_empty() { "" } else { "?" };
    format!("/v1{}{mark}{query}", operation.path)
}

/// The part of a query whose names are wanted.
fn kept(query: &str, wanted: impl Fn(&str) -> bool) -> String {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let pairs = pairs.filter(|(name, value)| wanted(name) && !value.is_empty());
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn fields<'a>(operation: &Operation, query: &str) -> Vec<Field<'a>> {
    let axes: &[Parameter] = if operation.has_axes { &AXES } else { &[] };
    operation.parameters.iter().chain(axes).map(|parameter| field(parameter, query)).collect()
}

fn field<'a>(parameter: &Parameter, query: &str) -> Field<'a> {
    let Parameter { name, about, example, required } = *parameter;
    let label = LABELS.iter().find(|(own, _)| *own == name).map_or(about, |(_, label)| label);
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(own, _)| own == name);
    let value = values.next().map(|(_, value)| value.into_owned()).unwrap_or_default();
    Field { name, label, about, example, value, required }
}

fn shown_table(table: &Table) -> ShownTable<'_> {
    let rows = table.rows.iter().map(|row| row.iter().map(shown).collect()).collect();
    ShownTable { title: &table.title, columns: &table.columns, rows, notes: &table.notes }
}

fn shown(cell: &Cell) -> Shown<'_> {
    match cell {
        Cell::Number(text) => Shown::Number(text),
        Cell::Text(text) if is_hash(text) => Shown::Hash(text),
        Cell::Text(text) => Shown::Text(text),
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn downloads<'a>(operation: &Operation, answer: &Answer, query: &str) -> Vec<Link<'a>> {
    let query = kept(query, |name| name != "format");
    let mut forms = vec![("json", "JSON"), ("csv", "CSV"), ("xlsx", "Excel")];
    if answer.canonical().is_some() {
        forms.push(("canonical", "规范字节（可核对表根）"));
    }
    let link = |(form, title)| {
        let joint = if query.is_empty() { "" } else { "&" };
        Link { href: href(operation, &format!("{query}{joint}format={form}")), title, current: false }
    };
    forms.into_iter().map(link).collect()
}
