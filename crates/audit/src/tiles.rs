//! Hash tiles and entry bundles on disk, compared with what the lines give while they pass.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chain::TreeHash;
use chain::tile::{Level, MAX_LEVEL, Tile, WIDTH, push_entry};
use chain::tree::root_of;
use chain::verify::{Flaw, Verifier};

use crate::AuditError;

/// The tile of a level that is being filled.
#[derive(Default)]
struct Filling {
    index: u64,
    hashes: Vec<TreeHash>,
}

/// Where the bytes of tiles are.
enum Files {
    /// Below a ledger's folder.
    In(PathBuf),
    /// In memory, by their paths below it.
    Held(BTreeMap<String, Vec<u8>>),
}

impl Files {
    /// A tile's bytes, none where it has gone since it was listed.
    fn read(&self, tile: &Tile) -> Vec<u8> {
        match self {
            Self::In(ledger) => std::fs::read(ledger.join(tile.path())).unwrap_or_default(),
            Self::Held(files) => files.get(&tile.path()).cloned().unwrap_or_default(),
        }
    }
}

/// The tiles that exist, and those that the lines give.
pub(crate) struct Tiles {
    files: Files,
    /// Not compared yet.
    listed: BTreeMap<(Level, u64), Vec<Tile>>,
    levels: Vec<Filling>,
    bundle: Vec<u8>,
    /// Where each entry of the bundle ends.
    ends: Vec<usize>,
    compared: u64,
    flaws: Vec<Flaw>,
}

impl Tiles {
    /// Lists the tiles of a ledger.
    pub(crate) fn find(ledger: &Path) -> Result<Self, AuditError> {
        let mut names = Vec::new();
        walk(&ledger.join("tile"), "tile", &mut names)?;
        Ok(Self::listed(Files::In(ledger.to_owned()), names.iter().map(String::as_str)))
    }

    /// No tiles at all.
    pub(crate) fn none() -> Self {
        Self::listed(Files::Held(BTreeMap::new()), [].into_iter())
    }

    /// Hash tiles in memory, by their paths, compared with the leaf hashes of all lines.
    pub(crate) fn held(files: BTreeMap<String, Vec<u8>>, leaves: &[TreeHash]) -> Self {
        let names: Vec<String> = files.keys().cloned().collect();
        let mut tiles = Self::listed(Files::Held(files), names.iter().map(String::as_str));
        leaves.iter().for_each(|leaf| tiles.push_hash(0, *leaf));
        tiles
    }

    fn listed<'a>(files: Files, names: impl Iterator<Item = &'a str>) -> Self {
        let mut listed = BTreeMap::<_, Vec<_>>::new();
        for tile in names.filter_map(Tile::parse) {
            listed.entry((tile.level, tile.index)).or_default().push(tile);
        }
        let (levels, bundle, ends) = (Vec::new(), Vec::new(), Vec::new());
        Self { files, listed, levels, bundle, ends, compared: 0, flaws: Vec::new() }
    }

    /// Takes the next line.
    pub(crate) fn push(&mut self, leaf: TreeHash, line: &[u8]) {
        if self.listed.is_empty() {
            return;
        }
        // A line over the length limit is a finding of its own and fits no bundle.
        push_entry(&mut self.bundle, &line[..line.len().min(usize::from(u16::MAX))]);
        self.ends.push(self.bundle.len());
        if self.ends.len() as u64 == WIDTH {
            let index = self.levels.first().map_or(0, |level| level.index);
            self.compare_bundle(index);
            self.bundle.clear();
            self.ends.clear();
        }
        self.push_hash(0, leaf);
    }

    fn push_hash(&mut self, level: u8, hash: TreeHash) {
        let place = usize::from(level);
        if self.levels.len() == place {
            self.levels.push(Filling::default());
        }
        self.levels[place].hashes.push(hash);
        if self.levels[place].hashes.len() as u64 == WIDTH {
            self.compare_hashes(level);
            let filling = &mut self.levels[place];
            let root = root_of(&filling.hashes);
            filling.hashes.clear();
            filling.index += 1;
            if level < MAX_LEVEL {
                self.push_hash(level + 1, root);
            }
        }
    }

    fn compare_hashes(&mut self, level: u8) {
        let filling = &self.levels[usize::from(level)];
        let bytes: Vec<u8> = filling.hashes.iter().flat_map(|hash| hash.0).collect();
        let ends: Vec<usize> = (1..=filling.hashes.len()).map(|place| place * 32).collect();
        self.compare((Level::Hashes(level), filling.index), &bytes, &ends);
    }

    fn compare_bundle(&mut self, index: u64) {
        let (bundle, ends) = (std::mem::take(&mut self.bundle), std::mem::take(&mut self.ends));
        self.compare((Level::Entries, index), &bundle, &ends);
    }

    /// Compares the files of one place with its right content, whose parts end at `ends`.
    fn compare(&mut self, place: (Level, u64), right: &[u8], ends: &[usize]) {
        let tiles = self.listed.get_mut(&place).map(std::mem::take).unwrap_or_default();
        for tile in tiles {
            let width = usize::from(tile.width);
            if width > ends.len() {
                self.listed.entry(place).or_default().push(tile);
                continue;
            }
            self.compared += 1;
            let right = &right[..ends[width - 1]];
            let file = self.files.read(&tile);
            if file != right {
                self.flaws.push(Flaw::at("tile", first_wrong(&tile, &file, right, ends)));
            }
        }
    }

    /// Compares what is only partly filled, reports all; gives the number of files compared.
    pub(crate) fn finish(mut self, verifier: &mut Verifier) -> u64 {
        let index = self.levels.first().map_or(0, |level| level.index);
        self.compare_bundle(index);
        for level in 0..self.levels.len() {
            self.compare_hashes(u8::try_from(level).expect("at most 64 levels"));
        }
        let beyond = self.listed.values().flatten();
        let mut beyond: Vec<Flaw> =
            beyond.map(|tile| Flaw::at("tile-beyond", tile.first_line().unwrap_or(u64::MAX))).collect();
        self.flaws.append(&mut beyond);
        self.flaws.into_iter().for_each(|flaw| verifier.report(flaw));
        self.compared
    }
}

/// The first line that a wrong tile is wrong about; where its length is wrong, the first it speaks of.
fn first_wrong(tile: &Tile, file: &[u8], right: &[u8], ends: &[usize]) -> u64 {
    let first = tile.first_line().expect("a tile that the lines reach has a first line");
    if file.len() != right.len() {
        return first;
    }
    let byte = file.iter().zip(right).position(|(own, right)| own != right).expect("they differ");
    let place = ends.partition_point(|end| *end <= byte) as u64;
    let lines_per_place = match tile.level {
        Level::Entries => 1,
        Level::Hashes(level) => WIDTH.pow(u32::from(level)),
    };
    first + place * lines_per_place
}

/// Adds the names of all files below a folder, from `name` on; none where there is no such folder.
pub(crate) fn walk(folder: &Path, name: &str, names: &mut Vec<String>) -> Result<(), AuditError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(AuditError { path: folder.to_owned(), cause }),
    };
    for entry in entries {
        let entry = entry.map_err(AuditError::reading(folder))?;
        let own = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(AuditError::reading(folder))?.is_dir() {
            walk(&entry.path(), &own, names)?;
        } else {
            names.push(own);
        }
    }
    Ok(())
}
