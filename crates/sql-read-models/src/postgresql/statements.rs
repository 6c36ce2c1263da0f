//! What is said to the server: tables, and rows as JSON keys to go and as COPY to come.

use std::io::Write as _;

use postgres::Transaction;

use crate::database::{Change, Checkpoint};
use crate::layout::{CHECKPOINT, Column, Kind, Table};
use crate::rows::Cell;

const fn storage(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Exact => "text",
        Kind::Integer => "bigint",
        Kind::Decimal => "numeric",
        Kind::Boolean => "boolean",
        Kind::Date => "date",
        Kind::Instant => "timestamptz",
        Kind::Json => "json",
    }
}

/// What shows a column as the text that its cell has.
pub fn shown(kind: Kind, name: &str) -> String {
    match kind {
        Kind::Instant => format!("to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"),
        Kind::Text
        | Kind::Exact
        | Kind::Integer
        | Kind::Decimal
        | Kind::Boolean
        | Kind::Date
        | Kind::Json => format!("{name}::text"),
    }
}

/// What makes a table with its indexes and comments.
pub fn create(table: &Table, schema: &str) -> String {
    let column = |column: &Column| {
        let null = if column.nullable { "" } else { " NOT NULL" };
        format!("{} {}{null}", column.name, storage(column.kind))
    };
    let columns: Vec<String> = table.columns.iter().map(column).collect();
    let key: Vec<&str> = table.key_columns().iter().map(|column| column.name).collect();
    let name = format!("{schema}.{}", table.name);
    let quoted = |text: &str| text.replace('\'', "''");
    let mut sql = format!("CREATE TABLE {name} ({}, PRIMARY KEY ({}));", columns.join(", "), key.join(", "));
    sql += &format!("COMMENT ON TABLE {name} IS '{}';", quoted(table.about));
    for column in table.columns {
        sql += &format!("COMMENT ON COLUMN {name}.{} IS '{}';", column.name, quoted(column.about));
    }
    for columns in table.indexes {
        sql += &format!("CREATE INDEX ON {name} ({});", columns.join(", "));
    }
    sql
}

/// Writes a row in the text form of COPY.
fn copy_row(row: &[Cell], buffer: &mut Vec<u8>) {
    for (number, cell) in row.iter().enumerate() {
        if number > 0 {
            buffer.push(b'\t');
        }
        let Some(text) = cell else {
            buffer.extend(b"\\N");
            continue;
        };
        for byte in text.bytes() {
            match byte {
                b'\\' => buffer.extend(b"\\\\"),
                b'\t' => buffer.extend(b"\\t"),
                b'\n' => buffer.extend(b"\\n"),
                b'\r' => buffer.extend(b"\\r"),
                plain => buffer.push(plain),
            }
        }
    }
    buffer.push(b'\n');
}

fn remove(
    transaction: &mut Transaction<'_>,
    schema: &str,
    change: &Change<'_>,
) -> Result<(), postgres::Error> {
    let columns = change.table.key_columns();
    let object = |key: &&[Cell]| {
        let members =
            columns.iter().zip(*key).map(|(column, cell)| (column.name.to_owned(), serde_json::json!(cell)));
        serde_json::Value::Object(members.collect())
    };
    let keys = serde_json::Value::Array(change.removed.iter().map(object).collect()).to_string();
    let typed: Vec<String> =
        columns.iter().map(|column| format!("{} {}", column.name, storage(column.kind))).collect();
    let equal: Vec<String> = columns.iter().map(|column| format!("t.{0} = k.{0}", column.name)).collect();
    let sql = format!(
        "DELETE FROM {schema}.{} AS t USING json_to_recordset($1::text::json) AS k({}) WHERE {}",
        change.table.name,
        typed.join(", "),
        equal.join(" AND ")
    );
    transaction.execute(&sql, &[&keys]).map(|_| ())
}

fn add(transaction: &mut Transaction<'_>, schema: &str, change: &Change<'_>) -> Result<(), postgres::Error> {
    let (table, columns) = (change.table.name, change.table.column_names());
    let mut writer = transaction.copy_in(&format!("COPY {schema}.{table} ({columns}) FROM STDIN"))?;
    let mut buffer = Vec::new();
    for row in &change.added {
        copy_row(row, &mut buffer);
        if buffer.len() > 1 << 16 {
            // A connection that broke is said by `finish`.
            if writer.write_all(&buffer).is_err() {
                break;
            }
            buffer.clear();
        }
    }
    let _ = writer.write_all(&buffer);
    writer.finish().map(|_| ())
}

pub fn write(
    transaction: &mut Transaction<'_>,
    schema: &str,
    change: &Change<'_>,
) -> Result<(), postgres::Error> {
    if !change.removed.is_empty() {
        remove(transaction, schema, change)?;
    }
    if change.added.is_empty() { Ok(()) } else { add(transaction, schema, change) }
}

pub fn write_checkpoint(
    transaction: &mut Transaction<'_>,
    schema: &str,
    checkpoint: &Checkpoint,
) -> Result<(), postgres::Error> {
    let row = checkpoint.to_row();
    let change = Change { table: &CHECKPOINT, removed: vec![&row[..1]], added: vec![&row] };
    write(transaction, schema, &change)
}
