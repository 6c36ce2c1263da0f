//! What is answered to who had something recorded: a receipt, or what stands in the way.

use app::Receipt;
use domain::ledger::Problem;
use serde_json::{Value, json};

/// A receipt for programs.
#[must_use]
pub fn receipt(receipt: &Receipt) -> Value {
    let lines = (receipt.first..).zip(&receipt.kinds).zip(&receipt.hashes);
    json!({
        "recorded": true,
        "repeated": receipt.repeated,
        "submission": receipt.submission,
        "unit": receipt.unit,
        "at": receipt.at,
        "lines": lines.map(|((position, kind), hash)| json!({
            "position": position, "type": kind.name(), "hash": hash,
        })).collect::<Vec<_>>(),
    })
}

/// A problem of the rules for programs; `event` counts from 0.
#[must_use]
pub fn problem(problem: &Problem) -> Value {
    let cell = problem.cell.as_ref();
    json!({
        "event": problem.event,
        "indicator": cell.map(|cell| &cell.indicator),
        "area": cell.map(|cell| &cell.area),
        "code": problem.kind.code(),
        "message": problem.kind.to_string(),
    })
}
