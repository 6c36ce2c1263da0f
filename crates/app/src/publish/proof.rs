//! A line's way to a signed head.

use std::path::Path;

use chain::hash::leaf_hash;
use chain::proof::Proof;
use chain::tree::verify_inclusion;
use store::EventLog;

use super::{SignedHead, TileFolder, tree_of_lines};
use crate::load::LoadError;

/// A proof, and whether the tiles gave it.
#[derive(Clone, Debug)]
pub struct Proved {
    /// The proof.
    pub proof: Proof,
    /// Whether tiles were missing or wrong, so that the lines were asked instead.
    pub tiles_damaged: bool,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum CannotProve {
    /// The head does not count the line.
    #[error("第 {position} 行还没有签名的账本头：账本头只到前 {size} 行。")]
    NotUnderHead {
        /// The line's position.
        position: u64,
        /// How many lines the head counts.
        size: u64,
    },
    /// The lines do not lead to the head.
    #[error("账本的各行与签名的账本头不符，出不了证明。请运行 progress-ledger verify 审计查明范围。")]
    OtherHead,
    /// Tiles or lines cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// Proves that a line stands under a signed head. What is given away was verified before.
///
/// # Errors
/// [`CannotProve`].
pub fn prove_inclusion(
    directory: &Path,
    log: &dyn EventLog,
    signed: &SignedHead,
    position: u64,
    line: &[u8],
) -> Result<Proved, CannotProve> {
    let (size, root) = (signed.head.size, signed.head.root);
    if position >= size {
        return Err(CannotProve::NotUnderHead { position, size });
    }
    let leads = |hashes: &[chain::TreeHash]| verify_inclusion(leaf_hash(line), position, size, hashes, root);
    let tiles = TileFolder::of(directory);
    let mut hashes = tiles.tree(log, size).inclusion_proof(position)?.unwrap_or_default();
    let tiles_damaged = !leads(&hashes);
    if tiles_damaged {
        hashes = tree_of_lines(log, size).inclusion_proof(position)?.unwrap_or_default();
    }
    if !leads(&hashes) {
        return Err(CannotProve::OtherHead);
    }
    let proof = Proof { extra: None, index: position, hashes, note: signed.note.clone().into_bytes() };
    Ok(Proved { proof, tiles_damaged })
}
