//! The feed's door, with a plain socket before it: what a reader sees, what it may keep, and what it cannot do.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chain::line::{Envelope, Line, write};
use chain::{EventHash, hash};
use feed::http;
use feed::ledger::Ledger;
use serde_json::Value;
use store::{EventLog as _, MemoryLog};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use uuid::Uuid;

const ATOM: &str = "application/vnd.eventstore.atom+json";
const STREAM: &str = "/streams/ledger-demo";

/// A ledger being fed, and where its signed head stands.
struct Fed {
    log: MemoryLog,
    head: Arc<AtomicU64>,
    address: String,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    fn may_be_kept(&self) -> bool {
        assert!(self.header("etag").is_some() != self.header("cache-control").unwrap().contains("immutable"));
        self.header("etag").is_none()
    }
}

impl Fed {
    /// Feeds a ledger of so many lines, all of them under the head.
    fn with(lines: u64) -> Self {
        let (log, head) = (MemoryLog::new(), Arc::new(AtomicU64::new(0)));
        let (told, address) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let (shown, limit) = (log.clone(), Arc::clone(&head));
        let ledger = Ledger::new(Arc::new(shown), "ledger-demo", move || limit.load(Ordering::SeqCst));
        let serving = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async {
                let port = TcpListener::bind("127.0.0.1:0").await.unwrap();
                told.send(port.local_addr().unwrap().to_string()).unwrap();
                http::serve(port, ledger, None, async { drop(stopped.await) }).await;
            });
        });
        let address = address.recv().expect("the feed has a port");
        let fed = Self { log, head, address, stop: Some(stop), serving: Some(serving) };
        fed.record(lines);
        fed.sign();
        fed
    }

    /// Records lines that no head covers yet.
    fn record(&self, lines: u64) {
        let size = self.log.size().unwrap();
        for position in size..size + lines {
            self.log.append(position, &[&line(position)]).unwrap();
        }
    }

    /// Publishes a head over all lines.
    fn sign(&self) {
        self.head.store(self.log.size().unwrap(), Ordering::SeqCst);
    }

    fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Reply {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let mut head =
            format!("{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        read(&answer)
    }

    fn get(&self, target: &str) -> Reply {
        self.ask("GET", target, &[("Accept", ATOM)])
    }

    fn end(mut self) {
        drop(self.stop.take());
        self.serving.take().unwrap().join().unwrap();
    }
}

fn read(answer: &[u8]) -> Reply {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let (first, rest) = head.split_once("\r\n").unwrap();
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    Reply {
        status: first.split(' ').nth(1).unwrap().parse().unwrap(),
        headers: rest.split("\r\n").filter_map(header).collect(),
        body: answer[end + 4..].to_vec(),
    }
}

/// A line whose hash chains do not matter here.
fn line(position: u64) -> Vec<u8> {
    let submission = Uuid::from_u128(u128::from(position) << 64);
    let envelope = Envelope {
        at: chain::Instant::from_micros(1_651_363_200_000_000 + i64::try_from(position).unwrap()).unwrap(),
        by: "demo",
        id: hash::event_id(submission, 0),
        position,
        prev: EventHash([0; 32]),
        submission,
        submission_size: 1,
        kind: "figure-reported",
        unit: "yujiang",
        unit_prev: EventHash([0; 32]),
        unit_seq: position,
        version: 1,
    };
    let mut line = Vec::new();
    write(&envelope, "{\"note\":\"演示数据\"}".as_bytes(), &mut line).unwrap();
    line
}

fn link(page: &Value, relation: &str) -> Option<String> {
    let links = page["links"].as_array().unwrap();
    let found = links.iter().find(|link| link["relation"] == relation)?;
    Some(found["uri"].as_str().unwrap().split_once(STREAM).unwrap().1.to_owned())
}

#[test]
fn a_reader_follows_page_by_page_and_gets_every_line_as_it_is_hashed() {
    let fed = Fed::with(7);
    let mut lines = Vec::new();
    let mut next = Some("/0/forward/3".to_owned());
    while let Some(path) = next {
        let page = fed.get(&format!("{STREAM}{path}?embed=body")).json();
        for entry in page["entries"].as_array().unwrap().iter().rev() {
            let data = entry["data"].as_str().unwrap().as_bytes().to_vec();
            let read = Line::parse(&data).expect("the data is the line");
            let metadata: Value = serde_json::from_str(entry["metaData"].as_str().unwrap()).unwrap();
            assert_eq!(metadata["hash"], read.hash().to_hex());
            assert_eq!(metadata["$correlationId"], read.submission.to_string());
            assert_eq!(entry["eventId"], read.id.to_string());
            assert_eq!(entry["positionEventNumber"], read.position);
            lines.push(data);
        }
        next = link(&page, "previous");
    }
    assert_eq!(lines, (0..7).map(line).collect::<Vec<_>>());
    fed.end();
}

#[test]
fn a_line_that_no_head_covers_is_not_shown() {
    let fed = Fed::with(2);
    fed.record(1);
    assert_eq!(fed.get(&format!("{STREAM}/0/forward/5")).json()["entries"].as_array().unwrap().len(), 2);
    assert_eq!(fed.get(&format!("{STREAM}/2")).status, 404);
    fed.sign();
    assert_eq!(fed.get(&format!("{STREAM}/2")).status, 200);
    fed.end();
}

#[test]
fn only_what_never_changes_may_be_kept() {
    let fed = Fed::with(4);
    let kept = |path: &str| fed.get(&format!("{STREAM}{path}")).may_be_kept();
    assert!(kept("/0/forward/3"), "full, and there is more");
    assert!(!kept("/0/forward/4"), "full, but it says that it is the newest");
    assert!(!kept("/2/forward/4"), "not full");
    assert!(!kept("/4/forward/4"), "empty");
    assert!(!kept(""), "the newest page");
    assert!(kept("/3/backward/2"), "from a line that is there");
    assert!(!kept("/9/backward/2"), "from a line that is not there yet");
    let before = fed.get(&format!("{STREAM}/0/forward/3")).body;
    let newest = fed.get(&format!("{STREAM}/0/forward/4"));
    fed.record(1);
    fed.sign();
    assert_eq!(fed.get(&format!("{STREAM}/0/forward/3")).body, before, "what was kept is still true");
    let grown = fed.get(&format!("{STREAM}/0/forward/4"));
    assert!(grown.may_be_kept());
    assert_ne!(grown.body, newest.body, "it was the newest page, and says so no longer");
    fed.end();
}

#[test]
fn a_tag_saves_the_page_it_came_with_and_no_other() {
    let fed = Fed::with(3);
    let head = fed.get(STREAM);
    let tag = head.header("etag").expect("a tag").to_owned();
    let again = |path: &str, accept: &str| {
        fed.ask("GET", &format!("{STREAM}{path}"), &[("Accept", accept), ("If-None-Match", &tag)])
    };
    let unchanged = again("", ATOM);
    assert_eq!((unchanged.status, unchanged.header("etag")), (304, Some(tag.as_str())));
    assert_eq!(unchanged.body, b"");
    assert_eq!(again("/3/forward/5", ATOM).status, 200, "another page");
    assert_eq!(again("?embed=body", ATOM).status, 200, "another address");
    assert_eq!(again("", "application/atom+xml").status, 200, "another form");
    fed.record(1);
    fed.sign();
    assert_eq!(again("", ATOM).status, 200, "another head");
    fed.end();
}

#[test]
fn a_poll_waits_for_the_next_head() {
    let fed = Fed::with(2);
    let wait = || {
        fed.ask("GET", &format!("{STREAM}/2/forward/5"), &[("Accept", ATOM), ("ES-LongPoll", "50")]).json()
    };
    std::thread::scope(|scope| {
        let polled = scope.spawn(wait);
        std::thread::sleep(Duration::from_millis(200));
        fed.record(1);
        fed.sign();
        assert_eq!(polled.join().unwrap()["entries"][0]["title"], "2@ledger-demo");
    });
    fed.end();
}

#[test]
fn a_poll_without_a_new_head_ends_with_an_empty_page() {
    let fed = Fed::with(2);
    let started = Instant::now();
    let page = fed.ask("GET", &format!("{STREAM}/2/forward/5"), &[("Accept", ATOM), ("ES-LongPoll", "1")]);
    assert!(started.elapsed() >= Duration::from_secs(1));
    let page = page.json();
    assert_eq!((page["entries"].as_array().unwrap().len(), link(&page, "previous")), (0, None));
    fed.end();
}

#[test]
fn the_end_of_the_feed_ends_its_polls() {
    let mut fed = Fed::with(2);
    let stop = fed.stop.take();
    let headers = [("Accept", ATOM), ("ES-LongPoll", "3600")];
    std::thread::scope(|scope| {
        let polled = scope.spawn(|| fed.ask("GET", &format!("{STREAM}/2/forward/5"), &headers).status);
        std::thread::sleep(Duration::from_millis(200));
        drop(stop);
        assert_eq!(polled.join().unwrap(), 200, "answered, long before its time");
    });
    fed.end();
}

#[test]
fn an_event_is_shown_in_every_form() {
    let fed = Fed::with(2);
    let as_ = |accept: &str| fed.ask("GET", &format!("{STREAM}/1"), &[("Accept", accept)]);
    let bytes = as_("application/octet-stream");
    assert_eq!(bytes.body, line(1), "what b3sum hashes");
    assert!(bytes.header("cache-control").unwrap().contains("immutable"));
    assert_eq!(as_("application/json").json()["position"], 1);
    assert_eq!(as_("application/vnd.eventstore.event+json").json()["data"]["unit"], "yujiang");
    assert_eq!(as_(ATOM).json()["content"]["eventType"], "figure-reported");
    let atom = String::from_utf8(as_("application/atom+xml").body).unwrap();
    assert!(atom.contains("<note>演示数据</note>"), "{atom}");
    assert_eq!(as_("image/png").status, 406);
    assert_eq!(fed.ask("GET", &format!("{STREAM}/1"), &[]).json()["title"], "1@ledger-demo");
    fed.end();
}

#[test]
fn nothing_can_be_written_and_nothing_else_is_there() {
    let fed = Fed::with(2);
    let refused = fed.ask("POST", STREAM, &[("Content-Length", "0")]);
    assert_eq!((refused.status, refused.header("allow")), (405, Some("GET, HEAD")));
    assert_eq!(fed.ask("DELETE", STREAM, &[]).status, 405);
    assert_eq!(fed.get("/streams/other").status, 404);
    assert_eq!(fed.get("/").status, 404);
    assert_eq!(fed.get(&format!("{STREAM}/0/forward/5000")).status, 400);
    let head = fed.ask("HEAD", STREAM, &[("Accept", ATOM)]);
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(fed.get("/info").json()["features"]["atomPub"], true);
    fed.end();
}

#[test]
fn a_damaged_line_is_not_shown_and_the_answer_not_kept() {
    let fed = Fed::with(2);
    fed.log.append(2, &[b"{\"not\":\"a line\"}"]).unwrap();
    fed.sign();
    let page = fed.get(&format!("{STREAM}/1/forward/1"));
    assert_eq!(page.status, 200, "pages without it are");
    let page = fed.get(&format!("{STREAM}/2/forward/1"));
    assert_eq!((page.status, page.header("cache-control")), (500, None));
    fed.end();
}

#[test]
fn an_empty_ledger_is_a_stream_that_is_not_there_yet() {
    let fed = Fed::with(0);
    assert_eq!([fed.get(STREAM).status, fed.get(&format!("{STREAM}/0")).status], [404, 404]);
    fed.end();
}
