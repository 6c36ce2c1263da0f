//! Golden tables: later builds must make the same bytes. `UPDATE_GOLDEN=1` writes the files anew; that is right only
//! for what was never published, or where the demonstration itself has changed.

use std::fmt::Write;
use std::path::PathBuf;

use projections::{Reading, TableKind};

use crate::demo::Year;

fn check(name: &str, made: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, made).expect("the golden folder can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(made, kept, "{name} is not reproduced");
}

/// The day asked for, and the day until whose end lines are known; none for all lines.
const QUESTIONS: [(&str, Option<&str>); 8] = [
    ("2022-04-30", Some("2022-05-01")),
    ("2022-04-30", Some("2022-05-02")),
    ("2022-04-30", Some("2022-05-03")),
    ("2022-04-30", None),
    ("2022-06-30", Some("2022-07-02")),
    ("2022-06-30", None),
    ("2022-12-31", Some("2023-01-31")),
    ("2022-12-31", None),
];

fn reading<'a>(year: &'a Year, as_of: &str, known: Option<&str>) -> Reading<'a> {
    year.reading(as_of, known.map_or(year.model.size(), |day| year.size_at(day)))
}

#[test]
fn the_demonstrations_tables_have_the_roots_they_always_had() {
    let year = Year::new();
    let mut roots = String::new();
    for (as_of, known) in QUESTIONS {
        let reading = reading(&year, as_of, known);
        writeln!(roots, "{}", reading.token()).unwrap();
        for kind in TableKind::ALL {
            let table = kind.encode_as(&reading, 1).unwrap();
            let rows = table.bytes().iter().filter(|byte| **byte == b'\n').count();
            writeln!(
                roots,
                "  {} 1 {} {rows} rows {} bytes",
                table.name(),
                table.root(),
                table.bytes().len()
            )
            .unwrap();
        }
    }
    check("demo-2022.roots", &roots);
}

#[test]
fn the_demonstrations_rankings_can_be_read() {
    let year = Year::new();
    for (as_of, name) in
        [("2022-06-30", "ranking-2022-06-30.v1.jsonl"), ("2022-12-31", "ranking-2022-12-31.v1.jsonl")]
    {
        let table = TableKind::Ranking.encode_as(&reading(&year, as_of, None), 1).unwrap();
        check(name, std::str::from_utf8(table.bytes()).unwrap());
    }
}
