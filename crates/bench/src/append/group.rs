//! Group commit for engines that have none of their own: what has arrived is committed as one.
//!
//! One thread commits; while it flushes, the writers' next lines gather. A store that is not given
//! this is measured by how often it flushes, and nothing else.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::{Request, Subject, Work};
use crate::engines::{Batch, Engine, line};

/// How long a commit waits for writers that the one before has just released.
const GATHER: Duration = Duration::from_micros(60);

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
    /// Requests whose lines are in `gathering`.
    waiting: usize,
    /// Number of the batch that is being gathered, and of the last one that is durable.
    number: u64,
    durable: u64,
    failed: Option<String>,
    closed: bool,
}

/// What a commit is made of.
struct Taken {
    number: u64,
    requests: usize,
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
    fn writer<'a>(&'a self, number: u64, work: &Work) -> Result<Request<'a>> {
        let lines: Vec<Vec<u8>> = (0..work.lines_per_request).map(|index| line(number, index)).collect();
        Ok(Box::new(move || self.append(&lines)))
    }
}

impl GroupCommit {
    fn append(&self, lines: &[Vec<u8>]) -> Result<()> {
        let mut state = self.shared.lock();
        lines.iter().for_each(|line| state.gathering.push(line));
        state.waiting += 1;
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
        let mut released = 0;
        while let Some(taken) = self.take(&mut batch, released) {
            let result = engine.commit(size, &batch);
            size += batch.len();
            released = taken.requests;
            let mut state = self.lock();
            match result {
                Ok(()) => state.durable = taken.number,
                Err(error) => state.failed = Some(format!("{error:#}")),
            }
            self.committed.notify_all();
        }
    }

    /// Swaps what has gathered into `batch`; returns nothing when all is done.
    ///
    /// Those whom the last commit `released` are about to come back, and can share this one.
    fn take(&self, batch: &mut Batch, released: usize) -> Option<Taken> {
        batch.clear();
        let mut state = self.lock();
        let expected = released + state.waiting;
        while state.waiting == 0 {
            if state.closed {
                return None;
            }
            state = self.arrived.wait(state).expect("no writer has panicked");
        }
        let began = Instant::now();
        while state.waiting < expected && began.elapsed() < GATHER {
            drop(state);
            std::thread::yield_now();
            state = self.lock();
        }
        std::mem::swap(&mut state.gathering, batch);
        state.number += 1;
        Some(Taken { number: state.number - 1, requests: std::mem::take(&mut state.waiting) })
    }
}
