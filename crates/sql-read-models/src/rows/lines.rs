//! Rows that come one by one: the trail, and the versions of figures.

use std::collections::BTreeMap;

use chain::EventHash;
use domain::book::{Book, Figure, FigureIx, Life, MarkKind};
use events::{Recorded, Stage};
use projections::tables::v1::trail::About;
use serde_json::{Value, json};

use super::{Row, row};
use crate::layout::{EVENTS, FIGURES};

/// The row of a line in `events`; the book holds the line, and perhaps later ones.
///
/// # Panics
/// Never: a recorded event is canonical JSON.
#[must_use]
pub fn event(book: &Book, line: &Recorded) -> Row {
    let about = About::of(book, line);
    let data = line.event.encode().expect("a recorded event is canonical JSON");
    let source = json!({
        "position": line.position,
        "event_hash": line.hash,
        "recorded_at": line.at,
        "event_type": line.event.kind().name(),
        "unit": line.unit,
        "unit_seq": line.unit_seq,
        "account": line.by,
        "submission": line.submission,
        "plan": about.plan,
        "indicator": about.indicator(),
        "area": about.area,
        "period": about.period,
        "acts_on": about.acts_on,
        "data": String::from_utf8(data).expect("JSON is UTF-8"),
    });
    row(&EVENTS, &source, &[])
}

/// The rows in `figures` that a line is about: the version it reports or corrects, and the one it acts on.
pub fn touched<'a>(book: &'a Book, line: &'a Recorded) -> impl Iterator<Item = (u64, FigureIx)> + 'a {
    let acted_on = About::of(book, line).acts_on;
    let place = |hash: EventHash| book.figure_ix(&hash).map(|ix| (book.figure(ix).position, ix));
    [Some(line.hash), acted_on].into_iter().flatten().filter_map(place)
}

/// The rows of the versions that lines are about, as they stand now, by position.
#[must_use]
pub fn figures(book: &Book, lines: &[Recorded]) -> BTreeMap<u64, Row> {
    let touched: BTreeMap<u64, FigureIx> = lines.iter().flat_map(|line| touched(book, line)).collect();
    touched.into_iter().map(|(position, ix)| (position, figure(book, ix))).collect()
}

/// The row of a version in `figures`.
#[must_use]
pub fn figure(book: &Book, ix: FigureIx) -> Row {
    let plan = book.registry().plan(ix.cell.plan);
    let cell = book.cell(ix.cell).expect("a figure's cell exists");
    let figure = cell.figure(ix.version);
    let hash = |version: Option<u32>| json!(version.map(|version| cell.figure(version).hash));
    let more = [
        ("plan", json!(plan.adopted.plan)),
        ("indicator", json!(plan.indicator(ix.cell.indicator).defined.indicator)),
        ("area", json!(plan.area(ix.cell.area).area)),
        ("life", json!(life(figure))),
        ("corrects", hash(figure.corrects)),
        ("corrected_by", hash(figure.corrected_by)),
        ("verified_at", last(figure, MarkKind::Verified)),
        ("approved_at", last(figure, MarkKind::Approved)),
        ("returned_at", last(figure, MarkKind::Returned)),
        ("withdrawn_at", last(figure, MarkKind::Withdrawn)),
    ];
    row(&FIGURES, figure, &more)
}

fn last(figure: &Figure, kind: MarkKind) -> Value {
    json!(figure.marks.iter().rfind(|mark| mark.kind == kind).map(|mark| mark.position))
}

fn life(figure: &Figure) -> &'static str {
    match figure.life(u64::MAX) {
        Life::Standing(Stage::Reported) => "reported",
        Life::Standing(Stage::Verified) => "verified",
        Life::Standing(Stage::Approved) => "approved",
        Life::Returned => "returned",
        Life::Withdrawn => "withdrawn",
    }
}
