//! The protocol layer against what a real server, EventStore 4.1.4, was recorded to answer (`tests/transcripts`).

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use store_eventstore::wire::{Info, Method, Outcome, Page, Refusal, Request, Response, members, truncation};
use store_eventstore::{Node, StreamName};

/// What stands for the parts that differ from run to run.
const STREAM: &str = "recorded-1";
const NODES: [(&str, &str); 4] = [
    ("{base}", "http://127.0.0.1:2113"),
    ("{leader}", "http://127.0.0.1:2111"),
    ("{follower1}", "http://127.0.0.1:2112"),
    ("{follower2}", "http://127.0.0.1:2114"),
];

/// One recorded request with its answer.
struct Exchange {
    request: Value,
    response: Response,
}

impl Exchange {
    fn of(step: &Value) -> Option<Self> {
        let recorded = &step["response"];
        let status = u16::try_from(recorded["status"].as_u64()?).unwrap();
        let headers: BTreeMap<String, String> = serde_json::from_value(recorded["headers"].clone()).unwrap();
        let body = match (&recorded["json"], &recorded["text"]) {
            (Value::Null, Value::String(text)) => text.clone().into_bytes(),
            (Value::Null, _) => Vec::new(),
            (json, _) => serde_json::to_vec(json).unwrap(),
        };
        let headers = headers.into_iter().collect();
        Some(Self { request: step["request"].clone(), response: Response { status, headers, body } })
    }

    fn path(&self) -> &str {
        self.request["path"].as_str().unwrap()
    }

    fn outcome(&self) -> Outcome {
        Outcome::of(&self.response)
    }
}

/// The exchanges of a recorded scenario, in order.
fn recorded(scenario: &str) -> Vec<Exchange> {
    let file = format!("{}/tests/transcripts/{scenario}.json", env!("CARGO_MANIFEST_DIR"));
    let mut text =
        std::fs::read_to_string(Path::new(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    for (name, value) in
        NODES.into_iter().chain([("{stream}", STREAM), ("\"{leader-external-http-port}\"", "2111")])
    {
        text = text.replace(name, value);
    }
    let scenario: Value = serde_json::from_str(&text).unwrap();
    scenario["steps"].as_array().unwrap().iter().filter_map(Exchange::of).collect()
}

fn outcomes(scenario: &str) -> Vec<Outcome> {
    recorded(scenario).iter().map(Exchange::outcome).collect()
}

fn node(name: &str) -> Node {
    let url = NODES.iter().find(|(own, _)| *own == name).unwrap().1;
    Node::of_url(&format!("{url}/")).unwrap().0
}

fn stream() -> StreamName {
    STREAM.parse().unwrap()
}

#[test]
fn a_batch_is_committed_at_the_number_of_its_first_event() {
    let answers = outcomes("append-batches");
    assert_eq!(answers[..2], [Outcome::Committed { first: 0 }, Outcome::Committed { first: 3 }]);
    assert_eq!(
        outcomes("retry-other-content")[..2],
        [Outcome::Committed { first: 0 }, Outcome::Committed { first: 0 }]
    );
}

#[test]
fn requests_are_what_the_recorded_ones_were() {
    let exchanges = recorded("append-batches");
    let body = exchanges[1].request["body"].as_str().unwrap().as_bytes().to_vec();
    let own = [Request::append(&stream(), 2, body), Request::page(&stream(), 0, 20, None)];
    for (exchange, own) in exchanges[1..].iter().zip(own) {
        let sent = &exchange.request;
        let method = if sent["method"] == "POST" { Method::Post } else { Method::Get };
        assert_eq!((own.method, own.path.as_str()), (method, exchange.path()));
        assert_eq!(own.body, sent["body"].as_str().unwrap_or_default().as_bytes());
        let headers: BTreeMap<String, String> = serde_json::from_value(sent["headers"].clone()).unwrap();
        for (name, value) in headers {
            assert!(own.headers.contains(&(name.clone().leak(), value)), "{name} is sent");
        }
    }
    let polled = &recorded("longpoll-no-arrival")[1].request["headers"];
    let own = Request::page(&stream(), 2, 10, Some(2));
    assert!(own.headers.contains(&("ES-LongPoll", polled["ES-LongPoll"].as_str().unwrap().to_owned())));
}

#[test]
fn a_page_comes_oldest_first_with_its_bodies() {
    let exchanges = recorded("append-batches");
    let page = Page::parse(&exchanges[2].response.body).unwrap();
    let numbers: Vec<_> = page.entries.iter().map(|entry| entry.position_event_number.unwrap()).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4]);
    let (first, last) = (&page.entries[0], &page.entries[4]);
    assert_eq!((&*first.stream_id, &*first.event_type, first.is_json), (STREAM, "entry", true));
    assert_eq!(&*first.event_id, "91a62a02-aac7-5594-b2b1-54599d124297");
    let data: Value = serde_json::from_str(first.data.as_deref().unwrap()).unwrap();
    assert_eq!(data["district"], "月湖区");
    let metadata: Value = serde_json::from_str(first.meta_data.as_deref().unwrap()).unwrap();
    assert_eq!(metadata["by"], "统计局");
    assert_eq!(last.meta_data.as_deref().filter(|text| !text.is_empty()), None);
}

#[test]
fn pages_lead_to_the_end_and_an_empty_one_without_a_newer_is_the_end() {
    let pages = recorded("page-by-5");
    let mut next = 0;
    for exchange in &pages[1..] {
        let page = Page::parse(&exchange.response.body).unwrap();
        let numbers: Vec<_> = page.entries.iter().map(|entry| entry.position_event_number.unwrap()).collect();
        assert_eq!(numbers, (next..next + numbers.len() as u64).collect::<Vec<_>>());
        next += numbers.len() as u64;
        assert_eq!(page.has_newer, !page.entries.is_empty());
    }
    assert_eq!(next, 12);
}

#[test]
fn a_truncated_region_is_an_empty_page_with_a_newer_one() {
    let exchanges = recorded("meta-maxcount");
    let at = |path: &str| exchanges.iter().find(|exchange| exchange.path().contains(path)).expect(path);
    let page = Page::parse(&at("/0/forward/2").response.body).unwrap();
    assert!(page.entries.is_empty() && page.has_newer);
    let settings = exchanges.iter().find(|exchange| exchange.path().ends_with("/metadata")).unwrap();
    let found = truncation(settings.request["body"].as_str().unwrap().as_bytes()).unwrap().unwrap();
    assert_eq!((found.setting, found.value.as_str()), ("$maxCount", "3"));
    let plain = recorded("meta-resource");
    assert_eq!(plain[0].outcome(), Outcome::Missing);
    for harmless in [2, 5].map(|index| &plain[index]) {
        assert_eq!(truncation(&harmless.response.body).unwrap(), None, "{}", harmless.path());
    }
}

#[test]
fn an_event_without_json_has_no_data_on_a_page() {
    let exchanges = recorded("data-scalars");
    let page = Page::parse(&exchanges[4].response.body).unwrap();
    assert_eq!(page.entries.len(), 4);
    assert!(page.entries.iter().all(|entry| !entry.is_json && entry.data.is_none()));
}

#[test]
fn another_version_is_told_by_its_header_and_not_by_its_phrase() {
    assert_eq!(outcomes("version-wrong")[1..5], [const { Outcome::OtherVersion { current: 1 } }; 4]);
    assert_eq!(outcomes("version-missing-stream")[0], Outcome::OtherVersion { current: -1 });
    let newer = Response {
        status: 400,
        headers: vec![("kurrent-currentversion".into(), "7".into())],
        body: Vec::new(),
    };
    assert_eq!(Outcome::of(&newer), Outcome::OtherVersion { current: 7 });
    let other = Response { status: 400, headers: Vec::new(), body: b"bad body\r\n".to_vec() };
    assert_eq!(
        Outcome::of(&other),
        Outcome::Refused(Refusal::Status { status: 400, said: "bad body".into() })
    );
}

#[test]
fn an_answer_that_says_neither_yes_nor_no_is_unclear() {
    let lost = outcomes("cluster-quorum-lost");
    for answer in &lost[1..3] {
        assert!(matches!(answer, Outcome::Unclear { status: 500, .. }), "{answer:?}");
    }
    // The version counts an event that the next page does not have.
    assert_eq!(lost[3], Outcome::OtherVersion { current: 1 });
    let page: Value = serde_json::from_slice(&recorded("cluster-quorum-lost")[4].response.body).unwrap();
    assert_eq!(page["entries"], serde_json::json!(["0@recorded-1"]));
    assert_eq!(outcomes("size-413")[0], Outcome::TooLarge);
    let cut = Response { status: 201, headers: Vec::new(), body: Vec::new() };
    assert!(matches!(Outcome::of(&cut), Outcome::Unclear { status: 201, .. }));
}

#[test]
fn a_redirect_to_the_leader_is_told_from_those_that_are_mistakes() {
    for (exchange, path) in recorded("cluster-redirect").iter().zip([
        Some("/streams/recorded-1"),
        None,
        Some("/streams/recorded-1"),
        Some("/streams/recorded-1/0/forward/20?embed=body"),
    ]) {
        let elsewhere = path.map(|path| Outcome::Elsewhere { node: node("{leader}"), path: path.into() });
        assert_eq!(Some(exchange.outcome()).filter(|_| path.is_some()), elsewhere);
    }
    for scenario in ["url-trailing-slash", "incoming-guid"] {
        let answer = outcomes(scenario).remove(0);
        assert!(
            matches!(answer, Outcome::Refused(Refusal::Status { status: 307, .. })),
            "{scenario}: {answer:?}"
        );
    }
}

#[test]
fn what_will_not_change_is_refused() {
    let deleted = outcomes("delete-hard");
    assert_eq!(
        (&deleted[2], &deleted[5]),
        (&Outcome::Refused(Refusal::Deleted), &Outcome::Refused(Refusal::Deleted))
    );
    let unauthorized = outcomes("auth-basic");
    assert_eq!(unauthorized[..2], [const { Outcome::Refused(Refusal::Unauthorized) }; 2]);
    let wildcard = outcomes("accept-wildcard");
    assert!(matches!(wildcard[1], Outcome::Refused(Refusal::Status { status: 406, .. })));
}

#[test]
fn busy_servers_say_when_to_come_back() {
    let busy = Response { status: 503, headers: vec![("Retry-After".into(), "5".into())], body: Vec::new() };
    assert_eq!(Outcome::of(&busy), Outcome::NotNow { after: Some(std::time::Duration::from_secs(5)) });
}

#[test]
fn gossip_names_the_leader_and_a_dead_one_leads_no_more() {
    let exchanges = recorded("cluster-gossip");
    let gossip = exchanges.iter().find(|exchange| exchange.path() == "/gossip").unwrap();
    let found = members(&gossip.response.body, false).unwrap();
    let leading: Vec<_> =
        found.iter().filter(|member| member.leads).map(|member| member.node.clone()).collect();
    assert_eq!(leading, [node("{leader}")]);
    let text = String::from_utf8(gossip.response.body.clone()).unwrap();
    let dead = text.replace("\"isAlive\":true", "\"isAlive\":false");
    assert!(members(dead.as_bytes(), false).unwrap().iter().all(|member| !member.leads && !member.is_alive));
    let newer = br#"{"members":[{"state":"Leader","isAlive":true,"httpEndPointIp":"db1.example","httpEndPointPort":2113},
        {"state":"Manager","isAlive":true}]}"#;
    let found = members(newer, true).unwrap();
    assert_eq!(
        (found.len(), found[0].node.to_string().as_str(), found[0].leads),
        (1, "https://db1.example:2113", true)
    );
    assert_eq!(members(b"<html>", false), None);
}

#[test]
fn info_says_version_and_whether_streams_are_served() {
    let old = Info::parse(&recorded("service-info")[0].response.body).unwrap();
    assert_eq!((old.state.as_str(), old.atom_pub), ("master", None));
    let newer =
        br#"{"dbVersion":"25.0.1","esVersion":"25.0.1","state":"leader","features":{"atomPub":false}}"#;
    let newer = Info::parse(newer).unwrap();
    assert_eq!((newer.major(), newer.atom_pub), (Some(25), Some(false)));
}
