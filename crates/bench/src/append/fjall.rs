//! fjall: one keyspace by position, the journal flushed with each batch.

use std::path::Path;

use anyhow::Result;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::group::{Batch, Engine, GroupCommit};
use super::{Subject, Work};

struct Fjall {
    database: Database,
    lines: Keyspace,
}

impl Engine for Fjall {
    fn commit(&mut self, first: u64, batch: &Batch) -> Result<()> {
        let mut write = self.database.batch().durability(Some(PersistMode::SyncData));
        for (position, line) in (first..).zip(batch.lines()) {
            write.insert(&self.lines, position.to_be_bytes(), line);
        }
        Ok(write.commit()?)
    }
}

/// Opens an empty database.
pub fn open(folder: &Path, _work: &Work) -> Result<Box<dyn Subject>> {
    let database = Database::builder(folder.join("fjall")).open()?;
    let lines = database.keyspace("lines", KeyspaceCreateOptions::default)?;
    Ok(GroupCommit::over(Fjall { database, lines }))
}
