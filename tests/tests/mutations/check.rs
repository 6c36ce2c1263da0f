//! What `verify` and `fsck` say of a mutated ledger.

use std::collections::BTreeSet;
use std::path::PathBuf;

use app::{Latest, SavedStates};
use audit::{NotChecked, Options, Report, read_models, rebuild};
use projections::ReadModel;
use store_journal::Journal;

use crate::ledger::Built;

/// What came of a mutation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Findings of these kinds.
    Found(BTreeSet<String>),
    /// Nothing is found, and this is why it does not matter: lines, root and tables are the same.
    Same(&'static str),
    /// Something else than before, without a finding.
    Missed,
}

/// What the unchanged ledger gives.
pub struct Right {
    pub report: Report,
    pub model: ReadModel,
}

impl Right {
    pub fn of(built: &Built) -> Self {
        let (report, model) = audited(built);
        assert!(report.is_clean(), "{:?}", report.findings);
        Self { report, model: model.unwrap() }
    }

    /// `verify` of the ledger as it stands now.
    pub fn verify(&self, built: &Built) -> Outcome {
        let (report, model) = audited(built);
        if !report.findings.is_empty() {
            return found(report.findings.iter().map(|own| own.kind));
        }
        let facts = |own: &Report| (own.lines, own.root, own.head, own.verdict);
        if facts(&report) != facts(&self.report) || model.as_ref() != Some(&self.model) {
            return Outcome::Missed;
        }
        self.why_the_same(&report)
    }

    /// What is not compared any more is named; nothing may be missing silently.
    fn why_the_same(&self, report: &Report) -> Outcome {
        let unchecked = |what| report.not_checked.contains(&what) && !self.report.not_checked.contains(&what);
        let counts = |own: &Report| (own.tiles, own.frozen_files, own.signed_lines, own.kept_lines);
        Outcome::Same(match () {
            () if unchecked(NotChecked::Head) => "not checked: `head`",
            () if unchecked(NotChecked::LinesAfterHead) => "not checked: `lines-after-head`",
            () if unchecked(NotChecked::Freshness) => "not checked: `freshness`",
            () if unchecked(NotChecked::Tiles) => "not checked: `tiles`",
            () if unchecked(NotChecked::FrozenCopies) => "not checked: `frozen-copies`",
            () if report.ignored != self.report.ignored => "ignored and named",
            () if counts(report) == counts(&self.report) => "same lines, heads, tiles and tables",
            () => "same lines and tables, less compared: the counts say so",
        })
    }

    /// The saved state, as `fsck` compares it.
    pub fn fsck(&self, built: &Built) -> Outcome {
        let state = match SavedStates::new(built.ledger().join("state")).inspect::<ReadModel>() {
            Latest::Nothing => return Outcome::Same("derived: made again from the lines"),
            Latest::Unfit(unfit) if unfit.is_of_another_version() => {
                return Outcome::Same("taken for another version's and thrown away");
            }
            Latest::Unfit(_) => return found(["saved-state"]),
            Latest::State(state) => state,
        };
        if state.size() > self.model.size() {
            return Outcome::Same("longer than the ledger and thrown away");
        }
        let journal = Journal::open_read_only(&built.ledger()).unwrap();
        let read_on = read_models::without_panic(|| app::load(&journal, Some(*state), &mut |_, _| {}));
        let Some(read_on) = read_on else { return found(["saved-state"]) };
        let read_on = read_on.unwrap();
        let findings = read_models::differences(&read_on, &self.model, 50);
        if findings.is_empty() {
            assert!(read_on == self.model);
            return Outcome::Same("thrown away, or the same model");
        }
        found(findings.iter().map(|own| own.kind))
    }
}

fn audited(built: &Built) -> (Report, Option<ReadModel>) {
    let kept = std::fs::read(built.kept_head()).ok();
    let options = Options { kept, ..Options::default() };
    rebuild(&built.ledger(), &options).unwrap()
}

pub fn found<'a>(kinds: impl IntoIterator<Item = &'a str>) -> Outcome {
    Outcome::Found(kinds.into_iter().map(str::to_owned).collect())
}

/// Every file of the ledger and beside it that a mutation is about, by its path from the outer folder on.
pub fn files(built: &Built) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![built.outer().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(built.outer()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}
