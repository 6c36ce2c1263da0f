//! Which lines stand in the pruned tree themselves. A line whose successor in its unit is in the file, too, need not: the
//! successor names its hash. So a unit's whole chain costs one place in the tree, however long it is.

use std::collections::BTreeMap;

use chain::EventHash;
use chain::line::Line;

/// What links a line to others of its unit.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) unit: String,
    pub(super) seq: u64,
    /// The hash that the line names as its unit's line before.
    pub(super) before: EventHash,
    pub(super) hash: EventHash,
}

impl Link {
    pub(super) fn of(line: &Line<'_>, hash: EventHash) -> Self {
        Self { unit: line.unit.to_owned(), seq: line.unit_seq, before: line.unit_prev, hash }
    }
}

/// For each line, in the ledger's order, whether it stands in the tree itself.
///
/// # Errors
/// The first line, counted from the end, that another one follows by number and does not name.
pub(super) fn in_tree(links: &[Link]) -> Result<Vec<bool>, &Link> {
    let mut after = BTreeMap::<&str, &Link>::new();
    let mut alone = vec![true; links.len()];
    for (link, alone) in links.iter().zip(&mut alone).rev() {
        let next = after.insert(&link.unit, link);
        if let Some(next) = next.filter(|next| Some(next.seq) == link.seq.checked_add(1)) {
            if next.before != link.hash {
                return Err(link);
            }
            *alone = false;
        }
    }
    Ok(alone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(unit: &str, seq: u64, before: u8, hash: u8) -> Link {
        Link { unit: unit.to_owned(), seq, before: EventHash([before; 32]), hash: EventHash([hash; 32]) }
    }

    #[test]
    fn only_the_last_line_of_a_run_stands_in_the_tree() {
        let links = [link("a", 0, 0, 1), link("b", 0, 0, 2), link("a", 1, 1, 3), link("b", 2, 9, 4)];
        assert_eq!(in_tree(&links).unwrap(), [false, true, true, true]);
    }

    #[test]
    fn a_line_that_the_next_one_does_not_name_is_told() {
        let links = [link("a", 0, 0, 1), link("a", 1, 7, 3), link("a", 2, 3, 4)];
        assert_eq!(in_tree(&links).unwrap_err().seq, 0);
    }
}
