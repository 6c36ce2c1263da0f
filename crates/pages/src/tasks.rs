//! 任务台账: the plan's numbered tasks, and where units told of them. Whether a task is done is on no record, so none is said here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use answers::Asked;
use askama::Template;
use domain::catalogue;
use events::{Event, NarrativeReported, Recorded};
use projections::Reading;

use crate::frame::{Frame, Mode, Page, PageError, Site, filled};

/// More tellings of one task are on the trails of the units.
const TOLD: usize = 6;

/// The carried plan with its text; its hash says whether it is the ledger's.
static CARRIED: LazyLock<catalogue::Plan> = LazyLock::new(seeds::yingtan_2022);

#[derive(Template)]
#[template(path = "tasks.html")]
struct TasksPage {
    frame: Frame,
    /// None where the ledger's plan has another text than the one that is carried.
    ledger: Option<Tasks>,
}

struct Tasks {
    programmes: Vec<Programme>,
    count: usize,
    latest: usize,
    before: usize,
    never: usize,
    latest_period: String,
}

struct Programme {
    number: u16,
    title: String,
    lead: String,
    tasks: Vec<Task>,
}

struct Task {
    number: u16,
    text: String,
    /// `d` told of in the latest period, `g` before, `n` never.
    level: &'static str,
    word: &'static str,
    quantities: Vec<String>,
    told: Vec<Told>,
    more: usize,
}

#[derive(Clone)]
struct Told {
    unit: String,
    period: String,
    position: u64,
}

/// The tasks of the plan.
///
/// # Errors
/// When the question has no answer.
pub fn tasks(site: &Site<'_>, asked: &Asked<'_>) -> Result<String, PageError> {
    let reading = asked.reading()?;
    let frame = Frame::of(site, asked, Page { path: "/tasks", title: "任务台账", own: &[] })?;
    let is_carried = CARRIED.source.is_some() && CARRIED.source == reading.plan().adopted.source;
    let ledger = is_carried.then(|| of(asked, &reading)).transpose()?;
    Ok(filled(&TasksPage { frame, ledger }))
}

fn of(asked: &Asked<'_>, reading: &Reading<'_>) -> Result<Tasks, PageError> {
    let mut told: BTreeMap<u16, Vec<Told>> = BTreeMap::new();
    let mut latest_period = None;
    asked.reader().each_line(reading.at().known, |line| {
        let Some(narrative) = narrative(reading, line) else { return };
        latest_period = latest_period.take().max(Some(narrative.period.to_string()));
        for task in &narrative.tasks {
            told.entry(*task).or_default().push(telling(reading, line, narrative));
        }
    })?;
    let latest_period = latest_period.unwrap_or_default();
    let programmes: Vec<Programme> =
        CARRIED.programmes.iter().map(|own| programme(own, &told, &latest_period)).collect();
    let tasks = || programmes.iter().flat_map(|own| &own.tasks);
    let count = |level: &str| tasks().filter(|task| task.level == level).count();
    let (all, latest, before, never) = (tasks().count(), count("d"), count("g"), count("n"));
    Ok(Tasks { count: all, latest, before, never, latest_period, programmes })
}

/// A known narrative of the plan that is not left out, of a period that had begun by the reporting date.
fn narrative<'l>(reading: &Reading<'_>, line: &'l Recorded) -> Option<&'l NarrativeReported> {
    let Event::NarrativeReported(told) = &line.event else { return None };
    let period = reading.book().registry().period(&told.period);
    let begun = period.is_some_and(|period| period.opened.starts_on <= reading.at().as_of);
    let own = told.plan == reading.plan().adopted.plan && !reading.left_out().contains(&line.hash);
    (own && begun).then_some(told)
}

fn telling(reading: &Reading<'_>, line: &Recorded, narrative: &NarrativeReported) -> Told {
    Told {
        unit: reading.book().registry().unit_name(&line.unit).to_owned(),
        period: narrative.period.to_string(),
        position: line.position,
    }
}

fn programme(own: &catalogue::Programme, told: &BTreeMap<u16, Vec<Told>>, latest: &str) -> Programme {
    let lead: Vec<&str> = own.lead.iter().map(|unit| unit.printed.as_str()).collect();
    let tasks = CARRIED.tasks.iter().filter(|task| task.programme == own.id);
    Programme {
        number: own.number,
        title: own.title.clone(),
        lead: lead.join("、"),
        tasks: tasks.map(|own| task(own, told.get(&own.number), latest)).collect(),
    }
}

fn task(own: &catalogue::Task, told: Option<&Vec<Told>>, latest: &str) -> Task {
    let told = told.map_or(&[][..], Vec::as_slice);
    let (level, word) = match told.iter().any(|own| own.period == latest) {
        true => ("d", "最近一期讲到"),
        false if !told.is_empty() => ("g", "以前讲到过"),
        false => ("n", "没有讲到过"),
    };
    Task {
        number: own.number,
        text: own.text.clone(),
        level,
        word,
        quantities: own
            .quantities
            .iter()
            .map(|quantity| format!("{}：{}", quantity.of, quantity.phrase))
            .collect(),
        told: told.iter().rev().take(TOLD).cloned().collect(),
        more: told.len().saturating_sub(TOLD),
    }
}
