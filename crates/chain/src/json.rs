//! Strict canonical JSON (`jcs-strict-1`, `docs/format.md` §1): RFC 8785 output over a narrower input.
//!
//! [`parse`] and [`canonicalize`] take any legal spelling; [`check_canonical`] says in one pass, without allocating,
//! whether bytes are the canonical form already. All refuse what the format refuses, and say why.

use std::cmp::Ordering;

use serde::Serialize;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Arrays and objects inside one another; `[]` is one level.
pub const MAX_DEPTH: usize = 64;
/// The largest integer's absolute value: 2^53 − 1.
pub const MAX_INTEGER: i64 = (1 << 53) - 1;

/// Why bytes are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JsonErrorKind {
    /// The bytes are not UTF-8.
    Utf8,
    /// The text is not JSON.
    Syntax,
    /// A fraction, an exponent or `-0`.
    NumberForm,
    /// An integer beyond ±(2^53 − 1).
    NumberRange,
    /// A member name twice in one object.
    DuplicateMember,
    /// A string or member name is not in Unicode normalization form C.
    NotNfc,
    /// A lone surrogate escape.
    Surrogate,
    /// An escaped U+0000.
    Nul,
    /// A Unicode noncharacter.
    Noncharacter,
    /// More than [`MAX_DEPTH`] levels.
    Depth,
    /// Legal, but not the canonical spelling.
    NotCanonical,
}

impl JsonErrorKind {
    /// The stable code, kebab-case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Utf8 => "utf8",
            Self::Syntax => "syntax",
            Self::NumberForm => "number-form",
            Self::NumberRange => "number-range",
            Self::DuplicateMember => "duplicate-member",
            Self::NotNfc => "not-nfc",
            Self::Surrogate => "surrogate",
            Self::Nul => "nul",
            Self::Noncharacter => "noncharacter",
            Self::Depth => "depth",
            Self::NotCanonical => "not-canonical",
        }
    }
}

/// Bytes that are refused, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} at byte {offset}", kind.code())]
pub struct JsonError {
    /// Why.
    pub kind: JsonErrorKind,
    /// The byte where it was noticed, from 0.
    pub offset: usize,
}

/// A JSON value of the narrower kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer within ±(2^53 − 1).
    Integer(i64),
    /// A string in NFC.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// An object's members, sorted by the UTF-16 code units of their names.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The canonical form.
    #[must_use]
    pub fn to_canonical(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    /// The member of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(own, _)| own == name).map(|(_, value)| value),
            Self::Null | Self::Bool(_) | Self::Integer(_) | Self::String(_) | Self::Array(_) => None,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::Integer(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Self::String(text) => write_string(text, out),
            Self::Array(values) => {
                out.push(b'[');
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    value.write(out);
                }
                out.push(b']');
            }
            Self::Object(members) => {
                out.push(b'{');
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    write_string(name, out);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in text.as_bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// Compares member names as RFC 8785 §3.2.3 orders them: by UTF-16 code units.
fn compare_names(left: &str, right: &str) -> Ordering {
    if left.is_ascii() && right.is_ascii() {
        left.cmp(right)
    } else {
        left.encode_utf16().cmp(right.encode_utf16())
    }
}

/// Reads one JSON text in any legal spelling.
///
/// # Errors
/// [`JsonError`] for anything the format refuses; never `NotCanonical`.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| JsonError { kind: JsonErrorKind::Utf8, offset: error.valid_up_to() })?;
    let mut reader = Reader { text, bytes, at: 0 };
    reader.skip_space();
    let value = reader.value(0)?;
    reader.skip_space();
    if reader.at < bytes.len() {
        return Err(reader.error(JsonErrorKind::Syntax));
    }
    Ok(value)
}

/// Reads one JSON text in any legal spelling and writes its canonical form.
///
/// # Errors
/// As [`parse`].
pub fn canonicalize(bytes: &[u8]) -> Result<Vec<u8>, JsonError> {
    parse(bytes).map(|value| value.to_canonical())
}

/// Writes a serializable value in canonical form. Text is held to what a writer may write: NFC, assigned code points.
///
/// # Errors
/// As [`parse`]; a float is `NumberForm`, a map whose keys are no strings `Syntax`.
pub fn to_canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, JsonError> {
    let bytes =
        serde_json::to_vec(value).map_err(|_| JsonError { kind: JsonErrorKind::Syntax, offset: 0 })?;
    if let Some(offset) = first_unassigned(&bytes) {
        return Err(JsonError { kind: JsonErrorKind::Noncharacter, offset });
    }
    if scan(&bytes, 0, 0) == Some(bytes.len()) { Ok(bytes) } else { canonicalize(&bytes) }
}

/// Appends a serializable value in canonical form to `out`; on an error `out` is as it was.
///
/// # Errors
/// As [`to_canonical`].
pub fn write_canonical<T: Serialize>(value: &T, out: &mut Vec<u8>) -> Result<(), JsonError> {
    let begin = out.len();
    let written = serde_json::to_writer(&mut *out, value).is_ok();
    let bytes = &out[begin..];
    if written && first_unassigned(bytes).is_none() && scan(bytes, 0, 0) == Some(bytes.len()) {
        return Ok(());
    }
    out.truncate(begin);
    // The careful way orders members, or says what is wrong.
    out.extend(to_canonical(value)?);
    Ok(())
}

/// Appends a value that is canonical as it serializes: its members in order, its texts taken from canonical ones, no
/// float. Nothing is checked, and tables of thousands of rows are written a third faster; whoever uses it has a test
/// that checks what it wrote.
///
/// # Panics
/// The value cannot be written as JSON.
pub fn write_known_canonical<T: Serialize>(value: &T, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("the value's members are named by texts");
}

/// Whether bytes are the canonical form of a value, exactly.
///
/// # Errors
/// [`JsonError`]: why they are refused, or `NotCanonical` where only the spelling is wrong.
pub fn check_canonical(bytes: &[u8]) -> Result<(), JsonError> {
    if scan(bytes, 0, 0) == Some(bytes.len()) {
        return Ok(());
    }
    // The slow way tells why.
    let canonical = canonicalize(bytes)?;
    assert_ne!(canonical, bytes, "the scan accepts every canonical text");
    let same = canonical.iter().zip(bytes).take_while(|(own, given)| own == given).count();
    Err(JsonError { kind: JsonErrorKind::NotCanonical, offset: same })
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    const fn error(&self, kind: JsonErrorKind) -> JsonError {
        JsonError { kind, offset: self.at }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), JsonError> {
        if self.peek() != Some(byte) {
            return Err(self.error(JsonErrorKind::Syntax));
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, JsonError> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.error(JsonErrorKind::Syntax));
        }
        self.at += word.len();
        Ok(value)
    }

    fn value(&mut self, depth: usize) -> Result<Value, JsonError> {
        match self.peek() {
            Some(b'n') => self.word("null", Value::Null),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'[') => self.array(self.deeper(depth)?),
            Some(b'{') => self.object(self.deeper(depth)?),
            _ => Err(self.error(JsonErrorKind::Syntax)),
        }
    }

    fn deeper(&self, depth: usize) -> Result<usize, JsonError> {
        if depth == MAX_DEPTH { Err(self.error(JsonErrorKind::Depth)) } else { Ok(depth + 1) }
    }

    fn array(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.at += 1;
        let mut values = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(values));
        }
        loop {
            self.skip_space();
            values.push(self.value(depth)?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => break,
            }
        }
        self.expect(b']')?;
        Ok(Value::Array(values))
    }

    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.at += 1;
        let mut members = Vec::new();
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            self.skip_space();
            members.push(self.member(depth)?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => break,
            }
        }
        self.expect(b'}')?;
        members.sort_by(|(left, _), (right, _)| compare_names(left, right));
        if members.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(self.error(JsonErrorKind::DuplicateMember));
        }
        Ok(Value::Object(members))
    }

    fn member(&mut self, depth: usize) -> Result<(String, Value), JsonError> {
        if self.peek() != Some(b'"') {
            return Err(self.error(JsonErrorKind::Syntax));
        }
        let name = self.string()?;
        self.skip_space();
        self.expect(b':')?;
        self.skip_space();
        Ok((name, self.value(depth)?))
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return Err(self.error(JsonErrorKind::Syntax));
        }
        let integer_end = self.at;
        self.fraction_and_exponent()?;
        if self.at > integer_end || (negative && leading_zero) {
            return Err(JsonError { kind: JsonErrorKind::NumberForm, offset: start });
        }
        let number = self.text[start..self.at].parse().ok();
        let number = number.filter(|number: &i64| number.unsigned_abs() <= MAX_INTEGER.unsigned_abs());
        number.map(Value::Integer).ok_or(JsonError { kind: JsonErrorKind::NumberRange, offset: start })
    }

    fn fraction_and_exponent(&mut self) -> Result<(), JsonError> {
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.error(JsonErrorKind::Syntax));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            if self.digits() == 0 {
                return Err(self.error(JsonErrorKind::Syntax));
            }
        }
        Ok(())
    }

    fn string(&mut self) -> Result<String, JsonError> {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let plain = self.at;
            while self.peek().is_some_and(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            out.push_str(&self.text[plain..self.at]);
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => out.push(self.escape()?),
                _ => return Err(self.error(JsonErrorKind::Syntax)),
            }
        }
        self.at += 1;
        if out.chars().any(is_noncharacter) {
            return Err(JsonError { kind: JsonErrorKind::Noncharacter, offset: start });
        }
        if !is_nfc(&out) {
            return Err(JsonError { kind: JsonErrorKind::NotNfc, offset: start });
        }
        Ok(out)
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        self.at += 1;
        let simple = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.error(JsonErrorKind::Syntax)),
        };
        self.at += 1;
        Ok(simple)
    }

    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let start = self.at - 1;
        let unit = self.hex4()?;
        let lone = JsonError { kind: JsonErrorKind::Surrogate, offset: start };
        let code = match unit {
            0 => return Err(JsonError { kind: JsonErrorKind::Nul, offset: start }),
            0xd800..=0xdbff => {
                if !self.bytes[self.at..].starts_with(b"\\u") {
                    return Err(lone);
                }
                self.at += 1;
                match self.hex4()? {
                    low @ 0xdc00..=0xdfff => 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00),
                    _ => return Err(lone),
                }
            }
            _ => unit,
        };
        char::from_u32(code).ok_or(lone)
    }

    /// Reads `uXXXX`.
    fn hex4(&mut self) -> Result<u32, JsonError> {
        let digits = self
            .bytes
            .get(self.at + 1..self.at + 5)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.ok_or(self.error(JsonErrorKind::Syntax))?;
        self.at += 5;
        let value = |digit: u8| char::from(digit).to_digit(16).expect("just checked");
        Ok(digits.iter().fold(0, |sum, &digit| sum << 4 | value(digit)))
    }
}

/// ASCII, CJK ideographs, their punctuation and full-width forms: normalization neither changes nor joins these.
const fn is_inert(c: char) -> bool {
    matches!(c, '\0'..='\x7f' | '\u{3001}'..='\u{3029}' | '\u{4e00}'..='\u{9fff}' | '\u{ff01}'..='\u{ff5e}')
}

const fn is_noncharacter(c: char) -> bool {
    let code = c as u32;
    matches!(code, 0xfdd0..=0xfdef) || code & 0xfffe == 0xfffe
}

fn is_nfc(text: &str) -> bool {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => true,
        IsNormalized::No => false,
        IsNormalized::Maybe => text.nfc().eq(text.chars()),
    }
}

/// The first code point that the writer's Unicode tables do not assign.
fn first_unassigned(bytes: &[u8]) -> Option<usize> {
    use unicode_general_category::{GeneralCategory, get_general_category};
    if bytes.is_ascii() {
        return None;
    }
    let text = std::str::from_utf8(bytes).expect("serde_json writes UTF-8");
    text.char_indices()
        .find(|(_, c)| get_general_category(*c) == GeneralCategory::Unassigned)
        .map(|(at, _)| at)
}

/// Scans one canonical value from `at`; gives its end, or nothing when it is not canonical (or not legal at all).
pub(crate) fn scan(bytes: &[u8], at: usize, depth: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' => scan_string(bytes, at).map(|(end, _)| end),
        b'{' if depth < MAX_DEPTH => scan_object(bytes, at, depth + 1),
        b'[' if depth < MAX_DEPTH => scan_array(bytes, at, depth + 1),
        b'-' | b'0'..=b'9' => scan_number(bytes, at),
        b'n' => scan_word(bytes, at, b"null"),
        b't' => scan_word(bytes, at, b"true"),
        b'f' => scan_word(bytes, at, b"false"),
        _ => None,
    }
}

fn scan_word(bytes: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    bytes[at..].starts_with(word).then_some(at + word.len())
}

fn scan_number(bytes: &[u8], at: usize) -> Option<usize> {
    let start = at + usize::from(bytes[at] == b'-');
    let digits = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let end = start + digits;
    // Sixteen digits hold every number within 2^53; a fraction or exponent is left for the caller to trip over.
    let zero = *bytes.get(start)? == b'0';
    if digits == 0 || digits > 16 || (zero && (digits > 1 || start > at)) {
        return None;
    }
    let number = bytes[start..end].iter().fold(0_i64, |sum, byte| sum * 10 + i64::from(byte - b'0'));
    (number <= MAX_INTEGER).then_some(end)
}

fn scan_array(bytes: &[u8], at: usize, depth: usize) -> Option<usize> {
    if *bytes.get(at + 1)? == b']' {
        return Some(at + 2);
    }
    let mut at = at;
    loop {
        at = scan(bytes, at + 1, depth)?;
        match bytes.get(at)? {
            b',' => {}
            b']' => return Some(at + 1),
            _ => return None,
        }
    }
}

fn scan_object(bytes: &[u8], at: usize, depth: usize) -> Option<usize> {
    if *bytes.get(at + 1)? == b'}' {
        return Some(at + 2);
    }
    let mut at = at;
    let mut before: Option<(&[u8], bool)> = None;
    loop {
        let start = at + 1;
        if *bytes.get(start)? != b'"' {
            return None;
        }
        let (end, plain) = scan_string(bytes, start)?;
        let name = &bytes[start + 1..end - 1];
        if let Some((last, last_plain)) = before
            && !ascends(last, name, plain && last_plain)
        {
            return None;
        }
        before = Some((name, plain));
        if *bytes.get(end)? != b':' {
            return None;
        }
        at = scan(bytes, end + 1, depth)?;
        match bytes.get(at)? {
            b',' => {}
            b'}' => return Some(at + 1),
            _ => return None,
        }
    }
}

/// Whether one raw member name may stand before another.
fn ascends(last: &[u8], name: &[u8], plain: bool) -> bool {
    if plain {
        return last < name;
    }
    let decode = |raw: &[u8]| decode_string(&[b"\"", raw, b"\""].concat());
    match (decode(last), decode(name)) {
        (Some(last), Some(name)) => compare_names(&last, &name) == Ordering::Less,
        _ => false,
    }
}

/// Decodes one quoted string, if it is legal.
fn decode_string(quoted: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(quoted).ok()?;
    Reader { text, bytes: quoted, at: 0 }.string().ok()
}

/// Scans one canonical string; gives its end, and whether it is plain ASCII without escapes.
fn scan_string(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let mut at = start + 1;
    let mut escaped = false;
    let mut ascii = true;
    loop {
        match STRING_BYTES[usize::from(*bytes.get(at)?)] {
            Kind::Plain => {
                at += 1;
                at += plain_run(&bytes[at..]);
            }
            Kind::Quote => break,
            Kind::High => {
                ascii = false;
                at += 1;
            }
            Kind::Escape => {
                escaped = true;
                at = scan_escape(bytes, at + 1)?;
            }
            Kind::Control => return None,
        }
    }
    let fine = match (ascii, escaped) {
        (true, _) => true,
        (false, false) => is_fine_text(&bytes[start + 1..at]),
        // An escape may hide what a combining mark would join: only the decoded text can tell.
        (false, true) => decode_string(&bytes[start..=at]).is_some(),
    };
    if !fine {
        return None;
    }
    Some((at + 1, ascii && !escaped))
}

/// How many bytes at the beginning stand for themselves: ASCII, neither control, quote nor backslash. Eight at a time;
/// it may stop before the end of the run.
fn plain_run(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    let (eights, _) = bytes.as_chunks::<8>();
    let mut length = 0;
    for eight in eights {
        let eight = u64::from_le_bytes(*eight);
        // A byte's high bit is set where it is below 0x20 or equal; borrows reach only bytes behind one that stops.
        let below = eight.wrapping_sub(ONES * 0x20);
        let quote = (eight ^ (ONES * b'"' as u64)).wrapping_sub(ONES);
        let backslash = (eight ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
        let stops = (below | quote | backslash | eight) & HIGHS;
        if stops != 0 {
            return length + stops.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    length
}

/// The only escapes RFC 8785 writes.
fn scan_escape(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 1),
        b'u' => {
            let digits = bytes.get(at + 1..at + 5)?;
            let low = match digits[3] {
                digit @ b'0'..=b'9' => digit - b'0',
                digit @ b'a'..=b'f' => digit - b'a' + 10,
                _ => return None,
            };
            let code = match &digits[..3] {
                b"000" => low,
                b"001" => 16 + low,
                _ => return None,
            };
            // U+0000 is refused, and these have a short form.
            (!matches!(code, 0 | 8 | 9 | 10 | 12 | 13)).then_some(at + 5)
        }
        _ => None,
    }
}

/// Whether the bytes between two quotes, none of them escaped, are UTF-8 in NFC without noncharacters.
fn is_fine_text(raw: &[u8]) -> bool {
    // Chinese text is the common case: its characters stand alone in every normalization form and are assigned.
    std::str::from_utf8(raw)
        .is_ok_and(|text| text.chars().all(is_inert) || (!text.chars().any(is_noncharacter) && is_nfc(text)))
}

#[derive(Clone, Copy)]
enum Kind {
    Plain,
    Quote,
    Escape,
    Control,
    High,
}

const STRING_BYTES: [Kind; 256] = {
    let mut kinds = [Kind::Plain; 256];
    let mut byte = 0;
    while byte < 256 {
        if byte < 0x20 {
            kinds[byte] = Kind::Control;
        } else if byte >= 0x80 {
            kinds[byte] = Kind::High;
        }
        byte += 1;
    }
    kinds[b'"' as usize] = Kind::Quote;
    kinds[b'\\' as usize] = Kind::Escape;
    kinds
};
