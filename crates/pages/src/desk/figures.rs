//! Figures as the desk shows them: with their cell in words, the one before, and how far they are from it.

use domain::book::{Cell, Figure, Life};
use domain::rational::Rational;
use domain::registry::CellIx;
use events::{Stage, Value};
use projections::{Reading, words};

use crate::links::Links;
use crate::text;

/// A figure that waits for somebody.
pub struct Waiting {
    pub hash: String,
    pub cell: String,
    pub href: String,
    pub measure: String,
    pub value: String,
    pub status: &'static str,
    pub as_at: String,
    pub period: String,
    pub unit: String,
    pub position: u64,
    pub at: String,
    /// The value of the day before it in the cell.
    pub before: String,
    /// The difference to it.
    pub difference: String,
}

/// The newest version of each day of a cell that stands as asked among the known lines.
pub fn standing<'a>(
    reading: &Reading<'a>,
    cell: CellIx,
    wanted: impl Fn(Life) -> bool,
) -> Vec<(&'a Cell, &'a Figure)> {
    let known = reading.at().known;
    let Some(own) = reading.book().cell(cell) else { return Vec::new() };
    let is_newest = |figure: &&Figure| figure.position < known && figure.corrected_by.is_none();
    let figures = own.figures().iter().filter(is_newest).filter(|figure| wanted(figure.life(known)));
    figures.map(|figure| (own, figure)).collect()
}

/// Whether a figure is reported and nobody has verified it.
pub fn is_reported(life: Life) -> bool {
    life == Life::Standing(Stage::Reported)
}

/// Whether a figure is verified and not approved.
pub fn is_verified(life: Life) -> bool {
    life == Life::Standing(Stage::Verified)
}

/// Whether a figure was sent back.
pub fn is_returned(life: Life) -> bool {
    life == Life::Returned
}

/// A figure for people.
pub fn waiting(reading: &Reading<'_>, ix: CellIx, cell: &Cell, figure: &Figure, links: &Links) -> Waiting {
    let (indicator, area) = reading.ids(ix);
    let defined = &reading.plan().indicator(ix.indicator).defined;
    let before = cell.before(figure.as_at);
    let number = |figure: &Figure| figure.value.number().map(Rational::from);
    let difference = before.and_then(number).zip(number(figure)).map(|(before, now)| &now - &before);
    Waiting {
        hash: figure.hash.to_string(),
        cell: format!("{} · {}", reading.area_name(area), reading.indicator_name(indicator)),
        href: links.to("/trail", &[("indicator", indicator.as_str()), ("area", area.as_str())]),
        measure: text::measure(&defined.measure).to_owned(),
        value: words::value(figure.value),
        status: words::status(figure.status),
        as_at: figure.as_at.to_string(),
        period: figure.period.to_string(),
        unit: reading.unit_name(&figure.unit).to_owned(),
        position: figure.position,
        at: text::minute(figure.at),
        before: before
            .map_or_else(|| "—".to_owned(), |own| format!("{}（{}）", words::value(own.value), own.as_at)),
        difference: difference.map_or_else(|| "—".to_owned(), |own| signed(&own)),
    }
}

/// A difference with as many places as it needs.
fn signed(number: &Rational) -> String {
    let text = text::number(number);
    if number.is_negative() { text.replacen('-', "−", 1) } else { format!("+{text}") }
}

/// A value as a form takes it; nothing where there is no number.
pub fn entered(value: Value) -> String {
    value.number().map(|number| number.to_string()).unwrap_or_default()
}

/// Where a figure stands, in a word.
pub fn life_word(life: Life) -> &'static str {
    match life {
        Life::Standing(stage) => words::stage(stage),
        Life::Returned => "退回",
        Life::Withdrawn => "撤回",
    }
}
