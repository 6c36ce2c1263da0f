//! What the sequencer costs: a raw preallocated file with group commit beside it, in the same run.
//!
//! `cargo run --release -p app --example measure -- FOLDER [SECONDS]`. The engine here only writes and flushes: what is
//! measured is deciding, canonical JSON, both hashes, both chains, the state, and the handing over between threads.

#[path = "../tests/shop/mod.rs"]
mod shop;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use app::{Recorder, SavedStates, Sequencer, load};
use projections::ReadModel;
use store::{EventLog, LineBatch, MemoryLog, Result, StoreError};

const WRITERS: u128 = 8;
const ROOM: u64 = 1 << 30;
/// The raw loop's line; about what a line of evidence has.
const LINE_BYTES: usize = 640;
const GATHER: Duration = Duration::from_micros(60);

/// Writes into blocks that have been written before, and flushes; wraps around at the end.
struct RawFile {
    file: File,
    end: Mutex<u64>,
}

impl RawFile {
    fn create(path: &Path) -> Self {
        let file = File::options().read(true).write(true).create(true).truncate(true).open(path).unwrap();
        let chunk = vec![b'\n'; 1 << 20];
        (0..ROOM >> 20).for_each(|n| file.write_all_at(&chunk, n << 20).unwrap());
        file.sync_all().unwrap();
        Self { file, end: Mutex::new(0) }
    }

    fn commit(&self, bytes: &[u8]) {
        let mut end = self.end.lock().unwrap();
        if *end + bytes.len() as u64 > ROOM {
            *end = 0;
        }
        self.file.write_all_at(bytes, *end).unwrap();
        self.file.sync_data().unwrap();
        *end += bytes.len() as u64;
    }
}

/// The smallest engine: a raw file; lines of the opening are kept for reading.
struct RawLog {
    raw: RawFile,
    opening: MemoryLog,
    size: Mutex<u64>,
    appends: AtomicU64,
}

impl EventLog for RawLog {
    fn append(&self, expected_size: u64, lines: &[&[u8]]) -> Result<u64> {
        let mut size = self.size.lock().unwrap();
        StoreError::expect_size(expected_size, *size)?;
        let mut bytes = Vec::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
        for line in lines {
            bytes.extend_from_slice(line);
            bytes.push(b'\n');
        }
        self.raw.commit(&bytes);
        self.appends.fetch_add(1, Ordering::Relaxed);
        *size += lines.len() as u64;
        Ok(*size)
    }

    fn read_into(&self, from: u64, max_lines: usize, batch: &mut LineBatch) -> Result<()> {
        self.opening.read_into(from, max_lines, batch)
    }

    fn size(&self) -> Result<u64> {
        Ok(*self.size.lock().unwrap())
    }

    fn wait(&self, _beyond: u64, _timeout: Duration) -> Result<u64> {
        self.size()
    }
}

/// Runs the writers for a while; returns lines per second, and the median and 99th percentile wait in µs.
fn run(seconds: u64, lines: usize, write: impl Fn(u128, u128) + Sync) -> (u64, u128, u128) {
    let stop = AtomicBool::new(false);
    let began = Instant::now();
    let mut waits: Vec<u128> = thread::scope(|scope| {
        let writer = |writer| {
            let (stop, write) = (&stop, &write);
            scope.spawn(move || {
                let mut waits = Vec::new();
                for round in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let asked = Instant::now();
                    write(writer, round);
                    waits.push(asked.elapsed().as_micros());
                }
                waits
            })
        };
        let writers: Vec<_> = (0..WRITERS).map(writer).collect();
        thread::sleep(Duration::from_secs(seconds));
        stop.store(true, Ordering::Relaxed);
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    let done = (waits.len() * lines) as u128 * 1_000_000 / began.elapsed().as_micros();
    waits.sort_unstable();
    (u64::try_from(done).unwrap(), waits[waits.len() / 2], waits[waits.len() * 99 / 100])
}

#[derive(Default)]
struct Gathered {
    bytes: Vec<u8>,
    waiting: usize,
    number: u64,
    durable: u64,
    closed: bool,
}

/// The ceiling: bytes that are there already, one committing thread, gathering as the sequencer does.
fn raw(path: &Path, seconds: u64, lines: usize) -> (u64, u128, u128) {
    let file = RawFile::create(path);
    let line = vec![b'x'; LINE_BYTES * lines];
    let state = Mutex::new(Gathered { number: 1, ..Gathered::default() });
    let (arrived, committed) = (Condvar::new(), Condvar::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            let (mut bytes, mut released) = (Vec::new(), 0);
            loop {
                let mut gathered = state.lock().unwrap();
                let expected = released + gathered.waiting;
                gathered = arrived.wait_while(gathered, |g| g.waiting == 0 && !g.closed).unwrap();
                if gathered.waiting == 0 {
                    return;
                }
                let began = Instant::now();
                while gathered.waiting < expected && began.elapsed() < GATHER {
                    drop(gathered);
                    thread::yield_now();
                    gathered = state.lock().unwrap();
                }
                std::mem::swap(&mut gathered.bytes, &mut bytes);
                released = std::mem::take(&mut gathered.waiting);
                let number = gathered.number;
                gathered.number += 1;
                drop(gathered);
                file.commit(&bytes);
                bytes.clear();
                state.lock().unwrap().durable = number;
                committed.notify_all();
            }
        });
        let result = run(seconds, lines, |_, _| {
            let mut gathered = state.lock().unwrap();
            gathered.bytes.extend_from_slice(&line);
            gathered.waiting += 1;
            let number = gathered.number;
            arrived.notify_one();
            drop(committed.wait_while(gathered, |g| g.durable < number).unwrap());
        });
        state.lock().unwrap().closed = true;
        arrived.notify_one();
        result
    })
}

fn sequenced(path: &Path, seconds: u64, lines: usize) -> (u64, u128, u128) {
    let opening = MemoryLog::new();
    let shared: Arc<dyn EventLog> = Arc::new(opening.clone());
    let model = shop::opened(&shared);
    let raw = RawFile::create(path);
    let size = Mutex::new(model.size());
    let log = Arc::new(RawLog { raw, opening, size, appends: AtomicU64::new(0) });
    let sequencer =
        Sequencer::start(Arc::clone(&log) as Arc<dyn EventLog>, model, Arc::new(app::SystemClock));
    let result = run(seconds, lines, |writer, round| {
        let id = 1_000 + writer + WRITERS * round;
        drop(sequencer.submit(shop::evidence(id, lines)).unwrap());
    });
    let appends = log.appends.load(Ordering::Relaxed);
    println!("  appends {appends}, lines an append {}", result.0 * seconds / appends.max(1));
    result
}

fn compare(folder: &Path, seconds: u64, lines: usize) {
    println!("{WRITERS} writers, {lines} line(s) a submission:");
    let mut ratios = Vec::new();
    for _ in 0..3 {
        let raw = raw(&folder.join("raw"), seconds, lines);
        let ours = sequenced(&folder.join("sequenced"), seconds, lines);
        let percent = ours.0 * 100 / raw.0;
        println!(
            "  raw {} lines/s (p50 {} p99 {} µs) | sequencer {} lines/s (p50 {} p99 {} µs) | {percent} %",
            raw.0, raw.1, raw.2, ours.0, ours.1, ours.2
        );
        ratios.push(percent);
    }
    ratios.sort_unstable();
    println!("  median {} %", ratios[1]);
}

/// Loads, saves and restores a country-scale book.
fn states(folder: &Path, days: u32) {
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new());
    let mut recorder = Recorder::new(Arc::clone(&log), shop::opened(&log));
    let began = Instant::now();
    for day in 0..days {
        let date = chain::Instant::from_micros(1_640_995_200_000_000 + i64::from(day % 60) * 86_400_000_000);
        let date = date.unwrap().china_date().to_string();
        // The same days again each time, after a withdrawal would be too slow: evidence fills the rest.
        let submission = if day < 60 {
            shop::figures(u128::from(day) + 10, &date, 0, 480)
        } else {
            shop::evidence(u128::from(day) + 10, 480)
        };
        recorder.record(submission, shop::second(60 * 86_400)).unwrap();
    }
    let size = log.size().unwrap();
    let per_second = |began: Instant| u128::from(size) * 1_000_000 / began.elapsed().as_micros();
    println!("{size} lines: recorded on one thread {} lines/s", per_second(began));
    let began = Instant::now();
    let model = load(&*log, None, &mut |_, _| {}).unwrap();
    println!("  load {} lines/s", per_second(began));
    let saved = SavedStates::new(folder.join("saved"));
    let began = Instant::now();
    saved.save(&model).unwrap();
    println!("  save {} ms", began.elapsed().as_millis());
    let began = Instant::now();
    let latest = saved.latest::<ReadModel>().into_state().unwrap();
    println!("  restore {} ms", began.elapsed().as_millis());
    assert_eq!(load(&*log, Some(latest), &mut |_, _| {}).unwrap(), model);
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder to write to"));
    let seconds = arguments.next().map_or(3, |seconds| seconds.parse().expect("seconds"));
    compare(&folder, seconds, 1);
    compare(&folder, seconds, 100);
    states(&folder, 2_000);
}
