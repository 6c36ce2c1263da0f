//! From a request to an act: what is read of it, who asks, whether it is their own doing.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::extract::{FromRequestParts as _, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter, on};

use crate::acts::{self, Act, Body, Entrance, Given};
use crate::ledger::Ledger;
use crate::parameters::Parameters;
use crate::people::{CSRF_FIELD, Visitor};
use crate::problem::Problem;
use crate::routes::{blocking, check_length};

/// The route of an act.
pub fn route(act: &'static Act) -> MethodRouter<Arc<Ledger>> {
    let method = MethodFilter::try_from(act.method.clone()).expect("a method that routes know");
    on(method, move |State(ledger): State<Arc<Ledger>>, request: Request| async move {
        answered(act, ledger, request).await.unwrap_or_else(Problem::into_response)
    })
}

async fn answered(act: &'static Act, ledger: Arc<Ledger>, request: Request) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let path = path_of(&mut parts).await;
    let body = acts::read(act.sent.as_ref(), &parts.headers, body).await?;
    Ok(blocking(ledger, move |ledger| {
        performed(act, ledger, &parts, path, body).unwrap_or_else(Problem::into_response)
    })
    .await)
}

async fn path_of(parts: &mut Parts) -> BTreeMap<String, String> {
    // A path without names has none, and text that is no UTF-8 names nothing.
    let Ok(named) = RawPathParams::from_request_parts(parts, &()).await else { return BTreeMap::new() };
    named.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Performs an act, whoever brings what is sent: a program, or a form.
///
/// # Errors
/// What stands in the way.
pub fn performed(
    act: &Act,
    ledger: &Ledger,
    parts: &Parts,
    path: BTreeMap<String, String>,
    body: Body,
) -> Result<Response, Problem> {
    let Some(desk) = ledger.desk() else {
        let detail = "这个服务器只读。要办理请用记录数据的服务器，或 progress-ledger 命令行。";
        return Err(Problem::of(StatusCode::FORBIDDEN, "read-only", "这里只读", detail));
    };
    let (headers, now) = (&parts.headers, ledger.clock().now());
    let query = parts.uri.query().unwrap_or_default();
    check_length(query)?;
    let query = Parameters::read(query, act.parameters.iter())?;
    let people = &desk.people;
    let visitor = match act.entrance {
        // An old cookie must not keep anybody from coming in anew.
        Entrance::Anybody => Visitor::Nobody,
        Entrance::SignedIn => people.visitor(headers, now)?,
    };
    if act.entrance == Entrance::SignedIn && visitor.identity().is_none() {
        return Err(Problem::unauthorized("not-signed-in", "没有登录。请登录，或用接口令牌。"));
    }
    if act.method != Method::GET {
        people.require_own_doing(&visitor, headers, body.field(CSRF_FIELD))?;
    }
    let address = people.address(peer(parts), headers);
    (act.perform)(&Given { ledger, desk, now, address, headers, path, query, body, visitor })
}

/// From where the connection comes. Tests without a socket come from nowhere.
fn peer(parts: &Parts) -> IpAddr {
    parts.extensions.get::<door::Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip())
}
