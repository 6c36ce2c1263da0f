//! Table roots on record, compared with tables made again; units' statements, compared with their chains.

use std::path::Path;

use chain::TreeHash;
use chain::hash::leaf_hash;
use chain::verify::Flaw;
use domain::ledger::{AttestedTable, UnitStatement};
use domain::scoring::At;
use projections::{ReadModel, Reading, TableKind};

use crate::{AuditError, Finding, Options, TablePlace};

/// What came of the comparisons.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) findings: Vec<Finding>,
    pub(crate) tables: u64,
    pub(crate) statements: u64,
    /// Files of frozen snapshots' copies that were compared.
    pub(crate) frozen_files: u64,
    /// Files of frozen snapshots that nobody kept.
    pub(crate) frozen_missing: u64,
}

/// Makes every attested table again from the folded lines, and compares each statement with its unit's chain.
pub(crate) fn check(ledger: &Path, model: &ReadModel) -> Result<Outcome, AuditError> {
    let attested = model.ledger().attested();
    let mut outcome = Outcome::default();
    // A table of lines that come only after its root has none.
    let size = |own: &AttestedTable| (own.attested.size <= own.position).then_some(own.attested.size);
    let roots = roots(ledger, model, attested.tables().iter().map(size).collect())?;
    for (own, root) in attested.tables().iter().zip(roots) {
        outcome.findings.extend(table(model, own, root));
        outcome.tables += 1;
    }
    for own in attested.statements() {
        outcome.findings.extend(statement(own).map(Finding::of));
        outcome.statements += 1;
    }
    Ok(outcome)
}

/// The tree's root at each of these sizes, which are not beyond the model's.
pub(crate) fn roots(
    ledger: &Path,
    model: &ReadModel,
    sizes: Vec<Option<u64>>,
) -> Result<Vec<Option<TreeHash>>, AuditError> {
    let tree = model.tree();
    let needed: std::collections::BTreeMap<u64, Vec<TreeHash>> =
        sizes.iter().flatten().map(|size| (tree.leaves_needed(*size).start, Vec::new())).collect();
    let leaves = if sizes.iter().flatten().all(|size| tree.leaves_needed(*size).is_empty()) {
        needed
    } else {
        leaves(ledger, needed)?
    };
    let root = |size: u64| {
        let range = tree.leaves_needed(size);
        let count = usize::try_from(range.end - range.start).expect("below 256");
        tree.root_at(size, &leaves[&range.start][..count])
    };
    Ok(sizes.into_iter().map(|size| size.map(root)).collect())
}

/// The leaf hashes of up to 256 lines from each start: the model keeps only the roots over whole groups of them.
fn leaves(
    ledger: &Path,
    mut wanted: std::collections::BTreeMap<u64, Vec<TreeHash>>,
) -> Result<std::collections::BTreeMap<u64, Vec<TreeHash>>, AuditError> {
    crate::replay(ledger, &Options::default(), |line, _| {
        if let Some(leaves) = wanted.get_mut(&(line.position - line.position % chain::tile::WIDTH)) {
            leaves.push(leaf_hash(line.bytes));
        }
    })?;
    Ok(wanted)
}

/// Compares one table.
fn table(model: &ReadModel, own: &AttestedTable, root: Option<TreeHash>) -> Option<Finding> {
    let said = &own.attested;
    let place = TablePlace { table: said.table.clone(), as_of: said.as_of, size: said.size, row: None };
    let finding = |kind, expected: String, found: String| {
        Some(Finding::in_table(kind, place, Some(own.position), (expected, found)))
    };
    let Some(root) = root else {
        return finding("attested-axes", format!("≤ {}", own.position), said.size.to_string());
    };
    if root != said.root {
        return finding("attested-tree", root.to_string(), said.root.to_string());
    }
    let book = model.ledger().book();
    let at = At { as_of: said.as_of, known: said.size };
    let plan = book.registry().plan_ix(&said.plan);
    let reading = plan.map(|plan| Reading::in_force(book, plan, at, root));
    let Some(Ok(reading)) = reading else {
        return finding("attested-axes", "当时已颁布的方案和规则".to_owned(), said.plan.to_string());
    };
    if reading.rules_hash() != said.rules {
        return finding("attested-rules", reading.rules_hash().to_string(), said.rules.to_string());
    }
    let made = TableKind::from_name(&said.table).map(|kind| kind.encode_as(&reading, said.encoder_version));
    let Some(Ok(made)) = made else {
        let found = format!("{} 第 {} 版", said.table, said.encoder_version);
        return finding("attested-encoder", "本程序有编码的表".to_owned(), found);
    };
    if made.root() == said.table_root {
        return None;
    }
    finding("attested-table", made.root().to_string(), said.table_root.to_string())
}

fn statement(own: &UnitStatement) -> Option<Flaw> {
    let words = |lines: u64, hash| format!("{lines} 行、末行 {hash}");
    if (own.had.lines, own.had.hash) != (own.stated.lines, own.stated.head) {
        let (had, said) = (words(own.had.lines, own.had.hash), words(own.stated.lines, own.stated.head));
        return Some(Flaw::at("statement-disagrees", own.position).values(had, said));
    }
    (!own.signed).then(|| Flaw::at("statement-unsigned", own.position))
}
