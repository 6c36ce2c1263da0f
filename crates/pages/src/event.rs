//! One line of the ledger: what it says, where it stands, and its bytes as recorded.

use answers::Asked;
use askama::Template;
use chain::EventHash;
use chain::line::Line;
use projections::words;

use crate::frame::{Frame, Mode, Page, PageError, Site, filled};
use crate::text;

#[derive(Template)]
#[template(path = "event.html")]
struct EventPage {
    frame: Frame,
    word: String,
    kind: String,
    version: u32,
    position: u64,
    earlier: Option<u64>,
    later: Option<u64>,
    hash: String,
    at: String,
    by: String,
    unit: String,
    unit_seq: u64,
    unit_prev: Option<String>,
    unit_trail: String,
    prev: Option<String>,
    id: String,
    submission: String,
    submission_size: u32,
    submission_trail: String,
    data: String,
    bytes: String,
    signed: bool,
}

/// The page of a line, as it was recorded.
///
/// # Errors
/// When the question has no answer.
///
/// # Panics
/// When `bytes` are no line of a ledger.
pub fn event(site: &Site<'_>, asked: &Asked<'_>, bytes: &[u8]) -> Result<String, PageError> {
    let line = Line::parse(bytes).expect("a recorded line");
    let (word, _) = text::event(line.kind);
    let path = format!("/events/{}", line.position);
    let title = format!("#{} {word}", line.position);
    let frame = Frame::of(site, asked, Page { path: &path, title: &title, own: &[] })?;
    let data: serde_json::Value = serde_json::from_slice(line.data).expect("a line's data is JSON");
    let registry = asked.reader().book().registry();
    let unit = line.unit.parse().ok();
    let unit = unit.as_ref().map_or(line.unit, |unit| registry.unit_name(unit));
    let submission = line.submission.to_string();
    Ok(filled(&EventPage {
        word: word.to_owned(),
        kind: line.kind.to_owned(),
        version: line.version,
        position: line.position,
        earlier: line.position.checked_sub(1),
        later: Some(line.position + 1).filter(|next| *next < frame.size),
        hash: chain::hash::event_hash(bytes).to_string(),
        at: words::china_time(line.at),
        by: line.by.to_owned(),
        unit: unit.to_owned(),
        unit_seq: line.unit_seq,
        unit_prev: before(line.unit_prev),
        unit_trail: frame.links.to("/trail", &[("unit", line.unit)]),
        prev: before(line.prev),
        id: line.id.to_string(),
        submission_size: line.submission_size,
        submission_trail: frame.links.to("/trail", &[("submission", &submission)]),
        submission,
        data: serde_json::to_string_pretty(&data).expect("a JSON value is JSON"),
        bytes: String::from_utf8_lossy(bytes).into_owned(),
        signed: line.position < site.signed.unwrap_or(0),
        frame,
    }))
}

/// The line before; a first line names no line.
fn before(hash: EventHash) -> Option<String> {
    (hash.0 != [0; 32]).then(|| hash.to_string())
}
