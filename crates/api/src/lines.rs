//! The ledger's own lines, as they were recorded, byte for byte.

use axum::http::HeaderMap;
use axum::response::Response;
use chain::EventHash;
use store::LineBatch;

use crate::ledger::Ledger;
use crate::parameters::{Parameter, Parameters, optional, unreadable};
use crate::problem::Problem;
use crate::representation::with_etag;

/// More lines are not given at once.
const MAX_LINES: usize = 1_000;
const DEFAULT_LINES: usize = 100;
/// Lines that are read at once where one is looked for by its hash.
const SEARCH_LINES: usize = 2_048;

/// Which lines.
pub const PARAMETERS: [Parameter; 2] = [
    optional("from", "从这个位置起（从 0 数）", "0"),
    optional("limit", "至多几行，1 到 1000；不写则 100", "100"),
];

/// `GET /v1/events`: lines from a position, one per line. A line never changes; more may follow.
pub fn range(ledger: &Ledger, given: &Parameters, headers: &HeaderMap) -> Result<Response, Problem> {
    let from: u64 = given.value("from", "要写非负整数")?.unwrap_or(0);
    let limit: usize = given.value("limit", "要写 1 到 1000")?.unwrap_or(DEFAULT_LINES);
    if !(1..=MAX_LINES).contains(&limit) {
        return Err(unreadable("limit", &limit.to_string(), "要写 1 到 1000"));
    }
    let batch = read(ledger, from, limit)?;
    let next = batch.next();
    let mut body = Vec::new();
    for (_, line) in &batch {
        body.extend_from_slice(line);
        body.push(b'\n');
    }
    let mut response = with_etag(body, "application/jsonl", "no-cache", headers);
    if next < ledger.model().size() {
        let link = format!("</v1/events?from={next}&limit={limit}>; rel=\"next\"");
        let link = link.try_into().expect("numbers and ASCII");
        response.headers_mut().insert(axum::http::header::LINK, link);
    }
    Ok(response)
}

/// `GET /v1/events/{position or hash}`: one line.
pub fn one(ledger: &Ledger, name: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    // A hash may be all digits.
    let line = match (name.parse::<EventHash>(), name.parse::<u64>()) {
        (Ok(hash), _) => with_hash(ledger, hash)?,
        (Err(_), Ok(position)) => at(ledger, position)?,
        (Err(_), Err(_)) => {
            return Err(unreadable("事件", name, "要写位置（从 0 数）或 64 位十六进制的事件哈希"));
        }
    };
    let found = line.ok_or_else(|| {
        let size = ledger.model().size();
        Problem::not_found("unknown-event", format!("账本共 {size} 行，其中没有这个事件。请核对位置或哈希。"))
    })?;
    Ok(with_etag(found, "application/json", "public, max-age=31536000, immutable", headers))
}

fn at(ledger: &Ledger, position: u64) -> Result<Option<Vec<u8>>, Problem> {
    if position >= ledger.model().size() {
        return Ok(None);
    }
    Ok(read(ledger, position, 1)?.get(0).map(<[u8]>::to_vec))
}

/// Looks through the lines: hashes of lines are not indexed, and this is asked by people who follow one link.
fn with_hash(ledger: &Ledger, hash: EventHash) -> Result<Option<Vec<u8>>, Problem> {
    let size = ledger.model().size();
    let mut next = 0;
    while next < size {
        let batch = read(ledger, next, SEARCH_LINES)?;
        let found = batch.iter().find(|(_, line)| chain::hash::event_hash(line) == hash);
        if let Some((position, line)) = found {
            return Ok((position < size).then(|| line.to_vec()));
        }
        if batch.is_empty() {
            break;
        }
        next = batch.next();
    }
    Ok(None)
}

/// No line beyond the model is shown: everything a client sees is of one history.
fn read(ledger: &Ledger, from: u64, limit: usize) -> Result<LineBatch, Problem> {
    let known = ledger.model().size().saturating_sub(from);
    let limit = limit.min(usize::try_from(known).unwrap_or(usize::MAX));
    let mut batch = LineBatch::default();
    if limit > 0 {
        let read = ledger.log().read_into(from, limit, &mut batch);
        read.map_err(|error| Problem::unavailable("unreadable-ledger", error.to_string()))?;
    }
    Ok(batch)
}
