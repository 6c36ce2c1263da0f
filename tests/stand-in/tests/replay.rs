//! Every recorded transcript of a real EventStore 4.1.4, played request by request against the stand-in.
//!
//! Compared are status, reason phrase, the headers in [`HEADERS`] (one that was not sent must not be sent) and the
//! body: JSON member by member in order, text byte by byte.
//!
//! Normalised, because it differs from server to server, are
//! - addresses and ports: `{base}`, `{leader}`, … stand for the stand-in's own, and must be the right one's;
//! - stream names: `{stream}` is a name of its own for each transcript;
//! - ids the server made (`{guid1}`) and hashes in ETags (`{etag1}`): any, but equal where they were equal and
//!   different where they were different;
//! - instants, log positions, versions (`{time}`, `{pos1}`, `{number}`, `{version}`): any;
//! - the order of members in gossip, which is by chance.
//!
//! Where a wait was recorded, the answer must not come before it (with the tolerance the recording names). How much
//! later it may come is not asked: the machine may be busy. What is not compared besides stands in [`NOT_COMPARED`].

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use common::{Ask, Reply, Silence};
use feed::json::Json;
use stand_in::{Options, StandIn, parse_leniently};

/// The headers that were recorded.
const HEADERS: [&str; 10] = [
    "ES-CurrentVersion",
    "Location",
    "ETag",
    "Cache-Control",
    "Content-Type",
    "WWW-Authenticate",
    "Retry-After",
    "Vary",
    "Allow",
    "Content-Encoding",
];

/// Answers that are not compared as recorded: transcript, number of answers, and why.
const NOT_COMPARED: [(&str, usize, &str); 5] = [
    (
        "auth-all",
        2,
        "bodies of `$all` depend on what else the server was asked; status and headers are compared",
    ),
    ("race-different-ids", 8, "which of eight equal writers wins is by chance; compared as a multiset"),
    ("race-same-ids-two", 2, "what the second is told is by chance: 201, or 500 though it is written"),
    ("race-same-ids-known-elsewhere", 4, "what the losers are told is by chance: 201, or 400 with version 2"),
    (
        "cluster-leader-killed-retry",
        1,
        "how often a retry fails during an election is by chance: 500 each time",
    ),
];

/// How much earlier than recorded an answer may come: the server looks about once a second.
const TOLERANCE: Duration = Duration::from_millis(1300);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")
}

/// What the placeholders stand for.
#[derive(Default)]
struct Meaning {
    fixed: Vec<(String, String)>,
    ports: Vec<(String, String)>,
    bound: BTreeMap<String, String>,
}

impl Meaning {
    fn new(server: &StandIn, transcript: &Json, name: &str) -> Self {
        let mut fixed = vec![
            ("{base}".to_owned(), server.member(0)),
            ("{stream}".to_owned(), format!("ledger-{name}")),
            ("{stream2}".to_owned(), format!("ledger-{name}-2")),
        ];
        let mut ports = Vec::new();
        for (index, node) in nodes(transcript).iter().enumerate() {
            let address = server.member(index);
            let port = address.rsplit(':').next().expect("an address has a port").to_owned();
            fixed.push((format!("{{{node}}}"), address));
            ports.push((format!("{{{node}-"), port));
        }
        Self { fixed, ports, bound: BTreeMap::new() }
    }

    /// Puts in what is known.
    fn filled(&self, text: &str) -> String {
        let known = self.fixed.iter().map(|(name, value)| (name, value)).chain(&self.bound);
        known.fold(text.to_owned(), |text, (name, value)| text.replace(name.as_str(), value))
    }

    /// Compares a text with its recording, and binds what is met for the first time.
    fn compare(&mut self, recorded: &str, came: &str) -> Result<(), String> {
        let differs = |recorded: &str| Err(format!("recorded {recorded:?}\n    came {came:?}"));
        let recorded = self.filled(recorded);
        let Some((before, name, after)) = unbound(&recorded) else {
            return if recorded == came { Ok(()) } else { differs(&recorded) };
        };
        let Some(rest) = came.strip_prefix(before) else {
            return differs(&recorded);
        };
        // What stands for the placeholder ends where the recording goes on.
        let next = unbound(after).map_or(after, |(before, ..)| before);
        let end = if next.is_empty() { Some(rest.len()) } else { rest.find(next) };
        let Some(value) = end.map(|end| rest[..end].to_owned()) else {
            return differs(&recorded);
        };
        self.bind(name, &value)?;
        let rest = &rest[value.len()..];
        let after = after.to_owned();
        self.compare(&after, rest)
    }

    fn bind(&mut self, name: &str, value: &str) -> Result<(), String> {
        let is_told_apart = name.starts_with("{guid") || name.starts_with("{etag");
        if name == "{etag}" || !is_told_apart {
            return Ok(());
        }
        if let Some((other, _)) = self.bound.iter().find(|(_, known)| *known == value) {
            return Err(format!("{name} is {value}, which is already {other}"));
        }
        self.bound.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// Tells whether a recorded text stands for a number, and which it must be.
    fn number(&self, recorded: &str) -> Option<Option<&str>> {
        let port = self.ports.iter().find(|(begin, _)| recorded.starts_with(begin.as_str()));
        match port {
            Some((_, port)) if recorded.ends_with("-http-port}") => Some(Some(port)),
            Some(_) if recorded.ends_with("-tcp-port}") => Some(None),
            Some(_) => None,
            None => (recorded == "{number}").then_some(None),
        }
    }
}

/// Finds the first placeholder in a text: what stands before it, its name, what stands after it.
fn unbound(text: &str) -> Option<(&str, &str, &str)> {
    let is_known = |name: &str| {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        matches!(stem, "guid" | "etag" | "pos" | "time" | "version" | "number")
    };
    for (at, _) in text.match_indices('{') {
        let Some(end) = text[at..].find('}') else {
            continue;
        };
        if is_known(&text[at + 1..at + end]) {
            return Some((&text[..at], &text[at..=at + end], &text[at + end + 1..]));
        }
    }
    None
}

fn nodes(transcript: &Json) -> Vec<String> {
    let Some(Json::List(nodes)) = transcript.member("nodes") else {
        return Vec::new();
    };
    nodes.iter().filter_map(Json::as_text).map(str::to_owned).collect()
}

fn seconds(value: Option<&Json>) -> Option<Duration> {
    let Some(Json::Number(text)) = value else {
        return None;
    };
    Some(Duration::from_secs_f64(text.parse().expect("a time is a number")))
}

fn has(value: &Json, name: &str) -> bool {
    value.member(name) == Some(&Json::Bool(true))
}

/// One transcript being played.
struct Play {
    name: String,
    server: StandIn,
    transcript: Json,
    meaning: Mutex<Meaning>,
    /// How many answers were compared in full.
    compared: Mutex<usize>,
}

fn load(name: &str) -> Json {
    let text = std::fs::read_to_string(folder().join(format!("{name}.json"))).expect("a transcript");
    parse_leniently(&text).expect("a transcript is JSON")
}

fn play(name: &str) {
    let transcript = load(name);
    let members = nodes(&transcript).len().max(1);
    let server = StandIn::start(Options { members, ..Options::default() });
    let meaning = Mutex::new(Meaning::new(&server, &transcript, name));
    let play = Play { name: name.to_owned(), server, transcript, meaning, compared: Mutex::new(0) };
    let Some(Json::List(steps)) = play.transcript.member("steps") else {
        panic!("{name} has steps");
    };
    for (index, step) in steps.iter().enumerate() {
        play.step(step).unwrap_or_else(|problem| panic!("{name}, step {}: {problem}", index + 1));
    }
    let expected = answers(steps) - not_compared(name);
    assert_eq!(*play.compared.lock().unwrap(), expected, "answers compared in full in {name}");
}

fn not_compared(name: &str) -> usize {
    NOT_COMPARED.iter().filter(|(of, ..)| *of == name).map(|(_, count, _)| *count).sum()
}

/// Counts the recorded answers.
fn answers(steps: &[Json]) -> usize {
    let count = |step: &Json| {
        let together = match step.member("concurrent") {
            Some(Json::List(all)) => all.len(),
            _ => 0,
        };
        let others = match step.member("repeat").and(step.member("otherResponsesBefore")) {
            Some(Json::List(all)) => all.iter().filter(|one| one.member("status").is_some()).count(),
            _ => 0,
        };
        let own =
            usize::from(step.member("response").is_some()) + usize::from(step.member("during").is_some());
        together + others + own
    };
    steps.iter().map(count).sum()
}

impl Play {
    fn step(&self, step: &Json) -> Result<(), String> {
        if let Some(action) = step.member("action").and_then(Json::as_text) {
            return self.act(action, seconds(step.member("seconds")));
        }
        if let Some(Json::List(together)) = step.member("concurrent") {
            return self.together(together);
        }
        if let Some(until) = step.member("repeat") {
            return self.repeat(step, until);
        }
        let started = Instant::now();
        let reply = match step.member("during") {
            Some(during) => self.beside(step, during)?,
            None => self.send(step),
        };
        if let Some(recorded) = seconds(step.member("seconds")) {
            let earliest = recorded.saturating_sub(TOLERANCE);
            if started.elapsed() < earliest {
                return Err(format!("answered after {:?}, recorded {recorded:?}", started.elapsed()));
            }
        }
        self.compare(step, &reply)
    }

    /// Does to the stand-in what was done to the server.
    fn act(&self, action: &str, time: Option<Duration>) -> Result<(), String> {
        let server = &self.server;
        let all = |act: &dyn Fn(usize), members: &[usize]| members.iter().for_each(|member| act(*member));
        match action {
            "kill -9 and restart on the same database" | "kill -9 and start; do not wait" => server.restart(),
            "the server stalls (SIGSTOP)" => server.stall(0),
            "the server goes on (SIGCONT) and handles what had arrived; wait" => {
                server.go_on(0);
                std::thread::sleep(time.expect("a time to wait"));
            }
            // The stand-in's members see everything at once.
            "wait" => (),
            "kill -9 of the leader" => server.kill(0),
            "start the killed node again" => server.revive(0),
            "kill -9 of the leader and of follower2; wait" => all(&|member| server.kill(member), &[0, 2]),
            "start both again" => all(&|member| server.revive(member), &[0, 2]),
            "both followers stall (SIGSTOP)" => all(&|member| server.stall(member), &[1, 2]),
            "both followers go on (SIGCONT); wait until there is one leader and two followers" => {
                all(&|member| server.go_on(member), &[1, 2]);
            }
            _ => return Err(format!("the replay does not know how to do this: {action}")),
        }
        Ok(())
    }

    fn send(&self, step: &Json) -> Result<Reply, Silence> {
        let request = step.member("request").expect("a step has a request");
        let (ask, base) = self.request(request);
        ask.send(&base)
    }

    fn request(&self, request: &Json) -> (Ask, String) {
        let meaning = self.meaning.lock().unwrap();
        let text = |name: &str| request.member(name).and_then(Json::as_text);
        let target = meaning.filled(text("path").expect("a request has a path"));
        let mut ask = Ask::new(text("method").expect("a request has a method"), &target);
        if let Some(Json::Object(headers)) = request.member("headers") {
            for (name, value) in headers {
                ask = ask.with(name, &meaning.filled(value.as_text().expect("a header is text")));
            }
        }
        ask.patience = seconds(request.member("clientTimeoutSeconds"));
        let ask = ask.body(self.body(request));
        let node = text("node").map_or("{base}".to_owned(), |node| format!("{{{node}}}"));
        (ask, meaning.filled(&node))
    }

    fn body(&self, request: &Json) -> Vec<u8> {
        assert!(request.member("bodyBase64").is_none(), "no transcript sends bytes that are not text");
        if let Some(events) = request.member("bodyEvents") {
            return made_events(events).into_bytes();
        }
        let body = request.member("body").and_then(Json::as_text).unwrap_or("");
        expanded(body).into_bytes()
    }

    /// Sends a request and, while it waits, another on a second connection.
    fn beside(&self, step: &Json, during: &Json) -> Result<Result<Reply, Silence>, String> {
        let after = seconds(during.member("afterSeconds")).expect("a time to wait");
        let (reply, other) = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| self.send(step));
            std::thread::sleep(after);
            let other = self.send(during);
            (waiting.join().expect("the first request ends"), other)
        });
        self.compare(during, &other)?;
        Ok(reply)
    }

    fn repeat(&self, step: &Json, until: &Json) -> Result<(), String> {
        let wanted = until.member("until").and_then(Json::as_integer);
        let pause = seconds(until.member("everySeconds")).expect("a pause");
        let limit = Instant::now() + seconds(until.member("limitSeconds")).expect("a limit");
        loop {
            let reply = self.send(step);
            match &reply {
                Ok(reply) if Some(i64::from(reply.status)) == wanted => break,
                Ok(reply) if reply.status != 500 => return Err(format!("met on the way: {reply:?}")),
                Ok(_) | Err(_) if Instant::now() > limit => return Err(format!("still {reply:?}")),
                Ok(_) | Err(_) => std::thread::sleep(pause),
            }
        }
        let reply = self.send(step);
        self.compare(step, &reply)
    }

    fn together(&self, all: &[Json]) -> Result<(), String> {
        let replies: Vec<_> = std::thread::scope(|scope| {
            let asked: Vec<_> = all.iter().map(|one| scope.spawn(|| self.send(one))).collect();
            asked.into_iter().map(|one| one.join().expect("a request ends")).collect()
        });
        let told = |reply: &Result<Reply, Silence>| {
            let reply = reply.as_ref().expect("an answer");
            let location = reply.header("Location").and_then(|location| location.rsplit('/').next());
            let version = reply.header("ES-CurrentVersion").or(location).unwrap_or("").to_owned();
            (reply.status, version)
        };
        let mut came: Vec<(u16, String)> = replies.iter().map(told).collect();
        came.sort();
        let allowed = |one: &(u16, String), others: &[(u16, &str)]| {
            others.iter().any(|(status, version)| one.0 == *status && one.1 == *version)
        };
        let fits = match self.name.as_str() {
            "race-different-ids" => {
                let (winner, losers) = came.split_first().expect("there are answers");
                allowed(winner, &[(201, "1")]) && losers.iter().all(|one| allowed(one, &[(400, "1")]))
            }
            "race-same-ids-two" => came.iter().all(|one| allowed(one, &[(201, "1"), (500, "")])),
            "race-same-ids-known-elsewhere" => came.iter().all(|one| allowed(one, &[(201, "1"), (400, "2")])),
            other => return Err(format!("the replay does not know what {other} allows")),
        };
        let is_written = came.first().is_some_and(|one| one.0 == 201);
        if fits && is_written { Ok(()) } else { Err(format!("told: {came:?}")) }
    }

    fn compare(&self, step: &Json, reply: &Result<Reply, Silence>) -> Result<(), String> {
        let recorded = step.member("response").expect("a step has a response");
        let request = step.member("request").expect("a step has a request");
        if let Some(error) = recorded.member("connectionError").and_then(Json::as_text) {
            let expected = if error == "refused" { Silence::Refused } else { Silence::TimedOut };
            *self.compared.lock().unwrap() += 1;
            return if *reply == Err(expected) {
                Ok(())
            } else {
                Err(format!("recorded {error}, came {reply:?}"))
            };
        }
        let reply = reply.as_ref().map_err(|silence| format!("no answer: {silence:?}"))?;
        let mut meaning = self.meaning.lock().unwrap();
        let status = recorded.member("status").and_then(Json::as_integer);
        let reason = recorded.member("reason").and_then(Json::as_text);
        if (status, reason) != (Some(i64::from(reply.status)), Some(&reply.reason)) {
            return Err(format!("recorded {status:?} {reason:?}\n    came {reply:?}"));
        }
        same_headers(&mut meaning, recorded, reply)?;
        if has(request, "varying") {
            return Ok(());
        }
        same_body(&mut meaning, recorded, reply)?;
        *self.compared.lock().unwrap() += 1;
        Ok(())
    }
}

fn same_headers(meaning: &mut Meaning, recorded: &Json, reply: &Reply) -> Result<(), String> {
    let headers = recorded.member("headers").expect("a response has headers");
    for name in HEADERS {
        match (headers.member(name).and_then(Json::as_text), reply.header(name)) {
            (Some(recorded), Some(came)) => {
                meaning.compare(recorded, came).map_err(|problem| format!("{name}: {problem}"))?;
            }
            (None, None) => (),
            (recorded, came) => return Err(format!("{name}: recorded {recorded:?}, came {came:?}")),
        }
    }
    Ok(())
}

fn same_body(meaning: &mut Meaning, recorded: &Json, reply: &Reply) -> Result<(), String> {
    if let Some(text) = recorded.member("text").and_then(Json::as_text) {
        return meaning.compare(text, &reply.text());
    }
    if has(recorded, "empty") {
        return if reply.body.is_empty() { Ok(()) } else { Err(format!("a body: {}", reply.text())) };
    }
    let recorded = recorded.member("json").expect("a body is empty, text or JSON");
    let came = parse_leniently(&reply.text()).ok_or_else(|| format!("not JSON: {}", reply.text()))?;
    same_json(meaning, recorded, &came, "")
}

fn same_json(meaning: &mut Meaning, recorded: &Json, came: &Json, at: &str) -> Result<(), String> {
    let differs = || Err(format!("{at}: recorded {recorded:?}\n    came {came:?}"));
    match (recorded, came) {
        (Json::Text(text), Json::Number(number)) => match meaning.number(text) {
            Some(expected) if expected.is_none_or(|expected| expected == number) => Ok(()),
            Some(_) | None => differs(),
        },
        (Json::Text(recorded), Json::Text(came)) => {
            meaning.compare(recorded, came).map_err(|problem| format!("{at}: {problem}"))
        }
        (recorded, Json::List(entries)) if at == "/entries" && is_shortened(recorded) => {
            same_entries(meaning, recorded, entries)
        }
        (Json::List(recorded), Json::List(came)) if recorded.len() == came.len() => {
            let (recorded, came) = if at == "/members" {
                (by_port(meaning, recorded), by_port(meaning, came))
            } else {
                (recorded.clone(), came.clone())
            };
            let pairs = recorded.iter().zip(&came).enumerate();
            pairs.into_iter().try_for_each(|(index, (recorded, came))| {
                same_json(meaning, recorded, came, &format!("{at}/{index}"))
            })
        }
        (Json::Object(recorded), Json::Object(came)) if recorded.len() == came.len() => {
            recorded.iter().zip(came).try_for_each(|((name, recorded), (other, came))| {
                meaning.compare(name, other)?;
                same_json(meaning, recorded, came, &format!("{at}/{name}"))
            })
        }
        (recorded, came) if recorded == came => Ok(()),
        _ => differs(),
    }
}

/// Orders gossip's members by their port, whichever way it is written.
fn by_port(meaning: &Meaning, members: &[Json]) -> Vec<Json> {
    let port = |member: &Json| match member.member("externalHttpPort") {
        Some(Json::Number(port)) => port.clone(),
        Some(Json::Text(name)) => meaning.number(name).flatten().expect("a port").to_owned(),
        _ => panic!("a member has a port: {member:?}"),
    };
    let mut members = members.to_vec();
    members.sort_by_key(port);
    members
}

/// Tells whether only a summary of the entries was recorded.
fn is_shortened(recorded: &Json) -> bool {
    match recorded {
        Json::List(entries) => entries.first().is_some_and(|entry| entry.as_text().is_some()),
        Json::Text(_) | Json::Object(_) => true,
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

fn same_entries(meaning: &mut Meaning, recorded: &Json, entries: &[Json]) -> Result<(), String> {
    let title = |entry: &Json| entry.member("title").and_then(Json::as_text).unwrap_or("").to_owned();
    let came: Vec<String> = entries.iter().map(title).collect();
    match recorded {
        Json::List(titles) if titles.len() == came.len() => titles
            .iter()
            .zip(&came)
            .try_for_each(|(recorded, came)| meaning.compare(recorded.as_text().unwrap_or(""), came)),
        Json::Text(shape) => meaning.compare(shape, &format!("{{{} entries}}", came.len())),
        Json::Object(_) => {
            let ends = [came.first(), came.last()].map(|end| end.map_or("", String::as_str));
            let recorded_ends = ["first", "last"].map(|end| recorded.member(end).and_then(Json::as_text));
            meaning.compare(recorded_ends[0].unwrap_or(""), ends[0])?;
            meaning.compare(recorded_ends[1].unwrap_or(""), ends[1])?;
            let count = recorded.member("count").and_then(Json::as_integer);
            if count == Some(came.len() as i64) { Ok(()) } else { Err(format!("{} entries", came.len())) }
        }
        Json::List(_) | Json::Null | Json::Bool(_) | Json::Number(_) => {
            Err(format!("recorded {recorded:?}\n    came {came:?}"))
        }
    }
}

/// Replaces `{fill:x:3}` by `xxx`.
fn expanded(text: &str) -> String {
    let Some((before, rest)) = text.split_once("{fill:") else {
        return text.to_owned();
    };
    let (fill, after) = rest.split_once('}').expect("a filling ends");
    let (what, count) = fill.split_once(':').expect("a filling has a count");
    before.to_owned() + &what.repeat(count.parse().expect("a number")) + &expanded(after)
}

/// Makes an array of events from their common form.
fn made_events(form: &Json) -> String {
    let text = |name: &str| form.member(name).and_then(Json::as_text).expect("a text").to_owned();
    let number = |name: &str| form.member(name).and_then(Json::as_integer).expect("a number");
    let data = form.member("data").expect("data").indented();
    let event = |k: i64| {
        let data = data.replace("{i}", &k.to_string());
        let (id, kind) = (format!("{}{k:012x}", text("idPrefix")), text("eventType"));
        format!("{{\"eventId\":\"{id}\",\"eventType\":\"{kind}\",\"data\":{data}}}")
    };
    let events: Vec<String> = (number("from")..number("from") + number("count")).map(event).collect();
    format!("[{}]", events.join(","))
}

/// Makes a test for each transcript.
macro_rules! transcripts {
    ($($name:ident)*) => {
        /// All transcripts that are played.
        const PLAYED: &[&str] = &[$(stringify!($name)),*];
        $(
            #[test]
            fn $name() {
                play(&stringify!($name).replace('_', "-"));
            }
        )*
    };
}

transcripts! {
    accept_lists
    accept_single_event
    accept_wildcard
    ambiguous_client_timeout_lost
    ambiguous_client_timeout_written
    ambiguous_startup
    append_batch_100
    append_batches
    append_chain
    append_first_one
    auth_all
    auth_basic
    bad_bodies_more
    bad_bodies
    bad_content_type
    bad_headers
    bad_missing_parts
    bad_single_headers
    cluster_append_via_follower
    cluster_gossip
    cluster_leader_killed_retry
    cluster_longpoll_created
    cluster_longpoll_follower
    cluster_minority
    cluster_quorum_lost
    cluster_redirect
    data_big_integers
    data_chinese
    data_decimals
    data_dollar_type
    data_escapes
    data_figures_as_strings
    data_key_order
    data_lenient_parser
    data_member_names
    data_metadata_forms
    data_scalars
    data_string
    delete_hard
    delete_soft_recreate_other
    delete_soft_recreate
    delete_soft_repost
    embed_levels
    embed_odd
    etag_304
    etag_stream_wide
    incoming_guid
    known_id_version_ahead
    longpoll_arrival
    longpoll_created
    longpoll_etag
    longpoll_follow
    longpoll_missing
    longpoll_no_arrival
    meta_maxcount
    meta_resource
    meta_tb
    overlap_any
    overlap_partial
    overlap_prefix_suffix
    overlap_reordered
    page_backward
    page_bad_urls
    page_by_1
    page_by_20
    page_by_5
    page_grows
    page_head_25
    page_links_forward
    page_size_limits
    race_different_ids
    race_same_ids_known_elsewhere
    race_same_ids_two
    retry_after_kill_any
    retry_after_kill_numeric
    retry_other_content
    retry_same_ids_same_version
    retry_singles
    retry_with_new_version_duplicates
    same_id_other_stream
    service_info
    size_413
    size_metadata
    url_names
    url_trailing_slash
    version_exists
    version_missing_stream
    version_wrong
}

#[test]
fn every_transcript_is_played_and_read_as_any_json() {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder()).expect("the folder of transcripts") {
        let name = entry.expect("a file").file_name().into_string().expect("a name");
        let Some(name) = name.strip_suffix(".json") else {
            continue;
        };
        // The reader of the stand-in takes more than JSON; what is JSON it must read like anybody.
        let text = std::fs::read_to_string(folder().join(format!("{name}.json"))).expect("a transcript");
        let theirs: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let ours: serde_json::Value = serde_json::from_str(&load(name).indented()).expect("JSON again");
        assert_eq!(ours, theirs, "{name}");
        found.insert(name.replace('-', "_"));
    }
    assert_eq!(found, PLAYED.iter().map(|name| (*name).to_owned()).collect());
}
