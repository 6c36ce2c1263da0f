//! 单元格溯源: why a cell has its points, down to event hashes.

use answers::{AskError, Asked};
use askama::Template;
use events::{AreaId, IndicatorId, Target};
use projections::explain::{CellExplanation, StepRow};
use projections::tables::v1::figures::FigureRow;
use projections::{Reading, words};

use crate::frame::{Frame, Mode, Page, PageError, Site, filled};
use crate::lights::{self, Light};
use crate::text;

#[derive(Template)]
#[template(path = "cell.html")]
struct CellPage {
    frame: Frame,
    indicator: String,
    area: String,
    measure: String,
    trail: String,
    proof: Option<Proof>,
    result: Outcome,
    light: Option<Light>,
    bar: Option<Bar>,
    steps: Vec<Step>,
    targets: Vec<TargetVersion>,
    counted: Option<Version>,
    evidence: Vec<Evidence>,
    passed_over: Vec<Version>,
    inputs: Vec<Version>,
    defined: String,
    rule: Rule,
    neighbours: Vec<Neighbour>,
}

/// Where a proof of the cell can be had, and how it is checked.
struct Proof {
    href: String,
    file: String,
}

/// The cell's result in one glance.
struct Outcome {
    points: String,
    assessed: String,
    share: String,
    reason: String,
    shared: bool,
}

struct Bar {
    done_x: String,
    due_x: String,
    about: String,
    level: &'static str,
}

struct Step {
    name: String,
    note: String,
    expression: String,
    /// None where the expression is the result, or says it.
    result: Option<String>,
    decimal: String,
    last: bool,
}

struct TargetVersion {
    meaning: String,
    raw: String,
    from: String,
    in_force: bool,
    position: u64,
    hash: String,
}

struct Version {
    what: String,
    at: String,
    value: String,
    as_at: String,
    status: &'static str,
    life: String,
    unit: String,
    why: String,
    instead: String,
    position: u64,
    hash: String,
}

struct Evidence {
    blake3: String,
    position: u64,
}

struct Rule {
    title: String,
    hash: String,
    adopted: String,
    counts_from: &'static str,
}

/// The same indicator in another area.
struct Neighbour {
    area: String,
    href: String,
    current: bool,
}

/// The page of a cell.
///
/// # Errors
/// When the question has no answer, or the plan has no such cell.
pub fn cell(
    site: &Site<'_>,
    asked: &Asked<'_>,
    indicator: &IndicatorId,
    area: &AreaId,
) -> Result<String, PageError> {
    let reading = asked.reading()?;
    let explained = explained(&reading, indicator, area)?;
    let own = [("indicator", indicator.as_str()), ("area", area.as_str())];
    let title = format!("{} · {}", explained.name.area, explained.name.indicator);
    let frame = Frame::of(site, asked, Page { path: "/cell", title: &title, own: &own })?;
    let measure = text::measure(explained.name.measure).to_owned();
    Ok(filled(&CellPage {
        trail: frame.links.to("/trail", &own),
        proof: proof(&reading, &frame, &own),
        result: outcome(&reading, &explained),
        light: lights::of(&reading, &explained.cell),
        bar: bar(&reading, &explained),
        steps: steps(&explained.steps),
        targets: targets(&explained),
        counted: explained.figure.as_ref().map(|own| version(&reading, own)),
        evidence: evidence(&explained),
        passed_over: explained.passed_over.iter().map(|own| version(&reading, own)).collect(),
        inputs: explained.inputs.iter().map(|own| version(&reading, own)).collect(),
        defined: explained.name.defined.to_string(),
        rule: rule(&explained),
        neighbours: neighbours(&reading, &frame, indicator, area),
        indicator: explained.name.indicator.clone(),
        area: explained.name.area.to_owned(),
        measure,
        frame,
    }))
}

fn explained<'a>(
    reading: &Reading<'a>,
    indicator: &IndicatorId,
    area: &AreaId,
) -> Result<CellExplanation<'a>, PageError> {
    let plan = reading.plan();
    let row = plan.indicator_ix(indicator).ok_or_else(|| AskError::NoIndicator(indicator.clone()))?;
    let known = || plan.areas().iter().map(|own| own.area.to_string()).collect();
    let column = plan.area_ix(area).ok_or_else(|| AskError::NoArea { area: area.clone(), known: known() })?;
    if plan.area(column).class == events::AreaClass::CityLevel {
        let name = &plan.area(column).name;
        return Err(PageError::NotThere(format!(
            "{name}不是被考核地区，没有得分。请选其他地区，或看它的审计轨迹。"
        )));
    }
    Ok(projections::explain(reading, row, column))
}

/// Proofs are of the head's lines under the rules in force; nothing else is offered one.
fn proof(reading: &Reading<'_>, frame: &Frame, own: &[(&str, &str)]) -> Option<Proof> {
    if !reading.is_official() || reading.at().known != frame.size || !frame.head_is_current() {
        return None;
    }
    let as_of = reading.at().as_of.to_string();
    let plan = reading.plan().adopted.plan.as_str();
    let parameters: Vec<_> = own.iter().copied().chain([("as_of", as_of.as_str()), ("plan", plan)]).collect();
    let name: Vec<&str> = own.iter().map(|(_, value)| *value).collect();
    let file = format!("{}-{as_of}.cell", name.join("-"));
    Some(Proof { href: frame.links.with("/v1/cell-proof", &parameters), file })
}

fn outcome(reading: &Reading<'_>, explained: &CellExplanation<'_>) -> Outcome {
    let block = explained.block.as_ref();
    let rows = block.and_then(|own| reading.plan().block(own.block)).map(|own| own.defined.indicators.len());
    Outcome {
        points: block.map_or_else(|| "—".to_owned(), |own| own.points.clone()),
        assessed: block.map_or_else(|| "不占分".to_owned(), |own| own.assessed.clone()),
        share: explained.cell.share.as_ref().map_or_else(|| "不计入考核".to_owned(), ToString::to_string),
        reason: words::reason(explained.cell.reason).to_owned(),
        shared: rows.is_some_and(|rows| rows > 1),
    }
}

fn bar(reading: &Reading<'_>, explained: &CellExplanation<'_>) -> Option<Bar> {
    let cell = &explained.cell;
    let Some(Target::Number { value: whole }) = cell.target else { return None };
    let (whole, value) = (whole.into(), cell.value.as_ref()?.number());
    let due = cell.due.as_ref()?;
    Some(Bar {
        done_x: text::along(&value, &whole, 150),
        due_x: text::along(due, &whole, 150),
        about: format!(
            "完成值 {}，全年目标 {}，竖线为应达到 {}",
            cell.value.as_ref()?,
            text::number(&whole),
            text::number(due)
        ),
        level: lights::of(reading, cell).map_or("a", |light| light.level),
    })
}

fn steps(steps: &[StepRow]) -> Vec<Step> {
    let count = steps.len();
    let step = |(index, own): (usize, &StepRow)| {
        let result = own.result.to_string();
        let decimal = own.decimal.clone().filter(|text| *text != result);
        let decimal =
            decimal.or_else(|| own.decimal.is_none().then(|| format!("≈ {}", text::places(&own.result, 6))));
        Step {
            name: text::step(own.code).to_owned(),
            note: own.note.clone(),
            expression: own.expression.clone(),
            decimal: decimal.unwrap_or_default(),
            last: index + 1 == count,
            result: (own.code != "rounded"
                && own.expression != result
                && own.decimal.as_ref() != Some(&own.expression))
            .then_some(result),
        }
    };
    steps.iter().enumerate().map(step).collect()
}

fn targets(explained: &CellExplanation<'_>) -> Vec<TargetVersion> {
    let target = |own: &projections::explain::TargetRow<'_>| TargetVersion {
        meaning: text::target(own.target, explained.name.measure),
        raw: own.raw.to_owned(),
        from: own.effective_from.map_or_else(|| "方案原定".to_owned(), |day| format!("{day} 起")),
        in_force: own.in_force,
        position: own.position,
        hash: own.hash.to_string(),
    };
    explained.targets.iter().map(target).collect()
}

fn version(reading: &Reading<'_>, own: &FigureRow<'_>) -> Version {
    let day = own.outcome_day.map(|day| format!(" {day}")).unwrap_or_default();
    Version {
        what: format!("{} · {}", reading.area_name(own.area), reading.indicator_name(own.indicator)),
        at: text::minute(own.at),
        value: words::value(own.value),
        as_at: own.as_at.to_string(),
        status: words::status(own.status),
        life: words::life(own.life).to_owned(),
        unit: reading.unit_name(own.unit).to_owned(),
        why: format!("{}{day}", words::outcome(own.outcome)),
        instead: own.outcome_by.map(|hash| hash.to_string()).unwrap_or_default(),
        position: own.position,
        hash: own.hash.to_string(),
    }
}

fn evidence(explained: &CellExplanation<'_>) -> Vec<Evidence> {
    let shown = explained.evidence.iter();
    shown.map(|own| Evidence { blake3: own.blake3.to_string(), position: own.position }).collect()
}

fn rule(explained: &CellExplanation<'_>) -> Rule {
    Rule {
        title: explained.rule.title.unwrap_or("未入账的规则").to_owned(),
        hash: explained.rule.rules.to_string(),
        adopted: explained.rule.adopted.map(|hash| hash.to_string()).unwrap_or_default(),
        counts_from: words::stage(explained.rule.counts_from),
    }
}

fn neighbours(
    reading: &Reading<'_>,
    frame: &Frame,
    indicator: &IndicatorId,
    area: &AreaId,
) -> Vec<Neighbour> {
    let assessed = reading.plan().areas().iter().filter(|own| own.class != events::AreaClass::CityLevel);
    let neighbour = |own: &domain::registry::Area| Neighbour {
        area: own.name.clone(),
        href: frame.links.to("/cell", &[("indicator", indicator.as_str()), ("area", own.area.as_str())]),
        current: own.area == *area,
    };
    assessed.map(neighbour).collect()
}
