//! Every byte of every file of a small ledger is altered, and more: each mutation is caught by `verify` or `fsck`, or
//! shown not to matter. `docs/mutation-matrix.md` is the committed answer, made again by `UPDATE_GOLDEN=1`.

mod bytes;
mod cases;
mod check;
mod fields;
mod ledger;
mod matrix;
mod seeds;

use std::path::PathBuf;

use check::Right;
use matrix::Matrix;

const INTRODUCTION: &str = include_str!("introduction.md");

#[test]
fn every_mutation_is_caught_or_does_not_matter() {
    tell_only_own_panics();
    let built = ledger::build();
    let right = Right::of(&built);
    let matrix = cases::run_all(&built, &right).and(bytes::run_all(&bytes::jobs(&built), &right));
    compare(&document(&right, &matrix));
}

fn document(right: &Right, matrix: &Matrix) -> String {
    let (mutations, caught) = matrix.counts();
    let numbers = [right.report.lines, mutations, caught, mutations - caught];
    let names = ["LINES", "MUTATIONS", "CAUGHT", "OTHERS"].into_iter().zip(numbers);
    let text = names.fold(INTRODUCTION.to_owned(), |text, (name, number)| {
        text.replace(&format!("{{{name}}}"), &number.to_string())
    });
    text + &matrix.markdown()
}

/// Compares with the committed table, or commits a new one where that is asked for.
fn compare(document: &str) {
    let path: PathBuf = scenarios::repository().join("docs/mutation-matrix.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, document).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = document.lines().zip(committed.lines()).find(|(own, committed)| own != committed);
    assert_eq!(
        differing, None,
        "what is caught by which check has changed: UPDATE_GOLDEN=1 makes the table anew"
    );
    assert!(document == committed, "{} has more or fewer rows", path.display());
}

/// A forged saved state may make what reads it panic, which is caught and counted: thousands of messages would say so.
fn tell_only_own_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let own = panic.location().is_none_or(|place| place.file().contains("mutations"));
        if own {
            usual(panic);
        }
    }));
}
