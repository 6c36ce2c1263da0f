//! Running: follow, and after a failure open again and go on, until asked to stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use app::Clock;
use projections::ReadModel;
use store::EventLog;

use crate::database::{Database, DatabaseError, Place};
use crate::follow::{FollowError, Follower, Options, Progress, Start};

/// Whether to stop is asked at least so often.
const WAIT: Duration = Duration::from_millis(200);
/// After a first failure so long passes until the next try; it doubles each time, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Opens the database for writing.
pub type Open<'a> = dyn Fn() -> Result<Box<dyn Database>, DatabaseError> + 'a;
/// Gives a saved state of the ledger, if there is one.
pub type Saved<'a> = dyn Fn() -> Option<ReadModel> + 'a;

/// Who is told how a worker gets on.
pub trait Observer {
    /// Whether to stop.
    fn is_asked_to_stop(&self) -> bool;
    /// So many lines of so many are read that the tables hold already.
    fn loading(&mut self, _done: u64, _total: u64) {}
    /// Following begins.
    fn started(&mut self, _start: &Start) {}
    /// A step was taken.
    fn stepped(&mut self, _progress: &Progress) {}
    /// Something failed; the next try is after a pause.
    fn failed(&mut self, _error: &FollowError, _pause: Duration) {}
}

/// What a worker follows, and into what.
pub struct Work<'a> {
    /// The log.
    pub log: &'a dyn EventLog,
    /// Opens the database.
    pub open: &'a Open<'a>,
    /// Gives a saved state.
    pub saved: &'a Saved<'a>,
    /// The clock for `updated_at`.
    pub clock: &'a dyn Clock,
    /// How to follow.
    pub options: Options,
}

impl Work<'_> {
    /// Follows to the log's end as it is now, and ends; gives the size reached.
    ///
    /// # Errors
    /// [`FollowError`]: whatever fails first.
    pub fn once(&self, observer: &mut dyn Observer) -> Result<u64, FollowError> {
        self.follow(self.options, observer, true)
    }

    /// Follows until asked to stop; gives the size reached. After a failure that may pass it tries again.
    ///
    /// # Errors
    /// [`DatabaseError::Unusable`]: trying again would change nothing.
    pub fn run(&self, observer: &mut dyn Observer) -> Result<u64, FollowError> {
        let mut pause = FIRST_PAUSE;
        let mut watching = Watching { inner: observer, switched: false, stepped: false, size: 0 };
        let mut options = self.options;
        loop {
            match self.follow(options, &mut watching, false) {
                Err(error) if may_pass(&error) => {
                    // What was asked for is done when the tables were switched, not before.
                    options.rebuild &= !watching.switched;
                    pause = if std::mem::take(&mut watching.stepped) { FIRST_PAUSE } else { pause };
                    // Another worker may end at any time; everything else is asked less and less often.
                    let is_held = matches!(error, FollowError::Database(DatabaseError::Locked { .. }));
                    pause = if is_held { FIRST_PAUSE } else { pause };
                    watching.failed(&error, pause);
                    sleep(pause, &watching);
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                ended => return ended,
            }
            if watching.is_asked_to_stop() {
                return Ok(watching.size);
            }
        }
    }

    fn follow(&self, options: Options, observer: &mut dyn Observer, once: bool) -> Result<u64, FollowError> {
        let database = (self.open)()?;
        let saved = (self.saved)();
        let (mut follower, start) =
            Follower::open(self.log, database, self.clock, saved, options, &mut |done, total| {
                observer.loading(done, total);
            })?;
        observer.started(&start);
        while !observer.is_asked_to_stop() {
            let stepped = follower.step(if once { Duration::ZERO } else { WAIT })?;
            if let Some(progress) = &stepped {
                observer.stepped(progress);
            }
            if once && stepped.is_none() {
                break;
            }
        }
        Ok(follower.size())
    }
}

/// Whether a failure may pass by itself.
fn may_pass(error: &FollowError) -> bool {
    match error {
        FollowError::Database(DatabaseError::Unusable(_) | DatabaseError::Moved { .. }) => false,
        FollowError::Database(DatabaseError::Failed { .. } | DatabaseError::Locked { .. })
        | FollowError::Load(_)
        | FollowError::Diverged(_) => true,
    }
}

fn sleep(pause: Duration, observer: &dyn Observer) {
    let mut left = pause;
    while !left.is_zero() && !observer.is_asked_to_stop() {
        let step = left.min(WAIT);
        thread::sleep(step);
        left -= step;
    }
}

/// Watches for what decides how to try again.
struct Watching<'a> {
    inner: &'a mut dyn Observer,
    switched: bool,
    stepped: bool,
    /// Lines applied, as far as was seen.
    size: u64,
}

impl Observer for Watching<'_> {
    fn is_asked_to_stop(&self) -> bool {
        self.inner.is_asked_to_stop()
    }

    fn loading(&mut self, done: u64, total: u64) {
        self.inner.loading(done, total);
    }

    fn started(&mut self, start: &Start) {
        if let Start::GoesOn(size) | Start::GoesOnBuilding(size) = start {
            self.size = *size;
        }
        self.inner.started(start);
    }

    fn stepped(&mut self, progress: &Progress) {
        self.stepped = true;
        self.size = progress.size;
        self.switched |= progress.place == Place::InUse;
        self.inner.stepped(progress);
    }

    fn failed(&mut self, error: &FollowError, pause: Duration) {
        self.inner.failed(error, pause);
    }
}

/// A worker in numbers, for metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Lines applied.
    pub applied_lines: u64,
    /// Lines in the log when last looked at.
    pub log_lines: u64,
    /// Rows written since the start.
    pub rows_written: u64,
    /// Transactions since the start.
    pub transactions: u64,
    /// Failures since the start.
    pub failures: u64,
    /// Whether tables are being built beside those in use.
    pub building: bool,
    /// What is in the way now, if anything.
    pub error: Option<String>,
}

impl Numbers {
    /// Lines that are not applied yet.
    #[must_use]
    pub const fn lag(&self) -> u64 {
        self.log_lines.saturating_sub(self.applied_lines)
    }
}

#[derive(Default)]
struct Shared {
    numbers: Mutex<Numbers>,
    stop: AtomicBool,
}

impl Shared {
    fn change(&self, change: impl FnOnce(&mut Numbers)) {
        change(&mut self.numbers.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Counts for a server's metrics.
struct Counting(Arc<Shared>);

impl Observer for Counting {
    fn is_asked_to_stop(&self) -> bool {
        self.0.stop.load(Ordering::SeqCst)
    }

    fn stepped(&mut self, progress: &Progress) {
        self.0.change(|numbers| {
            numbers.applied_lines = progress.size;
            numbers.log_lines = progress.log_size;
            numbers.rows_written += progress.rows_written;
            numbers.transactions += 1;
            numbers.building = progress.place == Place::Building;
            numbers.error = None;
        });
    }

    fn failed(&mut self, error: &FollowError, _pause: Duration) {
        self.0.change(|numbers| {
            numbers.failures += 1;
            numbers.error = Some(error.to_string());
        });
    }
}

/// A worker on a thread of its own, for a server.
pub struct SqlWorker {
    shared: Arc<Shared>,
    log: Arc<dyn EventLog>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl SqlWorker {
    /// Follows `log` into the database that `open` opens.
    ///
    /// # Panics
    /// When the system gives no thread.
    pub fn start(
        log: Arc<dyn EventLog>,
        open: Box<dyn Fn() -> Result<Box<dyn Database>, DatabaseError> + Send>,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Self {
        let shared = Arc::new(Shared::default());
        let (theirs, followed) = (Arc::clone(&shared), Arc::clone(&log));
        let follow = move || {
            let mut observer = Counting(Arc::clone(&theirs));
            let work = Work { log: &*followed, open: &*open, saved: &|| None, clock: &*clock, options };
            if let Err(error) = work.run(&mut observer) {
                observer.failed(&error, Duration::ZERO);
            }
        };
        let thread = thread::Builder::new().name(crate::PROJECTION.to_owned()).spawn(follow);
        let thread = Mutex::new(Some(thread.expect("the system gives a thread")));
        Self { shared, log, thread }
    }

    /// How it gets on.
    #[must_use]
    pub fn numbers(&self) -> Numbers {
        let mut numbers = self.shared.numbers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        numbers.log_lines = self.log.size().unwrap_or(numbers.log_lines);
        numbers
    }

    /// Stops following. May be called again.
    pub fn shutdown(&self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        thread.into_iter().for_each(|thread| drop(thread.join()));
    }
}

impl Drop for SqlWorker {
    fn drop(&mut self) {
        self.shutdown();
    }
}
