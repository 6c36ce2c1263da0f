//! Starts the benches, which are a package of their own because they pull heavy crates.

use anyhow::Result;

use crate::process::{self, cargo};

/// Builds the benches in release mode and runs them with `arguments`.
///
/// # Errors
/// They do not build, or they end with an error. A slow figure is none.
pub fn run(arguments: &[String]) -> Result<()> {
    let mut command = cargo(&["run", "--release", "--locked", "--package", "bench", "--"]);
    process::run(command.args(arguments))
}
