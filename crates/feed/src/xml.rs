//! Pages and events as Atom (RFC 4287), written as an EventStoreDB writes it: no blanks between elements.

use crate::document::{Names, updated};
use crate::event::Event;
use crate::json::Json;
use crate::page::Page;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";
const NAMESPACE: &str = "http://www.w3.org/2005/Atom";

/// Writes a page.
pub(crate) fn feed(page: &Page, names: &Names<'_>) -> String {
    let address = names.address();
    let mut out = format!("{DECLARATION}<feed xmlns=\"{NAMESPACE}\">");
    out += &leaf("title", &format!("Event stream '{}'", names.stream));
    out += &leaf("id", &address);
    out += &leaf("updated", updated(page));
    out += &format!("<author>{}</author>", leaf("name", names.author));
    for link in &page.links {
        out += &link_element("link", &format!("{address}{}", link.to.path()), link.relation);
    }
    for event in &page.events {
        out += &format!("<entry>{}</entry>", entry_members(event, names, ""));
    }
    out + "</feed>"
}

/// Writes one event, with its content.
pub(crate) fn entry(event: &Event, whole: &Json, names: &Names<'_>) -> String {
    let members = entry_members(event, names, "atom:");
    let content = inner(whole);
    format!(
        "{DECLARATION}<atom:entry xmlns:atom=\"{NAMESPACE}\">{members}\
         <atom:content type=\"application/xml\">{content}</atom:content></atom:entry>"
    )
}

fn entry_members(event: &Event, names: &Names<'_>, prefix: &str) -> String {
    let address = format!("{}/{}", names.address(), event.number);
    let name = |word: &str| format!("{prefix}{word}");
    let mut out = leaf(&name("title"), &format!("{}@{}", event.number, names.stream));
    out += &leaf(&name("id"), &address);
    out += &leaf(&name("updated"), &event.updated);
    out += &format!("<{prefix}author>{}</{prefix}author>", leaf(&name("name"), names.author));
    out += &leaf(&name("summary"), &event.kind);
    out += &link_element(&name("link"), &address, "edit");
    out + &link_element(&name("link"), &address, "alternate")
}

fn link_element(name: &str, href: &str, relation: &str) -> String {
    format!("<{name} href=\"{}\" rel=\"{relation}\" />", escaped(href))
}

fn leaf(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escaped(text))
}

/// Writes a JSON value as an element: members become elements, an array repeats its own name.
pub(crate) fn element(name: &str, value: &Json) -> String {
    let name = element_name(name);
    match value {
        Json::List(elements) => elements.iter().map(|value| element(&name, value)).collect(),
        Json::Null => format!("<{name} />"),
        Json::Bool(_) | Json::Number(_) | Json::Text(_) | Json::Object(_) => {
            format!("<{name}>{}</{name}>", inner(value))
        }
    }
}

fn inner(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::Bool(value) => value.to_string(),
        Json::Number(text) => text.clone(),
        Json::Text(text) => escaped(text),
        Json::List(elements) => elements.iter().map(inner).collect(),
        Json::Object(members) => members.iter().map(|(name, value)| element(name, value)).collect(),
    }
}

/// Writes what XML does not allow in a name as `_xHHHH_`.
fn element_name(name: &str) -> String {
    let mut out = String::new();
    for (index, c) in name.chars().enumerate() {
        let fits = c == '_' || c.is_alphabetic() || (index > 0 && (c.is_alphanumeric() || "-.".contains(c)));
        if fits {
            out.push(c);
        } else {
            out += &format!("_x{:04X}_", u32::from(c));
        }
    }
    if out.is_empty() { "_".to_owned() } else { out }
}

/// Escapes text; what XML cannot carry at all becomes U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(c),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::element;
    use crate::json::Json;

    #[test]
    fn json_becomes_elements() {
        let value = Json::object([
            ("a b", Json::text("<1>")),
            ("2", Json::Null),
            ("list", Json::List(vec![Json::integer(1), Json::Bool(true)])),
        ]);
        let expected =
            "<data><a_x0020_b>&lt;1&gt;</a_x0020_b><_x0032_ /><list>1</list><list>true</list></data>";
        assert_eq!(element("data", &value), expected);
    }
}
