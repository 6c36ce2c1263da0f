//! What runs a ledger: the sequencer, loading with saved state, projection workers, reads on the three axes.
//!
//! Here pure rules meet threads, files and a clock. An engine is known only by its port; nothing here knows a wire
//! format or a terminal.

mod axes;
mod clock;
mod files;
mod fold;
mod group;
mod load;
pub mod publish;
mod recorder;
mod saved;
mod sequencer;
pub mod snapshots;
mod submit;
mod ticket;
mod what_if;
mod worker;

pub use axes::{Axes, AxisError, KnownAt, Question, Reader, RulesChoice};
pub use clock::{Clock, ManualClock, SystemClock};
pub use fold::{Decoded, Misfit, Projection};
pub use load::{LoadError, catch_up, load, load_projection, load_until};
pub use recorder::Recorder;
pub use saved::{Latest, SavedStates, Unfit};
pub use sequencer::Sequencer;
pub use submit::{Receipt, SubmitError};
pub use what_if::{WhatIfError, without};
pub use worker::{Progress, Worker, WorkerError, WorkerOptions};
