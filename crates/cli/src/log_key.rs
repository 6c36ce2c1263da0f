//! The key that signs a ledger's heads, and its replacement: two files beside the folder.
//!
//! A new key is on the disk before the ledger names it, and takes the old one's place only after: whatever a crash leaves,
//! the key that the ledger names is one of the two files.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::output::complain;
use crate::secret_key::{self, SecretKey};

/// Where a key waits until the ledger names it.
fn next_to(directory: &Path) -> PathBuf {
    with_ending(directory, "next")
}

fn with_ending(directory: &Path, ending: &str) -> PathBuf {
    let path = secret_key::beside(directory);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{ending}"));
    path.with_file_name(name)
}

/// The key that the ledger names: the one in place, or the one that waits, which then takes its place.
///
/// # Errors
/// When a key file cannot be read, or not be put in place.
pub fn of_ledger(directory: &Path, named: &str) -> anyhow::Result<Option<SecretKey>> {
    let (path, next) = (secret_key::beside(directory), next_to(directory));
    let old = path.exists().then(|| SecretKey::read(&path)).transpose()?;
    if next.exists() && old.as_ref().is_none_or(|old| old.verifier.to_string() != named) {
        let new = SecretKey::read(&next)?;
        if new.verifier.to_string() == named {
            put_in_place(directory, old.as_ref())?;
            return Ok(Some(new));
        }
    }
    Ok(old)
}

/// A key for the ledger to name next. One that waits already, after a run that was cut short, is taken up again.
///
/// # Errors
/// When the file cannot be read or written.
pub fn prepare(directory: &Path, origin: &str) -> anyhow::Result<SecretKey> {
    let next = next_to(directory);
    if next.exists() {
        return SecretKey::read(&next);
    }
    let key = SecretKey::generate(origin)?;
    key.write_new(&next)?;
    sync_folder_of(&next)?;
    Ok(key)
}

/// The old key gets a name of its own first: a crash in between leaves no key in place, and the one that waits.
fn put_in_place(directory: &Path, old: Option<&SecretKey>) -> anyhow::Result<()> {
    let (path, next) = (secret_key::beside(directory), next_to(directory));
    if let Some(old) = old {
        let kept = with_ending(directory, &format!("old-{}", old.id()));
        std::fs::rename(&path, &kept).with_context(|| format!("旧密钥没有移到 {}。", kept.display()))?;
        complain(&format!("提示：旧密钥已移到 {}，账本不再使用它。\n", kept.display()));
    }
    std::fs::rename(&next, &path).with_context(|| format!("新密钥没有放到 {}。", path.display()))?;
    sync_folder_of(&path)
}

fn sync_folder_of(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let synced = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
    synced.with_context(|| format!("无法落盘 {}。", folder.display()))
}
