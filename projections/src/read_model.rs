//! What every table is made from: the ledger's state, and the tree over its lines.

use chain::TreeHash;
use chain::tree_index::TreeIndex;
use domain::ledger::Ledger;
use events::Recorded;
use serde::{Deserialize, Serialize};

/// The fold that deciding and reading share: registry, figures, chain heads and the tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadModel {
    ledger: Ledger,
    tree: TreeIndex,
}

impl ReadModel {
    /// Raised whenever the same lines give another state or another saved form; saved states of others are thrown away.
    pub const REVISION: u32 = 7;

    /// A model of a state and the tree over the same lines.
    ///
    /// # Panics
    /// When they are not of the same size.
    #[must_use]
    pub fn of(ledger: Ledger, tree: TreeIndex) -> Self {
        assert_eq!(ledger.head().size, tree.size(), "a state and the tree over its lines");
        Self { ledger, tree }
    }

    /// Registry, figures and chain heads.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The tree over the lines.
    #[must_use]
    pub const fn tree(&self) -> &TreeIndex {
        &self.tree
    }

    /// How many lines were applied: the position of the next one.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Takes the next line over; `leaf` is the tree's hash of its bytes.
    ///
    /// # Panics
    /// When the line is not the next one.
    pub fn apply(&mut self, line: &Recorded, leaf: TreeHash) {
        self.ledger.apply(line);
        self.tree.append(leaf);
    }
}
