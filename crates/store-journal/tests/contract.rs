//! The engine contract, on a simulated disk and on this machine's.

use std::path::Path;

use store::Result;
use store::contract::Engine;
use store::disk::{Cut, SimDisk};
use store_journal::{Filling, Journal, JournalOptions};

/// Segments so small that every case crosses several.
fn small() -> JournalOptions {
    JournalOptions { segment_bytes: 8 << 10, padding_bytes: 2 << 10, ..JournalOptions::default() }
}

struct Simulated(SimDisk, u64);

impl Engine for Simulated {
    type Log = Journal<SimDisk>;

    fn open(&mut self) -> Result<Self::Log> {
        let options = JournalOptions { filling: Filling::Inline, ..small() };
        Journal::open_on(self.0.clone(), Path::new("/ledger"), options)
    }

    fn crash(&mut self) {
        self.1 += 1;
        self.0.crash(Cut::Some(self.1));
    }
}

struct Real(tempfile::TempDir);

impl Engine for Real {
    type Log = Journal;

    fn open(&mut self) -> Result<Journal> {
        Journal::open(&self.0.path().join("ledger"), small())
    }

    /// The end of a process is all that a test can do to this machine.
    fn crash(&mut self) {}
}

/// A journal whose sealed segments are compressed whenever it is opened.
struct Packed(Real);

impl Engine for Packed {
    type Log = Journal;

    fn open(&mut self) -> Result<Journal> {
        let journal = self.0.open()?;
        journal.compress(&mut |_, _| {})?;
        Ok(journal)
    }

    fn crash(&mut self) {}
}

fn real() -> Real {
    Real(tempfile::tempdir().expect("a temporary folder"))
}

mod simulated {
    use super::*;
    store::contract_tests!(Simulated(SimDisk::new(), 0));
}

mod on_this_machine {
    use super::*;
    store::contract_tests!(real());
}

mod compressed {
    use super::*;
    store::contract_tests!(Packed(real()));
}
