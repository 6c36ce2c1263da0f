//! The pages over HTTP, on a demonstration ledger: what stands on them, what goes along from one to the next, and what strangers try.

mod common;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use common::{Desk, Running};

struct Got {
    status: u16,
    head: String,
    text: String,
}

fn get(server: &Running, path: &str) -> Got {
    let address = server.url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).unwrap();
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: ledger\r\nAccept: text/html\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, text) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    Got { status, head: head.to_owned(), text: text.to_owned() }
}

fn page(server: &Running, path: &str) -> String {
    let got = get(server, path);
    assert_eq!(got.status, 200, "{path}: {}", got.text);
    assert!(got.head.contains("text/html; charset=utf-8"), "{path}: {}", got.head);
    got.text
}

fn serve(desk: &Desk) -> Running {
    desk.run("demo demo-ledger").with(0);
    let mut command = desk.command();
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    Running::start(command)
}

/// The addresses on a page, as they stand in it.
fn addresses(text: &str) -> impl Iterator<Item = String> {
    text.split("href=\"")
        .skip(1)
        .filter_map(|part| Some(part.split_once('"')?.0.replace("&#38;", "&").replace("&amp;", "&")))
}

const PAGES: [(&str, &str); 12] = [
    ("/", "总览"),
    ("/cell?indicator=core-value-added&area=yujiang", "逐步算式"),
    ("/trail?indicator=core-value-added&area=yujiang", "经过"),
    ("/diff?from_as_of=2022-06-25", "总分的变化"),
    ("/tasks", "任务原文与进展"),
    ("/calendar", "报送日历"),
    ("/snapshots", "挡在前面的事"),
    ("/verify", "24 个核对字"),
    ("/status", "单位链"),
    ("/indicators", "年目标"),
    ("/units", "单位与职责"),
    ("/search?q=core", "找到"),
];

#[test]
fn each_page_says_what_it_is_for_and_that_the_figures_are_made_up() {
    let desk = Desk::new();
    let server = serve(&desk);
    for (path, said) in PAGES {
        let text = page(&server, path);
        assert!(text.contains(said) && text.contains("演示数据"), "{path}: {said}");
        assert!(
            !text.contains("style=\"") && !text.contains("<style") && !text.contains("<script>"),
            "{path}"
        );
        assert!(text.contains("可复算标识"), "{path}: the printed foot names the token");
    }
    server.stop();
}

#[test]
fn the_axes_go_along_from_page_to_page() {
    let desk = Desk::new();
    let server = serve(&desk);
    let text = page(&server, "/?as_of=2022-06-25&known_at=4000");
    let own = addresses(&text).filter(|own| own.starts_with("/cell?") || own.starts_with("/trail?"));
    let own: Vec<String> = own.collect();
    assert!(own.len() > 100, "the heat map links to its cells");
    for address in own {
        assert!(address.contains("as_of=2022-06-25") && address.contains("known_at=4000"), "{address}");
    }
    server.stop();
}

#[test]
fn the_past_and_a_what_if_are_not_taken_for_now() {
    let desk = Desk::new();
    let server = serve(&desk);
    let now = page(&server, "/");
    assert!(now.contains("<body class=\"\">") && !now.contains("class=\"mode\""), "now is quiet");
    let past = page(&server, "/?known_at=4000");
    assert!(
        past.contains("class=\"is-past\"")
            && past.contains("<title>〔过去〕")
            && past.contains("不是现在的账")
    );
    let earlier = page(&server, "/?as_of=2022-06-25");
    assert!(earlier.contains("class=\"is-past\"") && earlier.contains("不是最新的"));
    let cell = page(&server, "/cell?indicator=core-value-added&area=yujiang");
    let counted =
        addresses(&cell).find(|own| own.starts_with("/events/") && own.len() > 60).expect("a figure's line");
    let hash = counted.trim_start_matches("/events/");
    let what_if = page(&server, &format!("/cell?indicator=core-value-added&area=yujiang&without={hash}"));
    assert!(
        what_if.contains("class=\"is-what\"")
            && what_if.contains("<title>〔推演〕")
            && what_if.contains("不得引用")
    );
    assert!(!what_if.contains("id=\"cell-proof\""), "a what-if is not proven");
    server.stop();
}

#[test]
fn a_question_without_an_answer_is_a_page_that_says_what_to_do() {
    let desk = Desk::new();
    let server = serve(&desk);
    let wrong = [
        ("/cell?indicator=none&area=yujiang", 404),
        ("/cell?indicator=core-value-added&area=city-level", 404),
        ("/cell?indicator=core-value-added", 400),
        ("/?as_of=tomorrow", 400),
        ("/?known_at=99999999", 400),
        ("/?colour=red", 400),
        ("/events/99999999", 404),
        ("/snapshots/abc", 400),
        ("/verify?size=1&root=abc", 400),
    ];
    for (path, status) in wrong {
        let got = get(&server, path);
        assert_eq!(got.status, status, "{path}: {}", got.text);
        assert!(
            got.head.contains("text/html")
                && got.text.contains("账本没有任何改动")
                && got.text.contains("回到总览"),
            "{path}"
        );
    }
    server.stop();
}

#[test]
fn what_strangers_write_is_text_and_nothing_else() {
    let desk = Desk::new();
    let server = serve(&desk);
    let script = "%3Cscript%3Ealert(1)%3C/script%3E%22%27";
    for path in [
        "/search?q=",
        "/?plan=",
        "/?rules=",
        "/trail?page=1&unit=",
        "/diff?from_rules=",
        "/cell?area=yujiang&indicator=",
    ] {
        let got = get(&server, &format!("{path}{script}"));
        assert!(!got.text.contains("<script>alert") && !got.text.contains("\"'"), "{path}: {}", got.text);
    }
    server.stop();
}

#[test]
fn a_unit_that_tells_of_its_work_in_script_is_quoted_not_run() {
    let desk = Desk::opened();
    let script = "<script>alert(1)</script><img src=x onerror=alert(2)>";
    let told = format!(
        r#"{{"unit":"guixi","period":"2022-04","narrative":{{"progress":"{script}","results":"好","highlights":"有","next_steps":"续","tasks":[3]}}}}"#
    );
    std::fs::write(desk.path("april.json"), told).unwrap();
    desk.run("--ledger L submit april.json").with(0);
    let mut command = desk.command();
    command.args(["--ledger", "L", "serve", "--listen", "127.0.0.1:0"]);
    let server = Running::start(command);
    let trail = page(&server, "/trail?unit=guixi");
    assert!(trail.contains("&#60;script&#62;alert(1)"), "{trail}");
    assert!(!trail.contains("<script>alert") && !trail.contains("<img"), "{trail}");
    let told = page(&server, "/tasks");
    assert!(told.contains("最近一期讲到"), "task 3 was told of");
    // A ledger of real figures says nowhere that they are made up; one without figures says so.
    let first = page(&server, "/");
    assert!(!first.contains("演示数据") && first.contains("未报"), "{first}");
    server.stop();
}

#[test]
fn files_of_the_pages_are_kept_for_good_and_pages_are_asked_for_again() {
    let desk = Desk::new();
    let server = serve(&desk);
    let first = get(&server, "/");
    assert!(
        first.head.contains("cache-control: no-cache") && first.head.contains("etag: "),
        "{}",
        first.head
    );
    assert!(
        first.head.contains("script-src 'self'") && first.head.contains("default-src 'none'"),
        "{}",
        first.head
    );
    let assets: Vec<String> = addresses(&first.text).filter(|own| own.starts_with("/assets/")).collect();
    assert_eq!(assets.len(), 2, "a stylesheet and a mark");
    for asset in assets {
        let got = get(&server, &asset);
        assert!(got.status == 200 && got.head.contains("immutable"), "{asset}: {}", got.head);
    }
    server.stop();
}
