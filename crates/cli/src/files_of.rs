//! A ledger as files, for those who trust bytes and no engine: the audit, proofs of a cell, bundles.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use store::StoreError;
use store::transfer::{self, Appends};
use store_journal::{Durability, Journal, JournalOptions};

use crate::ledger::{of_store, of_transfer};
use crate::log::{Log, of_open};
use crate::progress;
use crate::state_folder;

/// What stands beside the lines: the signed head, the tiles, the time-stamps, the copies of frozen tables.
const BESIDE_LINES: [&str; 4] = ["checkpoint", "snapshots", "tile", "timestamps"];

/// The folder with a ledger's files: the ledger's own, or a copy of what the server has, made whole and compared line by
/// line with every line of the server now.
///
/// # Errors
/// When the server cannot be read, the copy cannot be written, or the two differ.
pub fn ledger(directory: &Path) -> anyhow::Result<PathBuf> {
    if state_folder::address_in(directory)?.is_none() {
        return Ok(directory.to_owned());
    }
    let (copy, taken) = (directory.join("copy"), directory.join("copy.taken"));
    std::fs::create_dir_all(&copy).with_context(|| format!("无法建立目录 {}。", copy.display()))?;
    // The head is taken first, so that the lines reach at least as far; and put beside them last, so that a copy which
    // was cut short has none that it does not lead to. A crash in between leaves the copy without a head.
    remove(&taken)?;
    for name in BESIDE_LINES {
        remove(&copy.join(name))?;
        copy_all(&directory.join(name), &taken.join(name))?;
    }
    take_lines(directory, &copy)?;
    for name in BESIDE_LINES.into_iter().filter(|name| taken.join(name).exists()) {
        let moved = std::fs::rename(taken.join(name), copy.join(name));
        moved.with_context(|| format!("无法写入 {}。", copy.join(name).display()))?;
    }
    remove(&taken)?;
    Ok(copy)
}

fn take_lines(directory: &Path, copy: &Path) -> anyhow::Result<()> {
    let server = Log::open_read_only(directory).map_err(of_open)?;
    let journal = open_copy(copy)?;
    let bar = progress::bar(0, "取账本的行");
    transfer::run(&server, &journal, Appends::Same, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })
    .map_err(of_transfer)?;
    bar.finish_and_clear();
    journal.finish()?;
    Ok(())
}

/// Opens the copy. One that is new is made durable at the end only; a crash before leaves one that may not open, and it
/// is made again: it is a copy of what the server has.
fn open_copy(copy: &Path) -> anyhow::Result<Journal> {
    let at_finish = JournalOptions { durability: Durability::AtFinish, ..JournalOptions::default() };
    match Journal::open(copy, at_finish.clone()) {
        Ok(journal) => Ok(journal),
        Err(StoreError::ReadOnly { .. }) => Journal::open(copy, JournalOptions::default()).map_err(of_store),
        Err(StoreError::Corrupt { .. }) => {
            let journal = copy.join("journal");
            std::fs::remove_dir_all(&journal).with_context(|| format!("无法重建 {}。", journal.display()))?;
            Journal::open(copy, at_finish).map_err(of_store)
        }
        Err(error) => Err(of_store(error)),
    }
}

fn remove(path: &Path) -> anyhow::Result<()> {
    let gone = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    match gone {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("无法删去 {}。", path.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// A file, or a folder with all in it; nothing where there is nothing.
fn copy_all(from: &Path, to: &Path) -> anyhow::Result<()> {
    let context = || format!("无法复制 {}。", from.display());
    if from.is_file() {
        to.parent().map_or(Ok(()), std::fs::create_dir_all).with_context(context)?;
        std::fs::copy(from, to).with_context(context)?;
    } else if from.is_dir() {
        std::fs::create_dir_all(to).with_context(context)?;
        for entry in std::fs::read_dir(from).with_context(context)? {
            let entry = entry.with_context(context)?;
            copy_all(&entry.path(), &to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
