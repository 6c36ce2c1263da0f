//! What an answer means: the one table of statuses.

use std::time::Duration;

use super::Response;
use crate::node::Node;

/// What a server's answer says of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 200: the body is what was asked for.
    Found,
    /// 201: the events are in the stream, committed, the first at this number. They may have been before.
    Committed {
        /// The number of the first event.
        first: u64,
    },
    /// 404: no such stream or event; or the server does not serve streams over HTTP at all.
    Missing,
    /// 307: another server is to be asked the same.
    Elsewhere {
        /// The server.
        node: Node,
        /// Path and query there.
        path: String,
    },
    /// 400 with a current version: the expected version was another. Nothing was written by this request; an earlier
    /// one like it may have been. The version is a hint only: it may count an event that is not committed.
    OtherVersion {
        /// The number of the last event; −1 for none.
        current: i64,
    },
    /// 413: an event is too large, and the server has probably written the events all the same.
    TooLarge,
    /// 503: not now. The request was not taken.
    NotNow {
        /// When to ask again.
        after: Option<Duration>,
    },
    /// 408, 500, or no answer of this protocol: what the request did is not known.
    Unclear {
        /// The status.
        status: u16,
        /// What the server said.
        said: String,
    },
    /// Asking again would be answered the same way. Nothing was written.
    Refused(Refusal),
}

/// Why a server does not do what it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 401: unknown user, wrong password, or no permission: servers do not say which.
    Unauthorized,
    /// 410: the stream was deleted for good.
    Deleted,
    /// Any other status: the request is wrong, or the server is no such server.
    Status {
        /// The status.
        status: u16,
        /// What the server said.
        said: String,
    },
}

impl Outcome {
    /// Sorts an answer.
    #[must_use]
    pub fn of(response: &Response) -> Self {
        let said = || said(&response.body);
        match response.status {
            200 => Self::Found,
            201 => committed(response).unwrap_or_else(|| Self::Unclear { status: 201, said: said() }),
            307 => elsewhere(response)
                .unwrap_or_else(|| Self::Refused(Refusal::Status { status: 307, said: said() })),
            400 => match response.family("CurrentVersion").and_then(|text| text.trim().parse().ok()) {
                Some(current) => Self::OtherVersion { current },
                None => Self::Refused(Refusal::Status { status: 400, said: said() }),
            },
            401 => Self::Refused(Refusal::Unauthorized),
            404 => Self::Missing,
            410 => Self::Refused(Refusal::Deleted),
            413 => Self::TooLarge,
            503 => Self::NotNow { after: retry_after(response) },
            status @ (408 | 429 | 500..=599) => Self::Unclear { status, said: said() },
            status => Self::Refused(Refusal::Status { status, said: said() }),
        }
    }
}

/// The number at the end of `Location`.
fn committed(response: &Response) -> Option<Outcome> {
    let (_, number) = response.header("Location")?.rsplit_once('/')?;
    Some(Outcome::Committed { first: number.parse().ok()? })
}

/// Servers also answer 307 where a request has no event id or a path ends in a slash: neither is sent from here, and
/// the path tells them apart from another server's address.
fn elsewhere(response: &Response) -> Option<Outcome> {
    let (node, path) = Node::of_url(response.header("Location")?)?;
    let odd = path.contains("/incoming/")
        || response.header("Cache-Control").is_some_and(|held| held.contains("31536000"));
    (!odd).then(|| Outcome::Elsewhere { node, path: path.to_owned() })
}

fn retry_after(response: &Response) -> Option<Duration> {
    response.header("Retry-After")?.trim().parse().ok().map(Duration::from_secs)
}

/// A stranger's words for a terminal.
fn said(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(1_000)]);
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(200).collect()
}
