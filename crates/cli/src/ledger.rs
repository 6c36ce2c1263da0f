//! A ledger's folder, opened: for reading, or for recording.
//!
//! Everything a command needs of engine, sequencer, saved state and key is behind these two types.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use app::publish::SignedHead;
use app::{Receipt, SavedStates, Sequencer, SubmitError, SystemClock};
use domain::book::Book;
use domain::ledger::{Problem, Submission};
use events::LedgerOpened;
use projections::ReadModel;
use store::EventLog;
use store::transfer::TransferError;
use uuid::Uuid;

use crate::ending::WrongData;
use crate::heads;
use crate::log::{Log, of_open};
use crate::output::{Answer, complain};
use crate::progress;
use crate::secret_key::SecretKey;

/// Below this many lines beyond the saved state, reading them again is faster than saving.
const SAVE_AFTER_LINES: u64 = 20_000;

/// A ledger that is only read.
pub struct Reader {
    directory: PathBuf,
    log: Log,
    model: ReadModel,
}

impl Reader {
    /// Opens the ledger in a folder and reads it.
    ///
    /// # Errors
    /// When the folder cannot be read, or its lines make no ledger.
    pub fn open(directory: &Path) -> anyhow::Result<Self> {
        let log = Log::open_read_only(directory).map_err(of_open)?;
        log.tell_opened();
        let model = load(directory, &log)?;
        Ok(Self { directory: directory.to_owned(), log, model })
    }

    /// The engine, and what the ledger was read into.
    pub fn into_parts(self) -> (Log, ReadModel) {
        (self.log, self.model)
    }

    /// The folder.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Registry and figures.
    pub const fn book(&self) -> &Book {
        self.model.ledger().book()
    }

    /// What the ledger was read into.
    pub const fn model(&self) -> &ReadModel {
        &self.model
    }

    /// The engine.
    pub const fn log(&self) -> &Log {
        &self.log
    }

    /// The three axes are resolved on it.
    pub const fn axes(&self) -> app::Reader<'_> {
        app::Reader::new(&self.model, &self.log)
    }

    /// What the opening line says.
    ///
    /// # Errors
    /// When there is no line yet.
    pub fn opened(&self) -> anyhow::Result<&LedgerOpened> {
        self.book().registry().opened().context("账本里还没有任何一行。")
    }

    /// Marks an answer where every figure is made up.
    pub fn marked(&self, answer: Answer) -> Answer {
        marked(self.book(), answer)
    }
}

/// A ledger that is recorded into. While it is open, no other program can record.
pub struct Writer {
    directory: PathBuf,
    log: Arc<Log>,
    sequencer: Sequencer,
}

impl Writer {
    /// Opens the ledger in a folder for recording.
    ///
    /// # Errors
    /// When it is open elsewhere, cannot be written, its lines make no ledger, or it is an older copy of itself.
    pub fn open(directory: &Path) -> anyhow::Result<Self> {
        let (log, model) = open_for_recording(directory)?;
        Ok(Self::start(directory, log, model))
    }

    /// Opens a ledger that may be an older copy of itself; gives the heads that were lost with the later lines, of
    /// those known and of `others`. An append that is not whole at its end is cut off: it is lost as well.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_older(directory: &Path, others: Vec<SignedHead>) -> anyhow::Result<(Self, Vec<SignedHead>)> {
        let log = Log::open(directory, 0).map_err(of_open)?;
        log.tell_opened();
        let model = load(directory, &log)?;
        let lost = heads::lost(directory, &log, &model, others)?;
        Ok((Self::start(directory, log, model), lost))
    }

    fn start(directory: &Path, log: Log, model: ReadModel) -> Self {
        let log = Arc::new(log);
        let shared: Arc<dyn EventLog> = Arc::<Log>::clone(&log);
        let sequencer = Sequencer::start(shared, model, Arc::new(SystemClock));
        Self { directory: directory.to_owned(), log, sequencer }
    }

    /// The folder.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Lets `read` look at the ledger's book as it stands.
    pub fn with_book<T>(&self, read: impl FnOnce(&Book) -> T) -> T {
        self.sequencer.with_model(|model| read(model.ledger().book()))
    }

    /// Lets `read` look at what the ledger was read into.
    pub fn with_model<T>(&self, read: impl FnOnce(&ReadModel) -> T) -> T {
        self.sequencer.with_model(read)
    }

    /// Lets `read` resolve the three axes on the ledger as it stands.
    pub fn with_axes<T>(&self, read: impl FnOnce(&app::Reader<'_>) -> T) -> T {
        self.with_model(|model| read(&app::Reader::new(model, &*self.log)))
    }

    /// The ledger's name in tree heads.
    ///
    /// # Errors
    /// When there is no line yet.
    pub fn origin(&self) -> anyhow::Result<String> {
        let origin = self.with_book(|book| book.registry().opened().map(|opened| opened.origin.clone()));
        origin.context("账本里还没有任何一行。")
    }

    /// How many lines there are.
    pub fn size(&self) -> u64 {
        self.with_model(ReadModel::size)
    }

    /// Compresses every sealed segment that is plain; gives how many.
    ///
    /// # Errors
    /// When a segment cannot be written; the plain one is still there. When the lines are on a server.
    pub fn compress(&self) -> anyhow::Result<u64> {
        let journal = self.log.journal()?;
        let bar = progress::bar(0, "压缩");
        let compressed = journal.compress(&mut |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        })?;
        bar.finish_and_clear();
        Ok(compressed.segments)
    }

    /// Makes the hash tiles of the published head again where they are missing or wrong.
    ///
    /// # Errors
    /// When the lines do not lead to the head, or a tile cannot be written.
    pub fn rebuild_tiles(&self) -> anyhow::Result<()> {
        heads::rebuild_tiles(&self.directory, &*self.log)
    }

    /// Writes the lines that the published head counts as entry bundles; gives how many.
    ///
    /// # Errors
    /// When the lines do not lead to the head, or a bundle cannot be written.
    pub fn write_entries(&self) -> anyhow::Result<u64> {
        heads::write_entries(&self.directory, &*self.log)
    }

    /// What is wrong with a submission or asks for a confirmation, without recording it.
    pub fn check(&self, submission: &Submission) -> Vec<Problem> {
        self.sequencer.check(submission)
    }

    /// Whether a submission's id is on record.
    pub fn has(&self, submission: &Uuid) -> bool {
        self.sequencer.with_model(|model| model.ledger().place_of(submission).is_some())
    }

    /// Records a submission; when it returns a receipt, its lines are durable. May be called from many threads.
    ///
    /// # Errors
    /// When the ledger could not record, or nobody knows whether it did. A rejection by the rules is an answer.
    pub fn record(&self, submission: Submission) -> anyhow::Result<Result<Receipt, Vec<Problem>>> {
        match self.sequencer.submit(submission) {
            Ok(receipt) => Ok(Ok(receipt)),
            Err(SubmitError::Rejected(rejection)) => Ok(Err(rejection.0)),
            Err(error @ SubmitError::SubmissionReused { .. }) => Err(WrongData(error.to_string()).into()),
            Err(error) => Err(error.into()),
        }
    }

    /// The receipt of a submission on record.
    ///
    /// # Errors
    /// When it is not on record, or its lines cannot be read.
    pub fn receipt(&self, submission: &Uuid) -> anyhow::Result<Receipt> {
        let lines = self.sequencer.recorded(submission)?.context("这次报送不在账上。")?;
        Ok(Receipt::again(&lines))
    }

    /// Ends recording: signs and publishes the new head, and saves what was read where that pays.
    ///
    /// Nothing of what was acknowledged depends on it: a crash in here leaves an older head and an older saved state.
    ///
    /// # Errors
    /// When the head cannot be signed or written.
    pub fn close(self) -> anyhow::Result<()> {
        self.sequencer.shutdown();
        self.sequencer.with_model(|model| {
            heads::publish(&self.directory, &*self.log, model)?;
            save(&self.directory, model);
            Ok(())
        })
    }

    /// Ends recording in a ledger that has not got its name yet; its first head is to be kept when it has.
    ///
    /// # Errors
    /// When the head cannot be signed or written.
    pub fn close_new(self, key: &SecretKey) -> anyhow::Result<SignedHead> {
        self.sequencer.shutdown();
        self.sequencer.with_model(|model| heads::publish_new(&self.directory, &*self.log, model, key))
    }

    /// Marks an answer where every figure is made up.
    pub fn marked(&self, answer: Answer) -> Answer {
        self.with_book(|book| marked(book, answer))
    }
}

/// Opens the ledger in a folder for recording and reads it.
///
/// # Errors
/// When it is open elsewhere, cannot be written, its lines make no ledger, or it is an older copy of itself.
pub fn open_for_recording(directory: &Path) -> anyhow::Result<(Log, ReadModel)> {
    let log = heads::open_log(directory)?;
    log.tell_opened();
    let model = load(directory, &log)?;
    heads::check(directory, &log, &model)?;
    Ok((log, model))
}

/// Marks an answer where every figure is made up.
fn marked(book: &Book, answer: Answer) -> Answer {
    if book.registry().is_synthetic() {
        answer.mark("演示数据：数值均为虚构，仅供演示。")
    } else {
        answer
    }
}

/// Reads the log, from the saved state on where that fits.
///
/// # Errors
/// When its lines make no ledger.
pub fn load(directory: &Path, log: &dyn EventLog) -> anyhow::Result<ReadModel> {
    let latest = saved_states(directory).latest::<ReadModel>();
    if let app::Latest::Unfit(unfit) = &latest {
        complain(&format!("提示：{unfit}\n"));
    }
    let bar = progress::bar(0, "读账本");
    let model = app::load(log, latest.into_state(), &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    model.map_err(|error| WrongData(error.to_string()).into())
}

/// The saved states of a ledger.
pub fn saved_states(directory: &Path) -> SavedStates {
    SavedStates::new(directory.join("state"))
}

/// Saves the read model where the one on disk is far behind. It is a cache: failing to write it is no failure.
pub fn save(directory: &Path, model: &ReadModel) {
    let states = saved_states(directory);
    let saved = states.latest::<ReadModel>().into_state().map_or(0, |saved| saved.size());
    if model.size() >= saved + SAVE_AFTER_LINES
        && let Err(error) = states.save(model)
    {
        complain(&format!("提示：保存状态没有写成（{error}），下次打开会从账本重算。\n"));
    }
}

/// Damage is about the data; anything else an engine says is about the machine.
pub fn of_store(error: store::StoreError) -> anyhow::Error {
    if matches!(error, store::StoreError::Corrupt { .. }) {
        return WrongData(error.to_string()).into();
    }
    error.into()
}

/// Two logs that do not agree are about the data, as damage is.
pub fn of_transfer(error: TransferError) -> anyhow::Error {
    match error {
        TransferError::Store(error) => of_store(error),
        error @ (TransferError::Longer { .. }
        | TransferError::Differs { .. }
        | TransferError::NoLine { .. }
        | TransferError::Ended { .. }
        | TransferError::Root { .. }) => WrongData(error.to_string()).into(),
    }
}
