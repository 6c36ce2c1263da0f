//! The witness's door: `POST /add-checkpoint` (C2SP tlog-witness) over HTTP/1.1.
//!
//! Anybody may knock: the body, the time a client takes for its request, and the number of clients at once are bounded.
//! Transport security is left to a proxy in front; a cosignature needs none, it proves itself.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::decide::Refusal;
use crate::witness::{Unable, Witness};

/// The most bytes of a request: a proof of 63 hashes and a note with a hundred signatures need less.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
/// How long a client may take for its headers, and again for its body.
const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// How many clients are served at once; others wait.
const MAX_CONNECTIONS: usize = 256;
/// How long running requests may take once the witness is to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait after a client could not be accepted: the system has run out of something.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
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
///
/// # Errors
/// When the runtime or the port cannot be used.
pub fn run(port: std::net::TcpListener, witness: Witness, clock: Clock) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        port.set_nonblocking(true)?;
        let stop = asked_to_stop()?;
        serve(TcpListener::from_std(port)?, witness, clock, stop).await;
        Ok(())
    })
}

/// Serves until `stop` is ready; running requests are answered first.
pub async fn serve(port: TcpListener, witness: Witness, clock: Clock, stop: impl Future<Output = ()>) {
    let router = router(witness, clock);
    let clients = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    tokio::pin!(stop);
    loop {
        let accept = async {
            let place = Arc::clone(&places).acquire_owned().await.expect("the places are never closed");
            (port.accept().await, place)
        };
        tokio::select! {
            (accepted, place) = accept => match accepted {
                Ok((stream, _)) => {
                    let client = attend(stream, router.clone(), &clients);
                    tokio::spawn(async move {
                        client.await;
                        drop(place);
                    });
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            () = &mut stop => break,
        }
    }
    drop(port);
    // Whoever is still silent then is not waited for.
    let _ = tokio::time::timeout(STOP_TIMEOUT, clients.shutdown()).await;
}

/// Attends to one client; a broken connection concerns that client only.
fn attend(
    stream: TcpStream,
    router: Router,
    clients: &GracefulShutdown,
) -> impl Future<Output = ()> + Send + 'static {
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(READ_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    let connection = clients.watch(connection);
    async move {
        let _ = connection.await;
    }
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

#[cfg(unix)]
fn asked_to_stop() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => (),
            _ = terminate.recv() => (),
        }
    })
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix, signals may be refused")]
fn asked_to_stop() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
