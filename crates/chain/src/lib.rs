//! Bytes to hashes: everything `docs/format.md` says about what is hashed or signed.
//!
//! This crate knows bytes, not meaning: it has no event type, no file, no clock, no randomness.

pub mod approval;
pub mod dsse;
pub mod hash;
pub mod json;
pub mod lanes;
pub mod line;
pub mod note;
pub mod policy;
pub mod proof;
pub mod pruned;
pub mod segment;
pub mod tile;
pub mod tiled;
pub mod tree;
pub mod tree_index;
pub mod typed;
pub mod verify;

pub use hash::{ContentHash, EventHash, TableRoot, TreeHash};
pub use typed::{Date, Instant};
