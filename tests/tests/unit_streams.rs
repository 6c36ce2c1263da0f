//! The projection that is given to KurrentDB's own users: its handler under node, over a year's lines.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::sync::Arc;

use app::Recorder;
use chain::line::Line;
use chain::note::{KeyType, VerifierKey};
use projections::ReadModel;
use scenarios::repository;
use seeds::demo::{Demo, Options};
use store::{EventLog, MemoryLog};

const ORIGIN: &str = "demo.example/units";
/// The stream that the script names.
const STREAM: &str = "ledger-yingtan-2022";

/// The lines of a synthetic year.
fn year() -> Vec<Vec<u8>> {
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let log_key = VerifierKey::of(ORIGIN, KeyType::Ed25519, &key).unwrap().to_string();
    let options = Options { seed: 2022, cities: 1, years: 1, origin: ORIGIN.to_owned(), log_key };
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new());
    let mut recorder = Recorder::new(Arc::clone(&log), ReadModel::default());
    let mut demo = Demo::new(seeds::yingtan_2022(), seeds::yingtan_2022_rules(), options);
    while let Some(timed) = demo.next(recorder.model().ledger().book()) {
        recorder.record(timed.submission, timed.at).unwrap();
    }
    let mut lines = Vec::new();
    while let Some(batch) = Some(log.read(lines.len() as u64, 4_096).unwrap()).filter(|own| !own.is_empty()) {
        lines.extend(batch.iter().map(|(_, line)| line.to_vec()));
    }
    lines
}

/// What the script linked: positions by the name of the stream.
fn linked(lines: &[Vec<u8>]) -> BTreeMap<String, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lines.jsonl");
    fs::write(&file, lines.join(&b'\n')).unwrap();
    let mut node = Command::new("node");
    node.arg(repository().join("tests/tests/data/run_projection.cjs"));
    node.arg(repository().join("deploy/kurrentdb/unit-streams.js")).arg(STREAM).arg(&file);
    let output = node.output().expect("node starts: `cargo xtask test` installs npm, which brings it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_unit_s_stream_is_its_chain() {
    let lines = year();
    let mut chains: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut last: BTreeMap<String, String> = BTreeMap::new();
    for bytes in &lines {
        let line = Line::parse(bytes).unwrap();
        let stream = format!("unit-{STREAM}.{}", line.unit);
        let chain = chains.entry(stream).or_default();
        assert_eq!(line.unit_seq, chain.len() as u64, "a link's number is the line's unit_seq");
        chain.push(format!("{}@{STREAM}", line.position));
        let before = last.insert(line.unit.to_owned(), line.hash().to_string());
        assert_eq!(line.unit_prev.to_string(), before.unwrap_or_else(|| "0".repeat(64)));
    }
    assert!(chains.len() > 10 && lines.len() > 10_000, "a whole year");
    assert_eq!(linked(&lines), chains);
}
