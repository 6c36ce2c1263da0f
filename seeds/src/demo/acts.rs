//! What happens: from an act on the agenda to the events of one submission.

use chain::{Date, Instant};
use domain::book::{Book, Life};
use domain::catalogue::Indicator;
use events::{
    Absence, AreaId, Channel, Confirmation, CorrectionReason, Event, FigureApproved, FigureCorrected,
    FigureReported, FigureStatus, FigureVerified, LedgerOpened, NarrativeReported, PeriodClosed, PeriodId,
    PeriodOpened, RulebookAdopted, Stage, SubmissionFiled, Target, UnitId, Value, WorkdayCalendarPublished,
};

use super::calendar::day;
use super::cells::{Cell, figure};
use super::told::Story;
use super::{CORRECTION, Demo, NARRATIVE};
use crate::{Opening, opening};

/// Something on the agenda. Cities and units are indices.
#[derive(Clone, Debug)]
pub(super) enum Act {
    OpenLedger,
    OpenCity { city: usize },
    AdoptRules { city: usize, changed: bool },
    PlanYear(u16),
    PublishCalendar,
    OpenPeriod(PeriodOpened),
    ClosePeriod(PeriodId),
    File { city: usize, unit: usize, period: PeriodId, as_at: Date },
    Tell { city: usize, unit: usize, period: PeriodId },
    Verify { city: usize, unit: usize, as_at: Date },
    VerifyCity { city: usize, as_at: Date },
    Approve { city: usize, as_at: Date },
    CorrectSome { city: usize, as_at: Date },
    Story(Story),
}

/// The stage of life a reviewer looks for.
const REPORTED: Life = Life::Standing(Stage::Reported);
const VERIFIED: Life = Life::Standing(Stage::Verified);

impl Demo {
    /// Who does it, and the events; none when there is nothing to do.
    pub(super) fn perform(&self, act: &Act, book: &Book, at: Instant) -> (UnitId, Vec<Event>) {
        match act {
            Act::OpenLedger => (self.administrator(0), vec![self.opened()]),
            Act::OpenCity { city } => {
                let plan = self.cities[*city].plan(&self.plan);
                // The ledger was opened in the first office's name; it registers the others.
                (self.administrator(0), opening(&plan, Opening::default()))
            }
            Act::AdoptRules { city, changed } => {
                (self.administrator(*city), vec![self.rules(*city, *changed)])
            }
            Act::PlanYear(_) => (self.administrator(0), Vec::new()),
            Act::PublishCalendar => (self.administrator(0), vec![holidays_2022().into()]),
            Act::OpenPeriod(period) => (self.administrator(0), vec![period.clone().into()]),
            Act::ClosePeriod(period) => {
                (self.administrator(0), vec![PeriodClosed { period: period.clone() }.into()])
            }
            Act::File { city, unit, period, as_at } => self.file(*city, *unit, period, *as_at, book),
            Act::Tell { city, unit, period } => self.tell(*city, *unit, period, at),
            Act::Verify { city, unit, as_at } => self.verify(*city, *unit, *as_at, book),
            Act::VerifyCity { city, as_at } => {
                let cells = self.cells.iter().filter(|cell| cell.of_city);
                (self.administrator(*city), self.acted(*city, cells, *as_at, REPORTED, book, verified))
            }
            Act::Approve { city, as_at } => {
                let approve = |figure| FigureApproved { figure }.into();
                let cells = self.cells.iter();
                (self.administrator(*city), self.acted(*city, cells, *as_at, VERIFIED, book, approve))
            }
            Act::CorrectSome { city, as_at } => self.correct_some(*city, *as_at, book),
            Act::Story(story) => self.story(*story, book),
        }
    }

    fn opened(&self) -> Event {
        LedgerOpened {
            log_key: self.options.log_key.clone(),
            origin: self.options.origin.clone(),
            suite: "pl-1".to_owned(),
            synthetic: true,
            title: format!("演示数据：{}", self.plan.title),
        }
        .into()
    }

    /// The rules, and their change at mid-year: only verified figures count, clusters all or nothing.
    fn rules(&self, city: usize, changed: bool) -> Event {
        let mut rules = self.rules.clone();
        let year = i32::from(self.plan.years[0]);
        let (effective_from, name, title) = if changed {
            rules.counts_from = Stage::Verified;
            (day(year, 7, 1), "demo-2", "演示计分规则（下半年：复核后计分）")
        } else {
            (day(year, 1, 1), "demo-1", "演示计分规则")
        };
        let plan = self.cities[city].plan.clone();
        let rulebook = name.parse().expect("a valid id");
        RulebookAdopted { effective_from, plan, rulebook, rules: Box::new(rules), title: title.to_owned() }
            .into()
    }

    /// The rows a unit is first to answer for.
    pub(super) fn first_rows<'a>(&'a self, unit: &'a UnitId) -> impl Iterator<Item = &'a Indicator> {
        let first = |row: &&Indicator| row.units.first().or_else(|| row.assumed_units.first()) == Some(unit);
        self.plan.indicators.iter().filter(|row| row.bonus.is_none()).filter(first)
    }

    /// The cells a unit reports: a government its area's, a bureau the city's of its rows.
    fn cells_of(&self, unit: usize) -> impl Iterator<Item = &Cell> {
        let unit = &self.plan.units[unit];
        self.cells.iter().filter(move |cell| match &unit.governs {
            Some(area) => !cell.of_city && &self.plan.areas[cell.area].id == area,
            None => cell.of_city && self.is_first(unit, cell),
        })
    }

    fn is_first(&self, unit: &domain::catalogue::Unit, cell: &Cell) -> bool {
        let row = &self.plan.indicators[cell.row];
        row.units.first().or_else(|| row.assumed_units.first()) == Some(&unit.id)
    }

    fn file(
        &self,
        city: usize,
        unit: usize,
        period: &PeriodId,
        as_at: Date,
        book: &Book,
    ) -> (UnitId, Vec<Event>) {
        let mut confirmed = Vec::new();
        let mut figures = Vec::new();
        for cell in self.cells_of(unit) {
            let Some(value) = figure(&self.plan, cell, city as u64, as_at, self.noise) else { continue };
            let (value, confirmation) = self.as_first_told(city, cell, as_at, value);
            let confirmation = confirmation.or_else(|| self.leap_confirmed(city, cell, as_at, value, book));
            confirmed.extend(confirmation);
            figures.push(self.reported(city, cell, period, as_at, value));
        }
        let filed =
            SubmissionFiled { channel: Channel::Demo, confirmed, period: period.clone(), source: None };
        let mut events = vec![Event::from(filed)];
        events.append(&mut figures);
        let events = if events.len() > 1 { events } else { Vec::new() };
        (self.cities[city].unit(&self.plan.units[unit].id), events)
    }

    pub(super) fn reported(
        &self,
        city: usize,
        cell: &Cell,
        period: &PeriodId,
        as_at: Date,
        value: Value,
    ) -> Event {
        let year_end = as_at == day(as_at.year(), 12, 31);
        FigureReported {
            area: self.area_of(city, cell),
            as_at,
            indicator: self.plan.indicators[cell.row].id.clone(),
            period: period.clone(),
            plan: self.cities[city].plan.clone(),
            status: if year_end { FigureStatus::Provisional } else { FigureStatus::Preliminary },
            value,
        }
        .into()
    }

    /// The value as a story has it first: ten times too much, with the warning confirmed; or not available.
    fn as_first_told(
        &self,
        city: usize,
        cell: &Cell,
        as_at: Date,
        value: Value,
    ) -> (Value, Option<Confirmation>) {
        let year = i32::from(self.plan.years[0]);
        let (row, area) =
            (self.plan.indicators[cell.row].id.as_str(), self.plan.areas[cell.area].id.as_str());
        if city != 0 || as_at.year() != year {
            return (value, None);
        }
        match (row, area, as_at.month(), value) {
            ("online-retail", "yuehu", 4, Value::Number(number)) => {
                let (mantissa, scale) = number.parts();
                let tenfold = rust_decimal::Decimal::from_i128_with_scale(mantissa * 10, scale).into();
                let reason = "演示数据：误以为数据无误而确认";
                (Value::Number(tenfold), Some(self.confirmation(city, cell, "far-from-target", reason)))
            }
            ("data-center-pue", "yingtan", 5, _) => (Value::Absent(Absence::NotAvailable), None),
            _ => (value, None),
        }
    }

    /// Where no figure stands for some months, the next one can be so far from the last that the ledger asks about it.
    fn leap_confirmed(
        &self,
        city: usize,
        cell: &Cell,
        as_at: Date,
        value: Value,
        book: &Book,
    ) -> Option<Confirmation> {
        let (row, area) = (&self.plan.indicators[cell.row].id, self.area_of(city, cell));
        let ix = book.registry().cell(&self.cities[city].plan, row, &area)?;
        let before = book.cell(ix)?.before(as_at)?.value.number()?.number();
        let now = value.number()?.number();
        let target = book.registry().plan(ix.plan).target(ix.indicator, ix.area, as_at, u64::MAX)?.target;
        let large = match target {
            Target::Number { value } => (now - before) * rust_decimal::Decimal::from(4) > value.number(),
            Target::ExceedsCity | Target::NotAssessed | Target::NotYetSet | Target::Void => true,
        };
        let leaps =
            before > rust_decimal::Decimal::ZERO && now > before * rust_decimal::Decimal::from(3) && large;
        leaps.then(|| self.confirmation(city, cell, "far-from-last", "演示数据：前几个月没有数，已核对"))
    }

    fn area_of(&self, city: usize, cell: &Cell) -> AreaId {
        self.cities[city].area(&self.plan.areas[cell.area].id)
    }

    fn confirmation(&self, city: usize, cell: &Cell, warning: &str, reason: &str) -> Confirmation {
        Confirmation {
            area: self.area_of(city, cell),
            indicator: self.plan.indicators[cell.row].id.clone(),
            reason: reason.to_owned(),
            warning: warning.to_owned(),
        }
    }

    fn tell(&self, city: usize, unit: usize, period: &PeriodId, at: Instant) -> (UnitId, Vec<Event>) {
        const PROGRESS: &[&str] =
            &["召开专题调度会", "完成摸底并建立台账", "组织企业对接", "推进项目开工", "开展督导检查"];
        const HIGHLIGHTS: &[&str] = &["新增一个应用场景", "经验做法获肯定", "一家企业完成改造", ""];
        const RESULTS: &[&str] = &["进度符合序时要求", "签约项目一个", "上线系统一套", "暂无"];
        const NEXT: &[&str] = &["继续跟踪落实", "筹备现场会", "完善方案后印发", "加快项目入统"];
        let week = (at.micros() / 1_000_000).unsigned_abs();
        let purpose = |what: u64| [NARRATIVE, 10 + what, city as u64, unit as u64, week];
        let last = u32::try_from(self.plan.tasks.len()).expect("few tasks");
        let task = u16::try_from(self.noise.between(1, last, &purpose(4))).expect("few tasks");
        let said = |words: &[&str], what: u64| (*self.noise.pick(words, &purpose(what))).to_owned();
        let filed = SubmissionFiled {
            channel: Channel::Demo,
            confirmed: Vec::new(),
            period: period.clone(),
            source: None,
        };
        let told = NarrativeReported {
            highlights: said(HIGHLIGHTS, 1),
            next_steps: said(NEXT, 3),
            period: period.clone(),
            plan: self.cities[city].plan.clone(),
            progress: format!("演示数据：围绕任务{task}，{}。", self.noise.pick(PROGRESS, &purpose(0))),
            results: said(RESULTS, 2),
            tasks: vec![task],
        };
        (self.cities[city].unit(&self.plan.units[unit].id), vec![filed.into(), told.into()])
    }

    fn verify(&self, city: usize, unit: usize, as_at: Date, book: &Book) -> (UnitId, Vec<Event>) {
        let own = &self.plan.units[unit];
        let cells = self.cells.iter().filter(|cell| !cell.of_city && self.is_first(own, cell));
        (self.cities[city].unit(&own.id), self.acted(city, cells, as_at, REPORTED, book, verified))
    }

    /// An act for each cell whose newest figure of the day stands where the reviewer looks.
    fn acted<'a>(
        &self,
        city: usize,
        cells: impl Iterator<Item = &'a Cell>,
        as_at: Date,
        life: Life,
        book: &Book,
        act: impl Fn(chain::EventHash) -> Event,
    ) -> Vec<Event> {
        let standing = cells.filter_map(|cell| self.standing(city, cell, as_at, book));
        standing.filter(|figure| figure.life(u64::MAX) == life).map(|figure| act(figure.hash)).collect()
    }

    pub(super) fn standing<'a>(
        &self,
        city: usize,
        cell: &Cell,
        as_at: Date,
        book: &'a Book,
    ) -> Option<&'a domain::book::Figure> {
        let area = self.cities[city].area(&self.plan.areas[cell.area].id);
        let ix = book.registry().cell(&self.cities[city].plan, &self.plan.indicators[cell.row].id, &area)?;
        book.cell(ix)?.standing_on(as_at)
    }

    /// Some unit notices a small slip in a level or ratio, after approval.
    fn correct_some(&self, city: usize, as_at: Date, book: &Book) -> (UnitId, Vec<Event>) {
        let purpose = [CORRECTION, city as u64, as_at.year().unsigned_abs().into(), as_at.month().into()];
        let governments: Vec<usize> =
            (0..self.plan.units.len()).filter(|unit| self.plan.units[*unit].governs.is_some()).collect();
        let unit = *self.noise.pick(&governments, &purpose);
        let id = self.cities[city].unit(&self.plan.units[unit].id);
        let levels: Vec<&Cell> =
            self.cells_of(unit).filter(|cell| !self.plan.indicators[cell.row].is_additive()).collect();
        let cell = *self.noise.pick(&levels, &[&purpose[..], &[1]].concat());
        let standing = self.standing(city, cell, as_at, book);
        let Some((standing, number)) = standing.and_then(|own| Some((own, own.value.number()?))) else {
            return (id, Vec::new());
        };
        let (mantissa, scale) = number.parts();
        let lower = rust_decimal::Decimal::from_i128_with_scale((mantissa - 1).max(0), scale).into();
        if lower == number {
            return (id, Vec::new());
        }
        let corrected = FigureCorrected {
            corrects: standing.hash,
            evidence: Vec::new(),
            material: false,
            note: Some("演示数据：尾数修订".to_owned()),
            reason: CorrectionReason::DataRevised,
            status: standing.status,
            value: Value::Number(lower),
        };
        (id, vec![corrected.into()])
    }
}

fn verified(figure: chain::EventHash) -> Event {
    FigureVerified { figure, note: None }.into()
}

/// 国务院办公厅关于2022年部分节假日安排的通知 (国办发明电〔2021〕11号).
fn holidays_2022() -> WorkdayCalendarPublished {
    let days = |listed: &[(u32, u32)]| listed.iter().map(|(month, own)| day(2022, *month, *own)).collect();
    WorkdayCalendarPublished {
        document: "国务院办公厅关于2022年部分节假日安排的通知".to_owned(),
        holidays: days(&[
            (1, 3),
            (1, 31),
            (2, 1),
            (2, 2),
            (2, 3),
            (2, 4),
            (4, 4),
            (4, 5),
            (5, 2),
            (5, 3),
            (5, 4),
            (6, 3),
            (9, 12),
            (10, 3),
            (10, 4),
            (10, 5),
            (10, 6),
            (10, 7),
        ]),
        workdays: days(&[(1, 29), (1, 30), (4, 2), (4, 24), (5, 7), (10, 8), (10, 9)]),
        year: 2022,
    }
}
