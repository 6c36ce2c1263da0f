//! The same notes, tiles, roots and proofs as three programs that others wrote from the same specifications.

use std::collections::BTreeMap;

use chain::TreeHash;
use chain::hash::leaf_hash;
use chain::note::{Checkpoint, KeyType, VerifierKey, encode_base64, open_checkpoint, sign};
use chain::tile::{Level, Tile};
use chain::tiled::{GrowingTiles, TiledTree, tile_bytes, tile_hashes};
use chain::tree::{verify_consistency, verify_inclusion};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use tlog_tiles::{Hash, TileHashReader, TileReader};

const ORIGIN: &str = "ledger.example.org/n0001";

fn line(number: u64) -> Vec<u8> {
    format!("{{\"position\":{number}}}").into_bytes()
}

/// The tiles that this project writes, as files.
#[derive(Default)]
struct Files {
    tiles: BTreeMap<String, Vec<u8>>,
    growing: GrowingTiles,
}

impl Files {
    fn of(size: u64) -> Self {
        let mut files = Self::default();
        files.grow(size);
        files
    }

    fn grow(&mut self, size: u64) {
        let Self { tiles, growing } = self;
        for number in growing.size()..size {
            growing.append(leaf_hash(&line(number)), &mut |tile, hashes| {
                tiles.insert(tile.path(), tile_bytes(hashes));
            });
        }
        tiles.extend(growing.partial().map(|(tile, hashes)| (tile.path(), tile_bytes(hashes))));
    }

    fn tree(&self, size: u64) -> TiledTree<impl FnMut(Tile) -> Result<Vec<TreeHash>, String>> {
        TiledTree::new(size, |tile: Tile| {
            let path = tile.path();
            let bytes = self.tiles.get(&path).ok_or_else(|| path.clone())?;
            tile_hashes(bytes, tile.width).ok_or(path)
        })
    }
}

/// tlog-tiles drops the height from paths; the other program, older than that, still writes it.
fn our_path(tile: &tlog_tiles::Tile) -> String {
    tile.path().replacen("tile/8/", "tile/", 1)
}

impl TileReader for Files {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let read = |tile: &tlog_tiles::Tile| self.tiles.get(&our_path(tile)).cloned();
        tiles.iter().map(|tile| read(tile).ok_or(tlog_tiles::Error::InvalidTile)).collect()
    }

    fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
}

fn theirs(hash: TreeHash) -> Hash {
    Hash(hash.0)
}

fn ours(hashes: &[Hash]) -> Vec<TreeHash> {
    hashes.iter().map(|hash| TreeHash(hash.0)).collect()
}

#[test]
fn tiles_are_named_as_the_other_program_names_them() {
    for index in [0, 1, 999, 1_000, 1_234_067, 70_000_000_000] {
        for (level, width) in [(0, 256), (1, 1), (3, 255), (63, 17)] {
            let own = Tile { level: Level::Hashes(level), index, width };
            assert_eq!(own.path(), our_path(&tlog_tiles::Tile::new(8, level, index, width.into(), false)));
        }
    }
}

#[test]
fn a_head_that_grows_needs_the_tiles_that_the_other_program_lists() {
    let mut files = Files::default();
    let mut before = 0;
    for size in [1, 17, 255, 256, 300, 511, 512, 70_000] {
        files.tiles.clear();
        files.grow(size);
        let listed = tlog_tiles::Tile::new_tiles(8, before, size);
        for path in listed.iter().map(our_path) {
            assert!(files.tiles.contains_key(&path), "{before} to {size}: {path}");
        }
        // A level that has not grown keeps the tile it has; writing that again writes the same bytes.
        assert!(files.tiles.len() <= listed.len() + 2, "{before} to {size}");
        before = size;
    }
}

#[test]
fn a_tree_head_is_signed_and_read_as_by_the_other_program() {
    let key = SigningKey::from_bytes(&[7; 32]);
    let vkey = VerifierKey::of(ORIGIN, KeyType::Ed25519, &key).unwrap();
    let skey = {
        let id = u32::from_be_bytes(vkey.id());
        let bytes = [&[1], key.as_bytes().as_slice()].concat();
        format!("PRIVATE+KEY+{ORIGIN}+{id:08x}+{}", encode_base64(&bytes))
    };
    let files = Files::of(300);
    let head = Checkpoint { origin: ORIGIN.to_owned(), size: 300, root: files.growing.root() };
    let own = format!("{}\n{}", head.text(), sign(ORIGIN, &key, &head.text()).unwrap());

    let other = tlog_tiles::Checkpoint::new(ORIGIN, 300, theirs(head.root), "").unwrap();
    let signer = signed_note::StandardSigner::new(&skey).unwrap();
    let mut note = signed_note::Note::new(&other.to_bytes(), &[]).unwrap();
    note.add_sigs(&[&signer]).unwrap();
    assert_eq!(note.to_bytes(), own.as_bytes(), "Ed25519 gives one signature for one text");

    let verifier = signed_note::StandardVerifier::new(&vkey.to_string()).unwrap();
    let known = signed_note::VerifierList::new(vec![Box::new(verifier)]);
    let read = signed_note::Note::from_bytes(own.as_bytes()).unwrap();
    assert_eq!(read.verify(&known).unwrap().0.len(), 1);
    assert_eq!(tlog_tiles::Checkpoint::from_bytes(read.text()).unwrap().size(), 300);
    assert_eq!(open_checkpoint(&note.to_bytes(), &vkey).unwrap().0, head);

    let forged = own.replacen("300", "301", 1);
    let read = signed_note::Note::from_bytes(forged.as_bytes()).unwrap();
    assert!(read.verify(&known).is_err());
    assert!(open_checkpoint(forged.as_bytes(), &vkey).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn roots_and_proofs_are_those_of_both_other_programs(
        size in 1_u64..3_000,
        index in any::<prop::sample::Index>(),
        old in any::<prop::sample::Index>(),
    ) {
        let files = Files::of(size);
        let root = files.growing.root();
        let count = usize::try_from(size).unwrap();
        let (index, old) = (index.index(count) as u64, old.index(count) as u64 + 1);

        let reader = TileHashReader::new(size, theirs(root), &files);
        prop_assert_eq!(tlog_tiles::tree_hash(size, &reader).unwrap(), theirs(root));
        let inclusion = files.tree(size).inclusion_proof(index).unwrap().unwrap();
        let consistency = files.tree(size).consistency_proof(old).unwrap().unwrap();
        prop_assert_eq!(ours(&tlog_tiles::prove_record(size, index, &reader).unwrap()), inclusion.clone());
        prop_assert_eq!(ours(&tlog_tiles::prove_tree(size, old, &reader).unwrap()), consistency.clone());

        let mut tree = MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
        (0..size).for_each(|number| tree.push(line(number)));
        let other = tree.root();
        prop_assert_eq!(other.as_bytes().as_slice(), &root.0);
        let other = tree.prove_inclusion(usize::try_from(index).unwrap());
        prop_assert_eq!(other.as_bytes(), tile_bytes(&inclusion));
        if old < size {
            let other = tree.prove_consistency(usize::try_from(size - old).unwrap());
            prop_assert_eq!(other.as_bytes(), tile_bytes(&consistency));
        }
    }

    #[test]
    fn a_broken_proof_is_refused_by_all(
        size in 2_u64..600,
        index in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
    ) {
        let files = Files::of(size);
        let root = files.growing.root();
        let index = index.index(usize::try_from(size).unwrap()) as u64;
        let mut inclusion = files.tree(size).inclusion_proof(index).unwrap().unwrap();
        let broken = place.index(inclusion.len());
        inclusion[broken].0[9] ^= 1;
        let leaf = leaf_hash(&line(index));
        let other: Vec<Hash> = inclusion.iter().copied().map(theirs).collect();
        prop_assert!(!verify_inclusion(leaf, index, size, &inclusion, root));
        prop_assert!(tlog_tiles::check_record(&other, size, theirs(root), index, theirs(leaf)).is_err());

        let old = index + 1;
        let old_root = Files::of(old).growing.root();
        let mut consistency = files.tree(size).consistency_proof(old).unwrap().unwrap();
        if !consistency.is_empty() {
            let broken = place.index(consistency.len());
            consistency[broken].0[9] ^= 1;
            let other: Vec<Hash> = consistency.iter().copied().map(theirs).collect();
            prop_assert!(!verify_consistency((old, old_root), (size, root), &consistency));
            prop_assert!(tlog_tiles::check_tree(&other, size, theirs(root), old, theirs(old_root)).is_err());
        }
    }
}
