//! Checking a bundle's folder: its files against the manifest, its lines as any ledger's, its tables made again.

use std::collections::BTreeSet;
use std::path::Path;

use chain::hash::{content_hash, table_root};
use chain::policy::Policy;
use chain::verify::Flaw;
use domain::scoring::At;
use projections::{ReadModel, Reading, TableKind};
use serde::Serialize;

use super::manifest::{BundleOf, Manifest, TableEntry};
use super::{MANIFEST, list};
use crate::{AuditError, Finding, Options, Report, TablePlace, attested, parallel, rebuild, rows};

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

/// Checks a bundle's folder under a policy, if there is one, on so many threads. Their number is no part of the result.
///
/// # Errors
/// [`AuditError`] when a file cannot be read.
pub fn check(folder: &Path, policy: Option<&Policy>, threads: usize) -> Result<BundleReport, AuditError> {
    let mut report =
        BundleReport { bundle: None, findings: Vec::new(), files: 0, tables: Vec::new(), audit: None };
    let manifest = std::fs::read(folder.join(MANIFEST)).map_err(|_| "没有清单，可能被截断".to_owned());
    let manifest = match manifest.and_then(|bytes| Manifest::parse(&bytes)) {
        Ok(manifest) => manifest,
        Err(reason) => {
            report.findings.push(wrong("bundle-manifest", "完整的清单", reason));
            return Ok(report);
        }
    };
    report.bundle = Some(manifest.bundle.clone());
    files(folder, &manifest, threads, &mut report)?;
    let options = Options { policy: policy.cloned(), ..Options::default() };
    if !folder.join("journal").is_dir() {
        report.findings.push(wrong("bundle-file", "journal", "没有"));
        return Ok(report);
    }
    let (audit, model) = rebuild(folder, &options)?;
    report.findings.extend(audit.findings.iter().cloned());
    same_ledger(&manifest.bundle, &audit, &mut report);
    report.audit = Some(audit);
    if let Some(model) = model {
        rules(folder, &model, &mut report)?;
        tables(folder, &manifest, &model, threads, &mut report)?;
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
fn files(
    folder: &Path,
    manifest: &Manifest,
    threads: usize,
    report: &mut BundleReport,
) -> Result<(), AuditError> {
    let mut there: BTreeSet<String> = list(folder)?.into_iter().collect();
    there.remove(MANIFEST);
    let found = parallel::map(&manifest.files, threads, |listed| {
        let path = folder.join(&listed.name);
        if !there.contains(&listed.name) {
            return Ok(None);
        }
        let bytes = std::fs::read(&path).map_err(AuditError::reading(&path))?;
        Ok(Some((content_hash(&bytes), bytes.len() as u64)))
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
fn rules(folder: &Path, model: &ReadModel, report: &mut BundleReport) -> Result<(), AuditError> {
    let books = model.ledger().book().registry().plans().flat_map(|(_, plan)| plan.rulebooks());
    let adopted: BTreeSet<_> = books.map(|own| own.rules_hash).collect();
    for hash in adopted {
        let path = folder.join(format!("rules/{hash}.json"));
        let found = std::fs::read(&path).map(|bytes| content_hash(&bytes));
        match found {
            Ok(found) if found == hash => {}
            Ok(found) => report.findings.push(wrong("bundle-rules", hash, found)),
            Err(_) => report.findings.push(wrong("bundle-rules", hash, "没有")),
        }
    }
    Ok(())
}

/// Makes every table again and compares the bytes.
fn tables(
    folder: &Path,
    manifest: &Manifest,
    model: &ReadModel,
    threads: usize,
    report: &mut BundleReport,
) -> Result<(), AuditError> {
    let sizes = manifest.tables.iter().map(|own| (own.size <= model.size()).then_some(own.size)).collect();
    let roots = attested::roots(folder, model, sizes)?;
    let asked: Vec<_> = manifest.tables.iter().zip(roots).collect();
    let compared = parallel::map(&asked, threads, |(entry, root)| {
        let found = std::fs::read(folder.join(&entry.file)).unwrap_or_default();
        let made = root.and_then(|root| {
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
    Ok(())
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
