//! The log on EventStoreDB or KurrentDB over HTTP (AtomPub): one ledger is one stream, the event number is the position.
//!
//! In layers, each usable without the ones above: [`wire`] makes requests and sorts answers, as pure functions of
//! bytes; [`lines`] turns lines into events and back, checked; [`EventStoreLog`] is the [`store::EventLog`] over them,
//! with the loops that make an append safe on a network (`docs/eventstore.md`).
//!
//! It keeps lines and their order. It knows no event type, decides nothing, and never deletes.

mod address;
mod append;
mod cluster;
mod http;
mod log;
mod node;
mod opening;
mod pages;
mod place;
mod source;
mod timing;

pub mod lines;
pub mod wire;

pub use address::{Address, AddressError, Password, StreamName, User};
pub use http::ConnectError;
pub use log::{EventStoreLog, OpenError};
pub use node::Node;
pub use opening::{Known, Opened};
pub use timing::Timing;
