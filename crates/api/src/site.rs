//! The web pages: addresses to the room that writes them.

use std::sync::Arc;

use answers::Asked;
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use pages::assets::{self, Asset};
use pages::{PageError, Said, Site};

use crate::ledger::Ledger;
use crate::lines;
use crate::parameters::{AXES, ID_FORM, Parameter, Parameters, required};
use crate::problem::Problem;
use crate::representation::with_etag;
use crate::routes::{blocking, check_length};

/// A page: its path, its own parameters, and what writes it.
struct Page {
    path: &'static str,
    parameters: &'static [Parameter],
    write: fn(&Site<'_>, &Asked<'_>, &Parameters) -> Result<String, Problem>,
}

const PAGES: [Page; 2] = [
    Page { path: "/", parameters: &[], write: |site, asked, _| Ok(pages::overview(site, asked)?) },
    Page {
        path: "/cell",
        parameters: &[required("indicator", "指标代码", "core-value-added"), required("area", "地区代码", "yuehu")],
        write: |site, asked, given| {
            let (indicator, area) = (given.required("indicator", ID_FORM)?, given.required("area", ID_FORM)?);
            Ok(pages::cell(site, asked, &indicator, &area)?)
        },
    },
];

/// The pages and the files they ask for.
pub fn routes() -> Router<Arc<Ledger>> {
    let mut router = Router::new().route("/events/{event}", get(event));
    for page in &PAGES {
        let answer = move |State(ledger): State<Arc<Ledger>>, RawQuery(query): RawQuery, headers: HeaderMap| {
            written(ledger, query, headers, page.parameters, page.write)
        };
        router = router.route(page.path, get(answer));
    }
    for asset in assets::all() {
        router = router.route(&asset.path, get(move |headers: HeaderMap| async move { file(asset, &headers) }));
    }
    router
}

fn file(asset: &Asset, headers: &HeaderMap) -> Response {
    with_etag(asset.content, asset.media_type, "public, max-age=31536000, immutable", headers)
}

async fn event(
    State(ledger): State<Arc<Ledger>>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let name = name.into_boxed_str();
    blocking(ledger, move |ledger| {
        answered(ledger, query.as_deref().unwrap_or_default(), &headers, &[], |site, asked, _| {
            let line = lines::found(ledger, &name)?;
            Ok(pages::event(site, asked, &line)?)
        })
    })
    .await
}

type Write = fn(&Site<'_>, &Asked<'_>, &Parameters) -> Result<String, Problem>;

async fn written(
    ledger: Arc<Ledger>,
    query: Option<String>,
    headers: HeaderMap,
    own: &'static [Parameter],
    write: Write,
) -> Response {
    blocking(ledger, move |ledger| answered(ledger, query.as_deref().unwrap_or_default(), &headers, own, write)).await
}

/// Answers with a page, whatever happens.
fn answered(
    ledger: &Ledger,
    query: &str,
    headers: &HeaderMap,
    own: &[Parameter],
    write: impl Fn(&Site<'_>, &Asked<'_>, &Parameters) -> Result<String, Problem>,
) -> Response {
    match page(ledger, query, own, write) {
        Ok(body) => with_etag(body, "text/html; charset=utf-8", "no-cache", headers),
        Err(problem) => refused(&problem, query),
    }
}

fn page(
    ledger: &Ledger,
    query: &str,
    own: &[Parameter],
    write: impl Fn(&Site<'_>, &Asked<'_>, &Parameters) -> Result<String, Problem>,
) -> Result<String, Problem> {
    check_length(query)?;
    let given = Parameters::read(query, AXES.iter().chain(own))?;
    let signed = ledger.signed_size();
    let model = ledger.model();
    let asked = Asked::new(app::Reader::new(&model, ledger.log()), given.axes()?)?;
    write(&Site { query, signed }, &asked, &given)
}

/// A problem as a page, for whoever asked for one.
pub fn refused(problem: &Problem, query: &str) -> Response {
    let (status, code, title, detail) = (problem.status(), problem.code(), problem.title(), problem.detail());
    let body = pages::problem(Said { status: status.as_u16(), code, title, detail }, query);
    let sent = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (status, sent, body).into_response()
}

impl From<PageError> for Problem {
    fn from(error: PageError) -> Self {
        match error {
            PageError::Ask(error) => error.into(),
            PageError::NotThere(detail) => Self::not_found("not-there", detail),
            PageError::Question(detail) => Self::bad_request("unclear-question", detail),
        }
    }
}
