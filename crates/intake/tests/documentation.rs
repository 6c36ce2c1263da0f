//! `docs/submitting.md`: its examples are taken, and its tables list every code.

mod common;

use std::fmt::Write;
use std::path::Path;

use common::{MONTH, World};
use domain::ledger::{ProblemKind, Severity};
use intake::{Column, Context, IntakeProblemKind, read_submission};

/// What follows is made by this test.
const TABLES: &str = "## What can be wrong with a file\n";

fn page() -> (std::path::PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/submitting.md");
    let text = std::fs::read_to_string(&path).expect("the page");
    (path, text)
}

fn examples(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let blocks = text.split(&fence).skip(1);
    blocks.map(|block| block.split("```").next().expect("an end").to_owned()).collect()
}

#[test]
fn every_example_is_taken() {
    let world = World::new();
    let (unit, period) = ("guixi".parse().unwrap(), MONTH.parse().unwrap());
    let (_, text) = page();
    let csv = examples(&text, "csv");
    let json = examples(&text, "json");
    assert_eq!((csv.len(), json.len()), (1, 2));
    let context = Context { unit: Some(&unit), period: Some(&period), ..world.context() };
    let intake = read_submission(csv[0].as_bytes(), "x.csv", &context).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(world.problems(&intake), []);
    for text in json {
        world.read(text.as_bytes(), "x.json").unwrap_or_else(|e| panic!("{e}"));
    }
}

#[test]
fn every_column_is_explained() {
    let (_, text) = page();
    for column in Column::ALL {
        assert!(text.contains(column.chinese()), "{}", column.chinese());
        assert!(text.contains(&format!("`{}`", column.english())), "{}", column.english());
    }
}

#[test]
fn every_code_is_listed() {
    let (path, text) = page();
    let head = text.split(TABLES).next().expect("a text has a beginning");
    let mut page = format!("{head}{TABLES}\n");
    page.push_str("Found while the file is read; nothing is asked of the rules then. All of them block.\n\n");
    page.push_str("| code | what people read |\n|---|---|\n");
    for (code, sentence) in IntakeProblemKind::CODES {
        writeln!(page, "| `{code}` | {} |", sentence.replace('|', "\\|")).unwrap();
    }
    page.push_str(
        "\n## What can be wrong with a submission\n\nFound by the rules, whatever the way it came in.\n\n",
    );
    page.push_str("| code | |\n|---|---|\n");
    for (code, severity) in ProblemKind::CODES {
        let severity = match severity {
            Severity::Error => "blocks",
            Severity::Warning => "asks for a confirmation",
        };
        writeln!(page, "| `{code}` | {severity} |").unwrap();
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert!(page == text, "docs/submitting.md is out of date; UPDATE_GOLDEN=1 writes its tables anew");
}
