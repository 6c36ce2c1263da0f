//! The tables compared with what the lines say, row by row.

use std::collections::BTreeMap;

use domain::book::{Figure, FigureIx};
use projections::ReadModel;
use serde::Serialize;
use store::EventLog;

use crate::database::{Checkpoint, Database, DatabaseError, LAST_POSITION, Place, by_key};
use crate::follow::{FollowError, Following, fits};
use crate::layout::{CHECKPOINT, EVENTS, FIGURES, REMADE, Table};
use crate::rows::{self, Cell, Remade, Row, Rows};

/// Rows that are compared at once.
const ROWS_AT_ONCE: u64 = 8_192;
/// More differences than this are counted, and not kept.
const MOST_DIFFERENCES: usize = 50;

/// A difference between a table and the lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The table.
    pub table: &'static str,
    /// The row: its key's columns and their texts.
    pub row: String,
    /// The column; none where the whole row is missing or too many.
    pub column: Option<&'static str>,
    /// What the lines say; none for empty, or for a row that should not be there.
    pub expected: Option<String>,
    /// What the table says; none for empty, or for a row that is not there.
    pub found: Option<String>,
}

/// What came of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// How many lines were applied to the tables.
    pub size: u64,
    /// How many rows were compared.
    pub rows: u64,
    /// How many differences there are.
    pub found: u64,
    /// The first of them.
    pub differences: Vec<Difference>,
}

impl Checked {
    fn note(&mut self, difference: Difference) {
        self.found += 1;
        if self.differences.len() < MOST_DIFFERENCES {
            self.differences.push(difference);
        }
    }

    fn compare(&mut self, table: &'static Table, expected: &Rows, found: &Rows) {
        self.rows += expected.len() as u64;
        for (key, row) in expected {
            match found.get(key) {
                Some(found) => self.compare_row(table, row, found),
                None => self.note(whole(table, key, Some("有这一行"), None)),
            }
        }
        let more = found.keys().filter(|key| !expected.contains_key(*key));
        more.for_each(|key| self.note(whole(table, key, None, Some("有这一行"))));
    }

    fn compare_row(&mut self, table: &'static Table, expected: &Row, found: &Row) {
        let key = &expected[..table.key];
        for (column, (expected, found)) in table.columns.iter().zip(expected.iter().zip(found)) {
            // The worker's clock is no part of any result.
            if expected != found && column.name != "updated_at" {
                let text = |cell: &Cell| cell.as_deref().map(str::to_owned);
                self.note(Difference {
                    table: table.name,
                    row: named(table, key),
                    column: Some(column.name),
                    expected: text(expected),
                    found: text(found),
                });
            }
        }
    }
}

fn whole(table: &'static Table, key: &[Cell], expected: Option<&str>, found: Option<&str>) -> Difference {
    let (expected, found) = (expected.map(str::to_owned), found.map(str::to_owned));
    Difference { table: table.name, row: named(table, key), column: None, expected, found }
}

/// The columns of a row's key and their texts.
fn named(table: &Table, key: &[Cell]) -> String {
    let part = |(column, cell): (&crate::layout::Column, &Cell)| {
        format!("{}={}", column.name, cell.as_deref().unwrap_or("（空）"))
    };
    table.key_columns().iter().zip(key).map(part).collect::<Vec<_>>().join(" ")
}

/// Makes every row of the tables in use again from the lines, up to their checkpoint, and compares.
///
/// `progress` is told how many lines are done, and how many there are. Nothing where there are no tables.
///
/// # Errors
/// [`FollowError`] when database or log cannot be read.
pub fn check(
    log: &dyn EventLog,
    database: &mut dyn Database,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Option<Checked>, FollowError> {
    database.begin_reading()?;
    let checked = match database.checkpoint(Place::InUse)? {
        None => None,
        Some(own) => Some(compare(log, database, &own, progress)?),
    };
    database.end_reading()?;
    Ok(checked)
}

fn compare(
    log: &dyn EventLog,
    database: &mut dyn Database,
    own: &Checkpoint,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Checked, FollowError> {
    let mut checked = Checked { size: own.tree_size, ..Checked::default() };
    if let Some(why) = fits(own, log)? {
        let mut difference = whole(&CHECKPOINT, &own.to_row()[..1], None, None);
        difference.found = Some(why.to_string());
        checked.note(difference);
        return Ok(checked);
    }
    let model = compare_events(log, database, own.tree_size, &mut checked, progress)?;
    compare_figures(database, &model, &mut checked)?;
    let remade = Remade::of(&model);
    for table in REMADE {
        checked.compare(table, remade.rows(table), &database.rows(table, None)?);
    }
    compare_checkpoint(database, &model, own, &mut checked)?;
    Ok(checked)
}

/// The ranges in which rows by position are compared: the last takes in whatever is beyond.
fn ranges(size: u64) -> impl Iterator<Item = std::ops::Range<u64>> {
    let starts = (0..size.max(1)).step_by(ROWS_AT_ONCE as usize);
    starts.map(move |start| {
        let end = start + ROWS_AT_ONCE;
        start..if end >= size { LAST_POSITION } else { end }
    })
}

fn compare_events(
    log: &dyn EventLog,
    database: &mut dyn Database,
    size: u64,
    checked: &mut Checked,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<ReadModel, FollowError> {
    let mut following = Following::default();
    for range in ranges(size) {
        let lines = following.read_on(log, range.end.min(size))?;
        let book = following.model.ledger().book();
        let expected = by_key(&EVENTS, lines.iter().map(|line| rows::event(book, line)));
        checked.compare(&EVENTS, &expected, &database.rows(&EVENTS, Some(range))?);
        progress(following.model.size(), size);
    }
    Ok(following.model)
}

fn compare_figures(
    database: &mut dyn Database,
    model: &ReadModel,
    checked: &mut Checked,
) -> Result<(), DatabaseError> {
    let book = model.ledger().book();
    let versions = book.cells().flat_map(|(cell, own)| {
        let place = move |(version, figure): (u32, &Figure)| (figure.position, FigureIx { cell, version });
        (0..).zip(own.figures()).map(place)
    });
    let places: BTreeMap<u64, FigureIx> = versions.collect();
    for range in ranges(model.size()) {
        let own = places.range(range.clone()).map(|(_, ix)| rows::figure(book, *ix));
        let expected = by_key(&FIGURES, own);
        checked.compare(&FIGURES, &expected, &database.rows(&FIGURES, Some(range))?);
    }
    Ok(())
}

fn compare_checkpoint(
    database: &mut dyn Database,
    model: &ReadModel,
    own: &Checkpoint,
    checked: &mut Checked,
) -> Result<(), DatabaseError> {
    let origin = model.ledger().book().registry().opened().map(|opened| opened.origin.clone());
    let expected = Checkpoint {
        origin: origin.unwrap_or_default(),
        event_hash: model.ledger().head().hash,
        root: model.tree().root(),
        ..own.clone()
    };
    let expected = by_key(&CHECKPOINT, [expected.to_row()]);
    checked.compare(&CHECKPOINT, &expected, &database.rows(&CHECKPOINT, None)?);
    Ok(())
}
