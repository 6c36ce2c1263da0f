//! A ledger seen as one stream: line `n` is event `n` (`docs/format.md` §7).

use std::fmt;
use std::sync::Arc;

use chain::json::Value;
use chain::line::Line;
use store::{EventLog, StoreError};

use crate::event::Event;
use crate::json::Json;
use crate::page::Source;

/// A ledger's lines under a stream's name.
///
/// Only lines below a limit are shown. The limit must never fall, and no line below it may ever change: pages of such
/// lines are kept for a year by whoever reads them. The size of the published tree head is such a limit; the size of
/// the log is not, since a line may be seen a moment before it is durable.
pub struct Ledger {
    log: Arc<dyn EventLog>,
    stream: String,
    limit: Box<dyn Fn() -> u64 + Send + Sync>,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("stream", &self.stream).finish_non_exhaustive()
    }
}

/// How many lines are read at once.
const BATCH_LINES: usize = 256;
/// The most bytes of lines on one page: a page of 4,096 ordinary lines has a fifth of that.
const MAX_PAGE_BYTES: usize = 16 * 1024 * 1024;

/// Why lines cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The engine cannot read them.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Below the limit there are fewer lines than it says.
    #[error("第 {0} 行读不到：账本头已覆盖这一行，账本里却没有")]
    Missing(u64),
    /// The lines of one page are too long together.
    #[error("这一页的行共超过 16 MiB。请在地址里写较小的行数")]
    PageTooLarge,
    /// A line is not one.
    #[error("第 {position} 行不是账本的行：{reason}")]
    NotALine {
        /// Its position.
        position: u64,
        /// Why not.
        reason: String,
    },
}

impl Ledger {
    /// Shows the lines of `log` below `limit()` as the stream of that name.
    #[must_use]
    pub fn new(
        log: Arc<dyn EventLog>,
        stream: impl Into<String>,
        limit: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        Self { log, stream: stream.into(), limit: Box::new(limit) }
    }

    /// The stream's name.
    #[must_use]
    pub fn stream(&self) -> &str {
        &self.stream
    }

    /// Returns how many lines are shown now.
    #[must_use]
    pub fn shown(&self) -> u64 {
        (self.limit)()
    }

    /// Looks at the ledger as it is now.
    pub(crate) fn view(&self) -> View<'_> {
        View { log: &*self.log, size: self.shown() }
    }
}

/// A ledger at one moment, so that all of a page speaks of the same lines.
pub(crate) struct View<'a> {
    log: &'a dyn EventLog,
    size: u64,
}

impl Source for View<'_> {
    type Error = Unreadable;

    fn last(&self) -> i64 {
        i64::try_from(self.size).expect("no ledger has 2^63 lines") - 1
    }

    fn first_shown(&self) -> i64 {
        0
    }

    fn read(&self, from: i64, to: i64) -> Result<Vec<Event>, Unreadable> {
        let (mut next, end) = (number(from), number(to) + 1);
        let mut events = Vec::new();
        let mut bytes = 0;
        while next < end {
            // A few at a time, so that a page that is too large is noticed before it is read.
            let wanted = usize::try_from(end - next).unwrap_or(usize::MAX).min(BATCH_LINES);
            let batch = self.log.read(next, wanted)?;
            if batch.is_empty() {
                return Err(Unreadable::Missing(next));
            }
            for (position, line) in &batch {
                bytes += line.len();
                if bytes > MAX_PAGE_BYTES {
                    return Err(Unreadable::PageTooLarge);
                }
                events.push(event(position, line)?);
            }
            next = batch.next();
        }
        Ok(events)
    }
}

fn number(number: i64) -> u64 {
    u64::try_from(number).expect("numbers on a page are not negative")
}

fn event(position: u64, bytes: &[u8]) -> Result<Event, Unreadable> {
    let unreadable = |reason: String| Unreadable::NotALine { position, reason };
    let line = Line::parse(bytes).map_err(|error| unreadable(error.to_string()))?;
    if line.position != position {
        return Err(unreadable(format!("它自称第 {} 行", line.position)));
    }
    let at = String::from_utf8(line.at.to_text().to_vec()).expect("an instant is ASCII");
    let metadata = format!("{{\"$correlationId\":\"{}\",\"hash\":\"{}\"}}", line.submission, line.hash());
    Ok(Event {
        number: i64::try_from(position).expect("no ledger has 2^63 lines"),
        id: line.id.to_string(),
        kind: line.kind.to_owned(),
        updated: at,
        is_json: true,
        data: bytes.to_vec(),
        metadata: metadata.into_bytes(),
    })
}

/// Reads what a line holds, for those forms of an answer that show it parsed.
pub(crate) fn parse(text: &str) -> Option<Json> {
    chain::json::parse(text.as_bytes()).ok().map(shown)
}

fn shown(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(value),
        Value::Integer(number) => Json::integer(number),
        Value::String(text) => Json::Text(text),
        Value::Array(elements) => Json::List(elements.into_iter().map(shown).collect()),
        Value::Object(members) => {
            Json::Object(members.into_iter().map(|(name, value)| (name, shown(value))).collect())
        }
    }
}
