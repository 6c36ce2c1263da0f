//! Everything that people and programs do to the ledger and to accounts, once: routes and description are made from this list.
//!
//! Who asks is established before an act is performed; what they may is asked of `accounts::may` in it, event by event where
//! something is recorded. An act never waits for anything but the sequencer, the accounts and the disk.

mod body;
mod evidence;
mod given;
mod keys;
mod people;
mod records;
mod sessions;
mod snapshots;
mod submissions;
mod tokens;
mod writing;

use axum::http::Method;
use axum::response::Response;

use crate::parameters::Parameter;
use crate::problem::Problem;

pub use body::{Body, read, received};
pub use given::Given;

/// Who is let in to an act at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// Anybody: it is about becoming somebody.
    Anybody,
    /// Somebody with a session or a token.
    SignedIn,
}

/// What is sent with an act.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// What it may be, by media type; the first one is described with the example.
    pub media_types: &'static [&'static str],
    /// At most so many bytes.
    pub limit: usize,
    /// One that is read.
    pub example: fn() -> serde_json::Value,
}

/// Something that can be done over HTTP.
pub struct Act {
    /// How.
    pub method: Method,
    /// Its path under `/v1`.
    pub path: &'static str,
    /// Its name, for programs.
    pub id: &'static str,
    /// Its name, for people.
    pub title: &'static str,
    /// What it does.
    pub about: &'static str,
    /// Its query.
    pub parameters: &'static [Parameter],
    /// What is sent with it; none: nothing.
    pub sent: Option<Sent>,
    /// What is answered when it is done.
    pub done: &'static [(u16, &'static str)],
    /// Who is let in.
    pub entrance: Entrance,
    /// Does it.
    pub perform: fn(&Given<'_>) -> Result<Response, Problem>,
}

/// A small JSON document.
const JSON: &[&str] = &["application/json"];
/// More bytes are no small document.
const SMALL: usize = 64 << 10;

const fn small(example: fn() -> serde_json::Value) -> Option<Sent> {
    Some(Sent { media_types: JSON, limit: SMALL, example })
}

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Act> {
    let groups: [&'static [Act]; 8] = [
        &sessions::ACTS,
        &submissions::ACTS,
        &records::ACTS,
        &snapshots::ACTS,
        &evidence::ACTS,
        &keys::ACTS,
        &tokens::ACTS,
        &people::ACTS,
    ];
    groups.into_iter().flatten()
}
