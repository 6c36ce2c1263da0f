//! The contract every engine keeps, as small named cases.
//!
//! An engine's tests say `store::contract_tests!(maker)` with an expression that makes an [`Engine`]; each case
//! becomes one test on a new engine. Cases know nothing of the engine but [`Engine`] and [`EventLog`].

mod faults;
mod lines;

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::{EventLog, Follower, LineBatch, MAX_LINE_BYTES, Result, StoreError};
pub use faults::{Trial, Witness};
pub use lines::{Scribe, borrowed};

/// One place that can hold one ledger: what a test needs around a log.
pub trait Engine {
    /// The log it opens.
    type Log: EventLog;

    /// Opens the ledger for writing, making it if there is none. Earlier logs of this engine have been dropped.
    ///
    /// # Errors
    /// Whatever the engine answers.
    fn open(&mut self) -> Result<Self::Log>;

    /// Cuts the power: what was not durable may be gone, in part too. Logs of this engine have been dropped.
    fn crash(&mut self);
}

/// Makes one `#[test]` of each contract case, each on the engine that the expression makes.
#[macro_export]
macro_rules! contract_tests {
    ($engine:expr) => {
        $crate::contract_tests! { $engine =>
            a_new_log_is_empty
            appended_lines_come_back_byte_for_byte_and_in_order
            an_append_at_another_size_conflicts_and_writes_nothing
            an_append_of_nothing_still_compares_the_size
            an_append_with_one_unfit_line_writes_nothing
            the_longest_line_fits_and_one_byte_more_does_not
            a_read_starts_anywhere_and_takes_no_more_than_asked
            reading_at_or_beyond_the_end_gives_nothing
            acknowledged_lines_survive_a_restart_and_a_power_cut
            a_log_goes_on_after_a_restart
            one_of_many_writers_wins_each_position
            a_reader_never_sees_part_of_an_append
            waiting_returns_at_once_when_there_is_more
            waiting_wakes_when_a_line_comes
            waiting_gives_up_after_its_timeout
            a_follower_sees_every_line_once
            settling_without_an_open_question_is_the_size
        }
    };
    ($engine:expr => $($case:ident)*) => {
        $(
            #[test]
            fn $case() {
                $crate::contract::$case(&mut $engine);
            }
        )*
    };
}

/// Reads everything, in batches of at most `max_lines`.
///
/// # Panics
/// If the log cannot be read or a batch does not go on where the one before ended.
pub fn read_all(log: &impl EventLog, max_lines: usize) -> Vec<Vec<u8>> {
    try_read_all(log, max_lines).expect("the log can be read")
}

fn try_read_all(log: &impl EventLog, max_lines: usize) -> Result<Vec<Vec<u8>>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut batch = LineBatch::default();
    loop {
        let from = lines.len() as u64;
        log.read_into(from, max_lines, &mut batch)?;
        assert_eq!(batch.first(), from);
        assert!(batch.len() <= max_lines);
        if batch.is_empty() {
            return Ok(lines);
        }
        lines.extend(batch.iter().map(|(_, line)| line.to_vec()));
    }
}

fn opened<E: Engine>(engine: &mut E) -> E::Log {
    engine.open().expect("the ledger opens")
}

fn append(log: &impl EventLog, lines: &[Vec<u8>]) -> u64 {
    let size = log.size().expect("the log has a size");
    log.append(size, &borrowed(lines)).expect("the append succeeds")
}

/// Writes appends of 1, 2, 3, 1, 2, 3 … lines until there are at least `count`; returns all lines.
fn written(log: &impl EventLog, scribe: &mut Scribe, count: usize) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for group in (1..=3).cycle() {
        if all.len() >= count {
            break;
        }
        let lines = scribe.append(group, "合同测试");
        append(log, &lines);
        all.extend(lines);
    }
    all
}

/// A new log has no lines.
pub fn a_new_log_is_empty(engine: &mut impl Engine) {
    let log = opened(engine);
    assert_eq!(log.size().unwrap(), 0);
    assert!(log.read(0, 10).unwrap().is_empty());
}

/// What was appended is what is read, whatever the batches.
pub fn appended_lines_come_back_byte_for_byte_and_in_order(engine: &mut impl Engine) {
    let log = opened(engine);
    let all = written(&log, &mut Scribe::new(), 200);
    assert_eq!(log.size().unwrap(), all.len() as u64);
    for max_lines in [1, 7, 64, 65, usize::MAX] {
        assert_eq!(read_all(&log, max_lines), all, "in batches of {max_lines}");
    }
}

/// Too low and too high are both refused, and leave no trace.
pub fn an_append_at_another_size_conflicts_and_writes_nothing(engine: &mut impl Engine) {
    let log = opened(engine);
    let mut scribe = Scribe::new();
    let all = written(&log, &mut scribe, 5);
    let size = all.len() as u64;
    let late = scribe.append(1, "late");
    for wrong in [0, size - 1, size + 1, u64::MAX] {
        let answer = log.append(wrong, &borrowed(&late));
        assert!(
            matches!(answer, Err(StoreError::Conflict { expected, actual }) if expected == wrong && actual == size),
            "{answer:?}"
        );
    }
    assert_eq!(read_all(&log, 100), all);
}

/// An append without lines is a question: is this still the size?
pub fn an_append_of_nothing_still_compares_the_size(engine: &mut impl Engine) {
    let log = opened(engine);
    let size = append(&log, &Scribe::new().append(2, "two"));
    assert_eq!(log.append(size, &[]).unwrap(), 2);
    assert!(matches!(log.append(0, &[]), Err(StoreError::Conflict { .. })));
}

/// A bad line takes the good ones of its append with it.
pub fn an_append_with_one_unfit_line_writes_nothing(engine: &mut impl Engine) {
    let log = opened(engine);
    let good = Scribe::new().append(1, "good");
    for bad in [&b""[..], b"\n", b"two\nlines", b"ended\n"] {
        let answer = log.append(0, &[&good[0], bad]);
        assert!(matches!(answer, Err(StoreError::UnfitLine { index: 1, .. })), "{answer:?}");
    }
    assert_eq!(log.size().unwrap(), 0);
    assert_eq!(append(&log, &good), 1);
}

/// The limit is 60,000 bytes without the LF.
pub fn the_longest_line_fits_and_one_byte_more_does_not(engine: &mut impl Engine) {
    let log = opened(engine);
    let mut scribe = Scribe::new();
    let too_long = scribe.clone().line_of(MAX_LINE_BYTES + 1);
    assert!(matches!(log.append(0, &[&too_long]), Err(StoreError::UnfitLine { index: 0, .. })));
    let longest: Vec<_> = (0..3).map(|_| scribe.line_of(MAX_LINE_BYTES)).collect();
    append(&log, &longest);
    assert_eq!(read_all(&log, 2), longest);
}

/// Every start and many lengths give the same lines.
pub fn a_read_starts_anywhere_and_takes_no_more_than_asked(engine: &mut impl Engine) {
    let log = opened(engine);
    let all = written(&log, &mut Scribe::new(), 150);
    for from in 0..all.len() {
        for max_lines in [1, 2, 70] {
            let batch = log.read(from as u64, max_lines).unwrap();
            assert!((1..=max_lines).contains(&batch.len()), "from {from}: {} lines", batch.len());
            for (position, line) in &batch {
                assert_eq!(line, all[usize::try_from(position).unwrap()]);
            }
        }
    }
    assert!(log.read(0, 0).unwrap().is_empty());
}

/// The end is an empty batch, not an error.
pub fn reading_at_or_beyond_the_end_gives_nothing(engine: &mut impl Engine) {
    let log = opened(engine);
    let size = written(&log, &mut Scribe::new(), 3).len() as u64;
    for from in [size, size + 1, u64::MAX] {
        let batch = log.read(from, 10).unwrap();
        assert_eq!((batch.first(), batch.len()), (from, 0));
    }
}

/// `Ok` means durable.
pub fn acknowledged_lines_survive_a_restart_and_a_power_cut(engine: &mut impl Engine) {
    let all = written(&opened(engine), &mut Scribe::new(), 90);
    assert_eq!(read_all(&opened(engine), 50), all, "after a restart");
    engine.crash();
    assert_eq!(read_all(&opened(engine), 50), all, "after a power cut");
}

/// Appends go on at the same size, again and again.
pub fn a_log_goes_on_after_a_restart(engine: &mut impl Engine) {
    let mut scribe = Scribe::new();
    let mut all = Vec::new();
    for _ in 0..4 {
        let log = opened(engine);
        assert_eq!(log.size().unwrap(), all.len() as u64);
        all.extend(written(&log, &mut scribe, 40));
        assert_eq!(read_all(&log, 33), all);
        drop(log);
        engine.crash();
    }
}

/// Writers that race for one size: one wins, the others conflict, nothing is lost or doubled.
pub fn one_of_many_writers_wins_each_position(engine: &mut impl Engine) {
    const WRITERS: usize = 4;
    let log = opened(engine);
    let mut scribe = Scribe::new();
    for round in 0..20 {
        let size = log.size().unwrap();
        let rivals: Vec<_> = (0..WRITERS).map(|w| scribe.clone().append(2, &format!("writer {w}"))).collect();
        let wins = AtomicUsize::new(0);
        let start = Barrier::new(WRITERS);
        thread::scope(|scope| {
            for lines in &rivals {
                scope.spawn(|| {
                    start.wait();
                    match log.append(size, &borrowed(lines)) {
                        Ok(new_size) => {
                            assert_eq!((new_size, wins.fetch_add(1, Ordering::SeqCst)), (size + 2, 0))
                        }
                        Err(error) => assert!(matches!(error, StoreError::Conflict { .. }), "{error}"),
                    }
                });
            }
        });
        assert_eq!(wins.into_inner(), 1, "round {round}");
        let recorded = log.read(size, 10).unwrap();
        let last = recorded.get(1).unwrap();
        assert!(rivals.iter().any(|lines| lines[1] == last));
        scribe = Scribe::after(size + 1, last);
    }
    assert_eq!(log.size().unwrap(), 40);
}

/// A size that was seen can be read, and falls between appends.
pub fn a_reader_never_sees_part_of_an_append(engine: &mut impl Engine) {
    const GROUP: u32 = 5;
    let log = opened(engine);
    let mut scribe = Scribe::new();
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = 0;
            while seen < 60 * u64::from(GROUP) {
                seen = log.wait(seen, Duration::from_secs(10)).unwrap();
                assert_eq!(seen % u64::from(GROUP), 0);
                assert!(!log.read(seen - 1, 1).unwrap().is_empty());
            }
        });
        for _ in 0..60 {
            append(&log, &scribe.append(GROUP, "whole"));
        }
        reader.join().unwrap();
    });
}

/// No waiting for what is already there.
pub fn waiting_returns_at_once_when_there_is_more(engine: &mut impl Engine) {
    let log = opened(engine);
    let size = written(&log, &mut Scribe::new(), 3).len() as u64;
    let asked = Instant::now();
    assert_eq!(log.wait(size - 1, Duration::from_secs(60)).unwrap(), size);
    assert!(asked.elapsed() < Duration::from_secs(30));
}

/// An append wakes who waits.
pub fn waiting_wakes_when_a_line_comes(engine: &mut impl Engine) {
    let log = opened(engine);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| log.wait(0, Duration::from_secs(60)).unwrap());
        thread::sleep(Duration::from_millis(20));
        append(&log, &Scribe::new().append(1, "come"));
        assert_eq!(waiting.join().unwrap(), 1);
    });
}

/// Nothing came: the size as it is.
pub fn waiting_gives_up_after_its_timeout(engine: &mut impl Engine) {
    let log = opened(engine);
    let asked = Instant::now();
    assert_eq!(log.wait(0, Duration::from_millis(30)).unwrap(), 0);
    assert!(asked.elapsed() >= Duration::from_millis(30));
}

/// Following beside a writer gives each line once, in order.
pub fn a_follower_sees_every_line_once(engine: &mut impl Engine) {
    let log = opened(engine);
    let mut scribe = Scribe::new();
    let before = written(&log, &mut scribe, 30);
    thread::scope(|scope| {
        let follower = scope.spawn(|| {
            let mut follower = Follower::new(&log, 10).at_most(9);
            let mut seen = Vec::new();
            while follower.position() < 100 {
                let batch = follower.next(Duration::from_secs(10)).unwrap().expect("more lines come");
                seen.extend(batch.iter().map(|(_, line)| line.to_vec()));
            }
            assert!(follower.next(Duration::from_millis(1)).unwrap().is_none());
            seen
        });
        let mut all = before;
        while all.len() < 100 {
            let lines = scribe.append(1, "followed");
            append(&log, &lines);
            all.extend(lines);
        }
        assert_eq!(follower.join().unwrap(), all[10..]);
    });
}

/// Nothing is open, so there is nothing to find out.
pub fn settling_without_an_open_question_is_the_size(engine: &mut impl Engine) {
    let log = opened(engine);
    let size = written(&log, &mut Scribe::new(), 8).len() as u64;
    assert_eq!(log.settle().unwrap(), size);
    assert_eq!(log.append(size, &[]).unwrap(), size);
}
