//! The commands of `docs/operations.md`, run as they stand there: on the built program and a stand-in for the server.

mod common;

use std::path::Path;
use std::process::Command;

use common::Desk;
use stand_in::{Options, StandIn};

const BEGIN: &str = "```sh\nset -eu\n";

/// The blocks that are to be run, in order, each with the heading it stands under.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for section in text.split("\n## ").skip(1) {
        let heading = section.lines().next().unwrap_or_default();
        for block in section.split(BEGIN).skip(1) {
            found.push((heading, block.split("```").next().unwrap_or_default()));
        }
    }
    found
}

#[test]
fn every_command_of_the_page_does_what_the_page_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let blocks = blocks(&page);
    assert!(blocks.len() >= 5, "{} blocks", blocks.len());
    let server = StandIn::start(Options { members: 3, ..Options::default() });
    let desk = Desk::new();
    let program = Path::new(assert_cmd::cargo::cargo_bin!("progress-ledger"));
    let folder = program.parent().expect("a folder").display().to_string();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
    let address = |stream: &str| format!("eventstore+{}/?stream={stream}", server.address());
    for (heading, block) in blocks {
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", block]).current_dir(desk.folder()).env("PATH", &path);
        bash.env("STORE", address("one"))
            .env("STORE_NEW", address("two"))
            .env("STORE_DRILL", address("three"));
        for name in ["PROGRESS_LEDGER", "PROGRESS_LEDGER_STORE", "PROGRESS_LEDGER_STATE"] {
            bash.env_remove(name);
        }
        let output = bash.output().expect("bash starts");
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{heading}:\n{block}\n{}", String::from_utf8_lossy(&said));
    }
    // What the drill lost is on record, and the lines before are what they were.
    let lost = desk.json("--ledger drill trail --unit digital-office");
    assert!(lost["rows"].to_string().contains("ledger-restored"), "{lost}");
}
