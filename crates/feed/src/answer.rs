//! What the feed answers to a request.

use hyper::StatusCode;
use hyper::http::HeaderMap;
use hyper::http::request::Parts;

use crate::address::{NoResource, Resource, resource};
use crate::document::{self, Embed, Names};
use crate::json::Json;
use crate::ledger::{Ledger, Unreadable, View, parse};
use crate::media::{self, Media};
use crate::page::{Ask, Page, Source};

/// The forms of a page; the first is given to whoever does not say.
const PAGE_FORMS: [Media; 5] = [Media::AtomJson, Media::AtomXml, Media::Json, Media::Xml, Media::TextXml];
/// The forms of one event; the first is given to whoever does not say.
const EVENT_FORMS: [Media; 7] = [
    Media::AtomJson,
    Media::EventJson,
    Media::Json,
    Media::AtomXml,
    Media::Xml,
    Media::TextXml,
    Media::Bytes,
];
/// Who writes the feed.
const AUTHOR: &str = "progress-ledger";
/// For what lies below the signed head and can never change.
const FOR_EVER: &str = "max-age=31536000, public, immutable";
/// For what grows.
const ASK_AGAIN: &str = "max-age=0, no-cache, must-revalidate";

/// An answer before it is sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A sentence for a person.
    pub(crate) fn sentence(status: StatusCode, text: &str) -> Self {
        let headers = vec![("Content-Type", "text/plain; charset=utf-8".to_owned())];
        Self { status, headers, body: format!("{text}\n").into_bytes() }
    }

    fn json(document: &Json) -> Self {
        Self::of(Media::Json, document.indented().into_bytes()).with("Cache-Control", ASK_AGAIN)
    }

    fn of(media: Media, body: Vec<u8>) -> Self {
        Self { status: StatusCode::OK, headers: vec![("Content-Type", media.content_type())], body }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A request for something that is there.
pub(crate) struct Asked {
    pub(crate) resource: Resource,
    /// Path and query as they were sent.
    target: String,
    headers: HeaderMap,
    /// `http://host`, as the reader should call this server.
    base: String,
}

impl Asked {
    /// Reads the head of a request.
    pub(crate) fn read(head: Parts, base: String, ledger: &Ledger) -> Result<Self, Answer> {
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        let stream = ledger.stream();
        let resource = resource(head.uri.path(), stream).map_err(|problem| refused(problem, stream))?;
        Ok(Self { resource, target, headers: head.headers, base })
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn query(&self, name: &str) -> Option<&str> {
        let query = self.target.split_once('?')?.1;
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// How long to wait for lines that are not there yet, in seconds.
    pub(crate) fn long_poll_s(&self) -> Option<u64> {
        let header = self.header("es-longpoll").or_else(|| self.header("kurrent-longpoll"));
        header.and_then(|text| text.trim().parse().ok())
    }

    fn media(&self, forms: &[Media]) -> Result<Media, Answer> {
        let accept = if self.query("format") == Some("json") {
            Some(Media::Json.name())
        } else {
            self.header("accept")
        };
        media::pick(accept, forms).ok_or_else(|| {
            let names: Vec<&str> = forms.iter().map(|form| form.name()).collect();
            let text = format!("没有 Accept 所要的格式。这里有：{}。", names.join("、"));
            Answer::sentence(StatusCode::NOT_ACCEPTABLE, &text)
        })
    }

    /// Answers from the ledger as it is now.
    pub(crate) fn answer(&self, ledger: &Ledger) -> Answer {
        let view = ledger.view();
        let names = Names { base: &self.base, stream: ledger.stream(), author: AUTHOR, parse };
        let answered = match self.resource {
            Resource::Page(ask) => self.page(&view, ask, &names),
            Resource::Event(number) => self.event(&view, number, &names),
            Resource::Metadata => Ok(Answer::json(&Json::object([]))),
            Resource::Info => Ok(info()),
            Resource::Ping => Ok(Answer::json(&Json::object([("text", Json::text("订阅源可用"))]))),
        };
        answered.unwrap_or_else(|refusal| refusal)
    }

    fn page(&self, view: &View<'_>, ask: Ask, names: &Names<'_>) -> Result<Answer, Answer> {
        let media = self.media(&PAGE_FORMS)?;
        if view.last() < 0 {
            return Err(Answer::sentence(StatusCode::NOT_FOUND, "账本里还没有一行在签名的账本头之下。"));
        }
        let is_lasting = never_changes(ask, view.last());
        let tag = self.tag(view.last(), media);
        if !is_lasting && self.has(&tag) {
            return Ok(unchanged(&tag));
        }
        let page = Page::of(view, ask).map_err(|error| unreadable(&error))?;
        let embed = Embed::named(self.query("embed").unwrap_or(""));
        let answer = Answer::of(media, document::feed(&page, media, embed, names)).with("Vary", "Accept");
        Ok(if is_lasting {
            answer.with("Cache-Control", FOR_EVER)
        } else {
            answer.with("Cache-Control", ASK_AGAIN).with("ETag", tag)
        })
    }

    fn event(&self, view: &View<'_>, number: Option<i64>, names: &Names<'_>) -> Result<Answer, Answer> {
        let media = self.media(&EVENT_FORMS)?;
        let wanted = number.unwrap_or_else(|| view.last());
        if wanted > view.last() || wanted < 0 {
            let text = format!("没有第 {wanted} 行：签名的账本头之下有 {} 行，从 0 数起。", view.last() + 1);
            return Err(Answer::sentence(StatusCode::NOT_FOUND, &text));
        }
        let events = view.read(wanted, wanted).map_err(|error| unreadable(&error))?;
        let event = events.first().expect("one was read");
        let answer = Answer::of(media, document::event(event, media, names)).with("Vary", "Accept");
        let caching = if number.is_some() { FOR_EVER } else { ASK_AGAIN };
        Ok(answer.with("Cache-Control", caching))
    }

    /// Returns the ETag of this address in this form while the newest line is `last`.
    ///
    /// Unlike a real server's it belongs to the page: one taken from another page does not match.
    fn tag(&self, last: i64, media: Media) -> String {
        let address = format!("{}{}", self.base, self.target);
        let hash = chain::hash::content_hash(address.as_bytes()).to_hex();
        format!("\"{};{}\"", document::etag(last, media), &hash[..16])
    }

    /// Tells whether the reader already has what bears this tag (RFC 9110 §13.1.2, weakly compared).
    fn has(&self, tag: &str) -> bool {
        let known = self.header("if-none-match").unwrap_or("");
        known.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == tag || one == "*")
    }
}

/// Tells whether a page is the same for ever: all its lines are there, and one more, so that it is not the newest.
fn never_changes(ask: Ask, last: i64) -> bool {
    match ask {
        Ask::Forward { from, count } => from + count <= last,
        Ask::Backward { from, .. } => from.is_some_and(|from| from <= last),
    }
}

fn unchanged(tag: &str) -> Answer {
    let answer = Answer { status: StatusCode::NOT_MODIFIED, headers: Vec::new(), body: Vec::new() };
    answer.with("ETag", tag).with("Cache-Control", ASK_AGAIN).with("Vary", "Accept")
}

fn info() -> Answer {
    let features = [("projections", false), ("userManagement", false), ("atomPub", true)];
    let features = features.map(|(name, is_on)| (name, Json::Bool(is_on)));
    Answer::json(&Json::object([
        ("esVersion", Json::text("progress-ledger feed")),
        ("state", Json::text("leader")),
        ("features", Json::object(features)),
    ]))
}

fn refused(problem: NoResource, stream: &str) -> Answer {
    let (status, text) = match problem {
        NoResource::Unknown => {
            let text = format!("没有这个地址。本账本的订阅源在 /streams/{stream} 。");
            return Answer::sentence(StatusCode::NOT_FOUND, &text);
        }
        NoResource::Number => (StatusCode::BAD_REQUEST, "地址里的行号不对：要写从 0 起的整数，或 head。"),
        NoResource::Count => (StatusCode::BAD_REQUEST, "地址里的行数不对：要写 1 到 4096 的整数。"),
    };
    Answer::sentence(status, text)
}

fn unreadable(error: &Unreadable) -> Answer {
    let status = match error {
        Unreadable::PageTooLarge => StatusCode::BAD_REQUEST,
        Unreadable::Store(_) | Unreadable::Missing(_) | Unreadable::NotALine { .. } => {
            // Which line is damaged concerns whoever keeps the ledger; the reader learns that it is not theirs.
            eprintln!("错误：{error}");
            return Answer::sentence(
                StatusCode::INTERNAL_SERVER_ERROR,
                "账本读不出这些行，请联系账本的管理人员。",
            );
        }
    };
    Answer::sentence(status, &format!("{error}。"))
}
