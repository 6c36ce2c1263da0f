//! Appends and deletions.

use std::sync::Arc;
use std::time::Duration;

use feed::document::escaped;
use feed::json::Json;

use crate::answer::Answer;
use crate::auth::User;
use crate::database::{New, Outcome, made_id};
use crate::fault::Fault;
use crate::lenient;
use crate::metadata::Act;
use crate::request::{ANY, RESERVED, Request};
use crate::route::{ALL, Route};
use crate::server::redirected;
use crate::world::World;

/// The most bytes of an event's data and metadata together that are answered 201.
const MAX_EVENT_BYTES: usize = 4 * 1024 * 1024;

/// What a body holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    /// An array of events, each with its id and type.
    Events,
    /// The data of one event.
    Data { is_json: bool },
}

/// An append that has passed all checks of form.
struct Batch {
    stream: String,
    expected: i64,
    events: Vec<New>,
}

pub(crate) async fn post(
    world: &Arc<World>,
    request: &Request,
    user: &User,
    route: Route,
    fault: Option<&Fault>,
) -> Answer {
    let batch = match route {
        Route::Stream(stream) => to_stream(world, request, stream),
        Route::Incoming(stream, id) => to_incoming(request, stream, &id),
        Route::Metadata(stream) => to_metadata(request, &stream),
        Route::All { .. } => return denied(),
        Route::Info
        | Route::Ping
        | Route::Gossip
        | Route::Page(..)
        | Route::Event(..)
        | Route::WithoutSlash(_) => return Answer::bare(405, "Method Not Allowed"),
    };
    let batch = match batch {
        Ok(batch) => batch,
        Err(answer) => return answer,
    };
    if let Some(answer) = redirected(world, request, "") {
        return answer;
    }
    if !may(world, user, &batch.stream, Act::Write) {
        return denied();
    }
    write(world, request, batch, fault).await
}

fn to_stream(world: &World, request: &Request, stream: String) -> Result<Batch, Answer> {
    let content = content(request)?;
    let mut id = None;
    if let Content::Data { .. } = content {
        kind(request)?;
        id = event_id(request)?;
    }
    let expected = request.expected_version()?;
    request.wants_leader()?;
    let events = match (content, id) {
        (Content::Events, _) => batch_of(&request.body)?,
        (Content::Data { is_json }, Some(id)) => vec![single(request, id, kind(request)?, is_json)],
        (Content::Data { .. }, None) => return Err(idempotent_address(world, request, &stream)),
    };
    if expected == RESERVED {
        return Err(Answer::bare(500, "Internal Server Error"));
    }
    Ok(Batch { stream, expected, events })
}

/// An event without an id gets one with the address it is to be sent to.
fn idempotent_address(world: &World, request: &Request, stream: &str) -> Answer {
    let id = made_id(0x1_0000_0000 + world.next_id());
    let location = format!("{}/streams/{}/incoming/{id}", world.address(request.member), escaped(stream));
    Answer::empty(307, "Temporary Redirect").with("Location", location).saying("Forwarding to idempotent URI")
}

fn to_incoming(request: &Request, stream: String, id: &str) -> Result<Batch, Answer> {
    let Content::Data { is_json } = content(request)? else {
        return Err(unsupported());
    };
    let id = guid(id).ok_or_else(|| Answer::bare(400, "Invalid request. Unable to parse guid"))?;
    let events = vec![single(request, id, kind(request)?, is_json)];
    request.wants_leader()?;
    Ok(Batch { stream, expected: ANY, events })
}

fn to_metadata(request: &Request, stream: &str) -> Result<Batch, Answer> {
    let content = content(request)?;
    if request.own("eventtype").is_some() {
        let reason = "Bad Request. You should not include an event type for metadata.";
        return Err(Answer::bare(400, reason));
    }
    let expected = request.expected_version()?;
    request.wants_leader()?;
    let events = match content {
        Content::Events => batch_of(&request.body)?,
        Content::Data { is_json } => {
            let id = event_id(request)?.ok_or_else(|| Answer::bare(400, "Empty eventId provided."))?;
            vec![single(request, id, "$metadata".to_owned(), is_json)]
        }
    };
    Ok(Batch { stream: format!("$${stream}"), expected, events })
}

/// Reads the content type; its name is compared as it is written.
fn content(request: &Request) -> Result<Content, Answer> {
    let header = request.header("content-type").ok_or_else(unsupported)?;
    let (name, parameters) = header.split_once(';').unwrap_or((header, ""));
    let is_foreign = |parameter: &str| {
        let value = parameter.trim().strip_prefix("charset=");
        value.is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8"))
    };
    if parameters.split(';').any(is_foreign) {
        return Err(unsupported());
    }
    match name.trim() {
        "application/vnd.eventstore.events+json"
        | "application/vnd.eventstore.event+json"
        | "application/vnd.kurrent.events+json"
        | "application/vnd.kurrent.event+json" => Ok(Content::Events),
        "application/json" => Ok(Content::Data { is_json: true }),
        "application/octet-stream" => Ok(Content::Data { is_json: false }),
        _ => Err(unsupported()),
    }
}

fn unsupported() -> Answer {
    Answer::bare(415, "Invalid or missing Content-Type")
}

fn kind(request: &Request) -> Result<String, Answer> {
    let kind = request.own("eventtype").filter(|kind| !kind.is_empty());
    let reason = "Must include an event type with the request either in body or as ES-EventType header.";
    kind.map(str::to_owned).ok_or_else(|| Answer::bare(400, reason))
}

fn event_id(request: &Request) -> Result<Option<String>, Answer> {
    let Some(text) = request.own("eventid") else {
        return Ok(None);
    };
    let id = guid(text).filter(|id| !is_zero(id));
    id.map(Some).ok_or_else(|| Answer::bare(400, "ES-EventId header in wrong format."))
}

fn single(request: &Request, id: String, kind: String, is_json: bool) -> New {
    New { id, kind, is_json, data: request.body.clone(), metadata: Vec::new() }
}

/// Reads a guid with or without hyphens, in either case, and writes it in the usual form.
fn guid(text: &str) -> Option<String> {
    let hyphens: Vec<usize> = text.match_indices('-').map(|(at, _)| at).collect();
    let digits: String = text.to_ascii_lowercase().chars().filter(|c| *c != '-').collect();
    let fits = hyphens.is_empty() || hyphens == [8, 13, 18, 23];
    if !fits || digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    Some(parts.join("-"))
}

fn is_zero(id: &str) -> bool {
    id.bytes().all(|byte| byte == b'0' || byte == b'-')
}

/// Reads an array of events: all of them or none.
fn batch_of(body: &[u8]) -> Result<Vec<New>, Answer> {
    let invalid = || Answer::bare(400, "Write request body invalid.");
    let value = lenient::parse(&String::from_utf8_lossy(body)).ok_or_else(invalid)?;
    let Json::List(elements) = value else {
        return Err(invalid());
    };
    if elements.is_empty() || elements.iter().any(|one| !matches!(one, Json::Object(_) | Json::Null)) {
        return Err(invalid());
    }
    elements.iter().map(|element| read_event(element).unwrap_or_else(|| Err(invalid()))).collect()
}

/// Reads one event; `None` where a member has an impossible form.
fn read_event(element: &Json) -> Option<Result<New, Answer>> {
    let refused = |reason: &str| Some(Err(Answer::bare(400, reason)));
    if *element == Json::Null {
        return refused("Object reference not set to an instance of an object");
    }
    let id = match member(element, "eventId") {
        None => return refused("Empty eventId provided."),
        Some(value) => guid(value.as_text()?)?,
    };
    if is_zero(&id) {
        return refused("Empty eventId provided.");
    }
    let kind = match member(element, "eventType") {
        None | Some(Json::Null) => String::new(),
        Some(Json::Text(text) | Json::Number(text)) => text.clone(),
        Some(_) => return None,
    };
    if kind.is_empty() {
        return refused("Empty eventType provided.");
    }
    let (data, data_is_json) = stored(member(element, "data"));
    let (metadata, metadata_is_json) = stored(member(element, "metadata"));
    Some(Ok(New { id, kind, is_json: data_is_json || metadata_is_json, data, metadata }))
}

/// Finds a member whatever the case of its name.
fn member<'a>(object: &'a Json, name: &str) -> Option<&'a Json> {
    let Json::Object(members) = object else {
        return None;
    };
    members.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Returns the bytes that are stored for data or metadata, and whether they are JSON.
///
/// Numbers and truths are stored empty. A text that holds an object or array is taken for one. (The server would
/// also rewrite dates inside such a text; that is not imitated.)
fn stored(value: Option<&Json>) -> (Vec<u8>, bool) {
    match value {
        Some(Json::Object(members)) => {
            // This version takes `$type` at the top for a name of its own.
            let kept = members.iter().filter(|(name, _)| name != "$type").cloned().collect();
            (Json::Object(kept).indented().into_bytes(), true)
        }
        Some(list @ Json::List(_)) => (list.indented().into_bytes(), true),
        Some(Json::Text(text)) => match lenient::parse(text) {
            Some(inner @ (Json::Object(_) | Json::List(_))) => (inner.indented().into_bytes(), true),
            Some(_) | None => (text.clone().into_bytes(), false),
        },
        Some(Json::Null | Json::Bool(_) | Json::Number(_)) | None => (Vec::new(), false),
    }
}

pub(crate) fn may(world: &World, user: &User, stream: &str, act: Act) -> bool {
    // Metadata is guarded by the stream it describes.
    let (stream, act) = match (stream.strip_prefix("$$"), act) {
        (Some(of), Act::Write) => (of, Act::WriteMetadata),
        (Some(of), Act::Read) => (of, Act::ReadMetadata),
        _ => (stream, act),
    };
    let metadata = world.state().database.metadata(stream, u64::MAX);
    metadata.allows(user, act, stream.starts_with('$'))
}

/// Not allowed, which is said like not known.
pub(crate) fn denied() -> Answer {
    Answer::unauthorized().with("Content-Type", crate::answer::TEXT)
}

pub(crate) fn too_large() -> Answer {
    Answer::bare(413, "Too large events received. Limit is 4mb")
}

fn write_timeout() -> Answer {
    Answer::empty(500, "Write timeout")
}

/// Writes a batch and waits until it is committed.
async fn write(world: &Arc<World>, request: &Request, batch: Batch, fault: Option<&Fault>) -> Answer {
    let is_forwarded = world.leader() != request.member;
    if is_forwarded && !world.leader_lives() {
        return Answer::bare(500, "Error while forwarding request");
    }
    let is_too_large =
        batch.events.iter().any(|event| event.data.len() + event.metadata.len() > MAX_EVENT_BYTES);
    let location = format!("{}/streams/{}", world.address(request.member), escaped(&batch.stream));
    let outcome = world.state().database.append(&batch.stream, batch.expected, batch.events);
    let answer = match outcome {
        Outcome::Known(first) => created(&location, first),
        Outcome::Written(first) => acknowledge(world, fault, created(&location, first)).await,
        Outcome::Pending => {
            tokio::time::sleep(world.options.write_timeout).await;
            write_timeout()
        }
        Outcome::WrongVersion(last) => {
            Answer::empty(400, "Wrong expected EventNumber").with("ES-CurrentVersion", last.to_string())
        }
        Outcome::Deleted => Answer::empty(410, "Stream deleted"),
    };
    if is_too_large {
        // The size is only looked at when everything is on its way.
        return too_large();
    }
    if is_forwarded { as_forwarded(answer) } else { answer }
}

fn created(location: &str, first: i64) -> Answer {
    Answer::empty(201, "Created").with("Location", format!("{location}/{first}"))
}

/// A forwarded answer is labelled without its charset.
fn as_forwarded(mut answer: Answer) -> Answer {
    for (name, value) in &mut answer.headers {
        if *name == "Content-Type" {
            *value = "text/plain".to_owned();
        }
    }
    answer
}

/// Commits what was written, or lets it hang as the fault or the lack of a majority wants.
async fn acknowledge(world: &Arc<World>, fault: Option<&Fault>, done: Answer) -> Answer {
    match fault {
        Some(Fault::ErrorThenCommitted { after }) => hang(world, *after, true),
        Some(Fault::ErrorThenGone { after }) => hang(world, *after, false),
        _ => return commit(world, done).await,
    }
    write_timeout()
}

/// Leaves what was written uncommitted for a time, then commits it or takes it back.
fn hang(world: &Arc<World>, after: Duration, is_kept: bool) {
    if after.is_zero() {
        return world.resolve(is_kept);
    }
    world.suspend();
    let later = Arc::clone(world);
    world.runtime.spawn(async move {
        tokio::time::sleep(after).await;
        later.resolve(is_kept);
    });
}

/// Commits at once where a majority takes part; else waits for one.
async fn commit(world: &Arc<World>, done: Answer) -> Answer {
    let mut changes = world.changes();
    let end = {
        let mut state = world.state();
        if state.has_majority() {
            state.database.commit();
        }
        state.database.end()
    };
    world.announce();
    let committed = async {
        while world.state().database.committed() < end {
            if changes.changed().await.is_err() {
                return;
            }
        }
    };
    match tokio::time::timeout(world.options.write_timeout, committed).await {
        Ok(()) => done,
        Err(_) => write_timeout(),
    }
}

pub(crate) fn delete(world: &Arc<World>, request: &Request, user: &User, route: &Route) -> Answer {
    let Route::Stream(stream) = route else {
        return Answer::bare(405, "Method Not Allowed");
    };
    let asked = request.hard_delete().and_then(|for_ever| {
        request.wants_leader()?;
        Ok((for_ever, request.expected_version()?))
    });
    let (for_ever, expected) = match asked {
        Ok(asked) => asked,
        Err(answer) => return answer,
    };
    if let Some(answer) = redirected(world, request, "") {
        return answer;
    }
    if stream == ALL || !may(world, user, stream, Act::Delete) {
        return denied();
    }
    let outcome = {
        let mut state = world.state();
        let outcome = state.database.delete(stream, expected, for_ever);
        state.database.commit();
        outcome
    };
    world.announce();
    match outcome {
        Outcome::Deleted => Answer::empty(410, "Stream deleted"),
        Outcome::WrongVersion(_) => Answer::empty(400, "Wrong expected EventNumber"),
        Outcome::Known(_) | Outcome::Written(_) | Outcome::Pending => Answer::empty(204, "Stream deleted"),
    }
}
