//! Times one city's score table on demonstration ledgers: `cargo run --release -p seeds --example score_speed [CITIES] [YEARS]`.

use std::time::Instant;

use domain::ledger::{Ledger, Prepared};
use domain::registry::PlanIx;
use domain::scoring::{At, Inputs, score};
use seeds::demo::{Demo, Options};

const LOG_KEY: &str = "ledger.example.org/n0001+1872a52a+AcIkZdE9BzfYbDWbCr+N2X4J+2qdS3nmn0W7vXVeBwOA";

fn main() {
    let mut arguments = std::env::args().skip(1).map(|own| own.parse::<u16>().expect("a number"));
    let (cities, years) = (arguments.next().unwrap_or(1), arguments.next().unwrap_or(1));
    let (origin, log_key) = ("ledger.example.org/n0001".to_owned(), LOG_KEY.to_owned());
    let options = Options { seed: 2022, cities: cities.into(), years, origin, log_key };
    let rules = seeds::yingtan_2022_rules();
    let mut demo = Demo::new(seeds::yingtan_2022(), rules.clone(), options);
    let mut ledger = Ledger::default();
    while let Some(timed) = demo.next(ledger.book()) {
        let at = ledger.head().next_at(timed.at);
        let prepared = Prepared::new(timed.submission).expect("canonical texts");
        for line in ledger.head().lines(&prepared, at).expect("lines within their limits") {
            ledger.apply(&line.recorded);
        }
    }
    let at = At { as_of: "2022-09-30".parse().expect("a day"), known: ledger.head().size };
    let mut micros: Vec<u128> = (0..2000_u16)
        .map(|round| {
            let start = Instant::now();
            std::hint::black_box(score(ledger.book(), PlanIx(round % cities), &Inputs::at(at, &rules)));
            start.elapsed().as_micros()
        })
        .collect();
    micros.sort_unstable();
    println!("{} lines: median {} µs, p99 {} µs a city", at.known, micros[1000], micros[1980]);
}
