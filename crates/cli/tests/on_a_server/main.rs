//! A ledger on a server under every command: what is said, recorded, refused and written is what it is on a journal.
//!
//! Two desks run the same words. The folder `L` of one holds a journal, the folder `L` of the other remembers a stream.

#[path = "../common/mod.rs"]
mod common;

mod masked;
mod questions;
mod recording;
mod table;

use common::Desk;
use stand_in::{Options, StandIn};

/// A server that wants to know who asks, and the desk whose ledger is there.
pub struct Served {
    /// Where its state folder `L` is.
    pub desk: Desk,
    /// The stream, as `--store` takes it.
    pub address: String,
    _server: StandIn,
}

/// Begins a ledger in an empty stream, with April open.
pub fn served() -> Served {
    let server = StandIn::start(Options { anonymous: false, members: 3, ..Options::default() });
    let desk = Desk::new();
    std::fs::write(desk.path("password"), "changeit\n").expect("a file");
    let host = server.address().replace("http://", "ops@");
    let address = format!("eventstore+http://{host}/?stream=ledger-test&password-file=password");
    desk.run(&format!("init L --origin yingtan.example/ledger --store {address}")).with(0);
    desk.run(&format!("--ledger L {APRIL}")).with(0);
    Served { desk, address, _server: server }
}

/// As [`Desk::opened`] says it.
const APRIL: &str = "period open 2022-04 --starts 2022-01-01 --ends 2022-04-25 --due 2022-04-30T18:00";
