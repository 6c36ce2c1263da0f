//! What is asked, as plain data.

use crate::address::StreamName;

/// Feeds as JSON. Servers answer 406 to a client that does not say what it takes.
const FEED: &str = "application/vnd.eventstore.atom+json";
/// Many events in one request.
const EVENTS: &str = "application/vnd.eventstore.events+json";
const JSON: &str = "application/json";

/// The verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Appends.
    Post,
}

/// A request to whichever server it is sent to.
///
/// Authentication is not part of it: the connection adds it, for servers that may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The verb.
    pub method: Method,
    /// Path and query, escaped.
    pub path: String,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty for [`Method::Get`].
    pub body: Vec<u8>,
}

impl Request {
    /// Appends events at an expected version: the number of the stream's last event, −1 for a stream without events.
    ///
    /// Sent to the leader, and with a number always: without one, the server forgets at its next start what it has
    /// written, and a retry would be written twice.
    #[must_use]
    pub fn append(stream: &StreamName, expected_version: i64, events: Vec<u8>) -> Self {
        assert!(expected_version >= -1, "only a version guards an append");
        let path = format!("/streams/{stream}");
        let headers = vec![
            ("Content-Type", EVENTS.to_owned()),
            ("ES-ExpectedVersion", expected_version.to_string()),
            leader(),
        ];
        Self { method: Method::Post, path, headers, body: events }
    }

    /// Reads at most `count` events from number `from` on, with their bodies, from the leader.
    ///
    /// With `long_poll`, a server that has none yet waits so many seconds, at least 1, for the first.
    #[must_use]
    pub fn page(stream: &StreamName, from: u64, count: usize, long_poll: Option<u64>) -> Self {
        let mut request = Self::get(format!("/streams/{stream}/{from}/forward/{count}?embed=body"), FEED);
        request.headers.push(leader());
        request.headers.extend(long_poll.map(|seconds| ("ES-LongPoll", seconds.to_string())));
        request
    }

    /// Reads the newest event from the leader: how long the stream is.
    #[must_use]
    pub fn newest(stream: &StreamName) -> Self {
        let mut request = Self::get(format!("/streams/{stream}/head/backward/1?embed=rich"), FEED);
        request.headers.push(leader());
        request
    }

    /// Reads the stream's own settings.
    #[must_use]
    pub fn metadata(stream: &StreamName) -> Self {
        let mut request = Self::get(format!("/streams/{stream}/metadata"), JSON);
        request.headers.push(leader());
        request
    }

    /// Reads version, state and features of a server.
    #[must_use]
    pub fn info() -> Self {
        Self::get("/info".to_owned(), JSON)
    }

    /// Reads which servers belong together.
    #[must_use]
    pub fn gossip() -> Self {
        Self::get("/gossip".to_owned(), JSON)
    }

    fn get(path: String, accept: &str) -> Self {
        Self { method: Method::Get, path, headers: vec![("Accept", accept.to_owned())], body: Vec::new() }
    }
}

/// Every server line takes this name; `ES-RequireLeader` is unknown to the oldest, which then ignore it.
fn leader() -> (&'static str, String) {
    ("ES-RequireMaster", "True".to_owned())
}
