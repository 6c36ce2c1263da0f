//! Which resource an address means.

use feed::page::{Ask, DEFAULT_COUNT};

use crate::answer::Answer;

/// What an address names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Info,
    Ping,
    Gossip,
    /// A stream, its newest page.
    Stream(String),
    /// Some page of a stream.
    Page(String, Ask),
    /// One event; `None` is the newest.
    Event(String, Option<i64>),
    Metadata(String),
    /// Where an event without an id is sent, with the id the server made.
    Incoming(String, String),
    /// A page of all events: the position text, and whether it is read forward.
    All {
        position: String,
        forward: bool,
        count: i64,
    },
    /// The same path without its last slash.
    WithoutSlash(String),
}

/// The name under which all events are read.
pub(crate) const ALL: &str = "$all";

/// Reads a path. An encoded `?` or `#` cuts it, an encoded `/` splits it, as on the server.
pub(crate) fn route(path: &str) -> Result<Route, Answer> {
    let plain = unescaped(path);
    let plain = plain.split(['?', '#']).next().unwrap_or("");
    let parts: Vec<&str> = plain.trim_start_matches('/').split('/').collect();
    match parts.as_slice() {
        ["info"] => Ok(Route::Info),
        ["ping"] => Ok(Route::Ping),
        ["gossip"] => Ok(Route::Gossip),
        ["streams", stream, rest @ ..] if !matches!(*stream, "" | "." | "..") => {
            in_stream(stream, rest, path)
        }
        _ => Err(not_found()),
    }
}

fn in_stream(stream: &str, rest: &[&str], path: &str) -> Result<Route, Answer> {
    let name = stream.to_owned();
    let without_slash = || Ok(Route::WithoutSlash(path.trim_end_matches('/').to_owned()));
    match rest {
        [] if stream == ALL => {
            Ok(Route::All { position: "head".to_owned(), forward: false, count: DEFAULT_COUNT })
        }
        [] => Ok(Route::Stream(name)),
        [""] | ["metadata", ""] => without_slash(),
        ["metadata"] => Ok(Route::Metadata(name)),
        ["incoming", id] => Ok(Route::Incoming(name, (*id).to_owned())),
        [position, way @ ("forward" | "backward"), number] if stream == ALL => Ok(Route::All {
            position: (*position).to_owned(),
            forward: *way == "forward",
            count: count(number)?,
        }),
        [number] => Ok(Route::Event(name, newest_or(number)?)),
        [from, number] => {
            let from = newest_or(from)?;
            Ok(Route::Page(name, Ask::Backward { from, count: count(number)? }))
        }
        [from, "backward", number] => {
            let from = newest_or(from)?;
            Ok(Route::Page(name, Ask::Backward { from, count: count(number)? }))
        }
        [from, "forward", number] => {
            let from = event_number(from)?;
            Ok(Route::Page(name, Ask::Forward { from, count: count(number)? }))
        }
        _ => Err(not_found()),
    }
}

fn newest_or(text: &str) -> Result<Option<i64>, Answer> {
    if text == "head" { Ok(None) } else { event_number(text).map(Some) }
}

fn event_number(text: &str) -> Result<i64, Answer> {
    let number = text.parse().ok().filter(|number| *number >= 0);
    number.ok_or_else(|| refused(format!("'{text}' is not valid event number")))
}

fn count(text: &str) -> Result<i64, Answer> {
    let count = text.parse::<i32>().ok().filter(|count| *count > 0);
    count
        .map(i64::from)
        .ok_or_else(|| refused(format!("'{text}' is not valid count. Should be positive integer")))
}

/// A reason phrase holds no text beyond ASCII.
fn refused(reason: String) -> Answer {
    Answer::bare(400, reason.replace(|c: char| !(' '..='~').contains(&c), "?"))
}

pub(crate) fn not_found() -> Answer {
    Answer::bare(404, "Not Found")
}

/// Replaces `%XX`; what is then not UTF-8 becomes U+FFFD.
pub(crate) fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let digits = (bytes[at] == b'%').then(|| bytes.get(at + 1..at + 3)).flatten();
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
