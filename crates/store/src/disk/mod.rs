//! The few operations a journal needs of a disk, so that a test can stand in for the machine.
//!
//! The words are those of POSIX: what is written is in the page cache; `sync_data` makes a file's bytes durable,
//! `sync_dir` the names in a directory; a rename replaces at once or not at all.

mod real;
mod sim;

use std::io;
use std::path::Path;

pub use real::RealDisk;
pub use sim::{Cut, Effect, Fault, SimDisk};

/// How a file that exists is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// For reading.
    Read,
    /// For reading and writing.
    Write,
}

/// A disk: directories of files.
///
/// # Errors
/// All operations answer what the operating system says.
pub trait Disk: Clone + Send + Sync + 'static {
    /// An open file. It stays readable after its name is removed.
    type File: DiskFile;
    /// An exclusive lock, held until dropped.
    type Lock: Send + Sync;

    /// Makes a directory, unless it is there. Durable after [`sync_dir`](Self::sync_dir) of the one above.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// The names in a directory, sorted.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;

    /// Makes an empty file, or empties the one there, for reading and writing.
    fn create(&self, path: &Path) -> io::Result<Self::File>;

    /// Opens a file that exists.
    fn open(&self, path: &Path, access: Access) -> io::Result<Self::File>;

    /// Gives a file another name in the same directory, replacing what has it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file's name.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a directory durable.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Makes the bytes and lengths of files of one file system durable, together where that costs less.
    fn sync_files(&self, files: &[Self::File]) -> io::Result<()> {
        files.iter().try_for_each(DiskFile::sync_all)
    }

    /// Takes the exclusive lock on a file, making the file if needed; `None` if another has it.
    fn try_lock(&self, path: &Path) -> io::Result<Option<Self::Lock>>;
}

/// An open file, read and written at offsets, from any thread.
///
/// # Errors
/// All operations answer what the operating system says.
pub trait DiskFile: Send + Sync + 'static {
    /// Reads into `buffer` from `offset`; returns how many bytes there were, fewer only at the end of the file.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes` at `offset`. After an error any part of them may have been written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes the bytes durable, and the length if it has grown (`fdatasync`).
    fn sync_data(&self) -> io::Result<()>;

    /// Makes bytes and length durable (`fsync`).
    fn sync_all(&self) -> io::Result<()>;

    /// Cuts the file off at `len`, or fills it with zeros up to there.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// The file's length in bytes.
    fn len(&self) -> io::Result<u64>;

    /// Whether the file has no bytes.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
}
