//! A real feed at a free port and a real ledger: read by a client written for EventStoreDB, and while it grows.

mod common;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use chain::line::Line;
use common::{Desk, Running};
use serde_json::Value;

const STREAM: &str = "ledger-yingtan.example-ledger";

/// A running feed; it ends with the test.
struct Feed {
    running: Running,
    /// `host:port`.
    host: String,
}

impl Feed {
    fn start(desk: &Desk, arguments: &str) -> Self {
        let mut command = desk.command();
        command.args(["feed", "L", "--listen", "127.0.0.1:0"]).args(arguments.split_whitespace());
        let running = Running::start(command);
        let host = running.url["http://".len()..].split('/').next().unwrap().to_owned();
        Self { running, host }
    }

    /// Asks for a page or an event, and gives its JSON.
    fn get(&self, path: &str, headers: &str) -> Value {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.host);
        let accept = "Accept: application/vnd.eventstore.atom+json\r\n";
        stream.write_all(format!("{head}{accept}{headers}\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        serde_json::from_str(body).unwrap()
    }
}

/// Runs the client that `cargo xtask test` installs.
fn read_with_client(feed: &Feed, stream: &str) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let modules = root.join("../../target/clients/node_modules");
    let client = modules.join("geteventstore-promise");
    assert!(client.is_dir(), "no geteventstore-promise: `cargo xtask test` installs it");
    let (host, port) = feed.host.split_once(':').unwrap();
    let mut node = Command::new("node");
    node.arg(root.join("tests/data/read_feed.cjs")).args([host, port, stream]).env("NODE_PATH", modules);
    let output = node.output().expect("node starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_client_written_for_eventstore_reads_every_line() {
    let desk = Desk::opened();
    let feed = Feed::start(&desk, "");
    let lines = common::lines(&desk.path("L"));
    assert!(lines.len() > 3, "several pages");
    let read = read_with_client(&feed, STREAM);
    let events = read["events"].as_array().unwrap();
    assert_eq!(events.len(), lines.len());
    for (event, line) in events.iter().zip(&lines) {
        let parsed = Line::parse(line.as_bytes()).unwrap();
        assert_eq!(event["eventNumber"], parsed.position);
        assert_eq!(event["eventId"], parsed.id.to_string());
        assert_eq!(event["eventType"], parsed.kind);
        assert_eq!(event["data"], serde_json::from_str::<Value>(line).unwrap());
        assert!(event["metaData"].as_str().unwrap().contains(&parsed.hash().to_hex()));
    }
    let last = lines.len() - 1;
    assert_eq!(read["newest"], serde_json::json!([last, last - 1]));
    assert_eq!((&read["exists"], &read["other"]), (&true.into(), &false.into()));
    assert_eq!(read["refused"], 405, "a feed is only read");
}

#[test]
fn what_is_recorded_meanwhile_is_shown_to_whoever_waits() {
    let desk = Desk::opened();
    let feed = Feed::start(&desk, "--stream ledger-yingtan-2022 --base https://ledger.example/");
    let size = common::lines(&desk.path("L")).len();
    let path = format!("/streams/ledger-yingtan-2022/{size}/forward/20?embed=body");
    let page = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| feed.get(&path, "ES-LongPoll: 60\r\n"));
        desk.run(
            "--ledger L period open 2022-05 --starts 2022-01-01 --ends 2022-05-25 --due 2022-05-30T18:00",
        )
        .with(0);
        waiting.join().unwrap()
    });
    let shown = page["entries"].as_array().unwrap().last().unwrap();
    assert_eq!(shown["data"], common::lines(&desk.path("L"))[size]);
    let id = format!("https://ledger.example/streams/ledger-yingtan-2022/{size}");
    assert_eq!(shown["id"], id, "readers call it by the name it was given");
    assert!(feed.running.stop().contains("已停止"));
}

#[test]
fn without_a_signed_head_there_is_nothing_to_feed() {
    let desk = Desk::opened();
    std::fs::remove_file(desk.path("L").join("checkpoint")).unwrap();
    let refused = desk.run("feed L --listen 127.0.0.1:0").with(2);
    assert!(refused.err.contains("还没有签名的账本头"), "{}", refused.err);
    let missing = desk.run("feed nowhere --listen 127.0.0.1:0").with(2);
    assert!(missing.err.contains("没有账本目录 nowhere"), "{}", missing.err);
}

#[test]
fn a_head_of_another_hand_is_not_believed() {
    let desk = Desk::opened();
    let path = desk.path("L").join("checkpoint");
    let changed = std::fs::read_to_string(&path).unwrap().replacen("yingtan", "yingtam", 1);
    std::fs::write(&path, changed).unwrap();
    let refused = desk.run("feed L --listen 127.0.0.1:0").with(1);
    assert!(refused.err.contains("不可信"), "{}", refused.err);
}
