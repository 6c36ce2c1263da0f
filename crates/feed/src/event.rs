//! One event as a reader sees it.

use crate::json::Json;

/// An event of a stream, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place in the stream, from 0.
    pub number: i64,
    /// A UUID, lower-case with hyphens.
    pub id: String,
    /// The event type.
    pub kind: String,
    /// When it was recorded, as the feed's `updated` says it.
    pub updated: String,
    /// Whether data and metadata are meant to be JSON.
    pub is_json: bool,
    /// The stored bytes of the data; may be empty.
    pub data: Vec<u8>,
    /// The stored bytes of the metadata; may be empty.
    pub metadata: Vec<u8>,
}

impl Event {
    /// Returns the data as text; bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn data_text(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }

    /// Returns the metadata as text; bytes that are not UTF-8 become U+FFFD.
    #[must_use]
    pub fn metadata_text(&self) -> String {
        String::from_utf8_lossy(&self.metadata).into_owned()
    }
}

/// Reads stored JSON for those forms of an answer that show it parsed; `None` where it is not JSON.
pub type Parse = fn(&str) -> Option<Json>;

/// Returns stored bytes as the value that is shown: parsed, or else as a string.
pub(crate) fn shown(text: String, is_json: bool, parse: Parse) -> Json {
    let parsed = if is_json && !text.is_empty() { parse(&text) } else { None };
    parsed.unwrap_or(Json::Text(text))
}
