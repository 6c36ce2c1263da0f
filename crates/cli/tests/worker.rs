//! The worker as people run it: from the first load to the status, killed again and again, and a changed cell found.

mod common;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use common::Desk;
use rusqlite::Connection;

fn demo() -> Desk {
    let desk = Desk::new();
    desk.run("demo D").with(0);
    desk
}

/// Lines and checkpoint of the tables, or nothing before there are any.
fn checkpoint(desk: &Desk, file: &str) -> Option<i64> {
    let connection = Connection::open(desk.path(file)).unwrap();
    connection.query_row("SELECT position FROM checkpoint", [], |row| row.get(0)).ok()
}

#[test]
fn tables_are_made_once_and_then_follow() {
    let desk = demo();
    let first = desk.run("--ledger D worker --once").with(0);
    assert!(first.err.contains("从账本第 0 行建起") && first.err.contains("表已建好并启用"), "{}", first.err);
    let lines = desk.json("--ledger D status")["lines"].as_u64().unwrap();
    let status = desk.json("--ledger D worker status");
    let own = &status["projections"][1];
    assert_eq!(
        (&own["projection"], &own["tree_size"], &own["lag"]),
        (&"sql-read-models".into(), &lines.into(), &0.into())
    );
    assert_eq!(checkpoint(&desk, "D.sqlite"), i64::try_from(lines - 1).ok());

    // New lines are behind until somebody follows, and one run more takes them over.
    desk.run("--ledger D hammer --threads 1 --rounds 3").with(0);
    let behind = desk.json("--ledger D worker status")["projections"][1]["lag"].as_u64().unwrap();
    assert!(behind > 0);
    let again = desk.run("--ledger D worker --once --json").with(0);
    assert!(again.err.contains(&format!("从第 {lines} 行接着写")), "{}", again.err);
    assert_eq!(again.json()["tree_size"].as_u64(), Some(lines + behind));
    let checked = desk.json("--ledger D worker check");
    assert_eq!(
        (checked["checked"]["found"].as_u64(), checked["checked"]["size"].as_u64()),
        (Some(0), Some(lines + behind))
    );
}

#[test]
fn a_changed_cell_ends_the_check_with_a_finding_that_names_it() {
    let desk = demo();
    desk.run("--ledger D worker --sqlite t.sqlite --once").with(0);
    let change =
        "UPDATE current_figures SET value = '0.01' WHERE rowid = (SELECT min(rowid) FROM current_figures)";
    Connection::open(desk.path("t.sqlite")).unwrap().execute_batch(change).unwrap();
    let found = desk.run("--ledger D worker check --sqlite t.sqlite").with(1).out;
    for said in ["current_figures", "indicator=", "value", "0.01", "--rebuild"] {
        assert!(found.contains(said), "{said}: {found}");
    }
    desk.run("--ledger D worker --sqlite t.sqlite --once --rebuild").with(0);
    desk.run("--ledger D worker check --sqlite t.sqlite").with(0);
}

#[test]
fn what_cannot_be_used_is_said_and_ends_with_2() {
    let desk = demo();
    let none = desk.run("--ledger D worker check").with(2);
    assert!(none.err.contains("D.sqlite"), "{}", none.err);
    let shown =
        desk.run("--ledger D worker --once --postgres postgresql://me:s3cret@127.0.0.1:1/none").with(2);
    assert!(shown.err.contains("PGPASSWORD") && !shown.err.contains("s3cret"), "{}", shown.err);
    std::fs::write(desk.path("url"), "postgresql://me:s3cret@127.0.0.1:1/none\n").unwrap();
    let closed = desk.run("--ledger D worker --once --postgres-url-file url").with(2);
    assert!(closed.err.contains("me@127.0.0.1:1/none") && !closed.err.contains("s3cret"), "{}", closed.err);
    std::fs::write(desk.path("text.sqlite"), "not a database, but long enough to look at").unwrap();
    desk.run("--ledger D worker --once --sqlite text.sqlite").with(2);
}

fn following(desk: &Desk, rebuild: bool) -> Child {
    let mut command = desk.command();
    command.args(["--ledger", "D", "worker", "--sqlite", "k.sqlite", "--lines-at-once", "150"]);
    if rebuild {
        command.arg("--rebuild");
    }
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts")
}

#[test]
fn killed_at_any_moment_it_goes_on_and_every_row_is_right() {
    let desk = demo();
    let mut seed = u64::from(std::process::id()) | 1;
    println!("seed {seed}");
    let mut stood = Vec::new();
    for round in 0..12 {
        // A multiplier of a linear congruential generator: the moments only have to differ.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // In half of the rounds tables are in use already, and others are built beside them.
        let mut worker = following(&desk, round >= 6 && round % 2 == 0);
        thread::sleep(Duration::from_millis(40 + (seed >> 33) % 700));
        worker.kill().expect("it was running");
        worker.wait().expect("it has ended");
        if desk.path("k.sqlite").is_file() {
            stood.push(checkpoint(&desk, "k.sqlite"));
        }
        if round == 5 {
            desk.run("--ledger D worker --sqlite k.sqlite --once").with(0);
        }
        if checkpoint(&desk, "k.sqlite").is_some() {
            desk.run("--ledger D worker check --sqlite k.sqlite").with(0);
        }
    }
    println!("checkpoints after each kill: {stood:?}");
    desk.run("--ledger D worker --sqlite k.sqlite --once").with(0);
    let checked = desk.json("--ledger D worker check --sqlite k.sqlite");
    assert_eq!(checked["checked"]["found"], 0);
    assert_eq!(checked["checked"]["size"], desk.json("--ledger D status")["lines"]);
}

#[test]
fn it_stops_when_it_is_asked_and_says_how_far_it_came() {
    let desk = demo();
    desk.run("--ledger D worker --sqlite k.sqlite --once").with(0);
    let mut command = desk.command();
    command.args(["--ledger", "D", "worker", "--sqlite", "k.sqlite"]);
    let mut worker =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let mut begun = String::new();
    BufReader::new(worker.stderr.take().unwrap()).read_line(&mut begun).unwrap();
    assert!(begun.contains("接着写"), "{begun}");
    // A second worker on the same tables is told, and does not wait for ever.
    let locked = desk.run("--ledger D worker --sqlite k.sqlite --once").with(2).err;
    assert!(locked.contains("另一个 worker"), "{locked}");
    let asked = std::process::Command::new("kill").args(["-TERM", &worker.id().to_string()]).status();
    assert!(asked.unwrap().success());
    let ended = worker.wait_with_output().unwrap();
    assert!(ended.status.success());
    assert!(String::from_utf8(ended.stdout).unwrap().contains("落后 0 行"));
}

#[test]
fn frozen_places_stay_what_they_were_frozen_at() {
    let desk = demo();
    desk.run("--ledger D worker --once").with(0);
    let connection = Connection::open(desk.path("D.sqlite")).unwrap();
    let ask = "SELECT standing, as_of, known_at, frozen_at IS NOT NULL, position FROM snapshots";
    let row = |row: &rusqlite::Row<'_>| -> rusqlite::Result<(String, String, i64, bool, i64)> {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
    };
    let (standing, as_of, known_at, is_frozen, position) = connection.query_row(ask, [], row).unwrap();
    assert_eq!((standing.as_str(), as_of.as_str(), is_frozen), ("published", "2022-12-31", true));
    // The same question to the program, about the lines that were known then.
    let asked =
        desk.run(&format!("--ledger D ranking --as-of {as_of} --known-at {known_at} --csv -")).with(0).out;
    let ask = "SELECT areas.name, frozen_ranking.total FROM frozen_ranking JOIN areas USING (area) WHERE position = ?1 AND place IS NOT NULL";
    let mut statement = connection.prepare(ask).unwrap();
    let rows = statement.query_map([position], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let rows: Vec<(String, String)> = rows.map(Result::unwrap).collect();
    assert!(rows.len() > 3, "{rows:?}");
    for (name, total) in rows {
        let of_area = |line: &&str| {
            line.split(',').any(|cell| cell == name) && line.split(',').any(|cell| cell == total)
        };
        assert!(asked.lines().any(|line| of_area(&line)), "{name} {total}: {asked}");
    }
}
