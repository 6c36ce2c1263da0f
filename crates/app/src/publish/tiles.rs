//! Hash tiles and entry bundles on a disk: written once, made again from the lines where they are missing.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use chain::TreeHash;
use chain::hash::leaf_hash;
use chain::tile::{Level, Tile, WIDTH, push_entry};
use chain::tiled::{TiledTree, tile_bytes, tile_hashes};
use chain::tree::root_of;
use store::disk::{Disk, RealDisk};
use store::{EventLog, LineBatch, StoreError};

use crate::files;
use crate::load::LoadError;

/// Lines that are read at once.
const BATCH_LINES: usize = 2_048;

/// The folder `tile` of a ledger.
#[derive(Clone, Debug)]
pub struct TileFolder<D: Disk = RealDisk> {
    disk: D,
    ledger: PathBuf,
}

impl TileFolder {
    /// The tiles of a ledger on this machine.
    #[must_use]
    pub fn of(ledger: &Path) -> Self {
        Self::on(RealDisk, ledger)
    }
}

impl<D: Disk> TileFolder<D> {
    /// The tiles of a ledger on `disk`.
    #[must_use]
    pub fn on(disk: D, ledger: impl Into<PathBuf>) -> Self {
        Self { disk, ledger: ledger.into() }
    }

    /// The hashes of a tile; `None` where there is no such file, or one of another length.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::ReadOnly`].
    pub fn read(&self, tile: Tile) -> Result<Option<Vec<TreeHash>>, StoreError> {
        let path = self.ledger.join(tile.path());
        let bytes =
            files::read(&self.disk, &path).map_err(|cause| StoreError::io("读取瓦片", &path, cause))?;
        Ok(bytes.and_then(|bytes| tile_hashes(&bytes, tile.width)))
    }

    /// The tree of the first `size` lines, from tiles, or from `log` where a tile is missing.
    ///
    /// Nothing is verified: a damaged tile gives a wrong proof. [`tree_of_lines`] trusts no tile.
    pub fn tree<'a>(
        &'a self,
        log: &'a dyn EventLog,
        size: u64,
    ) -> TiledTree<impl FnMut(Tile) -> Result<Vec<TreeHash>, LoadError> + 'a> {
        TiledTree::new(size, move |tile| match self.read(tile)? {
            Some(hashes) => Ok(hashes),
            None => tile_of_lines(log, tile, &mut |below| Ok(self.read(below)?)),
        })
    }

    pub(super) fn writer(&self) -> TileWriter<'_, D> {
        let batch = files::Batch::on(self.disk.clone());
        TileWriter { folder: self, batch, touched: BTreeSet::new(), made: BTreeSet::new() }
    }

    /// Writes the first `size` lines as entry bundles, where they are missing or differ; gives how many there are.
    pub(super) fn write_entries(&self, log: &dyn EventLog, size: u64) -> Result<u64, LoadError> {
        let mut writer = self.writer();
        let mut full = Vec::new();
        let bundles = size.div_ceil(WIDTH);
        for index in 0..bundles {
            let (first, mut bytes) = (index * WIDTH, Vec::new());
            let end = size.min(first + WIDTH);
            each_line(log, first..end, &mut |line| push_entry(&mut bytes, line))?;
            let width = u16::try_from(end - first).expect("at most 256");
            let tile = Tile { level: Level::Entries, index, width };
            writer.write_bytes(tile, &bytes)?;
            full.extend((u64::from(width) == WIDTH).then_some(tile));
        }
        writer.finish()?;
        self.remove_partial(&full);
        Ok(bundles)
    }

    /// Removes partial tiles whose full tile is published. They are of no use any more: one that stays does no harm.
    pub(super) fn remove_partial(&self, complete: &[Tile]) {
        for tile in complete {
            let folder = self.ledger.join(format!("{}.p", tile.path()));
            for name in self.disk.list(&folder).unwrap_or_default() {
                drop(self.disk.remove(&folder.join(name)));
            }
        }
    }
}

/// The tree of the first `size` lines of a log, from the lines alone.
pub fn tree_of_lines(
    log: &dyn EventLog,
    size: u64,
) -> TiledTree<impl FnMut(Tile) -> Result<Vec<TreeHash>, LoadError> + '_> {
    TiledTree::new(size, move |tile| tile_of_lines(log, tile, &mut |_| Ok(None)))
}

type Below<'a> = dyn FnMut(Tile) -> Result<Option<Vec<TreeHash>>, LoadError> + 'a;

/// Makes a tile: of leaves from the lines, of anything higher from the full tiles `below`, which may be at hand.
fn tile_of_lines(log: &dyn EventLog, tile: Tile, below: &mut Below<'_>) -> Result<Vec<TreeHash>, LoadError> {
    let Level::Hashes(level) = tile.level else { unreachable!("a tree asks for hashes only") };
    let first = tile.index * WIDTH;
    let places = first..first + u64::from(tile.width);
    let Some(lower) = level.checked_sub(1) else { return leaves(log, places) };
    let hash_of = |index| {
        let full = Tile { level: Level::Hashes(lower), index, width: 256 };
        let hashes = match below(full)? {
            Some(hashes) => hashes,
            None => tile_of_lines(log, full, below)?,
        };
        Ok(root_of(&hashes))
    };
    places.map(hash_of).collect()
}

/// The leaf hashes of a range of lines, re-read and hashed.
fn leaves(log: &dyn EventLog, range: std::ops::Range<u64>) -> Result<Vec<TreeHash>, LoadError> {
    let mut leaves = Vec::new();
    each_leaf(log, range, &mut |leaf| leaves.push(leaf))?;
    Ok(leaves)
}

/// Gives the leaf hash of each line of a range, re-read and hashed, in order.
pub(super) fn each_leaf(
    log: &dyn EventLog,
    range: std::ops::Range<u64>,
    each: &mut dyn FnMut(TreeHash),
) -> Result<(), LoadError> {
    each_line(log, range, &mut |line| each(leaf_hash(line)))
}

fn each_line(
    log: &dyn EventLog,
    range: std::ops::Range<u64>,
    each: &mut dyn FnMut(&[u8]),
) -> Result<(), LoadError> {
    let mut batch = LineBatch::default();
    let mut next = range.start;
    while next < range.end {
        let wanted = usize::try_from(range.end - next).unwrap_or(BATCH_LINES).min(BATCH_LINES);
        log.read_into(next, wanted, &mut batch)?;
        if batch.is_empty() {
            return Err(LoadError::Short { position: next, size: range.end });
        }
        batch.iter().for_each(|(_, line)| each(line));
        next = batch.next();
    }
    Ok(())
}

/// Writes tiles; they are durable after [`finish`](Self::finish).
pub(super) struct TileWriter<'a, D: Disk> {
    folder: &'a TileFolder<D>,
    batch: files::Batch<D>,
    /// Folders in which a name may not be durable yet.
    touched: BTreeSet<PathBuf>,
    /// Folders that are known to be there.
    made: BTreeSet<PathBuf>,
}

impl<D: Disk> TileWriter<'_, D> {
    /// Writes a tile, unless it is there already; it gets its name with others. A crash leaves it whole or not at all; no head
    /// speaks of it yet.
    pub(super) fn write(&mut self, tile: Tile, hashes: &[TreeHash]) -> Result<(), StoreError> {
        self.write_bytes(tile, &tile_bytes(hashes))
    }

    fn write_bytes(&mut self, tile: Tile, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.folder.ledger.join(tile.path());
        let written = self.write_file(&path, bytes);
        written.map_err(|cause| StoreError::io("写入瓦片", &path, cause))
    }

    fn write_file(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let disk = &self.folder.disk;
        let folder = files::folder_of(path);
        self.make(folder)?;
        // One that is there already was whole before it got its name, but the name may not be durable.
        self.touched.insert(folder.to_owned());
        if files::read(disk, path)?.as_deref() == Some(bytes) {
            return Ok(());
        }
        self.batch.put(path, bytes)
    }

    /// Makes a folder below the ledger's, and those above it.
    fn make(&mut self, folder: &Path) -> io::Result<()> {
        if folder == self.folder.ledger || self.made.contains(folder) {
            return Ok(());
        }
        let above = files::folder_of(folder);
        self.make(above)?;
        self.folder.disk.create_dir(folder)?;
        self.touched.insert(above.to_owned());
        self.made.insert(folder.to_owned());
        Ok(())
    }

    /// Makes everything durable: bytes first, then names.
    pub(super) fn finish(mut self) -> Result<(), StoreError> {
        let named = self.batch.finish();
        named.map_err(|cause| StoreError::io("写入瓦片", &self.folder.ledger, cause))?;
        for folder in &self.touched {
            let synced = self.folder.disk.sync_dir(folder);
            synced.map_err(|cause| StoreError::io("写入瓦片目录", folder, cause))?;
        }
        Ok(())
    }
}
