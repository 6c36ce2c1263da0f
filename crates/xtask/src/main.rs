//! Chores of the workspace, run as `cargo xtask <chore>`.
//!
//! It must stay quick to build, because everything else waits for it: no room of the ledger is a
//! dependency of this crate.

mod bench;
mod check;
mod fuzz;
mod licences;
mod process;
mod sources;
mod test;
mod tools;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
Chores of the workspace.

Usage: cargo xtask <chore>

  test [ARGS…]       runs every test of the workspace; ARGS go to the runner (a filter, for example)
  check              formatting, licences, clippy without warnings, import rules
  ci                 check, then test
  licences           refuses dependencies whose licence is not on the list
  bench [ARGS…]      measures, in release mode, beside a raw ceiling taken in the same run
  fuzz [SECONDS]     fuzzes each target for SECONDS (default 60)
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line: what failed has printed its own reasons, and must stay in sight.
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((chore, rest)) = arguments.split_first() else {
        print!("{USAGE}");
        return Ok(());
    };
    match chore.as_str() {
        "test" => test::run(rest),
        "check" => check::run(),
        "ci" => check::run().and_then(|()| test::run(&[])),
        "licences" => licences::run(),
        "bench" => bench::run(rest),
        "fuzz" => fuzz::run(rest),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        other => bail!("there is no chore `{other}`\n\n{USAGE}"),
    }
}
