//! Forms without script: their fields become the documents that acts take, and what came of it becomes a page.
//!
//! Nothing is decided here. A form goes through the same act as a program's request, with the same checks; a refusal comes back as
//! the form with what was entered and what stands in the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use chain::EventHash;
use pages::desk::{self, Correction, Entered, Invited, Trouble};
use serde_json::{Value, json};

use crate::acts::{self, Body, Sent};
use crate::doing;
use crate::ledger::Ledger;
use crate::parameters::{ID_FORM, optional, required, unreadable};
use crate::people::CSRF_FIELD;
use crate::problem::Problem;
use crate::site::{self, Request as Asked};

/// A form of a unit with many rows, and its texts.
const MAX_FORM_BYTES: usize = 1 << 20;
const FORM: &[&str] = &["application/x-www-form-urlencoded"];
/// An answer of an act is no longer.
const MAX_ANSWER_BYTES: usize = 16 << 20;

type Fields = Vec<(String, String)>;
type Shared = State<Arc<Ledger>>;

/// The forms.
pub fn routes() -> Router<Arc<Ledger>> {
    Router::new()
        .route("/login", get(login).post(signed_in))
        .route("/logout", post(signed_out))
        .route("/link/{secret}", get(link).post(redeemed))
        .route("/report", get(report).post(reported))
        .route("/report-file", post(file_reported))
        .route("/mine", get(mine))
        .route("/review", get(review).post(reviewed))
        .route("/correct", get(correct).post(corrected))
}

/// What an act answered.
struct Done {
    cookie: Option<HeaderValue>,
    body: Value,
}

/// Has an act performed with a document, as a program would.
async fn perform(
    ledger: &Arc<Ledger>,
    id: &'static str,
    parts: Parts,
    path: BTreeMap<String, String>,
    body: Body,
) -> Result<Done, Problem> {
    let act = acts::all().find(|act| act.id == id).expect("a form's act is on the list");
    let ledger = Arc::clone(ledger);
    let answered =
        tokio::task::spawn_blocking(move || doing::performed(act, &ledger, &parts, path, body)).await;
    let response = answered.map_err(|_| {
        let detail =
            "服务器出错。请把地址和时间告诉管理员；若在报送，请再提交一次：已入账的会得到原来的回执。";
        Problem::of(StatusCode::INTERNAL_SERVER_ERROR, "internal-error", "服务器出错", detail)
    })??;
    let cookie = response.headers().get(header::SET_COOKIE).cloned();
    let bytes = to_bytes(response.into_body(), MAX_ANSWER_BYTES).await.unwrap_or_default();
    Ok(Done { cookie, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
}

/// A document beside the fields of its form: the token of the session is among them.
fn document(document: &Value, fields: &Fields) -> Body {
    let kept = [CSRF_FIELD, "dry-run", "confirm"];
    Body {
        bytes: Bytes::from(document.to_string()),
        media_type: "application/json".to_owned(),
        fields: fields.iter().filter(|(name, _)| kept.contains(&name.as_str())).cloned().collect(),
        file: None,
    }
}

/// The fields of a form, in their order.
async fn fields(request: Request) -> Result<(Parts, Fields), Problem> {
    let (parts, body) = request.into_parts();
    let sent = Sent { media_types: FORM, limit: MAX_FORM_BYTES, example: || json!({}) };
    let (bytes, _) = acts::received(Some(&sent), &parts.headers, body).await?;
    Ok((parts, form_urlencoded::parse(&bytes).into_owned().collect()))
}

fn field<'f>(fields: &'f Fields, name: &str) -> &'f str {
    fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str()).unwrap_or_default()
}

/// The browser goes on to a page of this server; anything else is the first page.
fn see(path: &str, cookie: Option<HeaderValue>) -> Response {
    let own = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    let path = HeaderValue::try_from(if own { path } else { "/" });
    let path = path.unwrap_or(HeaderValue::from_static("/"));
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

fn html(status: StatusCode, body: String) -> Response {
    let sent = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (status, sent, body).into_response()
}

fn troubles(problem: &Problem) -> Vec<Trouble> {
    desk::troubles(problem.more("problems"))
}

async fn login(request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let next = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "next");
    let next = next.map(|(_, value)| value.into_owned()).unwrap_or_default();
    html(StatusCode::OK, desk::sign_in("", &next, ""))
}

async fn signed_in(State(ledger): Shared, request: Request) -> Response {
    let (parts, fields) = match fields(request).await {
        Ok(read) => read,
        Err(problem) => return html(problem.status(), desk::sign_in("", "", problem.detail())),
    };
    let (name, next) = (field(&fields, "login").to_owned(), field(&fields, "next").to_owned());
    let sent = json!({ "login": name, "password": field(&fields, "password") });
    match perform(&ledger, "login", parts, BTreeMap::new(), document(&sent, &fields)).await {
        Ok(done) => see(&next, done.cookie),
        Err(problem) => html(problem.status(), desk::sign_in(&name, &next, problem.detail())),
    }
}

async fn signed_out(State(ledger): Shared, request: Request) -> Response {
    let read = fields(request).await;
    let done = match read {
        Ok((parts, fields)) => {
            let body = Body { fields, ..Body::default() };
            perform(&ledger, "logout", parts, BTreeMap::new(), body).await
        }
        Err(problem) => Err(problem),
    };
    match done {
        Ok(done) => see("/", done.cookie),
        Err(problem) => site::refused(&problem, ""),
    }
}

/// Whom a link is for, as the act tells it.
async fn invited(ledger: &Arc<Ledger>, parts: Parts, secret: &str) -> Result<Value, Problem> {
    let path = BTreeMap::from([("secret".to_owned(), secret.to_owned())]);
    Ok(perform(ledger, "link", parts, path, Body::default()).await?.body)
}

fn link_page(told: &Value, status: StatusCode, problem: &str) -> Response {
    let text = |member: &str| told[member].as_str().unwrap_or_default();
    let until = text("expires_at").parse().map(projections::words::china_time).unwrap_or_default();
    html(status, desk::link(Invited { login: text("login"), until: &until }, problem))
}

async fn link(State(ledger): Shared, Path(secret): Path<String>, request: Request) -> Response {
    match invited(&ledger, request.into_parts().0, &secret).await {
        Ok(told) => link_page(&told, StatusCode::OK, ""),
        Err(problem) => site::refused(&problem, ""),
    }
}

async fn redeemed(State(ledger): Shared, Path(secret): Path<String>, request: Request) -> Response {
    let (parts, fields) = match fields(request).await {
        Ok(read) => read,
        Err(problem) => return site::refused(&problem, ""),
    };
    let path = BTreeMap::from([("secret".to_owned(), secret.clone())]);
    let sent = json!({ "password": field(&fields, "password") });
    let problem = match perform(&ledger, "redeem-link", parts.clone(), path, document(&sent, &fields)).await {
        Ok(done) => return see("/", done.cookie),
        Err(problem) => problem,
    };
    match invited(&ledger, parts, &secret).await {
        Ok(told) => link_page(&told, problem.status(), problem.detail()),
        Err(_) => site::refused(&problem, ""),
    }
}

/// A page of the desk: for whoever is signed in; anybody else is asked to.
async fn desk_page(
    ledger: Arc<Ledger>,
    headers: HeaderMap,
    here: String,
    query: String,
    status: StatusCode,
    own: &'static [crate::parameters::Parameter],
    write: impl Fn(&Asked<'_>, &pages::Visitor) -> Result<String, Problem> + Send + 'static,
) -> Response {
    site::desk(ledger, headers, query, own, move |own| match own.site.visitor {
        Some(visitor) => Ok(html(status, write(own, visitor)?)),
        None => {
            let next: String = form_urlencoded::byte_serialize(here.as_bytes()).collect();
            Ok(see(&format!("/login?next={next}"), None))
        }
    })
    .await
}

fn here(parts: &Parts) -> (String, String) {
    let query = parts.uri.query().unwrap_or_default();
    let mark = if query.is_empty() { "" } else { "?" };
    (format!("{}{mark}{query}", parts.uri.path()), query.to_owned())
}

async fn mine(State(ledger): Shared, request: Request) -> Response {
    let parts = request.into_parts().0;
    let (here, query) = here(&parts);
    desk_page(ledger, parts.headers, here, query, StatusCode::OK, &[], |own, visitor| {
        Ok(desk::mine(&own.site, own.asked, visitor)?)
    })
    .await
}

const OF_REPORT: [crate::parameters::Parameter; 2] =
    [optional("unit", "填报单位", "guixi"), optional("period", "报送期", "2022-04")];

async fn report(State(ledger): Shared, request: Request) -> Response {
    let parts = request.into_parts().0;
    let (here, query) = here(&parts);
    desk_page(ledger, parts.headers, here, query, StatusCode::OK, &OF_REPORT, |own, visitor| {
        let period = own.given.value("period", ID_FORM)?;
        let unit = own.given.text("unit")?.unwrap_or_default();
        let entered = Entered { fields: vec![("unit".to_owned(), unit.to_owned())], ..Entered::default() };
        Ok(desk::report(&own.site, own.asked, visitor, period.as_ref(), &entered)?)
    })
    .await
}

async fn reported(State(ledger): Shared, request: Request) -> Response {
    let (parts, fields) = match fields(request).await {
        Ok(read) => read,
        Err(problem) => return site::refused(&problem, ""),
    };
    let (sent, rows) = desk::filing(&fields);
    let done = perform(&ledger, "submit", parts.clone(), BTreeMap::new(), document(&sent, &fields)).await;
    settled(ledger, parts, fields, rows, done).await
}

async fn file_reported(State(ledger): Shared, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let act = acts::all().find(|act| act.id == "import").expect("files are taken");
    let body = match acts::read(act.sent.as_ref(), &parts.headers, body).await {
        Ok(body) => body,
        Err(problem) => return site::refused(&problem, ""),
    };
    let fields = body.fields.clone();
    let done = perform(&ledger, "import", parts.clone(), BTreeMap::new(), body).await;
    settled(ledger, parts, fields, Vec::new(), done).await
}

/// A receipt, or the form again with what stands in the way.
async fn settled(
    ledger: Arc<Ledger>,
    parts: Parts,
    fields: Fields,
    rows: Vec<usize>,
    done: Result<Done, Problem>,
) -> Response {
    match done {
        Ok(Done { body, .. }) if body["recorded"] == true => receipt(ledger, parts, body).await,
        Ok(_) => {
            let said = "检查通过，没有问题；还没有入账。".to_owned();
            report_again(ledger, parts, StatusCode::OK, Entered { fields, rows, said, troubles: Vec::new() })
                .await
        }
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            let (said, troubles) = (problem.detail().to_owned(), troubles(&problem));
            report_again(ledger, parts, problem.status(), Entered { fields, rows, said, troubles }).await
        }
        Err(problem) => site::refused(&problem, ""),
    }
}

async fn report_again(ledger: Arc<Ledger>, parts: Parts, status: StatusCode, entered: Entered) -> Response {
    desk_page(
        ledger,
        parts.headers,
        "/report".to_owned(),
        String::new(),
        status,
        &OF_REPORT,
        move |own, visitor| Ok(desk::report(&own.site, own.asked, visitor, None, &entered)?),
    )
    .await
}

async fn receipt(ledger: Arc<Ledger>, parts: Parts, told: Value) -> Response {
    desk_page(ledger, parts.headers, "/mine".to_owned(), String::new(), StatusCode::OK, &[], move |own, _| {
        Ok(desk::receipt(&own.site, own.asked, &told)?)
    })
    .await
}

async fn review(State(ledger): Shared, request: Request) -> Response {
    let parts = request.into_parts().0;
    let (here, query) = here(&parts);
    desk_page(ledger, parts.headers, here, query, StatusCode::OK, &[], |own, visitor| {
        Ok(desk::review(&own.site, own.asked, visitor, "", Vec::new())?)
    })
    .await
}

async fn reviewed(State(ledger): Shared, request: Request) -> Response {
    let (parts, fields) = match fields(request).await {
        Ok(read) => read,
        Err(problem) => return site::refused(&problem, ""),
    };
    let act = match field(&fields, "act") {
        "verify" => "verify",
        "approve" => "approve",
        "return" => "return",
        other => return site::refused(&unreadable("act", other, "要写 verify、approve 或 return"), ""),
    };
    let sent = desk::acts(&fields, act);
    let (status, said, troubles) = if sent["events"].as_array().is_some_and(Vec::is_empty) {
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            "没有选任何一个数，没有办理。请先在“选”一栏打勾。".to_owned(),
            vec![none_chosen()],
        )
    } else {
        match perform(&ledger, act, parts.clone(), BTreeMap::new(), document(&sent, &fields)).await {
            Ok(done) => (StatusCode::OK, done_said(act, &done.body), Vec::new()),
            Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
                (problem.status(), problem.detail().to_owned(), troubles(&problem))
            }
            Err(problem) => return site::refused(&problem, ""),
        }
    };
    desk_page(ledger, parts.headers, "/review".to_owned(), String::new(), status, &[], move |own, visitor| {
        Ok(desk::review(&own.site, own.asked, visitor, &said, troubles.clone())?)
    })
    .await
}

fn none_chosen() -> Trouble {
    Trouble { place: String::new(), text: "至少选一个数。".to_owned(), is_warning: false }
}

fn done_said(act: &str, told: &Value) -> String {
    let lines = told["lines"].as_array().map_or(0, Vec::len);
    let word = match act {
        "verify" => "复核通过",
        "approve" => "审定",
        _ => "退回",
    };
    let first = told["lines"][0]["position"].as_u64().unwrap_or_default();
    format!("已入账：{word} {lines} 个，从 #{first} 起。")
}

const OF_CORRECTION: [crate::parameters::Parameter; 1] = [required("figure", "要更正的数的事件哈希", "")];

async fn correct(State(ledger): Shared, request: Request) -> Response {
    let parts = request.into_parts().0;
    let (here, query) = here(&parts);
    desk_page(ledger, parts.headers, here, query, StatusCode::OK, &OF_CORRECTION, |own, visitor| {
        let figure: EventHash = own.given.required("figure", "事件哈希是 64 位小写十六进制数")?;
        Ok(desk::correct(&own.site, own.asked, visitor, figure, &Correction::default())?)
    })
    .await
}

async fn corrected(State(ledger): Shared, request: Request) -> Response {
    let (parts, fields) = match fields(request).await {
        Ok(read) => read,
        Err(problem) => return site::refused(&problem, ""),
    };
    let Ok(figure) = field(&fields, "figure").parse::<EventHash>() else {
        return site::refused(
            &unreadable("figure", field(&fields, "figure"), "事件哈希是 64 位小写十六进制数"),
            "",
        );
    };
    let sent = desk::correction(&fields);
    match perform(&ledger, "correct", parts.clone(), BTreeMap::new(), document(&sent, &fields)).await {
        Ok(done) => receipt(ledger, parts, done.body).await,
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            let status = problem.status();
            let given =
                Correction { fields, said: problem.detail().to_owned(), troubles: troubles(&problem) };
            desk_page(
                ledger,
                parts.headers,
                "/mine".to_owned(),
                String::new(),
                status,
                &[],
                move |own, visitor| Ok(desk::correct(&own.site, own.asked, visitor, figure, &given)?),
            )
            .await
        }
        Err(problem) => site::refused(&problem, ""),
    }
}
