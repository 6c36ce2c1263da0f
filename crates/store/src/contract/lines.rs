//! Lines for testing engines: well formed and chained, about nothing.

use chain::EventHash;
use chain::hash::{event_hash, event_id};
use uuid::Uuid;

/// Writes the lines of one ledger, append after append.
///
/// An engine that tells a torn append from damage looks at members and hashes, so the lines must be true ones.
#[derive(Clone, Debug)]
pub struct Scribe {
    position: u64,
    head: EventHash,
}

impl Default for Scribe {
    fn default() -> Self {
        Self { position: 0, head: EventHash::ZERO }
    }
}

impl Scribe {
    /// Starts at position 0.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on after `last`, the line at `position`.
    #[must_use]
    pub fn after(position: u64, last: &[u8]) -> Self {
        Self { position: position + 1, head: event_hash(last) }
    }

    /// Position of the line that comes next.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Writes the `count` lines of one append: one submission, each line with `note` in its data.
    pub fn append(&mut self, count: u32, note: &str) -> Vec<Vec<u8>> {
        let first = self.position;
        let submission = submission_of(first, note);
        (0..count).map(|k| self.line(&LinePlan { first, submission, k, count, note })).collect()
    }

    /// Writes an append of one line of exactly `bytes` bytes, at least 700.
    pub fn line_of(&mut self, bytes: usize) -> Vec<u8> {
        let empty = self.clone().append(1, "")[0].len();
        self.append(1, &"x".repeat(bytes - empty)).remove(0)
    }

    fn line(&mut self, plan: &LinePlan<'_>) -> Vec<u8> {
        let LinePlan { first, submission, k, count, note } = *plan;
        let at =
            chain::Instant::from_micros(1_800_000_000_000_000 + i64::try_from(first).expect("a small test"));
        let line = format!(
            concat!(
                r#"{{"at":"{at}","by":"tester","data":{{"note":"{note}"}},"id":"{id}","position":{position},"prev":"{prev}","#,
                r#""submission":"{submission}","submission_size":{count},"type":"note-taken","unit":"bench","#,
                r#""unit_prev":"{prev}","unit_seq":{position},"version":1}}"#
            ),
            at = at.expect("a year below 10000"),
            note = note,
            id = event_id(submission, k),
            position = self.position,
            prev = self.head,
            submission = submission,
            count = count,
        )
        .into_bytes();
        self.position += 1;
        self.head = event_hash(&line);
        line
    }
}

#[derive(Clone, Copy)]
struct LinePlan<'a> {
    first: u64,
    submission: Uuid,
    k: u32,
    count: u32,
    note: &'a str,
}

/// A UUID of version 4 that depends on where the submission stands and what it says.
fn submission_of(first: u64, note: &str) -> Uuid {
    let digest = chain::hash::content_hash(format!("{first} {note}").as_bytes());
    let half = digest.0[..16].try_into().expect("a digest has 32 bytes");
    uuid::Builder::from_random_bytes(half).into_uuid()
}

/// Borrows lines the way [`EventLog::append`](crate::EventLog::append) takes them.
#[must_use]
pub fn borrowed(lines: &[Vec<u8>]) -> Vec<&[u8]> {
    lines.iter().map(Vec::as_slice).collect()
}
