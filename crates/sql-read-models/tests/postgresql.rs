//! Stories of the tables in PostgreSQL, on a server that each story starts.

mod common;

use std::time::Duration;

use common::cluster::Cluster;
use common::*;
use sql_read_models::{DatabaseError, Follower, Options, Place, Postgres, Settings, Start, check};
use store::EventLog as _;

const SCHEMA: &str = Settings::SCHEMA;

fn assert_clean(log: &store::MemoryLog, cluster: &Cluster, schema: &str) {
    let mut database = Postgres::open_read_only(&cluster.settings(schema)).unwrap();
    let checked = check(log, &mut database, &mut |_, _| {}).unwrap().expect("there are tables");
    assert_eq!(checked.differences, []);
    assert!(checked.rows > log.size().unwrap());
}

#[test]
fn both_databases_hold_the_same_texts_however_they_were_filled() {
    let (cluster, folder, log) = (Cluster::start(), tempfile::tempdir().unwrap(), demonstration(4_000));
    let file = folder.path().join("same.sqlite");
    follow(&log, sqlite(&file), at_once(u64::MAX));
    let expected = dump(&mut *sqlite(&file));

    follow(&log, cluster.open("in_one_go"), at_once(u64::MAX));
    assert_same(&expected, &dump(&mut *cluster.open("in_one_go")));
    assert_clean(&log, &cluster, "in_one_go");

    for effect in [Effect::Lost, Effect::Persisted] {
        let failures: Vec<(u64, Effect)> = (0..6).map(|writes| (writes, effect)).collect();
        let schema = format!("with_failures_{}", if effect == Effect::Lost { "lost" } else { "persisted" });
        follow_failing(&log, &|| cluster.open(&schema), 900, &failures);
        assert_same(&expected, &dump(&mut *cluster.open(&schema)));
    }

    // What the database keeps are numbers, days and instants, not texts.
    let typed = "SELECT pg_typeof(total), pg_typeof(as_of), pg_typeof(tied) FROM in_one_go.ranking LIMIT 1";
    assert_eq!(cluster.run(typed), "numeric|date|boolean");
    let typed =
        "SELECT pg_typeof(recorded_at), pg_typeof(data), pg_typeof(position) FROM in_one_go.events LIMIT 1";
    assert_eq!(cluster.run(typed), "timestamp with time zone|json|bigint");
    let comment = "SELECT obj_description('in_one_go.ranking'::regclass)";
    assert!(cluster.run(comment).starts_with("Each area's total and place"));
}

#[test]
fn a_rebuild_switches_schemas_at_once_and_leaves_what_others_made() {
    let (cluster, log) = (Cluster::start(), demonstration(2_600));
    cluster.run(
        "CREATE ROLE reader; ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO reader; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader",
    );
    follow(&log, cluster.open(SCHEMA), at_once(u64::MAX));
    let older = beginning(&log, 2_000);
    let size = log.size().unwrap();
    let seen = || {
        cluster.run("SET ROLE reader; SELECT tree_size, (SELECT count(*) FROM progress_ledger.events) FROM progress_ledger.checkpoint")
    };
    assert!(seen().ends_with(&format!("{size}|{size}")), "{}", seen());

    let clock = clock();
    let (mut follower, start) =
        Follower::open(&older, cluster.open(SCHEMA), &clock, None, at_once(500), &mut |_, _| {}).unwrap();
    assert!(matches!(start, Start::OtherLines { size: was, .. } if was == size));
    while follower.place() == Place::Building {
        assert!(seen().ends_with(&format!("{size}|{size}")), "the tables in use stay whole");
        follower.step(Duration::ZERO).unwrap();
    }
    assert!(seen().ends_with("2000|2000"), "the reader may read the new tables: {}", seen());
    drop(follower);
    assert_clean(&older, &cluster, SCHEMA);
    let schemas =
        "SELECT string_agg(nspname, ' ' ORDER BY nspname) FROM pg_namespace WHERE nspname LIKE 'progress%'";
    assert_eq!(cluster.run(schemas), SCHEMA, "nothing is left behind");

    // Somebody's view on the tables keeps those it reads, and does not keep the switch from happening.
    cluster.run("CREATE VIEW public.best AS SELECT area FROM progress_ledger.ranking WHERE place = 1");
    let rebuild = || follow(&older, cluster.open(SCHEMA), Options { rebuild: true, ..at_once(u64::MAX) });
    assert_eq!(rebuild(), Start::Asked);
    assert_eq!(cluster.run(schemas), format!("{SCHEMA} {SCHEMA}_old"));
    assert!(!cluster.run("SELECT * FROM public.best").is_empty());
    let refused = Follower::open(
        &older,
        cluster.open(SCHEMA),
        &clock,
        None,
        Options { rebuild: true, ..at_once(u64::MAX) },
        &mut |_, _| {},
    );
    let (mut follower, _) = refused.unwrap();
    follower.step(Duration::ZERO).unwrap();
    let why = follower.step(Duration::ZERO).expect_err("the old tables are still there").to_string();
    assert!(why.contains("best"), "it names the view: {why}");
    drop(follower);
    cluster.run("DROP VIEW public.best");
    assert_eq!(follow(&older, cluster.open(SCHEMA), at_once(u64::MAX)), Start::GoesOn(2_000));
    assert_eq!(cluster.run(schemas), SCHEMA);
}

#[test]
fn what_is_not_ours_or_in_use_or_unfit_is_refused_with_a_reason() {
    let (cluster, log) = (Cluster::start(), demonstration(1_500));
    let held = cluster.open(SCHEMA);
    assert!(matches!(Postgres::open(&cluster.settings(SCHEMA)), Err(DatabaseError::Locked { .. })));
    // Another schema has another lock, and readers need none.
    follow(&log, cluster.open("another"), at_once(u64::MAX));
    Postgres::open_read_only(&cluster.settings(SCHEMA)).unwrap();
    drop(held);
    follow(&log, cluster.open(SCHEMA), at_once(u64::MAX));

    cluster.run("CREATE SCHEMA theirs");
    let refused = Postgres::open(&cluster.settings("theirs")).err();
    assert!(matches!(refused, Some(DatabaseError::Unusable(why)) if why.contains("theirs")));
    cluster.run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
    let latin = cluster.address().replace("dbname=postgres", "dbname=latin");
    let refused = Postgres::open(&Settings::new(&latin, SCHEMA, None).unwrap()).err();
    assert!(matches!(refused, Some(DatabaseError::Unusable(why)) if why.contains("UTF8")));
    let nobody = cluster.address().replace("user=postgres", "user=nobody");
    let refused = Postgres::open(&Settings::new(&nobody, SCHEMA, None).unwrap()).err();
    assert!(matches!(refused, Some(DatabaseError::Unusable(_))), "{refused:?}");
}

#[test]
fn a_connection_that_is_cut_leaves_a_checkpoint_to_go_on_from() {
    let (cluster, log) = (Cluster::start(), demonstration(2_600));
    let half = beginning(&log, 2_000);
    follow(&half, cluster.open(SCHEMA), at_once(u64::MAX));
    let clock = clock();
    let (mut follower, _) =
        Follower::open(&half, cluster.open(SCHEMA), &clock, None, at_once(100), &mut |_, _| {}).unwrap();
    extend(&half, &log, log.size().unwrap());
    follower.step(Duration::ZERO).unwrap();
    let others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'progress%'";
    assert_eq!(cluster.run(others), "1");
    follower.step(Duration::ZERO).expect_err("the connection is gone");
    drop(follower);
    assert_eq!(follow(&half, cluster.open(SCHEMA), at_once(u64::MAX)), Start::GoesOn(2_100));
    assert_clean(&half, &cluster, SCHEMA);
}

#[test]
fn a_password_is_used_and_never_shown() {
    let address = "postgresql://writer:s3cret@db.example:5433/city";
    assert!(Settings::has_password(address));
    let settings = Settings::new(address, SCHEMA, None).unwrap();
    assert_eq!(settings.to_string(), "PostgreSQL writer@db.example:5433/city，模式 progress_ledger");
    assert!(!Settings::has_password("postgresql://writer@db.example/city"));
    for wrong in
        ["postgresql://writer:s3cret@db.example:port/city", "postgresql://w:s3cret@h/c?sslmode=require"]
    {
        let why = Settings::new(wrong, SCHEMA, None).err().expect("it is refused").to_string();
        assert!(!why.contains("s3cret"), "{why}");
    }
    for wrong in ["", "Upper", "1st", "pg_mine", "a b", "a;drop", &"a".repeat(49)] {
        assert!(Settings::new(address, wrong, None).is_err(), "{wrong}");
    }
}
