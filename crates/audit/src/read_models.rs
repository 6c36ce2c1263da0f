//! Two read models of the same lines: where one that somebody kept differs from the one made again.

use std::collections::BTreeSet;

use chain::Date;
use domain::registry::PlanIx;
use domain::scoring::At;
use projections::{ReadModel, Reading, TableKind};

use crate::{Finding, TablePlace, rows};

/// Where `kept` differs from `rebuilt`, both of all the same lines: every table of every plan by row, for each day a figure was
/// attained, the latest first; what shows in no table by the part of the model. At most `limit` findings, none only where the
/// two are equal.
#[must_use]
pub fn differences(kept: &ReadModel, rebuilt: &ReadModel, limit: usize) -> Vec<Finding> {
    if kept == rebuilt {
        return Vec::new();
    }
    match without_panic(|| in_tables(kept, rebuilt, limit)) {
        Some(in_tables) if in_tables.is_empty() => vec![elsewhere(kept, rebuilt)],
        Some(in_tables) => in_tables,
        None => vec![unlike("内部关联", "互相矛盾，不能据以出表")],
    }
}

/// What is made of a kept model, or nothing where that panics.
///
/// A saved state that was altered and given the right hash again can break what its code takes for granted. That is something to
/// find, not to die of.
pub fn without_panic<T>(make: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(make)).ok()
}

/// A difference that shows in no table: named by the part of the state it is in.
fn elsewhere(saved: &ReadModel, rebuilt: &ReadModel) -> Finding {
    let (own, right) = (saved.ledger(), rebuilt.ledger());
    let part = if own.book() != right.book() {
        "登记与数值"
    } else if own.head() != right.head() {
        "各链的末行"
    } else if saved.tree() != rebuilt.tree() {
        "哈希树"
    } else {
        "其余部分"
    };
    unlike(part, "别的内容")
}

/// A finding about a part of a saved state as a whole.
#[must_use]
pub fn unlike(part: &str, found: &str) -> Finding {
    let message_zh = format!("保存状态的{part}不是由各行重算的那样：{found}。请删去 state 目录后查明原因。");
    Finding {
        kind: "saved-state",
        table: None,
        position: None,
        expected: Some("由各行重算的".to_owned()),
        found: Some(found.to_owned()),
        message_zh,
    }
}

fn in_tables(saved: &ReadModel, rebuilt: &ReadModel, limit: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (plan, _) in rebuilt.ledger().book().registry().plans() {
        for as_of in days(saved, rebuilt, plan) {
            for kind in TableKind::ALL {
                if findings.len() >= limit {
                    return findings;
                }
                findings.extend(in_table(saved, rebuilt, plan, as_of, kind, limit - findings.len()));
            }
        }
    }
    findings
}

/// Latest first: that is the table people look at.
fn days(saved: &ReadModel, rebuilt: &ReadModel, plan: PlanIx) -> Vec<Date> {
    let of = |model: &ReadModel| -> BTreeSet<Date> {
        let cells = model.ledger().book().cells().filter(|(ix, _)| ix.plan == plan);
        cells.flat_map(|(_, cell)| cell.figures().iter().map(|figure| figure.as_at)).collect()
    };
    let mut days = of(saved);
    days.append(&mut of(rebuilt));
    days.into_iter().rev().collect()
}

fn in_table(
    saved: &ReadModel,
    rebuilt: &ReadModel,
    plan: PlanIx,
    as_of: Date,
    kind: TableKind,
    limit: usize,
) -> Vec<Finding> {
    let at = At { as_of, known: rebuilt.size() };
    // The root of the right tree for both: a wrong one would make every first row differ.
    let root = rebuilt.tree().root();
    let bytes = |model: &ReadModel| {
        let book = model.ledger().book();
        let known = book.registry().plans().any(|(ix, _)| ix == plan);
        let reading = known.then(|| Reading::in_force(book, plan, at, root));
        reading.and_then(Result::ok).map_or(Vec::new(), |reading| kind.encode(&reading).into_bytes())
    };
    let found = rows::differences(&bytes(rebuilt), &bytes(saved), limit);
    let finding = |own: rows::Difference| {
        let place = TablePlace { table: kind.name().to_owned(), as_of, size: at.known, row: Some(own.row) };
        Finding::in_table("saved-table", place, None, (own.expected, own.found))
    };
    found.into_iter().map(finding).collect()
}
