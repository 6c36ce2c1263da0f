//! Tree heads of a ledger: signed and published at the end of each recording command, held against on the next start.
//!
//! The last signed head is kept in the file `<folder>.head`, beside the folder as the key is: whoever restores an older copy
//! of the folder does not restore it along.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use app::Sequencer;
use app::publish::{HeadFile, HeadStore as _, LostBranch, PublishError, Publisher, SignedHead, Unkept};
use domain::registry::Registry;
use projections::ReadModel;
use store::{Damage, EventLog, StoreError};

use crate::ending::WrongData;
use crate::ledger::{load, of_store};
use crate::log::{Log, of_open};
use crate::log_key;
use crate::output::complain;
use crate::secret_key::{self, SecretKey};

/// Where the last signed head of a ledger is kept.
#[must_use]
pub fn beside(directory: &Path) -> PathBuf {
    HeadFile::beside(directory).path().to_owned()
}

/// The last signed head, as it is kept beside the folder.
///
/// # Errors
/// When it cannot be read.
pub fn kept(directory: &Path) -> anyhow::Result<Option<SignedHead>> {
    HeadFile::beside(directory).latest().map_err(of_publish)
}

fn publisher(directory: &Path) -> Publisher<HeadFile> {
    Publisher::new(directory, HeadFile::beside(directory))
}

/// Opens the log for recording; no line under the last signed head is taken for one that was never acknowledged.
///
/// # Errors
/// When it cannot be opened, or has fewer lines than that head counts and does not say why.
pub fn open_log(directory: &Path) -> anyhow::Result<Log> {
    let stored = HeadFile::beside(directory).latest().map_err(of_publish)?;
    let signed_size = stored.as_ref().map_or(0, |stored| stored.head.size);
    let error = match Log::open(directory, signed_size) {
        Ok(log) => return Ok(log),
        Err(error) => error,
    };
    match (error.downcast::<StoreError>(), stored) {
        (Ok(error @ StoreError::Corrupt { .. }), Some(stored)) => open_restored(directory, stored, error),
        (Ok(error), _) => Err(of_store(error)),
        (Err(error), _) => Err(error),
    }
}

/// Opens a log that has fewer lines than the last signed head counts: allowed where its lines say that the head was
/// lost, which a crash between saying so and signing a new head leaves.
fn open_restored(directory: &Path, stored: SignedHead, error: StoreError) -> anyhow::Result<Log> {
    let Ok(log) = Log::open_read_only(directory) else { return Err(of_store(error)) };
    let model = load(directory, &log)?;
    if model.ledger().book().registry().gave_up(&stored.head) {
        return Log::open(directory, 0).map_err(of_open);
    }
    let ahead = matches!(error, StoreError::Corrupt { damage: Damage::CheckpointAhead, .. });
    if !ahead && model.size() >= stored.head.size {
        return Err(of_store(error));
    }
    Err(WrongData(LostBranch { lost: stored, lines: model.size() }.to_string()).into())
}

/// Refuses a ledger that does not lead to the heads that are known of it.
///
/// # Errors
/// When it is an older copy of itself, or another ledger.
pub fn check(directory: &Path, log: &dyn EventLog, model: &ReadModel) -> anyhow::Result<()> {
    publisher(directory).check(log, model).map_err(of_publish)
}

/// The heads, of those known and of `others`, that the ledger does not lead to.
///
/// # Errors
/// When a head or a line cannot be read.
pub fn lost(
    directory: &Path,
    log: &dyn EventLog,
    model: &ReadModel,
    others: Vec<SignedHead>,
) -> anyhow::Result<Vec<SignedHead>> {
    publisher(directory).lost(log, model, others).map_err(of_publish)
}

/// Signs and publishes the head over all lines with the key beside the folder.
///
/// A missing key is told and leaves the older head: it may trail the journal.
///
/// # Errors
/// When it is not the ledger's key, or the head cannot be signed or written.
pub fn publish(directory: &Path, log: &dyn EventLog, model: &ReadModel) -> anyhow::Result<()> {
    let Some(opened) = model.ledger().book().registry().opened() else { return Ok(()) };
    let Some(key) = log_key::of_ledger(directory, &opened.log_key)? else {
        let path = secret_key::beside(directory);
        complain(&format!("提示：没有密钥文件 {}，账本头没有更新；记录本身不受影响。\n", path.display()));
        return Ok(());
    };
    publish_with(&publisher(directory), log, model, &key).map(drop)
}

/// Signs and publishes the head over the lines that are durable, while more are recorded.
///
/// # Errors
/// As [`publish`]; and when there is no key beside the folder.
pub fn publish_beside(directory: &Path, log: &dyn EventLog, sequencer: &Sequencer) -> anyhow::Result<()> {
    let named = sequencer
        .with_model(|model| model.ledger().book().registry().opened().map(|own| own.log_key.clone()));
    let Some(named) = named else { return Ok(()) };
    let key = log_key::of_ledger(directory, &named)?;
    let key = key.with_context(|| format!("没有密钥文件 {}。", secret_key::beside(directory).display()))?;
    let publisher = publisher(directory);
    // The model is borrowed briefly; reading and hashing the lines goes on beside the next appends.
    let due = sequencer.with_model(|model| publisher.due(log, model)).map_err(of_publish)?;
    let Some(due) = due else { return Ok(()) };
    let unpublished = publisher.sign_due(log, &due, &key).map_err(of_publish)?;
    publisher.publish(&unpublished).map_err(of_publish)
}

/// Signs and publishes the first head of a ledger that has not got its name yet.
///
/// # Errors
/// When it has no lines, or the head cannot be signed or written.
pub fn publish_new(
    directory: &Path,
    log: &dyn EventLog,
    model: &ReadModel,
    key: &SecretKey,
) -> anyhow::Result<SignedHead> {
    let signed = publish_with(&Publisher::new(directory, Unkept), log, model, key)?;
    signed.context("账本里还没有任何一行，没有账本头可签。")
}

fn publish_with<H: app::publish::HeadStore>(
    publisher: &Publisher<H>,
    log: &dyn EventLog,
    model: &ReadModel,
    key: &SecretKey,
) -> anyhow::Result<Option<SignedHead>> {
    let Some(unpublished) = publisher.sign(log, model, key).map_err(of_publish)? else { return Ok(None) };
    publisher.publish(&unpublished).map_err(of_publish)?;
    Ok(Some(unpublished.signed().clone()))
}

/// Keeps the first head of a ledger that has got its name. A crash before leaves it published only; the next one is kept.
///
/// # Errors
/// When it cannot be written.
pub fn keep(directory: &Path, head: &SignedHead) -> anyhow::Result<()> {
    HeadFile::beside(directory).advance(None, head).map_err(of_publish)
}

/// Makes every hash tile of the published head again where it is missing or differs.
///
/// # Errors
/// When the lines do not lead to the head, or a tile cannot be written.
pub fn rebuild_tiles(directory: &Path, log: &dyn EventLog) -> anyhow::Result<()> {
    publisher(directory).rebuild_tiles(log).map_err(of_publish)
}

/// Writes the lines that the published head counts as entry bundles; gives how many.
///
/// # Errors
/// When the lines do not lead to the head, or a bundle cannot be written.
pub fn write_entries(directory: &Path, log: &dyn EventLog) -> anyhow::Result<u64> {
    publisher(directory).write_entries(log).map_err(of_publish)
}

/// Reads the published head as it stands there, without asking who signed it.
///
/// # Errors
/// When it cannot be read.
pub fn published(directory: &Path) -> anyhow::Result<Option<SignedHead>> {
    Publisher::new(directory, Unkept).published().map_err(of_publish)
}

/// Reads a head that the ledger's key of its size has signed.
///
/// # Errors
/// When it is no head, or is not signed by that key.
pub fn verified(note: &[u8], registry: &Registry) -> anyhow::Result<SignedHead> {
    let refuse = |reason: &str| WrongData(format!("不是这个账本签名的账本头（{reason}）。"));
    let signed = SignedHead::parse(note).map_err(|error| refuse(error.code()))?;
    let key = registry.log_key(signed.head.size).context("账本里还没有任何一行。")?;
    let key = key.parse().map_err(|_| refuse("log-key"))?;
    chain::note::open_checkpoint(note, &key).map_err(|error| refuse(error.code()))?;
    Ok(signed)
}

/// What is about the data ends with exit code 1; anything else is about the machine.
fn of_publish(error: PublishError) -> anyhow::Error {
    match error {
        PublishError::Lost(_) | PublishError::Reread { .. } | PublishError::Unreadable { .. } => {
            WrongData(error.to_string()).into()
        }
        PublishError::Store(error) => of_store(error),
        PublishError::Moved { .. } | PublishError::WrongKey { .. } | PublishError::Load(_) => error.into(),
    }
}
