//! Lines as events, and back: `docs/format.md` §7.
//!
//! The server parses what it is sent and stores its own spelling of it, so the stored text is never compared: what is
//! read is brought into canonical form, hashed, and held against the hash that stands beside it.

use std::borrow::Cow;

use chain::line::Line;
use chain::{EventHash, json};
use serde::Deserialize;
use store::{Result, StoreError};
use uuid::Uuid;

use crate::wire::Entry;

/// The most events of one append. The server would take more; a group of submissions has no more.
pub const MAX_EVENTS: usize = 4_096;
/// The most bytes of one append: well under what newer servers take, 28.6 MiB.
pub const MAX_BATCH_BYTES: usize = 8 << 20;
/// The most bytes of one event as the server stores it. Above 4 MiB it answers 413 and writes the event all the same.
pub const MAX_EVENT_BYTES: usize = 1 << 20;

/// Lines as one append: fixed when it is made, and sent as it is however often it must be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    first: u64,
    body: Vec<u8>,
    hashes: Vec<EventHash>,
}

impl Batch {
    /// Makes the events of lines that begin at position `first`.
    ///
    /// # Errors
    /// [`StoreError::UnfitLine`]: a line is no line of the format, stands at another position, or is too large for the
    /// server; or there are too many.
    pub fn of(first: u64, lines: &[&[u8]]) -> Result<Self> {
        let unfit = |index, reason| StoreError::UnfitLine { index, reason };
        if lines.len() > MAX_EVENTS {
            return Err(unfit(MAX_EVENTS, "一次追加超过 4,096 行"));
        }
        let mut batch = Self { first, body: vec![b'['], hashes: Vec::with_capacity(lines.len()) };
        for (index, (position, bytes)) in (first..).zip(lines).enumerate() {
            let line = Line::parse(bytes).map_err(|_| unfit(index, "不是账本格式的行，服务器无法存储"))?;
            if line.position != position {
                return Err(unfit(index, "行内的序号与追加的位置不符"));
            }
            if stored_bytes(bytes) > MAX_EVENT_BYTES {
                return Err(unfit(index, "层次太多，服务器展开后超过 1 MiB"));
            }
            batch.push(&line);
            if batch.body.len() > MAX_BATCH_BYTES {
                return Err(unfit(index, "一次追加超过 8 MiB"));
            }
        }
        batch.body.push(b']');
        Ok(batch)
    }

    /// Every name in here is of letters, digits and hyphens, and the line is JSON: nothing needs escaping.
    fn push(&mut self, line: &Line<'_>) {
        let (hash, body) = (line.hash(), &mut self.body);
        if !self.hashes.is_empty() {
            body.push(b',');
        }
        let mut uuid = [0; 36];
        body.extend_from_slice(b"{\"eventId\":\"");
        body.extend_from_slice(line.id.hyphenated().encode_lower(&mut uuid).as_bytes());
        body.extend_from_slice(b"\",\"eventType\":\"");
        body.extend_from_slice(line.kind.as_bytes());
        body.extend_from_slice(b"\",\"data\":");
        body.extend_from_slice(line.bytes);
        body.extend_from_slice(b",\"metadata\":{\"$correlationId\":\"");
        body.extend_from_slice(line.submission.hyphenated().encode_lower(&mut uuid).as_bytes());
        body.extend_from_slice(b"\",\"hash\":\"");
        body.extend_from_slice(&chain::hash::to_hex(&hash.0));
        body.extend_from_slice(b"\"}}");
        self.hashes.push(hash);
    }

    /// Position of the first line.
    #[must_use]
    pub const fn first(&self) -> u64 {
        self.first
    }

    /// Position after the last line.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.first + self.hashes.len() as u64
    }

    /// The event hashes of the lines.
    #[must_use]
    pub fn hashes(&self) -> &[EventHash] {
        &self.hashes
    }

    /// The request's body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

/// No less than a line takes in the server's store, which writes JSON indented, and some characters as escapes.
fn stored_bytes(line: &[u8]) -> usize {
    /// A member or an element begins a line of its own: line ends and blanks.
    const LINE_ENDS: usize = 3;
    let (mut depth, mut bytes, mut in_text, mut escaped) = (0_usize, 3 * line.len(), false, false);
    for byte in line {
        if in_text {
            in_text = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => {
                depth += 1;
                bytes += LINE_ENDS + 2 * depth;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                bytes += LINE_ENDS + 2 * depth;
            }
            b',' => bytes += LINE_ENDS + 2 * depth,
            _ => {}
        }
    }
    bytes
}

/// Why an event is not the line of its place. `Display` is the reason, in Chinese, without the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// The entry is a link, or of another stream.
    #[error("这里是另一个流的事件或链接")]
    Foreign,
    /// The event is not JSON, or has no data.
    #[error("事件没有 JSON 内容")]
    NoData,
    /// The data is no line of the format.
    #[error("事件内容不是账本格式的行")]
    NoLine,
    /// The line says another position.
    #[error("行内的序号与事件编号不符")]
    Position,
    /// The event's id or type is not the line's.
    #[error("事件的编号或类型与行不符")]
    Envelope,
    /// The metadata is missing or another.
    #[error("事件旁没有哈希和报送编号，或不可读")]
    Metadata,
    /// The line is not the one that was written.
    #[error("算出的哈希与写入时记下的不符")]
    Hash,
}

/// What stands beside an event.
#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    hash: Cow<'a, str>,
    #[serde(rename = "$correlationId")]
    submission: Uuid,
}

/// The line of an event at `position` of `stream`, at the end of `out`, in canonical form and without LF; and its hash.
///
/// # Errors
/// [`Misfit`]; `out` is then as it was.
pub fn read_line(
    entry: &Entry<'_>,
    stream: &str,
    position: u64,
    out: &mut Vec<u8>,
) -> Result<EventHash, Misfit> {
    let start = out.len();
    let read = line_and_hash(entry, stream, position, out);
    if read.is_err() {
        out.truncate(start);
    }
    read
}

fn line_and_hash(
    entry: &Entry<'_>,
    stream: &str,
    position: u64,
    out: &mut Vec<u8>,
) -> Result<EventHash, Misfit> {
    let own = entry.stream_id == stream && entry.position_stream_id == stream;
    if !own || entry.event_number != position || entry.position_event_number != Some(position) {
        return Err(Misfit::Foreign);
    }
    let text = entry.data.as_deref().filter(|_| entry.is_json).ok_or(Misfit::NoData)?;
    let start = out.len();
    write_without_blanks(text.as_bytes(), out);
    if let Ok(line) = Line::parse(&out[start..]) {
        return checked(&line, entry, position);
    }
    // Another order of members, or other escapes: the slow way.
    out.truncate(start);
    out.extend_from_slice(&json::canonicalize(text.as_bytes()).map_err(|_| Misfit::NoLine)?);
    checked(&Line::parse(&out[start..]).map_err(|_| Misfit::NoLine)?, entry, position)
}

/// Holds a line against what stands beside it; gives its hash.
fn checked(line: &Line<'_>, entry: &Entry<'_>, position: u64) -> Result<EventHash, Misfit> {
    if line.position != position {
        return Err(Misfit::Position);
    }
    let id = Uuid::try_parse(&entry.event_id).map_err(|_| Misfit::Envelope)?;
    if id != line.id || entry.event_type != line.kind {
        return Err(Misfit::Envelope);
    }
    let metadata =
        entry.meta_data.as_deref().and_then(|text| serde_json::from_str::<Metadata<'_>>(text).ok());
    let metadata = metadata.filter(|found| found.submission == line.submission).ok_or(Misfit::Metadata)?;
    let hash = line.hash();
    if metadata.hash.as_bytes() != chain::hash::to_hex(&hash.0) {
        return Err(Misfit::Hash);
    }
    Ok(hash)
}

/// Leaves out the blanks between JSON's tokens. What comes out of a text that is no JSON, its hash will tell.
fn write_without_blanks(json: &[u8], out: &mut Vec<u8>) {
    let mut rest = json;
    while let Some(quote) = memchr::memchr(b'"', rest) {
        out.extend(rest[..quote].iter().filter(|byte| !b" \n\r\t".contains(byte)));
        let text = &rest[quote..];
        let end = end_of_text(text);
        out.extend_from_slice(&text[..end]);
        rest = &text[end..];
    }
    out.extend(rest.iter().filter(|byte| !b" \n\r\t".contains(byte)));
}

/// Where the text that begins with a quote ends, after its closing quote.
fn end_of_text(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(found) = memchr::memchr2(b'"', b'\\', &text[at.min(text.len())..]) {
        at += found + 1;
        if text[at - 1] == b'"' {
            return at;
        }
        at += 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use store::contract::{Scribe, borrowed};

    use super::*;

    fn entry_of<'a>(line: &Line<'a>, data: &'a str, meta: &'a str) -> Entry<'a> {
        Entry {
            stream_id: "s".into(),
            event_number: line.position,
            position_stream_id: "s".into(),
            position_event_number: Some(line.position),
            event_id: line.id.to_string().into(),
            event_type: line.kind.into(),
            is_json: true,
            data: Some(data.into()),
            meta_data: Some(meta.into()),
        }
    }

    fn stored(line: &Line<'_>) -> (String, String) {
        let value: serde_json::Value = serde_json::from_slice(line.bytes).unwrap();
        let meta = serde_json::json!({ "$correlationId": line.submission.to_string(), "hash": line.hash().to_hex() });
        (serde_json::to_string_pretty(&value).unwrap(), serde_json::to_string_pretty(&meta).unwrap())
    }

    #[test]
    fn a_line_comes_back_whatever_blanks_and_escapes_the_server_writes() {
        let lines = Scribe::new().append(1, "余江区\\\"\\\\ {\\n} \u{2028}, [x: y]");
        let line = Line::parse(&lines[0]).unwrap();
        let (data, meta) = stored(&line);
        let reordered =
            data.replacen("\"at\"", "\"version\": 1,\n  \"at\"", 1).replace(",\n  \"version\": 1\n}", "\n}");
        assert_ne!(reordered, data);
        let escaped = data.replace('\u{2028}', "\\u2028").replace('余', "\\u4f59").replace('\n', "\r\n");
        for text in [&data, &reordered, &escaped] {
            let mut out = b"before".to_vec();
            let hash = read_line(&entry_of(&line, text, &meta), "s", 0, &mut out).unwrap();
            assert_eq!((&out[6..], hash), (line.bytes, line.hash()), "{text}");
        }
    }

    #[test]
    fn an_event_that_is_not_the_line_of_its_place_is_named() {
        let lines = Scribe::new().append(2, "行");
        let line = Line::parse(&lines[1]).unwrap();
        let (data, meta) = stored(&line);
        let good = entry_of(&line, &data, &meta);
        let read = |entry: &Entry<'_>, position| {
            let mut out = b"kept".to_vec();
            let read = read_line(entry, "s", position, &mut out);
            assert!(read.is_ok() || out == b"kept", "nothing is left behind");
            read.map(|_| ())
        };
        assert_eq!(read(&good, 1), Ok(()));
        assert_eq!(read(&good, 2), Err(Misfit::Foreign));
        assert_eq!(read(&Entry { stream_id: "other".into(), ..good.clone() }, 1), Err(Misfit::Foreign));
        assert_eq!(read(&Entry { data: None, ..good.clone() }, 1), Err(Misfit::NoData));
        assert_eq!(read(&Entry { is_json: false, ..good.clone() }, 1), Err(Misfit::NoData));
        assert_eq!(read(&Entry { data: Some("{".into()), ..good.clone() }, 1), Err(Misfit::NoLine));
        assert_eq!(read(&Entry { event_type: "other".into(), ..good.clone() }, 1), Err(Misfit::Envelope));
        assert_eq!(read(&Entry { meta_data: None, ..good.clone() }, 1), Err(Misfit::Metadata));
        let changed = data.replace('行', "改");
        assert_eq!(
            read(&Entry { data: Some(changed.as_str().into()), ..good.clone() }, 1),
            Err(Misfit::Hash)
        );
        let elsewhere = Entry { event_number: 2, position_event_number: Some(2), ..good };
        assert_eq!(read(&elsewhere, 2), Err(Misfit::Position));
    }

    #[test]
    fn lines_become_events_with_id_type_and_hash() {
        let lines = Scribe::new().append(2, "行");
        let batch = Batch::of(0, &borrowed(&lines)).unwrap();
        let events: Vec<serde_json::Value> = serde_json::from_slice(batch.body()).unwrap();
        let line = Line::parse(&lines[1]).unwrap();
        let data: serde_json::Value = serde_json::from_slice(&lines[1]).unwrap();
        let metadata = serde_json::json!({ "hash": line.hash(), "$correlationId": line.submission });
        let expected = serde_json::json!({ "eventId": line.id, "eventType": "note-taken", "data": data, "metadata": metadata });
        assert_eq!((events.len(), &events[1]), (2, &expected));
        assert_eq!((batch.first(), batch.next(), batch.hashes()[1]), (0, 2, line.hash()));
    }

    #[test]
    fn what_a_server_would_write_and_complain_about_is_not_sent() {
        let mut scribe = Scribe::new();
        let line = String::from_utf8(scribe.append(1, "note").remove(0)).unwrap();
        let deep = format!("{}{}{}", "[".repeat(58), vec!["1"; 28_000].join(","), "]".repeat(58));
        let line = line.replace("\"note\"", "\"x\"").replace("{\"x\":\"x\"}", &format!("{{\"x\":{deep}}}"));
        let refused = Batch::of(0, &[line.as_bytes()]);
        assert!(matches!(refused, Err(StoreError::UnfitLine { index: 0, .. })), "{refused:?}");
        let longest: Vec<_> = (0..140).map(|_| scribe.line_of(60_000)).collect();
        assert!(matches!(Batch::of(1, &borrowed(&longest)), Err(StoreError::UnfitLine { index: 139, .. })));
        assert!(Batch::of(1, &borrowed(&longest[..139])).is_ok());
    }
}
