//! From entries to figures: what each row asks to be recorded, given what stands in the book.
//!
//! A first value becomes `figure-reported`. Where a value stands for the same day already, a row with a correction
//! reason becomes `figure-corrected` naming the newest line; a row that says the very same again is left out and
//! counted; any other row is answered, because a recorded figure is never written over.

use std::collections::BTreeMap;

use calamine::{ExcelDateTime, ExcelDateTimeType};
use chain::{ContentHash, Date};
use domain::book::{Book, Figure, Life};
use domain::ledger::ProblemKind;
use domain::registry::{CellIx, Plan, PlanIx};
use events::{
    AreaId, Event, FigureCorrected, FigureReported, FigureStatus, IndicatorDefined, IndicatorId, Value,
};

use crate::entries::{Column, Entry};
use crate::identity::Identity;
use crate::number;
use crate::problem::{IntakeProblem, IntakeProblemKind as Kind, Place};
use crate::table::Content;
use crate::words::{ABSENCE, MATERIAL, REASON, STATUS};

/// A figure's event, its entry, and the reason with which its warnings are confirmed.
#[derive(Clone, Debug)]
pub(crate) struct Figured {
    pub(crate) event: Event,
    pub(crate) entry: Entry,
    pub(crate) confirmation: Option<String>,
}

/// What the entries of a file come to.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) figured: Vec<Figured>,
    /// Rows that repeat what stands in the book.
    pub(crate) unchanged: Vec<Place>,
}

/// Understands every entry; adds a problem for each thing that cannot be taken.
///
/// Plan and period of the identity are known to the registry.
pub(crate) fn figures(
    entries: Vec<Entry>,
    identity: &Identity,
    book: &Book,
    problems: &mut Vec<IntakeProblem>,
) -> Figures {
    let registry = book.registry();
    let plan_ix = registry.plan_ix(&identity.plan).expect("the plan was looked up");
    let period = registry.period(&identity.period).expect("the period was looked up");
    let (plan, ends_on) = (registry.plan(plan_ix), period.opened.ends_on);
    let mut figures = Figures::default();
    let mut first: BTreeMap<(CellIx, Date), Entry> = BTreeMap::new();
    for entry in entries {
        let row = Row { entry: &entry, plan_ix, plan, book, identity, ends_on, problems };
        let Some((key, outcome)) = row.understood() else { continue };
        if let Some(before) = first.get(&key) {
            problems.push(IntakeProblem::new(entry.whole(), before.repeated()));
            continue;
        }
        first.insert(key, entry.clone());
        match outcome {
            Outcome::Refused => {}
            Outcome::Unchanged => figures.unchanged.push(entry.whole()),
            Outcome::Recorded { event, confirmation } => {
                figures.figured.push(Figured { event, entry, confirmation });
            }
        }
    }
    figures
}

/// What a row whose cell and day are known comes to.
#[expect(
    clippy::large_enum_variant,
    reason = "it lives for one row, and the large variant is the common one"
)]
enum Outcome {
    Recorded { event: Event, confirmation: Option<String> },
    Unchanged,
    Refused,
}

/// What a row says about correcting.
struct Correction {
    reason: Option<events::CorrectionReason>,
    material: Option<bool>,
    note: Option<String>,
    evidence: Vec<ContentHash>,
}

struct Row<'a> {
    entry: &'a Entry,
    plan_ix: PlanIx,
    plan: &'a Plan,
    book: &'a Book,
    identity: &'a Identity,
    ends_on: Date,
    problems: &'a mut Vec<IntakeProblem>,
}

impl Row<'_> {
    fn problem(&mut self, column: Column, kind: Kind) {
        self.problems.push(IntakeProblem::new(self.entry.place(column), kind));
    }

    fn understood(mut self) -> Option<((CellIx, Date), Outcome)> {
        let cell = self.cell();
        let as_at = self.as_at();
        let row = cell.map(|cell| &self.plan.indicator(cell.indicator).defined);
        if let Some(row) = row {
            self.check_measure(row);
        }
        // Even where the row is unknown: what else is wrong with it is said in the same answer.
        let value = self.value(row);
        let status = self.status(value);
        let correction = self.correction();
        let confirmation = self.text(Column::Confirmation);
        let (cell, as_at) = (cell?, as_at?);
        let outcome = match (value, status, correction) {
            (Some(value), Some(status), Some(correction)) => {
                self.outcome((cell, as_at), value, status, correction, confirmation)
            }
            _ => Outcome::Refused,
        };
        Some(((cell, as_at), outcome))
    }

    fn cell(&mut self) -> Option<CellIx> {
        let indicator: Option<IndicatorId> = self.id(Column::Indicator);
        let area: Option<AreaId> = self.id(Column::Area);
        let indicator_ix = indicator.as_ref().and_then(|own| self.plan.indicator_ix(own));
        if let (Some(own), None) = (&indicator, indicator_ix) {
            self.decided(Column::Indicator, &ProblemKind::UnknownIndicator { indicator: own.to_string() });
        }
        let area_ix = area.as_ref().and_then(|own| self.plan.area_ix(own));
        if let (Some(own), None) = (&area, area_ix) {
            self.decided(Column::Area, &ProblemKind::UnknownArea { area: own.to_string() });
        }
        Some(CellIx { plan: self.plan_ix, indicator: indicator_ix?, area: area_ix? })
    }

    fn decided(&mut self, column: Column, kind: &ProblemKind) {
        self.problems.push(IntakeProblem::decided(self.entry.place(column), kind));
    }

    fn id<T: std::str::FromStr>(&mut self, column: Column) -> Option<T> {
        let what = column.chinese();
        let Some(content) = self.entry.get(column) else {
            self.problem(column, Kind::CellMissing { what });
            return None;
        };
        let text = content.shown().to_owned();
        let id = text.parse().ok();
        if id.is_none() {
            self.problem(column, Kind::BadId { text, what });
        }
        id
    }

    /// The day a value was attained: the period's last where the row names none.
    fn as_at(&mut self) -> Option<Date> {
        let Some(content) = self.entry.get(Column::AsAt) else { return Some(self.ends_on) };
        let text = content.shown().to_owned();
        let day = text.parse().ok();
        if day.is_none() {
            let kind = match serial_day(&text) {
                Some(day) => Kind::DateSerial { text, day },
                None => Kind::BadDate { text },
            };
            self.problem(Column::AsAt, kind);
        }
        day
    }

    fn check_measure(&mut self, row: &IndicatorDefined) {
        let found = self.entry.get(Column::Measure).map(Content::shown);
        if let Some(found) = found.filter(|found| *found != row.measure) {
            let (found, expected) = (found.to_owned(), row.measure.clone());
            self.problem(Column::Measure, Kind::WrongMeasure { found, expected });
        }
    }

    fn value(&mut self, row: Option<&IndicatorDefined>) -> Option<Value> {
        match (self.entry.get(Column::Value), self.entry.get(Column::Absence)) {
            (Some(_), Some(_)) => {
                self.problem(Column::Absence, Kind::ValueAndAbsence {});
                None
            }
            (Some(content), None) => self.number(content, row?).map(Value::Number),
            (None, Some(content)) => {
                let absence = ABSENCE.read(content.shown());
                self.taken(Column::Absence, absence).map(Value::Absent)
            }
            (None, None) => {
                let filled = Column::ALL.iter().find(|own| own.is_input() && self.entry.get(**own).is_some());
                let what = filled.unwrap_or(&Column::Value).chinese();
                self.problem(Column::Value, Kind::RowWithoutValue { what });
                None
            }
        }
    }

    fn number(&mut self, content: &Content, row: &IndicatorDefined) -> Option<events::Decimal> {
        let measure = row.measure.as_str();
        let percent = row.percent || measure == "%";
        let read = match content {
            Content::Text(text) => number::from_text(text, measure),
            Content::Number(text) => number::from_binary(text, measure, percent),
            Content::Date(text) => Err(Kind::DateAsNumber { text: text.clone() }),
            Content::Formula | Content::Error(_) | Content::Boolean => {
                unreachable!("entries hold neither formulas nor truth values")
            }
        };
        let read = read.and_then(|text| {
            let refused = || Kind::NotANumber { text: text.clone(), measure: measure.to_owned() };
            text.parse().map_err(|_| refused())
        });
        self.taken(Column::Value, read)
    }

    /// A value needs a status; of a row without value it says nothing, and stays the weakest.
    fn status(&mut self, value: Option<Value>) -> Option<FigureStatus> {
        match (self.entry.get(Column::Status), value) {
            (Some(content), _) => {
                let status = STATUS.read(content.shown());
                self.taken(Column::Status, status)
            }
            (None, Some(Value::Absent(_))) => Some(FigureStatus::Preliminary),
            (None, _) => {
                if self.entry.get(Column::Value).is_some() {
                    self.problem(Column::Status, Kind::StatusMissing {});
                }
                None
            }
        }
    }

    fn correction(&mut self) -> Option<Correction> {
        let reason = self.entry.get(Column::CorrectionReason).map(|own| REASON.read(own.shown()));
        let material = self.entry.get(Column::Material).map(|own| MATERIAL.read(own.shown()));
        let reason = reason.map(|own| self.taken(Column::CorrectionReason, own));
        let material = material.map(|own| self.taken(Column::Material, own));
        let note = self.text(Column::Note);
        let evidence = self.evidence();
        // A word that was refused makes the row unusable; one that is missing may be no fault.
        let (reason, material) = (reason.map_or(Some(None), |own| own.map(Some)), {
            material.map_or(Some(None), |own| own.map(Some))
        });
        Some(Correction { reason: reason?, material: material?, note, evidence: evidence? })
    }

    /// The hashes of a row, each once, in the order they were given.
    fn evidence(&mut self) -> Option<Vec<ContentHash>> {
        let text = self.entry.get(Column::Evidence).map(|own| own.shown().to_owned()).unwrap_or_default();
        let mut hashes = Vec::new();
        for word in
            text.split([' ', '\t', '\r', '\n', ',', ';', '，', '、', '；']).filter(|word| !word.is_empty())
        {
            let hash = word.parse().map_err(|_| Kind::BadHash { text: word.to_owned() });
            let hash = self.taken(Column::Evidence, hash)?;
            if !hashes.contains(&hash) {
                hashes.push(hash);
            }
        }
        Some(hashes)
    }

    fn taken<T>(&mut self, column: Column, result: Result<T, Kind>) -> Option<T> {
        result.map_err(|kind| self.problem(column, kind)).ok()
    }

    /// Free text of a row, if it is text the ledger takes.
    fn text(&mut self, column: Column) -> Option<String> {
        let text = self.entry.get(column)?.shown().to_owned();
        match text_refused(&text) {
            None => Some(text),
            Some(kind) => {
                self.problem(column, kind);
                None
            }
        }
    }

    fn outcome(
        &mut self,
        (cell, as_at): (CellIx, Date),
        value: Value,
        status: FigureStatus,
        correction: Correction,
        confirmation: Option<String>,
    ) -> Outcome {
        let corrects = correction.reason.is_some() || correction.material.is_some();
        let event = match self.book.cell(cell).and_then(|own| own.standing_on(as_at)) {
            None if corrects => self.refused(Column::CorrectionReason, Kind::NothingToCorrect {}),
            None if correction.note.is_some() => self.refused(Column::Note, Kind::NoteWithoutCorrection {}),
            None if !correction.evidence.is_empty() => {
                self.refused(Column::Evidence, Kind::EvidenceWithoutCorrection {})
            }
            None => Some(self.reported((cell, as_at), value, status)),
            Some(standing) if corrects => self.corrected(standing, value, status, correction),
            Some(standing) => {
                let same = same_value(standing.value, value) && standing.status == status;
                let returned = standing.life(u64::MAX) == Life::Returned;
                if same && !returned && correction.note.is_none() && correction.evidence.is_empty() {
                    return Outcome::Unchanged;
                }
                let (shown, position) = (shown(standing), standing.position);
                let kind = if returned {
                    Kind::ReturnedFigure { standing: shown, position }
                } else {
                    Kind::AlreadyReported { standing: shown, position }
                };
                self.refused(Column::Value, kind)
            }
        };
        event.map_or(Outcome::Refused, |event| Outcome::Recorded { event, confirmation })
    }

    fn refused(&mut self, column: Column, kind: Kind) -> Option<Event> {
        self.problem(column, kind);
        None
    }

    fn reported(&self, (cell, as_at): (CellIx, Date), value: Value, status: FigureStatus) -> Event {
        FigureReported {
            area: self.plan.area(cell.area).area.clone(),
            as_at,
            indicator: self.plan.indicator(cell.indicator).defined.indicator.clone(),
            period: self.identity.period.clone(),
            plan: self.identity.plan.clone(),
            status,
            value,
        }
        .into()
    }

    fn corrected(
        &mut self,
        standing: &Figure,
        value: Value,
        status: FigureStatus,
        correction: Correction,
    ) -> Option<Event> {
        let Correction { reason, material, note, evidence } = correction;
        let mut missing = |column: Column| {
            self.problem(column, Kind::CorrectionIncomplete { what: column.chinese() });
        };
        if reason.is_none() {
            missing(Column::CorrectionReason);
        }
        if material.is_none() {
            missing(Column::Material);
        }
        if reason == Some(events::CorrectionReason::Other) && note.is_none() {
            missing(Column::Note);
            return None;
        }
        let (reason, material) = (reason?, material?);
        let corrects = standing.hash;
        Some(FigureCorrected { corrects, evidence, material, note, reason, status, value }.into())
    }
}

/// Whether two values are the same, precision included: 4.10 says more than 4.1.
fn same_value(standing: Value, value: Value) -> bool {
    standing == value && standing.to_string() == value.to_string()
}

/// A figure's value as people read it.
pub(crate) fn shown(figure: &Figure) -> String {
    match figure.value {
        Value::Number(number) => number.to_string(),
        Value::Absent(absence) => ABSENCE.chinese(absence).to_owned(),
    }
}

/// Why the ledger does not take a text.
pub(crate) fn text_refused(text: &str) -> Option<Kind> {
    use chain::json::JsonErrorKind;
    if text.contains(crate::entries::is_control) {
        return Some(Kind::ControlCharacter {});
    }
    let error = chain::json::to_canonical(&text).err()?;
    let reason = match error.kind {
        JsonErrorKind::NotNfc => "有组合字符或兼容汉字，多半来自 PDF 或苹果系统的复制粘贴",
        JsonErrorKind::Noncharacter => "有 Unicode 没有规定的字符",
        JsonErrorKind::Utf8
        | JsonErrorKind::Syntax
        | JsonErrorKind::NumberForm
        | JsonErrorKind::NumberRange
        | JsonErrorKind::DuplicateMember
        | JsonErrorKind::Surrogate
        | JsonErrorKind::Nul
        | JsonErrorKind::Depth
        | JsonErrorKind::NotCanonical => "有不能写进文本的字符",
    };
    Some(Kind::BadText { reason: reason.to_owned() })
}

/// The day that a spreadsheet program means by a bare number, if it is one of this century or the last.
fn serial_day(text: &str) -> Option<String> {
    let serial: u32 = text.parse().ok()?;
    // 1950-01-01 to 2099-12-31; smaller numbers are more likely something else.
    (18_264..=73_050).contains(&serial).then(|| {
        let date = ExcelDateTime::new(f64::from(serial), ExcelDateTimeType::DateTime, false);
        let (year, month, day, ..) = date.to_ymd_hms_milli();
        format!("{year:04}-{month:02}-{day:02}")
    })
}
