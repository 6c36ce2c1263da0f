//! Runs every test of the workspace, and says which were not run.

use anyhow::Result;

use crate::process::{cargo, run as run_command, say, succeeds, workspace_root};
use crate::{sources, tools};

/// What no test run includes, and why.
const LEFT_OUT: [&str; 2] = [
    "crates/bench: measures and asserts nothing; `cargo xtask bench` runs it",
    "fuzz/: has no end; `cargo xtask fuzz` runs each target for a bounded time",
];

/// Runs documentation tests and the frozen bundles' as a release, then all others, so that the output ends with the runner's summary.
///
/// `arguments` go to the runner; where there are any, only that is run.
///
/// # Errors
/// A tool is missing and cannot be installed, something does not build, or a test fails.
pub fn run(arguments: &[String]) -> Result<()> {
    tools::install_missing()?;
    tools::install_packages()?;
    let nextest = succeeds("cargo", &["nextest", "--version"]);
    say_what_is_left_out(nextest, arguments)?;
    // cargo-nextest runs no documentation tests, and `cargo test` would mix them in between.
    if arguments.is_empty() {
        run_command(&mut cargo(&["test", "--workspace", "--exclude", "bench", "--locked", "--doc"]))?;
        // Frozen bundles must come out the same as optimised code, too: only what their test needs is built so.
        run_command(&mut cargo(&[
            "test",
            "--release",
            "--locked",
            "--package",
            "audit",
            "--test",
            "golden",
        ]))?;
    }
    let runner: &[&str] =
        if nextest { &["nextest", "run", "--no-fail-fast"] } else { &["test", "--no-fail-fast"] };
    let mut command = cargo(runner);
    command.args(["--workspace", "--exclude", "bench", "--locked"]);
    if !nextest {
        command.args(["--lib", "--bins", "--tests"]);
    }
    run_command(command.args(arguments))
}

fn say_what_is_left_out(nextest: bool, arguments: &[String]) -> Result<()> {
    for left_out in LEFT_OUT {
        say(&format!("not run: {left_out}"));
    }
    for ignored in sources::ignored_tests(&workspace_root())? {
        say(&format!("not run: {ignored}"));
    }
    say(if tools::may_trace() {
        "in part: crates/cli/tests/injected.rs fails one call of each kind; PROGRESS_LEDGER_INJECT=all fails every call"
    } else {
        "not run: crates/cli/tests/injected.rs: this machine permits no ptrace, without which strace injects no faults"
    });
    if !succeeds("docker", &["compose", "version"]) && !succeeds("docker-compose", &["version"]) {
        say("not run: docker compose's own check of the compose files, because there is no client");
    }
    if !succeeds("haproxy", &["-v"]) {
        say("not run: haproxy's own check of its configuration, because it is not there");
    }
    if !arguments.is_empty() {
        say("not run: documentation tests and frozen bundles in release mode, because arguments were given");
    }
    if !nextest {
        say("cargo-nextest is not installed: the same tests run under `cargo test`");
    }
    Ok(())
}
