//! Measures inclusion proofs from hash tiles: `cargo run --release -p app --example proofs [LINES] [FOLDER]`.
//!
//! The tiles of a tree of so many lines are laid on the disk, then proofs of lines all over it are made and verified,
//! each by a reader that has nothing in memory.

use std::path::Path;
use std::time::{Duration, Instant};

use app::publish::TileFolder;
use chain::TreeHash;
use chain::hash::leaf_hash;
use chain::tile::Tile;
use chain::tiled::{GrowingTiles, tile_bytes};
use chain::tree::verify_inclusion;
use store::MemoryLog;

const PROOFS: u64 = 1_000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let lines = arguments.next().map_or(10_000_000, |text| text.parse().expect("a number of lines"));
    let root = arguments.next().unwrap_or_else(|| ".".to_owned());
    let folder = tempfile::tempdir_in(root).expect("a temporary folder");
    let tree = lay_tiles(folder.path(), lines);
    let mut times: Vec<Duration> = (0..PROOFS).map(|number| prove(folder.path(), &tree, number)).collect();
    times.sort_unstable();
    let place = |part: usize| times[times.len() * part / 1_000];
    println!("{lines} lines: half of the proofs in {:?}, 99 of 100 in {:?}", place(500), place(990));
}

fn leaf(number: u64) -> TreeHash {
    leaf_hash(&number.to_be_bytes())
}

fn lay_tiles(folder: &Path, lines: u64) -> GrowingTiles {
    let mut tree = GrowingTiles::new();
    (0..lines).for_each(|number| tree.append(leaf(number), &mut |tile, hashes| lay(folder, tile, hashes)));
    tree.partial().for_each(|(tile, hashes)| lay(folder, tile, hashes));
    tree
}

fn lay(folder: &Path, tile: Tile, hashes: &[TreeHash]) {
    let path = folder.join(tile.path());
    std::fs::create_dir_all(path.parent().expect("a tile lies in a folder")).expect("the folder is made");
    std::fs::write(path, tile_bytes(hashes)).expect("the tile is written");
}

fn prove(folder: &Path, tree: &GrowingTiles, number: u64) -> Duration {
    let size = tree.size();
    let index = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % size;
    // A log without lines: no tile may be missing.
    let log = MemoryLog::new();
    let began = Instant::now();
    let proof = TileFolder::of(folder).tree(&log, size).inclusion_proof(index).expect("every tile is there");
    let took = began.elapsed();
    let proof = proof.expect("the line is below the size");
    assert!(verify_inclusion(leaf(index), index, size, &proof, tree.root()), "line {index}");
    took
}
