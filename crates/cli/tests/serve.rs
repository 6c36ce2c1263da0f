//! A real server on a real demonstration ledger: every question in every form, pages, lines, head, tiles, health, and what
//! clients do wrong.

mod common;

use common::http::{asked, get};
use common::{Desk, Running};

fn serve(desk: &Desk) -> Running {
    desk.run("demo demo-ledger").with(0);
    serve_with(desk, &[])
}

fn serve_with(desk: &Desk, more: &[&str]) -> Running {
    let mut command = desk.command();
    command.args(["serve", "--listen", "127.0.0.1:0"]).args(more);
    Running::start(command)
}

#[test]
fn the_server_answers_as_the_terminal_does() {
    let desk = Desk::new();
    let server = serve(&desk);
    let questions = [
        ("/v1/ranking", "ranking"),
        ("/v1/scores?as_of=2022-06-25&known_at=5000", "scores --as-of 2022-06-25 --known-at 5000"),
        ("/v1/figures?area=yuehu&all=true", "figures --area yuehu --all"),
        ("/v1/cell?indicator=core-value-added&area=yuehu", "explain core-value-added yuehu"),
        ("/v1/trail?indicator=core-value-added&area=yuehu", "trail --cell core-value-added yuehu"),
        ("/v1/timeliness?period=2022-04", "timeliness --period 2022-04"),
        ("/v1/roll-ups", "roll-ups"),
    ];
    for (path, command) in questions {
        let told = desk.run(&format!("{command} --json")).with(0).out;
        assert_eq!(get(&server, path).text(), told, "{path}");
    }
    let token = |path: &str| get(&server, path).json()["token"].as_str().unwrap().replace('+', "%2B");
    let (from, to) = (token("/v1/ranking?as_of=2022-06-25"), token("/v1/ranking"));
    let difference = get(&server, &format!("/v1/diff?from={from}&to={to}"));
    let command = format!("diff {} {} --json", from.replace("%2B", "+"), to.replace("%2B", "+"));
    assert_eq!(difference.text(), desk.run(&command).with(0).out);

    // The canonical bytes are those whose root is published.
    desk.run("ranking --canonical table.jsonl").with(0);
    let canonical = get(&server, "/v1/ranking?format=canonical");
    assert_eq!(canonical.body, std::fs::read(desk.path("table.jsonl")).unwrap());
    server.stop();
}

#[test]
fn an_answer_comes_in_the_form_that_is_accepted_and_only_once() {
    let desk = Desk::new();
    let server = serve(&desk);
    let page = asked(&server, "GET", "/v1/ranking?as_of=2022-06-25", &["Accept: text/html,*/*;q=0.8"]);
    let text = page.text();
    assert!(
        text.contains("演示数据") && text.contains("2022-06-25") && text.contains("可复算标识"),
        "{text}"
    );
    // The axes go along from page to page, and nothing on a page is style or script of its own.
    assert!(text.contains("href=\"/v1/scores?as_of=2022-06-25\""), "{text}");
    assert!(!text.contains("<script>") && !text.contains("style=") && !text.contains("<style"), "{text}");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    let stylesheet = text.split("href=\"").find_map(|part| part.split('"').next()?.strip_suffix(".css"));
    let stylesheet = get(&server, &format!("{}.css", stylesheet.expect("a stylesheet")));
    assert!(stylesheet.status == 200 && stylesheet.header("cache-control").unwrap().contains("immutable"));

    let csv = asked(&server, "GET", "/v1/ranking", &["Accept: text/csv"]);
    assert!(csv.body.starts_with("\u{feff}【演示数据".as_bytes()));
    let xlsx = get(&server, "/v1/ranking?format=xlsx");
    assert!(
        xlsx.body.starts_with(b"PK") && xlsx.header("content-disposition").unwrap().contains("ranking.xlsx")
    );
    asked(&server, "GET", "/v1/ranking", &["Accept: image/png"]).is_problem(406, "not-acceptable");
    get(&server, "/v1/cell?indicator=core-value-added&area=yuehu&format=canonical")
        .is_problem(406, "no-canonical-bytes");

    let etag = get(&server, "/v1/ranking").header("etag").unwrap().to_owned();
    let again = asked(&server, "GET", "/v1/ranking", &[&format!("If-None-Match: {etag}")]);
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(etag.as_str())));
    let head = asked(&server, "HEAD", "/v1/ranking", &[]);
    assert_eq!((head.status, head.body.len()), (200, 0));

    // A what-if cannot be taken for an official table.
    let figures = get(&server, "/v1/figures?area=yuehu").json();
    let hash = figures["rows"][0]["hash"].as_str().unwrap();
    let what_if = get(&server, &format!("/v1/ranking?without={hash}&format=html")).text();
    assert!(what_if.contains("class=\"is-what\"") && what_if.contains("推演"), "{what_if}");
    server.stop();
}

#[test]
fn lines_head_and_tiles_are_the_ledgers_own_bytes() {
    let desk = Desk::new();
    let server = serve(&desk);
    let lines = common::lines(&desk.path("demo-ledger"));
    let page = get(&server, "/v1/events?from=10&limit=3");
    assert_eq!(page.text(), lines[10..13].iter().map(|line| format!("{line}\n")).collect::<String>());
    assert_eq!(page.header("link"), Some("</v1/events?from=13&limit=3>; rel=\"next\""));
    let last = get(&server, &format!("/v1/events?from={}", lines.len() - 1));
    assert_eq!((last.text(), last.header("link")), (format!("{}\n", lines[lines.len() - 1]), None));
    assert_eq!(get(&server, &format!("/v1/events?from={}", u64::MAX)).body, b"");

    let hash = chain::hash::event_hash(lines[4321].as_bytes());
    for name in [hash.to_string(), "4321".to_owned()] {
        let one = get(&server, &format!("/v1/events/{name}"));
        assert_eq!(one.text(), lines[4321]);
        assert!(one.header("cache-control").unwrap().contains("immutable"));
    }
    get(&server, &format!("/v1/events/{}", "0".repeat(64))).is_problem(404, "unknown-event");
    get(&server, "/v1/events/first").is_problem(400, "unreadable-parameter");

    let file = |name: &str| std::fs::read(desk.path("demo-ledger").join(name)).unwrap();
    assert_eq!(get(&server, "/checkpoint").body, file("checkpoint"));
    assert_eq!(get(&server, "/tile/0/000").body, file("tile/0/000"));
    for trick in
        ["/tile/../checkpoint", "/tile/..%2f..%2fdemo-ledger.key", "/tile/0/%2e%2e/%2e%2e/lock", "/tile/0"]
    {
        get(&server, trick).is_problem(404, "no-tile");
    }
    server.stop();
}

#[test]
fn what_is_recorded_meanwhile_is_answered_and_ready_says_so() {
    let desk = Desk::new();
    desk.run("demo demo-ledger").with(0);
    let server = serve_with(&desk, &["--read-only"]);
    assert_eq!(get(&server, "/health/live").json()["status"], "live");
    assert_eq!(get(&server, "/health/ready").json()["status"], "ready");
    let before = get(&server, "/health/ready").json()["lines"].as_u64().unwrap();
    desk.run("hammer --rounds 3").with(0);
    let size = u64::try_from(common::lines(&desk.path("demo-ledger")).len()).unwrap();
    assert!(size > before);
    // The server follows; it says that it is not ready until it has.
    while get(&server, "/health/ready").json()["lines"] != size {
        std::thread::yield_now();
    }
    assert!(get(&server, "/v1/ranking").json()["token"].as_str().unwrap().contains(&format!("+{size}+")));
    let metrics = get(&server, "/metrics").text();
    assert!(metrics.contains(&format!("\nprogress_ledger_lines {size}\n")), "{metrics}");
    assert!(metrics.contains("\nprogress_ledger_projection_lag 0\n"), "{metrics}");
    server.stop();
}

#[test]
fn what_clients_do_wrong_gets_a_clear_answer() {
    let desk = Desk::new();
    let server = serve(&desk);
    get(&server, "/v1/nothing").is_problem(404, "no-such-path");
    asked(&server, "POST", "/v1/ranking", &["Content-Length: 0"]).is_problem(405, "method-not-allowed");
    for (query, code) in [
        ("asof=2022-06-25", "unknown-parameter"),
        ("as_of=2022-02-30", "unreadable-parameter"),
        ("as_of=2022-06-25&as_of=2022-07-25", "repeated-parameter"),
        ("known_at=%FF%FE", "unreadable-parameter"),
        ("known_at=99999999", "beyond-head"),
        ("format=exe", "unreadable-parameter"),
    ] {
        get(&server, &format!("/v1/ranking?{query}")).is_problem(400, code);
    }
    get(&server, "/v1/ranking?plan=elsewhere-2022").is_problem(404, "unknown-plan");
    get(&server, "/v1/ranking?rules=nobody").is_problem(404, "unknown-rules");
    get(&server, "/v1/cell?indicator=core-value-added&area=mars").is_problem(404, "unknown-area");
    get(&server, "/v1/cell?area=yuehu").is_problem(400, "missing-parameter");
    get(&server, "/v1/trail").is_problem(400, "whose-trail");
    let token = get(&server, "/v1/ranking").json()["token"].as_str().unwrap().to_owned();
    let (start, root_on) = token.split_at(token.find('+').unwrap() + 7);
    let forged = format!("{start}{}", root_on.replacen(&root_on[..4], "0000", 1)).replace('+', "%2B");
    get(&server, &format!("/v1/ranking?token={forged}")).is_problem(409, "other-history");
    get(&server, &format!("/v1/ranking?plan={}", "a".repeat(9_000))).is_problem(414, "query-too-long");
    let many: String = (0..70).map(|_| "without=&").collect();
    get(&server, &format!("/v1/ranking?{many}")).is_problem(400, "too-many-parameters");

    // What somebody puts into an address is words on the page, never mark-up.
    let tried =
        asked(&server, "GET", "/v1/ranking?as_of=%3Cscript%3Ealert(1)%3C/script%3E", &["Accept: text/html"]);
    assert_eq!(tried.status, 400);
    assert!(!tried.text().contains("<script>"), "{}", tried.text());

    // After all of that it still serves.
    assert_eq!(get(&server, "/health/ready").status, 200);
    server.stop();
}

#[test]
fn every_described_path_is_served_and_every_question_is_described() {
    let desk = Desk::new();
    let server = serve(&desk);
    let described = get(&server, "/v1/openapi.json").json();
    assert_eq!(described["openapi"], "3.1.0");
    let paths = described["paths"].as_object().unwrap();
    for (path, operation) in paths {
        let operation = &operation["get"];
        // What only some may read has tests of its own, and what goes on for ever too.
        if operation.is_null()
            || !operation["security"].is_null()
            || path == "/v1/changes"
            || path.contains("{secret}")
        {
            continue;
        }
        let mut asked = path.clone();
        let mut query = Vec::new();
        for parameter in operation["parameters"].as_array().unwrap() {
            let (name, example) = (parameter["name"].as_str().unwrap(), parameter["example"].as_str());
            match (parameter["in"].as_str().unwrap(), example) {
                ("path", Some(example)) => asked = asked.replace(&format!("{{{name}}}"), example),
                // One trail at a time, and the form that programs get.
                ("query", Some(_)) if path == "/v1/trail" && name != "unit" => {}
                ("query", Some(example)) if name != "format" => query.push(format!("{name}={example}")),
                _ => {}
            }
        }
        if path == "/v1/diff" {
            let token = get(&server, "/v1/ranking").json()["token"].as_str().unwrap().replace('+', "%2B");
            query.extend([format!("from={token}"), format!("to={token}")]);
        }
        let got = get(&server, &format!("{asked}?{}", query.join("&")));
        assert_eq!(got.status, 200, "{asked}?{}: {}", query.join("&"), got.text());
    }
    let page = asked(&server, "GET", "/v1/ranking", &["Accept: text/html"]).text();
    let menu = page.split("aria-label=\"各表\"").nth(1).and_then(|rest| rest.split("</nav>").next()).unwrap();
    let links: Vec<&str> = menu.split("href=\"").skip(1).filter_map(|part| part.split('"').next()).collect();
    assert_eq!(links.len(), 13);
    assert!(links.iter().all(|link| paths.contains_key(*link)), "{links:?}");
    server.stop();
}
