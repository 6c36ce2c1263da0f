//! The witness's door: `POST /add-checkpoint` (C2SP tlog-witness) over HTTP/1.1.
//!
//! Anybody may knock: the body, the time a client takes for its request, and the number of clients at once are bounded.
//! Transport security is left to a proxy in front; a cosignature needs none, it proves itself.

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use door::READ_TIMEOUT;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use crate::decide::Refusal;
use crate::witness::{Unable, Witness};

/// The most bytes of a request: a proof of 63 hashes and a note with a hundred signatures need less.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
/// The media type of a size, given to a log whose proof starts elsewhere.
pub const SIZE_TYPE: &str = "text/x.tlog.size";

/// Seconds since 1970, from wherever the program takes its time.
pub type Clock = fn() -> u64;

#[derive(Clone)]
struct Door {
    witness: Arc<Witness>,
    clock: Clock,
}

/// Serves on an open port until the process is asked to end (Ctrl-C, SIGTERM); running requests are answered first.
/// `opened` is called once it can be asked to.
///
/// # Errors
/// When the runtime or the port cannot be used.
pub fn run(
    port: std::net::TcpListener,
    opened: impl FnOnce(),
    witness: Witness,
    clock: Clock,
) -> io::Result<()> {
    door::run(port, opened, |port, stop| serve(port, witness, clock, stop))
}

/// Serves until `stop` is ready; running requests are answered first.
pub async fn serve(port: TcpListener, witness: Witness, clock: Clock, stop: impl Future<Output = ()>) {
    door::serve(port, TowerToHyperService::new(router(witness, clock)), stop, || ()).await;
}

fn router(witness: Witness, clock: Clock) -> Router {
    let door = Door { witness: Arc::new(witness), clock };
    Router::new().route("/add-checkpoint", post(add_checkpoint)).with_state(door)
}

async fn add_checkpoint(State(door): State<Door>, body: Body) -> Response {
    let body = match tokio::time::timeout(READ_TIMEOUT, to_bytes(body, MAX_BODY_BYTES)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return sentence(StatusCode::PAYLOAD_TOO_LARGE, "请求超过 64 KiB，或没有传完"),
        Err(_) => return sentence(StatusCode::REQUEST_TIMEOUT, "请求正文没有及时传完"),
    };
    // Remembering waits for the disk; other clients must not wait with it.
    let work = move || door.witness.add_checkpoint(&body, (door.clock)());
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(line)) => plain(StatusCode::OK, line),
        Ok(Err(Unable::Refused(refusal))) => refused(refusal),
        // What is wrong with the memory concerns whoever runs the witness, not who asks.
        Ok(Err(Unable::Memory(error))) => {
            eprintln!("错误：{error}");
            sentence(StatusCode::INTERNAL_SERVER_ERROR, "见证方的状态不可用，没有副署")
        }
        Err(_) => sentence(StatusCode::INTERNAL_SERVER_ERROR, "见证程序出错，没有副署"),
    }
}

fn refused(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Malformed(_) | Refusal::Backwards => sentence(StatusCode::BAD_REQUEST, &refusal.to_string()),
        Refusal::NotSigned => sentence(StatusCode::FORBIDDEN, &refusal.to_string()),
        Refusal::UnknownOrigin => sentence(StatusCode::NOT_FOUND, &refusal.to_string()),
        Refusal::OtherSize { latest } | Refusal::Fork { latest } => {
            (StatusCode::CONFLICT, [(header::CONTENT_TYPE, SIZE_TYPE)], format!("{latest}\n")).into_response()
        }
        Refusal::Inconsistent => sentence(StatusCode::UNPROCESSABLE_ENTITY, &refusal.to_string()),
    }
}

fn sentence(status: StatusCode, text: &str) -> Response {
    plain(status, format!("{text}\n"))
}

fn plain(status: StatusCode, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
