//! A projection worker: follows a log, folds it, and saves its state now and then.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use store::disk::{Disk, RealDisk};
use store::{EventLog, LineBatch, StoreError};

use crate::fold::{Decoded, Projection};
use crate::load::{LoadError, catch_up, load_projection};
use crate::saved::{Latest, SavedStates, Unfit};

/// Lines that are taken over at once, while readers wait.
const BATCH_LINES: usize = 1_024;

/// How a worker works.
#[derive(Clone, Copy, Debug)]
pub struct WorkerOptions {
    /// Save after so many lines.
    pub save_every_lines: u64,
    /// Look for the end of the work at least so often.
    pub wait: Duration,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self { save_every_lines: 100_000, wait: Duration::from_millis(100) }
    }
}

/// Why a worker does not go on, or could not save.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WorkerError {
    /// The log cannot be read on; the tables stay as they are.
    #[error("投影停在第 {size} 行：{error}")]
    Stopped {
        /// How many lines are applied.
        size: u64,
        /// What stopped it.
        error: Arc<LoadError>,
    },
    /// The state could not be saved; the next start takes longer, nothing else.
    #[error("{0}")]
    NotSaved(StoreError),
}

/// How far a worker has come.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The last position applied; none before the first line.
    pub checkpoint: Option<u64>,
    /// Lines in the log that are not applied yet.
    pub lag: u64,
    /// What is in the way, if anything.
    pub error: Option<WorkerError>,
}

/// Keeps one projection of a log up to date on a thread of its own.
pub struct Worker<P: Projection> {
    shared: Arc<Shared<P>>,
    discarded: Option<Unfit>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared<P> {
    log: Arc<dyn EventLog>,
    state: RwLock<P>,
    error: Mutex<Option<WorkerError>>,
    stop: AtomicBool,
}

impl<P: Projection> Worker<P> {
    /// Loads the state that was saved last, reads on to the log's end, and follows it from there.
    ///
    /// # Errors
    /// [`LoadError`] when the log cannot be read.
    pub fn start<D: Disk>(
        log: Arc<dyn EventLog>,
        saved: SavedStates<D>,
        options: WorkerOptions,
    ) -> Result<Self, LoadError> {
        let latest: Latest<P> = saved.latest();
        let (state, discarded) = match latest {
            Latest::State(state) => (Some(*state), None),
            Latest::Nothing => (None, None),
            Latest::Unfit(unfit) => (None, Some(unfit)),
        };
        let saved_size = state.as_ref().map_or(0, Projection::size);
        let state = load_projection(&*log, state, &mut |_, _| {})?;
        let (error, stop) = (Mutex::new(None), AtomicBool::new(false));
        let shared = Arc::new(Shared { log, state: RwLock::new(state), error, stop });
        let theirs = Arc::clone(&shared);
        let mut keeper = Keeper { saved, saved_size, every: options.save_every_lines.max(1) };
        let named = thread::Builder::new().name(P::NAME.to_owned());
        let thread = named.spawn(move || theirs.follow(&mut keeper, options.wait));
        let thread = Mutex::new(Some(thread.expect("the system gives a thread")));
        Ok(Self { shared, discarded, thread })
    }

    /// The saved state that did not fit when the worker started.
    #[must_use]
    pub const fn discarded(&self) -> Option<&Unfit> {
        self.discarded.as_ref()
    }

    /// Lets `read` look at the projection. Lines wait for it, so it should be brief.
    pub fn with_state<T>(&self, read: impl FnOnce(&P) -> T) -> T {
        read(&self.shared.read())
    }

    /// How far it has come.
    ///
    /// # Errors
    /// Those of [`EventLog::size`].
    pub fn progress(&self) -> Result<Progress, StoreError> {
        let size = self.shared.read().size();
        let lag = self.shared.log.size()?.saturating_sub(size);
        let error = self.shared.error.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Progress { checkpoint: size.checked_sub(1), lag, error })
    }

    /// Builds the projection again from line 0 on the calling thread, while the running one answers; then switches.
    ///
    /// # Errors
    /// [`LoadError`]; the running one stays.
    pub fn rebuild(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<(), LoadError> {
        let mut fresh: P = load_projection(&*self.shared.log, None, progress)?;
        let mut state = self.shared.write();
        // Readers must never see the size go back.
        if fresh.size() < state.size() {
            catch_up(&*self.shared.log, &mut fresh)?;
        }
        *state = fresh;
        drop(state);
        self.shared.note(None);
        Ok(())
    }

    /// Stops following, and saves. May be called again.
    pub fn shutdown(&self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        thread.into_iter().for_each(|thread| drop(thread.join()));
    }
}

impl<P: Projection> Drop for Worker<P> {
    fn drop(&mut self) {
        self.shutdown();
    }
}

/// Knows what is on disk, and when it is time to save.
struct Keeper<D: Disk = RealDisk> {
    saved: SavedStates<D>,
    saved_size: u64,
    every: u64,
}

impl<P: Projection> Shared<P> {
    fn read(&self) -> RwLockReadGuard<'_, P> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, P> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, error: Option<WorkerError>) {
        *self.error.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }

    fn follow<D: Disk>(&self, keeper: &mut Keeper<D>, wait: Duration) {
        let mut batch = LineBatch::default();
        while !self.stop.load(Ordering::SeqCst) {
            match self.step(&mut batch, wait) {
                Ok(true) => self.note_recovered(),
                Ok(false) => {}
                Err(error) => {
                    let size = self.read().size();
                    self.note(Some(WorkerError::Stopped { size, error: Arc::new(error) }));
                    // What is wrong with the log may be put right, or a rebuild asked for; until then, look now and then.
                    thread::sleep(wait);
                }
            }
            if self.read().size() >= keeper.saved_size + keeper.every {
                self.save(keeper);
            }
        }
        self.save(keeper);
    }

    /// Takes the next lines over; says whether there were any.
    fn step(&self, batch: &mut LineBatch, wait: Duration) -> Result<bool, LoadError> {
        let from = self.read().size();
        if self.log.wait(from, wait)? <= from {
            return Ok(false);
        }
        self.log.read_into(from, BATCH_LINES, batch)?;
        let unfit = |position| move |reason| LoadError::Unfit { position, reason };
        let lines = batch.iter().map(|(position, bytes)| Decoded::of(bytes).map_err(unfit(position)));
        let lines: Vec<Decoded> = lines.collect::<Result<_, _>>()?;
        let mut state = self.write();
        // A rebuilt state may have been put here meanwhile, with more lines.
        for line in lines.iter().skip(usize::try_from(state.size() - from).expect("sizes never go back")) {
            line.follows(state.head()).map_err(unfit(state.size()))?;
            state.apply(&line.recorded, line.leaf);
        }
        Ok(true)
    }

    fn note_recovered(&self) {
        let mut error = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*error, Some(WorkerError::Stopped { .. })) {
            *error = None;
        }
    }

    fn save<D: Disk>(&self, keeper: &mut Keeper<D>) {
        let state = self.read();
        if state.size() == keeper.saved_size {
            return;
        }
        // Tried again after as many lines as any other time, whether it works or not.
        keeper.saved_size = state.size();
        if let Err(error) = keeper.saved.save(&*state) {
            drop(state);
            self.note(Some(WorkerError::NotSaved(error)));
        }
    }
}
