//! The embedded engine: JSON Lines segments on this machine's disk (`docs/format.md` §6).
