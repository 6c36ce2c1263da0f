//! 总览: what matters first, who is where, and every cell on one screen.

use std::collections::BTreeMap;

use answers::Asked;
use askama::Template;
use chain::Date;
use domain::book::Life;
use domain::rational::Rational;
use domain::scoring::{self, At};
use events::{AreaClass, AreaId, IndicatorId, Stage, Target};
use projections::Reading;
use projections::tables::v1::ranking::RankRow;
use projections::tables::v1::scores::CellRow;
use projections::tables::v1::{Ranking, Scores};

use crate::frame::{Frame, Mode, Page, PageError, Site, filled};
use crate::heat::{self, Heat};
use crate::{lights, text};

/// How many headlines there are.
const TILES: usize = 4;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    frame: Frame,
    tiles: Vec<Tile>,
    notes: Vec<Note>,
    classes: Vec<Class>,
    compared: Option<String>,
    heat: Heat,
    tables: Vec<Export>,
}

/// A headline of the whole city.
struct Tile {
    href: String,
    name: String,
    level: &'static str,
    light: String,
    value: String,
    target: String,
    done: String,
    done_x: String,
    due_x: String,
    due: String,
    gap: String,
}

/// Something that wants attention.
struct Note {
    what: &'static str,
    count: usize,
    href: String,
}

struct Class {
    title: String,
    rows: Vec<Rank>,
}

struct Rank {
    area: String,
    href: String,
    place: String,
    first: bool,
    tied: bool,
    vetoed: bool,
    total: String,
    parts: String,
    assessed: String,
    coverage: String,
    lights: Vec<Count>,
    moved: &'static str,
    movement: String,
}

struct Count {
    level: &'static str,
    label: String,
    cells: u32,
}

struct Export {
    href: String,
    title: &'static str,
}

/// The overview.
///
/// # Errors
/// When the question has no answer.
pub fn overview(site: &Site<'_>, asked: &Asked<'_>) -> Result<String, PageError> {
    let reading = asked.reading()?;
    let frame = Frame::of(site, asked, Page { path: "/", title: "总览", own: &[] })?;
    let scored = scoring::score(reading.book(), reading.plan_ix(), &reading.inputs());
    let (scores, ranking) = (Scores::from_scores(&reading, &scored), Ranking::from_scores(&reading, &scored));
    let before = before(asked, &reading);
    let places = before.map(|day| places(&reading, day)).transpose()?.unwrap_or_default();
    Ok(filled(&Overview {
        tiles: tiles(&reading, &scores, &frame),
        notes: notes(asked, &reading, &scores, &frame),
        classes: classes(&reading, &ranking, &places, before.is_some(), &frame),
        compared: before.map(|day| day.to_string()),
        heat: heat::of(&reading, &scores, &ranking, &frame.links),
        tables: exports(&frame),
        frame,
    }))
}

/// The published tables, to be saved.
fn exports(frame: &Frame) -> Vec<Export> {
    let tables = [
        ("/v1/ranking", "排名（Excel）"),
        ("/v1/scores", "成绩表（Excel）"),
        ("/v1/figures", "数值（Excel）"),
    ];
    tables.map(|(path, title)| Export { href: frame.links.to(path, &[("format", "xlsx")]), title }).into()
}

/// The last day of figures before the month of the reporting date.
fn before(asked: &Asked<'_>, reading: &Reading<'_>) -> Option<Date> {
    let at = reading.at();
    let month = |day: Date| (day.year(), day.month());
    let own = asked.reader().book().cells().filter(|(ix, _)| ix.plan == reading.plan_ix());
    let figures = own.flat_map(|(_, cell)| cell.figures()).filter(|figure| figure.position < at.known);
    let days = figures.map(|figure| figure.as_at).filter(|day| month(*day) < month(at.as_of));
    days.filter(|day| day.year() == at.as_of.year()).max()
}

/// The places at an earlier day, by what is known and ruled now.
fn places<'a>(reading: &Reading<'a>, day: Date) -> Result<BTreeMap<&'a AreaId, u32>, PageError> {
    let at = At { as_of: day, ..reading.at() };
    let earlier =
        Reading::under(reading.book(), reading.plan_ix(), at, reading.token().root, reading.rules())?;
    let ranking = Ranking::of(&earlier);
    Ok(ranking.areas.iter().filter_map(|row| Some((row.area, row.place?))).collect())
}

fn tiles(reading: &Reading<'_>, scores: &Scores<'_>, frame: &Frame) -> Vec<Tile> {
    let city = reading.plan().areas().iter().find(|area| area.class == AreaClass::City);
    let Some(city) = city.map(|area| &area.area) else { return Vec::new() };
    let cells = scores.cells.iter().filter(|cell| cell.area == city);
    cells.filter_map(|cell| tile(reading, cell, frame)).take(TILES).collect()
}

/// A headline needs a value, a number to attain, and what is due by now.
fn tile(reading: &Reading<'_>, cell: &CellRow<'_>, frame: &Frame) -> Option<Tile> {
    let Some(Target::Number { value: whole }) = cell.target else { return None };
    let row = reading.plan().indicator_ix(cell.indicator).map(|ix| &reading.plan().indicator(ix).defined)?;
    let (due, value) = (cell.due.as_ref()?, cell.value.as_ref()?.number());
    let whole = Rational::from(whole);
    let light = lights::of(reading, cell)?;
    let missing = due - &value;
    let measure = text::measure(&row.measure);
    let gap = if missing.is_negative() {
        format!("超 {}", text::number(&(&value - due)))
    } else {
        format!("差 {}", text::number(&missing))
    };
    (!whole.is_zero() && row.paced).then(|| Tile {
        href: cell_link(frame, cell.indicator, cell.area),
        name: reading.indicator_name(cell.indicator),
        level: light.level,
        light: light.label,
        value: text::number(&value),
        target: format!("/ {} {measure}", text::number(&whole)),
        done: value.over(&whole).map(|share| text::per_cent(&share, 1)).unwrap_or_default(),
        done_x: text::along(&value, &whole, 220),
        due_x: text::along(due, &whole, 220),
        due: text::number(due),
        gap,
    })
}

pub(crate) fn cell_link(frame: &Frame, indicator: &IndicatorId, area: &AreaId) -> String {
    frame.links.to("/cell", &[("indicator", indicator.as_str()), ("area", area.as_str())])
}

/// What wants attention: counted from the same reading as everything else on the page.
fn notes(asked: &Asked<'_>, reading: &Reading<'_>, scores: &Scores<'_>, frame: &Frame) -> Vec<Note> {
    let known = reading.at().known;
    let cells = asked.reader().book().cells().filter(|(ix, _)| ix.plan == reading.plan_ix());
    let figures = cells.flat_map(|(_, cell)| cell.figures());
    let waits = |figure: &&domain::book::Figure| {
        figure.position < known && figure.corrected_by.is_none() && figure.life(known) == Life::Returned
    };
    let returned = figures.filter(waits).count();
    let missing = scores.cells.iter().filter(|cell| cell.reason == "missing-figure").count();
    let unverified = scores.cells.iter().filter(|cell| cell.stage == Some(Stage::Reported)).count();
    let snapshots = asked.reader().model().ledger().snapshots();
    let proposals = snapshots.all().iter().filter(|own| own.is_open() && own.position < known).count();
    let open = snapshots.objections().iter().filter(|own| own.is_open(known)).count();
    [
        ("应有数而未报的格", missing, "#heat"),
        ("计入而未复核的格", unverified, "#heat"),
        ("退回后还没有更正的数", returned, "/calendar"),
        ("待批准的快照、未决的申诉", proposals + open, "/snapshots"),
    ]
    .map(|(what, count, path)| {
        let href = if path.starts_with('#') { path.to_owned() } else { frame.links.to(path, &[]) };
        Note { what, count, href }
    })
    .into()
}

fn classes(
    reading: &Reading<'_>,
    ranking: &Ranking<'_>,
    places: &BTreeMap<&AreaId, u32>,
    compared: bool,
    frame: &Frame,
) -> Vec<Class> {
    let mut classes: Vec<Class> = Vec::new();
    for row in &ranking.areas {
        let title = row.class.unwrap_or("不参加排名").to_owned();
        let earlier = places.get(row.area).copied().filter(|_| compared);
        let rank = rank(reading, row, earlier, frame);
        match classes.last_mut() {
            Some(class) if class.title == title => class.rows.push(rank),
            _ => classes.push(Class { title, rows: vec![rank] }),
        }
    }
    classes
}

fn rank(reading: &Reading<'_>, row: &RankRow<'_>, earlier: Option<u32>, frame: &Frame) -> Rank {
    let (moved, movement) = movement(earlier, row.place);
    let count = |(index, light): (usize, &projections::tables::v1::ranking::LightCount<'_>)| Count {
        level: lights::level(index, row.lights.len()),
        label: reading.rules().lights[index].label.clone(),
        cells: light.cells,
    };
    Rank {
        area: reading.area_name(row.area).to_owned(),
        href: format!("{}#area-{}", frame.links.to("/", &[]), row.area),
        place: row.place.map_or_else(|| "—".to_owned(), |place| place.to_string()),
        first: row.place == Some(1),
        tied: row.tied,
        vetoed: row.vetoed.is_some(),
        total: row.total.clone().unwrap_or_else(|| "—".to_owned()),
        parts: parts(row),
        assessed: row.assessed.clone(),
        coverage: text::along(&row.coverage, &Rational::ONE, 56),
        lights: row.lights.iter().enumerate().map(count).collect(),
        moved,
        movement,
    }
}

/// What a total is made of.
fn parts(row: &RankRow<'_>) -> String {
    let Some(converted) = &row.converted else { return "可考核分不足，不折算".to_owned() };
    let lost = if row.deducted == "0" { String::new() } else { format!(" − {}", row.deducted) };
    format!("{converted} + {}{lost}", row.bonus)
}

fn movement(earlier: Option<u32>, now: Option<u32>) -> (&'static str, String) {
    match (earlier, now) {
        (Some(before), Some(now)) if now < before => ("up", format!("升 {}", before - now)),
        (Some(before), Some(now)) if now > before => ("dn", format!("降 {}", now - before)),
        _ => ("mut", "—".to_owned()),
    }
}
