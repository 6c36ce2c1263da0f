//! `docs/sql.md` held to the tables as the databases have them, and its queries to the projections' own answers.

mod common;

use std::collections::BTreeMap;

use chain::Date;
use common::cluster::Cluster;
use common::*;
use domain::rational::Rational;
use domain::scoring::At;
use projections::tables::v1;
use projections::{ReadModel, Reading};
use rusqlite::Connection;
use sql_read_models::layout::{Column, Kind, Table, tables};
use sql_read_models::queries::{CELL_HISTORY, LATE_OR_MISSING, QUERIES, RANKING_AT};
use sql_read_models::rows::Row;
use sql_read_models::{Database, Settings};

const DOCUMENT: &str = include_str!("../../../docs/sql.md");

/// Types as PostgreSQL and SQLite have them.
const fn types(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Text | Kind::Exact => ("text", "TEXT"),
        Kind::Integer => ("bigint", "INTEGER"),
        Kind::Decimal => ("numeric", "TEXT"),
        Kind::Boolean => ("boolean", "INTEGER"),
        Kind::Date => ("date", "TEXT"),
        Kind::Instant => ("timestamp with time zone", "TEXT"),
        Kind::Json => ("json", "TEXT"),
    }
}

fn documented(table: &Table) -> String {
    let row = |(number, column): (usize, &Column)| {
        let (postgresql, sqlite) = types(column.kind);
        let key = if number < table.key { "key" } else { "" };
        let empty = if column.nullable { "may be empty" } else { key };
        format!("| `{}` | {postgresql} | {sqlite} | {empty} | {} |\n", column.name, column.about)
    };
    let rows: String = table.columns.iter().enumerate().map(row).collect();
    format!(
        "### `{}`\n\n{}\n\n| column | PostgreSQL | SQLite | | meaning |\n| --- | --- | --- | --- | --- |\n{rows}",
        table.name, table.about
    )
}

#[test]
fn the_document_has_every_table_and_column_and_every_query() {
    let all: Vec<String> = tables().map(documented).collect();
    let expected = all.join("\n");
    let (_, rest) = DOCUMENT.split_once("<!-- tables -->\n\n").expect("a place for the tables");
    let (found, _) = rest.split_once("\n<!-- /tables -->").expect("an end of the tables");
    assert_eq!(found, expected, "docs/sql.md should hold:\n{expected}");
    for query in QUERIES {
        let block = format!("```sql\n{}```\n", query.sql);
        assert!(DOCUMENT.contains(&block), "docs/sql.md should hold the query {}:\n{block}", query.name);
    }
}

#[test]
fn the_databases_have_the_columns_that_are_documented() {
    let (cluster, folder, log) = (Cluster::start(), tempfile::tempdir().unwrap(), demonstration(200));
    let file = folder.path().join("columns.sqlite");
    follow(&log, sqlite(&file), at_once(u64::MAX));
    follow(&log, cluster.open(Settings::SCHEMA), at_once(u64::MAX));
    let connection = Connection::open(&file).unwrap();
    for table in tables() {
        let expected = |ix: fn((&'static str, &'static str)) -> &'static str| {
            let column =
                |column: &Column| format!("{} {} {}", column.name, ix(types(column.kind)), column.nullable);
            table.columns.iter().map(column).collect::<Vec<_>>()
        };
        let ask = format!("SELECT name, type, \"notnull\" FROM pragma_table_info('{}')", table.name);
        let mut statement = connection.prepare(&ask).unwrap();
        let column = |row: &rusqlite::Row<'_>| {
            let (name, kind, held): (String, String, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(format!("{name} {kind} {}", !held))
        };
        let found: Vec<String> = statement.query_map([], column).unwrap().map(Result::unwrap).collect();
        assert_eq!(found, expected(|types| types.1), "{} in SQLite", table.name);
        let ask = format!(
            "SELECT column_name || ' ' || data_type || ' ' || (is_nullable = 'YES') FROM information_schema.columns WHERE table_schema = '{}' AND table_name = '{}' ORDER BY ordinal_position",
            Settings::SCHEMA,
            table.name
        );
        let found: Vec<String> = cluster.run(&ask).lines().map(str::to_owned).collect();
        assert_eq!(found, expected(|types| types.0), "{} in PostgreSQL", table.name);
    }
}

fn texts(rows: Vec<Row>) -> Vec<Vec<String>> {
    let text = |cell: sql_read_models::rows::Cell| cell.map_or_else(|| "—".to_owned(), String::from);
    rows.into_iter().map(|row| row.into_iter().map(text).collect()).collect()
}

fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "—".to_owned(), |value| value.to_string())
}

fn reading(model: &ReadModel, as_of: Date) -> Reading<'_> {
    let book = model.ledger().book();
    let plan = book.registry().plan_ix(&PLAN.parse().unwrap()).unwrap();
    let at = At { as_of, known: model.size() };
    Reading::in_force(book, plan, at, model.tree().root()).unwrap()
}

/// The ranking at a day with the change since an earlier one, as the projections have it.
fn ranking(model: &ReadModel, as_of: &str, before: &str) -> Vec<Vec<String>> {
    let (as_of, before): (Date, Date) = (as_of.parse().unwrap(), before.parse().unwrap());
    let (now, then) = (reading(model, as_of), reading(model, before));
    let (rows, earlier) = (v1::Ranking::of(&now).areas, v1::Ranking::of(&then).areas);
    let number = |text: &String| Rational::from(text.parse::<events::Decimal>().unwrap());
    let mut ranked: Vec<_> = rows.iter().filter(|row| row.class.is_some()).collect();
    // Classes by their names, as SQL orders them; places and then the plan's order within.
    ranked.sort_by_key(|row| row.class);
    let shown = |row: &&v1::ranking::RankRow<'_>| {
        let was = earlier.iter().find(|own| own.area == row.area).unwrap();
        let change = row.total.as_ref().zip(was.total.as_ref());
        let change = change.map(|(now, then)| (&number(now) - &number(then)).to_decimal(0).unwrap());
        let gained = row.place.zip(was.place).map(|(now, then)| i64::from(then) - i64::from(now));
        vec![
            row.class.unwrap().to_owned(),
            or_dash(row.place),
            now.area_name(row.area).to_owned(),
            or_dash(row.total.clone()),
            before.to_string(),
            or_dash(change),
            or_dash(gained),
        ]
    };
    ranked.iter().map(shown).collect()
}

/// Units with late or missing filings in the year, as the projections have it.
fn late_or_missing(model: &ReadModel, as_of: Date) -> Vec<Vec<String>> {
    let reading = reading(model, as_of);
    let mut units: BTreeMap<String, (u32, u32, u32)> = BTreeMap::new();
    for row in v1::Timeliness::of(&reading).rows {
        let sums = units.entry(row.unit.to_string()).or_default();
        *sums = (sums.0 + row.owed, sums.1 + row.late, sums.2 + row.missing);
    }
    let mut worst: Vec<_> = units.into_iter().filter(|(_, sums)| sums.1 + sums.2 > 0).collect();
    worst.sort_by_key(|(_, sums)| std::cmp::Reverse((sums.2, sums.1)));
    let shown = |(unit, sums): (String, (u32, u32, u32))| {
        let id = unit.parse().unwrap();
        let name = model.ledger().book().registry().unit_name(&id).to_owned();
        vec![unit, name, sums.0.to_string(), sums.1.to_string(), sums.2.to_string()]
    };
    worst.into_iter().map(shown).collect()
}

/// Every version of a cell, as the projections have it.
fn history(model: &ReadModel, indicator: &str, area: &str) -> Vec<Vec<String>> {
    let reading = reading(model, "2022-12-31".parse().unwrap());
    let figures = v1::Figures::of(&reading).figures;
    let own = figures.iter().filter(|row| row.indicator.as_str() == indicator && row.area.as_str() == area);
    let word =
        |status: events::FigureStatus| serde_json::to_value(status).unwrap().as_str().unwrap().to_owned();
    let shown = |row: &v1::figures::FigureRow<'_>| {
        vec![
            row.position.to_string(),
            row.at.to_string(),
            row.unit.to_string(),
            row.as_at.to_string(),
            row.value.to_string(),
            word(row.status),
            row.life.to_owned(),
            row.hash.to_string(),
            or_dash(row.corrects),
        ]
    };
    own.map(shown).collect()
}

/// A cell that was corrected, so that its history has something to tell.
fn corrected_cell(model: &ReadModel) -> (String, String) {
    let book = model.ledger().book();
    let (ix, _) =
        book.cells().find(|(_, cell)| cell.figures().iter().any(|own| own.corrects.is_some())).unwrap();
    let plan = book.registry().plan(ix.plan);
    (plan.indicator(ix.indicator).defined.indicator.to_string(), plan.area(ix.area).area.to_string())
}

#[test]
fn the_ready_queries_answer_as_the_projections_do_in_both_databases() {
    let (cluster, folder, log) = (Cluster::start(), tempfile::tempdir().unwrap(), demonstration(u64::MAX));
    let file = folder.path().join("queries.sqlite");
    follow(&log, sqlite(&file), at_once(u64::MAX));
    follow(&log, cluster.open(Settings::SCHEMA), at_once(u64::MAX));
    let model = model(&log);
    let last = model.ledger().head().at.unwrap().china_date();
    let end = last.min("2022-12-31".parse().unwrap());
    let (indicator, area) = corrected_cell(&model);
    let databases: [Box<dyn Database>; 2] = [sqlite(&file), cluster.open(Settings::SCHEMA)];
    for mut database in databases {
        let mut ask = |sql: &str, parameters: &[&str]| texts(database.query(sql, parameters).unwrap());
        let found = ask(RANKING_AT.sql, &[PLAN, "2022-06-25"]);
        assert!(found.len() > 4 && found.iter().any(|row| row[5] != "—"), "{found:?}");
        assert_eq!(by_place(found), by_place(ranking(&model, "2022-06-25", "2022-05-25")));
        let found = ask(LATE_OR_MISSING.sql, &[PLAN]);
        assert!(!found.is_empty());
        assert_eq!(found, late_or_missing(&model, end));
        let found = ask(CELL_HISTORY.sql, &[PLAN, &indicator, &area]);
        assert!(found.iter().any(|row| row[8] != "—"), "a correction");
        assert_eq!(found, history(&model, &indicator, &area));
    }
}

/// Rows of one class stay in their order; how databases order classes by name depends on their collation.
fn by_place(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    rows.sort_by(|a, b| a[0].cmp(&b[0]));
    rows
}
