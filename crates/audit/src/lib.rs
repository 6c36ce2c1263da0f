//! Recomputes everything of a ledger from its stored bytes: lines, chains, submissions, tree, heads, tiles, read model.
//!
//! Reads the folder itself and trusts no engine and no saved state. What is wrong with a ledger is data ([`Finding`]);
//! only a folder that cannot be read is an error.

mod attested;
mod blocks;
pub mod bundle;
pub mod cell_proof;
pub mod evidence;
mod finding;
mod fold;
mod freezing;
mod frozen_copies;
mod heads;
mod journal;
mod parallel;
mod pieces;
pub mod read_models;
pub mod rows;
pub mod self_check;
mod source;
mod tiles;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use chain::line::Line;
use chain::policy::Policy;
use chain::verify::{UnitChain, Verifier};
use chain::{EventHash, TreeHash};
use projections::ReadModel;
use serde::Serialize;

use fold::{Each, Fold, Rebuild};
use source::Source;

pub use finding::{Finding, NotChecked, TablePlace, Verdict};

/// What the auditor brings along; the more, the more can be checked.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whose signatures a tree head must have.
    pub policy: Option<Policy>,
    /// The newest signed tree head seen earlier, as it was kept.
    pub remembered: Option<Vec<u8>>,
    /// The head that whoever signs for the ledger keeps beside the key. It may be ahead of the published one, and a
    /// `ledger-restored` line may have given it up.
    pub kept: Option<Vec<u8>>,
    /// On how many threads lines are worked on, beside the one that reads; none: on two. No part of the result.
    pub threads: Option<NonZeroUsize>,
}

impl Options {
    /// Two is what the work divides into: one thread follows the chain and hands out what the others made.
    fn threads(&self) -> NonZeroUsize {
        const TWO: NonZeroUsize = NonZeroUsize::new(2).expect("above zero");
        self.threads.unwrap_or(TWO)
    }
}

/// What an audit found. Serialized, it is what `--json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// In the order of checks: lines, the end of the active segment, tree head, earlier heads, tiles,
    /// attested tables, units' statements, copies of frozen tables.
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
    /// How many lines were folded into a read model, where that was asked for.
    pub folded_lines: Option<u64>,
    /// The size of the tree head on disk, if there is a readable one.
    pub signed_lines: Option<u64>,
    /// The size of the head kept beside the key, if one was compared.
    pub kept_lines: Option<u64>,
    /// How many units' signatures over submissions were checked.
    pub signatures: u64,
    /// How many table roots on record were compared with tables made again.
    pub attested_tables: u64,
    /// How many units' statements of their lines were compared with their chains.
    pub statements: u64,
    /// How many files of frozen snapshots' copies were compared with what was frozen.
    pub frozen_files: u64,
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
    fold: impl FnMut(&Line<'_>, EventHash),
) -> Result<Report, AuditError> {
    let (audited, ..) = run(&mut source::Folder(path), options, Each(fold), None)?;
    Ok(audited.report(None, attested::Outcome::default()))
}

/// Audits the ledger in a folder and folds the same lines into a read model, from nothing. Every table root on record is
/// compared with the table made again.
///
/// Decoding each line and asking for each signature's key are part of this audit. The fold ends before the first line
/// that breaks the chain or cannot be decoded: there the model is of the lines before, the report counts them in
/// `folded_lines` and names [`NotChecked::Tables`]. No model: not one line could be folded.
///
/// # Errors
/// [`AuditError`] when the folder or a file in it cannot be read.
pub fn rebuild(path: &Path, options: &Options) -> Result<(Report, Option<ReadModel>), AuditError> {
    let mut rebuilt = Rebuilt::of(&mut source::Folder(path), options)?;
    if rebuilt.model.as_ref().is_some_and(|model| heads::gave_up(model, options)) {
        // The lines themselves say that this head was lost with an older history: it forbids nothing any more.
        let options = Options { kept: None, ..options.clone() };
        rebuilt = Rebuilt::of(&mut source::Folder(path), &options)?;
    }
    Ok((rebuilt.report, rebuilt.model))
}

/// What an audit makes of a ledger's lines.
pub(crate) struct Rebuilt {
    pub(crate) report: Report,
    /// None where not one line could be folded.
    pub(crate) model: Option<ReadModel>,
    /// The leaf hashes of the lines that were read: 32 bytes a line, and no root at an earlier size needs a second reading.
    pub(crate) leaves: Vec<TreeHash>,
}

impl Rebuilt {
    pub(crate) fn of(source: &mut impl Source, options: &Options) -> Result<Self, AuditError> {
        let (audited, fold, leaves) = run(source, options, Rebuild::default(), Some(Vec::new()))?;
        let model = fold.finish(audited.verifier.tree());
        let mut outcome = attested::check(&model, &leaves, options.threads());
        let whole = model.size() == audited.verifier.lines();
        frozen_copies::check(source.folder(), &model, whole, &mut outcome)?;
        let report = audited.report(Some(model.size()), outcome);
        Ok(Self { report, model: Some(model).filter(|model| model.size() > 0), leaves })
    }
}

/// An audit that has read everything.
struct Audited<'o> {
    verifier: Verifier,
    journal: journal::Outcome,
    heads: heads::Heads,
    tiles: u64,
    options: &'o Options,
}

/// Reads a ledger; gives the leaf hashes, too, where there is a place for them.
fn run<'o, F: Fold>(
    source: &mut impl Source,
    options: &'o Options,
    fold: F,
    leaves: Option<Vec<TreeHash>>,
) -> Result<(Audited<'o>, F, Vec<TreeHash>), AuditError> {
    let heads = heads::Heads::of(source.checkpoint()?, source.time_stamps()?, options);
    let mut pass = journal::Pass {
        verifier: Verifier::new(),
        roots: heads.wanted_roots(),
        tiles: source.tiles()?,
        fold,
        leaves,
        threads: options.threads(),
    };
    let journal = journal::read(source, heads.signed(), &mut pass)?;
    let journal::Pass { mut verifier, roots, tiles, fold, leaves, threads: _ } = pass;
    let leaves = leaves.unwrap_or_default();
    heads.check(&mut verifier, &roots, options);
    let tiles = source.late_tiles(&leaves).unwrap_or(tiles).finish(&mut verifier);
    Ok((Audited { verifier, journal, heads, tiles, options }, fold, leaves))
}

impl Audited<'_> {
    fn report(self, folded_lines: Option<u64>, attested: attested::Outcome) -> Report {
        let not_checked = self.not_checked(folded_lines, &attested);
        let Self { verifier, journal, heads, tiles, .. } = self;
        let of_bytes = verifier.flaws().iter().cloned().map(Finding::of);
        let findings: Vec<Finding> = of_bytes.chain(attested.findings).collect();
        let verdict = Verdict::of(&findings, verifier.lines());
        Report {
            verdict,
            cut: journal.cut.filter(|_| verdict == Verdict::IncompleteAppend),
            lines: verifier.lines(),
            root: verifier.tree().root(),
            head: verifier.head(),
            units: verifier.units(),
            folded_lines,
            signed_lines: heads.size(),
            kept_lines: heads.kept_size(),
            signatures: verifier.signatures(),
            attested_tables: attested.tables,
            statements: attested.statements,
            frozen_files: attested.frozen_files,
            tiles,
            not_checked,
            ignored: journal.ignored,
            findings,
        }
    }

    fn not_checked(&self, folded_lines: Option<u64>, attested: &attested::Outcome) -> Vec<NotChecked> {
        let Self { verifier, heads, tiles, options, .. } = self;
        let lines = verifier.lines();
        let folded = folded_lines == Some(lines);
        let behind = heads.size().is_some_and(|size| size < lines);
        let no_key = heads.exists() && verifier.log_key(u64::MAX).is_none();
        let list = [
            (lines == 0, NotChecked::Lines),
            (!heads.exists(), NotChecked::Head),
            (behind, NotChecked::LinesAfterHead),
            (no_key, NotChecked::LogKey),
            (options.policy.is_none() || !heads.exists(), NotChecked::Witnesses),
            (heads.exists() && !heads.is_cosigned(), NotChecked::Unwitnessed),
            (heads.time_stamps == Some(0), NotChecked::NoTimeStamp),
            (heads.time_stamps.is_some_and(|count| count > 0), NotChecked::TimeStamps),
            (options.remembered.is_none() && options.kept.is_none(), NotChecked::Freshness),
            (options.remembered.is_none() && options.kept.is_some(), NotChecked::OutsideFreshness),
            (*tiles == 0, NotChecked::Tiles),
            (verifier.signatures() > 0 && !folded, NotChecked::Enrolment),
            (!folded, NotChecked::Tables),
            (folded && lines > 0 && attested.tables == 0, NotChecked::AttestedTables),
            (folded && lines > 0 && attested.statements == 0, NotChecked::Statements),
            (attested.frozen_missing > 0, NotChecked::FrozenCopies),
        ];
        list.into_iter().filter(|(missing, _)| *missing).map(|(_, what)| what).collect()
    }
}
