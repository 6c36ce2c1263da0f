//! Pages and events as documents: JSON in EventStoreDB's shape, and Atom.

use crate::event::{Event, Parse, shown};
use crate::json::Json;
use crate::media::Media;
use crate::page::Page;
use crate::xml;

/// The `updated` of a feed without entries.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// How much of each event a feed carries: the `embed` of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Embed {
    /// Only title, links and type.
    None,
    /// Also ids and numbers.
    Rich,
    /// Also data and metadata, as text.
    Body,
    /// As [`Body`](Self::Body), indented.
    Pretty,
    /// As [`Pretty`](Self::Pretty), and the text of what is not JSON.
    TryHarder,
    /// Instead of all that, the event as a parsed object.
    Content,
}

impl Embed {
    /// Reads the value of `embed`; an unknown word embeds nothing.
    #[must_use]
    pub fn named(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "rich" => Self::Rich,
            "body" => Self::Body,
            "pretty" => Self::Pretty,
            "tryharder" => Self::TryHarder,
            "content" => Self::Content,
            _ => Self::None,
        }
    }
}

/// The names that stand in a feed's documents.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// `http://host:port`, as the reader should call this server.
    pub base: &'a str,
    /// The stream's name, unescaped.
    pub stream: &'a str,
    /// Who wrote the feed.
    pub author: &'a str,
    /// How stored JSON is read where it is shown parsed.
    pub parse: Parse,
}

impl Names<'_> {
    /// Returns the stream's address.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}/streams/{}", self.base, escaped(self.stream))
    }

    fn author(&self) -> Json {
        Json::object([("name", Json::text(self.author))])
    }
}

/// Escapes a stream's name for an address: all but letters, digits and `-._~`.
#[must_use]
pub fn escaped(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Returns the ETag of whatever shows the stream up to event `last` in this form, without its quotes.
#[must_use]
pub fn etag(last: i64, media: Media) -> String {
    format!("{last};{}", media.tag())
}

/// Writes a page in the form that was asked for.
#[must_use]
pub fn feed(page: &Page, media: Media, embed: Embed, names: &Names<'_>) -> Vec<u8> {
    match media {
        Media::AtomXml | Media::Xml | Media::TextXml => xml::feed(page, names).into_bytes(),
        Media::AtomJson | Media::Json | Media::EventJson | Media::Description | Media::Bytes => {
            feed_json(page, embed, names).indented().into_bytes()
        }
    }
}

/// Returns the time of a page's newest event.
pub(crate) fn updated(page: &Page) -> &str {
    page.events.first().map_or(NEVER, |event| &event.updated)
}

fn feed_json(page: &Page, embed: Embed, names: &Names<'_>) -> Json {
    let address = names.address();
    let mut members = vec![
        ("title", Json::Text(format!("Event stream '{}'", names.stream))),
        ("id", Json::text(&address)),
        ("updated", Json::text(updated(page))),
        ("streamId", Json::text(names.stream)),
        ("author", names.author()),
        ("headOfStream", Json::Bool(page.is_head)),
    ];
    if page.is_backward {
        members.push(("selfUrl", Json::text(&address)));
    }
    if page.is_newest {
        members.push(("eTag", Json::Text(etag(page.last, Media::AtomJson))));
    }
    let link = |relation: &str, path: String| {
        Json::object([("uri", Json::Text(format!("{address}{path}"))), ("relation", Json::text(relation))])
    };
    let links = page.links.iter().map(|one| link(one.relation, one.to.path())).collect();
    members.push(("links", Json::List(links)));
    let entries = page.events.iter().map(|event| entry(event, embed, names)).collect();
    members.push(("entries", Json::List(entries)));
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Makes an entry of a feed.
#[must_use]
pub fn entry(event: &Event, embed: Embed, names: &Names<'_>) -> Json {
    let mut members = match embed {
        Embed::None | Embed::Content => Vec::new(),
        Embed::Rich | Embed::Body | Embed::Pretty | Embed::TryHarder => rich(event, embed, names),
    };
    let address = format!("{}/{}", names.address(), event.number);
    members.push(("title", Json::Text(format!("{}@{}", event.number, names.stream))));
    members.push(("id", Json::text(&address)));
    members.push(("updated", Json::text(&event.updated)));
    members.push(("author", names.author()));
    members.push(("summary", Json::text(&event.kind)));
    if embed == Embed::Content {
        members.push(("content", whole(event, names)));
    }
    let link =
        |relation: &str| Json::object([("uri", Json::text(&address)), ("relation", Json::text(relation))]);
    members.push(("links", Json::List(vec![link("edit"), link("alternate")])));
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn rich(event: &Event, embed: Embed, names: &Names<'_>) -> Vec<(&'static str, Json)> {
    let mut members = vec![
        ("eventId", Json::text(&event.id)),
        ("eventType", Json::text(&event.kind)),
        ("eventNumber", Json::integer(event.number)),
    ];
    let is_json = event.is_json || (embed == Embed::TryHarder && reads_as_json(&event.data_text(), names));
    let shows_data = is_json || embed == Embed::TryHarder;
    let mut has_metadata = false;
    if embed != Embed::Rich && shows_data {
        members.push(("data", Json::Text(embedded(event.data_text(), embed, names))));
    }
    if embed != Embed::Rich && event.is_json && !event.metadata.is_empty() {
        members.push(("metaData", Json::Text(embedded(event.metadata_text(), embed, names))));
        has_metadata = true;
    }
    members.push(("streamId", Json::text(names.stream)));
    members.push(("isJson", Json::Bool(is_json)));
    members.push(("isMetaData", Json::Bool(has_metadata)));
    members.push(("isLinkMetaData", Json::Bool(false)));
    members.push(("positionEventNumber", Json::integer(event.number)));
    members.push(("positionStreamId", Json::text(names.stream)));
    members
}

/// Nothing at all counts as JSON where the server tries harder.
fn reads_as_json(text: &str, names: &Names<'_>) -> bool {
    text.is_empty() || (names.parse)(text).is_some()
}

fn embedded(text: String, embed: Embed, names: &Names<'_>) -> String {
    if !matches!(embed, Embed::Pretty | Embed::TryHarder) {
        return text;
    }
    match (names.parse)(&text) {
        Some(value @ Json::Object(_)) => value.indented(),
        Some(_) | None => text,
    }
}

/// An event with its ids, type, data and metadata.
fn whole(event: &Event, names: &Names<'_>) -> Json {
    Json::object([
        ("eventStreamId", Json::text(names.stream)),
        ("eventNumber", Json::integer(event.number)),
        ("eventType", Json::text(&event.kind)),
        ("eventId", Json::text(&event.id)),
        ("data", shown(event.data_text(), event.is_json, names.parse)),
        ("metadata", shown(event.metadata_text(), event.is_json, names.parse)),
    ])
}

/// Writes one event in the form that was asked for.
#[must_use]
pub fn event(event: &Event, media: Media, names: &Names<'_>) -> Vec<u8> {
    let data = || shown(event.data_text(), event.is_json, names.parse);
    match media {
        Media::Bytes => event.data.clone(),
        Media::Json => data().indented().into_bytes(),
        Media::EventJson | Media::Description => whole(event, names).indented().into_bytes(),
        Media::AtomJson => entry(event, Embed::Content, names).indented().into_bytes(),
        Media::Xml | Media::TextXml => xml::element("data", &data()).into_bytes(),
        Media::AtomXml => xml::entry(event, &whole(event, names), names).into_bytes(),
    }
}

/// Writes the document that tells which forms of a stream there are.
#[must_use]
pub fn description(stream: &str) -> Vec<u8> {
    let path = format!("/streams/{}", escaped(stream));
    let way = |types: &[Media]| {
        let types = types.iter().map(|media| Json::text(media.name())).collect();
        Json::object([("href", Json::text(&path)), ("supportedContentTypes", Json::List(types))])
    };
    let links = Json::object([
        ("self", way(&[Media::Description])),
        ("stream", way(&[Media::AtomXml, Media::AtomJson])),
    ]);
    let text =
        "The description document will be presented when no accept header is present or it was requested";
    let document = Json::object([
        ("title", Json::Text(format!("Description document for '{stream}'"))),
        ("description", Json::text(text)),
        ("_links", links),
    ]);
    document.indented().into_bytes()
}
