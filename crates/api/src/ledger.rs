//! The ledger that is served: its log, what its lines were folded into, and who records in it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use app::{Clock, Sequencer, SystemClock};
use audit::self_check::SelfCheck;
use projections::ReadModel;
use store::EventLog;
use tokio::sync::watch;

use crate::evidence::EvidenceFolder;
use crate::numbers::Numbers;
use crate::people::People;
use crate::stop::Stop;

/// What the program around the server has and the server does not know: keys, files beside the ledger, how an audit reads it.
pub trait Machine: Send + Sync {
    /// How many lines the published head counts, where its signature is the ledger's.
    fn signed_size(&self, model: &ReadModel) -> Option<u64>;

    /// Signs and publishes the head over the lines that are durable, beside which more may be recorded.
    ///
    /// # Errors
    /// In Chinese, why there is no new head. What was recorded does not depend on it.
    fn publish(&self, log: &dyn EventLog, sequencer: &Sequencer) -> Result<(), String>;

    /// Makes everything again from the stored bytes and compares.
    fn self_check(&self) -> SelfCheck;

    /// Keeps what was read for the next start, where that pays.
    fn save(&self, model: &ReadModel);

    /// Tells whoever runs the server.
    fn tell(&self, text: &str);
}

/// How a ledger is recorded into by a server.
#[derive(Clone)]
pub struct Recording {
    /// Where the time of what is recorded comes from.
    pub clock: Arc<dyn Clock>,
    /// Submissions that may wait to be decided; more are told to come again.
    pub queue: usize,
    /// How often the ledger is checked as a whole; none for never.
    pub self_check_every: Option<Duration>,
}

impl Default for Recording {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), queue: 128, self_check_every: Some(Duration::from_secs(900)) }
    }
}

/// Where the model is, and who applies lines to it.
enum Keeping {
    /// Another program records; its lines are followed.
    Reading(RwLock<ReadModel>),
    /// This one records: what the sequencer has made durable is what is read, before any receipt is handed out.
    Recording(Desk),
}

/// Where what people bring is taken.
pub struct Desk {
    /// Decides and records.
    pub sequencer: Sequencer,
    /// Who may.
    pub people: People,
    /// The files they show.
    pub evidence: EvidenceFolder,
}

/// A ledger that is served.
pub struct Ledger {
    log: Arc<dyn EventLog>,
    keeping: Keeping,
    machine: Box<dyn Machine>,
    clock: Arc<dyn Clock>,
    self_check_every: Option<Duration>,
    directory: PathBuf,
    /// Why the model is not kept up, once a line did not fit.
    failed: RwLock<Option<String>>,
    heads: Mutex<Heads>,
    checked: Mutex<Option<SelfCheck>>,
    sizes: watch::Sender<u64>,
    stop: Stop,
    numbers: Numbers,
}

/// How publishing heads goes.
#[derive(Default)]
struct Heads {
    /// When the published head was last seen to count every line.
    current_at: Option<Instant>,
    failure: Option<String>,
}

impl Ledger {
    /// Serves the lines of `log` as `model` has them; `directory` is where the published head and tiles are. Others record.
    #[must_use]
    pub fn reading(
        log: Arc<dyn EventLog>,
        model: ReadModel,
        directory: &Path,
        machine: Box<dyn Machine>,
    ) -> Self {
        let (size, keeping) = (model.size(), Keeping::Reading(RwLock::new(model)));
        Self::of(
            log,
            size,
            keeping,
            directory,
            machine,
            Recording { self_check_every: None, ..Recording::default() },
        )
    }

    /// As [`reading`](Self::reading), and records: the log is open for that, and leads to every head that is known of it.
    #[must_use]
    pub fn recording(
        log: Arc<dyn EventLog>,
        model: ReadModel,
        directory: &Path,
        machine: Box<dyn Machine>,
        people: People,
        how: Recording,
    ) -> Self {
        let size = model.size();
        let sequencer =
            Sequencer::start_with_queue(Arc::clone(&log), model, Arc::clone(&how.clock), how.queue);
        let evidence = EvidenceFolder::beside(directory);
        let desk = Keeping::Recording(Desk { sequencer, people, evidence });
        Self::of(log, size, desk, directory, machine, how)
    }

    fn of(
        log: Arc<dyn EventLog>,
        size: u64,
        keeping: Keeping,
        directory: &Path,
        machine: Box<dyn Machine>,
        how: Recording,
    ) -> Self {
        Self {
            log,
            keeping,
            machine,
            clock: how.clock,
            self_check_every: how.self_check_every,
            directory: directory.to_owned(),
            failed: RwLock::new(None),
            heads: Mutex::default(),
            checked: Mutex::default(),
            sizes: watch::Sender::new(size),
            stop: Stop::default(),
            numbers: Numbers::default(),
        }
    }

    pub(crate) fn log(&self) -> &dyn EventLog {
        &*self.log
    }

    /// The model; while it is held, no line is applied, so that one answer is of one size.
    ///
    /// A panic while a line was applied leaves a model nobody may read: that ends the request, and the next ones.
    pub(crate) fn model(&self) -> RwLockReadGuard<'_, ReadModel> {
        match &self.keeping {
            Keeping::Reading(model) => model.read().expect("no line broke an invariant"),
            Keeping::Recording(desk) => desk.sequencer.model(),
        }
    }

    /// Who records here; none where others do.
    pub(crate) fn sequencer(&self) -> Option<&Sequencer> {
        self.desk().map(|desk| &desk.sequencer)
    }

    /// Where what people bring is taken; none where others record.
    pub(crate) const fn desk(&self) -> Option<&Desk> {
        match &self.keeping {
            Keeping::Reading(_) => None,
            Keeping::Recording(desk) => Some(desk),
        }
    }

    pub(crate) fn machine(&self) -> &dyn Machine {
        &*self.machine
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) const fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    pub(crate) const fn stop(&self) -> &Stop {
        &self.stop
    }

    /// How often the ledger is checked as a whole.
    pub(crate) const fn self_check_every(&self) -> Option<Duration> {
        self.self_check_every
    }

    /// Tells of every size that the model reaches.
    pub(crate) fn sizes(&self) -> watch::Receiver<u64> {
        self.sizes.subscribe()
    }

    /// How many lines the published head counts.
    pub(crate) fn signed_size(&self) -> Option<u64> {
        self.machine.signed_size(&self.model())
    }

    /// Why the model is not kept up.
    pub(crate) fn failure(&self) -> Option<String> {
        self.failed.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the published head counted every line at most `grace` ago, and if not, why where that is known.
    pub(crate) fn head_is_current(&self, grace: Duration) -> Result<(), Option<String>> {
        let heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        match heads.current_at {
            Some(at) if at.elapsed() <= grace => Ok(()),
            Some(_) | None => Err(heads.failure.clone()),
        }
    }

    /// What the last check of the whole ledger found.
    pub(crate) fn checked(&self) -> Option<SelfCheck> {
        self.checked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Checks the ledger as a whole, and tells of what is wrong.
    pub(crate) fn check(&self) {
        let checked = self.machine.self_check();
        if !checked.holds {
            let first = checked
                .findings
                .first()
                .map_or("没有任何一行可供核验。", |first| &first.message_zh);
            self.machine.tell(&format!("自查报警：{} 处发现。{first}\n", checked.findings.len()));
        }
        *self.checked.lock().unwrap_or_else(PoisonError::into_inner) = Some(checked);
    }

    /// Publishes a head over the lines that are durable, unless the published one counts them.
    pub(crate) fn publish_head(&self) {
        let Some(sequencer) = self.sequencer() else { return };
        let began = Instant::now();
        let model = self.model();
        let is_current = self.machine.signed_size(&model) == Some(model.size());
        drop(model);
        let outcome = if is_current { Ok(()) } else { self.machine.publish(self.log(), sequencer) };
        let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            // Lines that came after it began are not under it, but none of them is older.
            Ok(()) => *heads = Heads { current_at: Some(began), failure: None },
            Err(failure) => {
                if heads.failure.as_ref() != Some(&failure) {
                    self.machine.tell(&format!("提示：账本头没有更新，记录本身不受影响。{failure}\n"));
                }
                heads.failure = Some(failure);
            }
        }
    }

    /// Applies what the log has beyond the model.
    ///
    /// # Errors
    /// In Chinese, when the log cannot be read or a line does not fit; lines before it are applied.
    fn catch_up(&self) -> Result<(), String> {
        match &self.keeping {
            Keeping::Reading(model) => {
                let mut model = model.write().expect("no line broke an invariant");
                app::catch_up(&*self.log, &mut *model).map_err(|error| error.to_string())?;
            }
            Keeping::Recording(desk) => {
                desk.sequencer.catch_up().map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }

    /// Waits for lines, at most `pause`, and has them in the model.
    pub(crate) fn follow(&self, pause: Duration) -> Result<(), String> {
        /// What was recorded here is in the model soon after it is in the log.
        const OWN_LINES: Duration = Duration::from_millis(20);
        let known = self.model().size();
        let size = self.log.wait(known, pause).map_err(|error| error.to_string())?;
        if size > known && self.sequencer().is_some() {
            self.stop.wait(OWN_LINES);
        }
        if size > self.model().size() {
            self.catch_up()?;
        }
        let size = self.model().size();
        self.sizes.send_if_modified(|told| std::mem::replace(told, size) != size);
        Ok(())
    }

    pub(crate) fn set_failure(&self, failure: Option<String>) {
        *self.failed.write().unwrap_or_else(PoisonError::into_inner) = failure;
    }

    /// Ends recording: everything that arrived is answered, under a head, and kept for the next start.
    pub(crate) fn finish(&self) {
        let Some(sequencer) = self.sequencer() else { return };
        sequencer.shutdown();
        self.publish_head();
        self.machine.save(&self.model());
    }
}
