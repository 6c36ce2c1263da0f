//! Table roots on record, compared with tables made again; units' statements, compared with their chains.

use std::num::NonZeroUsize;

use chain::TreeHash;
use chain::verify::Flaw;
use domain::ledger::{AttestedTable, UnitStatement};
use domain::scoring::At;
use projections::{ReadModel, Reading, TableKind};

use crate::fold::Before;
use crate::{Finding, TablePlace, parallel};

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

/// Makes every attested table again from the folded lines, whose leaf hashes these are, on so many threads, and compares each
/// statement with its unit's chain.
pub(crate) fn check(model: &ReadModel, leaves: &[TreeHash], threads: NonZeroUsize) -> Outcome {
    let attested = model.ledger().attested();
    let compared = parallel::map(attested.tables(), threads.get(), |own| {
        // A table of lines that come only after its root has none.
        let root = (own.attested.size <= own.position).then(|| root_at(model, leaves, own.attested.size));
        table(model, own, root)
    });
    let mut outcome = Outcome { tables: compared.len() as u64, ..Outcome::default() };
    outcome.findings.extend(compared.into_iter().flatten());
    for own in attested.statements() {
        outcome.findings.extend(statement(own).map(Finding::of));
        outcome.statements += 1;
    }
    outcome
}

/// The tree's root at a size that is not beyond the model's: the model keeps only the roots over whole groups of leaves.
pub(crate) fn root_at(model: &ReadModel, leaves: &[TreeHash], size: u64) -> TreeHash {
    Before { tree: model.tree(), leaves }.root_at(size)
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
