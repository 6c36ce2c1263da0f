//! What an auditor can do without this project: `zstdcat`, `b3sum` and `jq` read a journal, reproduce
//! each line's hash and walk the chains.
//!
//! The tools are part of the promise, so a missing one fails; `cargo xtask test` installs them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use scenarios::repository;

const NOTHING_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Runs a tool over `input` and returns what it prints.
fn tool(program: &str, arguments: &[&str], input: &[u8]) -> String {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}; `cargo xtask test` installs it"));
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    let input = input.to_vec();
    // A pipe holds little: write beside reading, or both would wait for each other.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the tool ends");
    writer.join().expect("the writer ends").expect("the tool reads all of its input");
    assert!(output.status.success(), "{program} {arguments:?}: {}", output.status);
    String::from_utf8(output.stdout).expect("the tool prints UTF-8")
}

fn event_hash(line: &str) -> String {
    let arguments = ["--derive-key", "progress-ledger 2026-11 event", "--no-names"];
    tool("b3sum", &arguments, line.as_bytes()).trim().to_owned()
}

/// Asks jq for one member of every line.
fn member(lines: &[String], name: &str) -> Vec<String> {
    let text = lines.join("\n");
    tool("jq", &["-r", &format!(".{name}")], text.as_bytes()).lines().map(str::to_owned).collect()
}

/// Walks both chains; returns the head, or the position of the first line that does not follow.
fn walk(lines: &[String]) -> Result<String, usize> {
    let previous = member(lines, "prev");
    let units = member(lines, "unit");
    let unit_previous = member(lines, "unit_prev");
    let mut head = NOTHING_BEFORE.to_owned();
    let mut unit_heads: BTreeMap<&str, String> = BTreeMap::new();
    for (position, line) in lines.iter().enumerate() {
        let unit_head = unit_heads.entry(&units[position]).or_insert_with(|| NOTHING_BEFORE.to_owned());
        if previous[position] != head || unit_previous[position] != *unit_head {
            return Err(position);
        }
        head = event_hash(line);
        unit_head.clone_from(&head);
    }
    Ok(head)
}

/// Reads a journal with `cat` and `zstdcat`, without the LF bytes allocated ahead.
fn journal(ledger: &Path) -> Vec<String> {
    let entries = fs::read_dir(ledger.join("journal")).expect("the ledger has a journal");
    let mut segments: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    segments.sort();
    let mut lines = Vec::new();
    for segment in segments {
        let bytes = fs::read(&segment).expect("the segment can be read");
        let text = match segment.extension().and_then(|extension| extension.to_str()) {
            Some("zst") => tool("zstdcat", &[], &bytes),
            _ => String::from_utf8(bytes).expect("lines are UTF-8"),
        };
        lines.extend(text.lines().take_while(|line| !line.is_empty()).map(str::to_owned));
    }
    lines
}

fn vectors(name: &str) -> PathBuf {
    repository().join("crates/chain/tests/vectors/ledgers").join(name)
}

/// Returns what an independent implementation says of a ledger.
fn expected(ledger: &Path) -> serde_json::Value {
    let text = fs::read_to_string(ledger.join("expect.json")).expect("the vectors say what to expect");
    serde_json::from_str(&text).expect("the expectation is JSON")
}

#[test]
fn b3sum_and_jq_walk_the_chains_to_the_published_head() {
    for name in ["n0008", "n0255"] {
        let ledger = vectors(name);
        let lines = journal(&ledger);
        let expected = expected(&ledger);
        assert_eq!(Some(lines.len() as u64), expected["lines"].as_u64(), "{name}");
        assert_eq!(walk(&lines).as_deref(), Ok(expected["head"].as_str().expect("a hash")), "{name}");
    }
}

#[test]
fn one_changed_digit_stops_the_walk_at_the_next_line() {
    let mut lines = journal(&vectors("n0008"));
    lines[3] = lines[3].replace(r#""version":1}"#, r#""version":2}"#);
    assert_eq!(walk(&lines), Err(4));
}

#[test]
fn a_line_left_out_stops_the_walk_where_it_stood() {
    let mut lines = journal(&vectors("n0008"));
    lines.remove(2);
    assert_eq!(walk(&lines), Err(2));
}
