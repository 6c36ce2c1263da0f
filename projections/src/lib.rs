//! Read models: pure folds from lines to tables for any reporting date.
//!
//! Nothing here knows a file, a network, a clock or a random number. A [`Reading`] asks about a plan on three axes;
//! [`tables`] answers in bytes that repeat, [`explain`](fn@explain) says why a cell has its points, and
//! [`diff`](fn@diff) what changed between two readings.

pub mod diff;
pub mod explain;
pub mod snapshots;
pub mod tables;
pub mod words;

mod read_model;
mod reading;
mod token;

pub use diff::{Difference, NotComparable, diff};
pub use explain::{CellExplanation, explain};
pub use read_model::ReadModel;
pub use reading::{NoReading, Reading, latest_day};
pub use tables::{Table, TableKind};
pub use token::{NotAToken, Token};
