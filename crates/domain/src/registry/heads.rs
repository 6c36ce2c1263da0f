//! What tree heads depend on: the keys that sign them, and the heads that a restored copy gave up.

use chain::note::{Checkpoint, Note};
use serde::{Deserialize, Serialize};

use super::Registry;

/// A key that signs tree heads larger than the position of the line that named it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LogKey {
    position: u64,
    key: String,
}

impl LogKey {
    pub(super) fn new(position: u64, key: &str) -> Self {
        Self { position, key: key.to_owned() }
    }
}

/// The ledger went on from an older copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restoration {
    /// The position of the line that says so.
    pub position: u64,
    /// The head that counts lines which are not in this copy, as a signed note.
    pub lost_head: String,
}

impl Restoration {
    pub(super) fn new(position: u64, lost_head: &str) -> Self {
        Self { position, lost_head: lost_head.to_owned() }
    }

    /// Reads a signed note's tree head, without checking a signature; `None` where it is none.
    #[must_use]
    pub fn lost_head(note: &str) -> Option<Checkpoint> {
        Checkpoint::parse(&Note::parse(note.as_bytes()).ok()?.text).ok()
    }
}

impl Registry {
    /// The key that must sign a tree head of this size: the newest whose line the head counts.
    #[must_use]
    pub fn log_key(&self, size: u64) -> Option<&str> {
        let newest = self.log_keys.iter().rev().find(|own| own.position < size);
        newest.or(self.log_keys.first()).map(|own| own.key.as_str())
    }

    /// All keys that have ever signed tree heads, the first one first.
    pub fn log_keys(&self) -> impl Iterator<Item = &str> {
        self.log_keys.iter().map(|own| own.key.as_str())
    }

    /// Each time that the ledger went on from an older copy.
    #[must_use]
    pub fn restorations(&self) -> &[Restoration] {
        &self.restorations
    }

    /// Whether a line says that this head was lost.
    #[must_use]
    pub fn gave_up(&self, head: &Checkpoint) -> bool {
        self.restorations.iter().any(|own| Restoration::lost_head(&own.lost_head).as_ref() == Some(head))
    }
}
