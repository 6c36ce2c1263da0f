//! Paths to what answers them, and what stands on every response.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};

use crate::ledger::Ledger;
use crate::operations::{OPERATIONS, Operation};
use crate::parameters::{AXES, FORMAT, Parameter, Parameters};
use crate::problem::Problem;
use crate::representation::{Format, give, with_etag};
use crate::{acts, cell_proof, changes, doing, files, forms, health, lines, openapi, page, site};

/// Longer addresses are no question.
const MAX_QUERY_BYTES: usize = 8_192;

type Shared = State<Arc<Ledger>>;

/// Every path of a ledger that is served.
pub fn router(ledger: Arc<Ledger>) -> Router {
    let mut router = Router::new();
    for operation in &OPERATIONS {
        router = router.route(&format!("/v1{}", operation.path), question(operation));
    }
    for act in acts::all() {
        router = router.route(&format!("/v1{}", act.path), doing::route(act));
    }
    router
        .merge(site::routes())
        .merge(forms::routes())
        .route("/v1/events", get(events))
        .route("/v1/events/{event}", get(event))
        .route("/v1/proofs/{event}", get(proof))
        .route("/v1/changes", get(changed))
        .route("/v1/cell-proof", get(proven_cell))
        .route("/v1/openapi.json", get(description))
        .route("/checkpoint", get(checkpoint))
        .route("/tile/{*path}", get(tile))
        .route("/health/live", get(|| async { health::live() }))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .fallback(no_such_path)
        .method_not_allowed_fallback(|| async {
            let detail = "这个地址不能这样请求。能怎样请求见 /v1/openapi.json。";
            Problem::of(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "不能这样请求", detail)
        })
        // What an act may be sent is bounded by the act.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(Arc::clone(&ledger), dressed))
        .with_state(ledger)
}

fn question(operation: &'static Operation) -> MethodRouter<Arc<Ledger>> {
    get(move |State(ledger): Shared, RawQuery(query), headers: HeaderMap| async move {
        blocking(ledger, move |ledger| {
            let query = query.unwrap_or_default();
            let answered = answered(ledger, operation, &query, &headers);
            answered.unwrap_or_else(|problem| refused(operation, problem, &query, &headers))
        })
        .await
    })
}

fn answered(
    ledger: &Ledger,
    operation: &Operation,
    query: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    check_length(query)?;
    let axes: &[Parameter] = if operation.has_axes { &AXES } else { &[] };
    let given = Parameters::read(query, axes.iter().chain(operation.parameters).chain([&FORMAT]))?;
    let format = Format::asked(&given, headers)?;
    let answer = (operation.answer)(ledger, &given)?;
    give(operation, &answer, format, query, headers)
}

/// People who asked for a page get one that says what to do; programs get problem details.
fn refused(operation: &Operation, problem: Problem, query: &str, headers: &HeaderMap) -> Response {
    let wants_page = Format::asked(&Parameters::default(), headers) == Ok(Format::Html);
    if wants_page && query.len() <= MAX_QUERY_BYTES {
        let body = page::problem(operation, &problem, query);
        let sent = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
        return (problem.status(), sent, body).into_response();
    }
    problem.into_response()
}

pub fn check_length(query: &str) -> Result<(), Problem> {
    if query.len() <= MAX_QUERY_BYTES {
        return Ok(());
    }
    let detail = format!("查询部分最多 {MAX_QUERY_BYTES} 字节，请求的有 {} 字节。", query.len());
    Err(Problem::of(StatusCode::URI_TOO_LONG, "query-too-long", "地址太长", detail))
}

async fn no_such_path(headers: HeaderMap) -> Response {
    let problem = Problem::not_found("no-such-path", "没有这个地址。接口列在 /v1/openapi.json，首页是 /。");
    match Format::asked(&Parameters::default(), &headers) {
        Ok(Format::Html) => site::refused(&problem, ""),
        Ok(Format::Json | Format::Csv | Format::Xlsx | Format::Canonical) | Err(_) => problem.into_response(),
    }
}

async fn events(State(ledger): Shared, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    blocking(ledger, move |ledger| {
        let query = query.unwrap_or_default();
        let given = check_length(&query).and_then(|()| Parameters::read(&query, lines::PARAMETERS.iter()));
        given.and_then(|given| lines::range(ledger, &given, &headers)).into_response()
    })
    .await
}

async fn event(State(ledger): Shared, Path(name): Path<String>, headers: HeaderMap) -> Response {
    blocking(ledger, move |ledger| lines::one(ledger, &name, &headers).into_response()).await
}

async fn proof(State(ledger): Shared, Path(name): Path<String>) -> Response {
    blocking(ledger, move |ledger| lines::proof(ledger, &name).into_response()).await
}

async fn changed(State(ledger): Shared, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let query = query.unwrap_or_default();
    let listening = check_length(&query).and_then(|()| changes::listen(&ledger, &query, &headers));
    listening.unwrap_or_else(Problem::into_response)
}

async fn proven_cell(State(ledger): Shared, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    blocking(ledger, move |ledger| {
        let query = query.unwrap_or_default();
        check_length(&query).and_then(|()| cell_proof::answer(ledger, &query, &headers)).into_response()
    })
    .await
}

async fn checkpoint(State(ledger): Shared, headers: HeaderMap) -> Response {
    blocking(ledger, move |ledger| files::checkpoint(ledger, &headers).into_response()).await
}

async fn tile(State(ledger): Shared, Path(path): Path<String>, headers: HeaderMap) -> Response {
    blocking(ledger, move |ledger| files::tile(ledger, &path, &headers).into_response()).await
}

async fn ready(State(ledger): Shared) -> Response {
    blocking(ledger, |ledger| health::ready(ledger).into_response()).await
}

async fn metrics(State(ledger): Shared) -> Response {
    blocking(ledger, health::metrics).await
}

async fn description(headers: HeaderMap) -> Response {
    with_etag(openapi::document().to_string(), "application/json", "no-cache", &headers)
}

/// Work on a ledger takes a disk or a while; it is kept off the threads that hold the connections. What panics ends itself
/// alone: whether something was recorded, the same request again tells.
pub async fn blocking(
    ledger: Arc<Ledger>,
    answer: impl FnOnce(&Ledger) -> Response + Send + 'static,
) -> Response {
    let answered = tokio::task::spawn_blocking(move || answer(&ledger)).await;
    answered.unwrap_or_else(|_| {
        let detail =
            "服务器出错。请把地址和时间告诉管理员；若在报送，请用同一编号重试：已入账的会得到原来的回执。";
        Problem::of(StatusCode::INTERNAL_SERVER_ERROR, "internal-error", "服务器出错", detail).into_response()
    })
}

/// What stands on every response: nothing is guessed, framed, run or sent elsewhere.
const SECURITY: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; img-src 'self'; script-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Without any, a browser would send a form with `Origin: null`.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

async fn dressed(State(ledger): Shared, request: Request<axum::body::Body>, next: Next) -> Response {
    let mut response = next.run(request).await;
    ledger.numbers().answers.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    for (name, value) in SECURITY {
        // What is stricter already stays so.
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
