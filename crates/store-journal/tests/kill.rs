//! A writer is killed at random moments, again and again: what it was told is durable is there, once.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use store::EventLog as _;
use store::contract::{Scribe, borrowed};
use store_journal::{Journal, JournalOptions};

const ROUNDS: u64 = 12;
const LEDGER: &str = "JOURNAL_KILL_TEST_LEDGER";

fn open(ledger: &Path) -> Journal {
    let options =
        JournalOptions { segment_bytes: 64 << 10, padding_bytes: 16 << 10, ..JournalOptions::default() };
    Journal::open(ledger, options).unwrap_or_else(|error| panic!("{error}"))
}

fn scribe_after(journal: &Journal) -> Scribe {
    match journal.size().unwrap().checked_sub(1) {
        Some(last) => Scribe::after(last, journal.read(last, 1).unwrap().get(0).unwrap()),
        None => Scribe::new(),
    }
}

/// What the child does: appends for ever, and says each size it was acknowledged.
fn write_until_killed(ledger: &Path) {
    let journal = open(ledger);
    let mut scribe = scribe_after(&journal);
    for round in 0.. {
        let size = scribe.position();
        let size = journal.append(size, &borrowed(&scribe.append(1 + round % 7, "负载"))).unwrap();
        println!("acknowledged {size}");
        if round % 100 == 99 {
            journal.compress(&mut |_, _| {}).unwrap();
        }
    }
}

/// Lets a child write for a while, kills it, and gives the last size it was acknowledged.
fn killed_after(ledger: &Path, while_ms: u64) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "acknowledged_appends_survive_being_killed", "--nocapture"])
        .env(LEDGER, ledger)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let killer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(while_ms));
        child.kill().unwrap();
        child.wait().unwrap();
    });
    let lines = output.lines().map_while(Result::ok);
    let sizes = lines.filter_map(|line| line.strip_prefix("acknowledged ")?.parse().ok());
    let last = sizes.last().unwrap_or(0);
    killer.join().unwrap();
    last
}

#[test]
fn acknowledged_appends_survive_being_killed() {
    if let Some(ledger) = std::env::var_os(LEDGER) {
        return write_until_killed(ledger.as_ref());
    }
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        // Different moments each round, the same in each run as far as a machine allows.
        let last = killed_after(folder.path(), 60 + round * 37 % 150);
        acknowledged = last.max(acknowledged);
        let journal = open(folder.path());
        assert!(journal.size().unwrap() >= acknowledged, "round {round}: {}", journal.opened());
        assert_chained(&journal);
    }
    assert!(acknowledged > 0, "the children have written");
}

/// Every line is at its place and follows the one before: nothing is missing, doubled or foreign.
fn assert_chained(journal: &Journal) {
    let (mut from, mut head) = (0, chain::EventHash::ZERO);
    loop {
        let batch = journal.read(from, 1000).unwrap();
        if batch.is_empty() {
            return assert_eq!(from, journal.size().unwrap());
        }
        for (position, bytes) in &batch {
            let line = chain::line::Line::parse(bytes).unwrap();
            assert_eq!((line.position, line.prev), (position, head));
            head = line.hash();
        }
        from = batch.next();
    }
}
