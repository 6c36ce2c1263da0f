//! Checking a bundle: its files against the manifest, its lines as any ledger's, its tables made again.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::Path;

use chain::hash::{content_hash, table_root};
use chain::policy::Policy;
use chain::verify::Flaw;
use chain::{ContentHash, TreeHash};
use domain::scoring::At;
use projections::{ReadModel, Reading, TableKind};
use serde::Serialize;

use super::manifest::{BundleOf, Manifest, TableEntry};
use super::stream::{Member, Stream};
use super::{MANIFEST, list};
use crate::source::Folder;
use crate::{AuditError, Finding, Options, Rebuilt, Report, TablePlace, attested, parallel, rows};

/// Differing rows of one table that are named.
const MOST_ROWS: usize = 20;

/// What came of checking a bundle. Serialized, it is what `--json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BundleReport {
    /// Which ledger and year; none where there is no manifest.
    pub bundle: Option<BundleOf>,
    /// Nothing: the bundle holds. Those of the ledger's audit are among them.
    pub findings: Vec<Finding>,
    /// How many files are as the manifest says.
    pub files: u64,
    /// Tables that were made again and have the same bytes.
    pub tables: Vec<TableEntry>,
    /// The audit of the lines; none where there is no manifest.
    pub audit: Option<Report>,
}

impl BundleReport {
    /// Whether there are lines and tables, and nothing is wrong with them.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.findings.is_empty()
            && !self.tables.is_empty()
            && self.audit.as_ref().is_some_and(Report::is_clean)
    }
}

/// A bundle's files, wherever they are.
trait Files: Sync {
    /// The names of all files.
    fn names(&self) -> Result<BTreeSet<String>, AuditError>;

    /// Plain BLAKE3 and length of a file that is there.
    fn sum(&self, name: &str) -> Result<(ContentHash, u64), AuditError>;

    /// A file's bytes; none where there is no such file.
    fn read(&self, name: &str) -> Option<Cow<'_, [u8]>>;
}

impl Files for Path {
    fn names(&self) -> Result<BTreeSet<String>, AuditError> {
        Ok(list(self)?.into_iter().collect())
    }

    fn sum(&self, name: &str) -> Result<(ContentHash, u64), AuditError> {
        let path = self.join(name);
        let bytes = std::fs::read(&path).map_err(AuditError::reading(&path))?;
        Ok((content_hash(&bytes), bytes.len() as u64))
    }

    fn read(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        std::fs::read(self.join(name)).ok().map(Cow::Owned)
    }
}

impl Files for BTreeMap<String, Member> {
    fn names(&self) -> Result<BTreeSet<String>, AuditError> {
        Ok(self.keys().cloned().collect())
    }

    fn sum(&self, name: &str) -> Result<(ContentHash, u64), AuditError> {
        let file = &self[name];
        Ok((file.hash, file.bytes))
    }

    fn read(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        self.get(name)?.content.as_deref().map(Cow::Borrowed)
    }
}

/// Checks a bundle's folder under a policy, if there is one, on so many threads. Their number is no part of the result.
///
/// # Errors
/// [`AuditError`] when a file cannot be read.
pub fn check(folder: &Path, policy: Option<&Policy>, threads: usize) -> Result<BundleReport, AuditError> {
    let options = options(policy, threads);
    report(folder, threads, || Rebuilt::of(&mut Folder(folder), &options))
}

/// Checks a bundle's file as [`check`] checks its folder, in one reading; nothing is unpacked onto a disk.
///
/// # Errors
/// [`AuditError`] when the file cannot be read; a file that is no bundle, only a part of one, or one that must be unpacked to
/// be checked, is the reason in Chinese.
pub fn check_file(
    file: &Path,
    policy: Option<&Policy>,
    threads: usize,
) -> Result<Result<BundleReport, String>, AuditError> {
    let mut stream = Stream::of(file)?;
    let rebuilt = Rebuilt::of(&mut stream, &options(policy, threads))?;
    let Stream { files, refused, .. } = stream;
    match refused {
        Some(reason) => Ok(Err(reason)),
        None => report(&files, threads, || Ok(rebuilt)).map(Ok),
    }
}

fn options(policy: Option<&Policy>, threads: usize) -> Options {
    Options { policy: policy.cloned(), threads: NonZeroUsize::new(threads), ..Options::default() }
}

fn report<F: Files + ?Sized>(
    files: &F,
    threads: usize,
    audit: impl FnOnce() -> Result<Rebuilt, AuditError>,
) -> Result<BundleReport, AuditError> {
    let mut report =
        BundleReport { bundle: None, findings: Vec::new(), files: 0, tables: Vec::new(), audit: None };
    let manifest = files.read(MANIFEST).ok_or_else(|| "没有清单，可能被截断".to_owned());
    let manifest = match manifest.and_then(|bytes| Manifest::parse(&bytes)) {
        Ok(manifest) => manifest,
        Err(reason) => {
            report.findings.push(wrong("bundle-manifest", "完整的清单", reason));
            return Ok(report);
        }
    };
    report.bundle = Some(manifest.bundle.clone());
    let there = files.names()?;
    let has_journal = there.iter().any(|name| name.starts_with("journal/"));
    listed(files, there, &manifest, threads, &mut report)?;
    if !has_journal {
        report.findings.push(wrong("bundle-file", "journal", "没有"));
        return Ok(report);
    }
    let Rebuilt { report: audit, model, leaves } = audit()?;
    report.findings.extend(audit.findings.iter().cloned());
    same_ledger(&manifest.bundle, &audit, &mut report);
    report.audit = Some(audit);
    if let Some(model) = model {
        rules(files, &model, &mut report);
        tables(files, &manifest, (&model, &leaves), threads, &mut report);
    }
    if manifest.tables.is_empty() {
        report.findings.push(wrong("bundle-manifest", "至少一张表", "没有"));
    }
    Ok(report)
}

fn wrong(kind: &'static str, expected: impl ToString, found: impl ToString) -> Finding {
    Finding::of(Flaw::whole(kind).values(expected, found))
}

/// Every file is listed and as it is listed.
fn listed<F: Files + ?Sized>(
    files: &F,
    mut there: BTreeSet<String>,
    manifest: &Manifest,
    threads: usize,
    report: &mut BundleReport,
) -> Result<(), AuditError> {
    there.remove(MANIFEST);
    let found = parallel::map(&manifest.files, threads, |listed| {
        there.contains(&listed.name).then(|| files.sum(&listed.name)).transpose()
    });
    for (listed, found) in manifest.files.iter().zip(found) {
        there.remove(&listed.name);
        let name = &listed.name;
        match found? {
            Some(found) if found == (listed.blake3, listed.bytes) => report.files += 1,
            Some((hash, _)) => {
                report.findings.push(wrong("bundle-file", format!("{name} {}", listed.blake3), hash));
            }
            None => report.findings.push(wrong("bundle-file", name, "没有")),
        }
    }
    let extra = there.into_iter().map(|name| wrong("bundle-file", "清单所列的文件", name));
    report.findings.extend(extra);
    Ok(())
}

/// The manifest speaks of these lines, and the head signs all of them.
fn same_ledger(bundle: &BundleOf, audit: &Report, report: &mut BundleReport) {
    if (bundle.size, bundle.root) != (audit.lines, audit.root) {
        let words = |size, root| format!("{size} 行，树根 {root}");
        let (expected, found) = (words(audit.lines, audit.root), words(bundle.size, bundle.root));
        report.findings.push(wrong("bundle-head", expected, found));
    }
    if audit.signed_lines != Some(audit.lines) {
        let found = audit.signed_lines.map_or_else(|| "没有".to_owned(), |lines| format!("前 {lines} 行"));
        report.findings.push(wrong("bundle-head", format!("签署前 {} 行的账本头", audit.lines), found));
    }
}

/// Every rulebook that was adopted is there under its hash.
fn rules<F: Files + ?Sized>(files: &F, model: &ReadModel, report: &mut BundleReport) {
    let books = model.ledger().book().registry().plans().flat_map(|(_, plan)| plan.rulebooks());
    let adopted: BTreeSet<_> = books.map(|own| own.rules_hash).collect();
    for hash in adopted {
        match files.read(&format!("rules/{hash}.json")).map(|bytes| content_hash(&bytes)) {
            Some(found) if found == hash => {}
            Some(found) => report.findings.push(wrong("bundle-rules", hash, found)),
            None => report.findings.push(wrong("bundle-rules", hash, "没有")),
        }
    }
}

/// Makes every table again and compares the bytes.
fn tables<F: Files + ?Sized>(
    files: &F,
    manifest: &Manifest,
    (model, leaves): (&ReadModel, &[TreeHash]),
    threads: usize,
    report: &mut BundleReport,
) {
    let wrong: BTreeSet<Option<u64>> = report.findings.iter().map(|finding| finding.position).collect();
    let compared = parallel::map(&manifest.tables, threads, |entry| {
        let found = files.read(&entry.file).unwrap_or_default();
        if !wrong.contains(&entry.attested) && is_as_attested(model, entry, &found) {
            return Vec::new();
        }
        let made = (entry.size <= model.size()).then(|| attested::root_at(model, leaves, entry.size));
        let made = made.and_then(|root| {
            let plan = model.ledger().book().registry().plan_ix(&entry.plan)?;
            let at = At { as_of: entry.as_of, known: entry.size };
            let reading = Reading::in_force(model.ledger().book(), plan, at, root).ok()?;
            let kind = TableKind::from_name(&entry.table)?;
            let table = kind.encode_as(&reading, entry.encoder_version).ok()?;
            (reading.rules_hash() == entry.rules).then(|| table.into_bytes())
        });
        differing(entry, made.as_deref(), &found)
    });
    for (entry, differing) in manifest.tables.iter().zip(compared) {
        if differing.is_empty() {
            report.tables.push(entry.clone());
        }
        report.findings.extend(differing);
    }
}

/// Whether bytes have the root that a line put on record for just this table, which the audit has made again by then.
fn is_as_attested(model: &ReadModel, entry: &TableEntry, found: &[u8]) -> bool {
    let on_record = model.ledger().attested().tables().iter();
    let mut of_entry = on_record.filter(|own| Some(own.position) == entry.attested).map(|own| &own.attested);
    of_entry.any(|own| {
        let asked = (&own.plan, own.as_of, own.size, own.rules, &own.table, own.encoder_version);
        let listed = (&entry.plan, entry.as_of, entry.size, entry.rules, &entry.table, entry.encoder_version);
        asked == listed && own.table_root == entry.table_root && table_root(found) == own.table_root
    })
}

fn differing(entry: &TableEntry, made: Option<&[u8]>, found: &[u8]) -> Vec<Finding> {
    let place = |row: Option<String>| TablePlace {
        table: entry.table.clone(),
        as_of: entry.as_of,
        size: entry.size,
        row,
    };
    let finding = |row, expected, found| {
        Finding::in_table("published-table", place(row), entry.attested, (expected, found))
    };
    let Some(made) = made else {
        return vec![finding(
            None,
            "能由各行重算的表".to_owned(),
            "没有这样的方案、规则、行数或编码".to_owned(),
        )];
    };
    if made != found {
        let rows = rows::differences(made, found, MOST_ROWS).into_iter();
        return rows.map(|own| finding(Some(own.row), own.expected, own.found)).collect();
    }
    let root = table_root(made);
    if root == entry.table_root {
        return Vec::new();
    }
    vec![finding(None, root.to_string(), entry.table_root.to_string())]
}
