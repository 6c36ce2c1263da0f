//! A request as it arrived, and the reading of its headers.

use crate::answer::Answer;

/// A request with its whole body.
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query as they were sent.
    pub(crate) target: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The member that took it.
    pub(crate) member: usize,
}

impl Request {
    pub(crate) fn new(head: &hyper::http::request::Parts, body: Vec<u8>, member: usize) -> Self {
        let text = |value: &hyper::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers =
            head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        Self { method: head.method.to_string(), target, headers, body, member }
    }

    /// Returns a header by its lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Returns a header of the server's own: `kurrent-…` is read before `es-…`.
    pub(crate) fn own(&self, name: &str) -> Option<&str> {
        self.header(&format!("kurrent-{name}")).or_else(|| self.header(&format!("es-{name}")))
    }

    /// Reads whether the leader must answer.
    pub(crate) fn wants_leader(&self) -> Result<bool, Answer> {
        match self.header("es-requiremaster") {
            None => Ok(self.own("requireleader").is_some_and(|value| value.eq_ignore_ascii_case("true"))),
            Some(value) => truth(value).ok_or_else(|| malformed("ES-RequireMaster")),
        }
    }

    /// Reads how many seconds to wait for new events.
    pub(crate) fn long_poll_s(&self) -> Result<Option<u32>, Answer> {
        let Some(text) = self.own("longpoll") else {
            return Ok(None);
        };
        let seconds = text.trim().parse().ok().filter(|seconds| *seconds > 0);
        seconds.map(Some).ok_or_else(|| malformed("ES-LongPoll"))
    }

    /// Reads whether links are to be resolved. There are none here, so only the form counts.
    pub(crate) fn check_resolve_links(&self) -> Result<(), Answer> {
        let value = self.own("resolvelinktos").unwrap_or("true");
        truth(value).map(|_| ()).ok_or_else(|| malformed("ES-ResolveLinkTos"))
    }

    /// Reads whether a deletion is for ever.
    pub(crate) fn hard_delete(&self) -> Result<bool, Answer> {
        let value = self.own("harddelete").unwrap_or("false");
        truth(value).ok_or_else(|| malformed("ES-HardDelete"))
    }

    /// Reads the expected version; absent is any.
    pub(crate) fn expected_version(&self) -> Result<i64, Answer> {
        let Some(text) = self.own("expectedversion") else {
            return Ok(ANY);
        };
        let version = text.trim().parse().ok().filter(|version| *version >= EXISTS);
        version.ok_or_else(|| malformed("ES-ExpectedVersion"))
    }
}

/// The expected version that asks for nothing.
pub(crate) const ANY: i64 = -2;
/// The expected version that asks that there is no such stream.
pub(crate) const NO_STREAM: i64 = -1;
/// The expected version that is reserved.
pub(crate) const RESERVED: i64 = -3;
/// The expected version that asks that the stream exists.
pub(crate) const EXISTS: i64 = -4;

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn malformed(header: &str) -> Answer {
    Answer::bare(400, format!("{header} header in wrong format."))
}
