//! A real witness at a free port and a real ledger: cosignatures over HTTP, a quorum, a fork, an old backup.

mod common;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;

use chain::note::{KeyType, Note, VerifierKey};
use common::{Desk, Running};
use ed25519_dalek::SigningKey;

const ORIGIN: &str = "yingtan.example/ledger";

/// Starts the witness `name`, whose key and state are there, for the log with this key.
fn start_witness(desk: &Desk, name: &str, log: &str) -> Running {
    let mut command = desk.command();
    command.args(["witness", "--listen", "127.0.0.1:0", "--log", log]);
    command.args(["--state", name, "--key", &format!("{name}.key")]);
    Running::start(command)
}

/// Makes a witness's key and empty state; gives its verifier key.
fn new_witness(desk: &Desk, name: &str) -> String {
    std::fs::create_dir(desk.path(name)).unwrap();
    let key = desk.json(&format!("witness key --name {name}.example/w {name}.key"));
    key["verifier_key"].as_str().unwrap().to_owned()
}

/// The log key that the ledger's first line names.
fn log_key(desk: &Desk, ledger: &str) -> String {
    let lines = common::lines(&desk.path(ledger));
    let opened: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    opened["data"]["log_key"].as_str().unwrap().to_owned()
}

fn checkpoint(desk: &Desk, ledger: &str) -> String {
    std::fs::read_to_string(desk.path(ledger).join("checkpoint")).unwrap()
}

fn cosign(post: &Running, ledger: &str, key: &str) -> String {
    format!("cosign {ledger} --witness {} --witness-key {key}", post.url)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

#[test]
fn two_witnesses_cosign_until_the_policy_is_met() {
    let desk = Desk::opened();
    let log = log_key(&desk, "L");
    let [first_key, second_key] = ["w1", "w2"].map(|name| new_witness(&desk, name));
    let policy = format!(
        "log {log}\nwitness one {first_key}\nwitness two {second_key}\ngroup both all one two\nquorum both\n"
    );
    std::fs::write(desk.path("policy"), policy).unwrap();
    let [first, second] = ["w1", "w2"].map(|name| start_witness(&desk, name, &log));
    let signed = checkpoint(&desk, "L");

    // One of two is not enough, and verify says so until the second has signed.
    let half = desk.run(&format!("{} --policy policy", cosign(&first, "L", &first_key))).with(1);
    assert!(half.out.contains("见证策略还没有满足"), "{}", half.out);
    assert!(desk.run("verify L --policy policy").with(1).out.contains("policy"));
    let whole = desk.json(&format!("{} --policy policy", cosign(&second, "L", &second_key)));
    assert_eq!((&whole["known_before"], &whole["policy_met"]), (&0.into(), &true.into()));
    desk.run("verify L --policy policy").with(0);
    let both = checkpoint(&desk, "L");
    assert!(both.starts_with(&signed) && both.lines().count() == signed.lines().count() + 2, "{both}");

    // The same head again: a newer cosignature in the place of the older one.
    desk.run(&cosign(&first, "L", &first_key)).with(0);
    assert_eq!(checkpoint(&desk, "L").lines().count(), both.lines().count());

    // The ledger goes on; a new head starts without cosignatures, and the proof starts where the witness stands.
    let size = whole["size"].as_u64().unwrap();
    desk.run("--ledger L period open 2022-05 --starts 2022-01-01 --ends 2022-05-25 --due 2022-05-30T18:00")
        .with(0);
    desk.run("verify L --policy policy").with(1);
    let next = desk.json(&cosign(&first, "L", &first_key));
    assert_eq!(next["known_before"], size);
    assert!(next["size"].as_u64().unwrap() > size);
    desk.run(&format!("{} --policy policy", cosign(&second, "L", &second_key))).with(0);
    desk.run("verify L --policy policy").with(0);
    assert!(first.stop().contains("已停止"));
}

#[test]
fn a_witness_started_again_knows_where_it_stood() {
    let desk = Desk::opened();
    let log = log_key(&desk, "L");
    let key = new_witness(&desk, "w");
    let before = start_witness(&desk, "w", &log);
    let size = desk.json(&cosign(&before, "L", &key))["size"].as_u64().unwrap();
    // Killed, not stopped.
    drop(before);
    let after = start_witness(&desk, "w", &log);
    assert_eq!(desk.json(&cosign(&after, "L", &key))["known_before"], size);
    let second = desk.run(&format!("witness --state w --key w.key --log {log} --listen 127.0.0.1:0")).with(2);
    assert!(second.err.contains("正被另一个见证程序使用"), "{}", second.err);
    assert!(after.stop().contains(&format!("已副署到第 {size} 行")));
}

#[test]
fn an_old_backup_and_a_second_history_are_noticed() {
    let desk = Desk::opened();
    let log = log_key(&desk, "L");
    let key = new_witness(&desk, "w");
    let post = start_witness(&desk, "w", &log);
    copy(&desk.path("L"), &desk.path("backup"));
    std::fs::copy(desk.path("L.key"), desk.path("backup.key")).unwrap();
    let open = |ledger: &str, month: &str| {
        let period = "--starts 2022-01-01 --ends 2022-05-25 --due 2022-05-30T18:00";
        desk.run(&format!("--ledger {ledger} period open 2022-{month} {period}")).with(0);
    };
    open("L", "05");
    desk.run(&cosign(&post, "L", &key)).with(0);

    let untouched = checkpoint(&desk, "backup");
    let behind = desk.run(&cosign(&post, "backup", &key)).with(1);
    assert!(behind.err.contains("可能是从旧备份恢复的"), "{}", behind.err);
    open("backup", "06");
    let forked = desk.run(&cosign(&post, "backup", &key)).with(1);
    assert!(forked.err.contains("账本出现了两个版本"), "{}", forked.err);
    open("backup", "07");
    let longer = desk.run(&cosign(&post, "backup", &key)).with(1);
    assert!(longer.err.contains("HTTP 422"), "{}", longer.err);
    assert_ne!(checkpoint(&desk, "backup"), untouched);
    assert!(!checkpoint(&desk, "backup").contains("w.example/w"), "nothing was cosigned");
    let evidence = std::fs::read_dir(desk.path("w")).unwrap().map(|entry| entry.unwrap().path());
    let kept = evidence.filter(|path| path.extension().is_some_and(|kind| kind == "fork")).count();
    assert_eq!(kept, 1, "the witness kept the contradicting head");
    // The real ledger is not harmed by it.
    desk.run(&cosign(&post, "L", &key)).with(0);
}

/// Answers one request like a witness would, but first does something.
fn answer_once(port: &TcpListener, witness: &SigningKey, first: impl FnOnce()) {
    let (mut stream, _) = port.accept().unwrap();
    let mut request = BufReader::new(stream.try_clone().unwrap());
    let mut heads = Vec::new();
    while heads.last().is_none_or(|line| line != "\r\n") {
        let mut line = String::new();
        request.read_line(&mut line).unwrap();
        heads.push(line.to_lowercase());
    }
    let length = heads.iter().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.trim().parse().unwrap()];
    request.read_exact(&mut body).unwrap();
    first();
    let body = String::from_utf8(body).unwrap();
    let text = Note::parse(body.split_once("\n\n").unwrap().1.as_bytes()).unwrap().text;
    let line = chain::note::cosign("w.example/w", witness, &text, 1_679_315_147).unwrap();
    let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", line.len());
    stream.write_all(format!("{head}{line}").as_bytes()).unwrap();
}

#[test]
fn a_newer_head_is_never_replaced_by_an_older_one_with_a_cosignature() {
    let desk = Desk::opened();
    let witness = SigningKey::from_bytes(&[3; 32]);
    let key = VerifierKey::of("w.example/w", KeyType::Cosignature, &witness).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap();
    let ask = format!("cosign L --witness http://{} --witness-key {key}", port.local_addr().unwrap());
    let asked = |first: &dyn Fn()| {
        std::thread::scope(|scope| {
            let asking = scope.spawn(|| desk.run(&ask));
            answer_once(&port, &witness, first);
            asking.join().unwrap()
        })
    };

    // The ledger signs another head while the witness thinks.
    let signed = checkpoint(&desk, "L");
    let may = "period open 2022-05 --starts 2022-01-01 --ends 2022-05-25 --due 2022-05-30T18:00";
    let late = asked(&|| drop(desk.run(&format!("--ledger L {may}")).with(0))).with(2);
    assert!(late.err.contains("账本已签出新的账本头"), "{}", late.err);
    let newer = checkpoint(&desk, "L");
    assert!(newer != signed && !newer.contains("w.example"), "{newer}");

    // Somebody records: a head may be signed at any moment.
    let lock = std::fs::File::options().write(true).open(desk.path("L/lock")).unwrap();
    lock.lock().unwrap();
    let busy = asked(&|| ()).with(2);
    assert!(busy.err.contains("正被另一个进程使用"), "{}", busy.err);
    assert_eq!(checkpoint(&desk, "L"), newer);
    drop(lock);
    asked(&|| ()).with(0);
    assert!(checkpoint(&desk, "L").contains("w.example"));
}

#[test]
fn lines_that_do_not_bear_the_head_out_are_not_sent() {
    let desk = Desk::opened();
    let key = new_witness(&desk, "w");
    let ask = |ledger: &str| format!("cosign {ledger} --witness http://127.0.0.1:9 --witness-key {key}");
    let unreachable = desk.run(&ask("L")).with(2);
    assert!(unreachable.err.contains("没有答复"), "{}", unreachable.err);

    // Another ledger of this name and size, and then a line that is broken.
    desk.run(&format!("init M --origin {ORIGIN}")).with(0);
    desk.run("--ledger M period open 2022-04 --starts 2022-01-01 --ends 2022-04-25 --due 2022-04-30T18:00")
        .with(0);
    let own = checkpoint(&desk, "L");
    std::fs::write(desk.path("L/checkpoint"), checkpoint(&desk, "M")).unwrap();
    let exchanged = desk.run(&ask("L")).with(1);
    assert!(exchanged.err.contains("树根与账本头不符"), "{}", exchanged.err);
    std::fs::write(desk.path("L/checkpoint"), own).unwrap();
    let segment = desk.path("L/journal/00000000000000000000.jsonl");
    let text = std::fs::read_to_string(&segment).unwrap();
    std::fs::write(&segment, text.replacen("鹰潭", "赣州", 1)).unwrap();
    let damaged = desk.run(&ask("L")).with(1);
    assert!(damaged.err.contains("损坏"), "{}", damaged.err);
}

#[test]
fn whoever_does_not_know_the_log_or_its_key_refuses() {
    let desk = Desk::opened();
    let key = new_witness(&desk, "w");
    desk.run("init E --origin elsewhere.example/ledger").with(0);
    desk.run(&format!("init F --origin {ORIGIN}")).with(0);
    let other_log = start_witness(&desk, "w", &log_key(&desk, "E"));
    assert!(desk.run(&cosign(&other_log, "L", &key)).with(2).err.contains("HTTP 404"));
    drop(other_log);
    let other_key = start_witness(&desk, "w", &log_key(&desk, "F"));
    assert!(desk.run(&cosign(&other_key, "L", &key)).with(1).err.contains("HTTP 403"));
    // A cosignature by another key than the one expected is not taken.
    let stranger = new_witness(&desk, "v");
    let answered = desk.run(&cosign(&other_key, "F", &stranger)).with(1);
    assert!(answered.err.contains("没有“v.example/w”对这个账本头的有效副署"), "{}", answered.err);
    assert!(!checkpoint(&desk, "F").contains("example/w "));
}

#[test]
fn a_witness_does_not_start_on_what_it_cannot_trust() {
    let desk = Desk::opened();
    let log = log_key(&desk, "L");
    let key = new_witness(&desk, "w");
    let start = |state: &str, key: &str| {
        desk.run(&format!("witness --state {state} --key {key} --log {log} --listen 127.0.0.1:0"))
    };
    assert!(start("nowhere", "w.key").with(2).err.contains("没有状态目录 nowhere"));
    assert!(start("w", "L.key").with(2).err.contains("不是见证密钥"));
    let post = start_witness(&desk, "w", &log);
    desk.run(&cosign(&post, "L", &key)).with(0);
    drop(post);
    let note = std::fs::read_dir(desk.path("w")).unwrap().map(|entry| entry.unwrap().path());
    let note = note.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "note")).unwrap();
    std::fs::write(note, "yingtan.example/ledger\n").unwrap();
    assert!(start("w", "w.key").with(1).err.contains("已损坏"));
}

#[cfg(unix)]
#[test]
fn a_witness_key_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new();
    let vkey = new_witness(&desk, "w");
    assert!(vkey.starts_with("w.example/w+"), "{vkey}");
    let mode = std::fs::metadata(desk.path("w.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    desk.run("witness key --name w.example/w w.key").with(2);
}

#[test]
fn damaged_tiles_are_told_and_the_lines_asked_instead() {
    let desk = Desk::opened();
    let key = new_witness(&desk, "w");
    let post = start_witness(&desk, "w", &log_key(&desk, "L"));
    let size = desk.json(&cosign(&post, "L", &key))["size"].as_u64().unwrap();
    let open = "--ledger L period open 2022-05 --starts 2022-01-01 --ends 2022-05-25 --due 2022-05-30T18:00";
    desk.run(open).with(0);
    // A hash of a full tile that only the proof from the witness's size needs, and one that the root needs.
    let tile = desk.path("L/tile/0/000");
    let right = std::fs::read(&tile).unwrap();
    std::fs::write(&tile, [&[right[0] ^ 1], &right[1..]].concat()).unwrap();
    for folder in ["L/tile/0", "L/tile/1"] {
        let last = std::fs::read_dir(desk.path(folder)).unwrap().map(|entry| entry.unwrap().path());
        let partial = last.into_iter().filter(|path| path.is_dir()).max().unwrap();
        let partial = std::fs::read_dir(partial).unwrap().next().unwrap().unwrap().path();
        let bytes = std::fs::read(&partial).unwrap();
        std::fs::write(&partial, bytes.iter().map(|byte| byte ^ 1).collect::<Vec<u8>>()).unwrap();
    }
    let asked = desk.run(&format!("{} --json", cosign(&post, "L", &key))).with(0);
    assert!(asked.err.contains("哈希瓦片有误"), "{}", asked.err);
    assert_eq!(asked.json()["known_before"], size);
}
