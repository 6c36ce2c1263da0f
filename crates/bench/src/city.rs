//! A city made for measuring: eight units, each reporting a hundred indicators of its own area, and then correcting them.
//!
//! Corrections are the plainest real submission: one event, one line, decided against the figure it names.

use chain::{Date, EventHash, Instant};
use domain::ledger::Submission;
use events::{
    AreaClass, AreaRegistered, Channel, CorrectionReason, Decimal, Direction, Duty, Event, FigureCorrected,
    FigureReported, FigureStatus, IndicatorDefined, IndicatorKind, LedgerOpened, PeriodKind, PeriodOpened,
    PlanAdopted, ResponsibilityAssigned, RollUp, SubmissionFiled, Target, TargetSet, UnitKind,
    UnitRegistered, Value,
};
use uuid::Uuid;

use crate::key::{Key, ORIGIN};

/// Units that write at the same time.
pub const UNITS: u64 = 8;
/// Cells of each unit: as many as one batch corrects.
pub const CELLS: u64 = 100;

const OFFICE: &str = "digital-office";
const PLAN: &str = "bench-2026";
const PERIOD: &str = "2026-01";

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("an id in its grammar")
}

fn unit(number: u64) -> String {
    format!("unit-{number}")
}

fn area(number: u64) -> String {
    format!("area-{number}")
}

fn indicator(number: u64) -> String {
    format!("indicator-{number:03}")
}

fn day(month: u32, day: u32) -> Date {
    Date::of(2026, month, day).expect("a day of the calendar")
}

fn submission(number: u128, unit: &str, events: Vec<Event>) -> Submission {
    let submission = uuid::Builder::from_random_bytes(number.to_be_bytes()).into_uuid();
    Submission { submission, unit: id(unit), by: id("bench"), events, signature: None }
}

/// Opens the ledger: units, plan, areas, indicators, duties, targets and one period, in one submission.
pub fn opening() -> Submission {
    let mut events = vec![opened(), registered(OFFICE, UnitKind::DigitalOffice)];
    events.extend((0..UNITS).map(|number| registered(&unit(number), UnitKind::AreaGovernment)));
    events.push(adopted());
    events.extend((0..UNITS).map(assessed));
    events.extend((0..CELLS).map(defined));
    events.extend((0..UNITS).map(reports));
    events.extend((0..UNITS).flat_map(|area| (0..CELLS).map(move |row| target(area, row))));
    events.push(period());
    submission(1, OFFICE, events)
}

/// The first filing of a unit: a figure for each of its cells.
pub fn filing(number: u64) -> Submission {
    let filed =
        SubmissionFiled { channel: Channel::Json, confirmed: Vec::new(), period: id(PERIOD), source: None };
    let mut events = vec![Event::from(filed)];
    events.extend((0..CELLS).map(|row| reported(number, row)));
    submission(u128::from(number) + 2, &unit(number), events)
}

/// The `round`-th correction by a unit of the figures named; each round has other values.
pub fn correction(number: u64, round: u64, figures: &[EventHash]) -> Submission {
    let value =
        Decimal::from(rust_decimal::Decimal::new(150_000 + i64::try_from(round % 10_000).expect("small"), 2));
    let corrected = |figure: &EventHash| {
        let event = FigureCorrected {
            corrects: *figure,
            evidence: Vec::new(),
            material: false,
            note: None,
            reason: CorrectionReason::DataRevised,
            status: FigureStatus::Preliminary,
            value: Value::Number(value),
        };
        Event::from(event)
    };
    let events = figures.iter().map(corrected).collect();
    let submission_id = Uuid::from_u64_pair((number + 1) << 32 | 0x4000, 0x8000_0000_0000_0000 | round);
    Submission { submission: submission_id, ..submission(0, &unit(number), events) }
}

fn opened() -> Event {
    let (log_key, origin, title) = (Key::public(), ORIGIN.to_owned(), "演示数据：测速".to_owned());
    LedgerOpened { log_key, origin, suite: "pl-1".to_owned(), synthetic: true, title }.into()
}

fn registered(unit: &str, kind: UnitKind) -> Event {
    UnitRegistered { aliases: Vec::new(), kind, name: format!("演示单位 {unit}"), registered: id(unit) }
        .into()
}

fn adopted() -> Event {
    PlanAdopted {
        city: "演示市".to_owned(),
        document: "演示数据".to_owned(),
        issued_on: day(1, 1),
        plan: id(PLAN),
        source: None,
        title: "演示数据：测速方案".to_owned(),
        years: vec![2026],
    }
    .into()
}

fn assessed(number: u64) -> Event {
    let (area, name) = (area(number), format!("演示地区 {number}"));
    AreaRegistered { aliases: Vec::new(), area: id(&area), class: AreaClass::District, name, plan: id(PLAN) }
        .into()
}

fn defined(number: u64) -> Event {
    let name = format!("演示指标 {number}");
    IndicatorDefined {
        aliases: Vec::new(),
        basis: None,
        block: None,
        bonus: None,
        direction: Direction::HigherIsBetter,
        group: name.clone(),
        indicator: id(&indicator(number)),
        kind: IndicatorKind::Level,
        measure: "亿元".to_owned(),
        name,
        order: u32::try_from(number).expect("small"),
        paced: false,
        percent: false,
        plan: id(PLAN),
        remark: None,
        roll_up: RollUp::Independent,
        source_line: None,
    }
    .into()
}

fn reports(number: u64) -> Event {
    ResponsibilityAssigned {
        area: Some(id(&area(number))),
        assignee: id(&unit(number)),
        duty: Duty::Reports,
        indicator: None,
        plan: id(PLAN),
    }
    .into()
}

fn target(number: u64, row: u64) -> Event {
    TargetSet {
        area: id(&area(number)),
        indicator: id(&indicator(row)),
        plan: id(PLAN),
        raw: "2000".to_owned(),
        target: Target::Number { value: Decimal::from(2000) },
        year: 2026,
    }
    .into()
}

fn period() -> Event {
    let due_at = Instant::from_micros(4_000_000_000_000_000).expect("a day of the calendar");
    let (starts_on, ends_on) = (day(1, 1), day(1, 31));
    PeriodOpened { due_at, ends_on, kind: PeriodKind::Month, period: id(PERIOD), starts_on }.into()
}

fn reported(number: u64, row: u64) -> Event {
    FigureReported {
        area: id(&area(number)),
        as_at: day(1, 31),
        indicator: id(&indicator(row)),
        period: id(PERIOD),
        plan: id(PLAN),
        status: FigureStatus::Preliminary,
        value: Value::Number("1499.99".parse().expect("a decimal")),
    }
    .into()
}
