//! Observed cases that no transcript holds, named as in the list they were observed with.

mod common;

use common::{Ask, Reply};
use stand_in::{Options, StandIn};

const EVENTS: &str = "application/vnd.eventstore.events+json";
const ATOM: &str = "application/vnd.eventstore.atom+json";
const EVENT: &str = "application/vnd.eventstore.event+json";
const ADMIN: &str = "Basic YWRtaW46Y2hhbmdlaXQ=";

/// A fresh server and its one stream `S`.
struct Case {
    server: StandIn,
}

impl Case {
    fn new() -> Self {
        Self { server: StandIn::start(Options::default()) }
    }

    /// A stream with so many events, whose ids are `a`, `b`, …
    fn seeded(events: usize) -> Self {
        let case = Self::new();
        let ids: String = ('a'..).take(events).collect();
        assert_eq!(case.append(&ids, Some("-1")), "201 /0");
        case
    }

    fn ask(&self, ask: &Ask) -> Reply {
        ask.send(&self.server.address()).expect("an answer")
    }

    /// Appends events named by letters, and tells status and where, or the current version.
    fn append(&self, ids: &str, version: Option<&str>) -> String {
        let event = |id: char| format!("{{\"eventId\":\"{}\",\"eventType\":\"t\",\"data\":{{}}}}", guid(id));
        let events: Vec<String> = ids.chars().map(event).collect();
        self.post(&format!("[{}]", events.join(",")), version)
    }

    fn post(&self, body: &str, version: Option<&str>) -> String {
        let ask = Ask::new("POST", "/streams/S").with("Content-Type", EVENTS).body(body);
        let ask = version.map_or(ask.clone(), |version| ask.with("ES-ExpectedVersion", version));
        told(&self.ask(&ask))
    }

    fn delete(&self, header: Option<(&str, &str)>) -> String {
        let ask = Ask::new("DELETE", "/streams/S");
        told(&self.ask(&header.map_or(ask.clone(), |(name, value)| ask.with(name, value))))
    }

    fn get(&self, path: &str, accept: &str) -> Reply {
        self.ask(&Ask::new("GET", &format!("/streams/S{path}")).with("Accept", accept))
    }

    /// How many events the stream shows.
    fn shown(&self) -> usize {
        self.get("/0/forward/100", ATOM).text().matches("\"summary\"").count()
    }

    /// What a server stores for that data.
    fn stored(data: &str) -> String {
        let case = Self::new();
        let body = format!("[{{\"eventId\":\"{}\",\"eventType\":\"t\",\"data\":{data}}}]", guid('z'));
        assert_eq!(case.post(&body, None), "201 /0");
        let reply = case.get("/head", "application/octet-stream");
        assert_eq!(reply.status, 200);
        reply.text()
    }
}

fn guid(id: char) -> String {
    format!("00000000-0000-8000-8000-{:012x}", u32::from(id))
}

fn told(reply: &Reply) -> String {
    let number =
        reply.header("Location").and_then(|location| location.rsplit_once('/')).map(|(_, last)| last);
    match (number, reply.header("ES-CurrentVersion")) {
        (Some(number), _) => format!("{} /{number}", reply.status),
        (None, Some(version)) => format!("{} at {version}", reply.status),
        (None, None) => reply.status.to_string(),
    }
}

#[test]
fn b1_to_b13_expected_versions() {
    let case = Case::new();
    for version in ["5", "0", "2147483648", "-4"] {
        assert_eq!(case.append("a", Some(version)), "400 at -1", "{version}");
    }
    for version in ["abc", "1.0", "-6", "9223372036854775808", "0x1", "1e3"] {
        assert_eq!(case.append("a", Some(version)), "400", "{version}");
    }
    assert_eq!(case.append("a", Some(" -1 ")), "201 /0");
    assert_eq!(case.append("b", Some("+0")), "201 /1");
    assert_eq!(case.append("cd", Some("-2")), "201 /2");
}

#[test]
fn c8_to_c14_known_ids() {
    let case = Case::seeded(2);
    assert_eq!(case.append("ab", Some("-1")), "201 /0");
    assert_eq!(case.append("ab", None), "201 /0");
    assert_eq!(case.append("b", Some("0")), "201 /1");
    for (ids, version) in [("ac", None), ("ac", Some("-1")), ("abc", Some("-1")), ("ba", Some("-1"))] {
        assert_eq!(case.append(ids, version), "400 at 1", "{ids}");
    }
    assert_eq!(case.append("ca", None), "201 /2");
    assert_eq!(case.append("ab", Some("-1")), "201 /0");
    assert_eq!(case.append("dd", Some("3")), "201 /4");
    assert_eq!(case.shown(), 6);
}

#[test]
fn c16_to_c23_deleted_and_written_again() {
    let case = Case::seeded(1);
    assert_eq!(case.delete(None), "204");
    assert_eq!((case.append("a", Some("-1")).as_str(), case.get("", ATOM).status), ("201 /0", 404));
    assert_eq!(case.delete(Some(("ES-HardDelete", "true"))), "204");
    assert_eq!((case.append("a", Some("-1")).as_str(), case.get("", ATOM).status), ("410", 410));
    let case = Case::seeded(2);
    assert_eq!(case.append("abc", Some("1")), "201 /2");
    assert_eq!(case.shown(), 5);
}

#[test]
fn f1_to_f8_deletions() {
    let case = Case::seeded(3);
    assert_eq!(case.delete(Some(("ES-HardDelete", "yes"))), "400");
    assert_eq!(case.delete(Some(("ES-ExpectedVersion", "7"))), "400");
    assert_eq!([case.delete(None), case.delete(None)], ["204", "204"]);
    assert_eq!(case.append("x", Some("1")), "400 at 2");
    assert_eq!(case.append("x", Some("-4")), "410");
    assert_eq!(case.append("x", Some("2")), "201 /3");
    assert_eq!((case.shown(), case.get("/0", ATOM).status), (1, 404));
    let burnt = Case::new();
    assert_eq!(burnt.delete(Some(("ES-HardDelete", "true"))), "204");
    assert_eq!([burnt.get("", ATOM).status, burnt.get("/metadata", "application/json").status], [410, 410]);
    assert_eq!(burnt.append("a", Some("-1")), "410");
}

#[test]
fn a14_to_a43_bodies() {
    let case = Case::new();
    let good = format!("{{\"eventId\":\"{}\",\"eventType\":\"t\",\"data\":{{}}}}", guid('a'));
    let zero = good.replace(&guid('a'), "00000000-0000-0000-0000-000000000000");
    let double = good.replace("{}", "{\"a\":1,\"a\":2}");
    for body in [
        format!("\u{feff}[{good}]"),
        format!("[{good},{{\"eventType\":\"t\"}}]"),
        format!("[{zero}]"),
        format!("[{double}]"),
        format!("[{}]", good.replace("{}", "1e400")),
        format!("[{}]", good.replace(&guid('a'), "nope")),
    ] {
        assert_eq!(case.post(&body, None), "400", "{body}");
    }
    assert_eq!(case.get("", ATOM).status, 404, "nothing was written");
    assert_eq!(case.post(&format!("[{}]", good.replace("\"t\"", "7")), None), "201 /0");
    assert!(case.get("/0", EVENT).text().contains("\"eventType\": \"7\""));
}

#[test]
fn a19_to_a39_what_is_stored() {
    assert_eq!(Case::stored("{\"a\":\"1987-11-07T00:00:00.000+01:00\"}").matches(".000+01:00").count(), 1);
    assert_eq!(Case::stored("{\"a\":\"\\ud800\"}"), "{\n  \"a\": \"\u{fffd}\"\n}");
    assert_eq!(Case::stored("[1.10, 1E2, -0.0]"), "[\n  1.1,\n  100.0,\n  0.0\n]");
    assert_eq!(
        Case::stored("{\"$type\":\"x\",\"b\":{\"$type\":\"y\"}}"),
        "{\n  \"b\": {\n    \"$type\": \"y\"\n  }\n}"
    );
    assert_eq!(Case::stored("42"), "");
    assert_eq!(Case::stored("\"hello\""), "hello");
    assert_eq!(
        Case::stored("\"{'n':007}\""),
        "{\n  \"n\": 7\n}",
        "a text that holds an object is read as one"
    );
    let case = Case::new();
    let bytes = Ask::new("POST", "/streams/S").with("Content-Type", "application/octet-stream");
    let bytes = bytes.with("ES-EventId", &guid('y')).with("ES-EventType", "t").body([0, 255, 1]);
    assert_eq!(case.ask(&bytes).status, 201);
    assert_eq!(case.get("/head", "application/octet-stream").body, [0, 255, 1]);
    let page = case.get("/head/backward/1?embed=body", ATOM).text();
    assert!(page.contains("\"isJson\": false") && !page.contains("\"data\""), "{page}");
}

#[test]
fn a30_several_large_events_make_a_batch() {
    let case = Case::new();
    let data = format!("{{\"d\":\"{}\"}}", "x".repeat(1024 * 1024));
    let event = |id: char| format!("{{\"eventId\":\"{}\",\"eventType\":\"t\",\"data\":{data}}}", guid(id));
    let events: Vec<String> = ('a'..='e').map(event).collect();
    assert_eq!(case.post(&format!("[{}]", events.join(",")), Some("-1")), "201 /0");
    assert_eq!(case.shown(), 5);
}

#[test]
fn d_and_e_pages_and_tags() {
    let case = Case::seeded(5);
    let beyond = case.get("/100/forward/10", ATOM);
    assert!(beyond.text().contains("/99/backward/10") && !beyond.text().contains("\"previous\""));
    assert_eq!(case.get("?format=json", "text/plain").status, 200);
    let tag = case.get("", ATOM).header("ETag").expect("a tag").to_owned();
    let again = |tag: &str, accept: &str| {
        let ask = Ask::new("GET", "/streams/S").with("Accept", accept).with("If-None-Match", tag);
        case.ask(&ask).status
    };
    assert_eq!(again(&tag, ATOM), 304);
    assert_eq!(again(&tag, "application/json"), 200);
    assert_eq!([again(&format!("W/{tag}"), ATOM), again("*", ATOM)], [200, 200]);
    assert_eq!(case.ask(&Ask::new("HEAD", "/streams/S")).status, 405);
    assert_eq!(case.ask(&Ask::new("PUT", "/streams/S")).status, 405);
    assert_eq!(case.ask(&Ask::new("OPTIONS", "/streams/S")).status, 200);
    assert_eq!(case.ask(&Ask::new("GET", "/nowhere")).status, 404);
}

#[test]
fn e14_and_e15_a_poll_is_woken_by_any_event_and_by_the_end() {
    let case = Case::seeded(5);
    let poll = |path: &str, seconds: &str| {
        let ask = Ask::new("GET", &format!("/streams/S{path}")).with("Accept", ATOM);
        case.ask(&ask.with("ES-LongPoll", seconds))
    };
    std::thread::scope(|scope| {
        let polled = scope.spawn(|| poll("/9/forward/5", "50"));
        std::thread::sleep(std::time::Duration::from_millis(200));
        assert_eq!(case.append("x", Some("4")), "201 /5");
        let page = polled.join().expect("answered").text();
        assert!(page.contains("\"entries\": []") && !page.contains("\"previous\""), "{page}");
        let polled = scope.spawn(|| poll("/6/forward/5", "50").status);
        std::thread::sleep(std::time::Duration::from_millis(200));
        assert_eq!(case.delete(Some(("ES-HardDelete", "true"))), "204");
        assert_eq!(polled.join().expect("answered"), 410);
    });
    assert_eq!(poll("/6/forward/5", "50").status, 410, "at once");
}

#[test]
fn f10_to_f15_metadata() {
    let case = Case::new();
    let write = |body: &str, id: char| {
        let ask = Ask::new("POST", "/streams/S/metadata").with("Content-Type", "application/json");
        told(&case.ask(&ask.with("ES-EventId", &guid(id)).with("Authorization", ADMIN).body(body)))
    };
    assert_eq!(write("{\"$maxCount\":\"x\"}", 'm'), "201 /0");
    assert_eq!(case.get("/metadata", "application/json").status, 200);
    assert_eq!(case.get("", ATOM).status, 404, "metadata alone make no stream");
    assert_eq!(case.append("x", Some("-4")), "201 /0", "but one that exists");
    assert_eq!(case.append("abcdefghi", Some("0")), "201 /1");
    assert_eq!(case.shown(), 10, "a value of another form is ignored");
    assert_eq!(write("{\"$maxCount\":3}", 'n'), "201 /1");
    assert_eq!((case.shown(), case.get("/3", ATOM).status), (3, 404));
}

#[test]
fn g9_all_events_page_by_page() {
    let case = Case::seeded(5);
    let all = |path: &str| {
        let ask = Ask::new("GET", path).with("Accept", ATOM).with("Authorization", ADMIN);
        case.ask(&ask)
    };
    let mut path = format!("/streams/%24all/{}/forward/2", "0".repeat(32));
    let mut titles = Vec::new();
    loop {
        let page = all(&path).text();
        let found: Vec<_> = page.split("\"title\": \"").skip(2).map(|rest| rest[..3].to_owned()).collect();
        titles.extend(found.into_iter().rev());
        assert!(page.contains("\"headOfStream\": false"));
        let Some((before, _)) = page.split_once("\"relation\": \"previous\"") else {
            break;
        };
        let uri = before.rsplit_once("\"uri\": \"").expect("a link").1;
        path = uri[uri.find("/streams").expect("a path")..uri.find('"').expect("an end")].to_owned();
    }
    assert_eq!(titles, ["0@S", "1@S", "2@S", "3@S", "4@S"]);
    for position in ["zz", "0", "head"] {
        assert_eq!(all(&format!("/streams/%24all/{position}/forward/2")).status, 400, "{position}");
    }
}
