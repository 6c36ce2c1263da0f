//! Search by indicator, unit, area, position or event hash; what is found is a link, nothing is guessed.

use answers::Asked;
use askama::Template;
use chain::EventHash;
use events::AreaClass;

use crate::frame::{Frame, Mode, Page, PageError, Site, filled};

/// More than these are not listed; the words say so.
const FOUND: usize = 60;

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    frame: Frame,
    wanted: String,
    found: Vec<Found>,
    more: usize,
}

struct Found {
    kind: &'static str,
    name: String,
    href: String,
    more: Vec<(String, String)>,
}

/// What is found for some words.
///
/// # Errors
/// When the question has no answer.
pub fn search(site: &Site<'_>, asked: &Asked<'_>, wanted: &str) -> Result<String, PageError> {
    let wanted = wanted.trim();
    let frame = Frame::of(site, asked, Page { path: "/search", title: "搜索", own: &[("q", wanted)] })?;
    let mut found = if wanted.is_empty() { Vec::new() } else { all(asked, wanted, &frame)? };
    let more = found.len().saturating_sub(FOUND);
    found.truncate(FOUND);
    Ok(filled(&SearchPage { wanted: wanted.to_owned(), found, more, frame }))
}

fn all(asked: &Asked<'_>, wanted: &str, frame: &Frame) -> Result<Vec<Found>, PageError> {
    let mut found = line(wanted, frame).into_iter().collect::<Vec<_>>();
    let reading = asked.reading()?;
    let plan = reading.plan();
    let words: Vec<String> = wanted.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let fits = |texts: &[&str]| {
        let text = texts.join(" ").to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    for own in plan.indicators().iter().map(|own| &own.defined) {
        let aliases = own.aliases.join(" ");
        if fits(&[&own.group, &own.name, own.indicator.as_str(), &aliases]) {
            let areas = plan.areas().iter().filter(|area| area.class != AreaClass::CityLevel);
            let cell = |area: &events::AreaRegistered| {
                let link = [("indicator", own.indicator.as_str()), ("area", area.area.as_str())];
                (frame.links.to("/cell", &link), area.name.clone())
            };
            let href = frame.links.to("/trail", &[("indicator", own.indicator.as_str())]);
            found.push(Found {
                kind: "指标",
                name: reading.indicator_name(&own.indicator),
                href,
                more: areas.map(cell).collect(),
            });
        }
    }
    for own in reading.book().registry().units() {
        if fits(&[&own.name, own.registered.as_str()]) {
            let href = frame.links.to("/trail", &[("unit", own.registered.as_str())]);
            found.push(Found { kind: "单位", name: own.name.clone(), href, more: Vec::new() });
        }
    }
    for own in plan.areas() {
        if fits(&[&own.name, own.area.as_str(), &own.aliases.join(" ")]) {
            let href = format!("{}#area-{}", frame.links.to("/", &[]), own.area);
            found.push(Found { kind: "地区", name: own.name.clone(), href, more: Vec::new() });
        }
    }
    Ok(found)
}

/// A position, with or without its sign, or an event hash.
fn line(wanted: &str, frame: &Frame) -> Option<Found> {
    let bare = wanted.strip_prefix('#').unwrap_or(wanted);
    let position = bare.parse::<u64>().ok().filter(|position| *position < frame.size);
    let name = position
        .map(|own| own.to_string())
        .or_else(|| bare.parse::<EventHash>().ok().map(|own| own.to_string()))?;
    Some(Found { kind: "事件", href: format!("/events/{name}"), name, more: Vec::new() })
}
