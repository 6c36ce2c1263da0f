//! A Merkle tree in hash tiles: what a growing tree adds to them, and roots and proofs read from a few of them.
//!
//! Whoever keeps the tiles hands them out through a closure; here are only their hashes.

use std::collections::BTreeMap;

use crate::hash::{TreeHash, node_hash};
use crate::tile::{Level, Tile, WIDTH, tiles_of_level};
use crate::tree::{Frontier, root_of};

/// The width of a full tile.
const FULL: u16 = 256;
/// A full tile spans so many levels of the tree.
const TILE_HEIGHT: u32 = 8;

/// The hash tiles of a growing tree that are not full yet: one for each level at the most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrowingTiles {
    size: u64,
    /// The hashes of each level's last tile, as long as it is not full.
    levels: Vec<Vec<TreeHash>>,
}

impl GrowingTiles {
    /// A tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a tree of `size` leaves up again from its partial tiles, each of which `read` gives.
    ///
    /// # Errors
    /// Those of `read`.
    ///
    /// # Panics
    /// When `read` gives more or fewer hashes than the tile is wide.
    pub fn resume<E>(size: u64, mut read: impl FnMut(Tile) -> Result<Vec<TreeHash>, E>) -> Result<Self, E> {
        let mut levels = Vec::new();
        for level in 0..levels_of(size) {
            let (index, width) = tiles_of_level(size, level);
            let tile = Tile { level: Level::Hashes(level), index, width };
            levels.push(if width == 0 { Vec::new() } else { checked(tile, read(tile)?) });
        }
        Ok(Self { size, levels })
    }

    /// How many leaves there are.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf hash; `full` is given each tile that it fills, from the leaves upwards.
    pub fn append(&mut self, leaf: TreeHash, full: &mut impl FnMut(Tile, &[TreeHash])) {
        let mut hash = leaf;
        for level in 0..=levels_of(self.size) {
            let place = usize::from(level);
            if self.levels.len() == place {
                self.levels.push(Vec::new());
            }
            self.levels[place].push(hash);
            if self.levels[place].len() < usize::from(FULL) {
                break;
            }
            let hashes = std::mem::take(&mut self.levels[place]);
            let (index, _) = tiles_of_level(self.size, level);
            full(Tile { level: Level::Hashes(level), index, width: FULL }, &hashes);
            hash = root_of(&hashes);
        }
        self.size += 1;
    }

    /// The partial tiles, from the leaves upwards.
    pub fn partial(&self) -> impl Iterator<Item = (Tile, &[TreeHash])> {
        (0..).zip(&self.levels).filter(|(_, hashes)| !hashes.is_empty()).map(|(level, hashes)| {
            let (index, width) = tiles_of_level(self.size, level);
            (Tile { level: Level::Hashes(level), index, width }, hashes.as_slice())
        })
    }

    /// The root of all leaves.
    #[must_use]
    pub fn root(&self) -> TreeHash {
        let mut frontier = Frontier::new();
        for hashes in self.levels.iter().rev() {
            frontier = frontier.widened(WIDTH);
            hashes.iter().for_each(|hash| frontier.append(*hash));
        }
        frontier.root()
    }
}

/// How many levels of hash tiles a tree of `size` leaves has.
fn levels_of(size: u64) -> u8 {
    let bits = u64::BITS - size.leading_zeros();
    u8::try_from(bits.div_ceil(TILE_HEIGHT)).expect("at most 8")
}

fn checked(tile: Tile, hashes: Vec<TreeHash>) -> Vec<TreeHash> {
    assert_eq!(hashes.len(), usize::from(tile.width), "{}: as many hashes as the tile is wide", tile.path());
    hashes
}

/// A tree of a fixed size, read from its hash tiles; each is asked for once.
pub struct TiledTree<R> {
    size: u64,
    read: R,
    tiles: BTreeMap<Tile, Vec<TreeHash>>,
}

impl<R> TiledTree<R> {
    /// The tree of the first `size` leaves, whose tiles `read` gives: exactly as many hashes as the tile is wide.
    ///
    /// Nothing is checked here; a proof must be verified by whoever relies on it.
    pub const fn new(size: u64, read: R) -> Self {
        Self { size, read, tiles: BTreeMap::new() }
    }

    /// How many leaves there are.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }
}

impl<E, R: FnMut(Tile) -> Result<Vec<TreeHash>, E>> TiledTree<R> {
    /// The root.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn root(&mut self) -> Result<TreeHash, E> {
        if self.size == 0 { Ok(root_of(&[])) } else { self.range(0, self.size) }
    }

    /// The inclusion proof of leaf `index` (RFC 6962 §2.1.1), or `None` if there is no such leaf.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn inclusion_proof(&mut self, index: u64) -> Result<Option<Vec<TreeHash>>, E> {
        if index >= self.size {
            return Ok(None);
        }
        let (mut begin, mut end) = (0, self.size);
        let mut proof = Vec::new();
        while end - begin > 1 {
            let middle = begin + left_size(end - begin);
            if index < middle {
                proof.push(self.range(middle, end)?);
                end = middle;
            } else {
                proof.push(self.range(begin, middle)?);
                begin = middle;
            }
        }
        proof.reverse();
        Ok(Some(proof))
    }

    /// The consistency proof from the first `old` leaves to all of them (RFC 6962 §2.1.2).
    ///
    /// `None` unless `old` is 1 to the number of leaves.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn consistency_proof(&mut self, old: u64) -> Result<Option<Vec<TreeHash>>, E> {
        if !(1..=self.size).contains(&old) {
            return Ok(None);
        }
        let (mut begin, mut end) = (0, self.size);
        let mut proof = Vec::new();
        while old != end {
            let middle = begin + left_size(end - begin);
            if old <= middle {
                proof.push(self.range(middle, end)?);
                end = middle;
            } else {
                proof.push(self.range(begin, middle)?);
                begin = middle;
            }
        }
        // A subtree that begins with the first leaf is the old tree itself, whose root the verifier has.
        if begin > 0 {
            proof.push(self.range(begin, end)?);
        }
        proof.reverse();
        Ok(Some(proof))
    }

    /// The root of the leaves `begin..end`, where `begin` is a place at which a subtree of that size may begin.
    fn range(&mut self, begin: u64, end: u64) -> Result<TreeHash, E> {
        let leaves = end - begin;
        if leaves.is_power_of_two() {
            return self.node(leaves.trailing_zeros(), begin / leaves);
        }
        let middle = begin + left_size(leaves);
        Ok(node_hash(&self.range(begin, middle)?, &self.range(middle, end)?))
    }

    /// The root of the perfect subtree of 2^`height` leaves with this 0-based index at its height.
    fn node(&mut self, height: u32, index: u64) -> Result<TreeHash, E> {
        let level = u8::try_from(height / TILE_HEIGHT).expect("at most 7");
        let places = 1_u64 << (height % TILE_HEIGHT);
        let first = index * places;
        let begin = usize::try_from(first % WIDTH).expect("below 256");
        let end = begin + usize::try_from(places).expect("at most 128");
        Ok(root_of(&self.tile(level, first / WIDTH)?[begin..end]))
    }

    fn tile(&mut self, level: u8, index: u64) -> Result<&[TreeHash], E> {
        let (full, partial) = tiles_of_level(self.size, level);
        let tile =
            Tile { level: Level::Hashes(level), index, width: if index < full { FULL } else { partial } };
        if !self.tiles.contains_key(&tile) {
            let hashes = checked(tile, (self.read)(tile)?);
            self.tiles.insert(tile, hashes);
        }
        Ok(&self.tiles[&tile])
    }
}

/// The size of the left subtree of a tree with `size` leaves, at least two: the largest power of two below it.
const fn left_size(size: u64) -> u64 {
    assert!(size >= 2, "a single leaf has no left subtree");
    1 << (size - 1).ilog2()
}

/// The bytes of a hash tile.
#[must_use]
pub fn tile_bytes(hashes: &[TreeHash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.0).collect()
}

/// Reads the bytes of a hash tile of a width; `None` where they are more or fewer.
#[must_use]
pub fn tile_hashes(bytes: &[u8], width: u16) -> Option<Vec<TreeHash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    let fits = rest.is_empty() && hashes.len() == usize::from(width);
    fits.then(|| hashes.iter().copied().map(TreeHash).collect())
}
