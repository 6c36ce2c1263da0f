//! What was mutated, how often, and what became of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::check::Outcome;

#[derive(Clone, Debug, Default)]
struct Tally {
    mutations: u64,
    found: u64,
    kinds: BTreeMap<String, u64>,
    same: BTreeMap<&'static str, u64>,
}

/// Rows by the kind of file and the field.
#[derive(Clone, Debug, Default)]
pub struct Matrix(BTreeMap<(String, String), Tally>);

impl Matrix {
    /// Counts one mutation.
    pub fn add(&mut self, kind: &str, field: &str, outcome: Outcome) {
        let tally = self.0.entry((kind.to_owned(), field.to_owned())).or_default();
        tally.mutations += 1;
        match outcome {
            Outcome::Found(kinds) => {
                tally.found += 1;
                kinds.into_iter().for_each(|kind| *tally.kinds.entry(kind).or_default() += 1);
            }
            Outcome::Same(why) => *tally.same.entry(why).or_default() += 1,
            Outcome::Missed => panic!("{kind}, {field}: not found, and not the same"),
        }
    }

    /// Both together.
    pub fn and(mut self, other: Self) -> Self {
        for (row, theirs) in other.0 {
            let own = self.0.entry(row).or_default();
            own.mutations += theirs.mutations;
            own.found += theirs.found;
            theirs.kinds.into_iter().for_each(|(kind, count)| *own.kinds.entry(kind).or_default() += count);
            theirs.same.into_iter().for_each(|(why, count)| *own.same.entry(why).or_default() += count);
        }
        self
    }

    /// How many mutations there were, and how many of them were found.
    pub fn counts(&self) -> (u64, u64) {
        self.0.values().fold((0, 0), |(all, found), own| (all + own.mutations, found + own.found))
    }

    /// As Markdown, a table for each kind of file.
    pub fn markdown(&self) -> String {
        let (mut text, mut last) = (String::new(), "");
        for ((kind, field), tally) in &self.0 {
            if kind != last {
                writeln!(text, "\n### {kind}\n").unwrap();
                writeln!(text, "| what | mutations | caught | by which check (mutations) | not caught: why it does not matter |").unwrap();
                writeln!(text, "| --- | ---: | ---: | --- | --- |").unwrap();
                last = kind;
            }
            let Tally { mutations, found, kinds, same } = tally;
            let (kinds, same) = (by_count(kinds, "`"), by_count(same, ""));
            writeln!(text, "| {field} | {mutations} | {found} | {kinds} | {same} |").unwrap();
        }
        text
    }
}

/// Most frequent first.
fn by_count<K: AsRef<str>>(counts: &BTreeMap<K, u64>, mark: &str) -> String {
    let mut counts: Vec<_> = counts.iter().map(|(name, count)| (name.as_ref(), *count)).collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let told = counts.into_iter().map(|(name, count)| format!("{mark}{name}{mark} {count}"));
    told.collect::<Vec<_>>().join(", ")
}
