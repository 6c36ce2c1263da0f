//! The pages in a real Chromium: every link leads somewhere, everybody can read them, and an auditor gets to a proof that holds.

mod common;

use std::path::Path;
use std::process::Command;

use common::{Desk, Running};
use serde_json::Value;

/// Every page, on the axes of now, the past and a what-if.
const PAGES: [&str; 15] = [
    "/",
    "/?as_of=2022-06-25&known_at=4000",
    "/cell?indicator=core-value-added&area=yujiang",
    "/trail",
    "/trail?indicator=core-value-added&area=yujiang",
    "/diff",
    "/diff?from_as_of=2022-06-25",
    "/tasks",
    "/calendar",
    "/snapshots",
    "/verify",
    "/status",
    "/indicators",
    "/units",
    "/search?q=%E5%A2%9E%E5%8A%A0%E5%80%BC",
];

fn serve(desk: &Desk) -> Running {
    desk.run("demo demo-ledger").with(0);
    let mut command = desk.command();
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    Running::start(command)
}

/// Runs a script with the packages that `cargo xtask test` installs, and gives what it says.
fn node(script: &str, server: &Running, arguments: &[&str]) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let modules = root.join("../../target/browser/node_modules");
    assert!(modules.join("puppeteer-core").is_dir(), "no puppeteer-core: `cargo xtask test` installs it");
    let url = server.url.trim_end_matches('/');
    let mut node = Command::new("node");
    node.arg(root.join("tests/data/browser").join(script)).arg(url).args(arguments).env("NODE_PATH", modules);
    let output = node.output().expect("node starts");
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn finds_nothing(told: &Value) {
    let findings = told["findings"].as_array().expect("a list");
    assert!(findings.is_empty(), "{} findings: {findings:#?}", findings.len());
}

#[test]
fn every_page_is_well_formed_and_every_link_on_it_leads_somewhere() {
    let desk = Desk::new();
    let server = serve(&desk);
    let told = node("crawl.mjs", &server, &PAGES);
    finds_nothing(&told);
    assert!(told["followed"].as_u64().is_some_and(|followed| followed > 100), "{told}");
    server.stop();
}

#[test]
fn everybody_can_read_every_page_light_and_dark_on_a_desk_and_on_a_telephone() {
    let desk = Desk::new();
    let server = serve(&desk);
    let arguments: Vec<&str> = ["-"].into_iter().chain(PAGES).collect();
    finds_nothing(&node("inspect.mjs", &server, &arguments));
    server.stop();
}

#[test]
fn an_auditor_gets_from_the_overview_to_a_proof_that_holds_offline() {
    let desk = Desk::new();
    let server = serve(&desk);
    let folder = desk.path("proofs");
    std::fs::create_dir(&folder).unwrap();
    let told = node("auditor.mjs", &server, &[folder.to_str().unwrap()]);
    server.stop();
    let file = format!("proofs/{}", told["file"].as_str().unwrap());
    let verified = desk.run(&format!("verify {file}")).with(0).out;
    assert!(verified.contains("成立"), "{verified}");
}
