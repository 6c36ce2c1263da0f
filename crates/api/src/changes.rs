//! `GET /v1/changes`: every line as it is recorded, as server-sent events. The id of an event is the line's position, so that a
//! client that was cut off goes on where it was.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use http_body_util::channel::{Channel, Sender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::ledger::Ledger;
use crate::lines;
use crate::parameters::{Parameter, Parameters, optional, unreadable};
use crate::problem::Problem;

/// How many clients listen at once; each holds a connection.
const MAX_LISTENERS: usize = 64;
/// A client that hears nothing for longer has lost the connection.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A client that takes nothing for so long is let go of: it comes back with the position it has.
const PATIENCE: Duration = Duration::from_secs(20);
/// Lines that are read for a client at once.
const LINES_TOGETHER: usize = 100;
/// Parts of the answer that may wait for a client.
const PARTS_AHEAD: usize = 4;
/// After so many milliseconds a client that was cut off comes back.
const COME_BACK_MS: u32 = 2_000;

/// From where on.
pub const PARAMETERS: [Parameter; 1] =
    [optional("after", "从这个位置之后起（与 Last-Event-ID 相同）；不写则从现在起", "0")];

static PLACES: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(MAX_LISTENERS)));

/// Begins to tell a client.
///
/// # Errors
/// 400 for a position that is none, 503 where too many listen.
pub fn listen(ledger: &Arc<Ledger>, query: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let given = Parameters::read(query, PARAMETERS.iter())?;
    let after = match headers.get("last-event-id") {
        Some(id) => Some(position(id.to_str().unwrap_or_default())?),
        None => given.value("after", FORM)?,
    };
    let next = after.map_or_else(|| ledger.model().size(), |after: u64| after.saturating_add(1));
    let place = Arc::clone(&PLACES).try_acquire_owned().map_err(|_| {
        let detail = format!("同时接收变动的已有 {MAX_LISTENERS} 个，暂时不能再接。请稍后再试。");
        Problem::unavailable("too-many-listeners", detail).retry_after(10)
    })?;
    let (sender, body) = Channel::new(PARTS_AHEAD);
    let telling = Telling { ledger: Arc::clone(ledger), next, sender, _place: place };
    tokio::spawn(telling.run());
    let headers =
        [(header::CONTENT_TYPE, "text/event-stream; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    Ok((StatusCode::OK, headers, Body::new(body)).into_response())
}

const FORM: &str = "要写非负整数";

fn position(text: &str) -> Result<u64, Problem> {
    text.parse().map_err(|_| unreadable("Last-Event-ID", text, FORM))
}

/// One client, and what it has not heard.
struct Telling {
    ledger: Arc<Ledger>,
    next: u64,
    sender: Sender<Bytes>,
    _place: OwnedSemaphorePermit,
}

impl Telling {
    /// Tells until the client has gone or the server stops. What a client missed it asks for again, by position.
    async fn run(mut self) {
        let (mut sizes, mut stop) = (self.ledger.sizes(), self.ledger.stop().listen());
        if !self.send(format!("retry: {COME_BACK_MS}\n\n").into()).await {
            return;
        }
        loop {
            let size = *sizes.borrow_and_update();
            while self.next < size && !*stop.borrow() {
                if !self.tell_some().await {
                    return;
                }
            }
            let goes_on = tokio::select! {
                changed = sizes.changed() => changed.is_ok(),
                () = async { drop(stop.wait_for(|stopping| *stopping).await) } => false,
                () = tokio::time::sleep(HEARTBEAT) => self.send(Bytes::from_static(b": \n\n")).await,
            };
            if !goes_on {
                return;
            }
        }
    }

    /// Tells the next lines; says no where nobody listens any more, or they cannot be read.
    async fn tell_some(&mut self) -> bool {
        let (ledger, from) = (Arc::clone(&self.ledger), self.next);
        let read = tokio::task::spawn_blocking(move || lines::read(&ledger, from, LINES_TOGETHER)).await;
        let Ok(Ok(batch)) = read else { return false };
        let mut text = Vec::new();
        for (position, line) in &batch {
            text.extend_from_slice(format!("id: {position}\nevent: line\ndata: ").as_bytes());
            text.extend_from_slice(line);
            text.extend_from_slice(b"\n\n");
        }
        let told = !batch.is_empty() && self.send(text.into()).await;
        self.next = batch.next();
        told
    }

    async fn send(&mut self, text: Bytes) -> bool {
        matches!(timeout(PATIENCE, self.sender.send_data(text)).await, Ok(Ok(())))
    }
}
