//! The tables in a SQLite file.
//!
//! Tables that are being built have names of their own in the same file, and are renamed in one transaction. A file that takes
//! another's place could not do that: readers that have the old one open would take the new one's journal for theirs.

use std::fs::{File, TryLockError};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OpenFlags, Transaction, params_from_iter};

use crate::database::{Change, Checkpoint, Database, DatabaseError, LAST_POSITION, Place, Step, by_key};
use crate::layout::{CHECKPOINT, Column, Kind, Table, tables};
use crate::rows::{Cell, Row, Rows};

/// `PLSQ`: what a file of these tables says of itself.
const APPLICATION_ID: i32 = 0x504c_5351;
/// So long one program waits for another that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Names of tables that are being built begin so.
const BUILDING: &str = "building_";

/// A SQLite file with the tables.
pub struct Sqlite {
    connection: Connection,
    name: String,
    /// Held while this worker may write.
    _lock: Option<File>,
}

impl Sqlite {
    /// Opens a file for writing; it is made where there is none. Beside it `FILE.lock` keeps other workers out.
    ///
    /// # Errors
    /// [`DatabaseError::Locked`], [`DatabaseError::Unusable`] for another program's file, [`DatabaseError::Failed`].
    pub fn open(path: &Path) -> Result<Self, DatabaseError> {
        let name = path.display().to_string();
        let lock = lock(path, &name)?;
        let connection = Connection::open(path).map_err(failed(&name, "打开"))?;
        require_ours(&connection, &name)?;
        let set_up = "PRAGMA application_id = 0x504c5351; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA legacy_alter_table = ON;";
        // With the old way of renaming, views that people have made over the tables stay.
        // A power cut may take the last commits back: what is left is whole, and its checkpoint says where to go on.
        connection.execute_batch(set_up).map_err(failed(&name, "打开"))?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed(&name, "打开"))?;
        Ok(Self { connection, name, _lock: Some(lock) })
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    /// As [`open`](Self::open), but for the lock.
    pub fn open_read_only(path: &Path) -> Result<Self, DatabaseError> {
        let name = path.display().to_string();
        if !path.is_file() {
            let reason = format!("没有文件 {name}。请先运行 progress-ledger worker 建立读模型，或核对路径。");
            return Err(DatabaseError::Unusable(reason));
        }
        let connection = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )
        .map_err(failed(&name, "打开"))?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed(&name, "打开"))?;
        require_ours(&connection, &name)?;
        Ok(Self { connection, name, _lock: None })
    }

    fn failed(&self, what: &'static str) -> impl FnOnce(rusqlite::Error) -> DatabaseError + use<> {
        failed(&self.name, what)
    }

    fn begin(&mut self) -> rusqlite::Result<Transaction<'_>> {
        self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
    }
}

fn failed(name: &str, what: &'static str) -> impl FnOnce(rusqlite::Error) -> DatabaseError + use<> {
    let database = name.to_owned();
    move |error| DatabaseError::Failed { database, what, reason: error.to_string() }
}

fn lock(path: &Path, name: &str) -> Result<File, DatabaseError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let beside = PathBuf::from(beside);
    let unusable = |error: std::io::Error| {
        DatabaseError::Unusable(format!("无法锁定 {}：{error}。请检查目录和权限。", beside.display()))
    };
    let file = File::options().create(true).truncate(false).write(true).open(&beside).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(DatabaseError::Locked { database: name.to_owned() }),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// Refuses a file with somebody else's tables.
fn require_ours(connection: &Connection, name: &str) -> Result<(), DatabaseError> {
    let number = |query: &str| connection.query_row(query, [], |row| row.get::<_, i64>(0));
    let id = number("PRAGMA application_id").map_err(failed(name, "读取文件标识"))?;
    let tables = number("SELECT count(*) FROM sqlite_schema").map_err(failed(name, "读取文件标识"))?;
    if id == i64::from(APPLICATION_ID) || (id == 0 && tables == 0) {
        return Ok(());
    }
    let reason = format!("{name} 是别的程序的 SQLite 文件，没有改动它。请换一个文件名。");
    Err(DatabaseError::Unusable(reason))
}

const fn prefix(place: Place) -> &'static str {
    match place {
        Place::InUse => "",
        Place::Building => BUILDING,
    }
}

const fn storage(kind: Kind) -> &'static str {
    match kind {
        Kind::Integer | Kind::Boolean => "INTEGER",
        Kind::Text | Kind::Exact | Kind::Decimal | Kind::Date | Kind::Instant | Kind::Json => "TEXT",
    }
}

/// What makes a table.
fn create(table: &Table, place: Place) -> String {
    let column = |column: &Column| {
        let null = if column.nullable { "" } else { " NOT NULL" };
        format!("{} {}{null}", column.name, storage(column.kind))
    };
    let columns: Vec<String> = table.columns.iter().map(column).collect();
    let key: Vec<&str> = table.key_columns().iter().map(|column| column.name).collect();
    format!(
        "CREATE TABLE {}{} ({}, PRIMARY KEY ({})) STRICT;",
        prefix(place),
        table.name,
        columns.join(", "),
        key.join(", ")
    )
}

/// What makes the indexes of a table in use.
fn indexes(table: &Table) -> impl Iterator<Item = String> + '_ {
    let index = |(number, columns): (usize, &&[&str])| {
        let name = table.name;
        format!("CREATE INDEX {name}_{number} ON {name} ({});", columns.join(", "))
    };
    table.indexes.iter().enumerate().map(index)
}

/// A cell as a value of its column's storage.
fn to_value<'a>(column: &Column, cell: &'a Cell) -> ToSqlOutput<'a> {
    let Some(text) = cell else { return ToSqlOutput::Owned(Value::Null) };
    match column.kind {
        Kind::Integer => ToSqlOutput::Owned(Value::Integer(text.parse().expect("a whole number of 63 bits"))),
        Kind::Boolean => ToSqlOutput::Owned(Value::Integer(i64::from(text == "true"))),
        Kind::Text | Kind::Exact | Kind::Decimal | Kind::Date | Kind::Instant | Kind::Json => {
            ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))
        }
    }
}

/// A stored value as text; what is not of the column's storage is shown as it is, so that a comparison finds it.
fn to_cell(kind: Option<Kind>, value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(1) if kind == Some(Kind::Boolean) => Some("true".into()),
        ValueRef::Integer(0) if kind == Some(Kind::Boolean) => Some("false".into()),
        ValueRef::Integer(number) => Some(number.to_string().into()),
        ValueRef::Real(number) => Some(number.to_string().into()),
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into()),
        ValueRef::Blob(bytes) => Some(format!("{bytes:02x?}").into()),
    }
}

fn write(transaction: &Transaction<'_>, place: Place, change: &Change<'_>) -> rusqlite::Result<()> {
    let (table, prefix) = (change.table, prefix(place));
    if !change.removed.is_empty() {
        let keys = table.key_columns();
        let key: Vec<String> = keys.iter().map(|column| format!("{} = ?", column.name)).collect();
        let sql = format!("DELETE FROM {prefix}{} WHERE {}", table.name, key.join(" AND "));
        let mut delete = transaction.prepare_cached(&sql)?;
        for key in &change.removed {
            delete.execute(params_from_iter(
                keys.iter().zip(*key).map(|(column, cell)| to_value(column, cell)),
            ))?;
        }
    }
    let places = vec!["?"; table.columns.len()].join(", ");
    let sql = format!("INSERT INTO {prefix}{} VALUES ({places})", table.name);
    let mut insert = transaction.prepare_cached(&sql)?;
    for row in &change.added {
        let values = table.columns.iter().zip(*row).map(|(column, cell)| to_value(column, cell));
        insert.execute(params_from_iter(values))?;
    }
    Ok(())
}

fn write_checkpoint(
    transaction: &Transaction<'_>,
    place: Place,
    checkpoint: &Checkpoint,
) -> rusqlite::Result<()> {
    let row = checkpoint.to_row();
    write(transaction, place, &Change { table: &CHECKPOINT, removed: vec![&row[..1]], added: vec![&row] })
}

fn drop_tables(transaction: &Transaction<'_>, place: Place) -> rusqlite::Result<()> {
    let drop = |table: &Table| format!("DROP TABLE IF EXISTS {}{};", prefix(place), table.name);
    transaction.execute_batch(&tables().map(drop).collect::<String>())
}

impl Database for Sqlite {
    fn name(&self) -> &str {
        &self.name
    }

    fn checkpoint(&mut self, place: Place) -> Result<Option<Checkpoint>, DatabaseError> {
        let table = format!("{}{}", prefix(place), CHECKPOINT.name);
        let exists = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = $1";
        let exists: i64 = self
            .connection
            .query_row(exists, [&table], |row| row.get(0))
            .map_err(self.failed("读取应用位置"))?;
        if exists == 0 {
            return Ok(None);
        }
        // Tables of another revision may have other columns: then they are as good as none.
        let sql = format!("SELECT {} FROM {table}", CHECKPOINT.column_names());
        let Ok(mut statement) = self.connection.prepare(&sql) else { return Ok(None) };
        let read = |row: &rusqlite::Row<'_>| read_row(row, Some(&CHECKPOINT));
        let rows: rusqlite::Result<Vec<Row>> = statement.query_map([], read).and_then(Iterator::collect);
        let rows = rows.map_err(failed(&self.name, "读取应用位置"))?;
        Ok(rows.first().and_then(|row| Checkpoint::from_row(row)))
    }

    fn begin_building(&mut self, start: &Checkpoint) -> Result<(), DatabaseError> {
        let failed = self.failed("建表");
        let make = |transaction: Transaction<'_>| {
            drop_tables(&transaction, Place::Building)?;
            let create = tables().map(|table| create(table, Place::Building));
            transaction.execute_batch(&create.collect::<String>())?;
            write_checkpoint(&transaction, Place::Building, start)?;
            transaction.commit()
        };
        self.begin().and_then(make).map_err(failed)
    }

    fn commit(&mut self, step: &Step<'_>) -> Result<(), DatabaseError> {
        let Step { place, expected, changes, checkpoint } = *step;
        let failed = self.failed("写入");
        let database = self.name.clone();
        let put = |transaction: Transaction<'_>| {
            let sql = format!("SELECT tree_size FROM {}{}", prefix(place), CHECKPOINT.name);
            let stands: i64 = transaction.query_row(&sql, [], |row| row.get(0))?;
            if u64::try_from(stands) != Ok(expected) {
                return Ok(false);
            }
            changes.iter().try_for_each(|change| write(&transaction, place, change))?;
            write_checkpoint(&transaction, place, checkpoint)?;
            transaction.commit().map(|()| true)
        };
        match self.begin().and_then(put).map_err(failed)? {
            true => Ok(()),
            false => Err(DatabaseError::Moved { database, expected }),
        }
    }

    fn switch(&mut self) -> Result<(), DatabaseError> {
        let failed = self.failed("切换");
        let exchange = |transaction: Transaction<'_>| {
            drop_tables(&transaction, Place::InUse)?;
            for table in tables() {
                let name = table.name;
                transaction.execute_batch(&format!("ALTER TABLE {BUILDING}{name} RENAME TO {name};"))?;
                // Names of indexes cannot be changed, so these are made when their table has its own.
                indexes(table).try_for_each(|index| transaction.execute_batch(&index))?;
            }
            transaction.commit()
        };
        self.begin().and_then(exchange).map_err(failed)
    }

    fn drop_building(&mut self) -> Result<(), DatabaseError> {
        let failed = self.failed("清理");
        let drop = |transaction: Transaction<'_>| {
            drop_tables(&transaction, Place::Building)?;
            transaction.commit()
        };
        self.begin().and_then(drop).map_err(failed)
    }

    fn begin_reading(&mut self) -> Result<(), DatabaseError> {
        // The first look is what fixes the state that is read.
        self.connection
            .execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")
            .map_err(self.failed("开始读取"))
    }

    fn end_reading(&mut self) -> Result<(), DatabaseError> {
        self.connection.execute_batch("COMMIT").map_err(self.failed("结束读取"))
    }

    fn rows(&mut self, table: &Table, positions: Option<Range<u64>>) -> Result<Rows, DatabaseError> {
        let mut sql = format!("SELECT {} FROM {}", table.column_names(), table.name);
        if let Some(Range { start, end }) = positions {
            sql += &format!(" WHERE position >= {start} AND position < {}", end.min(LAST_POSITION));
        }
        let read = |row: &rusqlite::Row<'_>| read_row(row, Some(table));
        let mut statement = self.connection.prepare(&sql).map_err(self.failed("读取"))?;
        let rows: rusqlite::Result<Vec<Row>> = statement.query_map([], read).and_then(Iterator::collect);
        Ok(by_key(table, rows.map_err(failed(&self.name, "读取"))?))
    }

    fn query(&mut self, query: &str, parameters: &[&str]) -> Result<Vec<Row>, DatabaseError> {
        let mut statement = self.connection.prepare(query).map_err(self.failed("查询"))?;
        let read = |row: &rusqlite::Row<'_>| read_row(row, None);
        let rows = statement.query_map(params_from_iter(parameters), read).and_then(Iterator::collect);
        rows.map_err(failed(&self.name, "查询"))
    }
}

fn read_row(row: &rusqlite::Row<'_>, table: Option<&Table>) -> rusqlite::Result<Row> {
    let count = row.as_ref().column_count();
    let kind = |index: usize| table.map(|table| table.columns[index].kind);
    (0..count).map(|index| Ok(to_cell(kind(index), row.get_ref(index)?))).collect()
}
