//! The ledger itself under load: units correct figures through the sequencer, and wait for their receipts.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use app::{Receipt, Sequencer, SystemClock};
use projections::ReadModel;
use store::EventLog;
use store_journal::{Journal, JournalOptions};

use super::{Request, Subject, Work};
use crate::city;
use crate::engines::LINE_BYTES;

/// A sequencer over a journal whose city is open and has reported once.
pub struct Decided {
    /// Decides, and holds the read model.
    pub sequencer: Sequencer,
    /// Where it appends.
    pub log: Arc<dyn EventLog>,
    /// The first receipt of each unit: its figures.
    filings: Vec<Receipt>,
}

impl Decided {
    /// Opens the city's ledger in `folder`.
    pub fn create(folder: &Path) -> Result<Self> {
        let log: Arc<dyn EventLog> = Arc::new(Journal::open(folder, JournalOptions::default())?);
        let sequencer = Sequencer::start(Arc::clone(&log), ReadModel::default(), Arc::new(SystemClock));
        sequencer.submit(city::opening())?;
        let filings: Result<Vec<Receipt>, _> =
            (0..city::UNITS).map(|unit| sequencer.submit(city::filing(unit))).collect();
        let filings = filings?;
        let corrected =
            sequencer.submit(city::correction(0, u64::from(u32::MAX), &filings[0].hashes[1..2]))?;
        let bytes = log.read(corrected.first, 1)?.as_bytes().len();
        // The ceiling and the peers write lines of this length.
        ensure!(bytes.abs_diff(LINE_BYTES) <= 10, "a correction's line has {bytes} bytes, not {LINE_BYTES}");
        let mut filings = filings;
        filings[0].hashes[1] = corrected.hashes[0];
        Ok(Self { sequencer, log, filings })
    }
}

impl Subject for Decided {
    fn writer<'a>(&'a self, number: u64, work: &Work) -> Result<Request<'a>> {
        let cells = usize::try_from(work.lines_per_request)?;
        // The first line of a filing is the filing itself.
        let mut figures = self.filings[usize::try_from(number)?].hashes[1..=cells].to_vec();
        let mut round = 0;
        Ok(Box::new(move || {
            round += 1;
            let receipt = self.sequencer.submit(city::correction(number, round, &figures))?;
            figures = receipt.hashes;
            Ok(())
        }))
    }
}
