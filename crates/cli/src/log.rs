//! A ledger's log, wherever its lines are: in the folder's `journal`, or in a stream on a server.
//!
//! A folder with the file `store` keeps no lines of its own: the file holds the address of the stream that does, and the
//! folder is where heads, tiles and saved states of this machine are.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use store::disk::{Disk, RealDisk};
use store::{EventLog, LineBatch, Result, StoreError};
use store_eventstore::{Address, EventStoreLog, Known, OpenError, Timing};
use store_journal::{Journal, JournalOptions};

use crate::ledger::of_store;
use crate::output::complain;
use crate::state_folder;

/// A log that is open.
pub enum Log {
    /// JSON Lines in the ledger's own folder.
    Journal(Box<Journal>),
    /// A stream on a server.
    Server(Box<Server>),
}

/// A stream on a server, and the right to sign heads in this folder, where somebody records.
pub struct Server {
    log: EventStoreLog,
    address: Address,
    _lock: Option<<RealDisk as Disk>::Lock>,
}

impl Log {
    /// Opens the log of a ledger's folder for recording; no line under a signed head of this size is given up.
    ///
    /// # Errors
    /// What the engine answers; damage as [`StoreError::Corrupt`].
    pub fn open(directory: &Path, signed_size: u64) -> anyhow::Result<Self> {
        let Some(address) = state_folder::address_in(directory)? else {
            let options = JournalOptions { signed_size, ..JournalOptions::default() };
            return Ok(Self::Journal(Box::new(Journal::open(directory, options)?)));
        };
        let path = directory.join("lock");
        let lock = RealDisk.try_lock(&path).map_err(|cause| StoreError::io("锁定台账", &path, cause))?;
        let lock = lock.ok_or(StoreError::Locked { path })?;
        let log = connect(&address, Known { signed_size, ..Known::default() })?;
        Ok(Self::Server(Box::new(Server { log, address, _lock: Some(lock) })))
    }

    /// Opens the log of a ledger's folder for reading.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_read_only(directory: &Path) -> anyhow::Result<Self> {
        match state_folder::address_in(directory)? {
            Some(address) => Self::at(address),
            None => Ok(Self::Journal(Box::new(Journal::open_read_only(directory)?))),
        }
    }

    /// Opens the stream at an address, with no folder.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn at(address: Address) -> anyhow::Result<Self> {
        let log = connect(&address, Known::default())?;
        Ok(Self::Server(Box::new(Server { log, address, _lock: None })))
    }

    fn engine(&self) -> &dyn EventLog {
        match self {
            Self::Journal(journal) => &**journal,
            Self::Server(server) => &server.log,
        }
    }

    /// What was found when it was opened: for a status.
    pub fn opened(&self) -> String {
        match self {
            Self::Journal(journal) => journal.opened().to_string(),
            Self::Server(server) => format!("{}：{}", server.address, server.log.opened()),
        }
    }

    /// Tells what a person should know of the opening.
    pub fn tell_opened(&self) {
        if let Self::Journal(journal) = self {
            let opened = journal.opened();
            if opened.cut.is_some() || !opened.ignored.is_empty() {
                complain(&format!("提示：{opened}\n"));
            }
        }
    }

    /// The journal, for what only a journal can.
    ///
    /// # Errors
    /// When the lines are on a server.
    pub fn journal(&self) -> anyhow::Result<&Journal> {
        match self {
            Self::Journal(journal) => Ok(journal),
            Self::Server(_) => None.context("账本的行在服务器上，这里没有段文件。"),
        }
    }
}

fn connect(address: &Address, known: Known) -> anyhow::Result<EventStoreLog> {
    EventStoreLog::open(address, &known, Timing::default()).map_err(|error| match error {
        OpenError::Store(error) => error.into(),
        error @ OpenError::Connect(_) => error.into(),
    })
}

/// What is about the data ends with exit code 1.
pub fn of_open(error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<StoreError>() {
        Ok(error) => of_store(error),
        Err(error) => error,
    }
}

impl EventLog for Log {
    fn append(&self, expected_size: u64, lines: &[&[u8]]) -> Result<u64> {
        self.engine().append(expected_size, lines)
    }

    fn read_into(&self, from: u64, max_lines: usize, batch: &mut LineBatch) -> Result<()> {
        self.engine().read_into(from, max_lines, batch)
    }

    fn size(&self) -> Result<u64> {
        self.engine().size()
    }

    fn wait(&self, beyond: u64, timeout: Duration) -> Result<u64> {
        self.engine().wait(beyond, timeout)
    }

    fn settle(&self) -> Result<u64> {
        self.engine().settle()
    }
}
