//! Group commit for engines that have none of their own: what has arrived is committed as one.
//!
//! One thread commits; while it flushes, the writers' next lines gather. A store that is not given
//! this is measured by how often it flushes, and nothing else.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::Subject;

/// How long a commit waits for writers that the one before has just released.
const GATHER: Duration = Duration::from_micros(60);

/// An engine under test: makes a batch durable, in one commit.
pub trait Engine: Send + 'static {
    /// Returns once `batch` would survive a power cut. Its lines stand at `first` and after.
    fn commit(&mut self, first: u64, batch: &Batch) -> Result<()>;
}

/// Lines in one buffer, each ended by LF.
#[derive(Default)]
pub struct Batch {
    /// All lines.
    pub bytes: Vec<u8>,
    ends: Vec<usize>,
    requests: usize,
}

impl Batch {
    /// Returns the lines in order, without their LF.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start..end - 1])
    }

    /// Returns how many lines there are.
    pub fn len(&self) -> u64 {
        self.ends.len() as u64
    }

    fn push(&mut self, lines: &[&[u8]]) {
        for line in lines {
            self.bytes.extend_from_slice(line);
            self.ends.push(self.bytes.len());
        }
        self.requests += 1;
    }

    /// Adds a copy of `line` whose last bytes are `tail`; returns it, without its LF.
    pub fn push_with_tail(&mut self, line: &[u8], tail: &[u8]) -> &[u8] {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&line[..line.len() - tail.len()]);
        self.bytes.extend_from_slice(tail);
        let end = self.bytes.len();
        self.bytes.push(b'\n');
        self.ends.push(end + 1);
        &self.bytes[start..end]
    }

    /// Makes the batch empty and keeps its memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.requests = 0;
    }
}

/// An engine behind one committing thread.
pub struct GroupCommit {
    shared: Arc<Shared>,
    committer: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    arrived: Condvar,
    committed: Condvar,
}

#[derive(Default)]
struct State {
    gathering: Batch,
    /// Number of the batch that is being gathered, and of the last one that is durable.
    number: u64,
    durable: u64,
    failed: Option<String>,
    closed: bool,
}

impl GroupCommit {
    /// Puts `engine` behind a committing thread.
    pub fn over(engine: impl Engine) -> Box<dyn Subject> {
        let state = State { number: 1, ..State::default() };
        let shared =
            Arc::new(Shared { state: Mutex::new(state), arrived: Condvar::new(), committed: Condvar::new() });
        let theirs = Arc::clone(&shared);
        let committer = std::thread::spawn(move || theirs.commit_all(engine));
        Box::new(Self { shared, committer: Some(committer) })
    }
}

impl Subject for GroupCommit {
    fn append(&self, lines: &[&[u8]]) -> Result<()> {
        let mut state = self.shared.lock();
        state.gathering.push(lines);
        let number = state.number;
        self.shared.arrived.notify_one();
        while state.durable < number {
            if let Some(failure) = &state.failed {
                bail!("{failure}");
            }
            state = self.shared.committed.wait(state).expect("the committing thread has not panicked");
        }
        Ok(())
    }
}

impl Drop for GroupCommit {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.arrived.notify_one();
        if let Some(committer) = self.committer.take() {
            committer.join().expect("the committing thread has not panicked");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the committing thread has not panicked")
    }

    fn commit_all(&self, mut engine: impl Engine) {
        let mut batch = Batch::default();
        let mut size = 0;
        while let Some(number) = self.take(&mut batch) {
            let result = engine.commit(size, &batch);
            size += batch.len();
            let mut state = self.lock();
            match result {
                Ok(()) => state.durable = number,
                Err(error) => state.failed = Some(format!("{error:#}")),
            }
            self.committed.notify_all();
        }
    }

    /// Swaps what has gathered into `batch`; returns its number, or nothing when all is done.
    fn take(&self, batch: &mut Batch) -> Option<u64> {
        let released = batch.requests;
        batch.clear();
        let mut state = self.lock();
        let expected = released + state.gathering.requests;
        while state.gathering.requests == 0 {
            if state.closed {
                return None;
            }
            state = self.arrived.wait(state).expect("no writer has panicked");
        }
        let began = Instant::now();
        while state.gathering.requests < expected && began.elapsed() < GATHER {
            drop(state);
            std::thread::yield_now();
            state = self.lock();
        }
        std::mem::swap(&mut state.gathering, batch);
        state.number += 1;
        Some(state.number - 1)
    }
}
