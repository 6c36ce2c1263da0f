//! Hash tiles of growing trees: the same roots and proofs as from all leaves, and no tile twice.

use std::collections::BTreeMap;
use std::convert::Infallible;

use chain::TreeHash;
use chain::hash::leaf_hash;
use chain::tile::{Tile, tiles_of_level};
use chain::tiled::{GrowingTiles, TiledTree, tile_bytes, tile_hashes};
use chain::tree::{consistency_proof, inclusion_proof, root_of, verify_consistency, verify_inclusion};
use proptest::prelude::*;

fn leaf(number: u64) -> TreeHash {
    leaf_hash(&number.to_be_bytes())
}

/// The tiles that a ledger has published, by their paths, as bytes.
#[derive(Default)]
struct Shelf {
    tiles: BTreeMap<String, Vec<u8>>,
    growing: GrowingTiles,
}

impl Shelf {
    fn of(size: u64) -> Self {
        let mut shelf = Self::default();
        shelf.grow(size);
        shelf
    }

    /// Grows to a size and publishes its tiles.
    fn grow(&mut self, size: u64) {
        let Self { tiles, growing } = self;
        for number in growing.size()..size {
            growing.append(leaf(number), &mut |tile, hashes| {
                let before = tiles.insert(tile.path(), tile_bytes(hashes));
                assert!(before.is_none(), "{} is written once", tile.path());
            });
        }
        tiles.extend(growing.partial().map(|(tile, hashes)| (tile.path(), tile_bytes(hashes))));
    }

    fn read(&self, tile: Tile) -> Result<Vec<TreeHash>, Infallible> {
        let bytes = self.tiles.get(&tile.path()).unwrap_or_else(|| panic!("{} is there", tile.path()));
        Ok(tile_hashes(bytes, tile.width).expect("as wide as its path says"))
    }

    fn tree(&self, size: u64) -> TiledTree<impl FnMut(Tile) -> Result<Vec<TreeHash>, Infallible>> {
        TiledTree::new(size, |tile| self.read(tile))
    }
}

#[test]
fn a_small_tree_gives_the_proofs_that_its_leaves_give() {
    let leaves: Vec<TreeHash> = (0..300).map(leaf).collect();
    let mut shelf = Shelf::default();
    for size in 1..=300_usize {
        shelf.grow(size as u64);
        let mut tree = shelf.tree(size as u64);
        let now = &leaves[..size];
        assert_eq!(tree.root(), Ok(root_of(now)));
        assert_eq!(shelf.growing.root(), root_of(now));
        for index in (0..=size).step_by(7) {
            assert_eq!(tree.inclusion_proof(index as u64), Ok(inclusion_proof(now, index)), "{index}/{size}");
            assert_eq!(tree.consistency_proof(index as u64), Ok(consistency_proof(now, index)));
        }
    }
}

#[test]
fn a_tree_is_taken_up_again_from_its_partial_tiles() {
    for size in [0, 1, 255, 256, 257, 65_535, 65_536, 65_793] {
        let shelf = Shelf::of(size);
        let again = GrowingTiles::resume(size, |tile| shelf.read(tile)).unwrap();
        assert_eq!((again.root(), again.size()), (shelf.growing.root(), size));
        assert_eq!(again, shelf.growing, "{size}");
    }
}

#[test]
fn an_empty_tree_has_a_root_and_no_proof() {
    assert_eq!(Shelf::of(0).tiles.len(), 0);
    let mut empty = TiledTree::new(0, |tile: Tile| -> Result<Vec<TreeHash>, Infallible> {
        panic!("{} is not needed", tile.path())
    });
    assert_eq!(empty.root(), Ok(root_of(&[])));
    assert_eq!(empty.inclusion_proof(0), Ok(None));
    assert_eq!(empty.consistency_proof(0), Ok(None));
}

#[test]
fn a_proof_from_seventy_thousand_leaves_reads_few_tiles() {
    let shelf = Shelf::of(70_000);
    let mut read = 0;
    let mut tree = TiledTree::new(70_000, |tile| {
        read += 1;
        shelf.read(tile)
    });
    let proof = tree.inclusion_proof(12_345).unwrap().unwrap();
    assert!(verify_inclusion(leaf(12_345), 12_345, 70_000, &proof, shelf.growing.root()));
    assert!(read <= 6, "{read} tiles");
}

#[test]
fn bytes_of_another_length_are_no_tile() {
    let bytes = tile_bytes(&[leaf(0), leaf(1)]);
    assert_eq!(tile_hashes(&bytes, 2), Some(vec![leaf(0), leaf(1)]));
    for (bytes, width) in [(&bytes[..63], 2), (&bytes[..], 1), (&bytes[..], 3), (&bytes[..32], 2)] {
        assert_eq!(tile_hashes(bytes, width), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn proofs_of_any_size_verify_and_no_other_leaf_does(
        sizes in prop::collection::vec(1_u64..70_000, 2..4),
        index in any::<prop::sample::Index>(),
    ) {
        let mut sizes = sizes;
        sizes.sort_unstable();
        let mut shelf = Shelf::default();
        let mut heads = Vec::new();
        for size in sizes {
            shelf.grow(size);
            heads.push((size, shelf.growing.root()));
        }
        for (old, new) in heads.iter().zip(&heads[1..]) {
            // A partial tile of an earlier head is still there, and the tiles of a later head lead back to it.
            prop_assert_eq!(shelf.tree(old.0).root(), Ok(old.1));
            let proof = shelf.tree(new.0).consistency_proof(old.0).unwrap().unwrap();
            prop_assert!(verify_consistency(*old, *new, &proof));
            let place = index.index(usize::try_from(new.0).unwrap()) as u64;
            let proof = shelf.tree(new.0).inclusion_proof(place).unwrap().unwrap();
            prop_assert!(verify_inclusion(leaf(place), place, new.0, &proof, new.1));
            prop_assert!(!verify_inclusion(leaf(place + 1), place, new.0, &proof, new.1));
        }
        let (size, _) = *heads.last().unwrap();
        for level in 0..3 {
            prop_assert_eq!(
                shelf.growing.partial().any(|(tile, _)| tile.level == chain::tile::Level::Hashes(level)),
                tiles_of_level(size, level).1 > 0
            );
        }
    }
}
