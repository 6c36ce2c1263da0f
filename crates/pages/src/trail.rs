//! 审计轨迹: everything that happened to a cell, an indicator, a unit, a period or a submission, nothing left out.

use answers::Asked;
use askama::Template;
use domain::registry::CellIx;
use events::Value as FigureValue;
use projections::Reading;
use projections::tables::v1::trail::{Subject, Trail, TrailRow};
use serde_json::Value;

use crate::frame::{Frame, Mode, Page, PageError, Site, filled};
use crate::history::{self, History};
use crate::text;

/// So many lines are on one page; the others are a link away.
const LINES: usize = 200;
/// More of a text is on the line's own page.
const CHARACTERS: usize = 400;

#[derive(Template)]
#[template(path = "trail.html")]
struct TrailPage {
    frame: Frame,
    about: String,
    pick: Pick,
    history: Option<History>,
    cell: Option<String>,
    count: usize,
    items: Vec<Item>,
    first: usize,
    last: usize,
    earlier: Option<String>,
    later: Option<String>,
    download: Option<String>,
}

/// Whose trail may be asked for.
struct Pick {
    indicators: Vec<Choice>,
    areas: Vec<Choice>,
    units: Vec<Choice>,
    periods: Vec<Choice>,
}

struct Choice {
    id: String,
    name: String,
    selected: bool,
}

/// One line of the trail.
struct Item {
    day: String,
    time: String,
    mark: &'static str,
    colour: &'static str,
    word: String,
    value: String,
    unit: String,
    cell: String,
    details: Vec<(&'static str, String)>,
    acts_on: Option<String>,
    after_freezing: bool,
    position: u64,
    hash: String,
}

/// The trail of a subject; the way to choose one where none is named. `page` counts from 1.
///
/// # Errors
/// When the question has no answer.
pub fn trail(
    site: &Site<'_>,
    asked: &Asked<'_>,
    subject: Option<Subject>,
    page: usize,
) -> Result<String, PageError> {
    let reading = asked.reading()?;
    let own = parameters(subject.as_ref());
    let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let frame = Frame::of(site, asked, Page { path: "/trail", title: "审计轨迹", own: &own })?;
    let rows =
        subject.as_ref().map(|subject| told(asked, &reading, subject)).transpose()?.unwrap_or_default();
    let start = page.saturating_sub(1).saturating_mul(LINES).min(rows.len());
    let end = (start + LINES).min(rows.len());
    let at_page = |page: usize| {
        let page = page.to_string();
        let own: Vec<_> = own.iter().copied().chain([("page", page.as_str())]).collect();
        frame.links.to("/trail", &own)
    };
    let cell = subject.as_ref().and_then(|subject| cell(&reading, subject));
    Ok(filled(&TrailPage {
        about: subject.as_ref().map_or_else(String::new, |subject| about(&reading, subject)),
        pick: pick(&reading, subject.as_ref()),
        history: cell.and_then(|cell| history::of(&reading, cell)),
        cell: cell.map(|_| frame.links.to("/cell", &own)),
        count: rows.len(),
        items: rows[start..end].iter().map(|row| item(asked, &reading, row)).collect(),
        first: start + 1,
        last: end,
        earlier: (start > 0).then(|| at_page(page - 1)),
        later: (end < rows.len()).then(|| at_page(page + 1)),
        download: subject.is_some().then(|| {
            let own: Vec<_> = own.iter().copied().chain([("format", "xlsx")]).collect();
            frame.links.to("/v1/trail", &own)
        }),
        frame,
    }))
}

fn told(asked: &Asked<'_>, reading: &Reading<'_>, subject: &Subject) -> Result<Vec<TrailRow>, PageError> {
    let mut trail = Trail::new(reading, subject.clone());
    asked.reader().each_line(reading.at().known, |line| trail.take(line))?;
    Ok(trail.rows().to_vec())
}

fn parameters(subject: Option<&Subject>) -> Vec<(&'static str, String)> {
    match subject {
        None => Vec::new(),
        Some(Subject::Cell { indicator, area }) => {
            vec![("indicator", indicator.to_string()), ("area", area.to_string())]
        }
        Some(Subject::Indicator(indicator)) => vec![("indicator", indicator.to_string())],
        Some(Subject::Unit(unit)) => vec![("unit", unit.to_string())],
        Some(Subject::Period(period)) => vec![("period", period.to_string())],
        Some(Subject::Submission(submission)) => vec![("submission", submission.to_string())],
    }
}

fn about(reading: &Reading<'_>, subject: &Subject) -> String {
    match subject {
        Subject::Cell { indicator, area } => {
            format!("{} · {}", reading.area_name(area), reading.indicator_name(indicator))
        }
        Subject::Indicator(indicator) => format!("指标：{}", reading.indicator_name(indicator)),
        Subject::Unit(unit) => format!("单位：{}", reading.book().registry().unit_name(unit)),
        Subject::Period(period) => format!("报送期：{period}"),
        Subject::Submission(submission) => format!("一次报送：{submission}"),
    }
}

fn cell(reading: &Reading<'_>, subject: &Subject) -> Option<CellIx> {
    let Subject::Cell { indicator, area } = subject else { return None };
    let plan = reading.plan();
    Some(reading.cell(plan.indicator_ix(indicator)?, plan.area_ix(area)?))
}

fn pick(reading: &Reading<'_>, subject: Option<&Subject>) -> Pick {
    let own = parameters(subject);
    let chosen = |name: &str, id: &str| own.iter().any(|(own, value)| *own == name && value == id);
    let choice = |parameter: &str, id: &str, name: String| Choice {
        id: id.to_owned(),
        name,
        selected: chosen(parameter, id),
    };
    let (plan, registry) = (reading.plan(), reading.book().registry());
    let indicators = plan.indicators().iter().map(|own| &own.defined.indicator);
    let periods = registry.periods().map(|own| &own.opened.period);
    Pick {
        indicators: indicators
            .map(|id| choice("indicator", id.as_str(), reading.indicator_name(id)))
            .collect(),
        areas: plan.areas().iter().map(|own| choice("area", own.area.as_str(), own.name.clone())).collect(),
        units: registry
            .units()
            .map(|own| choice("unit", own.registered.as_str(), own.name.clone()))
            .collect(),
        periods: periods.map(|id| choice("period", id.as_str(), id.to_string())).collect(),
    }
}

fn item(asked: &Asked<'_>, reading: &Reading<'_>, row: &TrailRow) -> Item {
    let (word, mark) = text::event(row.kind);
    let at = text::minute(row.at);
    let (day, time) = at.split_once(' ').unwrap_or((&at, ""));
    let indicator = row.indicator.as_ref().map(|own| reading.indicator_name(own));
    let area = row.area.as_ref().map(|own| reading.area_name(own).to_owned());
    Item {
        day: day.to_owned(),
        time: time.to_owned(),
        mark,
        colour: text::event_colour(row.kind),
        word: word.to_owned(),
        value: value(&row.data),
        unit: reading.book().registry().unit_name(&row.unit).to_owned(),
        cell: [area, indicator].into_iter().flatten().collect::<Vec<_>>().join(" · "),
        details: details(&row.data),
        acts_on: row.acts_on.map(|hash| hash.to_string()),
        after_freezing: after_freezing(asked, reading, row),
        position: row.position,
        hash: row.hash.to_string(),
    }
}

/// Whether the line is about a figure of a day that was frozen before.
fn after_freezing(asked: &Asked<'_>, reading: &Reading<'_>, row: &TrailRow) -> bool {
    let figure = [Some(row.hash), row.acts_on].into_iter().flatten();
    let Some(ix) = figure.filter_map(|hash| reading.book().figure_ix(&hash)).next() else { return false };
    let (plan, day) = (&reading.plan().adopted.plan, reading.book().figure(ix).as_at);
    asked.reader().model().ledger().snapshots().frozen_before(plan, day, row.position).is_some()
}

/// The figure in a line, in words where it is none.
fn value(data: &Value) -> String {
    let Some(own) = data.get("value") else { return String::new() };
    serde_json::from_value::<FigureValue>(own.clone()).map_or_else(|_| said(own), projections::words::value)
}

/// What a person looks for in a line; everything is on the line's own page.
const TOLD: [(&str, &str); 18] = [
    ("as_at", "截止日"),
    ("period", "报送期"),
    ("reason", "理由"),
    ("note", "说明"),
    ("raw", "原文"),
    ("effective_from", "生效日"),
    ("document", "文件"),
    ("title", "标题"),
    ("quantity", "数量"),
    ("occurred_on", "发生日"),
    ("due_at", "时限"),
    ("progress", "进展"),
    ("results", "成效"),
    ("highlights", "亮点"),
    ("next_steps", "下一步"),
    ("blake3", "文件哈希"),
    ("duty", "职责"),
    ("waiver", "豁免理由"),
];

fn details(data: &Value) -> Vec<(&'static str, String)> {
    let told = TOLD.iter().filter_map(|(member, word)| {
        let text = match *member {
            "duty" => text::duty(data.get(member)?.as_str()?).to_owned(),
            _ => said(data.get(member)?),
        };
        (!text.is_empty()).then_some((*word, text))
    });
    told.collect()
}

fn said(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}……（全文见这一行）", &text[..end]),
        None => text,
    }
}
