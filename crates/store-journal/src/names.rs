//! The names of the journal's files.

use std::collections::BTreeMap;

/// In which forms a segment is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Forms {
    pub(crate) plain: bool,
    pub(crate) packed: bool,
}

/// What is in the folder `journal`.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Segments by the position of their first line.
    pub(crate) segments: BTreeMap<u64, Forms>,
    /// The names of all other files.
    pub(crate) others: Vec<String>,
}

/// The name of a segment as lines.
pub(crate) fn plain(first: u64) -> String {
    format!("{first:020}.jsonl")
}

/// The name of a compressed segment.
pub(crate) fn packed(first: u64) -> String {
    format!("{first:020}.jsonl.zst")
}

/// The name under which a compressed segment is written until it is whole.
pub(crate) fn partial(first: u64) -> String {
    format!("{first:020}.jsonl.zst.partial")
}

impl Listing {
    /// Sorts a folder's names.
    pub(crate) fn of(names: Vec<String>) -> Self {
        let mut listing = Self::default();
        for name in names {
            match parse(&name) {
                Some((first, false)) => listing.segments.entry(first).or_default().plain = true,
                Some((first, true)) => listing.segments.entry(first).or_default().packed = true,
                None => listing.others.push(name),
            }
        }
        listing
    }
}

/// The first position that a segment's name states, and whether it is compressed.
fn parse(name: &str) -> Option<(u64, bool)> {
    let (digits, is_packed) = match name.strip_suffix(".jsonl") {
        Some(digits) => (digits, false),
        None => (name.strip_suffix(".jsonl.zst")?, true),
    };
    let proper = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    proper.then(|| digits.parse().ok()).flatten().map(|first| (first, is_packed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_twenty_digits_with_a_known_ending_name_a_segment() {
        let known = [plain(131_072), packed(0), plain(0)];
        let others = ["0.jsonl", "README", "00000000000000000020.jsonl.tmp", "99999999999999999999.jsonl"];
        let others = others.map(str::to_owned).into_iter().chain([partial(0)]).collect::<Vec<_>>();
        let listing = Listing::of(known.into_iter().chain(others.clone()).collect());
        let both = Forms { plain: true, packed: true };
        assert_eq!(
            listing.segments,
            BTreeMap::from([(0, both), (131_072, Forms { plain: true, packed: false })])
        );
        assert_eq!(listing.others, others);
    }
}
