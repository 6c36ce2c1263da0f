//! Exit codes, Chinese for people, JSON for programs, and what the program refuses.

mod common;

use std::process::Stdio;

use common::{Desk, Running};
use serde_json::Value;

/// Every command and the commands below it, from the program's own help.
fn commands(desk: &Desk) -> Vec<String> {
    let top = listed(desk, "");
    let below = |command: &String| {
        listed(desk, command).into_iter().map(|below| format!("{command} {below}")).collect::<Vec<_>>()
    };
    let below: Vec<String> = top.iter().flat_map(below).collect();
    top.into_iter().chain(below).collect()
}

fn listed(desk: &Desk, command: &str) -> Vec<String> {
    let help = desk.run(&format!("{command} --help")).with(0).out;
    let list =
        help.lines().skip_while(|line| !line.starts_with("命令")).skip(1).take_while(|line| !line.is_empty());
    list.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn every_help_text_is_chinese() {
    let desk = Desk::new();
    let commands = commands(&desk);
    assert!(commands.len() > 45, "{commands:?}");
    let helps = std::iter::once(desk.run("--help").out)
        .chain(commands.iter().map(|command| desk.run(&format!("{command} --help")).with(0).out));
    for help in helps {
        for english in [
            "Usage",
            "Options",
            "Commands",
            "Arguments",
            "Print ",
            "[default",
            "[env",
            "[possible",
            "[alias",
            "OPTIONS",
        ] {
            assert!(!help.contains(english), "{english}: {help}");
        }
        let described = help.lines().filter(|line| line.trim_start().starts_with('-'));
        assert!(described.clone().count() > 0);
        described.for_each(|line| assert!(!line.is_ascii(), "no Chinese: {line}\n{help}"));
    }
}

#[test]
fn wrong_words_end_with_two_and_say_in_chinese_what_is_wrong() {
    let desk = Desk::new();
    for (arguments, said) in [
        ("catalog", "没有“catalog”这个命令。是否想写：catalogue？"),
        ("status --leger x", "没有“--leger”"),
        ("catalogue --year 22", "年份要写成 2022 这样"),
        ("scores --as-of 2022-02-30", "日期要写成 2022-04-30 这样"),
        ("figure verify 12", "事件哈希是 64 位小写十六进制数"),
        ("period open", "缺少必填项"),
        ("key", "用法"),
        ("status", "没有指明账本"),
        ("status --ledger nowhere", "没有账本目录 nowhere"),
        ("verify .", "没有 journal 目录"),
        ("submit nowhere.xlsx", "无法读取 nowhere.xlsx"),
        ("diff a b", "不是可复算标识"),
        ("explain gdp guixi --canonical x", "没有规范字节"),
    ] {
        let answer = desk.run(arguments).with(2);
        assert!(answer.err.contains(said), "{arguments}: {}", answer.err);
        assert_eq!(answer.out, "", "{arguments}");
    }
    assert!(desk.run("status --json").with(2).json()["error"].is_string());
    assert_eq!(std::fs::read_dir(desk.folder()).unwrap().count(), 0, "a mistake leaves nothing behind");
}

#[test]
fn the_plan_and_its_contradictions_need_no_ledger() {
    let desk = Desk::new();
    let catalogue = desk.json("catalogue --year 2022");
    assert_eq!(catalogue["indicators"].as_array().unwrap().len(), 59);
    assert!(desk.run("catalogue").with(0).out.contains("数字经济核心产业增加值"));
    let found = desk.run("catalogue check --json").with(1).json();
    assert!(found["contradictions"].as_u64().unwrap() > 0);
    let severities = found["findings"].as_array().unwrap().iter().map(|finding| &finding["severity"]);
    assert_eq!(
        severities.filter(|severity| *severity == "contradiction").count() as u64,
        found["contradictions"]
    );
}

#[test]
fn schemas_are_written_one_file_each() {
    let desk = Desk::new();
    desk.run("schema --out schemas").with(0);
    let files = std::fs::read_dir(desk.path("schemas")).unwrap().count();
    assert_eq!(files, events::EventKind::ALL.len() + 1);
    let figure = std::fs::read(desk.path("schemas/figure-reported.v1.schema.json")).unwrap();
    let schema: Value = serde_json::from_slice(&figure).unwrap();
    assert_eq!(schema["title"], "figure-reported");
}

#[test]
fn rules_that_cannot_be_used_are_named() {
    let desk = Desk::new();
    let default = desk.json("rules show");
    std::fs::write(desk.path("own.json"), default["rules"].to_string()).unwrap();
    desk.run("rules check own.json").with(0);
    std::fs::write(desk.path("broken.toml"), "points = 3\n").unwrap();
    assert!(desk.run("rules check broken.toml").with(1).err.contains("不是计分规则"));
    let mut rules = default["rules"].clone();
    rules["rows"]["no-such-row"] = serde_json::json!({ "paced": true });
    std::fs::write(desk.path("stray.json"), rules.to_string()).unwrap();
    let found = desk.run("rules check stray.json --json").with(1).json();
    assert!(found["problems"].to_string().contains("no-such-row"), "{found}");
}

#[test]
fn the_first_run_makes_a_demonstration_and_the_second_shows_it() {
    let desk = Desk::new();
    let first = Running::start(desk.command());
    assert!(first.before.contains("第一次运行"), "{}", first.before);
    let first = first.stop();
    assert!(first.contains("演示数据"), "{first}");
    let second = Running::start(desk.command());
    assert_eq!(second.before, "");
    // A ledger that is recorded into keeps space for its next lines: more bytes, and nothing else.
    let lines =
        |text: &str| text.lines().filter(|line| !line.contains(" 字节")).collect::<Vec<_>>().join("\n");
    assert_eq!(lines(&first), lines(&second.stop()));
    assert!(desk.path("demo-ledger.key").is_file() && !desk.path("demo-ledger/demo-ledger.key").exists());
    assert_eq!(desk.json("verify")["clean"], true);

    // A made-up ledger says so in every form, and files repeat byte for byte.
    let csv = desk.run("ranking --csv -").with(0).out;
    assert!(csv.starts_with("【演示数据"), "{csv}");
    desk.run("scores --csv scores.csv --xlsx scores.xlsx").with(0);
    desk.run("scores --xlsx again.xlsx").with(0);
    let read = |name: &str| std::fs::read(desk.path(name)).unwrap();
    assert_eq!(read("scores.xlsx"), read("again.xlsx"));
    assert!(read("scores.csv").starts_with(b"\xef\xbb\xbf"));

    // It is not overwritten.
    assert!(desk.run("demo demo-ledger").with(2).err.contains("已经存在"));
    assert!(desk.run("init demo-ledger --origin x.example/y").with(2).err.contains("已经存在"));
}

#[cfg(unix)]
#[test]
fn a_key_is_for_its_owner_alone_and_never_overwritten() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new();
    desk.run("key new --unit guixi guixi.key").with(0);
    let mode = std::fs::metadata(desk.path("guixi.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = std::fs::read(desk.path("guixi.key")).unwrap();
    desk.run("key new --unit guixi guixi.key").with(2);
    assert_eq!(std::fs::read(desk.path("guixi.key")).unwrap(), before);
}

#[test]
fn damage_is_found_and_ends_with_one() {
    let desk = Desk::opened();
    let segment = desk.path("L/journal/00000000000000000000.jsonl");
    let text = std::fs::read_to_string(&segment).unwrap();
    std::fs::write(&segment, text.replacen("鹰潭", "赣州", 1)).unwrap();
    let found = desk.run("verify L --json").with(1).json();
    assert_eq!((&found["clean"], &found["report"]["verdict"]), (&Value::Bool(false), &"damage".into()));
    assert!(desk.run("verify L").with(1).out.contains("请勿改动任何文件"));
    std::fs::create_dir_all(desk.path("E/journal")).unwrap();
    assert!(desk.run("verify E").with(1).out.contains("不能算通过"), "nothing to check is never green");
}

#[test]
fn two_programs_do_not_record_at_once() {
    let desk = Desk::new();
    desk.run("demo D").with(0);
    let mut hammer = desk.command();
    let mut hammer = hammer.args(["--ledger", "D", "hammer"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    let mut out = std::io::BufReader::new(hammer.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut out, &mut first).unwrap();
    let refused = desk.run("--ledger D period close 2022-04");
    let status = desk.run("--ledger D status");
    hammer.kill().unwrap();
    hammer.wait().unwrap();
    assert!(refused.with(2).err.contains("正被另一个进程使用"));
    status.with(0);
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let desk = Desk::new();
    let mut run = desk.command();
    let mut child =
        run.args(["catalogue", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stderr, b"");
}
