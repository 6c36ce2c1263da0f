//! Values that change over the ledger, kept with the position that set each.

use serde::{Deserialize, Serialize};

/// All versions of one value in the order of the ledger, so that it can be asked for at any known size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History<T>(Vec<(u64, T)>);

impl<T> Default for History<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> History<T> {
    /// Adds the version that the line at `position` set.
    ///
    /// # Panics
    /// When `position` is not above the latest version's.
    pub fn push(&mut self, position: u64, value: T) {
        assert!(self.0.last().is_none_or(|(last, _)| *last < position), "history runs forwards");
        self.0.push((position, value));
    }

    /// The latest version among the first `known` lines of the ledger.
    #[must_use]
    pub fn known_at(&self, known: u64) -> Option<&T> {
        let before = self.0.partition_point(|(position, _)| *position < known);
        before.checked_sub(1).map(|last| &self.0[last].1)
    }

    /// The latest version of all.
    #[must_use]
    pub fn latest(&self) -> Option<&T> {
        self.0.last().map(|(_, value)| value)
    }

    /// All versions with the positions that set them, oldest first.
    pub fn versions(&self) -> impl DoubleEndedIterator<Item = (u64, &T)> {
        self.0.iter().map(|(position, value)| (*position, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_the_known_lines_say() {
        let mut name = History::default();
        name.push(3, "市交通局");
        name.push(9, "市交通运输局");
        assert_eq!(name.known_at(3), None);
        assert_eq!(name.known_at(4), Some(&"市交通局"));
        assert_eq!(name.known_at(9), Some(&"市交通局"));
        assert_eq!(name.known_at(10), Some(&"市交通运输局"));
        assert_eq!(name.latest(), Some(&"市交通运输局"));
    }
}
