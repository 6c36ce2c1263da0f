//! Random histories against a naive oracle that knows nothing of the book: it walks the lines and keeps, for each cell
//! and day, the versions that stand.

use std::collections::BTreeMap;

use chain::{Date, EventHash, Instant, TreeHash};
use domain::book::Book;
use domain::registry::PlanIx;
use domain::scoring::At;
use events::{
    AreaClass, AreaRegistered, CorrectionReason, Decimal, Direction, Duty, Event, FigureApproved,
    FigureCorrected, FigureReported, FigureReturned, FigureStatus, FigureVerified, FigureWithdrawn,
    IndicatorDefined, IndicatorKind, LedgerOpened, PeriodClosed, PeriodExtended, PeriodKind, PeriodOpened,
    PlanAdopted, Recorded, ResponsibilityAssigned, RollUp, Rulebook, Stage, Target, TargetSet, UnitKind,
    UnitRegistered, Value,
};
use projections::Reading;
use projections::tables::v1::{Figures, Timeliness};
use proptest::prelude::*;

use crate::demo::{date, instant};

const HOUR_MICROS: i64 = 3_600_000_000;
const AREAS: [&str; 2] = ["east", "west"];
const ROWS: [&str; 2] = ["output", "users"];
/// Each period with its first and last day and its deadline.
const PERIODS: [(&str, &str, &str, &str); 2] = [
    ("2022-01", "2022-01-01", "2022-01-10", "2022-01-12T16:00:00.000000Z"),
    ("2022-02", "2022-01-11", "2022-01-20", "2022-01-22T16:00:00.000000Z"),
];
const DAYS: [(&str, usize); 4] = [("2022-01-05", 0), ("2022-01-10", 0), ("2022-01-15", 1), ("2022-01-20", 1)];

/// One act of a random history; indices pick among what there is.
#[derive(Clone, Debug)]
enum Act {
    Report { cell: usize, day: usize, value: u16 },
    Correct { pick: usize, value: u16, material: bool },
    Review { pick: usize, how: Review },
    Extend { period: usize, unit: Option<usize>, hours: i64 },
    Close { period: usize },
}

#[derive(Clone, Copy, Debug)]
enum Review {
    Return,
    Verify,
    Approve,
    Withdraw,
}

fn act() -> impl Strategy<Value = Act> {
    let review = prop_oneof![
        Just(Review::Return),
        Just(Review::Verify),
        Just(Review::Approve),
        Just(Review::Withdraw)
    ];
    prop_oneof![
        5 => (0..4_usize, 0..4_usize, 1..500_u16).prop_map(|(cell, day, value)| Act::Report { cell, day, value }),
        3 => (0..64_usize, 1..500_u16, any::<bool>())
            .prop_map(|(pick, value, material)| Act::Correct { pick, value, material }),
        5 => (0..64_usize, review).prop_map(|(pick, how)| Act::Review { pick, how }),
        1 => (0..2_usize, proptest::option::of(0..2_usize), 1..60_i64)
            .prop_map(|(period, unit, hours)| Act::Extend { period, unit, hours }),
        1 => (0..2_usize).prop_map(|period| Act::Close { period }),
    ]
}

/// A standing version, as the oracle sees it.
#[derive(Clone, Debug)]
struct Version {
    hash: EventHash,
    stage: Stage,
    returned: bool,
    first_at: Instant,
    filed_at: Instant,
}

/// What stands on each cell and day, oldest version first.
type Standing = BTreeMap<(usize, usize), Vec<Version>>;

/// A ledger under construction, and what stands at its head.
struct World {
    lines: Vec<Recorded>,
    at: Instant,
    standing: Standing,
}

impl World {
    fn new() -> Self {
        let mut world =
            Self { lines: Vec::new(), at: instant("2022-01-01T00:00:00.000000Z"), standing: Standing::new() };
        setup().into_iter().for_each(|event| world.record("office", event));
        world
    }

    fn record(&mut self, unit: &str, event: Event) {
        let position = self.lines.len() as u64;
        self.lines.push(Recorded {
            position,
            hash: chain::hash::event_hash(&position.to_be_bytes()),
            at: self.at,
            by: "demo".parse().unwrap(),
            unit: unit.parse().unwrap(),
            unit_seq: 0,
            submission: uuid::Uuid::from_u128(position.into()),
            submission_size: 1,
            signature: None,
            event,
        });
    }

    /// Records an act if it is one the domain could accept; time passes either way.
    fn perform(&mut self, act: &Act, hours: i64) {
        self.at = Instant::from_micros(self.at.micros() + hours * HOUR_MICROS).unwrap();
        match act {
            Act::Report { cell, day, value } => self.report(*cell, *day, *value),
            Act::Correct { pick, value, material } => self.correct(*pick, *value, *material),
            Act::Review { pick, how } => self.review(*pick, *how),
            Act::Extend { period, unit, hours } => {
                let due_at = instant(PERIODS[*period].3).micros() + hours * HOUR_MICROS;
                let extended = PeriodExtended {
                    due_at: Instant::from_micros(due_at).unwrap(),
                    period: PERIODS[*period].0.parse().unwrap(),
                    reason: "演示数据".to_owned(),
                    units: unit.iter().map(|area| AREAS[*area].parse().unwrap()).collect(),
                };
                self.record("office", extended.into());
            }
            Act::Close { period } => self.close(PeriodClosed { period: PERIODS[*period].0.parse().unwrap() }),
        }
        self.standing = standing(&self.lines);
    }

    /// A period closes once.
    fn close(&mut self, closed: PeriodClosed) {
        let closed = Event::from(closed);
        if self.lines.iter().all(|line| line.event != closed) {
            self.record("office", closed);
        }
    }

    fn report(&mut self, cell: usize, day: usize, value: u16) {
        if self.standing.contains_key(&(cell, day)) {
            return;
        }
        let (as_at, period) = DAYS[day];
        let reported = FigureReported {
            area: AREAS[cell % 2].parse().unwrap(),
            as_at: date(as_at),
            indicator: ROWS[cell / 2].parse().unwrap(),
            period: PERIODS[period].0.parse().unwrap(),
            plan: "plan".parse().unwrap(),
            status: FigureStatus::Preliminary,
            value: Value::Number(Decimal::from(i64::from(value))),
        };
        self.record(AREAS[cell % 2], reported.into());
    }

    /// The newest standing version of some cell and day.
    fn picked(&self, pick: usize) -> Option<(usize, Version)> {
        let newest: Vec<_> =
            self.standing.iter().map(|(key, versions)| (key.0, versions.last().unwrap())).collect();
        (!newest.is_empty())
            .then(|| newest[pick % newest.len()])
            .map(|(cell, version)| (cell, version.clone()))
    }

    fn correct(&mut self, pick: usize, value: u16, material: bool) {
        let Some((cell, version)) = self.picked(pick) else { return };
        let corrected = FigureCorrected {
            corrects: version.hash,
            evidence: Vec::new(),
            material,
            note: None,
            reason: CorrectionReason::Misreported,
            status: FigureStatus::Provisional,
            value: Value::Number(Decimal::from(i64::from(value))),
        };
        self.record(AREAS[cell % 2], corrected.into());
    }

    fn review(&mut self, pick: usize, how: Review) {
        let Some((cell, version)) = self.picked(pick) else { return };
        let figure = version.hash;
        let reason = "演示数据".to_owned();
        match how {
            Review::Return if !version.returned => {
                self.record("office", FigureReturned { figure, reason }.into());
            }
            Review::Verify if !version.returned && version.stage == Stage::Reported => {
                self.record("office", FigureVerified { figure, note: None }.into());
            }
            Review::Approve if !version.returned && version.stage == Stage::Verified => {
                self.record("office", FigureApproved { figure }.into());
            }
            Review::Withdraw => self.record(AREAS[cell % 2], FigureWithdrawn { figure, reason }.into()),
            Review::Return | Review::Verify | Review::Approve => {}
        }
    }
}

fn setup() -> Vec<Event> {
    let opened = LedgerOpened {
        log_key: String::new(),
        origin: "ledger.example.org/random".to_owned(),
        suite: "pl-1".to_owned(),
        synthetic: true,
        title: "演示数据".to_owned(),
    };
    let adopted = PlanAdopted {
        city: "演示市".to_owned(),
        document: "演示文件".to_owned(),
        issued_on: date("2022-01-01"),
        plan: "plan".parse().unwrap(),
        source: None,
        title: "演示方案".to_owned(),
        years: vec![2022],
    };
    let mut events = vec![Event::from(opened), adopted.into()];
    for area in AREAS {
        events.push(unit(area, UnitKind::AreaGovernment));
        events.push(area_registered(area));
        events.push(reports(area));
    }
    for (order, row) in (0..).zip(ROWS) {
        events.push(indicator(row, order));
        events.extend(AREAS.map(|area| target(row, area)));
    }
    events.extend(PERIODS.map(|(period, starts_on, ends_on, due_at)| {
        PeriodOpened {
            due_at: instant(due_at),
            ends_on: date(ends_on),
            kind: PeriodKind::Month,
            period: period.parse().unwrap(),
            starts_on: date(starts_on),
        }
        .into()
    }));
    events
}

fn unit(id: &str, kind: UnitKind) -> Event {
    let name = format!("演示单位 {id}");
    UnitRegistered { aliases: Vec::new(), kind, name, registered: id.parse().unwrap() }.into()
}

fn area_registered(id: &str) -> Event {
    let (area, plan) = (id.parse().unwrap(), "plan".parse().unwrap());
    AreaRegistered { aliases: Vec::new(), area, class: AreaClass::District, name: id.to_owned(), plan }.into()
}

fn reports(area: &str) -> Event {
    ResponsibilityAssigned {
        area: Some(area.parse().unwrap()),
        assignee: area.parse().unwrap(),
        duty: Duty::Reports,
        indicator: None,
        plan: "plan".parse().unwrap(),
    }
    .into()
}

fn target(row: &str, area: &str) -> Event {
    TargetSet {
        area: area.parse().unwrap(),
        indicator: row.parse().unwrap(),
        plan: "plan".parse().unwrap(),
        raw: "100".to_owned(),
        target: Target::Number { value: Decimal::from(100) },
        year: 2022,
    }
    .into()
}

fn indicator(row: &str, order: u32) -> Event {
    IndicatorDefined {
        aliases: Vec::new(),
        basis: None,
        block: None,
        bonus: None,
        direction: Direction::HigherIsBetter,
        group: row.to_owned(),
        indicator: row.parse().unwrap(),
        kind: IndicatorKind::Flow,
        measure: "个".to_owned(),
        name: row.to_owned(),
        order,
        paced: true,
        percent: false,
        plan: "plan".parse().unwrap(),
        remark: None,
        roll_up: RollUp::Independent,
        source_line: None,
    }
    .into()
}

/// What stands after the given lines.
#[allow(clippy::wildcard_enum_match_arm, reason = "the oracle looks at figures only")]
fn standing(lines: &[Recorded]) -> Standing {
    let mut standing = Standing::new();
    for line in lines {
        match &line.event {
            Event::FigureReported(own) => {
                let day = DAYS.iter().position(|(day, _)| date(day) == own.as_at).unwrap();
                let area = AREAS.iter().position(|area| *area == own.area.as_str()).unwrap();
                let row = ROWS.iter().position(|row| *row == own.indicator.as_str()).unwrap();
                standing.insert((2 * row + area, day), vec![version(line, line.at, line.at)]);
            }
            Event::FigureCorrected(own) => {
                let versions = holding(&mut standing, own.corrects);
                let before = versions.last().unwrap();
                let filed_at = if own.material { line.at } else { before.filed_at };
                let first_at = before.first_at;
                versions.push(version(line, first_at, filed_at));
            }
            Event::FigureReturned(own) => newest(&mut standing, own.figure).returned = true,
            Event::FigureVerified(own) => newest(&mut standing, own.figure).stage = Stage::Verified,
            Event::FigureApproved(own) => newest(&mut standing, own.figure).stage = Stage::Approved,
            Event::FigureWithdrawn(own) => {
                standing.retain(|_, versions| versions.iter().all(|version| version.hash != own.figure));
            }
            _ => {}
        }
    }
    standing
}

fn version(line: &Recorded, first_at: Instant, filed_at: Instant) -> Version {
    Version { hash: line.hash, stage: Stage::Reported, returned: false, first_at, filed_at }
}

fn holding(standing: &mut Standing, hash: EventHash) -> &mut Vec<Version> {
    standing.values_mut().find(|versions| versions.iter().any(|own| own.hash == hash)).expect("it stands")
}

fn newest(standing: &mut Standing, hash: EventHash) -> &mut Version {
    holding(standing, hash).last_mut().unwrap()
}

/// The figure that counts: the latest day with a version that was not returned and has reached the stage; of that
/// day the newest such version.
fn effective(standing: &Standing, cell: usize, as_of: Date, from: Stage) -> Option<EventHash> {
    let days = (0..DAYS.len()).rev().filter(|day| date(DAYS[*day].0) <= as_of);
    days.filter_map(|day| standing.get(&(cell, day)))
        .find_map(|versions| versions.iter().rev().find(|own| !own.returned && own.stage >= from))
        .map(|own| own.hash)
}

/// Late, on time, missing, not yet due, late by correction, returned: of one area and period.
#[allow(clippy::wildcard_enum_match_arm, reason = "the oracle looks at deadlines only")]
fn timeliness(lines: &[Recorded], area: usize, period: usize, as_of: Date) -> [u32; 6] {
    let standing = standing(lines);
    let (id, _, _, due_at) = PERIODS[period];
    let (mut due_at, mut closed, mut open_until) = (instant(due_at), false, None);
    for line in lines {
        match &line.event {
            Event::PeriodExtended(own)
                if own.period.as_str() == id
                    && (own.units.is_empty()
                        || own.units.iter().any(|unit| unit.as_str() == AREAS[area])) =>
            {
                due_at = due_at.max(own.due_at);
                open_until = open_until.max(Some(own.due_at));
            }
            Event::PeriodClosed(own) if own.period.as_str() == id => (closed, open_until) = (true, None),
            _ => {}
        }
    }
    // Midnight in China is four in the afternoon in Greenwich.
    let over = instant(&format!("{as_of}T16:00:00.000000Z")) >= due_at;
    let shut = closed && open_until.is_none_or(|until| until < due_at);
    let mut counts = [0; 6];
    for cell in [area, area + 2] {
        let days = (0..DAYS.len()).filter(|day| DAYS[*day].1 == period);
        let versions = days.filter_map(|day| standing.get(&(cell, day))).map(|all| all.last().unwrap());
        let outcome = match versions.min_by_key(|own| own.filed_at) {
            Some(own) => {
                counts[4] += u32::from(own.first_at <= due_at && own.filed_at > due_at);
                counts[5] += u32::from(own.returned);
                usize::from(own.filed_at <= due_at)
            }
            None => 3 - usize::from(over || shut),
        };
        counts[outcome] += 1;
    }
    counts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn figures_and_timeliness_agree_with_a_naive_reading_of_the_lines(
        acts in proptest::collection::vec((act(), 1..24_i64), 1..50),
        known in any::<prop::sample::Index>(),
        day in 1_u32..=31,
        counts_from in prop_oneof![Just(Stage::Reported), Just(Stage::Verified), Just(Stage::Approved)],
    ) {
        let mut world = World::new();
        let begun = world.lines.len();
        acts.iter().for_each(|(act, hours)| world.perform(act, *hours));
        let mut book = Book::default();
        world.lines.iter().for_each(|line| book.apply(line));

        let known = begun + known.index(world.lines.len() - begun + 1);
        let as_of = Date::of(2022, 1, day).unwrap();
        let rules = Rulebook { counts_from, ..seeds::yingtan_2022_rules() };
        let at = At { as_of, known: known as u64 };
        let reading = Reading::under(&book, PlanIx(0), at, TreeHash::ZERO, &rules).unwrap();

        let naive = standing(&world.lines[..known]);
        let table = Figures::of(&reading);
        for cell in 0..4 {
            let of_cell = table.figures.iter().filter(|own| {
                own.area.as_str() == AREAS[cell % 2] && own.indicator.as_str() == ROWS[cell / 2]
            });
            let counted: Vec<_> = of_cell.filter(|own| own.outcome == "counts").map(|own| own.hash).collect();
            let expected: Vec<_> = effective(&naive, cell, as_of, counts_from).into_iter().collect();
            prop_assert_eq!(counted, expected, "cell {}", cell);
        }
        let is_figure = |line: &&Recorded| {
            matches!(line.event, Event::FigureReported(_) | Event::FigureCorrected(_))
        };
        prop_assert_eq!(table.figures.len(), world.lines[..known].iter().filter(is_figure).count());

        for own in Timeliness::of(&reading).rows {
            let area = AREAS.iter().position(|area| *area == own.unit.as_str()).unwrap();
            let period = PERIODS.iter().position(|period| period.0 == own.period.as_str()).unwrap();
            let counts =
                [own.late, own.on_time, own.missing, own.not_yet_due, own.late_by_correction, own.returned];
            prop_assert_eq!(counts, timeliness(&world.lines[..known], area, period, as_of), "{:?}", own);
        }
    }
}
