//! A pruned tree: the root from some leaves, and one node for each largest subtree that has none of them.
//!
//! For many leaves it is much shorter than an inclusion proof each, and proves the same.

use crate::hash::{TreeHash, node_hash};
use crate::tree::{left_size, root_of};

/// The nodes that stand for what is pruned, from left to right; `wanted` are indices of leaves, ascending.
///
/// # Panics
/// When an index is not below the number of leaves.
#[must_use]
pub fn prune(leaves: &[TreeHash], wanted: &[u64]) -> Vec<TreeHash> {
    assert!(wanted.last().is_none_or(|last| *last < leaves.len() as u64), "wanted leaves are there");
    let mut nodes = Vec::new();
    if !leaves.is_empty() {
        keep(leaves, 0, wanted, &mut nodes);
    }
    nodes
}

fn keep(leaves: &[TreeHash], first: u64, wanted: &[u64], nodes: &mut Vec<TreeHash>) {
    match (wanted, leaves.len()) {
        ([], _) => nodes.push(root_of(leaves)),
        (_, 1) => {}
        (_, length) => {
            let left = left_size(length);
            let middle = first + left as u64;
            let (before, after) = wanted.split_at(wanted.partition_point(|index| *index < middle));
            keep(&leaves[..left], first, before, nodes);
            keep(&leaves[left..], middle, after, nodes);
        }
    }
}

/// The root of a tree of `size` leaves from some of them, ascending by index, and the nodes for the rest.
///
/// `None` where there is no leaf, an index is out of order or not below `size`, or the nodes are too few or too many.
#[must_use]
pub fn root_from(size: u64, leaves: &[(u64, TreeHash)], nodes: &[TreeHash]) -> Option<TreeHash> {
    let ascending = leaves.is_sorted_by(|one, other| one.0 < other.0);
    if leaves.is_empty() || !ascending || leaves.last()?.0 >= size {
        return None;
    }
    let mut nodes = nodes.iter().copied();
    let root = rebuild(0, size, leaves, &mut nodes)?;
    nodes.next().is_none().then_some(root)
}

fn rebuild(
    first: u64,
    size: u64,
    leaves: &[(u64, TreeHash)],
    nodes: &mut impl Iterator<Item = TreeHash>,
) -> Option<TreeHash> {
    match (leaves, size) {
        ([], _) => nodes.next(),
        ([(_, leaf), ..], 1) => Some(*leaf),
        (_, size) => {
            let left = 1_u64 << (size - 1).ilog2();
            let (before, after) = leaves.split_at(leaves.partition_point(|(index, _)| *index < first + left));
            let one = rebuild(first, left, before, nodes)?;
            let other = rebuild(first + left, size - left, after, nodes)?;
            Some(node_hash(&one, &other))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hash::leaf_hash;

    fn tree(size: u64) -> Vec<TreeHash> {
        (0..size).map(|number| leaf_hash(&number.to_be_bytes())).collect()
    }

    #[test]
    fn leaves_twice_out_of_order_or_beyond_the_tree_give_no_root() {
        let leaves = tree(2);
        let [one, other] = leaves[..] else { panic!("two leaves") };
        assert_eq!(root_from(2, &[(1, other)], &[one]), Some(root_of(&leaves)));
        // Each of these would give the same root, if what is odd about it were passed over.
        assert_eq!(root_from(2, &[(1, other), (1, one)], &[one]), None);
        assert_eq!(root_from(2, &[(1, other), (0, one)], &[one]), None);
        assert_eq!(root_from(1, &[(1, one)], &[]), None);
        assert_eq!(root_from(2, &[], &[root_of(&leaves)]), None);
    }

    proptest! {
        #[test]
        fn any_leaves_give_the_root_and_no_others_do(
            size in 1_u64..300, picks in proptest::collection::btree_set(0_u64..300, 1..20), bit in 0_usize..256,
        ) {
            let leaves = tree(size);
            let wanted: Vec<u64> = picks.into_iter().filter(|pick| *pick < size).collect();
            prop_assume!(!wanted.is_empty());
            let nodes = prune(&leaves, &wanted);
            let index = |at: u64| usize::try_from(at).unwrap();
            let mut kept: Vec<_> = wanted.iter().map(|at| (*at, leaves[index(*at)])).collect();
            prop_assert_eq!(root_from(size, &kept, &nodes), Some(root_of(&leaves)));
            // One leaf less, one node more: no root, or another. The size itself is what a head signs beside the root.
            let more = [nodes.clone(), vec![leaves[0]]].concat();
            prop_assert_eq!(root_from(size, &kept, &more), None);
            prop_assert_ne!(root_from(size, &kept[1..], &nodes), Some(root_of(&leaves)));
            kept[0].1.0[bit / 8] ^= 1 << (bit % 8);
            prop_assert_ne!(root_from(size, &kept, &nodes), Some(root_of(&leaves)));
        }
    }
}
