//! The file: one SQLite database beside the ledger, readable by its owner alone.
//!
//! Every change is one transaction that is on the disk before it is answered (`synchronous=FULL`). A crash inside one leaves
//! the state before it; SQLite's write-ahead log is read at the next opening.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::secret::NoRandomness;

/// `plac` in ASCII: tells our files from others.
const APPLICATION_ID: i32 = 0x706c_6163;

/// One step for each version of the tables; a step that was ever released is never edited.
const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001-first.sql")];

/// The accounts cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The file is of something else.
    #[error("{} 不是账号库文件。请核对路径；本程序没有改动它。", path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// A newer program has been here.
    #[error("账号库 {} 的版本是 {version}，本程序只认识到 {known}。请使用更新的程序；本程序没有改动它。", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: i64,
        /// The newest that is known here.
        known: i64,
    },
    /// The file cannot be made or protected.
    #[error("无法新建或保护账号库 {}：{error}。请检查路径、权限和磁盘空间。", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The database refuses.
    #[error("账号库读写失败：{0}。没有作任何更改；请检查磁盘空间和权限后重试。")]
    Database(#[from] rusqlite::Error),
    /// What stands in the file makes no sense.
    #[error("账号库里有无法理解的内容：{0}。请从备份恢复，或联系管理员。")]
    Damaged(String),
    /// No secret can be made.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

impl StorageError {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOurs { .. } | Self::Newer { .. } => "accounts-file-unusable",
            Self::File { .. } | Self::Database(_) => "accounts-unavailable",
            Self::Damaged(_) => "accounts-damaged",
            Self::Randomness(_) => "no-randomness",
        }
    }
}

/// The open file. Readers do not wait for a writer's disk.
#[derive(Debug)]
pub(crate) struct Database {
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
}

impl Database {
    pub(crate) fn open(path: &Path) -> Result<Self, StorageError> {
        protect(path).map_err(|error| StorageError::File { path: path.to_owned(), error })?;
        let mut writer = connect(path)?;
        migrate(&mut writer, path)?;
        let reader = connect(path)?;
        reader.pragma_update(None, "query_only", true)?;
        Ok(Self { writer: Mutex::new(writer), reader: Mutex::new(reader) })
    }

    /// Reads the state of one moment.
    pub(crate) fn read<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = lock(&self.reader);
        let transaction = connection.transaction().map_err(StorageError::from)?;
        work(&transaction)
    }

    /// Changes all that `work` changes, or nothing: on an error of `work` everything is as before.
    pub(crate) fn change<T, E: From<StorageError>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = lock(&self.writer);
        // Taking the write lock first means that nothing read in here can have changed by the time it is written.
        let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = begun.map_err(StorageError::from)?;
        let done = work(&transaction)?;
        // A crash before this leaves the state before; after it, the change survives a power cut.
        transaction.commit().map_err(StorageError::from)?;
        Ok(done)
    }
}

/// A panic inside a transaction rolls it back, so the connection behind a poisoned lock is whole.
fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes the file before SQLite does, so that nobody else can ever read it; SQLite gives its companions the same mode.
fn protect(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    if file.metadata()?.len() == 0 {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        fs::File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

fn connect(path: &Path) -> Result<Connection, StorageError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    let of_something_else =
        |error: &rusqlite::Error| error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase);
    let id = connection.pragma_query_value(None, "application_id", |row| row.get::<_, i32>(0));
    let id = match id {
        Err(error) if of_something_else(&error) => {
            return Err(StorageError::NotOurs { path: path.to_owned() });
        }
        other => other?,
    };
    let is_new = id == 0 && is_empty(&connection)?;
    if id != APPLICATION_ID && !is_new {
        return Err(StorageError::NotOurs { path: path.to_owned() });
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

fn is_empty(connection: &Connection) -> Result<bool, StorageError> {
    let tables = "SELECT count(*) FROM sqlite_schema";
    Ok(connection.query_row(tables, (), |row| row.get::<_, i64>(0))? == 0)
}

/// Brings the tables to the newest version, all steps in one transaction: two programs that start together do not meet.
fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StorageError> {
    let known = MIGRATIONS.len() as i64;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > known {
        return Err(StorageError::Newer { path: path.to_owned(), version, known });
    }
    let done = usize::try_from(version).map_err(|_| StorageError::Damaged("版本号为负".to_owned()))?;
    if done == MIGRATIONS.len() {
        return Ok(());
    }
    for step in &MIGRATIONS[done..] {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}
