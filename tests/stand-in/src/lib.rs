//! A small EventStoreDB in process, for tests: it answers as a real server (4.1.4) was recorded to answer.
//!
//! ```no_run
//! use stand_in::{Fault, Options, StandIn};
//!
//! let server = StandIn::start(Options::default());
//! server.fail_next(Fault::AnswerLost);
//! // … a client appends at `server.address()`, gets no answer, and retries …
//! assert_eq!(server.lines("ledger-demo").len(), 1);
//! ```
//!
//! Streams are kept in memory, or in a file that outlives the stand-in. A cluster has several members on ports of
//! their own over one database: members can be killed, started, stalled and held back. `tests/replay.rs` plays every
//! recorded transcript against it; `docs/decisions/0027` says what it is and what it is not.
//!
//! It must not know what a ledger is.

mod all;
mod answer;
mod append;
mod auth;
mod body;
mod database;
mod fault;
mod lenient;
mod manners;
mod metadata;
mod read;
mod request;
mod route;
mod server;
mod service;
mod world;

pub mod program;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use fault::Fault;
pub use lenient::parse as parse_leniently;
pub use manners::Manners;
use world::World;

/// How a stand-in is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many members the cluster has; 1 is a server of its own. The first leads.
    pub members: usize,
    /// Where events are kept, one JSON text per line; `None`: in memory. An existing file is read and continued.
    pub file: Option<PathBuf>,
    /// Whether whoever names no user may use streams. Servers refuse that since 23.6.
    pub anonymous: bool,
    /// Whether `/streams` exists at all (AtomPub over HTTP). Off by default on servers since 20.6.
    pub atom_pub: bool,
    /// Whose manners it has where servers differ.
    pub manners: Manners,
    /// How long a leader waits for a majority before it answers 500 "Write timeout".
    pub write_timeout: Duration,
    /// How long the others take to elect a leader once it is dead.
    pub election: Duration,
}

impl Default for Options {
    /// One member in memory that anybody may use, with the waits of a real server.
    fn default() -> Self {
        Self {
            members: 1,
            file: None,
            anonymous: true,
            atom_pub: true,
            manners: Manners::Recorded,
            write_timeout: Duration::from_secs(2),
            election: Duration::from_millis(300),
        }
    }
}

/// A running stand-in. It stops when it is dropped.
///
/// Users are `admin` and `ops`, both with the password `changeit`.
pub struct StandIn {
    world: Arc<World>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl StandIn {
    /// Starts the members, each on a free port of the loopback interface.
    ///
    /// # Panics
    /// When there is no port, no thread, or the file cannot be read: a test cannot go on then.
    #[must_use]
    pub fn start(options: Options) -> Self {
        let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = threads.expect("a runtime starts");
        let world = World::new(options, runtime.handle().clone());
        for member in 0..world.members() {
            world.start(member);
        }
        Self { world, runtime: Some(runtime) }
    }

    /// Returns `http://127.0.0.1:port` of the leader, or of the member that last led.
    #[must_use]
    pub fn address(&self) -> String {
        self.world.address(self.world.leader())
    }

    /// Returns `http://127.0.0.1:port` of a member, from 0. A member keeps its port while it is dead.
    ///
    /// # Panics
    /// When there is no such member.
    #[must_use]
    pub fn member(&self, member: usize) -> String {
        self.world.address(member)
    }

    /// Returns how many members there are, dead ones too.
    #[must_use]
    pub fn members(&self) -> usize {
        self.world.members()
    }

    /// Returns which member leads, or last led.
    #[must_use]
    pub fn leader(&self) -> usize {
        self.world.leader()
    }

    /// Lets something go wrong with the next request it concerns.
    pub fn fail_next(&self, fault: Fault) {
        self.world.fail_next(fault);
    }

    /// Returns how many faults no request has met yet.
    #[must_use]
    pub fn faults_left(&self) -> usize {
        self.world.faults_left()
    }

    /// Returns the data of every committed event of a stream, in order, as it is stored; truncated ones too.
    #[must_use]
    pub fn lines(&self, stream: &str) -> Vec<String> {
        self.world.lines(stream)
    }

    /// Kills every member and starts it again on the same database: what was only in memory is forgotten.
    pub fn restart(&self) {
        for member in 0..self.world.members() {
            self.world.kill(member);
        }
        for member in 0..self.world.members() {
            self.world.start(member);
        }
    }

    /// Kills a member: its port refuses, its connections break, what it had not handled is lost.
    ///
    /// Where a majority lives on, it elects a leader after [`Options::election`].
    pub fn kill(&self, member: usize) {
        self.world.kill(member);
    }

    /// Starts a dead member again, at its old port.
    pub fn revive(&self, member: usize) {
        self.world.start(member);
    }

    /// Lets a member stand still, as SIGSTOP does: it takes connections and requests, and handles none.
    pub fn stall(&self, member: usize) {
        self.world.set_stalled(member, true);
    }

    /// Lets a member go on: first with what had arrived.
    pub fn go_on(&self, member: usize) {
        self.world.set_stalled(member, false);
    }

    /// Holds a member back: from now on it sees no new event, until it is let go.
    pub fn hold_back(&self, member: usize) {
        self.world.hold_back(member);
    }

    /// Lets a member that was held back see everything again.
    pub fn let_go(&self, member: usize) {
        self.world.let_go(member);
    }

    /// Makes another member the leader at once.
    ///
    /// # Panics
    /// When there is no such member, or it is dead.
    pub fn lead(&self, member: usize) {
        self.world.lead(member);
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waiting is not allowed everywhere a test may drop this; ports close with the tasks.
            runtime.shutdown_background();
        }
    }
}
