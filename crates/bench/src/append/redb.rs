//! redb: one table by position, each commit immediately durable.

use std::path::Path;

use anyhow::Result;
use redb::{Database, Durability, TableDefinition};

use super::group::{Batch, Engine, GroupCommit};
use super::{Subject, Work};

const LINES: TableDefinition<u64, &[u8]> = TableDefinition::new("lines");

struct Redb {
    database: Database,
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
}

/// Opens an empty database.
pub fn open(folder: &Path, _work: &Work) -> Result<Box<dyn Subject>> {
    let database = Database::create(folder.join("ledger.redb"))?;
    Ok(GroupCommit::over(Redb { database }))
}
