//! A ledger over HTTP, for whoever wants to read it: programs get JSON, spreadsheets CSV and Excel, people pages.
//!
//! Every question stands once in [`operations`]: the routes, the OpenAPI description and the pages' menu follow from that list. What is
//! answered comes from `answers`, so that a terminal and a server give the same bytes. Nothing here writes to a ledger.

mod files;
mod health;
mod ledger;
mod lines;
mod openapi;
mod operations;
mod page;
mod parameters;
mod problem;
mod representation;
mod routes;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

pub use ledger::{Ledger, SignedSize};
pub use routes::router;

/// Serves a ledger until the process is asked to end; running requests are answered first. `opened` is called once it can be
/// asked to.
///
/// # Errors
/// When the port cannot be used.
pub fn run(port: TcpListener, opened: impl FnOnce(), ledger: Ledger) -> io::Result<()> {
    let ledger = Arc::new(ledger);
    let following = ledger::follow(&ledger);
    let service = hyper_util::service::TowerToHyperService::new(router(Arc::clone(&ledger)));
    let served = door::run(port, opened, |port, stop| door::serve(port, service, stop, || ()));
    ledger.stop();
    following.join().expect("the follower ends when told, and tells of failures");
    served
}
