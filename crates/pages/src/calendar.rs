//! 报送日历: when what is due, and who filed in time, late or not at all. All of it follows from recorded instants.

use std::collections::BTreeMap;

use answers::Asked;
use askama::Template;
use chain::{Date, Instant};
use events::{PeriodId, PeriodKind, UnitId};
use projections::tables::v1::Timeliness;
use projections::tables::v1::timeliness::TimelinessRow;
use projections::{Reading, words};

use crate::frame::{Frame, Mode, Page, PageError, Site, filled};

#[derive(Template)]
#[template(path = "calendar.html")]
struct CalendarPage {
    frame: Frame,
    month: String,
    weeks: Vec<Vec<Day>>,
    document: Option<String>,
    tables: Vec<Grid>,
    open: Vec<Open>,
    download: String,
}

/// A day of the month that is drawn; days outside have no number.
struct Day {
    number: Option<u32>,
    class: &'static str,
    about: &'static str,
    due: Vec<String>,
}

/// Units by periods.
struct Grid {
    title: &'static str,
    empty: &'static str,
    periods: Vec<String>,
    rows: Vec<Row>,
    late: u32,
    missing: u32,
}

struct Row {
    unit: String,
    href: String,
    cells: Vec<Filing>,
    late: u32,
    missing: u32,
}

/// What a unit owed for a period.
struct Filing {
    mark: &'static str,
    class: &'static str,
    about: String,
}

/// A period that still takes first reports.
struct Open {
    period: String,
    kind: &'static str,
    days: String,
    due: String,
}

/// The calendar of the reporting date's month, and the timeliness of its year.
///
/// # Errors
/// When the question has no answer.
pub fn calendar(site: &Site<'_>, asked: &Asked<'_>) -> Result<String, PageError> {
    let reading = asked.reading()?;
    let frame = Frame::of(site, asked, Page { path: "/calendar", title: "报送日历", own: &[] })?;
    let timeliness = Timeliness::of(&reading);
    let as_of = reading.at().as_of;
    let year = u16::try_from(as_of.year()).unwrap_or_default();
    let holidays = reading.book().registry().calendar(year, reading.at().known);
    let grid = |title, empty, row| grid(&reading, &frame, &timeliness, title, empty, row);
    Ok(filled(&CalendarPage {
        month: format!("{} 年 {} 月", as_of.year(), as_of.month()),
        weeks: weeks(&reading),
        document: holidays.map(|own| own.document.clone()),
        tables: vec![
            grid("数据报送", "这一年还没有到期的数据报送", "figures"),
            grid("进展报送", "这一年还没有到期的进展报送", "narrative"),
        ],
        open: open(&reading),
        download: frame.links.to("/v1/timeliness", &[("format", "xlsx")]),
        frame,
    }))
}

const fn kind_name(kind: PeriodKind) -> &'static str {
    match kind {
        PeriodKind::Week => "周报",
        PeriodKind::Month => "月报",
        PeriodKind::Quarter => "季报",
        PeriodKind::HalfYear => "半年报",
        PeriodKind::Year => "年报",
    }
}

fn known_periods<'a>(reading: &Reading<'a>) -> impl Iterator<Item = &'a domain::registry::Period> {
    let known = reading.at().known;
    reading.book().registry().periods().filter(move |period| period.position < known)
}

/// Periods that are not closed among the known lines, by their deadline.
fn open(reading: &Reading<'_>) -> Vec<Open> {
    let known = reading.at().known;
    let is_open = |period: &&domain::registry::Period| period.closed.is_none_or(|closed| closed >= known);
    let mut periods: Vec<_> = known_periods(reading).filter(is_open).collect();
    periods.sort_by_key(|period| period.opened.due_at);
    let open = periods.iter().map(|period| Open {
        period: period.opened.period.to_string(),
        kind: kind_name(period.opened.kind),
        days: format!("{} 至 {}", period.opened.starts_on, period.opened.ends_on),
        due: due_text(period.opened.due_at),
    });
    open.collect()
}

/// The weeks of the reporting date's month, Monday first.
fn weeks(reading: &Reading<'_>) -> Vec<Vec<Day>> {
    let as_of = reading.at().as_of;
    let days: Vec<Date> = (1..=31).filter_map(|day| Date::of(as_of.year(), as_of.month(), day)).collect();
    let due = due_days(reading);
    let blank = || Day { number: None, class: "out", about: "", due: Vec::new() };
    let mut cells: Vec<Day> = (0..days.first().map_or(0, |first| weekday(*first))).map(|_| blank()).collect();
    for (number, day) in (1..).zip(&days) {
        let (class, about) = sort_of_day(reading, *day);
        let due = due.get(day).cloned().unwrap_or_default();
        cells.push(Day { number: Some(number), class, about, due });
    }
    cells.resize_with(cells.len().next_multiple_of(7), blank);
    let mut weeks = Vec::new();
    while !cells.is_empty() {
        let rest = cells.split_off(7);
        weeks.push(std::mem::replace(&mut cells, rest));
    }
    weeks
}

/// 0 for Monday. 1 January 1970 was a Thursday.
fn weekday(day: Date) -> usize {
    usize::try_from((day.naive().to_epoch_days() + 3).rem_euclid(7)).expect("below seven")
}

fn sort_of_day(reading: &Reading<'_>, day: Date) -> (&'static str, &'static str) {
    let year = u16::try_from(day.year()).unwrap_or_default();
    let calendar = reading.book().registry().calendar(year, reading.at().known);
    let is_in = |days: &[Date]| days.contains(&day);
    match calendar {
        _ if day == reading.at().as_of => ("today", "截止日"),
        Some(own) if is_in(&own.holidays) => ("hol", "放假"),
        Some(own) if is_in(&own.workdays) => ("adj", "调休上班"),
        _ if weekday(day) >= 5 => ("hol", ""),
        _ => ("", ""),
    }
}

/// The deadlines of known periods by their day in China.
fn due_days(reading: &Reading<'_>) -> BTreeMap<Date, Vec<String>> {
    let mut due: BTreeMap<Date, Vec<String>> = BTreeMap::new();
    for period in known_periods(reading) {
        let (day, time) = deadline(period.opened.due_at);
        let text = format!("{} {} {time}", kind_name(period.opened.kind), period.opened.period);
        if let Ok(day) = day.parse() {
            due.entry(day).or_default().push(text);
        }
    }
    due
}

/// A deadline for people.
fn due_text(due_at: Instant) -> String {
    let (day, time) = deadline(due_at);
    format!("{day} {time}")
}

/// Day and time of a deadline in China; midnight is the end of the day before.
fn deadline(due_at: Instant) -> (String, String) {
    let text = words::china_time(due_at);
    let before = Instant::from_micros(due_at.micros() - 1).map(words::china_time);
    match (text.split_once(' '), before.as_deref().and_then(|text| text.split_once(' '))) {
        (Some((_, "00:00:00")), Some((day, _))) => (day.to_owned(), "24:00".to_owned()),
        (Some((day, time)), _) => (day.to_owned(), time[..5].to_owned()),
        (None, _) => (text, String::new()),
    }
}

fn grid(
    reading: &Reading<'_>,
    frame: &Frame,
    timeliness: &Timeliness<'_>,
    title: &'static str,
    empty: &'static str,
    row: &str,
) -> Grid {
    let mut periods: Vec<&PeriodId> = Vec::new();
    let mut units: BTreeMap<&UnitId, BTreeMap<&PeriodId, &TimelinessRow<'_>>> = BTreeMap::new();
    for own in timeliness.rows.iter().filter(|own| own.row == row) {
        if periods.last() != Some(&own.period) && !periods.contains(&own.period) {
            periods.push(own.period);
        }
        units.entry(own.unit).or_default().insert(own.period, own);
    }
    let rows: Vec<Row> = units
        .iter()
        .map(|(unit, filed)| Row {
            unit: reading.book().registry().unit_name(unit).to_owned(),
            href: frame.links.to("/trail", &[("unit", unit.as_str())]),
            cells: periods.iter().map(|period| filing(filed.get(period).copied())).collect(),
            late: filed.values().map(|own| own.late).sum(),
            missing: filed.values().map(|own| own.missing).sum(),
        })
        .collect();
    Grid {
        title,
        empty,
        periods: periods.iter().map(ToString::to_string).collect(),
        late: rows.iter().map(|row| row.late).sum(),
        missing: rows.iter().map(|row| row.missing).sum(),
        rows,
    }
}

/// The worst of what was owed decides the mark.
fn filing(row: Option<&TimelinessRow<'_>>) -> Filing {
    let Some(row) = row else { return Filing { mark: "", class: "", about: "没有应报的".to_owned() } };
    let (mark, class) = match row {
        TimelinessRow { missing: 1.., .. } => ("未", "m"),
        TimelinessRow { late: 1.., .. } => ("迟", "r"),
        TimelinessRow { returned: 1.., .. } => ("退", "y"),
        TimelinessRow { not_yet_due: 1.., .. } => ("待", "n"),
        TimelinessRow { .. } => ("按", "g"),
    };
    let extended = if row.extended { "（已延期）" } else { "" };
    let filed = row
        .last_filed_at
        .map(|at: Instant| format!("，最后报于 {}", words::china_time(at)))
        .unwrap_or_default();
    let about = format!(
        "{}：应报 {}，按时 {}，迟报 {}，未报 {}，待报 {}，退回未改 {}；时限 {}{extended}{filed}",
        row.period,
        row.owed,
        row.on_time,
        row.late,
        row.missing,
        row.not_yet_due,
        row.returned,
        due_text(row.due_at),
    );
    Filing { mark, class, about }
}
