//! Files that must be whole after a crash, and there after a power cut.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;

/// Puts `bytes` in the place of a file, by way of another name that ends in `suffix`: writers with other suffixes do not meet there.
///
/// A crash in here leaves the old file or the new one, whole, and perhaps the other name, which the next writer overwrites.
///
/// # Errors
/// When the file cannot be written; the old file or the new one is there.
pub fn replace(path: &Path, suffix: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let beside = path.with_extension(suffix);
    let write = || -> io::Result<()> {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()
    };
    write().with_context(|| format!("无法写入 {}。请检查路径、权限和磁盘空间。", path.display()))
}
