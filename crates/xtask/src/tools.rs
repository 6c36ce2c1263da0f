//! The ordinary command-line tools that the tests hold the ledger's promises against.
//!
//! An auditor must get by with them, so the tests use the real ones. They are installed only where
//! they are missing.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process::{run, say, succeeds, workspace_root};

/// Program and Debian package have one name, for each of them.
const TOOLS: [&str; 6] = ["b3sum", "chromium", "jq", "npm", "strace", "zstd"];

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

/// Packages of other people's, at fixed versions, in a folder of their own below `target`: where one is missing, all are installed.
struct Packages {
    folder: &'static str,
    packages: &'static [(&'static str, &'static str)],
}

/// What only tests use.
const PACKAGES: [Packages; 2] = [
    // A client written for EventStoreDB, that the feed is read with.
    Packages { folder: "clients", packages: &[("geteventstore-promise", "4.0.1")] },
    // What drives Chromium, looks at pages as people with impairments need them, and parses HTML as browsers do.
    Packages {
        folder: "browser",
        packages: &[("axe-core", "4.14.1"), ("parse5", "7.3.0"), ("puppeteer-core", "24.43.1")],
    },
];

/// Installs the packages that are missing.
///
/// # Errors
/// One cannot be installed.
pub fn install_packages() -> Result<()> {
    PACKAGES.iter().try_for_each(install)
}

fn install(own: &Packages) -> Result<()> {
    let folder = workspace_root().join("target").join(own.folder);
    let is_there = |name: &str| folder.join("node_modules").join(name).join("package.json").is_file();
    if own.packages.iter().all(|(name, _)| is_there(name)) {
        return Ok(());
    }
    let names: Vec<String> = own.packages.iter().map(|(name, version)| format!("{name}@{version}")).collect();
    say(&format!("missing packages: {}", names.join(", ")));
    std::fs::create_dir_all(&folder)?;
    // Nothing of the packages runs while they are installed, and no file is left beside `node_modules`.
    let mut install = Command::new("npm");
    install.args([
        "install",
        "--no-save",
        "--no-package-lock",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ]);
    run(install.arg("--prefix").arg(&folder).args(names))
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
