//! The web pages: addresses to the room that writes them.

use std::sync::Arc;

use answers::{Asked, Axes};
use app::{KnownAt, RulesChoice};
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chain::{EventHash, TreeHash};
use pages::assets::{self, Asset};
use pages::{ComparedWith, Health, Held, PageError, Remembered, Said, Site};

use crate::ledger::Ledger;
use crate::operations::subject;
use crate::parameters::{self, AXES, ID_FORM, Parameter, Parameters, optional, required, unreadable};
use crate::people::{People, Visitor};
use crate::problem::Problem;
use crate::representation::with_etag;
use crate::routes::{blocking, check_length};
use crate::{files, lines};

/// A page: its path, its own parameters, and what writes it.
struct Page {
    path: &'static str,
    parameters: &'static [Parameter],
    write: Write,
}

/// What a page is written from.
pub struct Request<'a> {
    ledger: &'a Ledger,
    /// What stands around the page.
    pub site: Site<'a>,
    /// The question on its axes.
    pub asked: &'a Asked<'a>,
    /// The page's own parameters.
    pub given: &'a Parameters,
}

type Write = fn(&Request<'_>) -> Result<String, Problem>;

const PAGES: [Page; 12] = [
    Page { path: "/", parameters: &[], write: |own| Ok(pages::overview(&own.site, own.asked)?) },
    Page {
        path: "/cell",
        parameters: &[
            required("indicator", "指标代码", "core-value-added"),
            required("area", "地区代码", "yuehu"),
        ],
        write: cell,
    },
    Page {
        path: "/trail",
        parameters: &[
            optional("indicator", "指标代码", "core-value-added"),
            optional("area", "地区代码", "yuehu"),
            optional("unit", "单位代码", "yuehu-gov"),
            optional("period", "报送期代码", "2022-04"),
            optional("submission", "报送编号（UUID）", ""),
            optional("page", "第几页，从 1 数", "2"),
        ],
        write: trail,
    },
    Page {
        path: "/diff",
        parameters: &[
            optional("from_as_of", "起点的统计截止日", "2022-03-25"),
            optional("from_known_at", "起点的认知时点", "3000"),
            optional("from_rules", "起点的规则", "yingtan-default"),
        ],
        write: diff,
    },
    Page { path: "/tasks", parameters: &[], write: |own| Ok(pages::tasks(&own.site, own.asked)?) },
    Page { path: "/calendar", parameters: &[], write: |own| Ok(pages::calendar(&own.site, own.asked)?) },
    Page { path: "/snapshots", parameters: &[], write: |own| Ok(pages::snapshots(&own.site, own.asked)?) },
    Page {
        path: "/verify",
        parameters: &[optional("size", "记下的行数", "3000"), optional("root", "记下的树根", "")],
        write: verify,
    },
    Page { path: "/status", parameters: &[], write: status },
    Page { path: "/indicators", parameters: &[], write: |own| Ok(pages::indicators(&own.site, own.asked)?) },
    Page { path: "/units", parameters: &[], write: |own| Ok(pages::units(&own.site, own.asked)?) },
    Page {
        path: "/search",
        parameters: &[optional("q", "找什么", "增加值")],
        write: |own| Ok(pages::search(&own.site, own.asked, own.given.text("q")?.unwrap_or_default())?),
    },
];

fn cell(own: &Request<'_>) -> Result<String, Problem> {
    let (indicator, area) = (own.given.required("indicator", ID_FORM)?, own.given.required("area", ID_FORM)?);
    Ok(pages::cell(&own.site, own.asked, &indicator, &area)?)
}

fn trail(own: &Request<'_>) -> Result<String, Problem> {
    const NAMES: [&str; 5] = ["indicator", "area", "unit", "period", "submission"];
    let named = NAMES.iter().map(|name| own.given.text(name)).collect::<Result<Vec<_>, _>>()?;
    let subject = named.iter().any(Option::is_some).then(|| subject(own.given)).transpose()?;
    let page = own.given.value("page", "要写 1 或更大的整数")?.unwrap_or(1);
    Ok(pages::trail(&own.site, own.asked, subject, page)?)
}

fn diff(own: &Request<'_>) -> Result<String, Problem> {
    let text = |name| Ok::<_, Problem>(own.given.text(name)?.unwrap_or_default());
    let said = ComparedWith {
        as_of: text("from_as_of")?,
        known_at: text("from_known_at")?,
        rules: text("from_rules")?,
    };
    let is_said = [said.as_of, said.known_at, said.rules].iter().any(|text| !text.is_empty());
    let from = is_said.then(|| compared_with(own, said)).transpose()?;
    Ok(pages::diff(&own.site, own.asked, from.as_ref(), said)?)
}

/// What nothing is said of is as on the page's axes.
fn compared_with<'a>(own: &Request<'a>, said: ComparedWith<'_>) -> Result<Asked<'a>, Problem> {
    let to = own.asked.reading().map_err(Problem::from)?;
    let known = to.at().known;
    let axes = Axes {
        plan: Some(to.plan().adopted.plan.clone()),
        as_of: Some(own.given.value("from_as_of", "日期要写成 2022-04-30 这样")?.unwrap_or(to.at().as_of)),
        known_at: Some(match said.known_at {
            "" => KnownAt::Size(known),
            text => parameters::known_at(text)?,
        }),
        rules: Some(match said.rules {
            "" => RulesChoice::InForce,
            text => parameters::rules(text)?,
        }),
        without: to.left_out().to_vec(),
        token: None,
    };
    Ok(Asked::new(*own.asked.reader(), axes)?)
}

fn verify(own: &Request<'_>) -> Result<String, Problem> {
    let size: Option<u64> = own.given.value("size", "要写行数")?;
    let root: Option<TreeHash> = own.given.value("root", "树根是 64 位小写十六进制数")?;
    let remembered = size.zip(root).map(|(size, root)| Remembered { size, root });
    let checkpoint = files::checkpoint_bytes(own.ledger)?;
    Ok(pages::verify(&own.site, own.asked, checkpoint.as_deref(), remembered)?)
}

fn status(own: &Request<'_>) -> Result<String, Problem> {
    let failure = own.ledger.failure();
    let self_check = files::self_check(own.ledger)?;
    let health = Health {
        lines: own.ledger.log().size().ok(),
        failure: failure.as_deref(),
        self_check: self_check.as_deref(),
    };
    Ok(pages::status(&own.site, own.asked, health)?)
}

/// The pages and the files they ask for.
pub fn routes() -> Router<Arc<Ledger>> {
    let mut router =
        Router::new().route("/events/{event}", get(event)).route("/snapshots/{snapshot}", get(snapshot));
    for page in &PAGES {
        let answer =
            move |State(ledger): State<Arc<Ledger>>, RawQuery(query): RawQuery, headers: HeaderMap| {
                answered(ledger, query, headers, page.parameters, page.write)
            };
        router = router.route(page.path, get(answer));
    }
    for asset in assets::all() {
        router =
            router.route(&asset.path, get(move |headers: HeaderMap| async move { file(asset, &headers) }));
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
    answered(ledger, query, headers, &[], move |own| {
        let (_, line) = lines::find(own.ledger, &name)?;
        Ok(pages::event(&own.site, own.asked, &line)?)
    })
    .await
}

async fn snapshot(
    State(ledger): State<Arc<Ledger>>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    answered(ledger, query, headers, &[], move |own| {
        let hash = name.parse::<EventHash>();
        let hash = hash.map_err(|_| unreadable("快照", &name, "要写提出快照的事件哈希，64 位十六进制数"))?;
        Ok(pages::snapshot(&own.site, own.asked, hash)?)
    })
    .await
}

/// Answers with a page, whatever happens.
async fn answered(
    ledger: Arc<Ledger>,
    query: Option<String>,
    headers: HeaderMap,
    own: &'static [Parameter],
    write: impl Fn(&Request<'_>) -> Result<String, Problem> + Send + 'static,
) -> Response {
    blocking(ledger, move |ledger| {
        let query = query.as_deref().unwrap_or_default();
        let visitor = visitor(ledger, &headers);
        // What somebody sees who is signed in is kept by nobody.
        let kept = if visitor.is_some() { "no-store" } else { "no-cache" };
        match page(ledger, query, own, visitor.as_ref(), write) {
            Ok(body) => with_etag(body, "text/html; charset=utf-8", kept, &headers),
            Err(problem) => refused(&problem, query),
        }
    })
    .await
}

/// Answers with what is made of a page's question: a page of the desk, or the way to it.
pub async fn desk(
    ledger: Arc<Ledger>,
    headers: HeaderMap,
    query: String,
    own: &'static [Parameter],
    write: impl Fn(&Request<'_>) -> Result<Response, Problem> + Send + 'static,
) -> Response {
    blocking(ledger, move |ledger| {
        let visitor = visitor(ledger, &headers);
        page(ledger, &query, own, visitor.as_ref(), write).unwrap_or_else(|problem| refused(&problem, &query))
    })
    .await
}

/// Who is signed in. Whoever's session has ended reads on as anybody does.
fn visitor(ledger: &Ledger, headers: &HeaderMap) -> Option<pages::Visitor> {
    let people = &ledger.desk()?.people;
    let Ok(Visitor::Browser(identity, secret)) = people.visitor(headers, ledger.clock().now()) else {
        return None;
    };
    let roles = identity.roles().iter().map(|held| Held {
        role: held.role.word(),
        name: held.role.chinese(),
        unit: held.unit.clone(),
    });
    Some(pages::Visitor {
        account: identity.account().to_string(),
        csrf_token: People::csrf_token(&secret),
        roles: roles.collect(),
    })
}

fn page<T>(
    ledger: &Ledger,
    query: &str,
    own: &[Parameter],
    visitor: Option<&pages::Visitor>,
    write: impl Fn(&Request<'_>) -> Result<T, Problem>,
) -> Result<T, Problem> {
    check_length(query)?;
    let given = Parameters::read(query, AXES.iter().chain(own))?;
    let signed = ledger.signed_size();
    let model = ledger.model();
    let asked = Asked::new(app::Reader::new(&model, ledger.log()), given.axes()?)?;
    write(&Request {
        ledger,
        site: Site { query, signed, records: ledger.desk().is_some(), visitor },
        asked: &asked,
        given: &given,
    })
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
