//! Appends in batches of 100: what the client adds to the round trip of the same body.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use store::{EventLog, LineBatch};
use store_eventstore::StreamName;
use store_eventstore::lines::Batch;
use store_eventstore::wire::Request;

use super::server::{Raw, Server};
use crate::report::{Table, grouped, median};
use crate::settings::Settings;

const LINES_PER_BATCH: usize = 100;
const BATCHES: u64 = 100;
/// What the client may add to a round trip.
const GOAL_PER_CENT: u64 = 15;

/// Microseconds of a batch in the middle, sent plainly and by the client.
struct Round {
    raw_us: u64,
    own_us: u64,
}

/// Sends the same batches to two streams in turn, so that what the machine does meanwhile meets both alike.
///
/// # Errors
/// The server refuses something.
pub fn run(settings: &Settings, server: &mut Server, lines: &dyn EventLog) -> Result<()> {
    let rounds = (0..settings.rounds).map(|_| round(server, lines)).collect::<Result<Vec<_>>>()?;
    let middle = |of: fn(&Round) -> u64| median(&rounds.iter().map(of).collect::<Vec<_>>());
    let (raw, own) = (middle(|round| round.raw_us), middle(|round| round.own_us));
    let added = rounds.iter().map(|round| per_cent_over(round.own_us, round.raw_us)).collect::<Vec<_>>();
    let mut table = Table::new(&["batches of 100, one after another", "µs a batch", "added", "goal"]);
    table.row(["raw POST of the same body (ceiling)".to_owned(), grouped(raw), String::new(), String::new()]);
    let goal = format!("≤ {GOAL_PER_CENT} %");
    table.row(["append, checked, hashed and confirmed".to_owned(), grouped(own), added_text(&added), goal]);
    table.print();
    println!();
    Ok(())
}

fn added_text(added: &[u64]) -> String {
    let least = added.iter().min().copied().unwrap_or_default();
    let most = added.iter().max().copied().unwrap_or_default();
    format!("{} % ({least} to {most})", median(added))
}

/// How much more `own` is than `raw`, in whole per cent, rounded up: never rounded to a goal.
fn per_cent_over(own: u64, raw: u64) -> u64 {
    (own.saturating_sub(raw) * 100).div_ceil(raw.max(1))
}

fn round(server: &mut Server, lines: &dyn EventLog) -> Result<Round> {
    let raw = server.raw()?;
    let (plain, stream) = (server.new_stream()?, server.new_stream()?);
    let log = server.log(&stream)?;
    let (mut of_raw, mut of_own) = (Vec::new(), Vec::new());
    for number in 0..BATCHES {
        let first = number * LINES_PER_BATCH as u64;
        let batch = exactly(lines, first, LINES_PER_BATCH)?;
        let batch: Vec<&[u8]> = batch.iter().map(|(_, line)| line).collect();
        // Who is first in a pair finds the server's caches as the pair before left them.
        if number % 2 == 0 {
            of_raw.push(post(&raw, &plain, first, &batch)?);
        }
        of_own.push(append(&log, first, &batch)?);
        if number % 2 == 1 {
            of_raw.push(post(&raw, &plain, first, &batch)?);
        }
    }
    let micros = |times: Vec<Duration>| times.iter().map(|time| time.as_micros() as u64).collect::<Vec<_>>();
    Ok(Round { raw_us: median(&micros(of_raw)), own_us: median(&micros(of_own)) })
}

/// So many lines from a position on: an engine may give fewer at once.
///
/// # Errors
/// The log cannot be read, or ends before.
pub fn exactly(log: &dyn EventLog, first: u64, count: usize) -> Result<LineBatch> {
    let (mut all, mut part) = (LineBatch::new(first), LineBatch::new(first));
    while all.len() < count {
        log.read_into(all.next(), count - all.len(), &mut part)?;
        ensure!(!part.is_empty(), "the ledger has {} lines only", all.next());
        part.iter().for_each(|(_, line)| all.push(line));
    }
    Ok(all)
}

fn append(log: &dyn EventLog, first: u64, lines: &[&[u8]]) -> Result<Duration> {
    let began = Instant::now();
    log.append(first, lines)?;
    Ok(began.elapsed())
}

/// Posts lines as the client would; making the request is not measured.
///
/// # Errors
/// The server refuses them.
pub fn post(raw: &Raw, stream: &StreamName, first: u64, lines: &[&[u8]]) -> Result<Duration> {
    let body = Batch::of(first, lines)?.body().to_vec();
    let request = Request::append(stream, i64::try_from(first)? - 1, body);
    let began = Instant::now();
    raw.send(&request)?;
    Ok(began.elapsed())
}

#[cfg(test)]
mod tests {
    use super::per_cent_over;

    #[test]
    fn what_is_added_is_rounded_away_from_the_goal() {
        assert_eq!((per_cent_over(1150, 1000), per_cent_over(1151, 1000)), (15, 16));
        assert_eq!(per_cent_over(900, 1000), 0);
    }
}
