//! fjall: one keyspace by position, the journal flushed with each batch.

use std::path::Path;

use anyhow::Result;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::{Batch, Engine};

/// A fjall database.
pub struct Fjall {
    database: Database,
    lines: Keyspace,
}

impl Fjall {
    /// Makes an empty database in `folder`.
    pub fn create(folder: &Path) -> Result<Self> {
        let database = Database::builder(folder.join("fjall")).open()?;
        let lines = database.keyspace("lines", KeyspaceCreateOptions::default)?;
        Ok(Self { database, lines })
    }
}

impl Engine for Fjall {
    fn commit(&mut self, first: u64, batch: &Batch) -> Result<()> {
        let mut write = self.database.batch().durability(Some(PersistMode::SyncData));
        for (position, line) in (first..).zip(batch.lines()) {
            write.insert(&self.lines, position.to_be_bytes(), line);
        }
        Ok(write.commit()?)
    }

    fn scan(&mut self, each: &mut dyn FnMut(&[u8])) -> Result<()> {
        for entry in self.lines.iter() {
            each(&entry.value()?);
        }
        Ok(())
    }
}
