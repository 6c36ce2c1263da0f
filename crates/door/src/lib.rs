//! A port that is served over HTTP/1.1 until the process is asked to end.
//!
//! Anybody may knock: how long a client takes for its headers and how many clients there are at once are bounded. It must
//! not know what is answered.

use std::error::Error;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// How long a client may take for its headers.
pub const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// How many clients are served at once; others wait.
const MAX_CONNECTIONS: usize = 256;
/// How long running requests may take once serving is to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait after a client could not be accepted: the system has run out of something.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Ready when serving is to stop.
pub type Stop = Pin<Box<dyn Future<Output = ()>>>;
/// Whatever a service or a body fails with.
type AnyError = Box<dyn Error + Send + Sync>;

/// Runs `serving` on an open port, with what is ready once the process is asked to end (Ctrl-C, SIGTERM).
///
/// `opened` is called once that is heard: who is told of the port then may also ask for the end.
///
/// # Errors
/// When the runtime or the port cannot be used.
pub fn run<F: Future<Output = ()>>(
    port: std::net::TcpListener,
    opened: impl FnOnce(),
    serving: impl FnOnce(TcpListener, Stop) -> F,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        port.set_nonblocking(true)?;
        let stop = Box::pin(asked_to_stop()?);
        opened();
        serving(TcpListener::from_std(port)?, stop).await;
        Ok(())
    })
}

/// Serves until `stop` is ready; then calls `closing`, takes no more clients, and answers running requests first.
pub async fn serve<S, B>(
    port: TcpListener,
    service: S,
    stop: impl Future<Output = ()>,
    closing: impl FnOnce(),
) where
    S: Service<Request<Incoming>, Response = Response<B>, Future: Send, Error: Into<AnyError>>
        + Clone
        + Send
        + 'static,
    B: Body<Data: Send, Error: Into<AnyError>> + Send + 'static,
{
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
                    let client = attend(stream, service.clone(), &clients);
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
    closing();
    // Whoever is still silent then is not waited for.
    let _ = tokio::time::timeout(STOP_TIMEOUT, clients.shutdown()).await;
}

/// Attends to one client; a broken connection concerns that client only.
fn attend<S, B>(
    stream: TcpStream,
    service: S,
    clients: &GracefulShutdown,
) -> impl Future<Output = ()> + Send + 'static
where
    S: Service<Request<Incoming>, Response = Response<B>, Future: Send, Error: Into<AnyError>>
        + Send
        + 'static,
    B: Body<Data: Send, Error: Into<AnyError>> + Send + 'static,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(READ_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    let connection = clients.watch(connection);
    async move {
        let _ = connection.await;
    }
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
