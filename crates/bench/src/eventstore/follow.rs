//! Following: lines read, checked and hashed, beside the plain transfer of the same pages.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use store::{EventLog, Follower};
use store_eventstore::StreamName;
use store_eventstore::wire::Request;

use super::canned::Canned;
use super::server::{Raw, Server};
use crate::growth::{resident_kib, tenths};
use crate::report::{Table, grouped, median, per_second, ratio};
use crate::settings::Settings;

/// Events on a page, as the client asks for them.
pub const PAGE: usize = 500;

/// Lines per second, plainly and by the client, and the client's memory on the way.
struct Followed {
    raw: u64,
    own: u64,
    /// Resident KiB when a tenth of the lines had been read, and when all had.
    memory_kib: (u64, u64),
}

/// Follows a stream from its beginning, on the server and on one that only hands out its recorded answers.
///
/// # Errors
/// The server refuses something, or lines are missing.
pub fn run(settings: &Settings, server: &Server, stream: &StreamName, lines: u64) -> Result<()> {
    let mut table = Table::new(&[
        "following",
        "raw lines/s (ceiling)",
        "client lines/s",
        "of ceiling",
        "goal",
        "memory MiB",
    ]);
    let of_server = follow(settings, server, stream, lines)?;
    row(&mut table, format!("{}, {} lines", server.name(), grouped(lines)), &of_server);
    let canned = Canned::of(&server.raw()?, stream, lines)?;
    let of_canned = follow(settings, &Server::at(canned.url()), stream, lines)?;
    row(&mut table, "the same answers out of memory: the client alone".to_owned(), &of_canned);
    table.print();
    println!();
    Ok(())
}

fn row(table: &mut Table, what: String, followed: &Followed) {
    let Followed { raw, own, memory_kib: (early, late) } = followed;
    let memory = format!("{} to {}", tenths(*early, 1024), tenths(*late, 1024));
    table.row([what, grouped(*raw), grouped(*own), ratio(*own, *raw), "≥ 0.50".to_owned(), memory]);
}

fn follow(settings: &Settings, server: &Server, stream: &StreamName, lines: u64) -> Result<Followed> {
    let raw = server.raw()?;
    let (mut of_raw, mut of_own, mut memory_kib) = (Vec::new(), Vec::new(), (0, 0));
    for _ in 0..settings.rounds {
        of_raw.push(per_second(lines, pages(&raw, stream, lines)?));
        // Opened anew: what one that is open keeps in memory would not be asked for.
        let log = server.log(stream)?;
        let began = Instant::now();
        memory_kib = read_all(&log, lines)?;
        of_own.push(per_second(lines, began.elapsed()));
    }
    Ok(Followed { raw: median(&of_raw), own: median(&of_own), memory_kib })
}

/// Transfers every page once.
///
/// # Errors
/// The server refuses one.
pub fn pages(raw: &Raw, stream: &StreamName, lines: u64) -> Result<Duration> {
    let began = Instant::now();
    for from in (0..lines).step_by(PAGE) {
        raw.send(&Request::page(stream, from, PAGE, None))?;
    }
    Ok(began.elapsed())
}

fn read_all(log: &dyn EventLog, lines: u64) -> Result<(u64, u64)> {
    let mut follower = Follower::new(log, 0);
    let mut early = 0;
    while follower.position() < lines {
        ensure!(follower.next(Duration::from_secs(1))?.is_some(), "the stream ends early");
        if early == 0 && follower.position() >= lines / 10 {
            early = resident_kib()?;
        }
    }
    Ok((early, resident_kib()?))
}
