//! An answer before it is sent.

use hyper::body::Bytes;
use hyper::ext::ReasonPhrase;
use hyper::http::{HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

use crate::body::Body;

/// The media type of most answers without a body.
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";
/// What an answer that cannot change may be kept for.
pub(crate) const YEAR: &str = "max-age=31536000, public";
/// What an answer that can change says.
pub(crate) const NO_CACHE: &str = "max-age=0, no-cache, must-revalidate";

/// Status, reason phrase, headers and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) reason: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// An answer without headers and body.
    pub(crate) fn bare(status: u16, reason: impl Into<String>) -> Self {
        Self { status, reason: reason.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// An answer without body that is labelled as text, as most are.
    pub(crate) fn empty(status: u16, reason: impl Into<String>) -> Self {
        Self::bare(status, reason).with("Content-Type", TEXT)
    }

    /// `200 OK` with a body.
    pub(crate) fn ok(content_type: &str, body: Vec<u8>) -> Self {
        Self { body, ..Self::bare(200, "OK").with("Content-Type", content_type) }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn saying(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self
    }

    /// Tells the client what it lacks: a valid user, or permission.
    pub(crate) fn unauthorized() -> Self {
        Self::bare(401, "Unauthorized").with("WWW-Authenticate", "BasicCustom realm=\"ES\"")
    }

    /// Makes the response; `cut` lets the body and the connection end in the middle.
    pub(crate) fn into_response(self, cut: bool) -> Response<Body> {
        let body = Bytes::from(self.body);
        let mut response = Response::new(if cut { Body::cut(&body) } else { Body::whole(body) });
        *response.status_mut() = StatusCode::from_u16(self.status).expect("a status of three digits");
        let reason = ReasonPhrase::try_from(self.reason.into_bytes()).expect("a reason on one line");
        response.extensions_mut().insert(reason);
        for (name, value) in self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
            // A header of EventStoreDB may hold no text beyond ASCII: names are escaped before they come here.
            let value = HeaderValue::try_from(value).expect("a header's value");
            response.headers_mut().append(name, value);
        }
        response
    }
}
