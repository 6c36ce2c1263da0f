//! A ledger over HTTP, for whoever wants to read it: programs get JSON, spreadsheets CSV and Excel, people pages.
//!
//! Every question stands once in [`operations`]: the routes, the OpenAPI description and the pages' menu follow from that list. What is
//! answered comes from `answers`, so that a terminal and a server give the same bytes. What is recorded goes through one
//! sequencer, and is in what is read before its receipt is handed out.

mod acts;
mod cell_proof;
mod changes;
mod doing;
mod evidence;
mod files;
mod forms;
mod health;
mod ledger;
mod lines;
mod numbers;
mod openapi;
mod operations;
mod page;
mod parameters;
mod people;
mod problem;
mod representation;
mod routes;
mod site;
mod stop;
mod upkeep;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

pub use ledger::{Ledger, Machine, Recording};
pub use people::{People, Site};
pub use routes::router;

use upkeep::Upkeep;

/// Serves a ledger until the process is asked to end; running requests are answered first, and what they recorded is under
/// a head. `opened` is called once it can be asked to end.
///
/// # Errors
/// When the port cannot be used.
pub fn run(port: TcpListener, opened: impl FnOnce(), ledger: Ledger) -> io::Result<()> {
    let ledger = Arc::new(ledger);
    let upkeep = Upkeep::start(&ledger);
    let service = hyper_util::service::TowerToHyperService::new(router(Arc::clone(&ledger)));
    let closing = || ledger.stop().tell();
    let served = door::run(port, opened, |port, stop| door::serve(port, service, stop, closing));
    ledger.stop().tell();
    upkeep.end();
    ledger.finish();
    served
}
