//! A short ledger program under `strace` fault injection: each single call that opens, writes, syncs or renames one of its
//! files fails once with EIO, and again kills the program. After a plain restart the ledger is clean, and whatever was
//! acknowledged is in it once.
//!
//! Everyday runs take one call of each kind (call and sort of file, wherever in the program it comes first);
//! `PROGRESS_LEDGER_INJECT=all` takes every call of every command, which is a few minutes. What ran is printed.

#![cfg(target_os = "linux")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Desk, lines};
use serde_json::Value;

/// The calls that make, change or make durable what is on the disk, and `openat`, which also reads.
const CALLS: &str = "openat,write,pwrite64,writev,pwritev,fsync,fdatasync,ftruncate,fallocate,rename,renameat,renameat2,\
                     mkdir,link,linkat,unlink,unlinkat";

/// What befalls a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// It has no effect and fails with EIO.
    Eio,
    /// It has no effect: the program is killed on its way to it.
    Kill,
}

/// One call of a command, as strace can find it again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    call: String,
    /// The file, below the desk; none where its name is new in every run.
    path: Option<String>,
    /// 1-based: of the calls with this path, else of all calls of this name; in each thread.
    nth: usize,
    /// Call and sort of file: numbers in names do not count.
    kind: String,
}

/// A command of the program; it says with which id it records, so that it can be repeated.
struct Step {
    name: &'static str,
    arguments: Vec<String>,
    /// The ledger as the command finds it.
    before: Desk,
    /// Hashes acknowledged before.
    acknowledged: Vec<String>,
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Copies what is in a folder, which is a ledger and what stands beside it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

fn copy_of(desk: &Desk) -> Desk {
    let copied = Desk::new();
    copy(desk.folder(), copied.folder());
    copied
}

/// The hashes of a receipt, none where no receipt was printed whole.
fn receipt(out: &[u8]) -> Vec<String> {
    let said: Value = serde_json::from_slice(out).unwrap_or_default();
    let hashes = said["lines"].as_array().into_iter().flatten();
    hashes.map(|line| line["hash"].as_str().expect("a hash").to_owned()).collect()
}

/// Runs strace with the program; relative paths become absolute ones, by which strace knows them.
fn strace(desk: &Desk, options: &[String], step: &Step) -> Output {
    let mut command = Command::new("strace");
    // No `--seccomp-bpf`, with which strace 6.1 injects errors but no signals.
    command.args(["-f", "-y", "-o"]).arg(desk.path("trace")).args(options);
    command.arg("-e").arg(format!("trace={CALLS}"));
    command.arg(assert_cmd::cargo::cargo_bin!("progress-ledger")).args(absolute(desk, &step.arguments));
    command.current_dir(desk.folder()).env_remove("PROGRESS_LEDGER").env_remove("PROGRESS_LEDGER_ACCOUNT");
    command.output().expect("strace starts; `cargo xtask test` installs it")
}

/// `@L` in an argument stands for a name on the desk.
fn absolute(desk: &Desk, arguments: &[String]) -> Vec<String> {
    let path = |name: &str| desk.path(name).to_str().expect("UTF-8").to_owned();
    let absolute = |own: &String| own.strip_prefix('@').map_or_else(|| own.clone(), path);
    arguments.iter().map(absolute).collect()
}

/// The points of a command, from a run in which nothing fails.
fn points(step: &Step) -> Vec<Point> {
    let desk = copy_of(&step.before);
    let ran = strace(&desk, &[], step);
    assert!(ran.status.success(), "{}: {}", step.name, String::from_utf8_lossy(&ran.stderr));
    let trace = fs::read_to_string(desk.path("trace")).expect("a trace");
    let folder = desk.folder().canonicalize().expect("a folder");
    let folder = folder.to_str().expect("UTF-8");
    let (mut of_call, mut of_path) = (BTreeMap::new(), BTreeMap::new());
    let mut found = BTreeSet::new();
    for line in trace.lines() {
        let Some((thread, text)) = line.split_once(' ') else { continue };
        let Some((call, rest)) = text.trim_start().split_once('(') else { continue };
        if !CALLS.split(',').any(|known| known == call) {
            continue;
        }
        let nth = count(&mut of_call, (thread, call, String::new()));
        let mut paths =
            rest.split(['"', '<', '>']).filter(|part| part.strip_prefix(folder).is_some_and(is_below));
        // By the old name strace knows a renaming; the first path of `openat` is the folder that the program stands in.
        let own = if call.starts_with("rename") { paths.next() } else { paths.next_back() };
        let Some(path) = own.map(|path| path[folder.len() + 1..].to_owned()) else { continue };
        let nth_of_path = count(&mut of_path, (thread, call, path.clone()));
        let kind = format!("{call} {}", sort(&path));
        let is_named = !path.contains(".making-");
        let nth = if is_named { nth_of_path } else { nth };
        found.insert(Point { call: call.to_owned(), path: is_named.then_some(path), nth, kind });
    }
    found.into_iter().collect()
}

fn is_below(path: &str) -> bool {
    path.starts_with('/')
}

fn count<K: Ord>(counts: &mut BTreeMap<K, usize>, key: K) -> usize {
    let count = counts.entry(key).or_default();
    *count += 1;
    *count
}

/// A file's name without its numbers.
fn sort(path: &str) -> String {
    let mut sort = String::new();
    for letter in path.chars() {
        match (letter.is_ascii_digit(), sort.ends_with('#')) {
            (true, true) => {}
            (true, false) => sort.push('#'),
            (false, _) => sort.push(letter),
        }
    }
    sort
}

/// Lets one fault befall one call, starts again, and holds the ledger against what was acknowledged. Gives whether the call
/// came: threads of one command may share work otherwise than in the run before.
fn befall(step: &Step, point: &Point, fault: Fault) -> bool {
    let told = format!("{}: {fault:?} at {point:?}", step.name);
    let desk = copy_of(&step.before);
    let befalls = match fault {
        Fault::Eio => "error=EIO",
        Fault::Kill => "signal=SIGKILL",
    };
    let mut options = vec!["-e".to_owned(), format!("inject={}:{befalls}:when={}", point.call, point.nth)];
    if let Some(path) = &point.path {
        options.extend(["-P".to_owned(), desk.path(path).to_str().expect("UTF-8").to_owned()]);
    }
    let first = strace(&desk, &options, step);
    let trace = fs::read_to_string(desk.path("trace")).expect("a trace");
    let befell = trace.contains("(INJECTED)") || trace.contains("killed by SIGKILL");
    if !befell {
        println!("{told}: the call did not come");
    }
    let mut acknowledged = step.acknowledged.clone();
    if first.status.success() {
        acknowledged.extend(receipt(&first.stdout));
    }
    restart(&desk, step, &first, &mut acknowledged, &told);

    let verified = desk.run("verify L --json");
    assert_eq!(verified.code, 0, "{told}: {}{}", verified.out, verified.err);
    let mut recorded = BTreeMap::new();
    for line in lines(&desk.path("L")) {
        let mut hasher = blake3::Hasher::new_derive_key("progress-ledger 2026-11 event");
        hasher.update(line.as_bytes());
        count(&mut recorded, hasher.finalize().to_hex().to_string());
    }
    for hash in &acknowledged {
        assert_eq!(recorded.get(hash), Some(&1), "{told}: {hash}");
    }
    befell
}

/// The same command again. One that opens a ledger finds it there, or makes it; any other records, or says that it has.
fn restart(desk: &Desk, step: &Step, first: &Output, acknowledged: &mut Vec<String>, told: &str) {
    if step.name == "init" && desk.path("L").exists() {
        desk.run(&format!("{APRIL} --json")).with(0);
        return;
    }
    let again = desk.run_with(&absolute(desk, &step.arguments));
    assert_eq!(again.code, 0, "{told}: {}{}\nbefore: {}", again.out, again.err, text(first));
    let hashes = receipt(again.out.as_bytes());
    if first.status.success() && step.name != "init" {
        assert_eq!(hashes, receipt(&first.stdout), "{told}: the first receipt again");
    }
    acknowledged.extend(hashes);
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

const APRIL: &str =
    "--ledger L period open 2022-04 --starts 2022-01-01 --ends 2022-04-25 --due 2022-04-30T18:00";

/// The program: a ledger is opened, a figure reported and corrected, tables attested, and a snapshot proposed.
fn program() -> Vec<Step> {
    let desk = Desk::new();
    desk.csv("april.csv", &["value-added,guixi,60.1,快报"]);
    let mut steps = Vec::new();
    let mut acknowledged = Vec::new();
    let id = |number: u32| format!("--submission 0190a3c4-1b2d-4e5f-8a9b-0000000000{number:02}");
    let mut step = |name, arguments: String| {
        let step = Step {
            name,
            arguments: words(&format!("{arguments} --json")),
            before: copy_of(&desk),
            acknowledged: acknowledged.clone(),
        };
        let said = desk.run_with(&absolute(&desk, &step.arguments)).with(0);
        let hashes = receipt(said.out.as_bytes());
        acknowledged.extend(hashes.clone());
        steps.push(step);
        hashes
    };
    step("init", "init @L --origin yingtan.example/ledger".to_owned());
    step("period", format!("{} {}", APRIL.replace("--ledger L", "--ledger @L"), id(1)));
    let submit = "--ledger @L submit @april.csv --unit guixi --period 2022-04";
    let figure = step("submit", submit.to_owned()).pop().expect("a figure's hash");
    let correct = format!("figure correct {figure} --value 60.2 --reason-code misreported --note 更正");
    step("correct", format!("--ledger @L {correct} {}", id(2)));
    step("attest", format!("--ledger @L attest --as-of 2022-04-25 {}", id(3)));
    let members: Vec<String> = (1..=3).map(|number| member(&desk, number)).collect();
    let appoint = format!("committee appoint {} --quorum 2 --document 任命文件", members.join(" "));
    step("appoint", format!("--ledger @L {appoint} {}", id(4)));
    step(
        "propose",
        format!("--ledger @L snapshot propose --year 2022 --kind year-end --waive 演示 {}", id(5)),
    );
    steps
}

fn member(desk: &Desk, number: usize) -> String {
    let made = desk.json(&format!("key new --member member-{number} member-{number}.key"));
    let key = made["verifier_key"].as_str().expect("a key");
    format!("--member member-{number}:assessment-committee:{key}")
}

/// Whether strace may do its work here; in some containers nobody may trace.
fn may_trace() -> bool {
    let tried = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    let tried = tried.expect("strace starts; `cargo xtask test` installs it");
    if !tried.status.success() {
        println!("SKIPPED: this machine permits no ptrace: {}", String::from_utf8_lossy(&tried.stderr));
    }
    tried.status.success()
}

#[test]
fn whatever_call_fails_or_is_the_last_the_restarted_ledger_is_clean() {
    if !may_trace() {
        return;
    }
    let all = std::env::var("PROGRESS_LEDGER_INJECT").is_ok_and(|value| value == "all");
    let steps = program();
    let mut seen = BTreeSet::new();
    let mut cases = Vec::new();
    for step in &steps {
        let mut points = points(step);
        let count = points.len();
        points.retain(|point| all || seen.insert(point.kind.clone()));
        println!("{}: {} of {count} calls", step.name, points.len());
        cases.extend(
            points
                .into_iter()
                .flat_map(|point| [Fault::Eio, Fault::Kill].map(|fault| (step, point.clone(), fault))),
        );
    }
    assert!(cases.len() > 60, "the program's files were found in the trace: {}", cases.len());
    let next = AtomicUsize::new(0);
    let (befell, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((step, point, fault)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // One that fails says so; the others run all the same, and the test fails at its end.
                    match std::panic::catch_unwind(|| befall(step, point, *fault)) {
                        Ok(came) => befell.fetch_add(usize::from(came), Ordering::Relaxed),
                        Err(_) => failed.fetch_add(1, Ordering::Relaxed),
                    };
                }
            });
        }
    });
    let (befell, failed) = (befell.into_inner(), failed.into_inner());
    let which = if all { "every call" } else { "one call of each kind" };
    println!("{befell} of {} faults befell ({which})", cases.len());
    assert_eq!(failed, 0, "faults after which something was wrong; they are named above");
    assert!(befell * 20 >= cases.len() * 19, "the calls of one run come in the next one too");
}
