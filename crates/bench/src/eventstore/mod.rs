//! The engine on a server: what the client costs beside plain requests of the same bodies, in the same run.
//!
//! Against the stand-in, in a process of its own, or against the server of `LEDGER_TEST_EVENTSTORE`.

mod append;
mod canned;
mod copy;
mod follow;
mod server;

use anyhow::Result;
use store_journal::{Journal, JournalOptions};

use crate::growth;
use crate::settings::Settings;

pub use append::exactly;
pub use server::{SERVE, Server};

/// Cities of the ledger: 1 has about 11,600 lines, 9 have 103,000.
fn cities(lines: u64) -> u32 {
    if lines < 100_000 { 1 } else { 9 }
}

/// Appends, follows and copies a synthetic year (演示数据).
///
/// # Errors
/// The server does not start or refuses something.
pub fn run(settings: &Settings) -> Result<()> {
    // An error says that the process has a provider already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let scratch = settings.scratch()?;
    let folder = scratch.path().join("ledger");
    growth::make(&folder, cities(settings.lines), 1)?;
    let journal = Journal::open(&folder, JournalOptions::default())?;
    let mut server = server::Server::start()?;
    println!("on {}; {} rounds, medians:\n", server.name(), settings.rounds);
    append::run(settings, &mut server, &journal)?;
    let stream = copy::run(&mut server, &journal, scratch.path())?;
    follow::run(settings, &server, &stream, store::EventLog::size(&journal)?)
}
