//! The copies of frozen tables beside the journal: what people open and print must be what was frozen.

use std::collections::BTreeSet;
use std::path::Path;

use chain::hash::table_root;
use chain::verify::Flaw;
use domain::ledger::snapshots::Snapshot;
use projections::ReadModel;
use projections::snapshots::{folder, remake};

use crate::attested::Outcome;
use crate::{AuditError, Finding, TablePlace, rows};

/// The folder of all copies.
const SNAPSHOTS: &str = "snapshots";
/// What a copy that was not written to its end is called; the next writer removes it.
const UNFINISHED: &str = ".part";
/// Differing rows of one table that are named.
const MOST_ROWS: usize = 20;

/// Compares each copy with the manifest on record, and names what belongs to no frozen snapshot, where the model is of the
/// `whole` ledger: else a line that was not taken over may have frozen it.
pub(crate) fn check(
    ledger: Option<&Path>,
    model: &ReadModel,
    whole: bool,
    outcome: &mut Outcome,
) -> Result<(), AuditError> {
    let mut there = ledger.map(files).transpose()?.unwrap_or_default();
    // Without a folder nothing is there, and nothing is read.
    let ledger = ledger.unwrap_or(Path::new(""));
    for snapshot in model.ledger().snapshots().all().iter().filter(|own| own.frozen.is_some()) {
        manifest(ledger, snapshot, &mut there, outcome)?;
        tables(ledger, model, snapshot, &mut there, outcome)?;
    }
    let stray = |name| Finding::of(Flaw::whole("frozen-stray").values("冻结快照的文件", name));
    outcome.findings.extend(there.into_iter().filter(|_| whole).map(stray));
    Ok(())
}

/// Every file below the folder of copies, by its name from the ledger's folder on.
fn files(ledger: &Path) -> Result<BTreeSet<String>, AuditError> {
    let mut names = Vec::new();
    crate::tiles::walk(&ledger.join(SNAPSHOTS), SNAPSHOTS, &mut names)?;
    let finished = |name: &String| !name.split('/').any(|part| part.ends_with(UNFINISHED));
    Ok(names.into_iter().filter(finished).collect())
}

/// Takes a file out of those that are there; nothing where it is missing.
fn take(
    ledger: &Path,
    name: &str,
    there: &mut BTreeSet<String>,
    outcome: &mut Outcome,
) -> Result<Option<Vec<u8>>, AuditError> {
    if !there.remove(name) {
        outcome.frozen_missing += 1;
        return Ok(None);
    }
    outcome.frozen_files += 1;
    let path = ledger.join(name);
    std::fs::read(&path).map(Some).map_err(AuditError::reading(&path))
}

fn manifest(
    ledger: &Path,
    snapshot: &Snapshot,
    there: &mut BTreeSet<String>,
    outcome: &mut Outcome,
) -> Result<(), AuditError> {
    let name = format!("{}/manifest.json", folder(snapshot));
    let right = serde_json::to_vec(&snapshot.manifest).expect("a payload is plain data");
    // As a reader: its texts may have code points that this program's tables do not know yet.
    let right = chain::json::canonicalize(&right).expect("it was read from a line");
    if let Some(found) = take(ledger, &name, there, outcome)?.filter(|found| *found != right) {
        let hash = |bytes: &[u8]| format!("{name} {}", chain::hash::content_hash(bytes));
        let flaw = Flaw::at("frozen-copy", snapshot.position).values(hash(&right), hash(&found));
        outcome.findings.push(Finding::of(flaw));
    }
    Ok(())
}

fn tables(
    ledger: &Path,
    model: &ReadModel,
    snapshot: &Snapshot,
    there: &mut BTreeSet<String>,
    outcome: &mut Outcome,
) -> Result<(), AuditError> {
    let manifest = &snapshot.manifest;
    for listed in &manifest.tables {
        let name = format!("{}/{}.jsonl", folder(snapshot), listed.table);
        let found = take(ledger, &name, there, outcome)?.filter(|found| table_root(found) != listed.root);
        let Some(found) = found else { continue };
        let place =
            |row| TablePlace { table: listed.table.clone(), as_of: manifest.as_of, size: manifest.size, row };
        let finding =
            |row, values| Finding::in_table("frozen-copy", place(row), Some(snapshot.position), values);
        let made = remade(model, snapshot, &listed.table);
        let made = made.filter(|bytes| table_root(bytes) == listed.root);
        let rows = made.map(|made| rows::differences(&made, &found, MOST_ROWS)).unwrap_or_default();
        if rows.is_empty() {
            let values = (listed.root.to_string(), table_root(&found).to_string());
            outcome.findings.push(finding(None, values));
        }
        outcome
            .findings
            .extend(rows.into_iter().map(|own| finding(Some(own.row), (own.expected, own.found))));
    }
    Ok(())
}

/// A table as the lines give it, to say which row differs; none where they do not give it.
fn remade(model: &ReadModel, snapshot: &Snapshot, table: &str) -> Option<Vec<u8>> {
    let remade = remake(model.ledger().book(), &snapshot.manifest, snapshot.manifest.root).ok()?;
    remade.into_iter().find(|own| own.listed.table == table).map(|own| own.table.into_bytes())
}
