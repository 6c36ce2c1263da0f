//! What holds across crates; the tests lie in `tests/tests/`.
//!
//! Whatever can be tested inside one crate is tested there.

use std::path::{Path, PathBuf};

/// Returns the root of the repository.
///
/// # Panics
/// Panics where this crate does not lie directly below it.
#[must_use]
pub fn repository() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies below the root");
    assert!(root.join("Cargo.lock").is_file(), "{} is the root of the repository", root.display());
    root.to_path_buf()
}
