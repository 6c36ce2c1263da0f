//! Media types: what an answer is written in, and how a request asks for it.

/// How a feed or an event is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/vnd.eventstore.atom+json`: the feed as JSON.
    AtomJson,
    /// `application/json`: the feed as JSON; for an event, its data alone.
    Json,
    /// `application/vnd.eventstore.event+json`: an event with its id and type.
    EventJson,
    /// `application/vnd.eventstore.streamdesc+json`: which forms there are.
    Description,
    /// `application/atom+xml`.
    AtomXml,
    /// `application/xml`.
    Xml,
    /// `text/xml`.
    TextXml,
    /// `application/octet-stream`: the stored bytes of one event.
    Bytes,
}

/// The forms of a feed; the first is given where anything will do.
pub const FEED: [Media; 6] =
    [Media::Description, Media::AtomJson, Media::Json, Media::AtomXml, Media::Xml, Media::TextXml];
/// The forms of one event; the first is given where anything will do.
pub const EVENT: [Media; 7] = [
    Media::AtomXml,
    Media::AtomJson,
    Media::EventJson,
    Media::Json,
    Media::Xml,
    Media::TextXml,
    Media::Bytes,
];
/// The forms of a stream's metadata.
pub const METADATA: [Media; 1] = [Media::Json];

impl Media {
    /// Returns the name of the media type, without parameters.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AtomJson => "application/vnd.eventstore.atom+json",
            Self::Json => "application/json",
            Self::EventJson => "application/vnd.eventstore.event+json",
            Self::Description => "application/vnd.eventstore.streamdesc+json",
            Self::AtomXml => "application/atom+xml",
            Self::Xml => "application/xml",
            Self::TextXml => "text/xml",
            Self::Bytes => "application/octet-stream",
        }
    }

    /// Returns the value of `Content-Type`.
    #[must_use]
    pub fn content_type(self) -> String {
        match self {
            Self::Bytes => self.name().to_owned(),
            Self::AtomJson
            | Self::Json
            | Self::EventJson
            | Self::Description
            | Self::AtomXml
            | Self::Xml
            | Self::TextXml => format!("{}; charset=utf-8", self.name()),
        }
    }

    /// Returns the second half of an ETag: the form changes the bytes, so it belongs to it.
    #[must_use]
    pub fn tag(self) -> u32 {
        // FNV-1a, so that it is the same in every process.
        self.name().bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
    }

    /// Returns the name under which KurrentDB has known the same form since its version 25.
    fn newer_name(self) -> Option<&'static str> {
        match self {
            Self::AtomJson => Some("application/vnd.kurrent.atom+json"),
            Self::EventJson => Some("application/vnd.kurrent.event+json"),
            Self::Description => Some("application/vnd.kurrent.streamdesc+json"),
            Self::Json | Self::AtomXml | Self::Xml | Self::TextXml | Self::Bytes => None,
        }
    }

    fn is_meant_by(self, range: &str) -> bool {
        let named = |name: &str| name.eq_ignore_ascii_case(range);
        if named(self.name()) || self.newer_name().is_some_and(named) {
            return true;
        }
        let family = |range: &str| self.name().split('/').next().is_some_and(|mine| mine == range);
        range == "*/*" || range.strip_suffix("/*").is_some_and(family)
    }
}

/// Picks the form that `Accept` asks for, or `None` where there is none of them.
///
/// As on the server, ranges count in the order they are written; qualities are ignored.
#[must_use]
pub fn pick(accept: Option<&str>, forms: &[Media]) -> Option<Media> {
    let mut ranges =
        accept.unwrap_or("*/*").split(',').map(|range| range.split(';').next().unwrap_or("").trim());
    ranges.find_map(|range| forms.iter().copied().find(|form| form.is_meant_by(range)))
}

/// Tells whether `Accept` is missing or names `*/*` first: whoever asks so has not said what it can read.
#[must_use]
pub fn is_indifferent(accept: Option<&str>) -> bool {
    accept.is_none_or(|accept| accept.split([',', ';']).next().is_some_and(|range| range.trim() == "*/*"))
}
