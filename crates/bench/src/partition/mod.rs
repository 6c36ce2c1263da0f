//! One ledger for each city, or for each county, that reports weekly: what comes together in a year, and what a Friday
//! before the deadline asks of servers. Rates are measured in the same run; the week is simulated with a fixed seed.

mod arrivals;
mod queue;
mod rates;

use anyhow::Result;

use crate::report::{Table, grouped, percentile};
use crate::settings::Settings;
use arrivals::{Week, most_in_a_second};
use queue::{Outcome, simulate};
use rates::Rates;

const SEED: u64 = 2022;
const WEEKS: u64 = 52;
/// The sequencer puts no more lines in one append.
const MOST_LINES: u64 = 500;
/// Lines beyond the filings (verified, approved, corrected) for 100 of filings: as the synthetic year has.
const OTHER_LINES_PER_CENT: u64 = 120;
/// Score tables that people look at for each report, on Friday afternoon.
const TABLES_PER_REPORT: u64 = 20;
/// Nobody waits longer than this for a receipt, 99 of 100.
const GOAL_US: u64 = 1_000_000;
/// A machine is given no more than half of what it can do.
const CORES: u64 = 4;

/// Who reports.
struct Scenario {
    name: &'static str,
    ledgers: u32,
    week: Week,
}

const SCENARIOS: [Scenario; 4] = [
    Scenario { name: "300 cities", ledgers: 300, week: Week::Usual },
    Scenario { name: "2,800 counties", ledgers: 2_800, week: Week::Usual },
    Scenario { name: "300 cities, all in the last 10 minutes", ledgers: 300, week: Week::LastTenMinutes },
    Scenario {
        name: "2,800 counties, all in the last 10 minutes",
        ledgers: 2_800,
        week: Week::LastTenMinutes,
    },
];

/// Measures, calculates and simulates.
///
/// # Errors
/// A rate cannot be measured.
pub fn run(settings: &Settings) -> Result<()> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let (rates, server) = rates::measure(settings)?;
    told(&rates, server);
    let mut year = Table::new(&[
        "a year",
        "streams",
        "reports",
        "lines",
        "GB of lines",
        "GB on each member",
        "GB of memory, all loaded",
        "to follow it all, minutes",
    ]);
    let mut friday = Table::new(&[
        "a week",
        "most in a second",
        "clusters",
        "busy, s",
        "longest queue",
        "receipt p50 ms",
        "p99 ms",
        "longest ms",
        "cores for tables",
    ]);
    for scenario in &SCENARIOS {
        if scenario.week == Week::Usual {
            year.row(of_year(scenario, &rates));
        }
        friday.row(of_week(scenario, &rates));
    }
    year.print();
    println!();
    friday.print();
    println!();
    Ok(())
}

fn told(rates: &Rates, server: &str) {
    println!(
        "measured here, on {server}: a city's synthetic year (演示数据) has {} lines; {} units file,",
        grouped(rates.year_lines),
        rates.units
    );
    println!(
        "{} lines a filing; {} bytes a line, {} as stored; an append takes {} µs and {} µs a line;",
        rates.filing_lines,
        rates.line_bytes,
        rates.stored_bytes,
        rates.append.round_trip_ns / 1000,
        rates.append.line_ns / 1000
    );
    println!(
        "{} lines/s are followed; a city's score table takes {} µs; {} bytes of memory a line.",
        grouped(rates.follow_lines_per_s),
        rates.table_ns / 1000,
        rates.memory_bytes
    );
    println!(
        "assumed: a report each week; {OTHER_LINES_PER_CENT} other lines to 100 of filings; {TABLES_PER_REPORT} tables looked at for each report.\n"
    );
}

fn of_year(scenario: &Scenario, rates: &Rates) -> Vec<String> {
    let reports = u64::from(scenario.ledgers) * rates.units * WEEKS;
    let lines = reports * rates.filing_lines * (100 + OTHER_LINES_PER_CENT) / 100;
    let tenths_of_gb = |bytes: u64| {
        let tenths = (lines * bytes).div_ceil(100_000_000);
        format!("{}.{}", grouped(tenths / 10), tenths % 10)
    };
    vec![
        scenario.name.to_owned(),
        grouped(scenario.ledgers.into()),
        grouped(reports),
        grouped(lines),
        tenths_of_gb(rates.line_bytes),
        tenths_of_gb(rates.stored_bytes),
        tenths_of_gb(rates.memory_bytes),
        grouped((lines / rates.follow_lines_per_s).div_ceil(60)),
    ]
}

fn of_week(scenario: &Scenario, rates: &Rates) -> Vec<String> {
    let units = u32::try_from(rates.units).expect("units of a city");
    let arrivals = arrivals::week(scenario.week, scenario.ledgers, units, SEED);
    let peak = most_in_a_second(&arrivals);
    let on = |clusters| simulate(&arrivals, clusters, rates.filing_lines, MOST_LINES, rates.append);
    let fits = |outcome: &Outcome| percentile(&outcome.waits, 990) <= GOAL_US;
    let (clusters, outcome) = (1..=scenario.ledgers)
        .map(|clusters| (clusters, on(clusters)))
        .find(|(_, outcome)| fits(outcome))
        .unwrap_or_else(|| (scenario.ledgers, on(scenario.ledgers)));
    let ms = |us: u64| format!("{}.{}", grouped(us / 1000), us % 1000 / 100);
    // A core makes so many tables in a second, and is given half of that.
    let tables = peak * TABLES_PER_REPORT;
    let cores = (tables * rates.table_ns * 2).div_ceil(1_000_000_000);
    vec![
        scenario.name.to_owned(),
        grouped(peak),
        grouped(clusters.into()),
        grouped(outcome.busy / 1_000_000),
        grouped(outcome.longest_queue as u64),
        ms(percentile(&outcome.waits, 500)),
        ms(percentile(&outcome.waits, 990)),
        ms(outcome.waits.last().copied().unwrap_or(0)),
        format!("{cores} ({} servers)", cores.div_ceil(CORES).max(2)),
    ]
}
