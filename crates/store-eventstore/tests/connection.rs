//! The connection: what is sent to whom, how answers that say nothing are asked for again, and what a person is told.

mod scripted;

use std::io::Write as _;
use std::time::Duration;

use chain::line::Line;
use scripted::{Does, Scripted, answers, answers_with};
use serde_json::{Value, json};
use store::contract::{Scribe, borrowed};
use store::{EventLog, StoreError};
use store_eventstore::{Address, EventStoreLog, Known, OpenError, Timing};

const INFO: &str = r#"{"esVersion":"23.10.1.0","state":"leader","features":{"atomPub":true}}"#;

fn quick() -> Timing {
    Timing {
        connect: Duration::from_secs(2),
        answer: Duration::from_millis(400),
        gossip: Duration::from_secs(2),
        deadline: Duration::from_secs(3),
        opening: Duration::from_secs(2),
        after_silence: Duration::from_millis(30),
        pause: Duration::from_millis(5),
        longest_pause: Duration::from_millis(40),
    }
}

/// A page as servers write one: newest first, with links.
fn page(lines: &[Vec<u8>]) -> String {
    let entry = |bytes: &Vec<u8>| {
        let line = Line::parse(bytes).unwrap();
        let data: Value = serde_json::from_slice(bytes).unwrap();
        let metadata = json!({ "$correlationId": line.submission, "hash": line.hash() });
        json!({
            "eventId": line.id, "eventType": line.kind, "eventNumber": line.position, "streamId": "s", "isJson": true,
            "positionEventNumber": line.position, "positionStreamId": "s",
            "data": serde_json::to_string_pretty(&data).unwrap(), "metaData": metadata.to_string(),
        })
    };
    let entries: Vec<_> = lines.iter().rev().map(entry).collect();
    let links: Vec<_> =
        lines.first().map(|_| json!({ "uri": "http://x/", "relation": "previous" })).into_iter().collect();
    json!({ "links": links, "entries": entries }).to_string()
}

/// The answers to opening a stream that has `lines`.
fn opening(lines: &[Vec<u8>]) -> Vec<Does> {
    let mut script = vec![answers(200, INFO), answers(404, ""), answers(404, "")];
    if !lines.is_empty() {
        script[1] = answers(200, "{}");
        script[2] = answers(200, page(&lines[lines.len() - 1..]));
        script.push(answers(200, page(&lines[..1])));
    }
    script
}

fn address(servers: &[&Scripted], rest: &str) -> Address {
    let hosts: Vec<_> = servers.iter().map(|server| format!("127.0.0.1:{}", server.port)).collect();
    format!("eventstore+http://ledger:s3cret@{}/?stream=s{rest}", hosts.join(",")).parse().unwrap()
}

fn opened(server: &Scripted) -> EventStoreLog {
    EventStoreLog::open(&address(&[server], ""), &Known::default(), quick())
        .unwrap_or_else(|error| panic!("{error}"))
}

fn open_error(server: &Scripted, known: Known) -> String {
    let opened = EventStoreLog::open(&address(&[server], ""), &known, quick());
    opened.err().expect("it does not open").to_string()
}

#[test]
fn credentials_and_accept_go_with_the_first_request() {
    let lines = Scribe::new().append(2, "行");
    let server = Scripted::start(opening(&lines));
    assert_eq!(opened(&server).opened().lines, 2);
    let asked = server.asked();
    assert_eq!(asked.len(), 4);
    for request in &asked {
        assert_eq!(request.header("authorization"), Some("Basic bGVkZ2VyOnMzY3JldA=="), "{}", request.line);
        assert!(
            request.header("accept").is_some_and(|accept| accept.starts_with("application/")),
            "{}",
            request.line
        );
        assert_eq!(request.header("accept-encoding"), None);
    }
    assert!(asked[1..].iter().all(|request| request.header("es-requiremaster") == Some("True")));
}

#[test]
fn the_same_bytes_are_sent_until_an_answer_says_what_became_of_them() {
    let server = Scripted::start(opening(&[]));
    let log = opened(&server);
    server.asked();
    let lines = Scribe::new().append(2, "行");
    server.goes_on([
        answers(500, "Write timeout"),
        Does::Closes,
        Does::Sleeps(Duration::from_millis(600)),
        answers_with(503, "Retry-After", "0"),
        answers_with(201, "Location", "http://elsewhere/streams/s/0"),
        answers(200, page(&lines[1..])),
    ]);
    assert_eq!(log.append(0, &borrowed(&lines)).unwrap(), 2);
    let asked = server.asked();
    assert_eq!(asked.len(), 6);
    for again in &asked[1..5] {
        assert_eq!((again.body == asked[0].body, again.header("es-expectedversion")), (true, Some("-1")));
    }
    assert_eq!(asked[5].line, "GET /streams/s/1/forward/1?embed=body");
}

#[test]
fn a_line_of_equal_id_and_other_content_is_a_conflict_although_the_server_says_201() {
    let server = Scripted::start(opening(&[]));
    let log = opened(&server);
    let mut own = Scribe::new().append(1, "行");
    let other = own.clone();
    own[0] = String::from_utf8(own[0].clone()).unwrap().replace("\"tester\"", "\"another\"").into_bytes();
    assert_eq!(Line::parse(&own[0]).unwrap().id, Line::parse(&other[0]).unwrap().id);
    server.goes_on([
        answers_with(201, "Location", "http://x/streams/s/0"),
        answers(200, page(&other)),
        answers(200, page(&other)),
    ]);
    let answer = log.append(0, &borrowed(&own));
    assert!(matches!(answer, Err(StoreError::Conflict { expected: 0, actual: 1 })), "{answer:?}");
}

#[test]
fn without_an_answer_until_the_deadline_the_outcome_is_unknown_and_settling_asks_again() {
    let server = Scripted::start(opening(&[]));
    let timing = Timing { deadline: Duration::from_millis(200), ..quick() };
    let log = EventStoreLog::open(&address(&[&server], ""), &Known::default(), timing).unwrap();
    let lines = Scribe::new().append(1, "行");
    // Beyond the script, the server answers 500 to everything.
    let answer = log.append(0, &borrowed(&lines));
    assert!(matches!(answer, Err(StoreError::OutcomeUnknown { position: 0, .. })), "{answer:?}");
    assert!(matches!(log.append(0, &borrowed(&lines)), Err(StoreError::Unsettled)));
    assert!(matches!(log.settle(), Err(StoreError::Server { .. })));
    assert!(matches!(log.append(0, &borrowed(&lines)), Err(StoreError::Unsettled)));
    server.asked();
    server.goes_on([
        answers_with(201, "Location", "http://x/streams/s/0"),
        answers(200, page(&lines)),
        answers(200, page(&lines)),
    ]);
    assert_eq!(log.settle().unwrap(), 1);
    assert!(server.asked()[0].line.starts_with("POST "));
}

#[test]
fn a_request_that_reached_nobody_wrote_nothing() {
    let server = Scripted::start(opening(&[]));
    let timing = Timing { deadline: Duration::from_millis(150), ..quick() };
    let log = EventStoreLog::open(&address(&[&server], ""), &Known::default(), timing).unwrap();
    server.goes_on((0..200).map(|_| answers_with(503, "Retry-After", "0")));
    let lines = Scribe::new().append(1, "行");
    let answer = log.append(0, &borrowed(&lines));
    assert!(matches!(answer, Err(StoreError::Server { .. })), "{answer:?}");
    let again = log.append(0, &borrowed(&lines));
    assert!(!matches!(again, Err(StoreError::Unsettled)), "nothing is open: {again:?}");
}

#[test]
fn a_redirect_is_followed_with_credentials_to_a_member_that_gossip_names() {
    let lines = Scribe::new().append(1, "行");
    let leader =
        Scripted::start([answers_with(201, "Location", "http://x/streams/s/0"), answers(200, page(&lines))]);
    let follower = Scripted::start(opening(&[]));
    let log = opened(&follower);
    follower.asked();
    let gossip = json!({ "members": [
        { "state": "Master", "isAlive": false, "externalHttpIp": "127.0.0.1", "externalHttpPort": 1 },
        { "state": "Slave", "isAlive": true, "externalHttpIp": "127.0.0.1", "externalHttpPort": follower.port },
        { "state": "Leader", "isAlive": true, "httpEndPointIp": "127.0.0.1", "httpEndPointPort": leader.port },
    ]});
    follower.goes_on([
        answers_with(307, "Location", format!("{}/streams/s", leader.address())),
        answers(200, gossip.to_string()),
    ]);
    assert_eq!(log.append(0, &borrowed(&lines)).unwrap(), 1);
    assert_eq!(follower.lines_asked(), ["POST /streams/s", "GET /gossip"]);
    let asked = leader.asked();
    assert_eq!(asked[0].header("authorization"), Some("Basic bGVkZ2VyOnMzY3JldA=="));
    assert_eq!(asked.len(), 2, "the leader is asked from now on");
}

#[test]
fn a_redirect_to_a_stranger_is_not_followed() {
    let stranger = Scripted::start([]);
    let server = Scripted::start(opening(&[]));
    let log = opened(&server);
    let members = json!({ "members": [
        { "state": "Leader", "isAlive": true, "httpEndPointIp": "127.0.0.1", "httpEndPointPort": server.port },
    ]});
    let lines = Scribe::new().append(1, "行");
    server.goes_on([
        answers_with(307, "Location", format!("{}/streams/s", stranger.address())),
        answers(200, members.to_string()),
        answers(200, members.to_string()),
        answers_with(201, "Location", "http://x/streams/s/0"),
        answers(200, page(&lines)),
    ]);
    assert_eq!(log.append(0, &borrowed(&lines)).unwrap(), 1);
    assert_eq!(stranger.lines_asked(), [""; 0]);
}

#[test]
fn with_several_servers_a_dead_one_is_passed_over() {
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let leader = Scripted::start(opening(&[]));
    let gossip = json!({ "members": [
        { "state": "Leader", "isAlive": false, "httpEndPointIp": "127.0.0.1", "httpEndPointPort": dead },
        { "state": "Leader", "isAlive": true, "httpEndPointIp": "127.0.0.1", "httpEndPointPort": leader.port },
    ]});
    let second = Scripted::start([answers(200, gossip.to_string())]);
    let text = format!("eventstore+http://127.0.0.1:{dead},127.0.0.1:{}/?stream=s", second.port);
    let log = EventStoreLog::open(&text.parse().unwrap(), &Known::default(), quick());
    assert_eq!(log.unwrap_or_else(|error| panic!("{error}")).opened().lines, 0);
    assert_eq!((second.lines_asked(), leader.asked().len()), (vec!["GET /gossip".to_owned()], 3));
}

#[test]
fn a_cut_page_is_asked_for_again() {
    let lines = Scribe::new().append(3, "行");
    let server = Scripted::start(opening(&lines));
    let log = opened(&server);
    server.goes_on([
        Does::Cuts(page(&lines), 300),
        answers(200, &page(&lines)[..300]),
        answers(200, page(&lines)),
    ]);
    assert_eq!(log.read(0, 3).unwrap().iter().map(|(_, line)| line.to_vec()).collect::<Vec<_>>(), lines);
}

#[test]
fn a_gap_a_foreign_event_and_a_lost_end_are_damage_by_name() {
    let lines = Scribe::new().append(4, "行");
    let damage = |body: String, from| {
        let server = Scripted::start(opening(&lines));
        let log = opened(&server);
        server.goes_on((0..6).map(|_| answers(200, body.clone())));
        match log.read(from, 2) {
            Err(StoreError::Corrupt { position, damage, .. }) => (position, damage.code()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(damage(page(&lines[1..3]), 0), (0, "stream-gap"));
    assert_eq!(
        damage(json!({ "links": [{ "relation": "previous" }], "entries": [] }).to_string(), 1),
        (1, "stream-gap")
    );
    assert_eq!(damage(page(&lines[..2]).replace("tester", "taster"), 0), (0, "stream-foreign"));
    assert_eq!(damage(json!({ "links": [], "entries": [] }).to_string(), 2), (2, "stream-lost"));
}

#[test]
fn a_server_without_streams_over_http_is_told_by_its_option() {
    let off = INFO.replace("true", "false");
    let told = open_error(&Scripted::start([answers(200, off.clone())]), Known::default());
    assert!(told.contains("EVENTSTORE_ENABLE_ATOM_PUB_OVER_HTTP=true"), "{told}");
    let newer = off.replace("23.10.1.0", "25.0.1");
    let told = open_error(&Scripted::start([answers(200, newer)]), Known::default());
    assert!(told.contains("KURRENTDB_ENABLE_ATOM_PUB_OVER_HTTP=true"), "{told}");
}

#[test]
fn a_stream_that_is_not_the_ledger_is_not_opened() {
    let lines = Scribe::new().append(3, "行");
    let (old, other) = (
        Known { signed_size: 4, ..Known::default() },
        Known { genesis: Some(chain::EventHash([7; 32])), ..Known::default() },
    );
    assert!(open_error(&Scripted::start(opening(&lines)), old).contains("checkpoint-ahead"));
    assert!(open_error(&Scripted::start(opening(&lines)), other).contains("第一行不是这个账本的第一行"));
    let told = open_error(
        &Scripted::start([answers(200, INFO), answers(200, r#"{"$maxCount":3}"#)]),
        Known::default(),
    );
    assert!(told.contains("$maxCount=3"), "{told}");
    let told = open_error(&Scripted::start([answers(200, INFO), answers(401, "")]), Known::default());
    assert!(told.contains("401") && !told.contains("s3cret"), "{told}");
}

#[test]
fn an_address_that_names_bad_files_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::File::create(&path).unwrap().write_all("不是证书".as_bytes()).unwrap();
    for (rest, word) in [
        (format!("ledger@h/?stream=s&password-file={}", folder.path().join("none").display()), "none"),
        ("ledger@h/?stream=s".to_owned(), "没有口令"),
        (format!("h/?stream=s&tls&ca={}", path.display()), "ca.pem"),
    ] {
        let address = format!("eventstore+http://{rest}").parse().unwrap();
        let opened = EventStoreLog::open(&address, &Known::default(), quick());
        let error = opened.err().expect("it does not open");
        assert!(matches!(error, OpenError::Connect(_)) && error.to_string().contains(word), "{error}");
    }
}

#[test]
fn waiting_is_left_to_the_server_where_there_is_time() {
    let lines = Scribe::new().append(2, "行");
    let server = Scripted::start(opening(&lines[..1]));
    let log = opened(&server);
    server.asked();
    server.goes_on([
        answers(200, page(&lines[..1])),
        answers(200, page(&lines[1..])),
        answers(200, page(&lines[1..])),
    ]);
    assert_eq!(log.wait(1, Duration::from_secs(5)).unwrap(), 2);
    let asked = server.asked();
    assert_eq!(
        (asked[1].line.as_str(), asked[1].header("es-longpoll")),
        ("GET /streams/s/1/forward/1?embed=body", Some("4"))
    );
}
