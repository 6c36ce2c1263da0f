//! Signed tree heads, who signs them, and where the last one is kept apart from the ledger.

use std::path::{Path, PathBuf};

use chain::note::{Checkpoint, Note, NoteError, VerifierKey};
use store::StoreError;
use store::disk::{Disk, RealDisk};

use super::PublishError;
use crate::files;

/// Signs tree heads with the ledger's key.
pub trait HeadSigner {
    /// What others check the signatures with.
    fn key(&self) -> &VerifierKey;

    /// The signature line, with its LF, over a head's text.
    fn sign(&self, text: &str) -> String;
}

/// A tree head as a signed note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHead {
    /// What it says.
    pub head: Checkpoint,
    /// The note, letter by letter.
    pub note: String,
}

impl SignedHead {
    /// Reads a note. No signature is checked: a head kept here can only forbid, never allow.
    ///
    /// # Errors
    /// [`NoteError::NoteFormat`], [`NoteError::CheckpointFormat`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let head = Checkpoint::parse(&Note::parse(bytes)?.text)?;
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::NoteFormat)?.to_owned();
        Ok(Self { head, note })
    }

    /// Signs a head.
    #[must_use]
    pub fn of(head: Checkpoint, signer: &dyn HeadSigner) -> Self {
        let text = head.text();
        let note = format!("{text}\n{}", signer.sign(&text));
        Self { head, note }
    }

    /// Whether a note of the same head has every signature of this one.
    pub(super) fn is_in(&self, other: &Self) -> bool {
        let (Ok(own), Ok(other)) = (Note::parse(self.note.as_bytes()), Note::parse(other.note.as_bytes()))
        else {
            return false;
        };
        own.text == other.text && own.signatures.iter().all(|line| other.signatures.contains(line))
    }
}

/// Where the last signed head is kept, apart from the ledger: whoever restores an older copy of the ledger does not
/// restore it along.
///
/// Only the program that holds the ledger's lock advances it.
pub trait HeadStore {
    /// The head that was stored last.
    ///
    /// # Errors
    /// [`PublishError::Unreadable`], [`PublishError::Store`].
    fn latest(&self) -> Result<Option<SignedHead>, PublishError>;

    /// Stores `head` where `expected` is what is stored. On `Ok` it survives a power cut.
    ///
    /// # Errors
    /// [`PublishError::Moved`]: something else is stored, and stays. [`PublishError::Store`]: one of the two is stored.
    fn advance(&self, expected: Option<&SignedHead>, head: &SignedHead) -> Result<(), PublishError>;
}

/// The last signed head in a file of its own, beside the ledger's folder and its key.
#[derive(Clone, Debug)]
pub struct HeadFile<D: Disk = RealDisk> {
    disk: D,
    path: PathBuf,
}

impl HeadFile {
    /// The file of this machine that stands beside a ledger's folder: `ledger.head` beside `ledger`.
    #[must_use]
    pub fn beside(ledger: &Path) -> Self {
        let mut name = ledger.file_name().unwrap_or_default().to_owned();
        name.push(".head");
        Self::on(RealDisk, ledger.with_file_name(name))
    }
}

impl<D: Disk> HeadFile<D> {
    /// A file of `disk`.
    #[must_use]
    pub fn on(disk: D, path: impl Into<PathBuf>) -> Self {
        Self { disk, path: path.into() }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl<D: Disk> HeadStore for HeadFile<D> {
    fn latest(&self) -> Result<Option<SignedHead>, PublishError> {
        read_head(&self.disk, &self.path)
    }

    fn advance(&self, expected: Option<&SignedHead>, head: &SignedHead) -> Result<(), PublishError> {
        if self.latest()?.as_ref() != expected {
            return Err(PublishError::Moved { path: self.path.clone() });
        }
        // A crash in here leaves the head before or this one, whole; the journal leads to both.
        let replaced = files::replace(&self.disk, &self.path, head.note.as_bytes());
        replaced.map_err(|cause| StoreError::io("保存账本头", &self.path, cause).into())
    }
}

/// Keeps nothing: for a ledger that is still being made and has no name yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unkept;

impl HeadStore for Unkept {
    fn latest(&self) -> Result<Option<SignedHead>, PublishError> {
        Ok(None)
    }

    fn advance(&self, _: Option<&SignedHead>, _: &SignedHead) -> Result<(), PublishError> {
        Ok(())
    }
}

/// Reads a file with a head; `None` where there is none.
pub(super) fn read_head<D: Disk>(disk: &D, path: &Path) -> Result<Option<SignedHead>, PublishError> {
    let bytes = files::read(disk, path).map_err(|cause| StoreError::io("读取账本头", path, cause))?;
    let head = bytes.map(|bytes| SignedHead::parse(&bytes)).transpose();
    head.map_err(|error| PublishError::Unreadable { path: path.to_owned(), reason: error.code() })
}
