//! JSON as the server reads it: more than JSON is taken, and decimals go through a binary double.
//!
//! Comments, single quotes, bare member names, a comma at the end, `NaN`, `.5`, `0x1F` and `007` are taken. What was
//! taken is then written again by rules of its own, so `1.10` comes back as `1.1`. Integers keep every digit.

use feed::json::Json;

/// How deep a text may nest: far more than any test, and less than the stack.
const MAX_DEPTH: usize = 256;

/// Reads a text as a server of line 4.1 does; `None` where it refuses it.
#[must_use]
pub fn parse(text: &str) -> Option<Json> {
    let mut reader = Reader { rest: text };
    let value = reader.value(0)?;
    reader.skip()?;
    reader.rest.is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn eat(&mut self, word: &str) -> bool {
        let found = self.rest.strip_prefix(word);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    /// Skips blanks and comments; `None` where a comment does not end.
    fn skip(&mut self) -> Option<()> {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{a0}']);
            if self.eat("/*") {
                self.rest = self.rest.split_once("*/")?.1;
            } else if self.eat("//") {
                self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
            } else {
                return Some(());
            }
        }
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        self.skip()?;
        match self.peek()? {
            _ if depth > MAX_DEPTH => None,
            '{' => self.object(depth),
            '[' => self.list(depth),
            '"' | '\'' => self.text().map(Json::Text),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        self.take()?;
        let mut members: Vec<(String, Json)> = Vec::new();
        loop {
            self.skip()?;
            if self.eat("}") {
                return Some(Json::Object(members));
            }
            let name = self.name()?;
            self.skip()?;
            if !self.eat(":") {
                return None;
            }
            let value = self.value(depth + 1)?;
            if members.iter().any(|(known, _)| *known == name) {
                return None;
            }
            members.push((name, value));
            self.skip()?;
            if !self.eat(",") && self.peek()? != '}' {
                return None;
            }
        }
    }

    fn name(&mut self) -> Option<String> {
        if matches!(self.peek()?, '"' | '\'') {
            return self.text();
        }
        let fits = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let end = self.rest.find(|c| !fits(c)).unwrap_or(self.rest.len());
        let name = self.rest[..end].to_owned();
        self.rest = &self.rest[end..];
        (!name.is_empty()).then_some(name)
    }

    fn list(&mut self, depth: usize) -> Option<Json> {
        self.take()?;
        let mut elements = Vec::new();
        loop {
            self.skip()?;
            if self.eat("]") {
                return Some(Json::List(elements));
            }
            elements.push(self.value(depth + 1)?);
            self.skip()?;
            if !self.eat(",") && self.peek()? != ']' {
                return None;
            }
        }
    }

    fn text(&mut self) -> Option<String> {
        let quote = self.take()?;
        let mut units: Vec<u16> = Vec::new();
        loop {
            match self.take()? {
                '\\' => {
                    let escaped = self.escape()?;
                    units.extend_from_slice(&escaped);
                }
                c if c == quote => return Some(String::from_utf16_lossy(&units)),
                c => units.extend_from_slice(c.encode_utf16(&mut [0; 2])),
            }
        }
    }

    /// Reads what follows a backslash; it may be half of a pair, or a whole character below U+10000.
    fn escape(&mut self) -> Option<[u16; 1]> {
        let c = match self.take()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            c @ ('"' | '\'' | '\\' | '/') => c,
            'u' => {
                let digits = self.rest.get(..4)?;
                self.rest = &self.rest[4..];
                return u16::from_str_radix(digits, 16).ok().map(|unit| [unit]);
            }
            _ => return None,
        };
        Some([u16::try_from(u32::from(c)).expect("these are below U+10000")])
    }

    /// Reads a number or a word without quotes.
    fn word(&mut self) -> Option<Json> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let end = self.rest.find(|c| !fits(c)).unwrap_or(self.rest.len());
        let word = &self.rest[..end];
        self.rest = &self.rest[end..];
        match word {
            "" => None,
            "null" | "undefined" => Some(Json::Null),
            "true" => Some(Json::Bool(true)),
            "false" => Some(Json::Bool(false)),
            "NaN" | "Infinity" | "-Infinity" => Some(Json::text(word)),
            _ => number(word).map(Json::Number),
        }
    }
}

/// Writes a number as the server would after reading it.
fn number(word: &str) -> Option<String> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return i64::from_str_radix(hex, 16).ok().map(|number| number.to_string());
    }
    if digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty() {
        return integer(word, digits);
    }
    let value: f64 = word.parse().ok()?;
    (value.is_finite() && !word.starts_with('+')).then(|| double(value))
}

fn integer(word: &str, digits: &str) -> Option<String> {
    if digits.len() > 1 && digits.starts_with('0') {
        return i64::from_str_radix(digits, 8).ok().map(|number| number.to_string());
    }
    Some(if word == "-0" { "0".to_owned() } else { word.to_owned() })
}

/// Writes a double as .NET does: the shortest digits that come back, with an exponent from 1E+15 and below 1E-4.
fn double(value: f64) -> String {
    if value == 0.0 {
        return "0.0".to_owned();
    }
    let scientific = format!("{value:E}");
    let (digits, exponent) = scientific.split_once('E').expect("an exponent was asked for");
    let exponent: i32 = exponent.parse().expect("an exponent is a number");
    if (-5..15).contains(&exponent) {
        let plain = format!("{value}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}E{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn again(text: &str) -> String {
        parse(text).map_or("refused".to_owned(), |value| value.indented())
    }

    #[test]
    fn decimals_go_through_a_double_and_integers_do_not() {
        let numbers =
            "1.10 12345678901234567890.12 100000000000000000000.5 1E2 -0.0 12345678901234567890123 .5";
        let written: Vec<_> = numbers.split(' ').map(again).collect();
        let expected =
            ["1.1", "1.2345678901234567E+19", "1E+20", "100.0", "0.0", "12345678901234567890123", "0.5"];
        assert_eq!(written, expected);
        assert_eq!(again("1e400"), "refused");
    }

    #[test]
    fn more_than_json_is_taken() {
        let taken = ["{a:1/*c*/,}", "{'a':0x1F}", "{\"a\":007}", "{a:undefined}", "{a:NaN}", "[1,]//x"];
        let expected = [
            "{\n  \"a\": 1\n}",
            "{\n  \"a\": 31\n}",
            "{\n  \"a\": 7\n}",
            "{\n  \"a\": null\n}",
            "{\n  \"a\": \"NaN\"\n}",
            "[\n  1\n]",
        ];
        assert_eq!(taken.map(again), expected);
    }

    #[test]
    fn what_the_server_refuses_is_refused() {
        for text in ["", "{", "{\"a\":1,\"a\":2}", "[1] x", "\u{feff}[]", "{\"a\" 1}", "\"\\x\"", "[1 2]"] {
            assert_eq!(again(text), "refused", "{text}");
        }
    }

    #[test]
    fn half_a_pair_becomes_the_replacement_character() {
        assert_eq!(again("\"\\ud800\""), "\"\u{fffd}\"");
        assert_eq!(again("\"\\ud83d\\ude00\""), "\"😀\"");
    }
}
