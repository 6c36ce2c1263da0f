//! 指标 and 单位: what is measured, what is to be attained, and who does what.

use std::collections::BTreeMap;

use answers::Asked;
use askama::Template;
use events::{AreaClass, Direction, Duty, IndicatorDefined, IndicatorKind, RollUp};
use projections::Reading;

use crate::frame::{Frame, Mode, Page, PageError, Site, filled};
use crate::text;

#[derive(Template)]
#[template(path = "indicators.html")]
struct IndicatorsPage {
    frame: Frame,
    year: i32,
    areas: Vec<String>,
    rows: Vec<Row>,
    document: String,
    title: String,
}

/// A row of the plan.
struct Row {
    id: String,
    href: String,
    name: String,
    measure: String,
    kind: &'static str,
    direction: &'static str,
    points: String,
    roll_up: &'static str,
    remark: String,
    targets: Vec<Target>,
}

struct Target {
    meaning: String,
    raw: String,
    /// Nothing where the area is not assessed.
    href: Option<String>,
}

#[derive(Template)]
#[template(path = "units.html")]
struct UnitsPage {
    frame: Frame,
    rows: Vec<Unit>,
}

struct Unit {
    id: String,
    name: String,
    href: String,
    kind: &'static str,
    reports: usize,
    verifies: usize,
    answers_for: usize,
    keys: usize,
    lines: u64,
}

/// The plan's rows with the targets of the reporting date's year.
///
/// # Errors
/// When the question has no answer.
pub fn indicators(site: &Site<'_>, asked: &Asked<'_>) -> Result<String, PageError> {
    let reading = asked.reading()?;
    let frame = Frame::of(site, asked, Page { path: "/indicators", title: "指标与目标", own: &[] })?;
    let (plan, shape) = (reading.plan(), reading.plan().shape(reading.at().known));
    let known = plan.indicators().iter().take(shape.indicators);
    let points = points(&reading);
    Ok(filled(&IndicatorsPage {
        year: reading.at().as_of.year(),
        areas: plan.areas().iter().take(shape.areas).map(|area| area.name.clone()).collect(),
        rows: known.map(|own| row(&reading, &own.defined, &points, &frame)).collect(),
        document: plan.adopted.document.clone(),
        title: plan.adopted.title.clone(),
        frame,
    }))
}

/// The printed points of each row's block; the first row of a shared block says so.
fn points<'a>(reading: &Reading<'a>) -> BTreeMap<&'a events::IndicatorId, String> {
    let mut points = BTreeMap::new();
    for block in reading.plan().blocks() {
        let rows = &block.defined.indicators;
        for row in rows {
            let shared =
                if rows.len() > 1 { format!("（{} 项共用）", rows.len()) } else { String::new() };
            points.insert(row, format!("{}{shared}", block.defined.points));
        }
    }
    points
}

fn row(
    reading: &Reading<'_>,
    own: &IndicatorDefined,
    points: &BTreeMap<&events::IndicatorId, String>,
    frame: &Frame,
) -> Row {
    let bonus = own.bonus.as_ref().map(|terms| format!("加分：每{} {}", terms.per, terms.points));
    Row {
        id: own.indicator.to_string(),
        href: frame.links.to("/trail", &[("indicator", own.indicator.as_str())]),
        name: reading.indicator_name(&own.indicator),
        measure: text::measure(&own.measure).to_owned(),
        kind: kind(own.kind),
        direction: match own.direction {
            Direction::HigherIsBetter => "越高越好",
            Direction::LowerIsBetter => "越低越好",
        },
        points: points.get(&own.indicator).cloned().or(bonus).unwrap_or_else(|| "不占分".to_owned()),
        roll_up: roll_up(&own.roll_up),
        remark: [own.basis.as_deref(), own.remark.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("；"),
        targets: targets(reading, own, frame),
    }
}

const fn kind(kind: IndicatorKind) -> &'static str {
    match kind {
        IndicatorKind::Stock => "历年累计",
        IndicatorKind::Flow => "当年累计",
        IndicatorKind::Level => "水平值",
        IndicatorKind::Share => "占比",
        IndicatorKind::Growth => "增速",
        IndicatorKind::Rate => "比率",
    }
}

const fn roll_up(own: &RollUp) -> &'static str {
    match own {
        RollUp::Sum { .. } => "各地相加",
        RollUp::WeightedMean { .. } => "加权平均",
        RollUp::CityOnly => "只有全市数",
        RollUp::Independent => "各自统计",
    }
}

fn targets(reading: &Reading<'_>, own: &IndicatorDefined, frame: &Frame) -> Vec<Target> {
    let (plan, at) = (reading.plan(), reading.at());
    let Some(row) = plan.indicator_ix(&own.indicator) else { return Vec::new() };
    let target = |area: &events::AreaRegistered| {
        let version = plan.area_ix(&area.area).and_then(|area| plan.target(row, area, at.as_of, at.known));
        let assessed = area.class != AreaClass::CityLevel;
        let link = [("indicator", own.indicator.as_str()), ("area", area.area.as_str())];
        Target {
            meaning: version.map_or_else(|| "—".to_owned(), |own| text::target(own.target, "—")),
            raw: version.map(|own| own.raw.clone()).unwrap_or_default(),
            href: (version.is_some() && assessed).then(|| frame.links.to("/cell", &link)),
        }
    };
    plan.areas().iter().take(plan.shape(at.known).areas).map(target).collect()
}

/// The units with their duties.
///
/// # Errors
/// When the question has no answer.
pub fn units(site: &Site<'_>, asked: &Asked<'_>) -> Result<String, PageError> {
    let reading = asked.reading()?;
    let frame = Frame::of(site, asked, Page { path: "/units", title: "单位与职责", own: &[] })?;
    let registry = reading.book().registry();
    let heads = &asked.reader().model().ledger().head().units;
    let row = |own: &events::UnitRegistered| {
        let duties = |duty: Duty| {
            let given = reading.plan().assignments().iter().filter(|given| given.assignee == own.registered);
            given.filter(|given| given.duty == duty && given.in_force(reading.at().known)).count()
        };
        Unit {
            id: own.registered.to_string(),
            name: own.name.clone(),
            href: frame.links.to("/trail", &[("unit", own.registered.as_str())]),
            kind: text::unit_kind(own.kind),
            reports: duties(Duty::Reports),
            verifies: duties(Duty::Verifies),
            answers_for: duties(Duty::AnswersFor),
            keys: registry.keys_in_force(&own.registered).count(),
            lines: heads.get(&own.registered).map_or(0, |head| head.lines),
        }
    };
    Ok(filled(&UnitsPage { rows: registry.units().map(row).collect(), frame }))
}
