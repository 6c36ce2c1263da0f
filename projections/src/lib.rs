//! Read models: pure folds from lines to tables for any reporting date.
//!
//! Nothing here knows a file, a network, a clock or a random number. A [`Reading`] asks about a plan on three axes;
//! [`tables`] answers in bytes that repeat.

pub mod tables;

mod read_model;
mod reading;
mod token;
mod tree_index;

pub use read_model::ReadModel;
pub use reading::{NoReading, Reading};
pub use tables::{Table, TableKind};
pub use token::{NotAToken, Token};
pub use tree_index::TreeIndex;
