//! Killed at random moments under load, again and again: whatever was acknowledged is in the ledger, once.
//!
//! Runs for a few seconds; `PROGRESS_LEDGER_KILL_SECONDS=60` makes it a minute.

mod common;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{ChildStdout, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::{Desk, lines};
use serde_json::Value;

/// Acknowledged submissions: position and hashes by id.
type Acknowledged = BTreeMap<String, (u64, Vec<String>)>;

/// Takes the whole lines a killed program had printed; one that was cut short acknowledges nothing.
fn acknowledged(out: ChildStdout) -> Acknowledged {
    let mut found = Acknowledged::new();
    let mut reader = BufReader::new(out);
    let mut line = String::new();
    while reader.read_line(&mut line).expect("UTF-8 from a pipe") > 0 && line.ends_with('\n') {
        let said: Value = serde_json::from_str(&line).expect("a line of JSON");
        let hashes = said["hashes"].as_array().expect("hashes").iter();
        let hashes = hashes.map(|hash| hash.as_str().expect("a hash").to_owned()).collect();
        let position = said["position"].as_u64().expect("a position");
        found.insert(said["submission"].as_str().expect("an id").to_owned(), (position, hashes));
        line.clear();
    }
    found
}

/// Lets the program record from four threads for a while, then kills it as `kill -9` does.
fn killed_after(desk: &Desk, wait: Duration) -> Acknowledged {
    let mut command = desk.command();
    command.args(["--ledger", "D", "hammer", "--threads", "4"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the program starts");
    let out = child.stdout.take().expect("a pipe");
    let reading = thread::spawn(move || acknowledged(out));
    thread::sleep(wait);
    child.kill().expect("it was running");
    child.wait().expect("it has ended");
    reading.join().expect("the reader ends with the pipe")
}

#[test]
fn what_was_acknowledged_survives_every_kill_once() {
    let seconds =
        std::env::var("PROGRESS_LEDGER_KILL_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    let mut seed = u64::from(std::process::id()) | 1;
    println!("seed {seed}");
    let desk = Desk::new();
    desk.run("demo D").with(0);
    let (mut all, mut rounds) = (Acknowledged::new(), 0);
    let end = Instant::now() + Duration::from_secs(seconds);
    while rounds < 3 || Instant::now() < end {
        // A multiplier of a linear congruential generator: the moments only have to differ.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        all.append(&mut killed_after(&desk, Duration::from_millis(150 + (seed >> 33) % 500)));
        rounds += 1;
    }
    println!("{rounds} kills, {} acknowledged", all.len());
    assert!(!all.is_empty(), "something was acknowledged before a kill");

    // Opening it for recording cuts off what was never acknowledged; then nothing may be wrong with it.
    desk.run("--ledger D hammer --threads 1 --rounds 1").with(0);
    let verified = desk.run("verify D --json");
    assert_eq!(verified.code, 0, "{}", verified.out);

    let mut recorded: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    for line in lines(&desk.path("D")) {
        let value: Value = serde_json::from_str(&line).expect("a line of JSON");
        let mut hasher = blake3::Hasher::new_derive_key("progress-ledger 2026-11 event");
        hasher.update(line.as_bytes());
        let place = (value["position"].as_u64().expect("a position"), hasher.finalize().to_hex().to_string());
        recorded.entry(value["submission"].as_str().expect("an id").to_owned()).or_default().push(place);
    }
    for (submission, (position, hashes)) in &all {
        let expected: Vec<(u64, String)> = (*position..).zip(hashes.iter().cloned()).collect();
        assert_eq!(recorded.get(submission), Some(&expected), "{submission}");
    }
}
