//! Reads: pages, events, metadata, long polls.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use feed::document::{self, Embed, Names};
use feed::event::Event;
use feed::media::{self, Media};
use feed::page::{Ask, DEFAULT_COUNT, MAX_COUNT, Page, Source};

use crate::answer::{Answer, NO_CACHE, YEAR};
use crate::append::{denied, may};
use crate::auth::User;
use crate::fault::Fault;
use crate::lenient;
use crate::metadata::Act;
use crate::request::Request;
use crate::route::Route;
use crate::server::{PATIENCE, redirected};
use crate::world::World;
use crate::{all, metadata};

/// Who writes the feeds.
pub(crate) const AUTHOR: &str = "EventStore";

pub(crate) async fn get(
    world: &Arc<World>,
    request: &Request,
    user: &User,
    route: Route,
    fault: Option<&Fault>,
) -> Answer {
    let read = Read { world, request, user, behind: behind(fault) };
    let answered = match route {
        Route::Stream(stream) => read.page(&stream, Ask::Backward { from: None, count: DEFAULT_COUNT }).await,
        Route::Page(stream, ask) => read.page(&stream, ask).await,
        Route::Event(stream, number) => read.event(&stream, number).await,
        Route::Metadata(stream) => read.metadata(&stream),
        Route::All { position, forward, count } => all::get(&read, &position, forward, count),
        Route::Info | Route::Ping | Route::Gossip | Route::Incoming(..) | Route::WithoutSlash(_) => {
            Err(Answer::bare(405, "Method Not Allowed"))
        }
    };
    answered.unwrap_or_else(|refusal| refusal)
}

fn behind(fault: Option<&Fault>) -> u64 {
    if let Some(Fault::StaleFollower { behind }) = fault { *behind } else { 0 }
}

/// One read and everything it needs to know.
pub(crate) struct Read<'a> {
    pub(crate) world: &'a Arc<World>,
    pub(crate) request: &'a Request,
    pub(crate) user: &'a User,
    /// How many of the newest events it does not see.
    behind: u64,
}

/// What a stream is at the moment it is read.
enum Found<'a> {
    Missing,
    Dead,
    Stream(View<'a>),
}

/// The part of a stream that is seen. Events are copied when they are asked for: a stream may have many.
struct View<'a> {
    world: &'a World,
    stream: &'a str,
    last: i64,
    first_shown: i64,
    cache_s: Option<i64>,
}

impl Source for View<'_> {
    type Error = Infallible;

    fn last(&self) -> i64 {
        self.last
    }

    fn first_shown(&self) -> i64 {
        self.first_shown
    }

    fn read(&self, from: i64, to: i64) -> Result<Vec<Event>, Infallible> {
        let index = |number: i64| usize::try_from(number).expect("numbers on a page are not negative");
        let state = self.world.state();
        // What is committed stays, so the numbers that were seen are still there.
        let events = state.database.events(self.stream, state.database.committed());
        Ok(events[index(from)..=index(to)].iter().map(|stored| stored.event.clone()).collect())
    }
}

impl Read<'_> {
    /// Returns a value of the query.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let query = self.request.target.split_once('?')?.1;
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|pair| pair.1)
    }

    fn media(&self, forms: &[Media]) -> Result<Media, Answer> {
        match self.query("format") {
            Some("json") => return Ok(Media::Json),
            Some("xml") => return Ok(Media::TextXml),
            Some("atom") => return Ok(Media::AtomXml),
            Some(_) => return Err(Answer::bare(500, "Internal Server Error")),
            None => (),
        }
        let unknown = || Answer::bare(406, "Requested URI is not available in requested format");
        media::pick(self.request.header("accept"), forms).ok_or_else(unknown)
    }

    pub(crate) fn feed_media(&self) -> Result<Media, Answer> {
        // Where an encoded question mark cut the address, the form is still chosen for what stood behind it.
        let path = self.request.target.split('?').next().unwrap_or("");
        let is_cut = path.contains("%3F") || path.contains("%23");
        self.media(if is_cut { &media::EVENT } else { &media::FEED })
    }

    /// Checks the headers' form, then whether this member is to answer, then whether this user may ask.
    pub(crate) fn admit(&self, stream: &str, act: Act, body: &str) -> Result<(), Answer> {
        self.request.wants_leader()?;
        self.request.check_resolve_links()?;
        if let Some(answer) = redirected(self.world, self.request, body) {
            return Err(answer);
        }
        if may(self.world, self.user, stream, act) { Ok(()) } else { Err(denied()) }
    }

    /// Returns the place below which this read sees events.
    pub(crate) fn below(&self) -> u64 {
        self.world.state().seen_by(self.request.member).saturating_sub(self.behind)
    }

    fn find<'s>(&'s self, stream: &'s str) -> Found<'s> {
        let below = self.below();
        let database = &self.world.state().database;
        let metadata = database.metadata(stream, below);
        let last = database.events(stream, below).len() as i64 - 1;
        if database.is_dead(stream) {
            Found::Dead
        } else if last < 0 || metadata.is_soft_deleted() {
            Found::Missing
        } else {
            let (first_shown, cache_s) = (metadata.first_shown(last), metadata.cache_s());
            Found::Stream(View { world: self.world, stream, last, first_shown, cache_s })
        }
    }

    fn names<'n>(&self, base: &'n str, stream: &'n str) -> Names<'n> {
        Names { base, stream, author: AUTHOR, parse: lenient::parse }
    }

    fn base(&self) -> String {
        self.world.address(self.request.member)
    }

    async fn page(&self, stream: &str, ask: Ask) -> Result<Answer, Answer> {
        let media = self.feed_media()?;
        let wait_s = self.request.long_poll_s()?;
        if let (Ask::Backward { .. }, Media::Description) = (ask, media) {
            return Ok(self.description(stream));
        }
        self.admit(stream, Act::Read, "")?;
        let (Ask::Forward { count, .. } | Ask::Backward { count, .. }) = ask;
        if count > MAX_COUNT {
            return Err(Answer::empty(500, "Read size too big, should be less than 4096 items"));
        }
        if let (Ask::Forward { from, .. }, Some(seconds)) = (ask, wait_s) {
            self.wait(stream, from, Duration::from_secs(u64::from(seconds))).await;
        }
        match self.find(stream) {
            Found::Missing => Err(Answer::empty(404, "Not Found")),
            Found::Dead => Err(Answer::empty(410, "Deleted")),
            Found::Stream(view) => Ok(self.shown(stream, &view, ask, media)),
        }
    }

    fn description(&self, stream: &str) -> Answer {
        let accept = self.request.header("accept");
        let (status, reason) = match accept {
            None => (406, "We are unable to represent the stream in the format requested."),
            Some(_) if media::is_indifferent(accept) => (406, "Description Document"),
            Some(_) => (200, "Description Document"),
        };
        let answer = Answer::bare(status, reason).with("Content-Type", Media::Description.content_type());
        Answer { body: document::description(stream), ..answer }
    }

    /// Waits while there is nothing at or after `from`, for that time at most.
    ///
    /// Any new event of the stream ends the wait, and so does its deletion for ever.
    async fn wait(&self, stream: &str, from: i64, time: Duration) {
        let mut changes = self.world.changes();
        let first = self.newest(stream);
        if first.is_none_or(|last| last >= from) {
            return;
        }
        let moved = async {
            while self.newest(stream) == first {
                if changes.changed().await.is_err() {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(time, moved).await;
    }

    /// Returns the newest number, −1 where there is no stream, `None` where there never will be.
    fn newest(&self, stream: &str) -> Option<i64> {
        match self.find(stream) {
            Found::Missing => Some(-1),
            Found::Dead => None,
            Found::Stream(view) => Some(view.last()),
        }
    }

    fn shown(&self, stream: &str, view: &View<'_>, ask: Ask, media: Media) -> Answer {
        let tag = self.world.tag(view.last(), media);
        // The tag is the stream's, not the page's: it is believed on every page.
        if self.request.header("if-none-match") == Some(&tag) {
            return Answer::empty(304, "Not Modified");
        }
        let Ok(page) = Page::of(view, ask);
        let embed = Embed::named(self.query("embed").unwrap_or(""));
        let body = document::feed(&page, media, embed, &self.names(&self.base(), stream));
        let answer = Answer::ok(&media.content_type(), body).with("Vary", "Accept");
        match (page.is_lasting, view.cache_s) {
            (true, _) => answer.with("Cache-Control", YEAR),
            (false, Some(seconds)) => {
                answer.with("Cache-Control", format!("max-age={seconds}, public")).with("ETag", tag)
            }
            (false, None) => answer.with("Cache-Control", NO_CACHE).with("ETag", tag),
        }
    }

    async fn event(&self, stream: &str, number: Option<i64>) -> Result<Answer, Answer> {
        let media = self.media(&media::EVENT)?;
        self.admit(stream, Act::Read, "{}")?;
        let found = match self.find(stream) {
            Found::Dead => return Err(Answer::empty(410, "Deleted").saying("{}")),
            Found::Missing => None,
            Found::Stream(view) => one(&view, number),
        };
        let Some(event) = found else {
            if media == Media::Bytes {
                // The server forgets to answer, and notices after a while.
                tokio::time::sleep(PATIENCE).await;
                return Err(Answer::bare(408, "Server was unable to handle request in time"));
            }
            return Err(Answer::empty(404, "Not Found").saying("{}"));
        };
        let body = document::event(&event, media, &self.names(&self.base(), stream));
        let caching = if number.is_some() { YEAR } else { NO_CACHE };
        Ok(Answer::ok(&media.content_type(), body).with("Cache-Control", caching).with("Vary", "Accept"))
    }

    fn metadata(&self, stream: &str) -> Result<Answer, Answer> {
        let media = self.media(&media::METADATA)?;
        self.admit(stream, Act::ReadMetadata, "{}")?;
        let below = self.below();
        let state = self.world.state();
        if state.database.is_dead(stream) {
            return Err(Answer::empty(410, "Deleted").saying("{}"));
        }
        let newest = state.database.events(&metadata::stream_of(stream), below).last();
        if newest.is_none() && state.database.events(stream, below).is_empty() {
            return Err(Answer::empty(404, "Not Found").saying("{}"));
        }
        let text = newest.map_or("{}".to_owned(), |stored| stored.event.data_text());
        let body = lenient::parse(&text).map_or(text, |value| value.indented());
        let answer = Answer::ok(&media.content_type(), body.into_bytes()).with("Cache-Control", NO_CACHE);
        let answer = answer.with("Vary", "Accept");
        let Some(newest) = newest else {
            return Ok(answer);
        };
        let tag = self.world.tag(newest.event.number, media);
        if self.request.header("if-none-match") == Some(&tag) {
            return Ok(Answer::empty(304, "Not Modified"));
        }
        Ok(answer.with("ETag", tag))
    }
}

/// Returns the event of that number, or the newest, where it is shown.
fn one(view: &View<'_>, number: Option<i64>) -> Option<Event> {
    let number = number.unwrap_or(view.last);
    if !(view.first_shown..=view.last).contains(&number) {
        return None;
    }
    let Ok(events) = view.read(number, number);
    events.into_iter().next()
}
