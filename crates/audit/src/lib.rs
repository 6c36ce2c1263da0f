//! Recomputes everything of a ledger from its stored bytes: lines, chains, submissions, tree, heads, tiles.
//!
//! Reads the folder itself and trusts no engine and no saved state. What is wrong with a ledger is data ([`Finding`]);
//! only a folder that cannot be read is an error.

mod blocks;
mod finding;
mod heads;
mod journal;
mod tiles;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chain::line::Line;
use chain::policy::Policy;
use chain::verify::{UnitChain, Verifier};
use chain::{EventHash, TreeHash};

pub use finding::{Finding, NotChecked, Verdict};

/// What the auditor brings along; the more, the more can be checked.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whose signatures a tree head must have.
    pub policy: Option<Policy>,
    /// The newest signed tree head seen earlier, as it was kept.
    pub remembered: Option<Vec<u8>>,
}

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// In the order of checks: lines, the end of the active segment, tree head, earlier head, tiles.
    pub findings: Vec<Finding>,
    /// What follows from the findings.
    pub verdict: Verdict,
    /// First and last position of an append that a crash cut short and that may be cut off; the last is a lower bound.
    pub cut: Option<(u64, u64)>,
    /// How many lines there are, without those of an incomplete append.
    pub lines: u64,
    /// The Merkle root of those lines.
    pub root: TreeHash,
    /// The event hash of the last of them; zeros if there is none.
    pub head: EventHash,
    /// Each unit's count and head.
    pub units: BTreeMap<String, UnitChain>,
    /// The size of the tree head on disk, if there is a readable one.
    pub signed_lines: Option<u64>,
    /// How many units' signatures over submissions were checked.
    pub signatures: u64,
    /// How many tiles and bundles were compared.
    pub tiles: u64,
    /// What was not checked, and so is not covered by a clean verdict.
    pub not_checked: Vec<NotChecked>,
    /// Files beside the segments that are none, by name.
    pub ignored: Vec<String>,
}

impl Report {
    /// Whether there are lines and nothing is wrong with them.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.verdict == Verdict::Clean
    }
}

/// A folder that cannot be audited at all.
#[derive(Debug, thiserror::Error)]
#[error("无法读取 {}：{cause}。请检查路径与权限后重试。", path.display())]
pub struct AuditError {
    /// What could not be read.
    pub path: PathBuf,
    /// What the system said.
    pub cause: std::io::Error,
}

impl AuditError {
    fn reading(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |cause| Self { path: path.to_owned(), cause }
    }
}

/// Audits the ledger in a folder.
///
/// # Errors
/// [`AuditError`] when the folder or a file in it cannot be read.
pub fn verify_directory(path: &Path, options: &Options) -> Result<Report, AuditError> {
    replay(path, options, |_, _| {})
}

/// Audits the ledger in a folder and hands every readable line with its event hash to `fold`, in order.
///
/// `fold` sees lines before the audit has ended: what it made is worth as much as the report says.
///
/// # Errors
/// [`AuditError`] when the folder or a file in it cannot be read.
pub fn replay(
    path: &Path,
    options: &Options,
    mut fold: impl FnMut(&Line<'_>, EventHash),
) -> Result<Report, AuditError> {
    let heads = heads::Heads::read(path, options)?;
    let mut pass = journal::Pass {
        verifier: Verifier::new(),
        roots: heads.wanted_roots(),
        tiles: tiles::Tiles::find(path)?,
        fold: &mut fold,
    };
    let journal = journal::read(path, heads.signed(), &mut pass)?;
    let journal::Pass { mut verifier, roots, tiles, .. } = pass;
    heads.check(&mut verifier, &roots, options);
    let tiles = tiles.finish(&mut verifier);
    Ok(report(&verifier, journal, &heads, tiles, options))
}

fn report(
    verifier: &Verifier,
    journal: journal::Outcome,
    heads: &heads::Heads,
    tiles: u64,
    options: &Options,
) -> Report {
    let findings: Vec<Finding> = verifier.flaws().iter().cloned().map(Finding::of).collect();
    let verdict = Verdict::of(&findings, verifier.lines());
    Report {
        verdict,
        cut: journal.cut.filter(|_| verdict == Verdict::IncompleteAppend),
        lines: verifier.lines(),
        root: verifier.tree().root(),
        head: verifier.head(),
        units: verifier.units(),
        signed_lines: heads.size(),
        signatures: verifier.signatures(),
        tiles,
        not_checked: finding::not_checked(verifier, heads, tiles, options),
        ignored: journal.ignored,
        findings,
    }
}
