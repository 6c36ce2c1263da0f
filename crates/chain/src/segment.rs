//! The end of the active segment: whole, cut short by a crash, or damaged (`docs/format.md` §6).
//!
//! Pure: bytes in, verdict out; journal and auditor judge by the same rules. One append is in flight at a time, so a
//! crash can break only the last one, in any order of its pages.

use std::collections::BTreeSet;

use crate::hash::{EventHash, event_hash, event_id};
use crate::json::JsonErrorKind;
use crate::lanes::event_hashes;
use crate::line::{Line, LineError};
use crate::typed::Instant;

/// What the bytes of an active segment are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Whole lines, then nothing or padding.
    Whole(Kept),
    /// An append that was never acknowledged is to be cut off; this stays.
    Incomplete(Kept),
    /// Not what one crash can leave.
    Damaged {
        /// The first line concerned.
        position: u64,
        /// Whether a line is broken; else the lines are well made, and one is against another rule.
        broken: bool,
        /// What was found, for a person.
        reason: String,
    },
}

/// The lines that stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Offset after each line's LF.
    pub ends: Vec<u64>,
    /// Offset at which the last append begins.
    pub last_append: u64,
    /// Hash of the last line, or of the line before the segment.
    pub head: Option<EventHash>,
}

/// What judging needs of one line, whatever stands before it: it may be made on many threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glance {
    /// A line as it should be.
    Intact(Intact),
    /// A line that is only spelled otherwise.
    Respelled,
    /// No line.
    Broken,
}

/// A line as it should be, seen alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intact {
    at: Instant,
    id: uuid::Uuid,
    position: u64,
    prev: EventHash,
    submission: uuid::Uuid,
    submission_size: u32,
    hash: EventHash,
}

impl Intact {
    /// The line's event hash.
    #[must_use]
    pub const fn hash(&self) -> EventHash {
        self.hash
    }
}

impl Glance {
    /// Reads and hashes one line, without its LF.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::hashed(bytes, event_hash(bytes))
    }

    /// [`of`](Self::of) for some lines, which are hashed together.
    #[must_use]
    pub fn of_lines(lines: &[&[u8]]) -> Vec<Self> {
        lines.iter().zip(event_hashes(lines)).map(|(line, hash)| Self::hashed(line, hash)).collect()
    }

    fn hashed(bytes: &[u8], hash: EventHash) -> Self {
        match Line::parse(bytes) {
            Ok(line) => Self::Intact(Intact {
                at: line.at,
                id: line.id,
                position: line.position,
                prev: line.prev,
                submission: line.submission,
                submission_size: line.submission_size,
                hash,
            }),
            // Spelled otherwise is against a rule, but nothing that a crash leaves.
            Err(LineError::Json(JsonErrorKind::NotCanonical)) if is_respelled(bytes) => Self::Respelled,
            Err(_) => Self::Broken,
        }
    }
}

/// What is remembered of an intact line.
struct Seen {
    line: Intact,
    begin: usize,
    end: usize,
    /// The lines of its submission before it.
    count: u32,
    /// The lines its submission should have, by the first of them.
    size: u32,
}

impl Seen {
    /// Whether the line's submission lacks lines after it.
    const fn short(&self) -> bool {
        self.count + 1 < self.size
    }

    /// Whether the line agrees with the ones before on what its submission is.
    fn agrees(&self) -> bool {
        let line = &self.line;
        self.size == line.submission_size
            && self.count < self.size
            && line.id == event_id(line.submission, self.count)
    }
}

/// Reads an active segment whose first line has position `first` and follows the line with hash `prev`.
///
/// `signed` is the size of the largest signed head known: nothing below it may be cut.
pub fn classify(bytes: &[u8], first: u64, prev: EventHash, signed: u64) -> Tail {
    /// Lines that are hashed together.
    const BLOCK: usize = 256;
    let ends = memchr::memchr_iter(b'\n', bytes);
    let begins = std::iter::once(0).chain(memchr::memchr_iter(b'\n', bytes).map(|end| end + 1));
    let mut lines =
        begins.zip(ends).map(|(begin, end)| &bytes[begin..end]).take_while(|line| !line.is_empty());
    let blocks = std::iter::from_fn(|| {
        let block: Vec<&[u8]> = lines.by_ref().take(BLOCK).collect();
        (!block.is_empty()).then(|| Glance::of_lines(&block))
    });
    judge(bytes, blocks.flatten(), first, prev, signed)
}

/// [`classify`] with what is seen of each line already, in order; no glance is asked for after the first empty line.
///
/// # Panics
/// When there are fewer glances than lines that end in LF before the first empty one.
pub fn judge(
    bytes: &[u8],
    glances: impl IntoIterator<Item = Glance>,
    first: u64,
    prev: EventHash,
    signed: u64,
) -> Tail {
    let mut walk = Walk { bytes, first, prev, seen: Vec::new() };
    let broken = match walk.intact_lines(glances.into_iter()) {
        Ok(end) => bytes[end..].iter().any(|byte| *byte != b'\n').then_some(end),
        Err(Stop::Broken(begin)) => Some(begin),
        Err(Stop::Wrong(reason)) => return walk.damaged(false, reason),
    };
    match broken {
        Some(begin) => walk.broken_from(begin, signed),
        None => walk.unbroken(signed),
    }
}

enum Stop {
    /// The line that begins here is broken.
    Broken(usize),
    /// The next line is well made and chained, but out of place.
    Wrong(String),
}

struct Walk<'a> {
    bytes: &'a [u8],
    first: u64,
    prev: EventHash,
    seen: Vec<Seen>,
}

impl Walk<'_> {
    fn next_position(&self) -> u64 {
        self.first + self.seen.len() as u64
    }

    /// Walks the intact lines; returns the offset of the first empty line, or the end of the bytes.
    fn intact_lines(&mut self, mut glances: impl Iterator<Item = Glance>) -> Result<usize, Stop> {
        let mut begin = 0;
        for end in memchr::memchr_iter(b'\n', self.bytes) {
            if begin == end {
                return Ok(begin);
            }
            let line = match glances.next().expect("a glance for each line") {
                Glance::Intact(line) if line.prev == self.head() => line,
                Glance::Respelled => return Err(Stop::Wrong("该行不是规范写法".to_owned())),
                Glance::Intact(_) | Glance::Broken => return Err(Stop::Broken(begin)),
            };
            if line.position != self.next_position() {
                return Err(Stop::Wrong(format!("该行自称第 {} 行", line.position)));
            }
            self.remember(line, begin, end);
            begin = end + 1;
        }
        if begin < self.bytes.len() { Err(Stop::Broken(begin)) } else { Ok(begin) }
    }

    fn head(&self) -> EventHash {
        self.seen.last().map_or(self.prev, |seen| seen.line.hash)
    }

    fn remember(&mut self, line: Intact, begin: usize, end: usize) {
        let goes_on = self.seen.last().filter(|last| last.line.submission == line.submission);
        let (size, count) = goes_on.map_or((line.submission_size, 0), |last| (last.size, last.count + 1));
        self.seen.push(Seen { line, begin, end: end + 1, count, size });
    }

    /// Nothing is broken; the last submission may still lack lines.
    fn unbroken(&self, signed: u64) -> Tail {
        let Some(last) = self.seen.last().filter(|last| last.short()) else {
            return Tail::Whole(self.kept(self.seen.len()));
        };
        let keep = self.append_begin(last.line.at);
        let agree = self.seen[keep..].iter().all(|line| line.agrees());
        if agree && self.may_cut(keep, signed) {
            return Tail::Incomplete(self.kept(keep));
        }
        self.damaged(false, "最后一次提交缺行，但不能归因于一次中断的追加".to_owned())
    }

    /// The bytes from `begin` on are broken, or come after padding.
    fn broken_from(&self, begin: usize, signed: u64) -> Tail {
        let named = instants_named(&self.bytes[begin..]);
        let last = self.seen.last();
        let at = match (named.len(), last) {
            (0, Some(last)) if last.short() => Some(last.line.at),
            (0, _) => None,
            (1, _) => named.first().copied(),
            _ => return self.damaged(true, "损坏处及其后的行属于不止一次追加".to_owned()),
        };
        if at.is_some_and(|at| last.is_some_and(|last| at < last.line.at)) {
            return self.damaged(true, "损坏处之后又出现更早的追加".to_owned());
        }
        let keep = at.map_or(self.seen.len(), |at| self.append_begin(at));
        if self.may_cut(keep, signed) {
            return Tail::Incomplete(self.kept(keep));
        }
        let reason = format!("此处已损坏；已签名的树头承认了 {signed} 行，或之前的追加也不完整，不能截去");
        self.damaged(true, reason)
    }

    /// Index of the first of the last lines that share the instant `at`.
    fn append_begin(&self, at: Instant) -> usize {
        self.seen.len() - self.seen.iter().rev().take_while(|seen| seen.line.at == at).count()
    }

    /// Whether everything from line `keep` on may be cut: no head counts it, and what stays is complete.
    fn may_cut(&self, keep: usize, signed: u64) -> bool {
        let complete = keep.checked_sub(1).is_none_or(|last| !self.seen[last].short());
        complete && self.first + keep as u64 >= signed
    }

    fn kept(&self, keep: usize) -> Kept {
        let lines = &self.seen[..keep];
        let last_append = lines.last().map_or(0, |last| {
            let begins =
                lines.iter().rev().take_while(|seen| seen.line.at == last.line.at).map(|line| line.begin);
            begins.last().expect("the last line is one of them")
        });
        Kept {
            ends: lines.iter().map(|line| line.end as u64).collect(),
            last_append: last_append as u64,
            head: lines.last().map(|seen| seen.line.hash),
        }
    }

    fn damaged(&self, broken: bool, reason: String) -> Tail {
        Tail::Damaged { position: self.next_position(), broken, reason }
    }
}

/// Whether these bytes are a line that is only spelled otherwise.
fn is_respelled(bytes: &[u8]) -> bool {
    crate::json::canonicalize(bytes).is_ok_and(|canonical| Line::parse(&canonical).is_ok())
}

/// The instants of appends that the lines in `bytes`, broken or not, name.
fn instants_named(bytes: &[u8]) -> BTreeSet<Instant> {
    bytes.split(|byte| *byte == b'\n').filter_map(instant_named).collect()
}

fn instant_named(line: &[u8]) -> Option<Instant> {
    const BEGIN: &[u8] = br#"{"at":""#;
    const LEN: usize = 27;
    let text = line.strip_prefix(BEGIN).and_then(|rest| rest.get(..LEN));
    if let Some(at) = text.and_then(|text| Instant::parse(text).ok()) {
        return Some(at);
    }
    let crate::json::Value::Object(members) = crate::json::parse(line).ok()? else { return None };
    let (_, value) = members.iter().find(|(name, _)| name == "at")?;
    let crate::json::Value::String(text) = value else { return None };
    Instant::parse(text.as_bytes()).ok()
}
