//! A frozen snapshot's bytes, kept beside the journal.
//!
//! They follow from the lines and are made again when missing. What makes them worth keeping is the comparison: bytes
//! that somebody changed have another root than the manifest says.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use chain::TableRoot;
use domain::ledger::snapshots::Snapshot;
use projections::snapshots::Remade;

/// What was found of a table among the kept files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Bytes of the frozen root.
    Same,
    /// No file.
    Missing,
    /// Bytes of another root.
    Other(TableRoot),
}

/// Where a snapshot's bytes are.
#[must_use]
pub fn folder(ledger: &Path, snapshot: &Snapshot) -> PathBuf {
    ledger.join(projections::snapshots::folder(snapshot))
}

/// Keeps a snapshot's manifest and tables, unless they are there.
///
/// # Errors
/// When they cannot be written. The freezing is on record all the same.
///
/// # Panics
/// When the manifest has text that the format refuses: it stands in the ledger.
pub fn keep(ledger: &Path, snapshot: &Snapshot, tables: &[Remade]) -> io::Result<PathBuf> {
    let folder = folder(ledger, snapshot);
    if folder.is_dir() {
        return Ok(folder);
    }
    let manifest = chain::json::to_canonical(&snapshot.manifest).expect("it was recorded as canonical JSON");
    let files = tables.iter().map(|own| (format!("{}.jsonl", own.listed.table), own.table.bytes()));
    let files = std::iter::once(("manifest.json".to_owned(), manifest.as_slice())).chain(files);
    write_folder(&folder, files)?;
    Ok(folder)
}

/// The folder gets its name when everything in it is durable: a crash before leaves a `.part` that the next writer
/// removes, and never a folder with half of the tables.
fn write_folder<'a>(folder: &Path, files: impl Iterator<Item = (String, &'a [u8])>) -> io::Result<()> {
    let mut part = folder.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    if part.is_dir() {
        std::fs::remove_dir_all(&part)?;
    }
    std::fs::create_dir_all(&part)?;
    for (name, bytes) in files {
        let mut file = File::create(part.join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    File::open(&part)?.sync_all()?;
    std::fs::rename(&part, folder)?;
    // The folders above may be new too: each is named in the one above it.
    let above = folder.ancestors().skip(1).take(3).filter(|above| !above.as_os_str().is_empty());
    above.map(File::open).try_for_each(|above| above?.sync_all())
}

/// Compares a kept table with the frozen root.
///
/// # Errors
/// When a file is there and cannot be read.
pub fn compare(folder: &Path, remade: &Remade) -> io::Result<Kept> {
    let path = folder.join(format!("{}.jsonl", remade.listed.table));
    if !path.is_file() {
        return Ok(Kept::Missing);
    }
    let found = chain::hash::table_root(&std::fs::read(&path)?);
    Ok(if found == remade.listed.root { Kept::Same } else { Kept::Other(found) })
}
