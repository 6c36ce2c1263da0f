//! JSON as an EventStoreDB writes it: members in the order they came, numbers as text, indented by two blanks.
//!
//! A number is kept as the text it had, so nothing is rounded here, whatever its size.

/// A JSON value whose members keep their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as text.
    Number(String),
    /// A string, without its quotes and escapes.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object; names may be empty, and are not compared.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Makes a string value.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Makes a number from an integer.
    #[must_use]
    pub fn integer(number: impl Into<i128>) -> Self {
        Self::Number(number.into().to_string())
    }

    /// Makes an object of members in this order.
    #[must_use]
    pub fn object<const N: usize>(members: [(&str, Self); N]) -> Self {
        Self::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// Returns a member of an object by its exact name, the first where there are several.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else {
            return None;
        };
        members.iter().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// Returns the text of a string value.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Returns a number that is an integer of 64 bits.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        if let Self::Number(text) = self { text.parse().ok() } else { None }
    }

    /// Writes the value with one member or element on each line.
    #[must_use]
    pub fn indented(&self) -> String {
        let mut text = String::new();
        write(self, 0, &mut text);
        text
    }
}

fn write(value: &Json, depth: usize, into: &mut String) {
    match value {
        Json::Null => into.push_str("null"),
        Json::Bool(value) => into.push_str(if *value { "true" } else { "false" }),
        Json::Number(text) => into.push_str(text),
        Json::Text(text) => write_text(text, into),
        Json::List(elements) => write_all(elements, ('[', ']'), depth, into, |element, into| {
            write(element, depth + 1, into);
        }),
        Json::Object(members) => write_all(members, ('{', '}'), depth, into, |(name, value), into| {
            write_text(name, into);
            into.push_str(": ");
            write(value, depth + 1, into);
        }),
    }
}

fn write_all<T>(
    items: &[T],
    (open, close): (char, char),
    depth: usize,
    into: &mut String,
    one: impl Fn(&T, &mut String),
) {
    into.push(open);
    for (index, item) in items.iter().enumerate() {
        into.push_str(if index == 0 { "\n" } else { ",\n" });
        into.extend(std::iter::repeat_n("  ", depth + 1));
        one(item, into);
    }
    if !items.is_empty() {
        into.push('\n');
        into.extend(std::iter::repeat_n("  ", depth));
    }
    into.push(close);
}

/// Writes a string with the escapes an EventStoreDB uses: U+0085, U+2028 and U+2029 among them, U+007F not.
fn write_text(text: &str, into: &mut String) {
    into.push('"');
    for c in text.chars() {
        match c {
            '"' => into.push_str("\\\""),
            '\\' => into.push_str("\\\\"),
            '\u{8}' => into.push_str("\\b"),
            '\u{c}' => into.push_str("\\f"),
            '\n' => into.push_str("\\n"),
            '\r' => into.push_str("\\r"),
            '\t' => into.push_str("\\t"),
            '\u{0}'..='\u{1f}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                into.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            _ => into.push(c),
        }
    }
    into.push('"');
}

#[cfg(test)]
mod tests {
    use super::Json;

    #[test]
    fn an_object_is_indented_and_keeps_its_order() {
        let inner = Json::object([("q", Json::Null), ("b", Json::object([]))]);
        let value =
            Json::object([("z", Json::text("1")), ("a", Json::List(vec![inner, Json::List(vec![])]))]);
        let expected = "{\n  \"z\": \"1\",\n  \"a\": [\n    {\n      \"q\": null,\n      \"b\": {}\n    },\n    []\n  ]\n}";
        assert_eq!(value.indented(), expected);
    }

    #[test]
    fn only_what_needs_an_escape_gets_one() {
        let text = Json::text("鹰/\u{0}\u{1f}\u{7f}\u{85}\u{2028}\"\\").indented();
        assert_eq!(text, "\"鹰/\\u0000\\u001f\u{7f}\\u0085\\u2028\\\"\\\\\"");
    }
}
