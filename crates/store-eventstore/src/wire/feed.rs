//! Pages of a stream.

use std::borrow::Cow;

use serde::Deserialize;

/// A page of events, oldest first, whatever order the server wrote them in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<'a> {
    /// The events.
    pub entries: Vec<Entry<'a>>,
    /// Whether the server names a page that is newer: an empty page without one is the end, with one it is a gap.
    pub has_newer: bool,
}

/// One event on a page with embedded bodies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Entry<'a> {
    /// The stream that the event is in, which for a link is not the one that was read.
    #[serde(borrow)]
    pub stream_id: Cow<'a, str>,
    /// The event's number in its own stream.
    pub event_number: u64,
    /// The stream that was read.
    #[serde(borrow)]
    pub position_stream_id: Cow<'a, str>,
    /// The number in the stream that was read.
    pub position_event_number: Option<u64>,
    /// The event's id, a UUID.
    #[serde(borrow)]
    pub event_id: Cow<'a, str>,
    /// The event's type.
    #[serde(borrow)]
    pub event_type: Cow<'a, str>,
    /// Whether the data is JSON.
    pub is_json: bool,
    /// The stored data as text; only where it is JSON.
    #[serde(borrow)]
    pub data: Option<Cow<'a, str>>,
    /// The stored metadata as text.
    #[serde(borrow)]
    pub meta_data: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Feed<'a> {
    #[serde(borrow)]
    links: Vec<Link<'a>>,
    #[serde(borrow)]
    entries: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Link<'a> {
    #[serde(borrow)]
    relation: Cow<'a, str>,
}

/// The body is no page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("答复不是可读的一页（{0}）")]
pub struct PageError(String);

impl<'a> Page<'a> {
    /// Reads a page.
    ///
    /// # Errors
    /// [`PageError`]: no JSON, cut short, or no page.
    pub fn parse(body: &'a [u8]) -> Result<Self, PageError> {
        let feed: Feed<'a> = serde_json::from_slice(body).map_err(|error| PageError(error.to_string()))?;
        let mut entries = feed.entries;
        // Newest first, on forward pages too.
        entries.reverse();
        // In the order of time: the page before is the one towards the end.
        let has_newer = feed.links.iter().any(|link| link.relation == "previous");
        Ok(Self { entries, has_newer })
    }
}
