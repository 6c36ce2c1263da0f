//! The commands that ask: the same ledger on a server and on a disk gives the same bytes, on screen and in files.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use super::common::{Desk, Running};
use super::table::{Tried, assert_all_tried};
use super::{Served, served};

/// Asked on both sides; `→` begins the names of what is written, a file or a folder.
const QUESTIONS: &[(&str, i32)] = &[
    ("scores --as-of 2022-04-25", 0),
    ("scores --as-of 2022-04-25 --cells --json", 0),
    ("scores --as-of 2022-04-25 --csv - ", 0),
    ("scores --token {token} --json", 0),
    ("scores --as-of 2022-04-25 --xlsx scores.xlsx --csv scores.csv → scores.xlsx scores.csv", 0),
    ("ranking --as-of 2022-04-25 --canonical ranking.jsonl → ranking.jsonl", 0),
    ("figures --as-of 2022-04-25 --all --json", 0),
    ("timeliness --as-of 2022-04-25 --json", 0),
    ("roll-ups --as-of 2022-04-25", 0),
    ("explain value-added guixi --as-of 2022-04-25", 0),
    ("explain value-added nowhere --as-of 2022-04-25", 2),
    ("trail --cell value-added guixi --json", 0),
    ("trail --unit digital-office", 0),
    ("diff {before} {token} --json", 0),
    ("verify L --json", 0),
    ("fsck L", 0),
    ("head --qr", 0),
    ("head --json", 0),
    ("prove 3 -o line.tlog-proof → line.tlog-proof", 0),
    ("prove 9999999", 2),
    ("prove-cell --as-of 2022-04-25 --row value-added --area guixi -o cell.json → cell.json", 0),
    ("bundle --year 2022 year → year", 0),
    ("bundle --year 2022 year.tar.zst → year.tar.zst", 0),
    ("verify-year year.tar.zst --json", 0),
    ("timestamp request L -o head.tsq", 0),
];

/// Runs a line, without the names of what it writes.
fn ask(desk: &Desk, line: &str, code: i32) -> (String, String) {
    let said = desk.run(&format!("--ledger L {line}"));
    assert_eq!(said.code, code, "{line}: {}{}", said.out, said.err);
    (said.out, said.err)
}

/// The bytes of a file, or of every file of a folder.
fn bytes(path: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    if path.is_dir() {
        std::fs::read_dir(path).unwrap().for_each(|entry| bytes(&entry.unwrap().path(), found));
    } else {
        let name = path.to_str().unwrap().rsplit_once("/year/").map_or("", |(_, name)| name);
        found.insert(name.to_owned(), std::fs::read(path).unwrap());
    }
}

fn written(desk: &Desk, name: &str) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    bytes(&desk.path(name), &mut found);
    assert!(!found.is_empty(), "{name} was written");
    found
}

/// The served ledger on a disk of its own, with its key, head and tiles: what `copy` and a backup of the folder give.
fn on_disk(served: &Served) -> Desk {
    let desk = Desk::new();
    std::fs::write(desk.path("password"), "changeit\n").unwrap();
    desk.run(&format!("copy {} L", served.address)).with(0);
    for name in ["L.key", "L.head", "L/checkpoint", "L/tile"] {
        let mut copy = Command::new("cp");
        let copy = copy.arg("-r").arg(served.desk.path(name)).arg(desk.path(name)).status();
        assert!(copy.expect("cp starts").success(), "{name}");
    }
    desk
}

/// A ledger on a server with a figure and its correction; and the tokens before and after.
fn asked() -> (Served, String, String) {
    let served = served();
    let desk = &served.desk;
    desk.csv("april.csv", &["value-added,guixi,60.1,快报"]);
    let receipt = desk.json("--ledger L submit april.csv --unit guixi --period 2022-04");
    let token = || desk.json("--ledger L scores --as-of 2022-04-25")["token"].as_str().unwrap().to_owned();
    let before = token();
    let figure = receipt["lines"][1]["hash"].as_str().unwrap();
    desk.run(&format!("--ledger L figure correct {figure} --value 61.2 --reason-code misreported")).with(0);
    let after = token();
    (served, before, after)
}

#[test]
fn every_answer_about_the_same_ledger_has_the_same_bytes() {
    let (served, before, token) = asked();
    let disk = on_disk(&served);
    for (line, code) in QUESTIONS {
        let (line, files) = line.split_once(" → ").unwrap_or((line, ""));
        let line = line.replace("{before}", &before).replace("{token}", &token);
        let [of_disk, of_server] = [&disk, &served.desk].map(|desk| ask(desk, &line, *code));
        assert_eq!(of_server.0, of_disk.0, "{line}");
        for file in files.split_whitespace() {
            assert!(written(&served.desk, file) == written(&disk, file), "{line}: {file} differs");
        }
    }
    // One that is named by its address alone, from a folder that knows nothing of it.
    let elsewhere = Desk::new();
    std::fs::write(elsewhere.path("password"), "changeit\n").unwrap();
    let scores = elsewhere.run(&format!("--store {} scores --as-of 2022-04-25", served.address)).with(0);
    assert_eq!(scores.out, ask(&disk, "scores --as-of 2022-04-25", 0).0);
    let outside = ["cosign", "feed", "serve", "verify-proof", "self-check", "copy", "worker"].into_iter();
    assert_all_tried(&Tried::Questions, QUESTIONS.iter().map(|own| own.0).chain(outside));
}

#[test]
fn a_proof_from_a_server_is_checked_with_the_line_and_the_key_alone() {
    let (served, ..) = asked();
    let disk = on_disk(&served);
    let line = super::common::lines(&disk.path("L")).swap_remove(3);
    let opened: serde_json::Value = serde_json::from_str(&super::common::lines(&disk.path("L"))[0]).unwrap();
    let key = opened["data"]["log_key"].as_str().unwrap();
    served.desk.run("--ledger L prove 3 -o line.tlog-proof").with(0);
    std::fs::write(served.desk.path("line.json"), &line).unwrap();
    served.desk.run(&format!("verify-proof line.tlog-proof --line line.json --key {key}")).with(0);
    std::fs::write(served.desk.path("line.json"), line.replace("\"version\":1", "\"version\":2")).unwrap();
    served.desk.run(&format!("verify-proof line.tlog-proof --line line.json --key {key}")).with(1);
}

#[test]
fn a_self_check_and_a_witness_take_a_ledger_on_a_server() {
    let (served, ..) = asked();
    let desk = &served.desk;
    assert_eq!(desk.json("self-check L --once --output checked.json")["holds"], true);
    std::fs::create_dir(desk.path("w")).unwrap();
    let key = desk.json("witness key --name w.example/w w.key")["verifier_key"].as_str().unwrap().to_owned();
    let disk = on_disk(&served);
    let opened: serde_json::Value = serde_json::from_str(&super::common::lines(&disk.path("L"))[0]).unwrap();
    let mut command = desk.command();
    command.args(["witness", "--listen", "127.0.0.1:0", "--state", "w", "--key", "w.key", "--log"]);
    let witness = Running::start({
        command.arg(opened["data"]["log_key"].as_str().unwrap());
        command
    });
    desk.run(&format!("cosign L --witness {} --witness-key {key}", witness.url)).with(0);
    assert!(std::fs::read_to_string(desk.path("L/checkpoint")).unwrap().contains("w.example/w"));
    desk.run("verify L").with(0);
}

#[test]
fn sql_tables_are_made_from_a_server_and_agree_with_its_lines() {
    let (served, ..) = asked();
    served.desk.run("--ledger L worker --once --sqlite tables.sqlite").with(0);
    served.desk.run("--ledger L worker check --sqlite tables.sqlite").with(0);
    served.desk.run("--ledger L worker status --sqlite tables.sqlite").with(0);
}

#[test]
fn what_is_served_over_http_is_the_same_whatever_keeps_the_lines() {
    let (served, ..) = asked();
    let disk = on_disk(&served);
    for (arguments, paths) in [
        ("feed L --listen 127.0.0.1:0 --stream own --base https://ledger.example", FEED),
        ("--ledger L serve --listen 127.0.0.1:0", PAGES),
    ] {
        let [of_disk, of_server] = [&disk, &served.desk].map(|desk| {
            let mut command = desk.command();
            command.args(arguments.split(' '));
            let running = Running::start(command);
            paths.map(|path| get(&running.url, path))
        });
        for ((path, of_disk), of_server) in paths.iter().zip(of_disk).zip(of_server) {
            assert_eq!(of_server, of_disk, "{path}");
        }
    }
}

const FEED: [&str; 2] = ["/streams/own/0/forward/20?embed=body", "/streams/own/7"];
const PAGES: [&str; 2] = ["/v1/ranking?as_of=2022-04-25", "/v1/trail?indicator=value-added&area=guixi"];

/// An answer's status line and body, as JSON where there is a choice.
fn get(url: &str, path: &str) -> (String, String) {
    let host = url.trim_start_matches("http://").split('/').next().unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let accept = "application/vnd.eventstore.atom+json, application/json";
    let asked =
        format!("GET {path} HTTP/1.1\r\nHost: ledger\r\nAccept: {accept}\r\nConnection: close\r\n\r\n");
    stream.write_all(asked.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.lines().next().unwrap();
    assert!(status.contains(" 200 "), "{path}: {answer}");
    (status.to_owned(), body.to_owned())
}
