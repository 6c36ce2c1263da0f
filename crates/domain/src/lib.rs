//! Every rule, no I/O: the registry, the figure book, deciding and scoring.
//!
//! Time and ids arrive as arguments. Nothing here knows a file, a network, a clock or a random number.

mod as_json;

pub mod book;
pub mod catalogue;
pub mod history;
pub mod ledger;
mod lookup;
pub mod number;
pub mod rational;
pub mod registry;
pub mod scoring;
