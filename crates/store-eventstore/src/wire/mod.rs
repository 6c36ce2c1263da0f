//! The protocol without a connection: requests as plain data, answers sorted into outcomes, pages read.
//!
//! Everything here is a pure function of bytes, so that it can be held against recorded answers of real servers. It
//! knows nothing of a ledger's lines; [`crate::lines`] does.

mod feed;
mod outcome;
mod request;
mod service;

pub use feed::{Entry, Page, PageError};
pub use outcome::{Outcome, Refusal};
pub use request::{Method, Request};
pub use service::{Info, Member, Truncation, members, truncation};

/// A server's answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Header names, in any case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The value of a header that newer servers spell `Kurrent-…` and all servers `ES-…`.
    fn family(&self, name: &str) -> Option<&str> {
        self.header(&format!("ES-{name}")).or_else(|| self.header(&format!("Kurrent-{name}")))
    }
}
