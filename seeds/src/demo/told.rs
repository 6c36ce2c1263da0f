//! Things that happen once, in the first city's first year: what a reader of the demonstration should find.

use chain::Date;
use domain::book::{Award, Book, Figure};
use events::{
    AreaId, AwardRevoked, BonusGranted, Channel, CorrectionReason, Decimal, DeductionImposed, Event,
    EvidenceAttached, FigureCorrected, FigureReturned, FigureStatus, FigureWithdrawn, IndicatorId,
    PeriodExtended, PeriodId, SubmissionFiled, Target, TargetRevised, UnitId, Value,
};

use super::Demo;
use super::calendar::{at, day};
use super::cells::{Cell, figure};

/// Things that happen once, in the first city's first year.
#[derive(Clone, Copy, Debug)]
pub(super) enum Story {
    Return,
    Correct,
    AttachEvidence,
    Deduct,
    GrantHonour,
    Withdraw,
    ReportAgain,
    ReviseTarget,
    Extend,
    GrantUnicorn,
    GrantDoubtful,
    Revoke,
    RestateGdp,
}

impl Demo {
    /// Who does it, and the events; none when there is nothing to do.
    pub(super) fn story(&self, story: Story, book: &Book) -> (UnitId, Vec<Event>) {
        let year = i32::from(self.plan.years[0]);
        let office = self.administrator(0);
        let retail = || self.told_figure("online-retail", "yuehu", day(year, 4, 25), book);
        let one = |unit: &str, event: Option<Event>| (unit_id(unit), event.into_iter().collect());
        match story {
            Story::Return => one("commerce", retail().map(returned)),
            Story::Correct => one("yuehu", retail().and_then(decimal_point_moved)),
            Story::AttachEvidence => one("yuehu", retail().map(attached)),
            Story::Deduct => (office, vec![self.late_filing("longhushan", day(year, 6, 1))]),
            Story::GrantHonour => (office, vec![self.bonus("guixi", "honours", day(year, 6, 10), 1)]),
            Story::GrantUnicorn => (office, vec![self.bonus("gaoxin", "unicorns-new", day(year, 9, 16), 1)]),
            Story::GrantDoubtful => (office, vec![self.bonus("yuehu", "honours", day(year, 11, 4), 2)]),
            Story::Revoke => (office, book.awards().last().map(revoked).into_iter().collect()),
            Story::Withdraw => {
                let figure = self.told_figure("cloud-firms", "gaoxin", day(year, 7, 25), book);
                one("gaoxin", figure.map(withdrawn))
            }
            Story::ReportAgain => (unit_id("gaoxin"), self.report_again("cloud-firms", "gaoxin", year)),
            Story::ReviseTarget => (office, self.revised_target(year, book)),
            Story::Extend => (office, vec![extended_for_guixi(year)]),
            Story::RestateGdp => {
                let figure = self.told_figure("gdp", "yingtan", day(year, 12, 31), book);
                one("statistics", figure.and_then(restated))
            }
        }
    }

    fn late_filing(&self, area: &str, occurred_on: Date) -> Event {
        DeductionImposed {
            area: area_id(area),
            deduction: "late-filing".to_owned(),
            document: "演示文件：5月报送情况通报".to_owned(),
            occurred_on,
            plan: self.plan.id.clone(),
            quantity: 1,
        }
        .into()
    }

    fn told_figure<'a>(&self, row: &str, area: &str, as_at: Date, book: &'a Book) -> Option<&'a Figure> {
        self.standing(0, self.told_cell(row, area)?, as_at, book)
    }

    fn told_cell(&self, row: &str, area: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| {
            self.plan.indicators[cell.row].id.as_str() == row
                && self.plan.areas[cell.area].id.as_str() == area
        })
    }

    fn report_again(&self, row: &str, area: &str, year: i32) -> Vec<Event> {
        let period: PeriodId = format!("{year}-07").parse().expect("a period id");
        let as_at = day(year, 7, 25);
        let again = self.told_cell(row, area).and_then(|cell| {
            let value = figure(&self.plan, cell, 0, as_at, self.noise)?;
            Some(self.reported(0, cell, &period, as_at, value))
        });
        let filed = SubmissionFiled {
            channel: Channel::Demo,
            confirmed: Vec::new(),
            period: period.clone(),
            source: None,
        };
        again.map(|again| vec![filed.into(), again]).unwrap_or_default()
    }

    fn revised_target(&self, year: i32, book: &Book) -> Vec<Event> {
        let registry = book.registry();
        let cell = registry.cell(&self.plan.id, &row_id("online-retail"), &area_id("guixi"));
        let target_year = u16::try_from(year).expect("a year of the plan");
        let latest = cell.and_then(|cell| {
            registry.plan(cell.plan).target_versions(cell.indicator, cell.area, target_year).last()
        });
        let revised = latest.map(|(_, version)| TargetRevised {
            document: "演示文件：关于调整贵溪市网络零售额目标的批复".to_owned(),
            effective_from: day(year, 9, 1),
            raw: "17.00".to_owned(),
            reason: "演示数据：新增电商园区投产".to_owned(),
            revises: version.hash,
            target: Target::Number { value: "17.00".parse().expect("a decimal") },
        });
        revised.map(|revised| vec![revised.into()]).unwrap_or_default()
    }

    fn bonus(&self, area: &str, row: &str, occurred_on: Date, quantity: u32) -> Event {
        BonusGranted {
            area: area_id(area),
            document: "演示文件：获奖证书".to_owned(),
            indicator: row_id(row),
            occurred_on,
            plan: self.plan.id.clone(),
            quantity,
        }
        .into()
    }
}

/// The mistyped figure is sent back.
fn returned(figure: &Figure) -> Event {
    let reason = "疑似多填一位：前四个月已超过全年目标，请核对后更正。".to_owned();
    FigureReturned { figure: figure.hash, reason }.into()
}

/// A tenth of the figure, as it should have been written; none where it is no number.
fn decimal_point_moved(figure: &Figure) -> Option<Event> {
    let (mantissa, scale) = figure.value.number()?.parts();
    let corrected = FigureCorrected {
        corrects: figure.hash,
        evidence: vec![evidence()],
        material: true,
        note: Some("演示数据：小数点错位，已更正".to_owned()),
        reason: CorrectionReason::Misreported,
        status: figure.status,
        value: Value::Number(rust_decimal::Decimal::from_i128_with_scale(mantissa / 10, scale).into()),
    };
    Some(corrected.into())
}

fn attached(figure: &Figure) -> Event {
    EvidenceAttached {
        blake3: evidence(),
        bytes: EVIDENCE.len() as u64,
        figure: Some(figure.hash),
        media_type: "text/plain".to_owned(),
        title: "演示佐证：网络零售额统计台账".to_owned(),
    }
    .into()
}

fn revoked(award: &Award) -> Event {
    let reason = "演示数据：所附证书与申报事项不符，予以撤销。".to_owned();
    AwardRevoked { award: award.hash, reason }.into()
}

fn withdrawn(figure: &Figure) -> Event {
    let reason = "演示数据：名单有重复，撤回后重报。".to_owned();
    FigureWithdrawn { figure: figure.hash, reason }.into()
}

fn extended_for_guixi(year: i32) -> Event {
    PeriodExtended {
        due_at: at(day(year, 9, 5), 12 * 60),
        period: format!("{year}-08").parse().expect("a period id"),
        reason: "演示数据：防汛值守，延期报送。".to_owned(),
        units: vec![unit_id("guixi")],
    }
    .into()
}

/// The final figure, a little above the provisional one: a restatement beside a year that is closed.
fn restated(figure: &Figure) -> Option<Event> {
    let number = figure.value.number()?.number() + rust_decimal::Decimal::ONE;
    let corrected = FigureCorrected {
        corrects: figure.hash,
        evidence: Vec::new(),
        material: false,
        note: Some("演示数据：年度最终核实".to_owned()),
        reason: CorrectionReason::DataRevised,
        status: FigureStatus::Final,
        value: Value::Number(Decimal::from(number)),
    };
    Some(corrected.into())
}

const EVIDENCE: &[u8] = "演示佐证：本文件没有真实内容。\n".as_bytes();

fn evidence() -> chain::ContentHash {
    chain::hash::content_hash(EVIDENCE)
}

fn unit_id(text: &str) -> UnitId {
    text.parse().expect("a valid id")
}

fn area_id(text: &str) -> AreaId {
    text.parse().expect("a valid id")
}

fn row_id(text: &str) -> IndicatorId {
    text.parse().expect("a valid id")
}
