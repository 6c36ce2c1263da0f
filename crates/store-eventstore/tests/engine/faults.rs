//! Every answer that says too little: whatever happened, each line is there once, in its place, and the client knows.

use std::time::Duration;

use stand_in::{Fault, Options};
use store::contract::{Scribe, borrowed};
use store::{EventLog, StoreError};

use crate::server::Server;

const SOON: Duration = Duration::from_millis(80);

/// What can go wrong with an append, each once.
fn faults() -> Vec<Fault> {
    vec![
        Fault::AnswerLost,
        Fault::RequestLost,
        Fault::ErrorThenCommitted { after: Duration::ZERO },
        Fault::ErrorThenCommitted { after: SOON },
        Fault::ErrorThenGone { after: Duration::ZERO },
        Fault::ErrorThenGone { after: SOON },
        Fault::RedirectTo { member: 1 },
        Fault::LeaderChange,
        Fault::Slow(SOON),
        Fault::CutBody,
        Fault::TooLargeButWritten,
        Fault::Restart,
        Fault::Unavailable { retry_after_s: None },
        Fault::Unavailable { retry_after_s: Some(1) },
    ]
}

fn cluster() -> Server {
    Server::stand_in(Options { members: 3, ..Options::default() })
}

/// Appends as a caller of the port does: an open question is settled before anything else is sent.
fn append(log: &dyn EventLog, size: u64, lines: &[Vec<u8>]) -> u64 {
    let end = size + lines.len() as u64;
    loop {
        match log.append(size, &borrowed(lines)) {
            Ok(size) => return size,
            Err(StoreError::OutcomeUnknown { .. }) => match log.settle().unwrap() {
                settled if settled == end => return end,
                settled => assert_eq!(settled, size, "all of an append, or none of it"),
            },
            Err(error) => panic!("{error}"),
        }
    }
}

/// Appends twice with faults waiting, and looks at what client and server have then.
fn each_line_is_there_once(faults: &[Fault]) {
    let server = cluster();
    let log = server.open().unwrap();
    let mut scribe = Scribe::new();
    let (before, met, after) =
        (scribe.append(2, "before"), scribe.append(3, "met"), scribe.append(1, "after"));
    append(&log, 0, &before);
    server.fail(faults);
    assert_eq!(append(&log, 2, &met), 5, "{faults:?}");
    assert_eq!(append(&log, 5, &after), 6, "{faults:?}");
    let lines: Vec<Vec<u8>> = [before, met, after].concat();
    let read: Vec<Vec<u8>> = log.read(0, 100).unwrap().iter().map(|(_, line)| line.to_vec()).collect();
    assert!(read == lines, "{faults:?}: the client reads what it appended");
    // A server spells JSON its own way.
    let value = |line: &[u8]| serde_json::from_slice::<serde_json::Value>(line).unwrap();
    let held = server.lines();
    let same = held.iter().map(|line| value(line.as_bytes())).eq(lines.iter().map(|line| value(line)));
    assert!(same, "{faults:?}: the server holds {} lines", held.len());
    assert_eq!(server.faults_left(), 0, "{faults:?}: every fault was met");
}

#[test]
fn each_fault_once() {
    faults().into_iter().for_each(|fault| each_line_is_there_once(&[fault]));
}

#[test]
fn each_fault_twice_in_a_row() {
    faults().into_iter().for_each(|fault| each_line_is_there_once(&[fault.clone(), fault]));
}

#[test]
fn an_answer_is_lost_and_then_something_else_goes_wrong() {
    let lost = Fault::AnswerLost;
    faults().into_iter().for_each(|fault| each_line_is_there_once(&[lost.clone(), fault]));
}

#[test]
fn a_follower_that_lags_is_not_asked_what_decides_a_write() {
    let server = cluster();
    let log = server.open().unwrap();
    let lines = Scribe::new().append(4, "演示数据");
    append(&log, 0, &lines);
    server.fail(&[Fault::StaleFollower { behind: 3 }]);
    assert_eq!((log.size().unwrap(), log.read(0, 10).unwrap().len()), (4, 4));
    assert_eq!(server.faults_left(), 1, "no request let a follower answer");
}
