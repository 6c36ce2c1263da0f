//! A stranger's program, written from the pages alone, checks a frozen bundle: no code of this project takes part.
//!
//! Python is no tool of this project: where a machine has none, the tests say so and end.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use scenarios::repository;

fn python() -> Option<Command> {
    let python = || Command::new("python3");
    let there = python().arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if there.is_ok_and(|status| status.success()) {
        return Some(python());
    }
    eprintln!("python3 is not there: docs/verify-yourself.py was not run");
    None
}

/// The frozen bundle, unpacked with stock tools.
fn unpacked() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let frozen = repository().join("crates/audit/tests/golden/demo-2022-v1.tar.zst");
    let mut zstd = Command::new("zstdcat").arg(frozen).stdout(Stdio::piped()).spawn().expect("zstdcat runs");
    let archive = zstd.stdout.take().expect("a pipe");
    let tar = Command::new("tar").args(["-x", "-C"]).arg(folder.path()).stdin(archive).status();
    assert!(tar.expect("tar runs").success() && zstd.wait().expect("zstdcat ends").success());
    folder
}

/// What the stranger's program says, and whether it is content.
fn checked(folder: &Path) -> Option<(bool, String)> {
    let script = repository().join("docs/verify-yourself.py");
    let output = python()?.arg(script).arg(folder).output().expect("python3 runs");
    let text = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
}

/// Replaces text in a file, once, and gives what it was.
fn change(path: &Path, from: &str, to: &str) -> String {
    let before = fs::read_to_string(path).expect("a text file");
    assert!(before.contains(from), "{} has no {from}", path.display());
    fs::write(path, before.replacen(from, to, 1)).expect("written");
    before
}

#[test]
fn a_stranger_makes_every_point_again_from_the_lines() {
    let folder = unpacked();
    let Some((content, said)) = checked(folder.path()) else { return };
    assert!(content, "{said}");
    assert!(said.contains("3351 行") && said.contains("826 个单元格"), "{said}");
}

#[test]
fn a_stranger_finds_what_was_changed() {
    let folder = unpacked();
    let journal = folder.path().join("journal/00000000000000000000.jsonl");
    let before = change(&journal, "\"value\":\"72.3\"", "\"value\":\"82.3\"");
    let Some((content, said)) = checked(folder.path()) else { return };
    assert!(!content && said.contains("文件与清单不符"), "{said}");
    fs::write(&journal, before).expect("written");
    change(&folder.path().join("manifest.jsonl"), "\"lines\":3351", "\"lines\":3350");
    let (content, said) = checked(folder.path()).expect("python3 was there before");
    assert!(!content && said.contains("清单不完整"), "{said}");
}
