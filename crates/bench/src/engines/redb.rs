//! redb: one table by position, each commit immediately durable.

use std::path::Path;

use anyhow::Result;
use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};

use super::{Batch, Engine};

const LINES: TableDefinition<u64, &[u8]> = TableDefinition::new("lines");

/// A redb database.
pub struct Redb {
    database: Database,
}

impl Redb {
    /// Makes an empty database in `folder`.
    pub fn create(folder: &Path) -> Result<Self> {
        Ok(Self { database: Database::create(folder.join("ledger.redb"))? })
    }
}

impl Engine for Redb {
    fn commit(&mut self, first: u64, batch: &Batch) -> Result<()> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        let mut lines = transaction.open_table(LINES)?;
        for (position, line) in (first..).zip(batch.lines()) {
            lines.insert(position, line)?;
        }
        drop(lines);
        Ok(transaction.commit()?)
    }

    fn scan(&mut self, each: &mut dyn FnMut(&[u8])) -> Result<()> {
        let lines = self.database.begin_read()?.open_table(LINES)?;
        for entry in lines.iter()? {
            each(entry?.1.value());
        }
        Ok(())
    }
}
