//! The RFC 6962 Merkle tree over lines (`docs/format.md` §3): roots while lines arrive, proofs from leaf hashes.

use sha2::{Digest as _, Sha256};

use crate::hash::{TreeHash, node_hash};

/// The right edge of a growing tree: one node for each set bit of its size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of the perfect subtrees, largest first.
    nodes: Vec<TreeHash>,
}

impl Frontier {
    /// A tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A tree of perfect subtrees of `width` leaves each, given by their roots from left to right.
    ///
    /// # Panics
    /// When `width` is not a power of two.
    #[must_use]
    pub fn of_subtrees(width: u64, roots: &[TreeHash]) -> Self {
        let mut frontier = Self::new();
        roots.iter().for_each(|root| frontier.append(*root));
        frontier.widened(width)
    }

    /// The same tree where each leaf stands for the root of a perfect subtree of `width` leaves.
    ///
    /// # Panics
    /// When `width` is not a power of two.
    #[must_use]
    pub fn widened(mut self, width: u64) -> Self {
        assert!(width.is_power_of_two(), "a perfect subtree has a power of two of leaves");
        self.size *= width;
        self
    }

    /// How many leaves there are.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf hash; one node hash on average.
    pub fn append(&mut self, leaf: TreeHash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            let left = self.nodes.pop().expect("one node for each set bit of the size");
            node = node_hash(&left, &node);
        }
        self.nodes.push(node);
        self.size += 1;
    }

    /// The root of all leaves so far; of none, SHA-256 of nothing.
    #[must_use]
    pub fn root(&self) -> TreeHash {
        let mut nodes = self.nodes.iter().rev().copied();
        let Some(last) = nodes.next() else { return TreeHash(Sha256::digest([]).into()) };
        nodes.fold(last, |right, left| node_hash(&left, &right))
    }
}

/// The root of these leaf hashes.
#[must_use]
pub fn root_of(leaves: &[TreeHash]) -> TreeHash {
    let mut frontier = Frontier::new();
    leaves.iter().for_each(|leaf| frontier.append(*leaf));
    frontier.root()
}

/// The size of the left subtree of a tree with `size` leaves, at least two: the largest power of two below it.
pub(crate) fn left_size(size: usize) -> usize {
    assert!(size >= 2, "a tree of {size} has no left subtree");
    1 << (size - 1).ilog2()
}

/// The inclusion proof of leaf `index` among these leaves (RFC 6962 §2.1.1), or `None` if there is no such leaf.
#[must_use]
pub fn inclusion_proof(leaves: &[TreeHash], index: usize) -> Option<Vec<TreeHash>> {
    if index >= leaves.len() {
        return None;
    }
    if leaves.len() == 1 {
        return Some(Vec::new());
    }
    let (left, right) = leaves.split_at(left_size(leaves.len()));
    let (mut proof, sibling) = if index < left.len() {
        (inclusion_proof(left, index)?, right)
    } else {
        (inclusion_proof(right, index - left.len())?, left)
    };
    proof.push(root_of(sibling));
    Some(proof)
}

/// The consistency proof from the first `old` of these leaves to all of them (RFC 6962 §2.1.2).
///
/// `None` unless `old` is 1 to the number of leaves.
#[must_use]
pub fn consistency_proof(leaves: &[TreeHash], old: usize) -> Option<Vec<TreeHash>> {
    (1..=leaves.len()).contains(&old).then(|| subproof(leaves, old, true))
}

fn subproof(leaves: &[TreeHash], old: usize, whole: bool) -> Vec<TreeHash> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![root_of(leaves)] };
    }
    let (left, right) = leaves.split_at(left_size(leaves.len()));
    let (mut proof, sibling) = if old <= left.len() {
        (subproof(left, old, whole), right)
    } else {
        (subproof(right, old - left.len(), false), left)
    };
    proof.push(root_of(sibling));
    proof
}

/// Whether `proof` shows that `leaf` is leaf `index` of the tree of `size` leaves with this root (RFC 9162 §2.1.3.2).
#[must_use]
pub fn verify_inclusion(leaf: TreeHash, index: u64, size: u64, proof: &[TreeHash], root: TreeHash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, leaf);
    for step in proof {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(step, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == root
}

/// Whether `proof` shows that the tree of `old` leaves is the beginning of the tree of `new` (RFC 9162 §2.1.4.2).
///
/// An `old` of 0 is refused: an empty tree is the beginning of every tree, and a proof of it shows nothing.
#[must_use]
pub fn verify_consistency(old: (u64, TreeHash), new: (u64, TreeHash), proof: &[TreeHash]) -> bool {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size == 0 || old_size > new_size {
        return false;
    }
    if old_size == new_size {
        return proof.is_empty() && old_root == new_root;
    }
    let (first, rest) = if old_size.is_power_of_two() {
        (old_root, proof)
    } else {
        let Some((first, rest)) = proof.split_first() else { return false };
        (*first, rest)
    };
    let shift = (old_size - 1).trailing_ones();
    let (mut node, mut last) = ((old_size - 1) >> shift, (new_size - 1) >> shift);
    let (mut old_hash, mut new_hash) = (first, first);
    for step in rest {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(step, &old_hash);
            new_hash = node_hash(step, &new_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, step);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == old_root && new_hash == new_root
}
