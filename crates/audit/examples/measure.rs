//! Measures an audit: `cargo run --release -p audit --example measure [LINES]`.
//!
//! Writes a ledger of that many lines by a rule into a temporary folder, sealed every 131,072 lines, and audits it.

use std::io::Write as _;
use std::time::Instant as Stopwatch;

use audit::{Options, verify_directory};
use chain::hash::event_id;
use chain::line::Envelope;
use chain::{EventHash, Instant};

const SEGMENT: u64 = 131_072;
const UNITS: u64 = 600;
const SUBMISSION: u64 = 4;

fn main() {
    let lines: u64 = std::env::args().nth(1).map_or(1_000_000, |number| number.parse().expect("a number"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let bytes = write(folder.path(), lines);
    for _ in 0..3 {
        let begun = Stopwatch::now();
        let report = verify_directory(folder.path(), &Options::default()).expect("readable");
        let micros = begun.elapsed().as_micros().max(1);
        let per_second = u128::from(report.lines) * 1_000_000 / micros;
        let flaws: Vec<_> = report.findings.iter().map(|finding| finding.kind).collect();
        println!(
            "{} lines, {bytes} bytes, {} ms: {per_second} lines/s {flaws:?}",
            report.lines,
            micros / 1000
        );
    }
}

/// Writes the lines; gives their bytes.
fn write(folder: &std::path::Path, lines: u64) -> u64 {
    std::fs::create_dir(folder.join("journal")).expect("an empty folder");
    let mut units = vec![(0, EventHash::ZERO); usize::try_from(UNITS).expect("small")];
    let (mut prev, mut written) = (EventHash::ZERO, 0);
    for first in (0..lines).step_by(usize::try_from(SEGMENT).expect("small")) {
        let mut segment = Vec::new();
        for position in first..lines.min(first + SEGMENT) {
            let begin = segment.len();
            line(position, lines, prev, &mut units, &mut segment);
            prev = chain::hash::event_hash(&segment[begin..]);
            let unit = &mut units[usize::try_from(unit_of(position)).expect("small")];
            *unit = (unit.0 + 1, prev);
            segment.push(b'\n');
        }
        let name = folder.join("journal").join(format!("{first:020}.jsonl"));
        std::fs::File::create(name).and_then(|mut file| file.write_all(&segment)).expect("room on the disk");
        written += segment.len() as u64;
    }
    written
}

const fn unit_of(position: u64) -> u64 {
    let number = position.div_ceil(SUBMISSION);
    number * number % UNITS
}

fn line(position: u64, lines: u64, prev: EventHash, units: &mut [(u64, EventHash)], out: &mut Vec<u8>) {
    let number = position.div_ceil(SUBMISSION);
    let (k, size) = match position {
        0 => (0, 1),
        _ => ((position - 1) % SUBMISSION, (lines - 1 - (number - 1) * SUBMISSION).min(SUBMISSION)),
    };
    let submission = uuid::Uuid::from_u64_pair(0x4000, 0x8000_0000_0000_0000 | number);
    let unit = unit_of(position);
    let (unit_seq, unit_prev) = units[usize::try_from(unit).expect("small")];
    let k = u32::try_from(k).expect("small");
    let data = match position {
        0 => format!(
            r#"{{"log_key":"{}","origin":"example.com/foo","suite":"pl-1","title":"演示数据"}}"#,
            key()
        ),
        _ => format!(
            r#"{{"area":"guixi","as_at":"2026-03-31","indicator":"ind-{:03}","value":"{position}.50"}}"#,
            position % 59
        ),
    };
    let envelope = Envelope {
        at: Instant::from_micros(1_790_000_000_000_000 + i64::try_from(number).expect("small"))
            .expect("in range"),
        by: "acct-07",
        id: event_id(submission, k),
        position,
        prev,
        submission,
        submission_size: u32::try_from(size).expect("small"),
        kind: if position == 0 { "ledger-opened" } else { "figure-reported" },
        unit: &format!("unit-{unit:03}"),
        unit_prev,
        unit_seq,
        version: 1,
    };
    chain::line::write(&envelope, data.as_bytes(), out).expect("a line by the rule");
}

fn key() -> String {
    let seed = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let kind = chain::note::KeyType::Ed25519;
    chain::note::VerifierKey::of("example.com/foo", kind, &seed).expect("a key name").to_string()
}
