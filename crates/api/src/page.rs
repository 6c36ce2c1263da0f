//! An answer of the interface as a page: what can be asked, and the same answer in other forms.

use answers::Answer;
use pages::{Field, Link, Question};

use crate::operations::{OPERATIONS, Operation};
use crate::parameters::{AXES, Parameter};
use crate::problem::Problem;

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

/// An answer as a page.
pub fn answer(operation: &Operation, answer: &Answer, query: &str) -> String {
    let downloads = downloads(operation, answer, query);
    let own = Question { downloads, ..question(operation, query) };
    pages::question(&own, Some(answer), "")
}

/// A problem as a page: what happened, and the form to ask again.
pub fn problem(operation: &Operation, problem: &Problem, query: &str) -> String {
    let own = Question { title: problem.title(), about: problem.detail(), ..question(operation, query) };
    pages::question(&own, None, "账本没有任何改动。")
}

fn question<'a>(operation: &'a Operation, query: &str) -> Question<'a> {
    Question {
        title: operation.title,
        about: operation.about,
        questions: menu(operation, query),
        fields: fields(operation, query),
        downloads: Vec::new(),
    }
}

/// Questions that have no answer on the axes alone; the pages lead to them.
const NEED_MORE: [&str; 3] = ["explain", "trail", "diff"];

/// The axes are kept from page to page; what belongs to one question is not.
fn menu<'a>(current: &Operation, query: &str) -> Vec<Link<'a>> {
    let axes = kept(query, |name| AXES.iter().any(|axis| axis.name == name));
    OPERATIONS
        .iter()
        .filter(|own| own.id == current.id || !NEED_MORE.contains(&own.id))
        .map(|own| Link {
            href: href(own, if own.has_axes { &axes } else { "" }),
            title: own.title,
            current: own.id == current.id,
        })
        .collect()
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
