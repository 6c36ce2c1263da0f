//! What can be told to go wrong, seen by a client that adds nothing. Every fault happens once, and then all is well.

mod common;

use std::time::{Duration, Instant};

use common::{Ask, Reply, Silence};
use feed::json::Json;
use stand_in::{Fault, Manners, Options, StandIn, parse_leniently};

const STREAM: &str = "ledger-demo";
const EVENTS: &str = "application/vnd.eventstore.events+json";
const ATOM: &str = "application/vnd.eventstore.atom+json";
/// Long enough to look in between, short enough to wait for.
const SOON: Duration = Duration::from_millis(400);

/// A server with event 0 in its stream.
fn begun(options: Options) -> StandIn {
    let server = StandIn::start(options);
    assert_eq!(append(&server.address(), -1, 0).expect("an answer").status, 201);
    server
}

fn one() -> StandIn {
    begun(Options::default())
}

fn three() -> StandIn {
    begun(Options { members: 3, ..Options::default() })
}

/// The request that appends event number `event` at that version; the id belongs to the event.
fn post(version: i64, event: u8) -> Ask {
    let body = format!(
        "[{{\"eventId\":\"00000000-0000-8000-8000-0000000000{:02x}\",\"eventType\":\"figure-reported\",\
         \"data\":{{\"n\":\"{event}\"}}}}]",
        event + 1
    );
    let ask = Ask::new("POST", &format!("/streams/{STREAM}")).with("Content-Type", EVENTS);
    ask.with("ES-ExpectedVersion", &version.to_string()).with("ES-RequireMaster", "True").body(body)
}

fn append(base: &str, version: i64, event: u8) -> Result<Reply, Silence> {
    post(version, event).send(base)
}

fn page() -> Ask {
    Ask::new("GET", &format!("/streams/{STREAM}/0/forward/20?embed=body")).with("Accept", ATOM)
}

/// How many events a member shows to whoever does not ask for the leader.
fn shown(base: &str) -> usize {
    let reply = page().send(base).expect("an answer");
    let document = parse_leniently(&reply.text()).expect("a feed");
    let Some(Json::List(entries)) = document.member("entries") else {
        panic!("a feed has entries: {document:?}");
    };
    entries.len()
}

fn written(server: &StandIn, event: u8) -> Reply {
    let reply = append(&server.address(), i64::from(event) - 1, event).expect("an answer");
    assert_eq!(reply.status, 201, "{reply:?}");
    assert_eq!(reply.header("Location").map(|to| to.ends_with(&format!("/{event}"))), Some(true));
    reply
}

#[test]
fn an_answer_is_lost_after_the_commit() {
    let server = one();
    server.fail_next(Fault::AnswerLost);
    assert_eq!(append(&server.address(), 0, 1), Err(Silence::Broken));
    assert_eq!(server.lines(STREAM).len(), 2, "it is written");
    written(&server, 1);
    assert_eq!(server.lines(STREAM).len(), 2, "and once only");
}

#[test]
fn a_request_is_lost_before_anything_is_done() {
    let server = one();
    server.fail_next(Fault::RequestLost);
    assert_eq!(append(&server.address(), 0, 1), Err(Silence::Broken));
    assert_eq!(server.lines(STREAM).len(), 1);
    written(&server, 1);
}

#[test]
fn an_error_is_answered_and_the_batch_is_committed() {
    let server = one();
    server.fail_next(Fault::ErrorThenCommitted { after: Duration::ZERO });
    let reply = append(&server.address(), 0, 1).expect("an answer");
    assert_eq!((reply.status, reply.reason.as_str()), (500, "Write timeout"));
    assert_eq!(shown(&server.address()), 2);
    written(&server, 1);
}

#[test]
fn an_error_is_answered_and_the_batch_is_committed_later() {
    let server = one();
    server.fail_next(Fault::ErrorThenCommitted { after: SOON });
    let started = Instant::now();
    assert_eq!(append(&server.address(), 0, 1).expect("an answer").status, 500);
    let other = append(&server.address(), 0, 2).expect("an answer");
    let looked = shown(&server.address());
    if started.elapsed() < SOON {
        assert_eq!(looked, 1, "what is not committed is not shown");
    }
    assert_eq!((other.status, other.header("ES-CurrentVersion")), (400, Some("1")), "and counts");
    until(|| shown(&server.address()) == 2);
    written(&server, 1);
}

#[test]
fn an_error_is_answered_and_the_batch_is_gone() {
    let server = one();
    server.fail_next(Fault::ErrorThenGone { after: Duration::ZERO });
    assert_eq!(append(&server.address(), 0, 1).expect("an answer").status, 500);
    assert_eq!(shown(&server.address()), 1);
    written(&server, 2 - 1);
    assert_eq!(server.lines(STREAM).len(), 2);
}

#[test]
fn an_error_is_answered_and_the_batch_counts_for_a_time_and_is_gone() {
    let server = one();
    server.fail_next(Fault::ErrorThenGone { after: SOON });
    let started = Instant::now();
    assert_eq!(append(&server.address(), 0, 1).expect("an answer").status, 500);
    let other = append(&server.address(), 0, 2).expect("an answer");
    if started.elapsed() < SOON {
        assert_eq!((other.status, other.header("ES-CurrentVersion")), (400, Some("1")));
        until(|| append(&server.address(), 0, 2).expect("an answer").status == 201);
    }
    assert_eq!(server.lines(STREAM)[1], "{\n  \"n\": \"2\"\n}", "another batch took the place");
}

/// Looks again until something holds; the test runner ends what never does.
fn until(holds: impl Fn() -> bool) {
    while !holds() {
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_request_is_sent_to_another_member() {
    let server = three();
    server.fail_next(Fault::RedirectTo { member: 2 });
    let reply = append(&server.address(), 0, 1).expect("an answer");
    let expected = format!("{}/streams/{STREAM}", server.member(2));
    assert_eq!((reply.status, reply.header("Location")), (307, Some(expected.as_str())));
    // That member does not lead, and sends it back.
    let reply = append(&server.member(2), 0, 1).expect("an answer");
    let expected = format!("{}/streams/{STREAM}", server.address());
    assert_eq!((reply.status, reply.header("Location")), (307, Some(expected.as_str())));
    written(&server, 1);
}

#[test]
fn the_leader_changes_under_a_request() {
    let server = three();
    let before = server.address();
    server.fail_next(Fault::LeaderChange);
    let reply = append(&before, 0, 1).expect("an answer");
    assert_eq!(reply.status, 307);
    assert_ne!(server.address(), before);
    assert_eq!(reply.header("Location"), Some(format!("{}/streams/{STREAM}", server.address()).as_str()));
    written(&server, 1);
}

#[test]
fn the_leader_dies_and_another_is_elected() {
    let server = three();
    let before = server.address();
    server.kill(server.leader());
    assert_eq!(append(&before, 0, 1), Err(Silence::Refused));
    until(|| server.address() != before);
    written(&server, 1);
    server.revive(0);
    assert_eq!(shown(&before), 2, "the old leader comes back as a follower and knows all");
}

#[test]
fn an_answer_is_slow() {
    let server = one();
    server.fail_next(Fault::Slow(SOON));
    let hasty = Ask { patience: Some(Duration::from_millis(50)), ..post(0, 1) };
    assert_eq!(hasty.send(&server.address()), Err(Silence::TimedOut));
    until(|| server.lines(STREAM).len() == 2);
    written(&server, 1);
}

#[test]
fn a_body_is_cut() {
    let server = one();
    server.fail_next(Fault::CutBody);
    assert_eq!(page().send(&server.address()), Err(Silence::Broken));
    assert_eq!(shown(&server.address()), 1);
}

#[test]
fn a_batch_is_called_too_large_and_is_written() {
    let server = one();
    server.fail_next(Fault::TooLargeButWritten);
    assert_eq!(append(&server.address(), 0, 1).expect("an answer").status, 413);
    assert_eq!(server.lines(STREAM).len(), 2);
    written(&server, 1);
}

#[test]
fn a_follower_has_not_seen_the_newest_events() {
    let server = three();
    written(&server, 1);
    server.fail_next(Fault::StaleFollower { behind: 1 });
    let leaders = page().with("ES-RequireMaster", "True").send(&server.address()).expect("an answer");
    assert!(leaders.text().contains("\"1@ledger-demo\""), "whoever asks for the leader sees all");
    assert_eq!(shown(&server.member(1)), 1);
    assert_eq!(shown(&server.member(1)), 2);
}

#[test]
fn a_follower_is_held_back_and_let_go() {
    let server = three();
    server.hold_back(1);
    written(&server, 1);
    assert_eq!([0, 1, 2].map(|member| shown(&server.member(member))), [2, 1, 2]);
    server.let_go(1);
    assert_eq!(shown(&server.member(1)), 2);
}

#[test]
fn the_server_starts_again_after_the_commit() {
    let server = one();
    let without_version =
        || Ask { headers: vec![("Content-Type".to_owned(), EVENTS.to_owned())], ..post(0, 1) };
    server.fail_next(Fault::Restart);
    assert_eq!(append(&server.address(), 0, 1), Err(Silence::Broken));
    until(|| append(&server.address(), 0, 1).is_ok());
    assert_eq!(server.lines(STREAM).len(), 2, "a numeric version is recognised");
    assert_eq!(without_version().send(&server.address()).expect("an answer").status, 201);
    assert_eq!(server.lines(STREAM).len(), 3, "any version is not");
}

#[test]
fn the_server_is_not_ready() {
    let server = one();
    server.fail_next(Fault::Unavailable { retry_after_s: Some(5) });
    let reply = append(&server.address(), 0, 1).expect("an answer");
    assert_eq!((reply.status, reply.header("Retry-After")), (503, Some("5")));
    assert_eq!(server.lines(STREAM).len(), 1);
    written(&server, 1);
}

#[test]
fn a_fault_waits_for_the_request_it_concerns() {
    let server = one();
    server.fail_next(Fault::CutBody);
    server.fail_next(Fault::AnswerLost);
    assert_eq!(append(&server.address(), 0, 1), Err(Silence::Broken));
    assert_eq!(server.faults_left(), 1);
    assert_eq!(Ask::new("GET", "/info").send(&server.address()).expect("an answer").status, 200);
    assert_eq!(page().send(&server.address()), Err(Silence::Broken));
    assert_eq!(server.faults_left(), 0);
}

#[test]
fn a_file_outlives_the_stand_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = || Options { file: Some(folder.path().join("events")), ..Options::default() };
    let server = begun(options());
    let delete = |name: &str| Ask::new("DELETE", &format!("/streams/{name}")).with("ES-HardDelete", "true");
    assert_eq!(delete("mistyped").send(&server.address()).expect("an answer").status, 204);
    drop(server);
    let server = StandIn::start(options());
    assert_eq!(server.lines(STREAM), ["{\n  \"n\": \"0\"\n}"]);
    written(&server, 1);
    assert_eq!(delete("mistyped").send(&server.address()).expect("an answer").status, 410);
}

#[test]
fn whoever_names_no_user_is_refused_where_that_is_asked() {
    let server = StandIn::start(Options { anonymous: false, ..Options::default() });
    assert_eq!(append(&server.address(), -1, 0).expect("an answer").status, 401);
    let named = post(-1, 0).with("Authorization", "Basic b3BzOmNoYW5nZWl0");
    assert_eq!(named.send(&server.address()).expect("an answer").status, 201);
}

#[test]
fn without_atom_pub_every_stream_is_missing() {
    let server = StandIn::start(Options { atom_pub: false, ..Options::default() });
    assert_eq!(append(&server.address(), -1, 0).expect("an answer").status, 404);
}

#[test]
fn newer_servers_answer_otherwise() {
    let options = Options { manners: Manners::Newer, members: 3, atom_pub: true, ..Options::default() };
    let server = begun(options);
    let told = |target: &str| Ask::new("GET", target).send(&server.address()).expect("an answer").text();
    assert!(told("/info").contains("\"atomPub\": true") && told("/info").contains("\"leader\""));
    assert!(told("/gossip").contains("\"httpEndPointPort\"") && told("/gossip").contains("\"Follower\""));
    let other = append(&server.address(), -1, 2).expect("an answer");
    assert_eq!(
        (other.header("ES-CurrentVersion"), other.header("Kurrent-CurrentVersion")),
        (Some("0"), Some("0"))
    );
    let refused = post(-1, 2).body("[]").send(&server.address()).expect("an answer");
    assert_eq!(
        (refused.reason.as_str(), refused.text().as_str()),
        ("Bad Request", "Write request body invalid.")
    );
    let full = Ask::new("GET", &format!("/streams/{STREAM}/0/forward/1")).with("Accept", ATOM);
    let full = full.send(&server.address()).expect("an answer");
    assert_eq!(full.header("Cache-Control"), Some("max-age=31536000, private"));
    let tag = || page().send(&server.address()).expect("an answer").header("ETag").map(str::to_owned);
    let before = tag();
    server.restart();
    assert_ne!(tag(), before, "a tag does not outlive a start");
}

#[test]
fn a_list_of_permissions_is_kept() {
    let server = one();
    let admin = ("Authorization", "Basic YWRtaW46Y2hhbmdlaXQ=");
    let metadata = Ask::new("POST", &format!("/streams/{STREAM}/metadata"))
        .with("Content-Type", "application/json")
        .with("ES-EventId", "00000000-0000-8000-8000-0000000000ff")
        .with(admin.0, admin.1)
        .body("{\"$acl\":{\"$w\":\"ops\"}}");
    assert_eq!(metadata.send(&server.address()).expect("an answer").status, 201);
    let answers = [
        append(&server.address(), 0, 1),
        append(&server.address(), 9, 1),
        post(0, 1).with("Authorization", "Basic b3BzOmNoYW5nZWl0").send(&server.address()),
        post(1, 2).with(admin.0, admin.1).send(&server.address()),
    ];
    assert_eq!(answers.map(|answer| answer.expect("an answer").status), [401, 401, 201, 201]);
}
