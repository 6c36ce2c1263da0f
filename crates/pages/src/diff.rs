//! 对比: two places on the axes, and whether figures, targets or rules moved the points.

use answers::{AskError, Asked};
use askama::Template;
use domain::rational::Rational;
use projections::Reading;
use projections::diff::{
    AreaDifference, BlockDifference, CellDifference, CellSide, Change, Difference, PlaceChange,
};
use projections::words;

use crate::frame::{Frame, Mode, Page, PageError, Site, filled};
use crate::text;

/// The widest bar.
const BAR: u32 = 60;

#[derive(Template)]
#[template(path = "diff.html")]
struct DiffPage {
    frame: Frame,
    from: From,
    presets: Vec<Preset>,
    result: Option<Compared>,
}

/// The place that is compared with, as it stands in the form.
#[derive(Clone, Debug, Default)]
struct From {
    as_of: String,
    known_at: String,
    rules: String,
}

struct Preset {
    href: String,
    title: String,
}

struct Compared {
    from: Place,
    to: Place,
    areas: Vec<Area>,
    blocks: Vec<Block>,
    cells: Vec<Cell>,
    unchanged_blocks: usize,
    unchanged_cells: usize,
    download: String,
}

/// One of the two places.
struct Place {
    as_of: String,
    known: u64,
    rules: String,
    token: String,
}

struct Area {
    name: String,
    place: String,
    stages: String,
    total: Moved,
    bars: Vec<Bar>,
}

/// An effect as a bar from the middle line.
struct Bar {
    x: String,
    width: String,
    kind: &'static str,
    about: String,
}

struct Block {
    name: String,
    area: String,
    points: Moved,
}

struct Cell {
    indicator: String,
    area: String,
    href: String,
    from: Side,
    to: Side,
    share: Moved,
}

struct Side {
    value: String,
    due: String,
    reason: String,
    figure: Option<String>,
}

/// A number before and after, and the three parts of the difference.
struct Moved {
    from: String,
    to: String,
    whole: String,
    data: String,
    targets: String,
    rules: String,
    direction: &'static str,
}

/// What a comparison starts from, as the address has it: empty where nothing is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct ComparedWith<'a> {
    /// The reporting date.
    pub as_of: &'a str,
    /// How many lines, or an instant.
    pub known_at: &'a str,
    /// Rules.
    pub rules: &'a str,
}

/// Compares `from` with what the page's axes say; only the form where there is nothing to compare with.
///
/// # Errors
/// When the question has no answer, or the two cannot be compared.
pub fn diff(
    site: &Site<'_>,
    to: &Asked<'_>,
    from: Option<&Asked<'_>>,
    said: ComparedWith<'_>,
) -> Result<String, PageError> {
    let own = [("from_as_of", said.as_of), ("from_known_at", said.known_at), ("from_rules", said.rules)];
    let own: Vec<(&str, &str)> = own.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let frame = Frame::of(site, to, Page { path: "/diff", title: "对比", own: &own })?;
    let reading = to.reading()?;
    let result = from.map(|from| compared(&from.reading()?, &reading, &frame)).transpose()?;
    let from = From {
        as_of: said.as_of.to_owned(),
        known_at: said.known_at.to_owned(),
        rules: said.rules.to_owned(),
    };
    Ok(filled(&DiffPage { presets: presets(to, &reading, &frame), result, from, frame }))
}

/// What people compare with most: the last days of figures, and what was frozen.
fn presets(asked: &Asked<'_>, reading: &Reading<'_>, frame: &Frame) -> Vec<Preset> {
    let as_of = reading.at().as_of.to_string();
    let days = frame.bar.days.iter().filter(|day| **day < as_of);
    let mut months: Vec<&String> = Vec::new();
    for day in days {
        if day[..7] < as_of[..7] && months.last().is_none_or(|last| last[..7] != day[..7]) {
            months.push(day);
        }
    }
    let days = months.into_iter().take(3).map(|day| Preset {
        href: frame.links.to("/diff", &[("from_as_of", day)]),
        title: format!("截至 {day}"),
    });
    let snapshots = asked.reader().model().ledger().snapshots();
    let plan = &reading.plan().adopted.plan;
    let frozen = snapshots.all().iter().filter(|own| own.frozen.is_some() && own.manifest.plan == *plan);
    let frozen = frozen.map(|own| {
        let (day, size) = (own.manifest.as_of.to_string(), own.manifest.size.to_string());
        Preset {
            href: frame.links.to("/diff", &[("from_as_of", &day), ("from_known_at", &size)]),
            title: format!("{}{}时", own.slot(), if own.is_restatement() { "重述" } else { "冻结" }),
        }
    });
    days.chain(frozen).collect()
}

fn compared(from: &Reading<'_>, to: &Reading<'_>, frame: &Frame) -> Result<Compared, PageError> {
    let difference = projections::diff(from, to).map_err(AskError::from)?;
    let (start, end) = (from.token().to_string(), to.token().to_string());
    let plan = to.plan().adopted.plan.as_str();
    let download = [("from", start.as_str()), ("to", &end), ("plan", plan), ("format", "xlsx")];
    Ok(Compared {
        areas: areas(to, &difference),
        blocks: difference.blocks.iter().map(|own| block(to, own)).collect(),
        cells: difference.cells.iter().map(|own| cell(to, own, frame)).collect(),
        unchanged_blocks: difference.unchanged_blocks,
        unchanged_cells: difference.unchanged_cells,
        download: crate::links::Links::default().to("/v1/diff", &download),
        from: place(from),
        to: place(to),
    })
}

fn place(reading: &Reading<'_>) -> Place {
    let rulebooks = reading.plan().rulebooks();
    let title = rulebooks.iter().find(|own| own.rules_hash == reading.rules_hash());
    Place {
        as_of: reading.at().as_of.to_string(),
        known: reading.at().known,
        rules: title.map_or_else(|| "未颁布的规则".to_owned(), |own| own.adopted.title.clone()),
        token: reading.token().to_string(),
    }
}

fn areas(reading: &Reading<'_>, difference: &Difference<'_>) -> Vec<Area> {
    let effects = difference.areas.iter().filter_map(|own| own.total.effects.as_ref());
    let widest = effects.flat_map(|own| [&own.data, &own.targets, &own.rules]).map(absolute).max();
    let widest = widest.filter(|own| !own.is_zero()).unwrap_or(Rational::ONE);
    let area = |own: &AreaDifference<'_>| Area {
        name: reading.area_name(own.area).to_owned(),
        place: places(&own.place),
        stages: stages(&own.place),
        total: moved(&own.total, 2),
        bars: bars(&own.total, &widest),
    };
    difference.areas.iter().map(area).collect()
}

fn absolute(number: &Rational) -> Rational {
    if number.is_negative() { &Rational::ZERO - number } else { number.clone() }
}

/// Bars to the left of the middle line take points, those to the right bring some.
fn bars(change: &Change, widest: &Rational) -> Vec<Bar> {
    let Some(effects) = &change.effects else { return Vec::new() };
    let parts =
        [("数据", "fa", &effects.data), ("目标", "fy", &effects.targets), ("规则", "fw", &effects.rules)];
    let bar = |(word, kind, number): (&str, &'static str, &Rational)| {
        let width = text::along(&absolute(number), widest, BAR);
        let left = &Rational::ONE - &absolute(number).over(widest).unwrap_or(Rational::ZERO);
        let x = if number.is_negative() { text::along(&left, &Rational::ONE, BAR) } else { BAR.to_string() };
        Bar { x, width, kind, about: format!("{word}影响 {}", text::signed(number, 2)) }
    };
    parts.map(bar).into()
}

fn places(place: &PlaceChange) -> String {
    format!("{} → {}", ordinal(place.from), ordinal(place.to))
}

/// The place after each part of the difference.
fn stages(place: &PlaceChange) -> String {
    format!(
        "原 {}，换数据后 {}，再换目标后 {}，再换规则后 {}",
        ordinal(place.from),
        ordinal(place.after_data),
        ordinal(place.after_targets),
        ordinal(place.to)
    )
}

fn ordinal(place: Option<u32>) -> String {
    place.map_or_else(|| "—".to_owned(), |place| place.to_string())
}

fn block(reading: &Reading<'_>, own: &BlockDifference<'_>) -> Block {
    Block {
        name: answers::block_name(reading, own.block),
        area: reading.area_name(own.area).to_owned(),
        points: moved(&own.points, 2),
    }
}

fn cell(reading: &Reading<'_>, own: &CellDifference<'_>, frame: &Frame) -> Cell {
    Cell {
        indicator: reading.indicator_name(own.indicator),
        area: reading.area_name(own.area).to_owned(),
        href: frame.links.to("/cell", &[("indicator", own.indicator.as_str()), ("area", own.area.as_str())]),
        from: side(&own.from),
        to: side(&own.to),
        share: moved(&own.share, 4),
    }
}

fn side(own: &CellSide) -> Side {
    Side {
        value: own.value.as_ref().map_or_else(|| "—".to_owned(), text::number),
        due: own.due.as_ref().map_or_else(|| "—".to_owned(), text::number),
        reason: words::reason(own.reason).to_owned(),
        figure: own.figure.map(|hash| hash.to_string()),
    }
}

fn moved(change: &Change, places: u8) -> Moved {
    let shown = |number: &Option<Rational>| {
        number.as_ref().map_or_else(|| "—".to_owned(), |own| text::places(own, places))
    };
    let part =
        |number: Option<&Rational>| number.map_or_else(|| "—".to_owned(), |own| text::signed(own, places));
    let effects = change.effects.as_ref();
    let whole = effects.map(projections::diff::Effects::total);
    let direction = match &whole {
        Some(own) if own.is_negative() => "dn",
        Some(own) if !own.is_zero() => "up",
        _ => "mut",
    };
    Moved {
        from: shown(&change.from),
        to: shown(&change.to),
        whole: part(whole.as_ref()),
        data: part(effects.map(|own| &own.data)),
        targets: part(effects.map(|own| &own.targets)),
        rules: part(effects.map(|own| &own.rules)),
        direction,
    }
}
