//! The feed's door: `GET` and `HEAD` over HTTP/1.1, and nothing else.
//!
//! Anybody may read. How long a client takes, how many there are, how much is read at once and how long a poll waits
//! are bounded. Transport security and access are left to a proxy in front.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, header};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::address::Resource;
use crate::answer::{Answer, Asked};
use crate::ledger::Ledger;
use crate::page::Ask;

/// How many pages are made at once: each may hold 16 MiB of lines.
const MAX_PAGES: usize = 8;
/// The longest poll.
const MAX_POLL_S: u64 = 60;
/// How often a poll looks for a larger head.
const POLL_PAUSE: Duration = Duration::from_millis(250);

struct Door {
    ledger: Ledger,
    /// How readers call this server, where that is not what they put into `Host`.
    base: Option<String>,
    pages: Semaphore,
    /// Closed when the feed is to stop.
    open: Semaphore,
}

/// Serves on an open port until the process is asked to end (Ctrl-C, SIGTERM); running requests are answered first.
/// `opened` is called once it can be asked to.
///
/// # Errors
/// When the runtime or the port cannot be used.
pub fn run(
    port: std::net::TcpListener,
    opened: impl FnOnce(),
    ledger: Ledger,
    base: Option<String>,
) -> io::Result<()> {
    door::run(port, opened, |port, stop| serve(port, ledger, base, stop))
}

/// Serves until `stop` is ready; running requests are answered first.
pub async fn serve(port: TcpListener, ledger: Ledger, base: Option<String>, stop: impl Future<Output = ()>) {
    let (pages, open) = (Semaphore::new(MAX_PAGES), Semaphore::new(0));
    let door = Arc::new(Door { ledger, base, pages, open });
    let serving = Arc::clone(&door);
    let service = service_fn(move |request| {
        let door = Arc::clone(&serving);
        async move { Ok::<_, Infallible>(sent(answer(door, request).await)) }
    });
    door::serve(port, service, stop, || door.open.close()).await;
}

fn sent(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Full::from(answer.body)).expect("headers are made of names and numbers")
}

async fn answer(door: Arc<Door>, request: Request<Incoming>) -> Answer {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let text = "订阅源只读：请用 GET。记录数据请用 progress-ledger submit。";
        return Answer::sentence(StatusCode::METHOD_NOT_ALLOWED, text).with("Allow", "GET, HEAD");
    }
    let Some(base) = base(&door, &request) else {
        return Answer::sentence(StatusCode::BAD_REQUEST, "请求没有可用的 Host 头。");
    };
    let (head, _) = request.into_parts();
    let asked = match Asked::read(head, base, &door.ledger) {
        Ok(asked) => asked,
        Err(refusal) => return refusal,
    };
    if let Some((from, time)) = poll(&asked) {
        until_shown(&door, from, time).await;
    }
    let _place = door.pages.acquire().await.expect("the places are never closed");
    // Reading waits for the disk; other clients must not wait with it.
    let making = Arc::clone(&door);
    let made = tokio::task::spawn_blocking(move || asked.answer(&making.ledger));
    let failed = |_| Answer::sentence(StatusCode::INTERNAL_SERVER_ERROR, "订阅源程序出错，没有答复。");
    made.await.unwrap_or_else(failed)
}

/// Returns how the reader calls this server. A `Host` that could break out of a document is not taken.
fn base(door: &Door, request: &Request<Incoming>) -> Option<String> {
    if let Some(base) = &door.base {
        return Some(base.clone());
    }
    let host = request.headers().get(header::HOST)?.to_str().ok()?;
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    (!host.is_empty() && host.chars().all(fits)).then(|| format!("http://{host}"))
}

/// Returns what a request waits for: that a line is shown, and how long.
fn poll(asked: &Asked) -> Option<(u64, Duration)> {
    let Resource::Page(Ask::Forward { from, .. }) = asked.resource else {
        return None;
    };
    let seconds = asked.long_poll_s().filter(|seconds| *seconds > 0)?;
    Some((u64::try_from(from).ok()?, Duration::from_secs(seconds.min(MAX_POLL_S))))
}

/// Waits until line `from` is shown, for that time at most, and not beyond the end of the feed.
async fn until_shown(door: &Arc<Door>, from: u64, time: Duration) {
    let deadline = Instant::now() + time;
    loop {
        let looking = Arc::clone(door);
        let shown = tokio::task::spawn_blocking(move || looking.ledger.shown()).await;
        if shown.is_ok_and(|shown| shown > from) || Instant::now() >= deadline {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep_until(deadline.min(Instant::now() + POLL_PAUSE)) => (),
            _ = door.open.acquire() => return,
        }
    }
}
