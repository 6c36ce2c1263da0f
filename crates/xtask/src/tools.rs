//! The ordinary command-line tools that the tests hold the ledger's promises against.
//!
//! An auditor must get by with them, so the tests use the real ones. They are installed only where
//! they are missing.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process::{run, say, succeeds, workspace_root};

/// Program and Debian package have one name, for each of them.
const TOOLS: [&str; 5] = ["b3sum", "jq", "npm", "strace", "zstd"];

/// The server that tests of SQL tables start for themselves.
const POSTGRESQL: &str = "postgresql";

/// Installs those of the tools that are missing.
///
/// # Errors
/// A tool is missing and this is no Debian, or nobody who may install packages.
pub fn install_missing() -> Result<()> {
    let mut missing: Vec<&str> = TOOLS.into_iter().filter(|tool| !succeeds(tool, &["--version"])).collect();
    if !has_postgresql() {
        missing.push(POSTGRESQL);
    }
    if missing.is_empty() {
        return Ok(());
    }
    say(&format!("missing tools: {}", missing.join(", ")));
    if !succeeds("apt-get", &["--version"]) {
        bail!("the tests need {}: please install them", missing.join(", "));
    }
    // Fresh machines have no package list, and one may be out of date: update once, then install.
    run(&mut apt_get(&["update", "--quiet"]))?;
    let mut install = apt_get(&["install", "--yes", "--quiet", "--no-install-recommends"]);
    run(install.args(&missing))
}

/// Whether PostgreSQL's server is here. Debian keeps the programs of each version apart, off the search path.
fn has_postgresql() -> bool {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let kept_apart =
        versions.map(|version| version.path().join("bin/initdb")).any(|program| program.is_file());
    kept_apart || succeeds("initdb", &["--version"])
}

/// Whether this machine lets programs be traced; in some containers nobody may.
pub fn may_trace() -> bool {
    succeeds("strace", &["-o", "/dev/null", "true"])
}

/// A client of other people's, written for EventStoreDB, that the feed is read with.
const CLIENT: (&str, &str) = ("geteventstore-promise", "4.0.1");

/// Installs the client into `target/clients`, where it is missing.
///
/// # Errors
/// The client cannot be installed.
pub fn install_client() -> Result<()> {
    let (name, version) = CLIENT;
    let folder = workspace_root().join("target/clients");
    if folder.join("node_modules").join(name).join("package.json").is_file() {
        return Ok(());
    }
    say(&format!("missing client: {name}"));
    std::fs::create_dir_all(&folder)?;
    // Nothing of the package runs while it is installed, and no file is left beside `node_modules`.
    let mut install = Command::new("npm");
    install.args([
        "install",
        "--no-save",
        "--no-package-lock",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ]);
    install.arg("--prefix").arg(&folder);
    run(install.arg(format!("{name}@{version}")))
}

fn apt_get(arguments: &[&str]) -> Command {
    let mut command = if is_root() {
        Command::new("apt-get")
    } else {
        // `-n`: a chore has nobody to ask for a password.
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
    command
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
