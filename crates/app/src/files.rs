//! Small files on a [`Disk`] that are read and replaced as a whole.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use store::disk::{Access, Disk, DiskFile};

/// The bytes of a file; `None` where there is none.
pub(crate) fn read<D: Disk>(disk: &D, path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match disk.open(path, Access::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let length = usize::try_from(file.len()?).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    let read = file.read_at(&mut bytes, 0)?;
    bytes.truncate(read);
    Ok(Some(bytes))
}

/// Writes a file under another name, makes its bytes durable, and gives it its name, which is durable only after a
/// [`sync_dir`](Disk::sync_dir) of its folder.
///
/// A crash leaves the old file or the new one, whole, and at worst a leftover `….new`, which the next writing replaces.
pub(crate) fn put<D: Disk>(disk: &D, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = beside(path);
    let file = disk.create(&beside)?;
    file.write_at(bytes, 0)?;
    file.sync_all()?;
    disk.rename(&beside, path)
}

/// Files on their way: written under other names, made durable together, then named, as [`put`] does it one by one.
pub(crate) struct Batch<D: Disk> {
    disk: D,
    paths: Vec<PathBuf>,
    files: Vec<D::File>,
}

impl<D: Disk> Batch<D> {
    /// Files that are open at once, at the most.
    const MOST: usize = 256;

    pub(crate) const fn on(disk: D) -> Self {
        Self { disk, paths: Vec::new(), files: Vec::new() }
    }

    /// Writes a file, and names those before where there are many.
    pub(crate) fn put(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let file = self.disk.create(&beside(path))?;
        file.write_at(bytes, 0)?;
        self.paths.push(path.to_owned());
        self.files.push(file);
        if self.files.len() < Self::MOST { Ok(()) } else { self.finish() }
    }

    /// Makes all bytes durable and gives all files their names, which are durable after a sync of their folders.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.disk.sync_files(&self.files)?;
        self.files.clear();
        // A crash in here leaves some of them named: whole, and spoken of by nobody yet.
        self.paths.drain(..).try_for_each(|path| self.disk.rename(&beside(&path), &path))
    }
}

/// As [`put`], with the name durable.
pub(crate) fn replace<D: Disk>(disk: &D, path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(disk, path, bytes)?;
    disk.sync_dir(folder_of(path))
}

/// The folder that has a file's name.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path.file_name().unwrap_or_default());
    name.push(".new");
    path.with_file_name(name)
}
