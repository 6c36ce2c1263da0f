//! SQLite: one table by position, write-ahead log, a flush with each commit.

use std::path::Path;

use anyhow::Result;
use rusqlite::{Connection, params};

use super::group::{Batch, Engine, GroupCommit};
use super::{Subject, Work};

struct Sqlite {
    connection: Connection,
}

impl Engine for Sqlite {
    fn commit(&mut self, first: u64, batch: &Batch) -> Result<()> {
        let transaction = self.connection.transaction()?;
        let mut insert = transaction.prepare_cached("INSERT INTO lines (position, line) VALUES (?1, ?2)")?;
        for (position, line) in (i64::try_from(first)?..).zip(batch.lines()) {
            insert.execute(params![position, line])?;
        }
        drop(insert);
        Ok(transaction.commit()?)
    }
}

/// Opens an empty database.
pub fn open(folder: &Path, _work: &Work) -> Result<Box<dyn Subject>> {
    let connection = Connection::open(folder.join("ledger.db"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute("CREATE TABLE lines (position INTEGER PRIMARY KEY, line BLOB NOT NULL)", [])?;
    Ok(GroupCommit::over(Sqlite { connection }))
}
