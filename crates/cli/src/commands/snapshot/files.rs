//! A frozen snapshot's bytes, kept beside the journal; people are told what to do where they cannot be.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use app::snapshots;
use domain::ledger::snapshots::Snapshot;
use projections::snapshots::Remade;

pub use app::snapshots::{Kept, folder};

/// Keeps a snapshot's manifest and tables, unless they are there.
///
/// # Errors
/// When they cannot be written. The freezing is on record all the same.
pub fn keep(ledger: &Path, snapshot: &Snapshot, tables: &[Remade]) -> anyhow::Result<PathBuf> {
    snapshots::keep(ledger, snapshot, tables).with_context(|| {
        let folder = folder(ledger, snapshot);
        format!("冻结的表没有写成：{}。冻结本身已入账，可再运行 snapshot show 补写。", folder.display())
    })
}

/// Compares a kept table with the frozen root.
///
/// # Errors
/// When a file is there and cannot be read.
pub fn compare(folder: &Path, remade: &Remade) -> anyhow::Result<Kept> {
    snapshots::compare(folder, remade).with_context(|| format!("无法读取 {} 里留存的表。", folder.display()))
}
