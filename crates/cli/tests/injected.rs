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
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use app::{SavedStates, Sequencer, SystemClock};
use common::Desk;
use domain::ledger::Submission;
use events::{UnitKind, UnitRegistered};
use projections::ReadModel;
use serde_json::{Value, json};
use store::EventLog;
use store_journal::{Journal, JournalOptions};

/// The calls that make, change or make durable what is on the disk, and `openat`, which also reads.
const CALLS: &str = "openat,write,pwrite64,writev,pwritev,fsync,fdatasync,syncfs,ftruncate,fallocate,rename,renameat,renameat2,\
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

/// What is run in a step.
enum Run {
    /// A command of the program; it says with which id it records, so that it can be repeated.
    Command(Vec<String>),
    /// [`seals_a_segment_and_saves_a_state`], which no command does with so few lines.
    Sealing,
}

struct Step {
    name: &'static str,
    run: Run,
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
    // The sealing program's stands between what the test runner prints.
    let marked = || out.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(RECEIPT));
    let said: Value = serde_json::from_slice(marked().unwrap_or(out)).unwrap_or_default();
    let hashes = said["lines"].as_array().into_iter().flatten();
    hashes.map(|line| line["hash"].as_str().expect("a hash").to_owned()).collect()
}

/// Runs strace with the program; relative paths become absolute ones, by which strace knows them.
fn strace(desk: &Desk, options: &[String], step: &Step) -> Output {
    let mut command = Command::new("strace");
    // No `--seccomp-bpf`, with which strace 6.1 injects errors but no signals.
    command.args(["-f", "-y", "-o"]).arg(desk.path("trace")).args(options);
    command.arg("-e").arg(format!("trace={CALLS}"));
    match &step.run {
        Run::Command(arguments) => {
            command.arg(assert_cmd::cargo::cargo_bin!("progress-ledger")).args(absolute(desk, arguments));
        }
        Run::Sealing => {
            command.arg(std::env::current_exe().expect("this test")).args(SEALING);
            command.env(SEALED_LEDGER, desk.path("L"));
        }
    }
    command.current_dir(desk.folder()).env_remove("PROGRESS_LEDGER").env_remove("PROGRESS_LEDGER_ACCOUNT");
    command.output().expect("strace starts; `cargo xtask test` installs it")
}

/// Runs a step as it is, without faults.
fn plain(desk: &Desk, step: &Step) -> Output {
    let arguments = match &step.run {
        Run::Command(arguments) => arguments,
        Run::Sealing => {
            let mut command = Command::new(std::env::current_exe().expect("this test"));
            command.args(SEALING).env(SEALED_LEDGER, desk.path("L")).current_dir(desk.folder());
            return command.output().expect("this test starts");
        }
    };
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("progress-ledger"));
    command.args(absolute(desk, arguments)).current_dir(desk.folder());
    command.env_remove("PROGRESS_LEDGER").env_remove("PROGRESS_LEDGER_ACCOUNT");
    command.output().expect("the program starts")
}

/// What comes before the sealing program's receipt.
const RECEIPT: &[u8] = b"receipt ";
/// How this test runs the sealing program.
const SEALING: [&str; 4] = ["--exact", "seals_a_segment_and_saves_a_state", "--ignored", "--nocapture"];
/// Names the ledger's folder to it.
const SEALED_LEDGER: &str = "PROGRESS_LEDGER_SEALED";

#[test]
#[ignore = "a program, not a test: crates/cli/tests/injected.rs runs it under strace"]
fn seals_a_segment_and_saves_a_state() {
    let ledger = std::path::PathBuf::from(std::env::var_os(SEALED_LEDGER).expect("a ledger's folder"));
    // Every append beyond the first line of a segment begins a new one.
    let options = JournalOptions { segment_bytes: 1, ..JournalOptions::default() };
    let journal: Arc<dyn EventLog> = Arc::new(Journal::open(&ledger, options).unwrap());
    let states = SavedStates::new(ledger.join("state"));
    let saved = states.latest::<ReadModel>().into_state();
    let model = app::load(&*journal, saved, &mut |_, _| {}).unwrap();
    let sequencer = Sequencer::start(journal, model, Arc::new(SystemClock));
    let registered = |number: u32| UnitRegistered {
        aliases: Vec::new(),
        kind: UnitKind::Bureau,
        name: format!("新单位{number}"),
        registered: format!("new-unit-{number}").parse().unwrap(),
    };
    let receipt = sequencer.submit(Submission {
        submission: "0190a3c4-1b2d-4e5f-8a9b-000000000090".parse().unwrap(),
        unit: "digital-office".parse().unwrap(),
        by: "office".parse().unwrap(),
        events: (1..=3).map(|number| registered(number).into()).collect(),
        signature: None,
    });
    let receipt = receipt.unwrap();
    sequencer.with_model(|model| states.save(model)).unwrap();
    let lines: Vec<Value> = receipt.hashes.iter().map(|hash| json!({ "hash": hash.to_string() })).collect();
    // Behind what the test runner has begun to print on this line.
    println!("\n{}{}", std::str::from_utf8(RECEIPT).unwrap(), json!({ "lines": lines }));
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
        hasher.update(&line);
        count(&mut recorded, hasher.finalize().to_hex().to_string());
    }
    for hash in &acknowledged {
        assert_eq!(recorded.get(hash), Some(&1), "{told}: {hash}");
    }
    befell
}

/// A ledger's lines; of a segment that is there compressed and plain the plain one counts.
fn lines(ledger: &Path) -> Vec<Vec<u8>> {
    let names = fs::read_dir(ledger.join("journal")).expect("a journal");
    let names: BTreeSet<_> = names.map(|entry| entry.expect("an entry").path()).collect();
    let segments = names.iter().filter_map(|path| match path.extension()?.to_str()? {
        "jsonl" => fs::read(path).ok(),
        "zst" if !names.contains(&path.with_extension("")) => {
            zstd::decode_all(fs::File::open(path).ok()?).ok()
        }
        _ => None,
    });
    let split = |text: Vec<u8>| text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    segments.flat_map(split).filter(|line| !line.is_empty()).collect()
}

/// The same command again. One that opens a ledger finds it there, or makes it; any other records, or says that it has.
fn restart(desk: &Desk, step: &Step, first: &Output, acknowledged: &mut Vec<String>, told: &str) {
    if step.name == "init" && desk.path("L").exists() {
        desk.run(&format!("{APRIL} --json")).with(0);
        return;
    }
    let again = plain(desk, step);
    assert!(again.status.success(), "{told}: {}\nbefore: {}", text(&again), text(first));
    let hashes = receipt(&again.stdout);
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

/// The program: a ledger is opened, a figure reported and corrected, tables attested, a segment sealed, a state saved, the
/// segment compressed, and a snapshot proposed and withdrawn.
fn program() -> Vec<Step> {
    let desk = Desk::new();
    desk.csv("april.csv", &["value-added,guixi,60.1,快报"]);
    let mut steps = Vec::new();
    let mut acknowledged = Vec::new();
    let id = |number: u32| format!("--submission 0190a3c4-1b2d-4e5f-8a9b-0000000000{number:02}");
    let mut run = |name, run: Run| {
        let step = Step { name, run, before: copy_of(&desk), acknowledged: acknowledged.clone() };
        let said = plain(&desk, &step);
        assert!(said.status.success(), "{name}: {}", text(&said));
        let hashes = receipt(&said.stdout);
        acknowledged.extend(hashes.clone());
        steps.push(step);
        hashes
    };
    let command = |arguments: String| Run::Command(words(&format!("{arguments} --json")));
    let mut step = |name, arguments: String| run(name, command(arguments));
    step("init", "init @L --origin yingtan.example/ledger".to_owned());
    step("period", format!("{} {}", APRIL.replace("--ledger L", "--ledger @L"), id(1)));
    let submit = "--ledger @L submit @april.csv --unit guixi --period 2022-04";
    let figure = step("submit", submit.to_owned()).pop().expect("a figure's hash");
    let correct = format!("figure correct {figure} --value 60.2 --reason-code misreported --note 更正");
    step("correct", format!("--ledger @L {correct} {}", id(2)));
    step("attest", format!("--ledger @L attest --as-of 2022-04-25 {}", id(3)));
    assert_eq!(run("seal", Run::Sealing).len(), 3, "its receipt is read");
    assert!(desk.path("L/state").exists(), "it has saved a state");
    let mut step = |name, arguments: String| run(name, command(arguments));
    step("compress", "--ledger @L compress".to_owned());
    let members: Vec<String> = (1..=3).map(|number| member(&desk, number)).collect();
    let appoint = format!("committee appoint {} --quorum 2 --document 任命文件", members.join(" "));
    step("appoint", format!("--ledger @L {appoint} {}", id(4)));
    step(
        "propose",
        format!("--ledger @L snapshot propose --year 2022 --kind year-end --waive 演示 {}", id(5)),
    );
    step("withdraw", format!("--ledger @L snapshot withdraw --reason 有误 {}", id(6)));
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
