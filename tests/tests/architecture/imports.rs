//! Which room may import which, and which crates only some rooms may know.

use std::collections::BTreeSet;
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use scenarios::repository;

/// The rooms that hold no I/O of any kind, with all that they import.
pub const PURE: [&str; 4] = ["chain", "events", "domain", "projections"];

/// What each room may import. A room that is not named here may not exist.
const MAY_IMPORT: [(&str, &[&str]); 25] = [
    ("chain", &[]),
    ("events", &["chain"]),
    ("domain", &["events", "chain"]),
    // Scoring lives in the domain; `docs/decisions/0002` says why its tables may use it.
    ("projections", &["domain", "events", "chain"]),
    // An engine stores bytes and order and knows no event type.
    ("store", &["chain"]),
    ("store-journal", &["store", "chain"]),
    ("store-eventstore", &["store", "chain"]),
    // The audit trusts bytes: no engine, no saved state, nothing that wrote them.
    ("audit", &["projections", "domain", "events", "chain"]),
    ("app", &["projections", "domain", "store", "events", "chain"]),
    // The client's side: from a file to a submission. What is recorded is decided elsewhere.
    ("intake", &["app", "projections", "domain", "events", "chain"]),
    // Who somebody is and what they may do; it knows names of units and keys, no ledger.
    ("accounts", &["events", "chain"]),
    // What can be asked and what is answered; the terminal and the server give the same.
    ("answers", &["app", "projections", "domain", "events", "chain"]),
    // Strings from read models: no server, no file, no clock. The plan's text comes from `seeds`.
    ("pages", &["answers", "app", "projections", "domain", "seeds", "events", "chain"]),
    (
        "api",
        &[
            "accounts",
            "answers",
            "app",
            "audit",
            "door",
            "intake",
            "pages",
            "projections",
            "domain",
            "store",
            "events",
            "chain",
        ],
    ),
    ("seeds", &["domain", "events", "chain"]),
    // Tables for people who want SQL: made from lines, thrown away and made again (`docs/decisions/0034`).
    ("sql-read-models", &["app", "projections", "domain", "store", "events", "chain"]),
    (
        "cli",
        &[
            "allocator",
            "accounts",
            "answers",
            "api",
            "app",
            "audit",
            "chain",
            "domain",
            "events",
            "feed",
            "intake",
            "projections",
            "seeds",
            "sql-read-models",
            "store",
            "store-eventstore",
            "store-journal",
            "witness",
        ],
    ),
    ("allocator", &[]),
    // A port and its bounds; it knows nothing of what is answered.
    ("door", &[]),
    // A program part of its own: it trusts heads and proofs, nothing that wrote them (`docs/decisions/0020`).
    ("witness", &["chain", "door"]),
    // A door for readers: it shows lines, and knows no event type and no way to write.
    ("feed", &["store", "chain", "door"]),
    // A server for tests: it shapes pages as the feed does, and knows nothing of ledgers.
    ("stand-in", &["feed"]),
    ("xtask", &[]),
    ("bench", EVERYTHING),
    ("scenarios", EVERYTHING),
];

const EVERYTHING: &[&str] = &[
    "allocator",
    "accounts",
    "answers",
    "api",
    "app",
    "audit",
    "chain",
    "cli",
    "domain",
    "door",
    "events",
    "feed",
    "intake",
    "pages",
    "projections",
    "seeds",
    "sql-read-models",
    "stand-in",
    "store",
    "store-eventstore",
    "store-journal",
    "witness",
];

/// Crates that only some rooms may name among their dependencies.
const ONLY_FOR: [(&str, &[&str]); 8] = [
    // Passwords are hashed in one place.
    ("argon2", &["accounts"]),
    // Templates are filled where pages are made.
    ("askama", &["pages"]),
    ("axum", &["api", "witness"]),
    // Files from anywhere are read in one place, where everything is bounded.
    ("calamine", &["intake"]),
    ("reqwest", &["store-eventstore", "cli", "bench"]),
    // Libraries answer with errors one can match on.
    ("anyhow", &["cli", "xtask", "bench"]),
    ("postgres", &["sql-read-models"]),
    ("rusqlite", &["accounts", "api", "bench", "sql-read-models"]),
];

/// Crates that bring files, a network, threads of their own, a clock or randomness.
const IMPURE: [&str; 24] = [
    "async-std",
    "axum",
    "fastrand",
    "getrandom",
    "hyper",
    "iana-time-zone",
    "memmap2",
    "mio",
    "notify",
    "postgres",
    "quanta",
    "rand",
    "rand_chacha",
    "rayon",
    "reqwest",
    "rusqlite",
    "rustls",
    "smol",
    "socket2",
    "tempfile",
    "time",
    "tokio",
    "ureq",
    "walkdir",
];

/// Features that give a crate a clock or randomness, whatever its name.
const IMPURE_FEATURES: [(&str, &[&str]); 2] =
    [("chrono", &["clock", "now", "wasmbind"]), ("uuid", &["rng", "fast-rng", "v1", "v4", "v6", "v7"])];

/// One room and the names of what it depends on, without development dependencies.
struct Room {
    name: String,
    dependencies: BTreeSet<String>,
}

/// A crate in the tree of a pure room, with the features it is built with there.
struct Built {
    name: String,
    features: BTreeSet<String>,
}

fn import_violations(rooms: &[Room]) -> Vec<String> {
    let names: BTreeSet<&str> = rooms.iter().map(|room| room.name.as_str()).collect();
    let mut violations = Vec::new();
    for room in rooms {
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == room.name) else {
            violations.push(format!("{} has no import rule", room.name));
            continue;
        };
        let imports = room.dependencies.iter().filter(|name| names.contains(name.as_str()));
        let forbidden = imports.filter(|name| !allowed.contains(&name.as_str()));
        violations.extend(forbidden.map(|name| format!("{} must not import {name}", room.name)));
    }
    violations
}

fn reserved_crate_violations(rooms: &[Room]) -> Vec<String> {
    let mut violations = Vec::new();
    for (reserved, knowing) in ONLY_FOR {
        let strangers = rooms.iter().filter(|room| !knowing.contains(&room.name.as_str()));
        let naming = strangers.filter(|room| room.dependencies.contains(reserved));
        violations.extend(naming.map(|room| format!("{} must not know {reserved}", room.name)));
    }
    violations
}

fn impure_dependencies(room: &str, tree: &[Built]) -> Vec<String> {
    let mut violations = Vec::new();
    for built in tree {
        if IMPURE.contains(&built.name.as_str()) {
            violations.push(format!("{room} builds {}", built.name));
        }
        let features = IMPURE_FEATURES.iter().find(|(name, _)| *name == built.name);
        let impure = features.map_or(&[][..], |(_, features)| features);
        let on = impure.iter().filter(|feature| built.features.contains(**feature));
        violations.extend(on.map(|feature| format!("{room} builds {} with {feature}", built.name)));
    }
    violations
}

fn metadata() -> Metadata {
    let manifest = repository().join("Cargo.toml");
    let mut command = MetadataCommand::new();
    command.manifest_path(manifest).no_deps().exec().expect("cargo metadata answers")
}

fn rooms() -> Vec<Room> {
    let packages = metadata().packages.into_iter();
    let room = |package: cargo_metadata::Package| Room {
        dependencies: package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind != DependencyKind::Development)
            .map(|dependency| dependency.name.clone())
            .collect(),
        name: package.name.to_string(),
    };
    packages.map(room).collect()
}

/// Returns what a room builds. `cargo metadata` would add the features that other rooms ask for,
/// `cargo tree --package` does not.
fn tree(room: &str) -> Vec<Built> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--package", room, "--edges", "normal,build"])
        .args(["--prefix", "none", "--no-dedupe", "--format", "{p}\t{f}"])
        .current_dir(repository())
        .output()
        .expect("cargo tree starts");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("cargo tree prints UTF-8");
    text.lines().map(built).collect()
}

/// Reads `name v1.2.3 (…)<TAB>feature,feature`.
fn built(line: &str) -> Built {
    let (package, features) = line.split_once('\t').expect("the format has a tab");
    let name = package.split(' ').next().expect("a line begins with a name");
    Built { name: name.to_owned(), features: features.split(',').map(str::to_owned).collect() }
}

fn room(name: &str, dependencies: &[&str]) -> Room {
    Room { name: name.into(), dependencies: dependencies.iter().map(|&name| name.into()).collect() }
}

#[test]
fn imports_run_one_way() {
    assert_eq!(import_violations(&rooms()), [""; 0]);
}

#[test]
fn an_import_against_the_direction_is_flagged() {
    let rooms = [room("chain", &["events"]), room("events", &["chain"])];
    assert_eq!(import_violations(&rooms), ["chain must not import events"]);
}

#[test]
fn an_audit_that_trusts_an_engine_is_flagged() {
    let rooms = [room("audit", &["chain", "store"]), room("chain", &[]), room("store", &[])];
    assert_eq!(import_violations(&rooms), ["audit must not import store"]);
}

#[test]
fn a_room_without_a_rule_is_flagged() {
    assert_eq!(import_violations(&[room("cellar", &[])]), ["cellar has no import rule"]);
}

#[test]
fn crates_with_a_reserved_place_stay_there() {
    assert_eq!(reserved_crate_violations(&rooms()), [""; 0]);
}

#[test]
fn a_web_framework_outside_the_api_is_flagged() {
    let rooms = [room("api", &["axum"]), room("app", &["axum"])];
    assert_eq!(reserved_crate_violations(&rooms), ["app must not know axum"]);
}

#[test]
fn pure_rooms_build_nothing_impure() {
    let present: BTreeSet<String> = rooms().into_iter().map(|room| room.name).collect();
    let mut seen = 0;
    for room in PURE.into_iter().filter(|room| present.contains(*room)) {
        let tree = tree(room);
        assert!(tree.len() > 1, "{room} depends on something");
        assert_eq!(impure_dependencies(room, &tree), [""; 0]);
        seen += 1;
    }
    assert!(seen >= 3, "chain, events and domain are there");
}

#[test]
fn a_pure_room_with_a_runtime_or_a_clock_is_flagged() {
    let tree = [built("chain v0.1.0\t"), built("tokio v1.0.0\trt"), built("chrono v0.4.0\tclock,std")];
    let expected = ["domain builds tokio", "domain builds chrono with clock"];
    assert_eq!(impure_dependencies("domain", &tree), expected);
}
