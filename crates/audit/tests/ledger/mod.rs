//! Ledgers of submissions that nobody decided on: an audit must cope with what no sequencer would have recorded.
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::Path;

use chain::note::{KeyType, VerifierKey};
use domain::ledger::{Ledger, Prepared, Submission};
use ed25519_dalek::SigningKey;
use events::{Event, KeyEnrolled, LedgerOpened, Signature, UnitKind, UnitRegistered};
use seeds::demo::Demo;
use uuid::Uuid;

/// A unit's or the log's key.
pub struct Key(SigningKey, VerifierKey);

impl Key {
    pub fn of(name: &str, seed: u8) -> Self {
        let secret = SigningKey::from_bytes(&[seed; 32]);
        let public = VerifierKey::of(name, KeyType::Ed25519, &secret).unwrap();
        Self(secret, public)
    }

    pub fn public(&self) -> String {
        self.1.to_string()
    }

    /// The signature over what a unit signs.
    pub fn sign_submission(&self, payload: &[u8]) -> String {
        chain::dsse::sign_submission(&self.0, payload)
    }
}

/// Lines as they are written, with the state that follows from them.
#[derive(Default)]
pub struct Written {
    pub ledger: Ledger,
    pub lines: Vec<Vec<u8>>,
}

impl Written {
    /// A ledger with its opening line.
    pub fn opened() -> Self {
        let mut written = Self::default();
        let opening = LedgerOpened {
            log_key: Key::of("example.com/audit", 7).public(),
            origin: "example.com/audit".to_owned(),
            suite: "pl-1".to_owned(),
            synthetic: true,
            title: "演示数据".to_owned(),
        };
        written.record("office", None, vec![opening.into()]);
        written
    }

    /// Records events in a unit's name, signed by `key` if there is one, without asking whether they may be recorded.
    pub fn record(&mut self, unit: &str, key: Option<&Key>, events: Vec<Event>) -> u64 {
        let mut submission = Submission {
            submission: Uuid::from_u64_pair(0x4000, 0x8000_0000_0000_0000 | self.lines.len() as u64),
            unit: unit.parse().unwrap(),
            by: "acct-07".parse().unwrap(),
            events,
            signature: None,
        };
        if let Some(key) = key {
            let payload = Prepared::new(submission.clone()).unwrap().payload();
            let sig = chain::dsse::sign_submission(&key.0, &payload);
            submission.signature = Some(Signature { key: key.public(), sig });
        }
        self.append(&submission)
    }

    /// Appends a submission; gives the position of its first line.
    pub fn append(&mut self, submission: &Submission) -> u64 {
        let first = self.lines.len() as u64;
        let at = self.ledger.head().next_at("2026-01-01T00:00:00.000000Z".parse().unwrap());
        for line in self.ledger.head().lines(&Prepared::new(submission.clone()).unwrap(), at).unwrap() {
            self.ledger.apply(&line.recorded);
            self.lines.push(line.bytes);
        }
        first
    }

    /// Appends a line of any type and data, well chained, of a unit that has no line yet.
    pub fn raw(&mut self, unit: &str, kind: &str, version: u32, data: &str) -> u64 {
        let position = self.lines.len() as u64;
        let submission = Uuid::from_u64_pair(0x4000, 0x8000_0000_0000_0000 | position);
        let envelope = chain::line::Envelope {
            at: self.ledger.head().next_at("2026-01-01T00:00:00.000000Z".parse().unwrap()),
            by: "acct-07",
            id: chain::hash::event_id(submission, 0),
            position,
            prev: chain::hash::event_hash(self.lines.last().unwrap()),
            submission,
            submission_size: 1,
            kind,
            unit,
            unit_prev: chain::EventHash::ZERO,
            unit_seq: 0,
            version,
        };
        let mut line = Vec::new();
        chain::line::write(&envelope, data.as_bytes(), &mut line).unwrap();
        self.lines.push(line);
        position
    }

    /// Writes everything as one active segment of a new folder.
    pub fn folder(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &self.lines);
        folder
    }
}

/// Writes lines as the active segment of a ledger.
pub fn write(ledger: &Path, lines: &[Vec<u8>]) {
    let journal = ledger.join("journal");
    std::fs::create_dir_all(&journal).unwrap();
    let bytes: Vec<u8> = lines.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect();
    std::fs::write(journal.join(format!("{:020}.jsonl", 0)), bytes).unwrap();
}

pub fn registered(unit: &str) -> Event {
    let (kind, name) = (UnitKind::Bureau, "演示局".to_owned());
    UnitRegistered { aliases: Vec::new(), kind, name, registered: unit.parse().unwrap() }.into()
}

pub fn enrolled(unit: &str, key: &Key) -> Event {
    KeyEnrolled { holder: unit.parse().unwrap(), key: key.public() }.into()
}

/// The demonstration's first year, as decided and recorded: its first submissions, until there are so many lines.
pub fn demonstration(lines: u64) -> Written {
    demonstration_of(1, lines)
}

/// So many years of the demonstration: their first submissions, until there are so many lines.
pub fn demonstration_of(years: u16, lines: u64) -> Written {
    let options = seeds::demo::Options {
        seed: 2022,
        cities: 1,
        years,
        origin: "example.com/audit".to_owned(),
        log_key: Key::of("example.com/audit", 7).public(),
    };
    let mut demo = Demo::new(seeds::yingtan_2022(), seeds::yingtan_2022_rules(), options);
    let mut written = Written::default();
    while written.ledger.head().size < lines
        && let Some(timed) = demo.next(written.ledger.book())
    {
        written.append(&timed.submission);
    }
    written
}

/// Puts the signed head over all lines beside the journal.
pub fn sign(folder: &Path, written: &Written, key: &Key) {
    let leaves: Vec<_> = written.lines.iter().map(|line| chain::hash::leaf_hash(line)).collect();
    let (origin, size) = (key.1.name().to_owned(), written.lines.len() as u64);
    let text = chain::note::Checkpoint { origin, size, root: chain::tree::root_of(&leaves) }.text();
    let line = chain::note::sign(key.1.name(), &key.0, &text).unwrap();
    std::fs::write(folder.join("checkpoint"), format!("{text}\n{line}")).unwrap();
}
