//! The line: one recorded event (`docs/format.md` §2).
//!
//! [`Line::parse`] reads a canonical line in one pass without allocating. What it refuses, a slower reader looks at
//! again to say why, in the order of checks that the format states.

use std::fmt;

use uuid::Uuid;

use crate::hash::{EventHash, event_hash, from_hex};
use crate::json::{self, JsonErrorKind, Value};
use crate::typed::{Instant, is_account, is_event_id, is_type_name, is_uuid};

/// The longest line, in bytes, without its ending LF.
pub const MAX_LINE_BYTES: usize = 60_000;

/// The line's members in canonical order.
pub const MEMBERS: [&str; 13] = [
    "at",
    "by",
    "data",
    "id",
    "position",
    "prev",
    "submission",
    "submission_size",
    "type",
    "unit",
    "unit_prev",
    "unit_seq",
    "version",
];

/// Why bytes are no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineError {
    /// More than [`MAX_LINE_BYTES`].
    TooLong,
    /// Not canonical JSON, or not JSON at all.
    Json(JsonErrorKind),
    /// Canonical JSON, but no object.
    NotObject,
    /// One of the thirteen members is missing, or another is there.
    Members,
    /// This member has another JSON type or form.
    MemberType(&'static str),
}

impl LineError {
    /// The stable code, kebab-case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "too-long",
            Self::Json(kind) => kind.code(),
            Self::NotObject => "not-object",
            Self::Members => "members",
            Self::MemberType(_) => "member-type",
        }
    }

    /// Whether the line is too long.
    #[must_use]
    pub const fn is_too_long(self) -> bool {
        matches!(self, Self::TooLong)
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MemberType(member) => write!(f, "{} ({member})", self.code()),
            Self::TooLong | Self::Json(_) | Self::NotObject | Self::Members => f.write_str(self.code()),
        }
    }
}

impl std::error::Error for LineError {}

/// Everything of a line but its data: what the ledger adds to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The instant of the append.
    pub at: Instant,
    /// The actor's account.
    pub by: &'a str,
    /// The event id.
    pub id: Uuid,
    /// 0-based place in the ledger.
    pub position: u64,
    /// The event hash of the line before.
    pub prev: EventHash,
    /// The client's submission.
    pub submission: Uuid,
    /// How many lines that submission has.
    pub submission_size: u32,
    /// The event type's stored name: the member `type`.
    pub kind: &'a str,
    /// The unit in whose name.
    pub unit: &'a str,
    /// The event hash of the unit's line before.
    pub unit_prev: EventHash,
    /// 0-based count of the unit's lines.
    pub unit_seq: u64,
    /// The schema version of the data.
    pub version: u32,
}

/// A line, read without copying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The instant of the append.
    pub at: Instant,
    /// The actor's account.
    pub by: &'a str,
    /// The payload: canonical bytes of an object.
    pub data: &'a [u8],
    /// The event id.
    pub id: Uuid,
    /// 0-based place in the ledger.
    pub position: u64,
    /// The event hash of the line before.
    pub prev: EventHash,
    /// The client's submission.
    pub submission: Uuid,
    /// How many lines that submission has.
    pub submission_size: u32,
    /// The event type's stored name: the member `type`.
    pub kind: &'a str,
    /// The unit in whose name.
    pub unit: &'a str,
    /// The event hash of the unit's line before.
    pub unit_prev: EventHash,
    /// 0-based count of the unit's lines.
    pub unit_seq: u64,
    /// The schema version of the data.
    pub version: u32,
    /// The whole line.
    pub bytes: &'a [u8],
}

impl<'a> Line<'a> {
    /// Reads a canonical line, without its ending LF.
    ///
    /// # Errors
    /// [`LineError`], of several the first in the order: length, parsing, canonical form, object, members, types.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, LineError> {
        if bytes.len() > MAX_LINE_BYTES {
            return Err(LineError::TooLong);
        }
        Cursor { bytes, at: 0 }.line().ok_or_else(|| why_not(bytes))
    }

    /// Everything but the data.
    #[must_use]
    pub const fn envelope(&self) -> Envelope<'a> {
        Envelope {
            at: self.at,
            by: self.by,
            id: self.id,
            position: self.position,
            prev: self.prev,
            submission: self.submission,
            submission_size: self.submission_size,
            kind: self.kind,
            unit: self.unit,
            unit_prev: self.unit_prev,
            unit_seq: self.unit_seq,
            version: self.version,
        }
    }

    /// The line's event hash.
    #[must_use]
    pub fn hash(&self) -> EventHash {
        event_hash(self.bytes)
    }
}

/// Writes a line, without LF, at the end of `out`. `data` is the canonical form of an object.
///
/// # Errors
/// [`LineError`] when the result would not read back; `out` is then as it was.
pub fn write(envelope: &Envelope<'_>, data: &[u8], out: &mut Vec<u8>) -> Result<(), LineError> {
    let start = out.len();
    write_unchecked(envelope, data, out);
    // A quote inside a name could smuggle members in: what reads back must be what was given.
    let written = Line::parse(&out[start..]).and_then(|line| {
        let same = line.data == data && line.envelope() == *envelope;
        if same { Ok(()) } else { Err(LineError::Members) }
    });
    if written.is_err() {
        out.truncate(start);
    }
    written
}

/// By hand: a formatter would take longer than the line's hash.
fn write_unchecked(envelope: &Envelope<'_>, data: &[u8], out: &mut Vec<u8>) {
    let e = envelope;
    let mut uuid = [0; 36];
    out.extend_from_slice(b"{\"at\":\"");
    out.extend_from_slice(&e.at.to_text());
    write_text("\",\"by\":\"", e.by, out);
    out.extend_from_slice(b"\",\"data\":");
    out.extend_from_slice(data);
    write_text(",\"id\":\"", e.id.hyphenated().encode_lower(&mut uuid), out);
    write_number("\",\"position\":", e.position, out);
    write_hash(",\"prev\":\"", &e.prev, out);
    write_text("\",\"submission\":\"", e.submission.hyphenated().encode_lower(&mut uuid), out);
    write_number("\",\"submission_size\":", e.submission_size.into(), out);
    write_text(",\"type\":\"", e.kind, out);
    write_text("\",\"unit\":\"", e.unit, out);
    write_hash("\",\"unit_prev\":\"", &e.unit_prev, out);
    write_number("\",\"unit_seq\":", e.unit_seq, out);
    write_number(",\"version\":", e.version.into(), out);
    out.push(b'}');
}

fn write_text(before: &str, text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(before.as_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn write_hash(before: &str, hash: &EventHash, out: &mut Vec<u8>) {
    out.extend_from_slice(before.as_bytes());
    out.extend_from_slice(&crate::hash::to_hex(&hash.0));
}

fn write_number(before: &str, mut number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(before.as_bytes());
    let mut digits = [0; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + u8::try_from(number % 10).expect("one digit");
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[first..]);
}

/// A place in a line that is read from left to right, member by member.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn line(mut self) -> Option<Line<'a>> {
        self.skip(b"{\"at\":\"")?;
        let at = Instant::parse(self.take(27)?).ok()?;
        self.skip(b"\",\"by\":\"")?;
        let by = self.text(is_account)?;
        self.skip(b",\"data\":")?;
        let data = self.object()?;
        self.skip(b",\"id\":\"")?;
        let id = self.event_id()?;
        self.skip(b"\",\"position\":")?;
        let position = self.number()?;
        self.skip(b",\"prev\":\"")?;
        let prev = self.hash()?;
        self.skip(b"\",\"submission\":\"")?;
        let submission = self.uuid()?;
        self.skip(b"\",\"submission_size\":")?;
        let submission_size = self.small_number()?;
        self.skip(b",\"type\":\"")?;
        let kind = self.text(is_type_name)?;
        self.skip(b",\"unit\":\"")?;
        let unit = self.text(is_account)?;
        self.skip(b",\"unit_prev\":\"")?;
        let unit_prev = self.hash()?;
        self.skip(b"\",\"unit_seq\":")?;
        let unit_seq = self.number()?;
        self.skip(b",\"version\":")?;
        let version = self.small_number()?;
        self.skip(b"}")?;
        let bytes = (self.at == self.bytes.len()).then_some(self.bytes)?;
        Some(Line {
            at,
            by,
            data,
            id,
            position,
            prev,
            submission,
            submission_size,
            kind,
            unit,
            unit_prev,
            unit_seq,
            version,
            bytes,
        })
    }

    fn skip(&mut self, literal: &[u8]) -> Option<()> {
        let end = self.at + literal.len();
        (self.bytes.get(self.at..end)? == literal).then(|| self.at = end)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at + count)?;
        self.at += count;
        Some(taken)
    }

    /// Text up to a quote, which is passed.
    fn text(&mut self, form: fn(&str) -> bool) -> Option<&'a str> {
        let rest = &self.bytes[self.at..];
        let length = memchr::memchr(b'"', rest)?;
        let text = std::str::from_utf8(&rest[..length]).ok()?;
        self.at += length + 1;
        form(text).then_some(text)
    }

    fn uuid(&mut self) -> Option<Uuid> {
        let text = self.take(36)?;
        if [8, 13, 18, 23].iter().any(|place| text[*place] != b'-') {
            return None;
        }
        let mut digits = [0; 32];
        digits[..8].copy_from_slice(&text[..8]);
        digits[8..12].copy_from_slice(&text[9..13]);
        digits[12..16].copy_from_slice(&text[14..18]);
        digits[16..20].copy_from_slice(&text[19..23]);
        digits[20..].copy_from_slice(&text[24..]);
        crate::hash::decode_hex(&digits).map(Uuid::from_bytes)
    }

    /// A UUID of version 8, variant 10.
    fn event_id(&mut self) -> Option<Uuid> {
        let id = self.uuid()?;
        let bytes = id.as_bytes();
        (bytes[6] >> 4 == 8 && bytes[8] >> 6 == 0b10).then_some(id)
    }

    fn hash(&mut self) -> Option<EventHash> {
        from_hex(self.take(64)?).ok().map(EventHash)
    }

    fn number(&mut self) -> Option<u64> {
        let start = self.at;
        let digits = self.bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let leading_zero = digits > 1 && self.bytes[start] == b'0';
        if !(1..=16).contains(&digits) || leading_zero {
            return None;
        }
        self.at += digits;
        let number = self.bytes[start..self.at].iter().fold(0, |sum, byte| sum * 10 + u64::from(byte - b'0'));
        (number <= json::MAX_INTEGER.unsigned_abs()).then_some(number)
    }

    /// A number from 1 that fits 32 bits.
    fn small_number(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok().filter(|number| *number >= 1)
    }

    fn object(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        if *self.bytes.get(start)? != b'{' {
            return None;
        }
        // The line itself is the first level.
        self.at = json::scan(self.bytes, start, 1)?;
        Some(&self.bytes[start..self.at])
    }
}

/// Says why bytes within the length are no line.
fn why_not(bytes: &[u8]) -> LineError {
    if let Err(error) = json::check_canonical(bytes) {
        return LineError::Json(error.kind);
    }
    let Ok(Value::Object(members)) = json::parse(bytes) else { return LineError::NotObject };
    if !members.iter().map(|(name, _)| name.as_str()).eq(MEMBERS) {
        return LineError::Members;
    }
    let wrong = members.iter().zip(MEMBERS).find(|((_, value), member)| !has_form(member, value));
    let (_, member) = wrong.expect("a canonical object of the right members and forms is a line");
    LineError::MemberType(member)
}

fn has_form(member: &str, value: &Value) -> bool {
    match (member, value) {
        ("data", Value::Object(_)) => true,
        ("at", Value::String(text)) => text.parse::<Instant>().is_ok(),
        ("by" | "unit", Value::String(text)) => is_account(text),
        ("id", Value::String(text)) => is_event_id(text),
        ("submission", Value::String(text)) => is_uuid(text),
        ("type", Value::String(text)) => is_type_name(text),
        ("prev" | "unit_prev", Value::String(text)) => from_hex(text.as_bytes()).is_ok(),
        ("position" | "unit_seq", Value::Integer(number)) => *number >= 0,
        ("submission_size" | "version", Value::Integer(number)) => (1..=i64::from(u32::MAX)).contains(number),
        _ => false,
    }
}
