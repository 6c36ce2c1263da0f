//! The journal's segments, read in order (`docs/format.md` §6).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;

use chain::TreeHash;
use chain::segment::{Glance, Tail, judge};
use chain::verify::{Checked, Flaw, Verifier};

use crate::fold::{Before, Fold, with_line};
use crate::heads::Roots;
use crate::pieces::Forms;
use crate::source::Source;
use crate::tiles::Tiles;
use crate::{AuditError, blocks};

/// Everything that follows the lines from first to last.
pub(crate) struct Pass<F> {
    pub(crate) verifier: Verifier,
    pub(crate) roots: Roots,
    pub(crate) tiles: Tiles,
    pub(crate) fold: F,
    /// The leaf hashes of all lines, where they are kept.
    pub(crate) leaves: Option<Vec<TreeHash>>,
    pub(crate) threads: NonZeroUsize,
}

/// What the folder showed beside the lines.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) cut: Option<(u64, u64)>,
    pub(crate) ignored: Vec<String>,
}

/// Reads all segments; `signed` is the largest size that any head counts.
pub(crate) fn read<F: Fold>(
    source: &mut impl Source,
    signed: u64,
    pass: &mut Pass<F>,
) -> Result<Outcome, AuditError> {
    let mut cut = None;
    let ignored = source.segments(&mut |piece| {
        if let Some(first) = piece.begins {
            place(first, &mut pass.verifier);
        }
        let position = pass.verifier.lines();
        let kinds = [(piece.unreadable, "segment-unreadable"), (piece.differs, "segment-overlap")];
        for (_, kind) in kinds.into_iter().filter(|(found, _)| *found) {
            pass.verifier.report(Flaw::at(kind, position));
        }
        if piece.active {
            cut = active(&piece.bytes, signed, pass);
        } else {
            sealed(&piece.bytes, pass);
        }
    })?;
    if cut.is_none() {
        pass.verifier.finish();
    }
    Ok(Outcome { cut, ignored })
}

/// The segments of a journal's folder, and the names of what is none.
pub(crate) fn list(journal: &Path) -> Result<(BTreeMap<u64, Forms>, Vec<String>), AuditError> {
    let mut segments = BTreeMap::<u64, Forms>::new();
    let mut ignored = Vec::new();
    for entry in std::fs::read_dir(journal).map_err(AuditError::reading(journal))? {
        let path = entry.map_err(AuditError::reading(journal))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match first_of(&name) {
            Some((first, false)) => segments.entry(first).or_default().plain = Some(path),
            Some((first, true)) => segments.entry(first).or_default().packed = Some(path),
            None => ignored.push(name),
        }
    }
    ignored.sort();
    Ok((segments, ignored))
}

/// The first position that a segment's name states, and whether it is compressed.
pub(crate) fn first_of(name: &str) -> Option<(u64, bool)> {
    let (digits, packed) = match name.strip_suffix(".jsonl") {
        Some(digits) => (digits, false),
        None => (name.strip_suffix(".jsonl.zst")?, true),
    };
    let plain = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten().map(|first| (first, packed))
}

fn place(first: u64, verifier: &mut Verifier) {
    let (next, read) = (verifier.next_position(), verifier.lines());
    let kind = match first.cmp(&next) {
        Ordering::Equal => return,
        Ordering::Greater => "segment-gap",
        Ordering::Less => "segment-overlap",
    };
    verifier.report(Flaw::at(kind, read).values(next, first));
}

/// A segment's lines without their LF; what comes after the last LF counts as a line.
fn lines_of(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut begin = 0;
    for end in memchr::memchr_iter(b'\n', bytes) {
        lines.push(&bytes[begin..end]);
        begin = end + 1;
    }
    if begin < bytes.len() {
        lines.push(&bytes[begin..]);
    }
    lines
}

fn sealed<F: Fold>(bytes: &[u8], pass: &mut Pass<F>) {
    let lines = lines_of(bytes);
    blocks::in_order(pass.threads, &lines, Made::<F>::of_lines, |number, made| {
        if !lines[number].is_empty() {
            pass.push(lines[number], made);
        } else if number == 0 || !lines[number - 1].is_empty() {
            // A run of empty lines is one finding.
            let position = pass.verifier.lines();
            pass.verifier.report(Flaw::at("padding", position));
        }
    });
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        let last = pass.verifier.lines().saturating_sub(1);
        pass.verifier.report(Flaw::at("no-newline", last));
    }
}

/// Reads the active segment; gives what may be cut off.
fn active<F: Fold>(bytes: &[u8], signed: u64, pass: &mut Pass<F>) -> Option<(u64, u64)> {
    let first = pass.verifier.next_position();
    let read = pass.verifier.lines();
    let mut lines = lines_of(bytes);
    let whole = lines.iter().position(|line| line.is_empty()).unwrap_or(lines.len());
    let beyond = lines[whole..].iter().filter(|line| !line.is_empty()).count() as u64;
    lines.truncate(whole);
    // Where something is wrong already, nothing may be cut, whatever the heads count.
    let signed = if pass.verifier.flaws().is_empty() { signed } else { u64::MAX };
    let mut glances = Vec::with_capacity(lines.len());
    blocks::in_order(pass.threads, &lines, Glance::of_lines, |_, glance| glances.push(glance));
    let tail = judge(bytes, glances.iter().copied(), first, pass.verifier.head(), signed);
    if whole > 0 && beyond == 0 && !bytes.ends_with(b"\n") {
        // A last line without LF was never written to its end: it can be lost or cut, not counted.
        lines.pop();
    }
    let mut damage = None;
    let mut cut = None;
    match tail {
        Tail::Whole(_) | Tail::Damaged { broken: false, .. } => {}
        Tail::Damaged { broken: true, position, .. } => damage = Some(read + (position - first)),
        Tail::Incomplete(kept) => {
            let kept = kept.ends.len();
            let lost = (whole - kept) as u64 + beyond;
            lines.truncate(kept);
            let position = read + kept as u64;
            cut = Some((position, position + lost.max(1) - 1));
        }
    }
    blocks::in_order(pass.threads, &lines, Made::<F>::of_lines, |number, made| {
        if let Some(position) = damage.take_if(|position| *position == read + number as u64) {
            pass.verifier.report(Flaw::at("damage", position));
        }
        pass.push(lines[number], made);
    });
    if let Some(position) = damage {
        pass.verifier.report(Flaw::at("damage", position));
    }
    if let Some((position, _)) = cut {
        pass.verifier.finish();
        pass.verifier.report(Flaw::at("incomplete-append", position));
    }
    cut
}

/// A line after the work that needs no order.
struct Made<'a, F: Fold> {
    checked: Checked<'a>,
    /// None where the line cannot be read.
    decoded: Option<F::Decoded>,
}

impl<'a, F: Fold> Made<'a, F> {
    fn of_lines(lines: &[&'a [u8]]) -> Vec<Self> {
        let made =
            Checked::of_lines(lines).map(|checked| Self { decoded: F::decode_checked(&checked), checked });
        made.collect()
    }
}

impl<F: Fold> Pass<F> {
    fn push(&mut self, bytes: &[u8], made: Made<'_, F>) {
        let Made { checked, decoded } = made;
        let position = self.verifier.lines();
        let tree = self.verifier.tree();
        let flaw = match decoded {
            Some(decoded) => {
                let before = Before { tree, leaves: self.leaves.as_deref().unwrap_or_default() };
                with_line(&checked, |line| self.fold.take(position, line, &checked, decoded, before))
            }
            None => {
                self.fold.unreadable(tree);
                None
            }
        };
        self.verifier.push(&checked);
        if let Some(root) = self.roots.get_mut(&self.verifier.lines()) {
            *root = Some(self.verifier.tree().root());
        }
        self.leaves.iter_mut().for_each(|leaves| leaves.push(checked.leaf));
        self.tiles.push(checked.leaf, checked.respelled.as_deref().unwrap_or(bytes));
        flaw.flatten().into_iter().for_each(|flaw| self.verifier.report(flaw));
    }
}
