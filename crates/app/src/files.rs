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
