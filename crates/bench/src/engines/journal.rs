//! The ledger's own journal, as an engine among others: bytes and order, nothing decided or hashed.

use std::path::Path;

use anyhow::Result;
use store::{EventLog, LineBatch};
use store_journal::{Journal, JournalOptions};

use super::{Batch, Engine};

/// Lines asked for at once.
const READ_LINES: usize = 4096;

/// A journal in a folder of its own.
pub struct JournalEngine(Journal);

impl JournalEngine {
    /// Makes an empty journal in `folder`.
    pub fn create(folder: &Path) -> Result<Self> {
        Ok(Self(Journal::open(folder, JournalOptions::default())?))
    }
}

impl Engine for JournalEngine {
    fn commit(&mut self, first: u64, batch: &Batch) -> Result<()> {
        let lines: Vec<&[u8]> = batch.lines().collect();
        self.0.append(first, &lines)?;
        Ok(())
    }

    fn scan(&mut self, each: &mut dyn FnMut(&[u8])) -> Result<()> {
        let mut batch = LineBatch::default();
        loop {
            self.0.read_into(batch.next(), READ_LINES, &mut batch)?;
            if batch.is_empty() {
                return Ok(());
            }
            batch.iter().for_each(|(_, line)| each(line));
        }
    }
}
