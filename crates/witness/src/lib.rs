//! A witness of tree heads (C2SP tlog-witness, tlog-cosignature): it remembers the largest head of each log it knows, cosigns
//! only what continues that one, and so makes it impossible to show two people two histories unnoticed.
//!
//! It is a program of its own that somebody else runs: it knows heads and proofs, no ledger, no event, no journal. What may
//! be cosigned is decided in [`decide`](mod@decide), without files, network or clock; [`memory`] keeps what was cosigned,
//! [`witness`] puts the two together in the only safe order, and [`http`] lets others ask.

pub mod decide;
pub mod http;
pub mod memory;
pub mod request;
pub mod witness;

pub use decide::Refusal;
pub use witness::{NotAWitness, Unable, Witness};
