//! Measures the journal beside a bare file: `cargo run --release -p store-journal --example measure [FOLDER]`.
//!
//! A ledger of a million lines is made, compressed, opened and read. Then appends are compared round by round with a
//! loop that only writes and flushes the same bytes into a file written before.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Instant;

use chain::hash::{event_hash, event_id, leaf_hash};
use chain::line::Envelope;
use chain::{EventHash, Instant as At};
use store::{EventLog as _, LineBatch};
use store_journal::{Durability, Journal, JournalOptions};

/// Whole submissions of three: a last one that lacked lines would be cut off.
const LINES: u64 = 999_999;

fn main() {
    let root = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let folder = tempfile::tempdir_in(&root).expect("a temporary folder");
    make(folder.path());
    open_and_read(folder.path(), "plain");
    compress(folder.path());
    open_and_read(folder.path(), "compressed");
    for lines_per_append in [1, 8, 100] {
        compare_appends(&root, lines_per_append);
    }
}

/// A line as a province's ledger has them: one of 600 units, three lines a submission, four an append.
struct Maker {
    position: u64,
    prev: EventHash,
    units: Vec<(u64, EventHash)>,
}

impl Maker {
    fn new() -> Self {
        Self { position: 0, prev: EventHash::ZERO, units: vec![(0, EventHash::ZERO); 600] }
    }

    fn line(&mut self) -> Vec<u8> {
        let position = self.position;
        let (number, k) = (position / 3, u32::try_from(position % 3).expect("small"));
        let noise = leaf_hash(&number.to_le_bytes()).0;
        let submission =
            uuid::Builder::from_random_bytes(noise[..16].try_into().expect("16 bytes")).into_uuid();
        let unit = usize::from(u16::from_le_bytes([noise[16], noise[17]])) % self.units.len();
        let (seq, unit_prev) = self.units[unit];
        let name = format!("unit-{unit:03}");
        let data = format!(
            r#"{{"area":"area-{:02}","as_at":"2022-{:02}-25","indicator":"ind-{:02}","status":"final","value":"{}.{:02}"}}"#,
            unit % 60,
            position / 90_000 % 12 + 1,
            (number + u64::from(k)) % 59,
            noise[20 + position as usize % 8],
            noise[19] % 100,
        );
        let at = 1_650_000_000_000_000 + i64::try_from(position / 12).expect("small") * 7_310_123;
        let envelope = Envelope {
            at: At::from_micros(at).expect("a year below 10000"),
            by: &name,
            id: event_id(submission, k),
            position,
            prev: self.prev,
            submission,
            submission_size: 3,
            kind: "figure-reported",
            unit: &name,
            unit_prev,
            unit_seq: seq,
            version: 1,
        };
        let mut line = Vec::new();
        chain::line::write(&envelope, data.as_bytes(), &mut line).expect("a true line");
        self.prev = event_hash(&line);
        self.units[unit] = (seq + 1, self.prev);
        self.position += 1;
        line
    }
}

fn compare_appends(root: &str, lines_per_append: usize) {
    let appends = if lines_per_append == 100 { 500 } else { 1000 };
    let mut maker = Maker::new();
    let groups: Vec<Vec<Vec<u8>>> =
        (0..appends).map(|_| (0..lines_per_append).map(|_| maker.line()).collect()).collect();
    let mut shares = Vec::new();
    for _ in 0..5 {
        let folder = tempfile::tempdir_in(root).expect("a temporary folder");
        let raw = raw(folder.path(), &groups);
        let journal = journal(folder.path(), &groups);
        shares.push((raw * 1000 / journal, raw / appends as u128, journal / appends as u128));
    }
    shares.sort_unstable();
    let (share, raw, journal) = shares[2];
    println!(
        "{lines_per_append} lines an append: raw {raw} µs, journal {journal} µs, {share} ‰ of raw (median; {shares:?})"
    );
}

/// Microseconds for the same bytes into a file that was written before.
fn raw(folder: &Path, groups: &[Vec<Vec<u8>>]) -> u128 {
    let bytes: Vec<Vec<u8>> = groups
        .iter()
        .map(|lines| lines.iter().flat_map(|line| [line, &b"\n"[..]].concat()).collect())
        .collect();
    let total: usize = bytes.iter().map(Vec::len).sum();
    let file = File::create(folder.join("raw")).expect("a file");
    file.write_all_at(&vec![b'\n'; total], 0).expect("room");
    file.sync_all().expect("durable");
    let begun = Instant::now();
    let mut at = 0;
    for bytes in &bytes {
        file.write_all_at(bytes, at).expect("room");
        file.sync_data().expect("durable");
        at += bytes.len() as u64;
    }
    begun.elapsed().as_micros()
}

fn journal(folder: &Path, groups: &[Vec<Vec<u8>>]) -> u128 {
    let journal = Journal::open(&folder.join("ledger"), JournalOptions::default()).expect("opens");
    let begun = Instant::now();
    let mut size = 0;
    for lines in groups {
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        size = journal.append(size, &lines).expect("appends");
    }
    begun.elapsed().as_micros()
}

fn make(folder: &Path) {
    let options = JournalOptions { durability: Durability::AtFinish, ..JournalOptions::default() };
    let journal = Journal::open(folder, options).expect("opens");
    let mut maker = Maker::new();
    let begun = Instant::now();
    while maker.position < LINES {
        let size = maker.position;
        let lines: Vec<_> = (0..1200.min(LINES - size)).map(|_| maker.line()).collect();
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        journal.append(size, &lines).expect("appends");
    }
    journal.finish().expect("durable");
    println!("made {LINES} lines in {} ms", begun.elapsed().as_millis());
}

fn compress(folder: &Path) {
    let journal = Journal::open(folder, JournalOptions::default()).expect("opens");
    let begun = Instant::now();
    let done = journal.compress(&mut |_, _| {}).expect("compresses");
    println!("{done} {} ms", begun.elapsed().as_millis());
}

fn open_and_read(folder: &Path, form: &str) {
    let begun = Instant::now();
    let journal = Journal::open(folder, JournalOptions::default()).expect("opens");
    println!("{form}: opened in {} ms", begun.elapsed().as_millis());
    let begun = Instant::now();
    let (mut from, mut bytes, mut batch) = (0, 0, LineBatch::default());
    while from < LINES {
        journal.read_into(from, 4096, &mut batch).expect("reads");
        (from, bytes) = (batch.next(), bytes + batch.as_bytes().len());
    }
    println!("{form}: read {bytes} bytes in {} ms", begun.elapsed().as_millis());
    let begun = Instant::now();
    for step in 0..100 {
        journal.read_into(step * 7919 * 101 % LINES, 1, &mut batch).expect("reads");
    }
    println!("{form}: a line anywhere in {} µs", begun.elapsed().as_micros() / 100);
}
