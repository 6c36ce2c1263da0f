//! All events of all streams, in the order they were written.

use feed::document::{self, Embed, Names};
use feed::json::Json;
use feed::page::MAX_COUNT;

use crate::answer::{Answer, NO_CACHE};
use crate::append::denied;
use crate::database::Stored;
use crate::lenient;
use crate::read::{AUTHOR, Read};
use crate::server::redirected;

/// Where a page begins.
#[derive(Clone, Copy)]
enum From {
    /// From the newest down.
    Head,
    /// Up from a place.
    Up(u64),
    /// Down from a place, which is not included.
    Down(u64),
}

pub(crate) fn get(read: &Read<'_>, position: &str, forward: bool, count: i64) -> Result<Answer, Answer> {
    let media = read.feed_media()?;
    let refused = || Answer::bare(400, format!("Invalid position argument: {position}"));
    let from = match (position, forward) {
        ("head", false) => From::Head,
        (_, true) => From::Up(place(position).ok_or_else(refused)?),
        (_, false) => From::Down(place(position).ok_or_else(refused)?),
    };
    read.request.wants_leader()?;
    if let Some(answer) = redirected(read.world, read.request, "") {
        return Err(answer);
    }
    if !read.user.is_admin() {
        return Err(denied());
    }
    if count > MAX_COUNT {
        return Err(Answer::empty(500, "Read size too big, should be less than 4096 items"));
    }
    let base = read.world.address(read.request.member);
    let embed = Embed::named(read.query("embed").unwrap_or(""));
    let (body, end) = page(read, &base, from, count, embed);
    let answer = Answer::ok(&media.content_type(), body).with("Vary", "Accept");
    Ok(match from {
        From::Head => {
            let tag = format!("\"{end};{}\"", media.tag());
            answer.with("Cache-Control", NO_CACHE).with("ETag", tag)
        }
        From::Up(_) | From::Down(_) => answer.with("Cache-Control", "max-age=31536000, private"),
    })
}

/// Reads 32 hexadecimal digits; both halves are the place here.
fn place(text: &str) -> Option<u64> {
    let fits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let place = u64::from_str_radix(text.get(..16)?, 16).ok();
    place.filter(|_| fits)
}

fn position(place: u64) -> String {
    format!("{place:016X}{place:016X}")
}

fn page(read: &Read<'_>, base: &str, from: From, count: i64, embed: Embed) -> (Vec<u8>, u64) {
    let end = read.below();
    let count_events = usize::try_from(count).expect("a count is positive");
    let everything = read.world.state().database.since(0);
    let below = |limit: u64| everything.partition_point(|(_, stored)| stored.place < limit.min(end));
    let range = match from {
        From::Head => below(end).saturating_sub(count_events)..below(end),
        From::Up(place) => below(place)..below(end).min(below(place) + count_events),
        From::Down(place) => below(place).saturating_sub(count_events)..below(place),
    };
    let shown = &everything[range];
    let low = shown.first().map(|(_, stored)| stored.place);
    let next_up = shown.last().map_or(end, |(_, stored)| stored.place + 1);
    let links = links(base, from, count, low, next_up, shown.is_empty());
    let entries = shown.iter().rev().map(|(stream, stored)| entry(base, stream, stored, embed)).collect();
    let updated = shown.last().map_or("0001-01-01T00:00:00Z", |(_, stored)| &stored.event.updated);
    let document = Json::object([
        ("title", Json::text("All events")),
        ("id", Json::Text(format!("{base}/streams/%24all"))),
        ("updated", Json::text(updated)),
        ("author", Json::object([("name", Json::text(AUTHOR))])),
        ("headOfStream", Json::Bool(false)),
        ("links", links),
        ("entries", Json::List(entries)),
    ]);
    (document.indented().into_bytes(), end)
}

fn links(base: &str, from: From, count: i64, low: Option<u64>, next_up: u64, is_empty: bool) -> Json {
    let mut links = vec![("self", String::new()), ("first", format!("/head/backward/{count}"))];
    let is_oldest = low.is_none_or(|low| low == 0);
    if !is_oldest {
        links.push(("last", format!("/{}/forward/{count}", position(0))));
        links.push(("next", format!("/{}/backward/{count}", position(low.unwrap_or(0)))));
    }
    if !(is_empty && matches!(from, From::Up(_))) {
        links.push(("previous", format!("/{}/forward/{count}", position(next_up))));
    }
    links.push(("metadata", "/metadata".to_owned()));
    let link = |(relation, path): (&str, String)| {
        let uri = Json::Text(format!("{base}/streams/%24all{path}"));
        Json::object([("uri", uri), ("relation", Json::text(relation))])
    };
    Json::List(links.into_iter().map(link).collect())
}

fn entry(base: &str, stream: &str, stored: &Stored, embed: Embed) -> Json {
    document::entry(&stored.event, embed, &Names { base, stream, author: AUTHOR, parse: lenient::parse })
}
