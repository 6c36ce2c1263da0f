//! The ledger that is served: its log, and what its lines were folded into, kept at the log's end.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use projections::ReadModel;
use store::EventLog;

/// How long the follower waits for lines before it looks whether it should stop.
const FOLLOW_PAUSE: Duration = Duration::from_millis(500);

/// Tells how many lines the published head of the ledger's folder counts, where its signature is the ledger's.
pub type SignedSize = Box<dyn Fn(&ReadModel) -> Option<u64> + Send + Sync>;

/// A ledger that is served.
pub struct Ledger {
    log: Box<dyn EventLog>,
    model: RwLock<ReadModel>,
    /// Why the model is not kept up, once a line did not fit.
    failed: RwLock<Option<String>>,
    directory: PathBuf,
    signed_size: SignedSize,
    stopping: AtomicBool,
    answered: AtomicU64,
}

impl Ledger {
    /// Serves the lines of `log` as `model` has them; `directory` is where the published head and tiles are.
    #[must_use]
    pub fn new(log: Box<dyn EventLog>, model: ReadModel, directory: &Path, signed_size: SignedSize) -> Self {
        Self {
            log,
            model: RwLock::new(model),
            failed: RwLock::new(None),
            directory: directory.to_owned(),
            signed_size,
            stopping: AtomicBool::new(false),
            answered: AtomicU64::new(0),
        }
    }

    pub(crate) fn log(&self) -> &dyn EventLog {
        &*self.log
    }

    /// The model; while it is held, no line is applied, so that one answer is of one size.
    ///
    /// A panic while a line was applied leaves a model nobody may read: that ends the request, and the next ones.
    pub(crate) fn model(&self) -> RwLockReadGuard<'_, ReadModel> {
        self.model.read().expect("no line broke an invariant")
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// How many lines the published head counts.
    pub(crate) fn signed_size(&self) -> Option<u64> {
        (self.signed_size)(&self.model())
    }

    /// Why the model is not kept up.
    pub(crate) fn failure(&self) -> Option<String> {
        self.failed.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn count_answer(&self) {
        self.answered.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// Ends the follower.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Applies what the log has beyond the model.
    ///
    /// # Errors
    /// In Chinese, when the log cannot be read or a line does not fit; lines before it are applied.
    pub fn catch_up(&self) -> Result<(), String> {
        let known = self.model().size();
        let size = self.log.size().map_err(|error| error.to_string())?;
        if size > known {
            let mut model = self.model.write().expect("no line broke an invariant");
            app::catch_up(&*self.log, &mut *model).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn follow_once(&self) {
        let known = self.model().size();
        // A log that cannot be asked just now is asked again after the pause.
        let waited = self.log.wait(known, FOLLOW_PAUSE).map_err(|error| error.to_string());
        let outcome = waited.and_then(|_| self.catch_up());
        if outcome.is_err() {
            thread::sleep(FOLLOW_PAUSE);
        }
        *self.failed.write().unwrap_or_else(PoisonError::into_inner) = outcome.err();
    }
}

/// Keeps the model at the log's end, in a thread of its own.
pub fn follow(ledger: &Arc<Ledger>) -> JoinHandle<()> {
    let ledger = Arc::clone(ledger);
    thread::spawn(move || {
        while !ledger.stopping.load(Ordering::SeqCst) {
            ledger.follow_once();
        }
    })
}
