//! SQLite: one table by position, write-ahead log, a flush with each commit.

use std::path::Path;

use anyhow::Result;
use rusqlite::{Connection, params};

use super::{Batch, Engine};

/// An SQLite database.
pub struct Sqlite {
    connection: Connection,
}

impl Sqlite {
    /// Makes an empty database in `folder`.
    pub fn create(folder: &Path) -> Result<Self> {
        let connection = Connection::open(folder.join("ledger.db"))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute("CREATE TABLE lines (position INTEGER PRIMARY KEY, line BLOB NOT NULL)", [])?;
        Ok(Self { connection })
    }
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

    fn scan(&mut self, each: &mut dyn FnMut(&[u8])) -> Result<()> {
        let mut select = self.connection.prepare("SELECT line FROM lines ORDER BY position")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            each(row.get_ref(0)?.as_blob()?);
        }
        Ok(())
    }
}
