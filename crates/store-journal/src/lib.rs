//! The embedded engine: JSON Lines segments on this machine's disk (`docs/format.md` §6, `docs/storage.md`).
//!
//! It keeps lines, their order and the promise that an acknowledged append survives a power cut. It knows no event
//! type, decides nothing, and repairs nothing but the one thing a crash of its own can leave: an incomplete append.
//!
//! It does not read the lines it is given beyond what [`store::check_lines`] asks. Lines that are no true lines of the
//! format can be appended and read, but the next opening refuses them as damage.

mod active;
mod compress;
mod journal;
mod names;
mod offsets;
mod opened;
mod options;
mod packed;
mod padding;
mod reader;
mod survey;
mod view;

pub use compress::Compressed;
pub use journal::Journal;
pub use opened::{Cut, Opened};
pub use options::{Durability, Filling, JournalOptions};
