//! Streams, and what an append to one of them comes to.
//!
//! The order of the checks and the two memories (the index by number, which lasts, and the ids of late events, which a
//! restart forgets) are those of the server; the recorded transcripts of the groups `retry` and `version` hold them.

use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use feed::event::Event;
use feed::json::Json;

use crate::lenient;
use crate::metadata::{DELETED, Metadata, stream_of};
use crate::request::{ANY, EXISTS, NO_STREAM};

/// An event that somebody wants to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct New {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) is_json: bool,
    pub(crate) data: Vec<u8>,
    pub(crate) metadata: Vec<u8>,
}

/// An event with its place in the order of all events.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) event: Event,
    pub(crate) place: u64,
}

#[derive(Debug, Default)]
struct Stream {
    events: Vec<Stored>,
    /// Whether it was deleted for ever.
    is_dead: bool,
}

/// What an append comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Written just now: the number of the first event.
    Written(i64),
    /// Written and committed earlier: the number of the first event.
    Known(i64),
    /// Known already, but not committed yet.
    Pending,
    /// Another version: the number of the last event, committed or not.
    WrongVersion(i64),
    /// The stream is deleted.
    Deleted,
}

/// All streams. Places below `committed` can be read.
#[derive(Debug, Default)]
pub(crate) struct Database {
    streams: BTreeMap<String, Stream>,
    next: u64,
    committed: u64,
    /// Where the newest event with an id went: stream and number. Only in memory.
    late: HashMap<String, (String, i64)>,
    file: Option<File>,
}

impl Database {
    /// Opens a file and reads what is in it.
    pub(crate) fn open(path: &Path) -> std::io::Result<Self> {
        let mut database = Self::default();
        let text = if path.exists() { std::fs::read_to_string(path)? } else { String::new() };
        for line in text.lines() {
            let record = lenient::parse(line).and_then(|value| database.replay(&value));
            record.ok_or_else(|| std::io::Error::other(format!("not a record of a stand-in: {line}")))?;
        }
        database.late.clear();
        database.committed = database.next;
        database.file = Some(OpenOptions::new().create(true).append(true).open(path)?);
        Ok(database)
    }

    fn replay(&mut self, record: &Json) -> Option<()> {
        let text = |name: &str| record.member(name).and_then(Json::as_text).map(str::to_owned);
        let stream = text("stream")?;
        if record.member("dead").is_some() {
            self.streams.entry(stream).or_default().is_dead = true;
            return Some(());
        }
        let new = New {
            id: text("id")?,
            kind: text("type")?,
            is_json: record.member("isJson") == Some(&Json::Bool(true)),
            data: unhex(&text("data")?)?,
            metadata: unhex(&text("metadata")?)?,
        };
        self.push(&stream, new);
        Some(())
    }

    /// Forgets what a server keeps only in memory.
    pub(crate) fn forget(&mut self) {
        self.late.clear();
    }

    pub(crate) fn committed(&self) -> u64 {
        self.committed
    }

    /// Returns the place after the last, committed or not.
    pub(crate) fn end(&self) -> u64 {
        self.next
    }

    /// Commits all that was written. Without this, new events count in versions and cannot be read.
    pub(crate) fn commit(&mut self) {
        let fresh: Vec<(String, Stored)> = self.since(self.committed);
        self.committed = self.next;
        for (stream, stored) in fresh {
            self.keep(&record(&stream, &stored.event));
        }
    }

    /// Takes back all that was written and not committed.
    pub(crate) fn roll_back(&mut self) {
        let committed = self.committed;
        for stream in self.streams.values_mut() {
            stream.events.retain(|stored| stored.place < committed);
        }
        self.streams.retain(|_, stream| stream.is_dead || !stream.events.is_empty());
        let streams = &self.streams;
        self.late.retain(|_, (stream, number)| {
            streams.get(stream).is_some_and(|stream| (stream.events.len() as i64) > *number)
        });
        self.next = committed;
    }

    /// Writes one line; a test that ends here leaves a whole line or none.
    fn keep(&mut self, record: &Json) {
        if let Some(file) = &mut self.file {
            let line = record.indented().replace('\n', " ") + "\n";
            file.write_all(line.as_bytes()).expect("the stand-in's file can be written");
        }
    }

    /// Returns all events from a place on, in order.
    pub(crate) fn since(&self, place: u64) -> Vec<(String, Stored)> {
        let mut found = Vec::new();
        for (name, stream) in &self.streams {
            let from = stream.events.partition_point(|stored| stored.place < place);
            found.extend(stream.events[from..].iter().map(|stored| (name.clone(), stored.clone())));
        }
        found.sort_by_key(|(_, stored)| stored.place);
        found
    }

    pub(crate) fn is_dead(&self, stream: &str) -> bool {
        self.streams.get(stream).is_some_and(|stream| stream.is_dead)
    }

    /// Returns a stream's events below a place.
    pub(crate) fn events(&self, stream: &str, below: u64) -> &[Stored] {
        let events = self.streams.get(stream).map_or(&[][..], |stream| &stream.events);
        &events[..events.partition_point(|stored| stored.place < below)]
    }

    /// Returns the number of a stream's last event, −1 where there is none; what is not committed counts.
    fn last(&self, stream: &str) -> i64 {
        self.streams.get(stream).map_or(-1, |stream| stream.events.len() as i64 - 1)
    }

    /// Returns a stream's metadata, as it is below a place.
    pub(crate) fn metadata(&self, stream: &str, below: u64) -> Metadata {
        let newest = self.events(&stream_of(stream), below).last();
        newest.map_or_else(Metadata::default, |stored| Metadata::read(&stored.event.data))
    }

    /// Compares version and ids, and writes the events where that is due. They are not committed yet.
    pub(crate) fn append(&mut self, stream: &str, expected: i64, events: Vec<New>) -> Outcome {
        // What belongs to deleted streams is deleted with them.
        if self.is_dead(stream) || stream.strip_prefix("$$").is_some_and(|of| self.is_dead(of)) {
            return Outcome::Deleted;
        }
        let decided = match expected {
            ANY => self.check_any(stream, &events),
            EXISTS => self.check_exists(stream, &events),
            _ => self.check_numeric(stream, expected, &events),
        };
        match decided {
            Some(outcome) => outcome,
            None => Outcome::Written(self.write(stream, events)),
        }
    }

    /// Asked for any version: only ids in memory tell that a batch is known.
    fn check_any(&self, stream: &str, events: &[New]) -> Option<Outcome> {
        let known =
            |new: &New| self.late.get(&new.id).filter(|(of, _)| of == stream).map(|(_, number)| *number);
        let (first, rest) = events.split_first()?;
        let first = known(first)?;
        if rest.iter().any(|new| known(new).is_none()) {
            return Some(Outcome::WrongVersion(self.last(stream)));
        }
        Some(self.settled(stream, first))
    }

    fn check_exists(&self, stream: &str, events: &[New]) -> Option<Outcome> {
        let has_metadata = !self.events(&stream_of(stream), u64::MAX).is_empty();
        if self.last(stream) < 0 && !has_metadata {
            return Some(Outcome::WrongVersion(-1));
        }
        if self.metadata(stream, u64::MAX).is_soft_deleted() {
            return Some(Outcome::Deleted);
        }
        self.check_any(stream, events)
    }

    /// Asked for a number: the index by number tells that a batch is known, for ever.
    fn check_numeric(&self, stream: &str, expected: i64, events: &[New]) -> Option<Outcome> {
        let last = self.last(stream);
        if expected >= last {
            return (expected > last).then_some(Outcome::WrongVersion(last));
        }
        let stored = self.streams.get(stream).map_or(&[][..], |stream| &stream.events);
        for (number, new) in (expected + 1..).zip(events) {
            let there = usize::try_from(number).ok().and_then(|number| stored.get(number));
            if there.is_some_and(|there| there.event.id == new.id) {
                continue;
            }
            let is_first = number == expected + 1;
            let begins_anew = expected == NO_STREAM && self.metadata(stream, u64::MAX).is_soft_deleted();
            return (!(is_first && begins_anew)).then_some(Outcome::WrongVersion(last));
        }
        Some(self.settled(stream, expected + 1))
    }

    /// A known batch is acknowledged once it is committed.
    fn settled(&self, stream: &str, first: i64) -> Outcome {
        let place =
            self.streams.get(stream).and_then(|stream| stream.events.get(usize::try_from(first).ok()?));
        let is_committed = place.is_none_or(|stored| stored.place < self.committed);
        if is_committed { Outcome::Known(first) } else { Outcome::Pending }
    }

    fn write(&mut self, stream: &str, events: Vec<New>) -> i64 {
        let first = self.last(stream) + 1;
        let metadata = self.metadata(stream, u64::MAX);
        for new in events {
            self.push(stream, new);
        }
        if metadata.is_soft_deleted() {
            // The stream begins anew, and its numbers go on.
            self.push_metadata(stream, metadata.truncated_before(first));
        }
        first
    }

    fn push(&mut self, stream: &str, new: New) {
        let events = &mut self.streams.entry(stream.to_owned()).or_default().events;
        let number = events.len() as i64;
        self.late.insert(new.id.clone(), (stream.to_owned(), number));
        let event = Event {
            number,
            id: new.id,
            kind: new.kind,
            updated: instant(self.next),
            is_json: new.is_json,
            data: new.data,
            metadata: new.metadata,
        };
        events.push(Stored { event, place: self.next });
        self.next += 1;
    }

    fn push_metadata(&mut self, stream: &str, data: Vec<u8>) {
        let id = made_id(self.next);
        let kind = "$metadata".to_owned();
        self.push(&stream_of(stream), New { id, kind, is_json: true, data, metadata: Vec::new() });
    }

    /// Deletes a stream, softly (numbers go on) or for ever.
    pub(crate) fn delete(&mut self, stream: &str, expected: i64, for_ever: bool) -> Outcome {
        let last = self.last(stream);
        if self.is_dead(stream) {
            return Outcome::Deleted;
        }
        if expected != ANY && expected != last {
            return Outcome::WrongVersion(last);
        }
        if for_ever {
            self.streams.entry(stream.to_owned()).or_default().is_dead = true;
            self.keep(&Json::object([("stream", Json::text(stream)), ("dead", Json::Bool(true))]));
        } else {
            let data = self.metadata(stream, u64::MAX).truncated_before(DELETED);
            self.push_metadata(stream, data);
        }
        Outcome::Written(last)
    }
}

fn record(stream: &str, event: &Event) -> Json {
    Json::object([
        ("stream", Json::text(stream)),
        ("id", Json::text(&event.id)),
        ("type", Json::text(&event.kind)),
        ("isJson", Json::Bool(event.is_json)),
        ("data", Json::Text(hex(&event.data))),
        ("metadata", Json::Text(hex(&event.metadata))),
    ])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}

/// Makes an id that only depends on a number, as tests want it.
pub(crate) fn made_id(number: u64) -> String {
    format!("5a17d17e-0000-8000-8000-{number:012x}")
}

/// The instant of an event: one second of 2026 for each place, so that no clock is asked.
fn instant(place: u64) -> String {
    let (days, rest) = (place / 86_400 % 28, place % 86_400);
    let (hours, minutes, seconds) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("2026-01-{:02}T{hours:02}:{minutes:02}:{seconds:02}.0000000Z", days + 1)
}
