//! Read models: pure folds from lines to tables for any reporting date.
//!
//! Nothing here knows a file, a network, a clock or a random number.

mod read_model;
mod tree_index;

pub use read_model::ReadModel;
pub use tree_index::TreeIndex;
