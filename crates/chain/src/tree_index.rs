//! The Merkle tree over the lines in little memory: enough to give the root of any earlier size.

use serde::{Deserialize, Serialize};

use crate::hash::TreeHash;
use crate::tree::{Frontier, root_of};

/// Leaves in one full subtree that is kept as its root only; the width of a tile.
const WIDTH: u64 = 256;

/// Roots of full subtrees of 256 leaves and of 65,536, and the leaves after them: an eighth of a byte a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeIndex {
    /// Roots of 256 subtrees of `full` each, so that an old root is made from some hundred nodes at the most.
    wide: Vec<TreeHash>,
    full: Vec<TreeHash>,
    tail: Vec<TreeHash>,
}

impl TreeIndex {
    /// How many leaves there are.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.full.len() as u64 * WIDTH + self.tail.len() as u64
    }

    /// Appends a leaf hash.
    pub fn append(&mut self, leaf: TreeHash) {
        self.tail.push(leaf);
        if self.tail.len() as u64 == WIDTH {
            self.full.push(root_of(&self.tail));
            self.tail.clear();
            if (self.full.len() as u64).is_multiple_of(WIDTH) {
                let begin = self.full.len() - usize::try_from(WIDTH).expect("small");
                self.wide.push(root_of(&self.full[begin..]));
            }
        }
    }

    /// The root of all leaves.
    #[must_use]
    pub fn root(&self) -> TreeHash {
        self.root_with(self.full.len(), &self.tail)
    }

    /// The positions whose leaf hashes [`root_at`](Self::root_at) needs for this size; empty where it has them itself.
    #[must_use]
    pub const fn leaves_needed(&self, size: u64) -> std::ops::Range<u64> {
        let first = size - size % WIDTH;
        if first == self.full.len() as u64 * WIDTH { first..first } else { first..size }
    }

    /// The root of the first `size` leaves, given the leaf hashes of [`leaves_needed`](Self::leaves_needed).
    ///
    /// # Panics
    /// When there are fewer leaves than `size`, or `leaves` are not as many as needed.
    #[must_use]
    pub fn root_at(&self, size: u64, leaves: &[TreeHash]) -> TreeHash {
        assert!(size <= self.size(), "a root of lines that are there");
        let needed = self.leaves_needed(size);
        assert_eq!(leaves.len() as u64, needed.end - needed.start, "the leaves that were asked for");
        let full = usize::try_from(size / WIDTH).expect("fits into memory");
        let rest = usize::try_from(size % WIDTH).expect("below 256");
        if full == self.full.len() {
            self.root_with(full, &self.tail[..rest])
        } else {
            self.root_with(full, leaves)
        }
    }

    fn root_with(&self, full: usize, leaves: &[TreeHash]) -> TreeHash {
        let width = usize::try_from(WIDTH).expect("small");
        let wide = full / width;
        let mut nodes = Frontier::of_subtrees(WIDTH, &self.wide[..wide]);
        self.full[wide * width..full].iter().for_each(|node| nodes.append(*node));
        let mut frontier = nodes.widened(WIDTH);
        leaves.iter().for_each(|leaf| frontier.append(*leaf));
        frontier.root()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(number: u64) -> TreeHash {
        crate::hash::leaf_hash(&number.to_be_bytes())
    }

    #[test]
    fn every_earlier_root_is_that_of_the_tree_then() {
        let (mut index, mut frontier) = (TreeIndex::default(), Frontier::new());
        let mut roots = vec![frontier.root()];
        for number in 0..70_000 {
            index.append(leaf(number));
            frontier.append(leaf(number));
            roots.push(frontier.root());
            assert_eq!(index.root(), frontier.root());
        }
        for (size, root) in (0..).zip(&roots).step_by(61) {
            let leaves: Vec<TreeHash> = index.leaves_needed(size).map(leaf).collect();
            assert_eq!(index.root_at(size, &leaves), *root, "{size}");
        }
    }
}
