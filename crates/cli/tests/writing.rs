//! A server that records, over real sockets: who may do what, what stands between a click and a line, and what a kill leaves.
//! The ledger is verified at the end of each.

mod common;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use accounts::{Action, MATRIX, Reach, Role};
use common::http::{Got, Person, connect, get, request, send, try_send};
use common::{Desk, Running, fill, lines};
use serde_json::{Value, json};

const OWN: &str = "guixi";
const OTHER: &str = "yujiang";
const PASSWORD: &str = "gui-xi-2022-yanshi";

/// A real ledger with April open, people, and a server that records.
struct Town {
    desk: Desk,
    server: Running,
}

impl Town {
    fn of(people: &[(&str, Role, &str)]) -> Self {
        Self::at(Desk::opened(), people)
    }

    fn at(desk: Desk, people: &[(&str, Role, &str)]) -> Self {
        for (login, role, unit) in people {
            desk.run(&format!("--ledger L account add {login} --person 演示数据 --id {login}")).with(0);
            let grant = format!(
                "--ledger L account role grant {login} {} --unit {unit} --from 2020-01-01",
                role.word()
            );
            desk.run(&grant).with(0);
        }
        let server = serve(&desk, "L", &[]);
        Self { desk, server }
    }

    fn token(&self, login: &str, scopes: &str) -> Person {
        let scopes: String = scopes.split(' ').map(|scope| format!(" --scope {scope}")).collect();
        let issued = self.desk.json(&format!("--ledger L account token issue {login} --name 试验{scopes}"));
        Person::with_token(issued["token"].as_str().unwrap())
    }

    /// Somebody who came in by an invitation.
    fn invited(&self, login: &str) -> Person {
        let link = self.desk.json(&format!("--ledger L account link {login}"));
        let secret = link["link"].as_str().unwrap().trim_start_matches("/link/").to_owned();
        let redeemed = Person::default().post(
            &self.server,
            &format!("/v1/links/{secret}"),
            &json!({ "password": PASSWORD }),
        );
        Person::let_in(&redeemed)
    }

    /// Stops the server and verifies the ledger.
    fn verified(self) -> Desk {
        self.server.stop();
        verify(&self.desk, "L");
        self.desk
    }
}

#[track_caller]
fn verify(desk: &Desk, ledger: &str) {
    let verified = desk.run(&format!("verify {ledger} --json"));
    assert_eq!(verified.code, 0, "{}", verified.out);
}

fn serve(desk: &Desk, ledger: &str, more: &[&str]) -> Running {
    let mut command = desk.command();
    command.args(["--ledger", ledger, "serve", "--listen", "127.0.0.1:0"]).args(more);
    Running::start(command)
}

/// A unit's narrative for April: what can be reported again and again.
fn narrative(unit: &str, text: &str) -> Value {
    json!({ "unit": unit, "period": "2022-04", "narrative": { "progress": text } })
}

fn problem_codes(got: &Got) -> Vec<String> {
    let body = got.json();
    let problems = body["problems"].as_array().unwrap_or_else(|| panic!("{body}"));
    problems.iter().map(|problem| problem["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_figure_is_reported_returned_corrected_verified_and_approved_over_http() {
    let desk = Desk::opened();
    let duties = desk.json("--ledger L duty list");
    let verifier = duties["duties"].as_array().unwrap().iter().find_map(|duty| {
        let ours = duty["duty"] == "verifies" && duty["indicator"] == "value-added" && duty["area"].is_null();
        ours.then(|| duty["unit"].as_str().unwrap().to_owned())
    });
    let verifier = verifier.expect("somebody verifies the row");
    let people = [
        ("report", Role::Reporter, OWN),
        ("bureau", Role::Verifier, verifier.as_str()),
        ("office", Role::Office, "digital-office"),
    ];
    let town = Town::at(desk, &people);
    let (reporter, bureau) = (town.token("report", "read report"), town.token("bureau", "read verify"));
    let office = town.token("office", "read run");
    let server = &town.server;

    // A trial records nothing; what is wrong is told by place, all of it at once.
    let figure = |value: &str| {
        json!({ "unit": OWN, "period": "2022-04",
            "figures": [{ "indicator": "value-added", "area": OWN, "value": value, "status": "快报" }] })
    };
    let before = lines(&town.desk.path("L")).len();
    let wrong = reporter.post(server, "/v1/submissions?dry-run=true", &figure("1.5万"));
    wrong.is_problem(422, "rejected");
    assert_eq!(wrong.json()["problems"][0]["place"], "JSON figures[0].value");
    let tried = reporter.post(server, "/v1/submissions?dry-run=true", &figure("62.30")).with(200).json();
    assert!(tried["payload"].as_str().unwrap().starts_with("{\"events\":["), "{tried}");
    assert_eq!(lines(&town.desk.path("L")).len(), before);

    // Recorded, it can be read at once; the same again is the same receipt, other content under its id is refused.
    let id = "21b8fe74-5835-47b7-86ce-03dafc1e21f9";
    let key = format!("Idempotency-Key: {id}");
    let report = |body: &Value| {
        let headers = ["Content-Type: application/json", key.as_str()];
        reporter.send(server, "POST", "/v1/submissions", &headers, body.to_string().as_bytes())
    };
    let recorded = report(&figure("62.30"));
    assert_eq!(
        (recorded.status, recorded.header("location")),
        (201, Some(&*format!("/v1/submissions/{id}")))
    );
    let hash = recorded.json()["lines"][1]["hash"].as_str().unwrap().to_owned();
    let read = get(server, &format!("/v1/figures?area={OWN}")).text();
    assert!(read.contains(&hash), "{read}");
    let again = report(&figure("62.30")).with(200).json();
    assert_eq!((&again["repeated"], &again["lines"]), (&json!(true), &recorded.json()["lines"]));
    report(&figure("62.40")).is_problem(409, "submission-reused");
    assert_eq!(
        reporter.get(server, &format!("/v1/submissions/{id}")).with(200).json()["lines"],
        again["lines"]
    );

    // Nobody acts for another unit, or in a role they do not have.
    let own = json!({ "unit": OWN, "events": [{ "data": { "figure": hash } }] });
    reporter.post(server, "/v1/verifications", &own).is_problem(403, "not-your-role");
    reporter.post(server, "/v1/submissions", &narrative(OTHER, "代为填报")).is_problem(403, "not-your-unit");

    // The pseudonym stands in the line, and nothing else of the person.
    let line = get(server, &format!("/v1/events/{hash}")).json();
    assert_eq!(line["by"], "report");

    // The bureau returns it, the reporter corrects it, the bureau verifies and the office approves.
    let act = |person: &Person, path: &str, data: Value| {
        person.post(server, path, &json!({ "events": [{ "data": data }] })).with(201).json()
    };
    act(&bureau, "/v1/returns", json!({ "figure": hash, "reason": "请核对小数点" }));
    let correction = json!({ "corrects": hash, "evidence": [], "material": true, "reason": "misreported",
        "status": "preliminary", "value": "61.2" });
    let corrected = act(&reporter, "/v1/corrections", correction);
    let corrected = corrected["lines"][0]["hash"].as_str().unwrap();
    let early = json!({ "events": [{ "data": { "figure": corrected } }] });
    assert_eq!(problem_codes(&office.post(server, "/v1/approvals", &early)), ["not-verified"]);
    act(&bureau, "/v1/verifications", json!({ "figure": corrected, "note": "与台账一致" }));
    act(&office, "/v1/approvals", json!({ "figure": corrected }));
    let figures = get(server, "/v1/figures?indicator=value-added&area=guixi&all=true").json();
    let lives =
        figures["rows"].as_array().unwrap().iter().map(|row| row["life"].as_str().unwrap().to_owned());
    assert_eq!(lives.collect::<Vec<_>>(), ["returned", "approved"]);
    // Each line has its proof as soon as there is a head over it.
    let position = get(server, "/v1/events?from=0&limit=1").with(200);
    assert!(position.text().contains("ledger-opened"));
    let proof = loop {
        let got = get(server, &format!("/v1/proofs/{corrected}"));
        if got.status != 503 {
            break got.with(200);
        }
        thread::yield_now();
    };
    std::fs::write(town.desk.path("line.proof"), &proof.body).unwrap();
    std::fs::write(town.desk.path("line"), &get(server, &format!("/v1/events/{corrected}")).body).unwrap();
    let opened: Value = serde_json::from_str(&lines(&town.desk.path("L"))[0]).unwrap();
    let key = opened["data"]["log_key"].as_str().unwrap();
    town.desk.run(&format!("verify-proof line.proof --line line --key {key}")).with(0);
    town.verified();
}

#[test]
fn a_filled_form_is_imported_after_a_trial() {
    let town = Town::of(&[("report", Role::Reporter, OWN)]);
    let reporter = town.token("report", "report read");
    let form = reporter.get(&town.server, "/v1/templates?unit=guixi&period=2022-04").with(200);
    assert_eq!(form.header("content-disposition"), Some("attachment; filename=\"guixi-2022-04.xlsx\""));
    let path = town.desk.path("form.xlsx");
    std::fs::write(&path, &form.body).unwrap();
    fill(&path, &[("L6", "180.5"), ("M6", "快报"), ("L7", "六十"), ("M7", "快报")]);
    let import = |more: &str| {
        let file = std::fs::read(&path).unwrap();
        let body = multipart(&[("file", Some("报送表.xlsx"), &file)]);
        reporter.send(&town.server, "POST", &format!("/v1/imports{more}"), &[MULTIPART], &body)
    };
    let wrong = import("?dry-run=true");
    wrong.is_problem(422, "rejected");
    let problem = &wrong.json()["problems"][0];
    assert_eq!(
        (&problem["sheet"], &problem["row"], &problem["column"]),
        (&json!("数据"), &json!(7), &json!(12))
    );
    std::fs::write(&path, &form.body).unwrap();
    fill(&path, &[("L6", "180.5"), ("M6", "快报")]);
    import("?dry-run=true").with(200);
    let recorded = import("").with(201).json();
    assert_eq!(recorded["lines"].as_array().unwrap().len(), 2);
    assert_eq!(import("").with(200).json()["lines"], recorded["lines"]);
    town.verified();
}

const MULTIPART: &str = "Content-Type: multipart/form-data; boundary=teil";

fn multipart(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, bytes) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        body.extend_from_slice(
            format!("--teil\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").as_bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--teil--\r\n");
    body
}

/// How a cell of the matrix is tried for a unit: method, path, body; and what a refusal looks like.
fn trial(action: Action, unit: &str, town: &Tried) -> Option<(&'static str, String, Option<Value>)> {
    let event = |path: &str, golden: &str| {
        let file = format!("{}/../../events/golden/{golden}.json", env!("CARGO_MANIFEST_DIR"));
        let data: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let kind = golden.split('.').next().unwrap();
        let body = json!({ "unit": unit, "events": [{ "type": kind, "data": data }] });
        Some(("POST", format!("/v1/{path}?dry-run=true"), Some(body)))
    };
    let read = |path: String| Some(("GET", path, None));
    match action {
        Action::ReadTables => read("/v1/ranking".to_owned()),
        Action::ReadProofs => read("/checkpoint".to_owned()),
        Action::ReadFilings => read(format!("/v1/submissions/{}", town.filed[unit])),
        Action::ReadEvidence => read(format!("/v1/evidence/{}", town.evidence[unit])),
        Action::Report => {
            Some(("POST", "/v1/submissions?dry-run=true".to_owned(), Some(narrative(unit, "试"))))
        }
        Action::Correct => event("corrections", "figure-corrected.v1"),
        Action::AttachEvidence => event("evidence-records", "evidence-attached.v1"),
        Action::StateCompleteness => event("statements", "completeness-stated.v1"),
        Action::Object => event("objections", "objection-filed.v1"),
        Action::Verify => event("verifications", "figure-verified.v1"),
        Action::Return => event("returns", "figure-returned.v1"),
        Action::Approve => event("approvals", "figure-approved.v1"),
        Action::RunPeriods => event("periods", "period-opened.v1"),
        Action::RunRegistry => event("registry", "unit-registered.v1"),
        Action::Award => event("awards", "bonus-granted.v1"),
        Action::RecordKeys => event("key-records", "key-enrolled.v1"),
        Action::Propose => event("snapshot-withdrawals", "snapshot-withdrawn.v1"),
        Action::Attest => event("attestations", "table-attested.v1"),
        Action::DecideObjection => event("objection-decisions", "objection-decided.v1"),
        Action::ApproveSnapshot => {
            let body = json!({ "unit": unit, "snapshot": "0".repeat(64), "approval": "no note" });
            Some(("POST", "/v1/snapshot-approvals".to_owned(), Some(body)))
        }
        Action::Freeze => event("snapshot-reopenings", "snapshot-reopened.v1"),
        Action::ProveKey | Action::ProveMemberKey => {
            let holder = if action == Action::ProveKey { "unit" } else { "member" };
            let body = json!({ "holder": holder, "unit": unit, "key": "no key" });
            Some(("POST", "/v1/key-challenges".to_owned(), Some(body)))
        }
        Action::ReadState => read("/v1/state".to_owned()),
        Action::ReadAccountLog => read("/v1/account-log".to_owned()),
        Action::ManageAccounts => read("/v1/accounts".to_owned()),
        // Backups and the like are done at the machine; no path does them.
        Action::Operate => None,
    }
}

/// What the matrix is tried on.
struct Tried {
    filed: BTreeMap<String, String>,
    evidence: BTreeMap<String, String>,
}

fn prepared(town: &Town) -> Tried {
    let mut tried = Tried { filed: BTreeMap::new(), evidence: BTreeMap::new() };
    for unit in [OWN, OTHER] {
        let person = town.token(&format!("of.{unit}"), "report read");
        let filed = person.post(&town.server, "/v1/submissions", &narrative(unit, "进展")).with(201).json();
        tried.filed.insert(unit.to_owned(), filed["submission"].as_str().unwrap().to_owned());
        let headers = ["Content-Type: application/octet-stream"];
        let file = format!("%PDF-1.7 {unit}");
        let path = format!("/v1/evidence?unit={unit}");
        let kept = person.send(&town.server, "POST", &path, &headers, file.as_bytes()).with(201).json();
        tried.evidence.insert(unit.to_owned(), kept["blake3"].as_str().unwrap().to_owned());
    }
    tried
}

#[test]
fn every_cell_of_the_matrix_holds_over_http() {
    let mut people: Vec<(String, Role, &str)> =
        Role::ALL.iter().map(|role| (format!("one.{}", role.word()), *role, OWN)).collect();
    people.extend([OWN, OTHER].map(|unit| (format!("of.{unit}"), Role::Reporter, unit)));
    let people: Vec<(&str, Role, &str)> =
        people.iter().map(|(login, role, unit)| (login.as_str(), *role, *unit)).collect();
    let town = Town::of(&people);
    let tried = prepared(&town);
    let mut cells = 0;
    for (column, role) in Role::ALL.iter().enumerate() {
        let person = town.invited(&format!("one.{}", role.word()));
        for (action, row) in MATRIX {
            for unit in [OWN, OTHER] {
                let Some((method, path, body)) = trial(action, unit, &tried) else { continue };
                let got = match &body {
                    Some(body) => person.post(&town.server, &path, body),
                    None => person.send(&town.server, method, &path, &[], b""),
                };
                let expected = match row[column] {
                    Reach::Any => true,
                    Reach::Own => unit == OWN,
                    Reach::Nobody => false,
                };
                // A file that is not theirs does not exist for them. What everybody may read needs nobody's leave.
                let refused = got.status == 403 || (action == Action::ReadEvidence && got.status == 404);
                assert_eq!(!refused, expected, "{role:?} {action:?} {unit}: {} {}", got.status, got.text());
                let unknown = action == Action::ApproveSnapshot && got.status == 404;
                assert!(refused || unknown || [200, 422].contains(&got.status), "{action:?}: {}", got.text());
                cells += 1;
            }
        }
    }
    assert_eq!(cells, 7 * 2 * (MATRIX.len() - 1));
    // Nobody may do more than read what is published.
    for (action, _) in MATRIX {
        let Some((method, path, body)) = trial(action, OWN, &tried) else { continue };
        let got = match body {
            Some(body) => Person::default().post(&town.server, &path, &body),
            None => Person::default().send(&town.server, method, &path, &[], b""),
        };
        let open = matches!(action, Action::ReadTables | Action::ReadProofs);
        assert_eq!(got.status, if open { 200 } else { 401 }, "{action:?}: {}", got.text());
    }
    town.verified();
}

#[test]
fn a_token_does_no_more_than_its_scopes() {
    let town = Town::of(&[("office", Role::Office, "digital-office"), ("report", Role::Reporter, OWN)]);
    let period = json!({ "events": [{ "type": "period-closed", "data": { "period": "2022-04" } }] });
    let reading = town.token("office", "read");
    reading.post(&town.server, "/v1/periods?dry-run=true", &period).is_problem(403, "not-in-scope");
    let running = town.token("office", "run");
    running.post(&town.server, "/v1/periods?dry-run=true", &period).with(200);
    // A token makes no token, and none is anybody without its secret.
    let more = json!({ "name": "更多", "scopes": ["run"], "days": 1 });
    running.post(&town.server, "/v1/tokens", &more).is_problem(403, "not-by-token");
    let forged = Person::with_token(&format!("plt_{}", "A".repeat(43)));
    forged.get(&town.server, "/v1/me").is_problem(401, "not-signed-in");
    Person::with_token("").get(&town.server, "/v1/me").is_problem(401, "not-signed-in");
    let basic = Person { headers: vec!["Authorization: Basic YTpi".to_owned()] };
    basic.get(&town.server, "/v1/me").is_problem(401, "bad-authorization");

    // Logged in, its holder issues one and ends it: from the next request on it is nobody's.
    let person = town.invited("report");
    let issued =
        person.post(&town.server, "/v1/tokens", &json!({ "name": "对接", "scopes": ["report"], "days": 9 }));
    let issued = issued.with(201).json();
    let token = Person::with_token(issued["token"].as_str().unwrap());
    token.post(&town.server, "/v1/submissions", &narrative(OWN, "程序报的")).with(201);
    person.delete(&town.server, &format!("/v1/tokens/{}", issued["id"])).with(204);
    token.get(&town.server, "/v1/me").is_problem(401, "credential-ended");
    town.verified();
}

#[test]
fn a_browser_is_let_in_kept_apart_and_protected_from_other_sites() {
    let desk = Desk::new();
    desk.run("demo demo-ledger").with(0);
    let server = serve(&desk, "demo-ledger", &["--demo-accounts"]);
    let password = "yingtan-yanshi-2022";
    // A secret that somebody planted in the browser is not the one that comes out of a login.
    let planted = format!("pls_{}", "B".repeat(43));
    let body = json!({ "login": "demo-office", "password": password }).to_string();
    let headers =
        ["Content-Type: application/json".to_owned(), format!("Cookie: progress-ledger-session={planted}")];
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let got = send(&server, &request("POST", "/v1/sessions", &headers, body.as_bytes()));
    let cookie = got.header("set-cookie").unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && !cookie.contains("Secure"),
        "{cookie}"
    );
    assert!(!cookie.contains(&planted), "{cookie}");
    let person = Person::let_in(&got);
    let me = person.get(&server, "/v1/me").with(200).json();
    assert_eq!(me["roles"][0]["role"], "office");

    // Without the session's token, with another's, or from another site nothing is done.
    let close = json!({ "events": [{ "type": "period-closed", "data": { "period": "2022-12" } }] });
    let cookie_only = Person { headers: person.headers[..1].to_vec() };
    cookie_only.post(&server, "/v1/periods?dry-run=true", &close).is_problem(403, "csrf");
    let other = Person::login(&server, "demo-auditor", password);
    let mixed = Person { headers: vec![person.headers[0].clone(), other.headers[1].clone()] };
    mixed.post(&server, "/v1/periods?dry-run=true", &close).is_problem(403, "csrf");
    for from in ["Origin: http://elsewhere.example", "Origin: null", "Sec-Fetch-Site: cross-site"] {
        let headers = ["Content-Type: application/json", from];
        let got =
            person.send(&server, "POST", "/v1/periods?dry-run=true", &headers, close.to_string().as_bytes());
        got.is_problem(403, "csrf");
    }
    let headers = ["Content-Type: application/json", "Origin: http://ledger"];
    let own =
        person.send(&server, "POST", "/v1/periods?dry-run=true", &headers, close.to_string().as_bytes());
    assert!([200, 422].contains(&own.status), "{}", own.text());

    // Whoever logs out is nobody, and so is who tries passwords for too long.
    person.delete(&server, "/v1/sessions").with(204);
    person.get(&server, "/v1/me").is_problem(401, "credential-ended");
    let wrong = json!({ "login": "demo-leader", "password": "not the password" });
    let mut last = Person::default().post(&server, "/v1/sessions", &wrong);
    for _ in 0..5 {
        last = Person::default().post(&server, "/v1/sessions", &wrong);
    }
    last.is_problem(429, "login-paused");
    assert!(last.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
    server.stop();
    verify(&desk, "demo-ledger");
    let real = Desk::opened();
    assert!(
        real.run("--ledger L serve --listen 127.0.0.1:0 --demo-accounts")
            .with(1)
            .err
            .contains("不是演示账本")
    );
}

#[test]
fn the_first_administrator_comes_in_by_the_link_and_invites_others() {
    let desk = Desk::opened();
    let mut server = serve(&desk, "L", &[]);
    assert!(server.next_line().contains("还没有管理员"));
    let link = server.next_line();
    let secret = link.trim().rsplit('/').next().unwrap().to_owned();
    let path = format!("/v1/links/{secret}");
    assert_eq!(get(&server, &path).with(200).json()["login"], "admin");
    let short = Person::default().post(&server, &path, &json!({ "password": "short" }));
    short.is_problem(422, "password-short");
    let admin = Person::let_in(&Person::default().post(&server, &path, &json!({ "password": PASSWORD })));
    Person::default().post(&server, &path, &json!({ "password": PASSWORD })).is_problem(410, "link-used");

    let added = admin
        .post(&server, "/v1/accounts", &json!({ "login": "li.si", "person": "演示人员" }))
        .with(201)
        .json();
    let account = added["account"].as_str().unwrap().to_owned();
    let role = json!({ "role": "reporter", "unit": OWN, "from": "2020-01-01" });
    let granted = admin.post(&server, &format!("/v1/accounts/{account}/roles"), &role).with(201).json();
    let secret = added["link"].as_str().unwrap().trim_start_matches("/link/").to_owned();
    let redeemed =
        Person::default().post(&server, &format!("/v1/links/{secret}"), &json!({ "password": PASSWORD }));
    let person = Person::let_in(&redeemed);
    let filed = person.post(&server, "/v1/submissions", &narrative(OWN, "第一次")).with(201).json();
    let position = filed["lines"][0]["position"].as_u64().unwrap();
    assert_eq!(get(&server, &format!("/v1/events/{position}")).json()["by"], account.as_str());
    admin.delete(&server, &format!("/v1/accounts/{account}/roles/{}", granted["id"])).with(204);
    person.post(&server, "/v1/submissions", &narrative(OWN, "第二次")).is_problem(403, "not-your-role");
    admin.post(&server, &format!("/v1/accounts/{account}/lock"), &json!({ "reason": "试验" })).with(204);
    person.get(&server, "/v1/me").is_problem(401, "credential-ended");
    let log = admin.get(&server, "/v1/account-log").with(200).json();
    assert!(log["whole"]["entries"].as_i64().unwrap() > 5, "{log}");
    server.stop();
    verify(&desk, "L");
    assert!(!lines(&desk.path("L")).concat().contains("li.si"), "no login name stands in the ledger");
}

#[test]
fn what_is_sent_in_malice_is_refused_and_the_server_goes_on() {
    let town = Town::of(&[("report", Role::Reporter, OWN)]);
    let reporter = town.token("report", "report read");
    let json_type = "Content-Type: application/json";
    let post =
        |path: &str, headers: &[&str], body: &[u8]| reporter.send(&town.server, "POST", path, headers, body);

    post("/v1/submissions", &[json_type], "[".repeat(100_000).as_bytes()).is_problem(422, "rejected");
    post("/v1/corrections", &[json_type], "{\"events\":".repeat(5_000).as_bytes())
        .is_problem(400, "broken-json");
    post("/v1/corrections", &[json_type], b"{\"events\": [\"\xff\xfe\"]}").is_problem(400, "broken-json");
    assert_eq!(post("/v1/submissions", &[json_type], b"\xff\xfe{}").status, 422);
    post("/v1/submissions", &["Content-Type: text/html"], b"x").is_problem(415, "unsupported-media-type");
    post("/v1/corrections", &[json_type], &vec![b' '; 2 << 20]).is_problem(413, "too-large");
    let announced = reporter.request("POST", "/v1/imports", &[MULTIPART], b"");
    let announced =
        String::from_utf8(announced).unwrap().replace("Content-Length: 0", "Content-Length: 99999999999");
    send(&town.server, announced.as_bytes()).is_problem(413, "too-large");

    let good = multipart(&[("file", Some("a.csv"), b"x")]);
    for broken in [
        &b"--teil\r\n"[..],
        b"no part at all",
        &good[..good.len() - 20],
        b"--teil\r\nContent-Disposition: \xff\r\n\r\nx\r\n--teil--\r\n",
    ] {
        post("/v1/imports", &[MULTIPART], broken).is_problem(400, "broken-form");
    }
    let two = multipart(&[("file", Some("a.csv"), b"x"), ("file", Some("b.csv"), b"y")]);
    post("/v1/imports", &[MULTIPART], &two).is_problem(400, "too-many-files");
    let passwd = multipart(&[("file", Some("../../../etc/passwd"), b"x")]);
    assert_eq!(post("/v1/imports", &[MULTIPART], &passwd).status, 422);
    post("/v1/imports", &["Content-Type: multipart/form-data"], &good).is_problem(400, "broken-form");

    for trick in ["..%2f..%2fL.key", "%2e%2e", "0", &"a".repeat(64).to_uppercase()] {
        assert_eq!(reporter.get(&town.server, &format!("/v1/evidence/{trick}")).status, 404, "{trick}");
    }
    post("/v1/evidence?unit=../../x", &["Content-Type: application/octet-stream"], b"x")
        .is_problem(400, "unreadable-parameter");
    post("/v1/evidence?unit=yujiang", &["Content-Type: application/octet-stream"], b"x")
        .is_problem(403, "not-your-unit");
    let bad_key = [json_type, "Idempotency-Key: first"];
    post("/v1/submissions", &bad_key, b"{}").is_problem(400, "bad-idempotency-key");

    // What a file claims to be is not believed, and a browser never opens it.
    let script = b"<html><script>alert(1)</script></html>";
    let kept =
        post("/v1/evidence?unit=guixi", &["Content-Type: application/octet-stream"], script).with(201).json();
    let got =
        reporter.get(&town.server, &format!("/v1/evidence/{}", kept["blake3"].as_str().unwrap())).with(200);
    assert_eq!((got.body.as_slice(), got.header("content-type")), (&script[..], Some("text/plain")));
    assert!(got.header("content-disposition").unwrap().starts_with("attachment"));
    assert!(got.header("content-security-policy").unwrap().contains("sandbox"));
    assert_eq!(got.header("x-content-type-options"), Some("nosniff"));

    // Somebody who begins and does not go on keeps nobody else from being answered.
    let mut slow: Vec<_> = (0..20).map(|_| connect(&town.server)).collect();
    for stream in &mut slow {
        stream.write_all(b"POST /v1/submissions HTTP/1.1\r\nHost: ledger\r\nContent-Le").unwrap();
    }
    post("/v1/submissions", &[json_type], narrative(OWN, "照常").to_string().as_bytes()).with(201);
    assert_eq!(get(&town.server, "/health/live").status, 200);
    drop(slow);
    town.verified();
}

/// Reads server-sent events until so many lines were told; gives their positions.
fn heard(server: &Running, headers: &[&str], count: usize) -> Vec<u64> {
    let mut stream = connect(server);
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(&request("GET", "/v1/changes", headers, b"")).unwrap();
    let mut positions = Vec::new();
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while positions.len() < count && reader.read_line(&mut line).expect("the server tells") > 0 {
        if let Some(position) = line.strip_prefix("id: ") {
            positions.push(position.trim().parse().unwrap());
        }
        line.clear();
    }
    positions
}

#[test]
fn who_listens_hears_every_line_once_also_after_a_cut() {
    let town = Town::of(&[("report", Role::Reporter, OWN)]);
    let reporter = town.token("report", "report read");
    let size = lines(&town.desk.path("L")).len() as u64;
    assert_eq!(heard(&town.server, &["Last-Event-ID: 0"], 4), [1, 2, 3, 4]);
    let report = |text: &str| reporter.post(&town.server, "/v1/submissions", &narrative(OWN, text)).with(201);
    let listening = thread::scope(|scope| {
        let last = format!("Last-Event-ID: {}", size - 1);
        let server = &town.server;
        let listening = scope.spawn(move || heard(server, &[&last], 4));
        report("一");
        report("二");
        listening.join().unwrap()
    });
    assert_eq!(listening, (size..size + 4).collect::<Vec<_>>());
    let resumed = heard(&town.server, &[&format!("Last-Event-ID: {}", size + 1)], 2);
    assert_eq!(resumed, [size + 2, size + 3]);
    get(&town.server, "/v1/changes?after=x").is_problem(400, "unreadable-parameter");

    // Whoever listens hears the end, and does not keep the server from stopping.
    let mut stream = connect(&town.server);
    stream.write_all(&request("GET", "/v1/changes", &[], b"")).unwrap();
    let mut begun = [0; 64];
    assert!(stream.read(&mut begun).unwrap() > 0);
    town.verified();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
}

#[test]
fn ready_says_that_model_and_head_are_there_and_metrics_count() {
    let town = Town::of(&[("report", Role::Reporter, OWN)]);
    let reporter = town.token("report", "report read");
    reporter.post(&town.server, "/v1/submissions", &narrative(OWN, "一")).with(201);
    let size = lines(&town.desk.path("L")).len();
    let ready = get(&town.server, "/health/ready").with(200).json();
    assert_eq!(ready["lines"], size);
    while get(&town.server, "/health/ready").with(200).json()["signed_lines"] != size {
        thread::yield_now();
    }
    let checkpoint = get(&town.server, "/checkpoint").text();
    assert_eq!(checkpoint.lines().nth(1), Some(size.to_string().as_str()));
    let metrics = loop {
        let metrics = get(&town.server, "/metrics").text();
        if metrics.contains("progress_ledger_last_verified_root_age_seconds") {
            break metrics;
        }
        thread::yield_now();
    };
    for expected in [
        "progress_ledger_append_seconds_count 1\n",
        "progress_ledger_submissions_recorded_total 1\n",
        "progress_ledger_projection_lag 0\n",
        "progress_ledger_self_check_holds 1\n",
    ] {
        assert!(metrics.contains(expected), "{expected}{metrics}");
    }
    // While it records, nobody else does.
    let second = town.desk.run("--ledger L period close 2022-04");
    assert_eq!(second.code, 2, "{}", second.err);
    town.verified();
}

/// Receipts by submission: position and hashes of its lines.
type Receipts = BTreeMap<String, Vec<(u64, String)>>;

/// Reports from several connections until told to stop or nobody answers; gives what was acknowledged, and how many requests
/// of those that were sent whole got no answer.
fn load(server: &str, person: &Person, round: usize, stop: &AtomicBool) -> (Receipts, usize) {
    let (receipts, unanswered) = (Mutex::new(Receipts::new()), Mutex::new(0));
    thread::scope(|scope| {
        for client in 0..4 {
            let (receipts, unanswered) = (&receipts, &unanswered);
            scope.spawn(move || {
                for number in 0.. {
                    let body = narrative(OWN, &format!("第 {round} 轮 {client}-{number}")).to_string();
                    let bytes = person.request(
                        "POST",
                        "/v1/submissions",
                        &["Content-Type: application/json"],
                        body.as_bytes(),
                    );
                    match try_send(server, &bytes) {
                        Some(got) if got.status == 201 => {
                            let said = got.json();
                            let lines = said["lines"].as_array().unwrap().iter();
                            let lines = lines.map(|line| {
                                (
                                    line["position"].as_u64().unwrap(),
                                    line["hash"].as_str().unwrap().to_owned(),
                                )
                            });
                            receipts
                                .lock()
                                .unwrap()
                                .insert(said["submission"].as_str().unwrap().to_owned(), lines.collect());
                        }
                        Some(got) => assert_eq!(got.status, 503, "{}", got.text()),
                        None => {
                            *unanswered.lock().unwrap() += 1;
                            return;
                        }
                    }
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                }
            });
        }
    });
    (receipts.into_inner().unwrap(), unanswered.into_inner().unwrap())
}

fn require_recorded_once(desk: &Desk, receipts: &Receipts) {
    let mut recorded = Receipts::new();
    for line in lines(&desk.path("L")) {
        let value: Value = serde_json::from_str(&line).unwrap();
        let place =
            (value["position"].as_u64().unwrap(), chain::hash::event_hash(line.as_bytes()).to_string());
        recorded.entry(value["submission"].as_str().unwrap().to_owned()).or_default().push(place);
    }
    for (submission, expected) in receipts {
        assert_eq!(recorded.get(submission), Some(expected), "{submission}");
    }
}

#[test]
fn whatever_a_killed_server_acknowledged_is_there_once() {
    let town = Town::of(&[("report", Role::Reporter, OWN)]);
    let reporter = town.token("report", "report read");
    let Town { desk, mut server } = town;
    let mut all = Receipts::new();
    for round in 0..3_u64 {
        let address = server.address().to_owned();
        let person = reporter.clone();
        let working = thread::spawn(move || {
            load(&address, &person, usize::try_from(round).unwrap(), &AtomicBool::new(false))
        });
        thread::sleep(Duration::from_millis(300 + 170 * round));
        server.kill();
        all.extend(working.join().unwrap().0);
        server = serve(&desk, "L", &[]);
    }
    assert!(!all.is_empty(), "something was acknowledged before a kill");
    server.stop();
    require_recorded_once(&desk, &all);
    verify(&desk, "L");
}

#[test]
fn a_server_that_is_asked_to_stop_answers_what_runs() {
    let town = Town::of(&[("report", Role::Reporter, OWN)]);
    let reporter = town.token("report", "report read");
    let Town { desk, server } = town;
    let (address, stop) = (server.address().to_owned(), AtomicBool::new(false));
    let receipts = thread::scope(|scope| {
        let working = scope.spawn(|| load(&address, &reporter, 0, &stop));
        thread::sleep(Duration::from_millis(300));
        server.ask_to_stop();
        stop.store(true, Ordering::SeqCst);
        working.join().unwrap().0
    });
    server.stop();
    assert!(!receipts.is_empty());
    require_recorded_once(&desk, &receipts);
    // Everything is under a head when it has stopped.
    let checkpoint = std::fs::read_to_string(desk.path("L/checkpoint")).unwrap();
    assert_eq!(checkpoint.lines().nth(1), Some(lines(&desk.path("L")).len().to_string().as_str()));
    verify(&desk, "L");
}

/// Somebody at a browser without script: the cookie, and the fields of forms.
#[derive(Default)]
struct Reader(Person);

impl Reader {
    /// Comes in with the form of an invitation.
    fn invited(town: &Town, login: &str) -> Self {
        let link = town.desk.json(&format!("--ledger L account link {login}"));
        let address = link["link"].as_str().unwrap().to_owned();
        let page = get(&town.server, &address).with(200);
        assert!(page.text().contains(login), "{}", page.text());
        let redeemed = Self::default().fill(town, &address, &[("password", PASSWORD)]).with(303);
        assert!(redeemed.header("set-cookie").is_some_and(|cookie| cookie.contains("HttpOnly")));
        // And once more, by name and password.
        let wrong = Self::default().fill(town, "/login", &[("login", login), ("password", "nicht-dies")]);
        assert!(wrong.with(401).text().contains("<form"), "the form comes back");
        let fields = [("login", login), ("password", PASSWORD), ("next", "/mine")];
        let signed_in = Self::default().fill(town, "/login", &fields).with(303);
        assert_eq!(signed_in.header("location"), Some("/mine"));
        let cookie = signed_in.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        Self(Person { headers: vec![format!("Cookie: {cookie}")] })
    }

    fn page(&self, town: &Town, path: &str) -> String {
        self.0.get(&town.server, path).with(200).text()
    }

    fn fill(&self, town: &Town, path: &str, fields: &[(&str, &str)]) -> Got {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let form = "Content-Type: application/x-www-form-urlencoded";
        self.0.send(&town.server, "POST", path, &[form], body.as_bytes())
    }
}

/// The value of the first field of this name on a page.
fn hidden(page: &str, name: &str) -> String {
    let at = page.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name}: {page}"));
    page[at..].split('"').nth(3).unwrap().to_owned()
}

#[test]
fn the_same_is_done_with_forms_and_without_a_script() {
    let desk = Desk::opened();
    let duties = desk.json("--ledger L duty list");
    let verifies = |duty: &&Value| {
        duty["duty"] == "verifies" && duty["indicator"] == "value-added" && duty["area"].is_null()
    };
    let verifier = duties["duties"].as_array().unwrap().iter().find(verifies).expect("somebody verifies");
    let verifier = verifier["unit"].as_str().unwrap().to_owned();
    let people = [
        ("report", Role::Reporter, OWN),
        ("bureau", Role::Verifier, verifier.as_str()),
        ("office", Role::Office, "digital-office"),
    ];
    let town = Town::at(desk, &people);
    let nobody = get(&town.server, "/report").with(303);
    assert_eq!(nobody.header("location"), Some("/login?next=%2Freport"));
    let [reporter, bureau, office] = ["report", "bureau", "office"].map(|own| Reader::invited(&town, own));

    // The form has a row for each cell; what is wrong comes back with what was entered, and nothing is recorded.
    let page = reporter.page(&town, "/report?period=2022-04");
    assert!(page.contains("value-added guixi"), "{page}");
    let token = hidden(&page, "csrf_token");
    let filing = |value: &str| {
        [("csrf_token", token.as_str()), ("unit", OWN), ("period", "2022-04"), ("cell", "value-added guixi")]
            .into_iter()
            .chain([("value", value), ("status", "快报"), ("why", "")])
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect::<Vec<_>>()
    };
    let report = |fields: &[(String, String)]| {
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        reporter.fill(&town, "/report", &fields)
    };
    let before = lines(&town.desk.path("L")).len();
    let wrong = report(&filing("1.5万")).with(422).text();
    assert!(wrong.contains("value=\"1.5万\"") && wrong.contains("aria-invalid=\"true\""), "{wrong}");
    assert_eq!(report(&filing("62.30")[1..]).status, 403, "without the session's token nothing is done");
    assert_eq!(lines(&town.desk.path("L")).len(), before);
    let receipt = report(&filing("62.30")).with(200).text();
    assert!(receipt.contains("回执") && receipt.contains("已写入账本"), "{receipt}");
    let again = report(&filing("62.30")).with(200).text();
    assert!(again.contains("原来的回执"), "a form that is sent twice is recorded once: {again}");

    // The bureau sends it back, the reporter corrects it, the bureau verifies, the office approves.
    let act = |person: &Reader, act: &str, reason: &str| {
        let page = person.page(&town, "/review");
        let (csrf, unit, figure) =
            (hidden(&page, "csrf_token"), hidden(&page, "unit"), hidden(&page, "figure"));
        let fields = [
            ("csrf_token", csrf.as_str()),
            ("unit", &unit),
            ("figure", &figure),
            ("reason", reason),
            ("act", act),
        ];
        let done = person.fill(&town, "/review", &fields).with(200).text();
        assert!(done.contains("已入账"), "{done}");
        figure
    };
    let returned = act(&bureau, "return", "请核对小数点");
    let mine = reporter.page(&town, "/mine");
    assert!(mine.contains(&format!("/correct?figure={returned}")), "{mine}");
    let page = reporter.page(&town, &format!("/correct?figure={returned}"));
    let fields = [
        ("csrf_token", hidden(&page, "csrf_token")),
        ("unit", hidden(&page, "unit")),
        ("figure", returned.clone()),
        ("period", hidden(&page, "period")),
        ("value", "61.2".to_owned()),
        ("status", "preliminary".to_owned()),
        ("reason", "misreported".to_owned()),
        ("material", "true".to_owned()),
    ];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let corrected = reporter.fill(&town, "/correct", &fields).with(200).text();
    assert!(corrected.contains("回执"), "{corrected}");
    assert_ne!(act(&bureau, "verify", ""), returned);
    act(&office, "approve", "");
    let figures = get(&town.server, "/v1/figures?indicator=value-added&area=guixi&all=true").json();
    let lives =
        figures["rows"].as_array().unwrap().iter().map(|row| row["life"].as_str().unwrap().to_owned());
    assert_eq!(lives.collect::<Vec<_>>(), ["returned", "approved"]);

    // Signed out, nobody is anybody any more.
    let token = hidden(&office.page(&town, "/review"), "csrf_token");
    office.fill(&town, "/logout", &[("csrf_token", &token)]).with(303);
    assert_eq!(office.0.get(&town.server, "/review").status, 303);
    town.verified();
}
