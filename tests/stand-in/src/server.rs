//! The doors: one port for each member, HTTP/1.1, and the faults that happen at the door.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::answer::Answer;
use crate::auth::User;
use crate::body::{self, Body};
use crate::fault::{Concerns, Fault};
use crate::request::Request;
use crate::route::{Route, not_found, route};
use crate::world::World;
use crate::{append, read, service};

/// How long a server tries before it gives up a request with 408.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The connection ends here, without an answer.
#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the stand-in breaks off")
    }
}

impl std::error::Error for Broken {}

/// Serves one member until it is killed; its connections break with it.
pub(crate) async fn serve(world: Arc<World>, member: usize, generation: u64, port: std::net::TcpListener) {
    port.set_nonblocking(true).expect("a socket can be switched");
    let port = TcpListener::from_std(port).expect("a runtime takes the port");
    let mut clients = JoinSet::new();
    loop {
        tokio::select! {
            accepted = port.accept() => if let Ok((stream, _)) = accepted {
                clients.spawn(attend(Arc::clone(&world), member, generation, stream));
            },
            Some(_) = clients.join_next() => (),
        }
    }
}

async fn attend(world: Arc<World>, member: usize, generation: u64, stream: TcpStream) {
    // Small answers must not wait for more to come.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| take(Arc::clone(&world), member, generation, request));
    // A broken connection concerns that client only.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn take(
    world: Arc<World>,
    member: usize,
    generation: u64,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Body>, Broken> {
    let (head, body) = request.into_parts();
    let body = body::read(body).await.ok_or(Broken)?;
    let request = Request::new(&head, body, member);
    let manners = world.options.manners;
    // What has arrived is handled, even where its client has gone meanwhile.
    let work = tokio::spawn(handle(world, request, generation));
    let (answer, is_cut) = work.await.map_err(|_| Broken)?.ok_or(Broken)?;
    Ok(manners.adapt(answer).into_response(is_cut))
}

/// Handles a request; `None` breaks the connection, `true` breaks it within the body.
async fn handle(world: Arc<World>, request: Request, generation: u64) -> Option<(Answer, bool)> {
    world.while_stalled(request.member, generation).await?;
    let path = request.target.split('?').next().unwrap_or("").to_owned();
    let route = match route(&path) {
        Ok(route) => route,
        Err(answer) => return Some((answer, false)),
    };
    let fault = concern(&request, &route).and_then(|concern| world.take_fault(concern));
    if let Some(fault) = &fault {
        match before(&world, &request, fault).await {
            Turn::Handle => (),
            Turn::Answer(answer) => return Some((answer, false)),
            Turn::Break => return None,
        }
    }
    let answer = match User::of(&request) {
        Ok(user) => dispatch(&world, &request, &user, route, fault.as_ref()).await,
        Err(answer) => answer,
    };
    after(&world, &request, fault.as_ref(), answer).await
}

/// Tells which faults a request can meet; none where it does not concern a stream.
fn concern(request: &Request, route: &Route) -> Option<Concerns> {
    match (request.method.as_str(), route) {
        (_, Route::Info | Route::Ping | Route::Gossip) => None,
        ("POST", Route::Stream(_) | Route::Incoming(..)) => Some(Concerns::Append),
        ("GET", _) => Some(Concerns::Read { from_leader: request.wants_leader().unwrap_or(false) }),
        _ => Some(Concerns::Other),
    }
}

/// What becomes of a request before it is handled.
enum Turn {
    Handle,
    Answer(Answer),
    Break,
}

/// What a fault does before a request is handled.
async fn before(world: &Arc<World>, request: &Request, fault: &Fault) -> Turn {
    match fault {
        Fault::RequestLost => Turn::Break,
        Fault::Slow(time) => {
            tokio::time::sleep(*time).await;
            Turn::Handle
        }
        Fault::LeaderChange => {
            world.change_leader();
            Turn::Handle
        }
        Fault::RedirectTo { member } => {
            let location = format!("{}{}", world.address(*member), request.target);
            Turn::Answer(Answer::empty(307, "Temporary Redirect").with("Location", location))
        }
        Fault::Unavailable { retry_after_s } => {
            let answer = Answer::empty(503, "Server Is Not Ready");
            Turn::Answer(match retry_after_s {
                Some(seconds) => answer.with("Retry-After", seconds.to_string()),
                None => answer,
            })
        }
        Fault::AnswerLost
        | Fault::ErrorThenCommitted { .. }
        | Fault::ErrorThenGone { .. }
        | Fault::CutBody
        | Fault::TooLargeButWritten
        | Fault::StaleFollower { .. }
        | Fault::Restart => Turn::Handle,
    }
}

/// What a fault does to the answer.
async fn after(
    world: &Arc<World>,
    request: &Request,
    fault: Option<&Fault>,
    answer: Answer,
) -> Option<(Answer, bool)> {
    match fault {
        Some(Fault::AnswerLost) => None,
        Some(Fault::Restart) => {
            let (world, member) = (Arc::clone(world), request.member);
            // Killing waits for the port, so it must not happen on the thread that closes it.
            let restarted = tokio::task::spawn_blocking(move || {
                world.kill(member);
                world.start(member);
            });
            restarted.await.expect("the member starts again");
            None
        }
        Some(Fault::TooLargeButWritten) if answer.status == 201 => Some((append::too_large(), false)),
        Some(Fault::CutBody) => Some((answer, true)),
        _ => Some((answer, false)),
    }
}

async fn dispatch(
    world: &Arc<World>,
    request: &Request,
    user: &User,
    route: Route,
    fault: Option<&Fault>,
) -> Answer {
    match &route {
        Route::Info if request.method == "GET" => return service::info(world, request),
        Route::Ping if request.method == "GET" => return service::ping(request),
        Route::Gossip if request.method == "GET" => return service::gossip(world, request).await,
        Route::Info | Route::Ping | Route::Gossip => return Answer::bare(405, "Method Not Allowed"),
        _ if !world.options.atom_pub => return not_found(),
        _ if !world.options.anonymous && *user == User::Anonymous => {
            return Answer::unauthorized();
        }
        Route::WithoutSlash(path) => return without_slash(world, request, path),
        Route::Stream(_)
        | Route::Page(..)
        | Route::Event(..)
        | Route::Metadata(_)
        | Route::Incoming(..)
        | Route::All { .. } => (),
    }
    match request.method.as_str() {
        "GET" => read::get(world, request, user, route, fault).await,
        "POST" => append::post(world, request, user, route, fault).await,
        "DELETE" => append::delete(world, request, user, &route),
        "OPTIONS" => Answer::bare(200, "OK"),
        _ => Answer::bare(405, "Method Not Allowed"),
    }
}

fn without_slash(world: &World, request: &Request, path: &str) -> Answer {
    let location = format!("{}{path}", world.address(request.member));
    let answer = Answer::bare(307, "").with("Location", location).with("Cache-Control", crate::answer::YEAR);
    answer.with("Content-Type", "; charset=utf-8").saying("Moved Permanently")
}

/// Returns the redirection to the leader, where the leader is asked for and another member was.
pub(crate) fn redirected(world: &World, request: &Request, body: &str) -> Option<Answer> {
    let leader = world.leader();
    if leader == request.member || !request.wants_leader().unwrap_or(false) {
        return None;
    }
    let location = format!("{}{}", world.address(leader), request.target);
    Some(Answer::empty(307, "Temporary Redirect").with("Location", location).saying(body))
}
