//! The log's port: what an engine must keep, how it answers, and how it is tested.
//!
//! A ledger is one log of lines. An engine stores bytes and order. It knows no event type, decides nothing,
//! and checks only what it needs to stay readable: a line is not empty, holds no LF and is not too long.
//!
//! The port is blocking: an engine's work is one write and one flush, and its one writer owns a thread.

mod batch;
mod error;
mod follow;
mod log;
mod memory;

pub mod contract;
pub mod disk;
pub mod transfer;

pub use batch::{Iter, LineBatch};
pub use error::{Damage, Result, StoreError};
pub use follow::Follower;
pub use log::{EventLog, MAX_LINE_BYTES, check_lines};
pub use memory::MemoryLog;
