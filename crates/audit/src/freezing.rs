//! Freezing, decided again: approvals, quorum and turn from the lines before, and each proposed table made again.

use chain::verify::Flaw;
use domain::ledger::Ledger;
use events::{Event, Recorded, SnapshotProposed};
use projections::snapshots::remake;

use crate::fold::Before;

/// What is wrong with a line about freezing; `ledger` and `before` are of the lines before it.
pub(crate) fn freezing(position: u64, line: &Recorded, ledger: &Ledger, before: Before<'_>) -> Option<Flaw> {
    if let Some(problem) = ledger.freezing_problems(line).first() {
        return Some(Flaw::at("freezing", position).values("符合冻结的规定", problem.kind.code()));
    }
    if let Event::SnapshotProposed(manifest) = &line.event {
        return proposed(position, manifest, ledger, before);
    }
    None
}

/// A proposal's head and tables; that it counts no lines beyond itself is among the problems of freezing.
fn proposed(position: u64, manifest: &SnapshotProposed, ledger: &Ledger, before: Before<'_>) -> Option<Flaw> {
    let root = before.root_at(manifest.size);
    if root != manifest.root {
        return Some(Flaw::at("snapshot-root", position).values(root, manifest.root));
    }
    let remade = match remake(ledger.book(), manifest, manifest.root) {
        Ok(remade) => remade,
        Err(error) => return Some(Flaw::at("snapshot-table", position).values("可以重算", error)),
    };
    let other = remade.iter().find(|own| !own.is_equal())?;
    let root = |root: chain::TableRoot| format!("{} {root}", other.listed.table);
    Some(Flaw::at("snapshot-table", position).values(root(other.found()), root(other.listed.root)))
}
