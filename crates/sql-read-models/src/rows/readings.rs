//! Scores, ranking, filings and the figures that count, for each reporting date.
//!
//! A plan is read at the end of every period that is over (weeks excepted); at the day of the ledger's last line, which stands
//! for today, because a clock would give other rows for the same lines; and at the latest day of any figure, which is what
//! every question means that names no day. All lines are known.

use std::collections::{BTreeMap, BTreeSet};

use chain::Date;
use domain::book::Book;
use domain::rational::Rational;
use domain::registry::{Plan, PlanIx};
use domain::scoring::{self, At};
use events::PeriodKind;
use projections::tables::v1::ranking::RankRow;
use projections::tables::{Heading, v1};
use projections::{ReadModel, Reading, latest_day};
use serde_json::json;

use super::Remade;
use crate::layout::{BLOCK_SCORES, CELL_SCORES, CURRENT_FIGURES, FILINGS, RANKING, READINGS};

/// Adds the rows of a ledger's plans.
pub fn add(model: &ReadModel, all: &mut Remade) {
    let ledger = model.ledger();
    let Some(last) = ledger.head().at else { return };
    for (ix, plan) in ledger.book().registry().plans() {
        let dates = Dates::of(ledger.book(), plan, last.china_date(), model.size());
        add_plan(model, ix, &dates, all);
    }
}

/// The reporting dates of a plan.
struct Dates {
    /// The ends of periods that are over, in years the plan has targets for.
    period_ends: BTreeSet<Date>,
    /// The latest day of any figure.
    latest: Date,
    /// These, and the day of the last line.
    all: BTreeSet<Date>,
}

impl Dates {
    fn of(book: &Book, plan: &Plan, today: Date, known: u64) -> Self {
        let latest = latest_day(book, &plan.adopted.plan, known);
        let in_plan = |date: &Date| plan.adopted.years.iter().any(|year| i32::from(*year) == date.year());
        let over = |date: &Date| *date <= today.max(latest) && in_plan(date);
        let periods = book.registry().periods().filter(|period| period.opened.kind != PeriodKind::Week);
        let period_ends: BTreeSet<Date> = periods.map(|period| period.opened.ends_on).filter(over).collect();
        let today = Some(today).filter(in_plan);
        let all = period_ends.iter().copied().chain([latest]).chain(today).collect();
        Self { period_ends, latest, all }
    }
}

/// Totals and places of a reading, by area.
type Places = BTreeMap<String, (Option<String>, Option<u32>)>;

fn add_plan(model: &ReadModel, plan: PlanIx, dates: &Dates, all: &mut Remade) {
    let (book, known, root) = (model.ledger().book(), model.size(), model.tree().root());
    let read = |as_of: &Date| Reading::in_force(book, plan, At { as_of: *as_of, known }, root).ok();
    let readings: Vec<Reading<'_>> = dates.all.iter().filter_map(read).collect();
    let mut before: Option<(Date, Places)> = None;
    for (number, reading) in readings.iter().enumerate() {
        let as_of = reading.at().as_of;
        add_heading(reading, as_of == dates.latest, all);
        let previous = before.as_ref().filter(|(date, _)| date.year() == as_of.year());
        let places = add_scores(reading, previous, all);
        if dates.period_ends.contains(&as_of) {
            before = Some((as_of, places));
        }
        if readings.get(number + 1).is_none_or(|next| next.at().as_of.year() != as_of.year()) {
            add_filings(reading, all);
        }
        if as_of == dates.latest {
            add_current_figures(reading, all);
        }
    }
}

fn add_heading(reading: &Reading<'_>, is_latest: bool, all: &mut Remade) {
    let heading = Heading::of(reading, v1::scores::NAME, v1::VERSION);
    let more = [("is_latest", json!(is_latest)), ("token", json!(heading.token().to_string()))];
    all.add(&READINGS, &heading, &more);
}

fn add_scores(reading: &Reading<'_>, before: Option<&(Date, Places)>, all: &mut Remade) -> Places {
    let scored = scoring::score(reading.book(), reading.plan_ix(), &reading.inputs());
    let axes = [("plan", json!(reading.plan().adopted.plan)), ("as_of", json!(reading.at().as_of))];
    let scores = v1::Scores::from_scores(reading, &scored);
    scores.cells.iter().for_each(|cell| all.add(&CELL_SCORES, cell, &axes));
    scores.blocks.iter().for_each(|block| all.add(&BLOCK_SCORES, block, &axes));
    let ranking = v1::Ranking::from_scores(reading, &scored);
    for row in &ranking.areas {
        let mut more = axes.to_vec();
        if let Some((date, places)) = before {
            more.push(("previous_as_of", json!(date)));
            more.extend(changes(row, places));
        }
        all.add(&RANKING, row, &more);
    }
    let place = |row: &RankRow<'_>| (row.area.to_string(), (row.total.clone(), row.place));
    ranking.areas.iter().map(place).collect()
}

/// What an area gained since the reading before.
fn changes(row: &RankRow<'_>, before: &Places) -> [(&'static str, serde_json::Value); 2] {
    let (total, place) = before.get(row.area.as_str()).cloned().unwrap_or_default();
    let number = |total: &String| total.parse::<Rational>().ok().or_else(|| decimal(total));
    let change = row.total.as_ref().and_then(number).zip(total.as_ref().and_then(number));
    let change = change.map(|(now, before)| exact(&(&now - &before)));
    let gained = row.place.zip(place).map(|(now, before)| i64::from(before) - i64::from(now));
    [("total_change", json!(change)), ("place_change", json!(gained))]
}

fn decimal(text: &str) -> Option<Rational> {
    text.parse::<events::Decimal>().ok().map(Rational::from)
}

/// A total's change: totals are decimals, so it is one; a fraction where the rules leave one.
fn exact(number: &Rational) -> String {
    number.to_decimal(0).unwrap_or_else(|| number.to_string())
}

fn add_filings(reading: &Reading<'_>, all: &mut Remade) {
    let axes = [("plan", json!(reading.plan().adopted.plan)), ("as_of", json!(reading.at().as_of))];
    let timeliness = v1::Timeliness::of(reading);
    timeliness.rows.iter().for_each(|row| all.add(&FILINGS, row, &axes));
}

fn add_current_figures(reading: &Reading<'_>, all: &mut Remade) {
    let plan = ("plan", json!(reading.plan().adopted.plan));
    let figures = v1::Figures::of(reading).figures;
    let counting = figures.iter().filter(|figure| figure.outcome == "counts");
    counting.for_each(|figure| all.add(&CURRENT_FIGURES, figure, std::slice::from_ref(&plan)));
}
