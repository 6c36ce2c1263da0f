//! The checker of a whole ledger's lines (`docs/format.md` §2–4).
//!
//! [`Checked::of`] does what is expensive and needs one line only: it may run on many threads. [`Verifier::push`] takes
//! the results in the ledger's order and does the rest: places, chains, submissions, signatures, the tree.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use uuid::Uuid;

use crate::dsse::{self, SubmissionPayload};
use crate::hash::{EventHash, TreeHash, event_hash, event_id, leaf_hash};
use crate::json::{self, JsonErrorKind, Value};
use crate::lanes::event_hashes;
use crate::line::{Line, LineError};
use crate::note::VerifierKey;
use crate::tree_index::TreeIndex;
use crate::typed::Instant;

/// Something that is wrong: a stable kind and the place in reading order, `None` for the whole ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The kind, kebab-case.
    pub kind: &'static str,
    /// The line concerned, counted from 0 as read.
    pub position: Option<u64>,
    /// What the ledger's rules ask for, where that is one value.
    pub expected: Option<String>,
    /// What stands there instead.
    pub found: Option<String>,
}

impl Flaw {
    /// A flaw of a line, without values.
    #[must_use]
    pub const fn at(kind: &'static str, position: u64) -> Self {
        Self { kind, position: Some(position), expected: None, found: None }
    }

    /// A flaw of the whole ledger, without values.
    #[must_use]
    pub const fn whole(kind: &'static str) -> Self {
        Self { kind, position: None, expected: None, found: None }
    }

    /// Adds what was expected and what was found.
    #[must_use]
    pub fn values(mut self, expected: impl ToString, found: impl ToString) -> Self {
        self.expected = Some(expected.to_string());
        self.found = Some(found.to_string());
        self
    }
}

/// One line after the part of the check that needs nothing else.
#[derive(Clone, Debug)]
pub struct Checked<'a> {
    /// The line as read, or why it cannot be read as it stands.
    pub line: Result<Line<'a>, LineError>,
    /// Of a line that is only spelled otherwise: its canonical form.
    pub respelled: Option<Vec<u8>>,
    /// Hash of the canonical form, or of the bytes where there is none.
    pub hash: EventHash,
    /// Leaf hash of the same.
    pub leaf: TreeHash,
    /// The number that the line seems to have in its submission, and the id that follows from it.
    expected: Option<(u32, Uuid)>,
}

impl<'a> Checked<'a> {
    /// Parses and hashes one line, without its LF.
    #[must_use]
    pub fn of(bytes: &'a [u8]) -> Self {
        Self::hashed(bytes, event_hash(bytes), None)
    }

    /// [`of`](Self::of) for lines that stand one after another, which are hashed together.
    pub fn of_lines<'l>(lines: &'l [&'a [u8]]) -> impl Iterator<Item = Self> + use<'a, 'l> {
        let mut before = None;
        lines.iter().zip(event_hashes(lines)).map(move |(line, hash)| {
            let checked = Self::hashed(line, hash, before);
            before = checked.next_id();
            checked
        })
    }

    /// `hash` is that of the bytes as they stand. `next` is what the line before says of the one after it, which saves
    /// the verifier a hash, whether or not it is right; it changes no result.
    fn hashed(bytes: &'a [u8], hash: EventHash, next: Option<(Uuid, u32)>) -> Self {
        let line = Line::parse(bytes);
        let respelled = match &line {
            Err(LineError::Json(JsonErrorKind::NotCanonical)) => json::canonicalize(bytes).ok(),
            Ok(_) | Err(_) => None,
        };
        let hash = respelled.as_deref().map_or(hash, event_hash);
        let leaf = leaf_hash(respelled.as_deref().unwrap_or(bytes));
        let expected = line.as_ref().ok().map(|line| {
            let k = next.filter(|(submission, _)| *submission == line.submission).map_or(0, |(_, k)| k);
            (k, event_id(line.submission, k))
        });
        Self { line, respelled, hash, leaf, expected }
    }

    /// The submission of the line, and the number of the line after this one in it.
    fn next_id(&self) -> Option<(Uuid, u32)> {
        let line = self.line.as_ref().ok()?;
        self.expected.and_then(|(k, _)| Some((line.submission, k.checked_add(1)?)))
    }

    fn expected_id(&self, submission: Uuid, k: u32) -> Uuid {
        match self.expected {
            Some((number, id)) if number == k => id,
            _ => event_id(submission, k),
        }
    }
}

/// A unit's lines so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct UnitChain {
    /// How many there are, by their own count.
    pub lines: u64,
    /// Hash of the last one.
    pub head: EventHash,
}

/// The submission whose lines are being read.
struct Open {
    submission: Uuid,
    first: u64,
    at: Instant,
    by: String,
    unit: String,
    size: u32,
    lines: u32,
    /// Where a finding about the first line belongs among the flaws.
    slot: usize,
    signature: Option<Signed>,
}

struct Signed {
    key: String,
    sig: String,
    payload: SubmissionPayload,
}

/// Checks a ledger's lines one after another.
#[derive(Default)]
pub struct Verifier {
    read: u64,
    next_position: u64,
    /// Absent before the first line.
    head: Option<EventHash>,
    latest: Option<Instant>,
    open: Option<Open>,
    /// Every submission read, with how many lines of it there were when it was last left.
    submissions: HashMap<Uuid, u32>,
    /// Ids that do not follow from their submission. The others are unique because submissions are.
    odd_ids: HashSet<Uuid>,
    units: Vec<(String, UnitChain)>,
    unit_numbers: HashMap<String, usize>,
    /// The unit of the line before: most often this line's too.
    last_unit: usize,
    tree: TreeIndex,
    origin: Option<String>,
    log_keys: Vec<(u64, VerifierKey)>,
    signatures: u64,
    flaws: Vec<Flaw>,
}

impl Verifier {
    /// A ledger without lines.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many lines were read.
    #[must_use]
    pub const fn lines(&self) -> u64 {
        self.read
    }

    /// The position that the next line, or segment, must have.
    #[must_use]
    pub const fn next_position(&self) -> u64 {
        self.next_position
    }

    /// The event hash of the last line; zeros before the first.
    #[must_use]
    pub fn head(&self) -> EventHash {
        self.head.unwrap_or(EventHash::ZERO)
    }

    /// The Merkle tree of the lines so far.
    #[must_use]
    pub const fn tree(&self) -> &TreeIndex {
        &self.tree
    }

    /// Each unit's chain, sorted by unit.
    #[must_use]
    pub fn units(&self) -> std::collections::BTreeMap<String, UnitChain> {
        self.units.iter().map(|(unit, chain)| (unit.clone(), *chain)).collect()
    }

    /// The origin that position 0 names.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// How many submissions bore a signature that was checked.
    #[must_use]
    pub const fn signatures(&self) -> u64 {
        self.signatures
    }

    /// The key that must sign a head of this size: the newest whose position the head counts.
    #[must_use]
    pub fn log_key(&self, size: u64) -> Option<&VerifierKey> {
        let mut newest_first = self.log_keys.iter().rev();
        let key = newest_first.find(|(position, _)| *position < size).or(self.log_keys.first());
        key.map(|(_, key)| key)
    }

    /// What was found so far, in the order of checks.
    #[must_use]
    pub fn flaws(&self) -> &[Flaw] {
        &self.flaws
    }

    /// Adds a finding of the caller at this place in the order of checks.
    pub fn report(&mut self, flaw: Flaw) {
        self.flaws.push(flaw);
    }

    /// Takes the next line.
    pub fn push(&mut self, checked: &Checked<'_>) {
        let position = self.read;
        match (&checked.line, &checked.respelled) {
            (Ok(line), _) => self.line(line, checked),
            (Err(error), respelled) => {
                self.flaws.push(Flaw::at(error.code(), position));
                match respelled.as_deref().map(Line::parse) {
                    Some(Ok(line)) => self.line(&line, checked),
                    Some(Err(_)) | None => self.unreadable(position),
                }
            }
        }
        self.head = Some(checked.hash);
        self.tree.append(checked.leaf);
        self.read += 1;
    }

    /// Ends the ledger: the last submission must be complete.
    pub fn finish(&mut self) {
        self.leave_submission(self.read);
    }

    fn unreadable(&mut self, position: u64) {
        self.next_position += 1;
        if let Some(open) = &mut self.open {
            // It stands where a line of the submission is due: taken as that line, so that one fault is one finding.
            // What it said is not known, so a signature over it cannot be checked: the unreadable line is the finding.
            open.lines += 1;
            open.signature = None;
        }
        if position == 0 {
            self.flaws.push(Flaw::at("opening", 0));
        }
    }

    fn line(&mut self, line: &Line<'_>, checked: &Checked<'_>) {
        let read = self.read;
        if line.position != self.next_position {
            self.flaws.push(Flaw::at("position", read).values(self.next_position, line.position));
        }
        self.next_position = line.position + 1;
        if line.prev != self.head() {
            self.flaws.push(Flaw::at("prev", read).values(self.head(), line.prev));
        }
        if let Some(latest) = self.latest.filter(|latest| line.at < *latest) {
            self.flaws.push(Flaw::at("at-order", read).values(format!("≥ {latest}"), line.at));
        }
        self.latest = self.latest.max(Some(line.at));
        let k = self.submission_line(line);
        let expected = checked.expected_id(line.submission, k);
        if line.id != expected {
            self.flaws.push(Flaw::at("id-mismatch", read).values(expected, line.id));
        }
        self.signature(line, k);
        let odd =
            if line.id == expected { self.odd_ids.contains(&line.id) } else { !self.odd_ids.insert(line.id) };
        if odd {
            self.flaws.push(Flaw::at("id-duplicate", read));
        }
        self.unit_line(line, checked.hash);
        self.keys(line);
        if k == 0
            && let Some(open) = &mut self.open
        {
            open.slot = self.flaws.len();
        }
    }

    /// Counts a line into its submission; gives its number there.
    fn submission_line(&mut self, line: &Line<'_>) -> u32 {
        let read = self.read;
        if let Some(open) = self.open.as_mut().filter(|open| open.submission == line.submission) {
            let same = open.at == line.at && open.by == line.by && open.unit == line.unit;
            let too_many = open.lines == open.size;
            if !same || open.size != line.submission_size || too_many {
                self.flaws.push(Flaw::at("submission-split", read));
            }
            open.lines += 1;
            return open.lines - 1;
        }
        self.leave_submission(read);
        let before = self.submissions.get(&line.submission).copied();
        if before.is_some() {
            self.flaws.push(Flaw::at("submission-split", read));
        }
        let lines = before.unwrap_or(0);
        self.open = Some(Open {
            submission: line.submission,
            first: read,
            at: line.at,
            by: line.by.to_owned(),
            unit: line.unit.to_owned(),
            // A submission that goes on after another is one finding, not one more for each line it lacks.
            size: if before.is_some() { u32::MAX } else { line.submission_size },
            lines: lines + 1,
            slot: self.flaws.len(),
            signature: None,
        });
        lines
    }

    /// Ends the submission under way; `next` is where its next line would stand.
    fn leave_submission(&mut self, next: u64) {
        let Some(open) = self.open.take() else { return };
        self.submissions.insert(open.submission, open.lines);
        let again = open.size == u32::MAX;
        let short = open.lines < open.size && !again;
        if let Some(signed) = open.signature.filter(|_| !short) {
            self.signatures += 1;
            let payload = signed.payload.finish(open.submission, &open.unit);
            if !dsse::verify_submission(&signed.key, &signed.sig, &payload) {
                self.flaws.insert(open.slot, Flaw::at("bad-signature-unit", open.first));
            }
        }
        if short {
            self.flaws.push(Flaw::at("submission-split", next).values(open.size, open.lines));
        }
    }

    /// Takes a first line's signature out, adds later lines to what it covers.
    fn signature(&mut self, line: &Line<'_>, k: u32) {
        let named = has_signature_name(line.data).then(|| dsse::detach(line.data).ok().flatten()).flatten();
        let Some(open) = &mut self.open else { return };
        if k > 0 {
            if named.is_some() {
                self.flaws.push(Flaw::at("schema", self.read));
            }
            if let Some(signed) = &mut open.signature {
                signed.payload.push(line.kind, line.version, line.data);
            }
            return;
        }
        let Some(detached) = named else { return };
        let fits = |key: &str| key.parse().is_ok_and(|key: VerifierKey| key.name() == line.unit);
        match detached.signature.filter(|(key, _)| fits(key)) {
            Some((key, sig)) => {
                let mut payload = SubmissionPayload::new();
                payload.push(line.kind, line.version, &detached.data);
                open.signature = Some(Signed { key, sig, payload });
            }
            None => self.flaws.push(Flaw::at("bad-signature-unit", self.read)),
        }
    }

    fn unit_line(&mut self, line: &Line<'_>, hash: EventHash) {
        let read = self.read;
        let now = UnitChain { lines: line.unit_seq + 1, head: hash };
        let before = std::mem::replace(self.unit_chain(line.unit), now);
        if line.unit_seq != before.lines {
            self.flaws.push(Flaw::at("unit-seq", read).values(before.lines, line.unit_seq));
        }
        if line.unit_prev != before.head {
            self.flaws.push(Flaw::at("unit-prev", read).values(before.head, line.unit_prev));
        }
    }

    fn unit_chain(&mut self, unit: &str) -> &mut UnitChain {
        if self.units.get(self.last_unit).is_none_or(|(own, _)| own != unit) {
            self.last_unit = self.unit_numbers.get(unit).copied().unwrap_or_else(|| {
                self.unit_numbers.insert(unit.to_owned(), self.units.len());
                self.units.push((unit.to_owned(), UnitChain { lines: 0, head: EventHash::ZERO }));
                self.units.len() - 1
            });
        }
        &mut self.units[self.last_unit].1
    }

    /// Opening and change of the key that signs tree heads.
    fn keys(&mut self, line: &Line<'_>) {
        let read = self.read;
        match (read, line.kind) {
            (0, "ledger-opened") => match opening(line.data) {
                Some((origin, key)) => {
                    self.origin = Some(origin);
                    self.log_keys.push((0, key));
                }
                None => self.flaws.push(Flaw::at("opening", 0)),
            },
            (0, _) | (_, "ledger-opened") => self.flaws.push(Flaw::at("opening", read)),
            (_, "log-key-changed") => match self.changed_key(line.data) {
                Some(key) => self.log_keys.push((read, key)),
                None => self.flaws.push(Flaw::at("log-key", read)),
            },
            _ => {}
        }
    }

    fn changed_key(&self, data: &[u8]) -> Option<VerifierKey> {
        let data = json::parse(data).ok()?;
        let key: VerifierKey = text(&data, "log_key")?.parse().ok()?;
        let of_this_ledger = self.origin.as_deref().is_none_or(|origin| origin == key.name());
        (key.is_ed25519() && of_this_ledger).then_some(key)
    }
}

fn text<'a>(object: &'a Value, member: &str) -> Option<&'a str> {
    match object.get(member)? {
        Value::String(text) => Some(text),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Reads the data of a proper `ledger-opened`: its origin and log key.
fn opening(data: &[u8]) -> Option<(String, VerifierKey)> {
    let data = json::parse(data).ok()?;
    let origin = text(&data, "origin")?;
    let key: VerifierKey = text(&data, "log_key")?.parse().ok()?;
    let proper = text(&data, "suite")? == "pl-1" && !text(&data, "title")?.is_empty();
    (proper && key.is_ed25519() && key.name() == origin).then(|| (origin.to_owned(), key))
}

/// A quick look: whether the data may have a member `signature`.
fn has_signature_name(data: &[u8]) -> bool {
    use std::sync::LazyLock;
    static NAME: LazyLock<memchr::memmem::Finder<'static>> =
        LazyLock::new(|| memchr::memmem::Finder::new(b"\"signature\":"));
    NAME.find(data).is_some()
}
