//! 填报: a unit's cells of a period, to be filled in by hand or by file; problems stand beside the fields.

use answers::Asked;
use askama::Template;
use domain::registry::Period;
use events::{Duty, PeriodId, Target, UnitId};
use projections::{Reading, words};

use super::figures::entered;
use super::{Trouble, value, values};
use crate::frame::{Frame, Mode, Page, PageError, Site, filled};
use crate::text;
use crate::visitor::Visitor;

/// What was entered and did not become a filing.
#[derive(Clone, Debug, Default)]
pub struct Entered {
    /// The fields of the form.
    pub fields: Vec<(String, String)>,
    /// What stands in the way.
    pub troubles: Vec<Trouble>,
    /// For each figure of the document, the row of the form.
    pub rows: Vec<usize>,
    /// What happened, in a sentence; empty before anything was sent.
    pub said: String,
}

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    frame: Frame,
    csrf_token: String,
    unit: String,
    unit_name: String,
    units: Vec<Choice>,
    period: String,
    periods: Vec<Choice>,
    due: String,
    rows: Vec<Row>,
    told: [(&'static str, &'static str, String); 4],
    tasks: String,
    said: String,
    general: Vec<Trouble>,
    template: String,
}

struct Choice {
    id: String,
    name: String,
    selected: bool,
}

struct Row {
    cell: String,
    name: String,
    measure: String,
    target: String,
    last: String,
    /// What stands for this period already; it is corrected, not reported again.
    standing: Option<(String, String)>,
    value: String,
    status: String,
    why: String,
    troubles: Vec<Trouble>,
    warned: bool,
}

/// The form of a unit for a period.
///
/// # Errors
/// When the question has no answer, or nobody who reports asks.
pub fn report(
    site: &Site<'_>,
    asked: &Asked<'_>,
    visitor: &Visitor,
    period: Option<&PeriodId>,
    entered: &Entered,
) -> Result<String, PageError> {
    let reading = asked.reading()?;
    let frame = Frame::of(site, asked, Page { path: "/report", title: "填报", own: &[] })?;
    let nobody = || PageError::Question("您的账号没有填报的角色。请联系管理员。".to_owned());
    let wanted = value(&entered.fields, "unit");
    let unit = visitor.units("reporter").find(|own| own.as_str() == wanted);
    let unit = unit.or_else(|| visitor.units("reporter").next()).ok_or_else(nobody)?;
    let open = open(&reading);
    let wanted = value(&entered.fields, "period");
    let period = period.and_then(|id| open.iter().find(|own| own.opened.period == *id));
    let period = period
        .or_else(|| open.iter().find(|own| own.opened.period.as_str() == wanted))
        .or_else(|| open.first());
    let chosen = period.map(|own| own.opened.period.to_string()).unwrap_or_default();
    Ok(filled(&ReportPage {
        csrf_token: visitor.csrf_token.clone(),
        unit_name: reading.unit_name(unit).to_owned(),
        units: visitor
            .units("reporter")
            .map(|own| choice(own.as_str(), reading.unit_name(own), own == unit))
            .collect(),
        periods: open
            .iter()
            .map(|own| {
                choice(
                    own.opened.period.as_str(),
                    own.opened.period.as_str(),
                    chosen == own.opened.period.as_str(),
                )
            })
            .collect(),
        due: period.map(|own| words::china_time(own.due_at(unit, reading.at().known))).unwrap_or_default(),
        rows: period.map(|period| rows(&reading, unit, period, entered)).unwrap_or_default(),
        told: [
            ("progress", "进展"),
            ("highlights", "亮点"),
            ("results", "成效"),
            ("next_steps", "下一步打算"),
        ]
        .map(|(name, word)| (name, word, value(&entered.fields, name).to_owned())),
        tasks: value(&entered.fields, "tasks").to_owned(),
        said: entered.said.clone(),
        general: entered
            .troubles
            .iter()
            .filter(|own| row_of(own, &entered.rows).is_none())
            .cloned()
            .collect(),
        template: address(unit, &chosen),
        unit: unit.to_string(),
        period: chosen,
        frame,
    }))
}

fn address(unit: &UnitId, period: &str) -> String {
    crate::links::Links::default().to("/v1/templates", &[("unit", unit.as_str()), ("period", period)])
}

fn choice(id: &str, name: &str, selected: bool) -> Choice {
    Choice { id: id.to_owned(), name: name.to_owned(), selected }
}

/// Periods that are not closed, the first deadline first.
fn open<'a>(reading: &Reading<'a>) -> Vec<&'a Period> {
    let known = reading.at().known;
    let periods = reading.book().registry().periods();
    let mut open: Vec<&Period> = periods.filter(|own| own.position < known && own.closed.is_none()).collect();
    open.sort_by_key(|own| own.opened.due_at);
    open
}

fn rows(reading: &Reading<'_>, unit: &UnitId, period: &Period, given: &Entered) -> Vec<Row> {
    let registry = reading.book().registry();
    let day = period.opened.ends_on;
    let mut rows = Vec::new();
    for ix in reading.cells().filter(|ix| registry.has_duty(unit, Duty::Reports, *ix)) {
        let target = reading.plan().target(ix.indicator, ix.area, day, reading.at().known);
        let Some(target) = target.filter(|own| !matches!(own.target, Target::NotAssessed | Target::Void))
        else {
            continue;
        };
        let (indicator, area) = reading.ids(ix);
        let defined = &reading.plan().indicator(ix.indicator).defined;
        let cell = reading.book().cell(ix);
        let standing = cell.and_then(|own| own.standing_on(day));
        let last = cell.and_then(|own| own.before(day));
        let index = rows.len();
        let id = format!("{indicator} {area}");
        let troubles: Vec<Trouble> =
            given.troubles.iter().filter(|own| row_of(own, &given.rows) == Some(index)).cloned().collect();
        let entered_at = |name| values(&given.fields, name).nth(index).unwrap_or_default().to_owned();
        rows.push(Row {
            name: format!("{} · {}", reading.area_name(area), reading.indicator_name(indicator)),
            measure: text::measure(&defined.measure).to_owned(),
            target: text::target(target.target, "—"),
            last: last.map_or_else(
                || "—".to_owned(),
                |own| format!("{}（{}）", words::value(own.value), own.as_at),
            ),
            standing: standing.map(|own| (entered(own.value), format!("/correct?figure={}", own.hash))),
            value: entered_at("value"),
            status: entered_at("status"),
            why: entered_at("why"),
            warned: troubles.iter().any(|own| own.is_warning),
            troubles,
            cell: id,
        });
    }
    rows
}

/// The row of the form that a problem is about: its place begins `figures[3]`.
fn row_of(trouble: &Trouble, rows: &[usize]) -> Option<usize> {
    let start = trouble.place.find("figures[")? + "figures[".len();
    let number: String = trouble.place[start..].chars().take_while(char::is_ascii_digit).collect();
    rows.get(number.parse::<usize>().ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_stands_beside_the_row_it_is_about() {
        let at = |place: &str| Trouble { place: place.to_owned(), text: String::new(), is_warning: false };
        assert_eq!(row_of(&at("figures[1].value"), &[2, 5]), Some(5));
        assert_eq!(row_of(&at("figures[9]"), &[2, 5]), None);
        assert_eq!(row_of(&at("narrative.tasks[0]"), &[2, 5]), None);
    }
}
