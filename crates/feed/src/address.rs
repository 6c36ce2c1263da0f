//! What an address of the feed names.

use crate::page::{Ask, DEFAULT_COUNT, MAX_COUNT};

/// A resource below `/streams/{name}`, or beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    Page(Ask),
    /// One event; `None` is the newest.
    Event(Option<i64>),
    Metadata,
    Info,
    Ping,
}

/// Why an address names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoResource {
    /// There is no such path.
    Unknown,
    /// A number in it is none.
    Number,
    /// A count in it is none, or too large.
    Count,
}

/// Reads a path; `stream` is the one stream there is.
pub(crate) fn resource(path: &str, stream: &str) -> Result<Resource, NoResource> {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match parts.as_slice() {
        ["info"] => Ok(Resource::Info),
        ["ping"] => Ok(Resource::Ping),
        ["streams", name, rest @ ..] if *name == stream => below(rest),
        _ => Err(NoResource::Unknown),
    }
}

fn below(rest: &[&str]) -> Result<Resource, NoResource> {
    match rest {
        [] => Ok(Resource::Page(Ask::Backward { from: None, count: DEFAULT_COUNT })),
        ["metadata"] => Ok(Resource::Metadata),
        [one] => Ok(Resource::Event(newest_or(one)?)),
        [from, "backward", many] | [from, many] => {
            Ok(Resource::Page(Ask::Backward { from: newest_or(from)?, count: count(many)? }))
        }
        [from, "forward", many] => {
            Ok(Resource::Page(Ask::Forward { from: number(from)?, count: count(many)? }))
        }
        _ => Err(NoResource::Unknown),
    }
}

fn newest_or(text: &str) -> Result<Option<i64>, NoResource> {
    if text == "head" { Ok(None) } else { number(text).map(Some) }
}

/// Reads a number that leaves room for a page above it.
fn number(text: &str) -> Result<i64, NoResource> {
    let number = text.parse().ok().filter(|number| (0..i64::MAX - MAX_COUNT).contains(number));
    number.ok_or(NoResource::Number)
}

fn count(text: &str) -> Result<i64, NoResource> {
    text.parse().ok().filter(|count| (1..=MAX_COUNT).contains(count)).ok_or(NoResource::Count)
}

#[cfg(test)]
mod tests {
    use super::{NoResource, Resource, resource};
    use crate::page::Ask;

    #[test]
    fn addresses_are_those_of_an_eventstore() {
        let of = |path: &str| resource(path, "ledger");
        assert_eq!(of("/streams/ledger"), Ok(Resource::Page(Ask::Backward { from: None, count: 20 })));
        assert_eq!(of("/streams/ledger/3/forward/5"), Ok(Resource::Page(Ask::Forward { from: 3, count: 5 })));
        assert_eq!(of("/streams/ledger/head/backward/1"), of("/streams/ledger/head/1"));
        assert_eq!(of("/streams/ledger/7"), Ok(Resource::Event(Some(7))));
        assert_eq!(of("/streams/other"), Err(NoResource::Unknown));
        assert_eq!(of("/streams/ledger/-1/forward/5"), Err(NoResource::Number));
        assert_eq!(of("/streams/ledger/9223372036854775807/forward/5"), Err(NoResource::Number));
        assert_eq!(of("/streams/ledger/0/forward/4097"), Err(NoResource::Count));
    }
}
