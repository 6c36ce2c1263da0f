//! What a witness remembers: for each log the last note it cosigned, in a file of its own.
//!
//! A file holds the log's note with the witness's own cosignature, so it proves itself: a changed byte breaks a signature and is
//! refused, never read as something else. A missing file means that nothing was cosigned for that log. What no file can tell is
//! that the whole folder was replaced by an older copy: it must never be restored from a backup.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use chain::note::{Note, VerifierKey};
use sha2::{Digest as _, Sha256};

use crate::decide::Latest;
use crate::request::head_of;

/// Why the memory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// Another witness runs on the same folder.
    #[error("状态目录 {} 正被另一个见证程序使用。同一状态目录只能运行一个见证程序。", .0.display())]
    InUse(PathBuf),
    /// The folder or a file in it cannot be read or written.
    #[error("无法读写 {}：{cause}。请检查路径、权限和磁盘空间。", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A file is not what this witness wrote for this log.
    #[error(
        "状态文件 {} 已损坏，或是另一把见证密钥写的，不再为这个账本副署。请勿删除该文件：删除等于忘记已副署的内容。",
        .0.display()
    )]
    Damaged(PathBuf),
}

/// The folder of a witness, held by one process.
#[derive(Debug)]
pub struct Memory {
    folder: PathBuf,
    /// Whose cosignature each file must bear.
    own: VerifierKey,
    /// Held until the process ends, however it ends.
    _lock: File,
}

impl Memory {
    /// Takes a folder that is there. It is not made: a mistyped path would be a witness that knows nothing and signs anything.
    ///
    /// # Errors
    /// [`MemoryError`]: no such folder, or a witness runs on it.
    pub fn open(folder: &Path, own: VerifierKey) -> Result<Self, MemoryError> {
        let path = folder.join("lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(reading(&path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { folder: folder.to_owned(), own, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(MemoryError::InUse(folder.to_owned())),
            Err(TryLockError::Error(cause)) => Err(MemoryError::Io { path, cause }),
        }
    }

    /// The largest head that was cosigned for a log.
    ///
    /// # Errors
    /// [`MemoryError`]: the file cannot be read, or is damaged.
    pub fn latest(&self, origin: &str) -> Result<Latest, MemoryError> {
        let path = self.path(origin, "note");
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Latest::nothing()),
            Err(cause) => return Err(MemoryError::Io { path, cause }),
        };
        let note = Note::parse(&bytes).ok().filter(|note| note.signed_by(&self.own) == Ok(true));
        let head = note.and_then(|note| head_of(&note.text)).filter(|head| head.origin == origin);
        let head = head.ok_or(MemoryError::Damaged(path))?;
        Ok(Latest { size: head.size, root: head.root })
    }

    /// Remembers a cosigned note instead of the one before. On `Ok` it survives a power cut.
    ///
    /// # Errors
    /// [`MemoryError::Io`]: the old note or the new one is remembered, whole.
    pub fn remember(&self, origin: &str, note: &str) -> Result<(), MemoryError> {
        let path = self.path(origin, "note");
        let beside = path.with_extension("new");
        let write = || -> io::Result<()> {
            let mut file = File::create(&beside)?;
            file.write_all(note.as_bytes())?;
            file.sync_all()?;
            // A crash before this leaves the old note and a file that nobody reads; after it, the new note or the old one.
            fs::rename(&beside, &path)?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(reading(&path))
    }

    /// Keeps the first head of a log that contradicts a cosigned one, as evidence; later ones are not kept.
    ///
    /// # Errors
    /// [`MemoryError::Io`].
    pub fn keep_fork(&self, origin: &str, note: &str) -> Result<(), MemoryError> {
        let path = self.path(origin, "fork");
        let written = match File::create_new(&path) {
            // A crash in here leaves a part of the note, and the log's contradiction will be seen again.
            Ok(mut file) => file.write_all(note.as_bytes()).and_then(|()| file.sync_all()),
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(cause) => Err(cause),
        };
        written.map_err(reading(&path))
    }

    /// An origin may hold any character; a hash of it is always a file name.
    fn path(&self, origin: &str, extension: &str) -> PathBuf {
        let digest = Sha256::digest(origin).into();
        let name = chain::hash::to_hex(&digest);
        let name = std::str::from_utf8(&name).expect("hex is ASCII");
        self.folder.join(name).with_extension(extension)
    }
}

fn reading(path: &Path) -> impl FnOnce(io::Error) -> MemoryError {
    move |cause| MemoryError::Io { path: path.to_owned(), cause }
}
