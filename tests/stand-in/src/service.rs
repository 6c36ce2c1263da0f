//! What a server says about itself.

use feed::json::Json;

use crate::answer::{Answer, NO_CACHE, TEXT};
use crate::database::made_id;
use crate::manners::Manners;
use crate::request::Request;
use crate::server::PATIENCE;
use crate::world::{State, World};

const JSON: &str = "application/json; charset=utf-8";

pub(crate) fn info(world: &World, request: &Request) -> Answer {
    let manners = world.options.manners;
    let state = manners.state(state_of(&world.state(), request.member));
    Answer::ok(JSON, manners.info(state, world.options.atom_pub).indented().into_bytes())
}

pub(crate) fn ping(request: &Request) -> Answer {
    let text = "Ping request successfully handled";
    if request.header("accept").is_some_and(|accept| accept.starts_with("text/plain")) {
        return Answer::ok(TEXT, format!("Text: {text}").into_bytes());
    }
    let document = Json::object([("msgTypeId", Json::integer(177)), ("text", Json::text(text))]);
    Answer::ok(JSON, document.indented().into_bytes())
}

/// Tells the members. A server of its own does not answer that.
pub(crate) async fn gossip(world: &World, request: &Request) -> Answer {
    if world.members() == 1 {
        tokio::time::sleep(PATIENCE).await;
        return Answer::bare(408, "Server was unable to handle request in time");
    }
    let state = world.state();
    let members =
        (0..state.members.len()).map(|member| described(&state, member, world.options.manners)).collect();
    let document = Json::object([
        ("members", Json::List(members)),
        ("serverIp", Json::text("127.0.0.1")),
        ("serverPort", Json::integer(state.members[request.member].port)),
    ]);
    let answer = Answer::bare(200, "OK").with("Cache-Control", NO_CACHE).with("Content-Type", JSON);
    Answer { body: document.indented().into_bytes(), ..answer.with("Vary", "Accept") }
}

/// Returns what a member is, or last was, as the others say it.
fn state_of(state: &State, member: usize) -> &'static str {
    if member == state.leader {
        return "Master";
    }
    let has_leader = state.members[state.leader].is_alive();
    let was_leader = !state.members[member].is_alive() && state.members[member].led;
    match (was_leader, has_leader || !state.members[member].is_alive()) {
        (true, _) => "Master",
        (false, true) => "Slave",
        (false, false) => "PreReplica",
    }
}

fn described(state: &State, member: usize, manners: Manners) -> Json {
    let (endpoint, inner) = (manners.endpoint(), manners.inner_endpoint());
    let one = &state.members[member];
    let port = || Json::integer(one.port);
    let place = || Json::integer(state.database.committed());
    let ip = || Json::text("127.0.0.1");
    Json::object([
        ("instanceId", Json::Text(made_id(1 << 40 | member as u64))),
        ("timeStamp", Json::text("2026-01-01T00:00:00.000000Z")),
        ("state", Json::text(manners.state(state_of(state, member)))),
        ("isAlive", Json::Bool(one.is_alive())),
        ("internalTcpIp", ip()),
        ("internalTcpPort", port()),
        ("internalSecureTcpPort", Json::integer(0)),
        ("externalTcpIp", ip()),
        ("externalTcpPort", port()),
        ("externalSecureTcpPort", Json::integer(0)),
        (inner.0, ip()),
        (inner.1, port()),
        (endpoint.0, ip()),
        (endpoint.1, port()),
        ("lastCommitPosition", place()),
        ("writerCheckpoint", place()),
        ("chaserCheckpoint", place()),
        ("epochPosition", Json::integer(0)),
        ("epochNumber", Json::integer(one.epoch)),
        ("epochId", Json::Text(made_id(2 << 40 | one.epoch))),
        ("nodePriority", Json::integer(0)),
    ])
}
