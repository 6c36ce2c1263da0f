//! Measures how long the tables of one city take, on the synthetic year (演示数据).
//!
//! `cargo run --release -p projections --example measure`

use std::time::Instant;

use domain::ledger::Prepared;
use domain::registry::PlanIx;
use domain::scoring::{self, At};
use projections::tables::v1::Scores;
use projections::{ReadModel, Reading, TableKind, diff};
use seeds::demo::{Demo, Options};

/// A key of the format's published example ledgers; nothing here signs.
const LOG_KEY: &str = "ledger.example.org/n0001+1872a52a+AcIkZdE9BzfYbDWbCr+N2X4J+2qdS3nmn0W7vXVeBwOA";
const ROUNDS: usize = 200;

fn main() {
    let model = demonstration();
    let as_of = "2022-12-31".parse().expect("a date");
    let at = At { as_of, known: model.size() };
    let book = model.ledger().book();
    let reading = Reading::in_force(book, PlanIx(0), at, model.tree().root()).expect("rules in force");
    println!("{} lines, {} figure versions", model.size(), book.figure_count());

    let scores = scoring::score(book, PlanIx(0), &reading.inputs());
    measure("score", || scoring::score(book, PlanIx(0), &reading.inputs()));
    measure("rows of the score table", || Scores::from_scores(&reading, &scores));
    let rows = Scores::from_scores(&reading, &scores);
    measure("encode the score table", || rows.encode());
    let table = rows.encode();
    measure("root of the score table", || table.root());
    for kind in TableKind::ALL {
        let bytes = kind.encode(&reading).bytes().len();
        measure(&format!("{} ({bytes} bytes), scored and encoded", kind.name()), || kind.encode(&reading));
    }
    let earlier = At { as_of: "2022-06-30".parse().expect("a date"), known: model.size() / 2 };
    let earlier = Reading::in_force(book, PlanIx(0), earlier, model.tree().root()).expect("rules in force");
    measure("difference of two readings", || diff(&earlier, &reading));
}

/// Prints the median of some rounds.
fn measure<T>(what: &str, work: impl Fn() -> T) {
    let mut times: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(work());
            start.elapsed()
        })
        .collect();
    times.sort();
    println!("{what}: {:?}", times[ROUNDS / 2]);
}

fn demonstration() -> ReadModel {
    let origin = "ledger.example.org/n0001".to_owned();
    let options = Options { seed: 2022, cities: 1, years: 1, origin, log_key: LOG_KEY.to_owned() };
    let mut demo = Demo::new(seeds::yingtan_2022(), seeds::yingtan_2022_rules(), options);
    let mut model = ReadModel::default();
    while let Some(timed) = demo.next(model.ledger().book()) {
        let prepared = Prepared::new(timed.submission).expect("canonical texts");
        let at = model.ledger().head().next_at(timed.at);
        for line in model.ledger().head().lines(&prepared, at).expect("lines within their limits") {
            model.apply(&line.recorded, chain::hash::leaf_hash(&line.bytes));
        }
    }
    model
}
