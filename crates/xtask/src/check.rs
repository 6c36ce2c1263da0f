//! What must hold before any test is worth running.

use anyhow::Result;

use crate::licences;
use crate::process::{self, cargo};

/// Checks formatting, licences, clippy and import rules, cheapest first.
///
/// # Errors
/// One of them does not hold; what is wrong has been printed.
pub fn run() -> Result<()> {
    process::run(&mut cargo(&["fmt", "--all", "--check"]))?;
    licences::run()?;
    process::run(&mut cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))?;
    process::run(&mut cargo(&["test", "--locked", "--package", "scenarios", "--test", "architecture"]))
}
