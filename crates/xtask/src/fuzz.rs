//! Runs the fuzz targets of `fuzz/`, each for a bounded time.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{cargo, run as run_command, say, succeeds, workspace_root};

const DEFAULT_SECONDS: u32 = 60;

/// Fuzzes each target for as many seconds as the first argument says.
///
/// # Errors
/// The argument is no number of seconds, cargo-fuzz cannot be installed, or a target found
/// something. What it found lies in `fuzz/artifacts/<target>/`; it belongs into
/// `<crate>/tests/regressions/` with a test.
pub fn run(arguments: &[String]) -> Result<()> {
    let seconds = match arguments {
        [] => DEFAULT_SECONDS,
        [one] => one.parse().with_context(|| format!("`{one}` is no number of seconds"))?,
        _ => bail!("fuzz takes one number of seconds"),
    };
    install_missing()?;
    let targets = targets()?;
    for target in &targets {
        fuzz(target, seconds)?;
    }
    say(&format!("fuzz: {} targets, {seconds} s each, nothing found", targets.len()));
    Ok(())
}

fn install_missing() -> Result<()> {
    if succeeds("cargo", &["fuzz", "--version"]) {
        return Ok(());
    }
    run_command(&mut cargo(&["install", "--locked", "cargo-fuzz"]))
}

fn targets() -> Result<Vec<String>> {
    let output = cargo(&["fuzz", "list"]).output().context("cannot start `cargo fuzz list`")?;
    if !output.status.success() {
        bail!("`cargo fuzz list` failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let targets: Vec<String> =
        String::from_utf8(output.stdout)?.split_whitespace().map(str::to_owned).collect();
    if targets.is_empty() {
        bail!("fuzz/ names no target");
    }
    Ok(targets)
}

fn fuzz(target: &str, seconds: u32) -> Result<()> {
    // `-s none`: the address sanitizer wants a nightly compiler, coverage guidance does not; and
    // the code under test has no `unsafe` for it to watch.
    let mut command: Command = cargo(&["fuzz", "run", "-s", "none", target]);
    let corpus = workspace_root().join("fuzz/corpus").join(target);
    let seeds = workspace_root().join("fuzz/seeds").join(target);
    std::fs::create_dir_all(&corpus)?;
    command.arg(corpus);
    if seeds.is_dir() {
        command.arg(seeds);
    }
    command.args([
        "--",
        &format!("-max_total_time={seconds}"),
        "-rss_limit_mb=4096",
        "-verbosity=0",
        "-print_final_stats=1",
    ]);
    run_command(&mut command)
}
