//! 复核: what waits for the bureau and for the office, with the difference to the time before; verify, approve or send back.

use answers::Asked;
use askama::Template;
use events::{Duty, UnitId};
use projections::Reading;
use serde_json::{Value, json};

use super::figures::{Waiting, is_reported, is_verified, standing, waiting};
use super::{Trouble, value, values};
use crate::frame::{Frame, Mode, Page, PageError, Site, filled};
use crate::visitor::Visitor;

/// So many are done at once.
const LISTED: usize = 100;

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage {
    frame: Frame,
    csrf_token: String,
    queues: Vec<Queue>,
    said: String,
    troubles: Vec<Trouble>,
}

/// What waits for one step.
struct Queue {
    title: &'static str,
    /// What the button does: `verify` or `approve`.
    act: &'static str,
    button: &'static str,
    unit: String,
    figures: Vec<Waiting>,
    more: usize,
}

/// The queues of a verifier and of the office. `said` and `troubles` tell what became of the last form.
///
/// # Errors
/// When the question has no answer, or nobody asks who verifies or approves.
pub fn review(
    site: &Site<'_>,
    asked: &Asked<'_>,
    visitor: &Visitor,
    said: &str,
    troubles: Vec<Trouble>,
) -> Result<String, PageError> {
    let reading = asked.reading()?;
    let frame = Frame::of(site, asked, Page { path: "/review", title: "复核与审定", own: &[] })?;
    let mut queues = Vec::new();
    for unit in visitor.units("verifier") {
        queues.push(verifying(&reading, unit, &frame));
    }
    for unit in visitor.units("office") {
        queues.push(approving(&reading, unit, &frame));
    }
    if queues.is_empty() {
        return Err(PageError::Question("您的账号没有归口复核或数字办的角色。请联系管理员。".to_owned()));
    }
    let csrf_token = visitor.csrf_token.clone();
    Ok(filled(&ReviewPage { csrf_token, queues, said: said.to_owned(), troubles, frame }))
}

fn verifying(reading: &Reading<'_>, unit: &UnitId, frame: &Frame) -> Queue {
    let registry = reading.book().registry();
    let cells = reading.cells().filter(|ix| registry.has_duty(unit, Duty::Verifies, *ix));
    queue("待复核", ("verify", "复核通过"), unit, reading, cells, is_reported, frame)
}

fn approving(reading: &Reading<'_>, unit: &UnitId, frame: &Frame) -> Queue {
    queue("待审定", ("approve", "审定"), unit, reading, reading.cells(), is_verified, frame)
}

fn queue(
    title: &'static str,
    (act, button): (&'static str, &'static str),
    unit: &UnitId,
    reading: &Reading<'_>,
    cells: impl Iterator<Item = domain::registry::CellIx>,
    wanted: fn(domain::book::Life) -> bool,
    frame: &Frame,
) -> Queue {
    let mut figures: Vec<Waiting> = Vec::new();
    for ix in cells {
        for (cell, figure) in standing(reading, ix, wanted) {
            figures.push(waiting(reading, ix, cell, figure, &frame.links));
        }
    }
    figures.sort_by_key(|own| own.position);
    let more = figures.len().saturating_sub(LISTED);
    figures.truncate(LISTED);
    Queue { title, act, button, unit: unit.to_string(), figures, more }
}

/// The document of an act on the figures that were ticked; `act` is `verify`, `approve` or `return`.
#[must_use]
pub fn acts(fields: &[(String, String)], act: &str) -> Value {
    let reason = value(fields, "reason");
    let data = |figure: &str| match act {
        "return" => json!({ "data": { "figure": figure, "reason": reason } }),
        "verify" if !reason.is_empty() => json!({ "data": { "figure": figure, "note": reason } }),
        _ => json!({ "data": { "figure": figure } }),
    };
    let events: Vec<Value> = values(fields, "figure").map(data).collect();
    json!({ "unit": value(fields, "unit"), "events": events })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_that_is_ticked_is_an_event() {
        let form = [("unit", "statistics"), ("figure", "a"), ("figure", "b"), ("reason", "请核对口径")];
        let form: Vec<(String, String)> =
            form.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let returned = acts(&form, "return");
        assert_eq!(returned["events"][1], json!({ "data": { "figure": "b", "reason": "请核对口径" } }));
        assert_eq!(acts(&form, "approve")["events"][0], json!({ "data": { "figure": "a" } }));
    }
}
