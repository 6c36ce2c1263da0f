//! What belongs on one page of a stream, and the links between pages.
//!
//! The rules are those of EventStoreDB's AtomPub interface: entries newest first on every page, `previous` towards
//! the newer, `next` towards the older, and a page that can no longer change may be kept for a year.

use crate::event::Event;

/// How many events a page may have at most.
pub const MAX_COUNT: i64 = 4096;
/// How many events a page has where the address does not say.
pub const DEFAULT_COUNT: i64 = 20;

/// Which page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// `count` events from number `from` on.
    Forward {
        /// The lowest number on the page.
        from: i64,
        /// How many numbers the page spans.
        count: i64,
    },
    /// `count` events from number `from` down, or from the newest where `from` is `None`.
    Backward {
        /// The highest number on the page.
        from: Option<i64>,
        /// How many numbers the page spans.
        count: i64,
    },
}

/// A stream that can be read page by page.
pub trait Source {
    /// Whatever can go wrong while reading.
    type Error;

    /// Returns the number of the newest event; −1 where there is none.
    fn last(&self) -> i64;

    /// Returns the lowest number that is shown, which may lie beyond the newest: everything below was truncated.
    fn first_shown(&self) -> i64;

    /// Reads the events from `from` to `to`, both included, in ascending order. Both exist, and both are shown.
    ///
    /// # Errors
    /// Whatever the source answers.
    fn read(&self, from: i64, to: i64) -> Result<Vec<Event>, Self::Error>;
}

/// Where another page lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The relation.
    pub relation: &'static str,
    /// The page it leads to.
    pub to: Target,
}

/// What a link leads to, below the stream's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The stream itself.
    Stream,
    /// The newest page with so many events.
    Head(i64),
    /// A forward page: number and count.
    Forward(i64, i64),
    /// A backward page: number and count.
    Backward(i64, i64),
    /// The stream's metadata.
    Metadata,
}

impl Target {
    /// Returns the path below the stream's own, with its leading slash.
    #[must_use]
    pub fn path(self) -> String {
        match self {
            Self::Stream => String::new(),
            Self::Head(count) => format!("/head/backward/{count}"),
            Self::Forward(from, count) => format!("/{from}/forward/{count}"),
            Self::Backward(from, count) => format!("/{from}/backward/{count}"),
            Self::Metadata => "/metadata".to_owned(),
        }
    }
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Newest first.
    pub events: Vec<Event>,
    /// In the order they are written.
    pub links: Vec<Link>,
    /// Whether the page reaches the newest event, as the feed says it.
    pub is_head: bool,
    /// Whether it was asked for from the newest event down or from a number down.
    pub is_backward: bool,
    /// Whether it was asked for as the newest page, whatever is newest.
    pub is_newest: bool,
    /// Whether it can never change.
    pub is_lasting: bool,
    /// The number of the newest event when the page was made.
    pub last: i64,
}

impl Page {
    /// Makes the page that was asked for.
    ///
    /// # Errors
    /// Those of the source.
    pub fn of<S: Source>(source: &S, ask: Ask) -> Result<Self, S::Error> {
        match ask {
            Ask::Forward { from, count } => forward(source, from, count),
            Ask::Backward { from, count } => backward(source, from, count),
        }
    }
}

/// Reads what is there and shown of the numbers `from` to `to`, newest first.
fn shown<S: Source>(source: &S, from: i64, to: i64) -> Result<Vec<Event>, S::Error> {
    let (from, to) = (from.max(source.first_shown()), to.min(source.last()));
    if from > to {
        return Ok(Vec::new());
    }
    let mut events = source.read(from, to)?;
    events.reverse();
    Ok(events)
}

fn forward<S: Source>(source: &S, from: i64, count: i64) -> Result<Page, S::Error> {
    let last = source.last();
    // Past the largest number the sum wraps, as it does on the server.
    let end = from.wrapping_add(count - 1);
    let events = shown(source, from, if end < from { i64::MAX } else { end })?;
    let is_head = end.wrapping_add(1) > last;
    let mut links = vec![link("self", Target::Stream), link("first", Target::Head(count))];
    if from > 0 {
        links.push(link("last", Target::Forward(0, count)));
        links.push(link("next", Target::Backward(from - 1, count)));
    }
    if !(is_head && events.is_empty()) {
        links.push(link("previous", Target::Forward(end.min(last).wrapping_add(1), count)));
    }
    links.push(link("metadata", Target::Metadata));
    let is_lasting = last >= end;
    Ok(Page { events, links, is_head, is_backward: false, is_newest: false, is_lasting, last })
}

fn backward<S: Source>(source: &S, from: Option<i64>, count: i64) -> Result<Page, S::Error> {
    let last = source.last();
    let high = from.unwrap_or(last);
    let low = (high - (count - 1)).max(0);
    let events = shown(source, low, high)?;
    // Where everything is truncated the server forgets which number was newest.
    let forgotten = from.is_none() && high < source.first_shown();
    let newer = if forgotten { 0 } else { high.min(last) + 1 };
    let lowest = events.last().map(|event| event.number);
    let is_oldest = low == 0 || (low <= last && lowest != Some(low)) || forgotten;
    let mut links = vec![link("self", Target::Stream), link("first", Target::Head(count))];
    if !is_oldest {
        links.push(link("last", Target::Forward(0, count)));
        links.push(link("next", Target::Backward((low - 1).min(last), count)));
    }
    links.push(link("previous", Target::Forward(newer, count)));
    links.push(link("metadata", Target::Metadata));
    let is_newest = from.is_none();
    let is_lasting = !is_newest && high <= last;
    Ok(Page { events, links, is_head: is_newest, is_backward: true, is_newest, is_lasting, last })
}

fn link(relation: &'static str, to: Target) -> Link {
    Link { relation, to }
}
