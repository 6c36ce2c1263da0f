//! From a file to a submission, and from the domain's answer back to places in the file.

use std::collections::BTreeSet;

use domain::ledger::{Problem, ProblemKind, Severity, Submission};
use events::{Channel, Confirmation, Event, SubmissionFiled};
use uuid::Uuid;

use crate::confirming::is_confirmed;
use crate::csv_file::read_csv_bytes;
use crate::entries::{Column, Entries, Entry, read_entries};
use crate::figures::{self, text_refused};
use crate::form::{DATA_SHEET, HELP_SHEET, MARK_SHEET, NARRATIVE_SHEET};
use crate::format::Format;
use crate::identity::{Claims, Context, FormMark, Identity, settle, settle_account, settle_submission};
use crate::json::{Document, Filing, Raw, read_json};
use crate::narrative::{Part, Told, narrative, read_narrative};
use crate::problem::{IntakeProblem, IntakeProblemKind as Kind, Place};
use crate::table::{Sheet, Tables};
use crate::workbook::read_workbook_bytes;

/// A file that was not taken: nothing of it becomes a submission.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("文件没有收下，共 {} 处问题；第一处：{}", .problems.len(), .problems[0])]
pub struct Refused {
    /// The id it would have had. Where that is on record, the file was taken before: its receipt can be repeated,
    /// and the problems say no more than that its figures stand already.
    pub submission: Option<Uuid>,
    /// Every problem found; at least one.
    pub problems: Vec<IntakeProblem>,
}

impl Refused {
    /// The problems as they are listed for people, beside the domain's.
    #[must_use]
    pub fn located(&self) -> Vec<Located> {
        self.problems.iter().map(Located::from).collect()
    }
}

/// A problem at its place in the file, whoever found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// Where.
    pub place: Place,
    /// The stable code.
    pub code: &'static str,
    /// Whether it blocks.
    pub severity: Severity,
    /// What is wrong and what to do, in Chinese.
    pub text: String,
}

impl Located {
    /// The problem for programs: its place in words and, in a table, by sheet, row and column from 1.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let (sheet, row, column) = match &self.place {
            Place::Cell { sheet, row, column } => {
                (sheet.clone(), Some(*row), column.as_ref().map(|(number, _)| *number))
            }
            Place::Sheet(sheet) => (Some(sheet.clone()), None, None),
            Place::File | Place::Json(_) => (None, None, None),
        };
        serde_json::json!({
            "place": self.place.to_string(), "sheet": sheet, "row": row, "column": column, "code": self.code,
            "severity": match self.severity { Severity::Error => "error", Severity::Warning => "warning" },
            "message": self.text,
        })
    }
}

impl From<&IntakeProblem> for Located {
    fn from(problem: &IntakeProblem) -> Self {
        let (place, code) = (problem.place.clone(), problem.code());
        Self { place, code, severity: Severity::Error, text: problem.kind.to_string() }
    }
}

impl std::fmt::Display for Located {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}：{}", self.place, self.text)
    }
}

/// Where an event comes from.
#[derive(Clone, Debug)]
enum Source {
    /// From the file as a whole.
    File,
    /// From a row, with the reason that confirms its warnings.
    Entry { entry: Entry, confirmation: Option<String> },
    /// From the narrative.
    Told(Told),
    /// From an object of a JSON document.
    Object(Place),
}

/// A file that was understood, with the place of every event in it.
#[derive(Clone, Debug)]
pub struct Intake {
    submission: Submission,
    sources: Vec<Source>,
    confirm_all: Option<String>,
    blank: usize,
    unchanged: Vec<Place>,
    from_gbk: bool,
}

/// What became of the reasons that rows give for warnings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confirmed {
    /// How many warnings are confirmed now.
    pub warnings: usize,
    /// Rows whose reason confirms nothing, because nothing about them is warned of. It is not recorded.
    pub unused: Vec<Place>,
}

/// Reads a file that a unit sends: workbook, CSV or JSON.
///
/// The submission has its `submission-filed` event first, then the figures in the file's order, the narrative, and
/// evidence; a raw JSON document is taken as it is. A row whose input cells are all empty is counted, see
/// [`Intake::blank`]. A row that repeats value and status of the figure that stands for its day is left out and
/// counted, see [`Intake::unchanged`]; so a unit may go on filling the form it has sent in part already.
///
/// `name` is the file's name or its ending; it is used only where the content does not tell the format.
///
/// # Errors
/// [`Refused`] with everything that is wrong: one bad row refuses the whole file.
pub fn read_submission(bytes: &[u8], name: &str, context: &Context<'_>) -> Result<Intake, Refused> {
    let mut problems = Vec::new();
    if let Some(kind) = context.confirm_all.and_then(text_refused) {
        problems.push(IntakeProblem::file(kind));
    }
    let mut reading = Reading { bytes, context, submission: None, problems };
    let intake = reading.read(name);
    let Reading { submission, problems, .. } = reading;
    match intake {
        Some(intake) if problems.is_empty() => Ok(intake),
        _ => {
            assert!(!problems.is_empty(), "a refusal names a reason");
            Err(Refused { submission, problems })
        }
    }
}

struct Reading<'a> {
    bytes: &'a [u8],
    context: &'a Context<'a>,
    /// The filing's id, as soon as it is known.
    submission: Option<Uuid>,
    problems: Vec<IntakeProblem>,
}

impl Reading<'_> {
    fn problem(&mut self, place: Place, kind: Kind) {
        self.problems.push(IntakeProblem::new(place, kind));
    }

    fn taken<T>(&mut self, result: Result<T, Vec<IntakeProblem>>) -> Option<T> {
        result.map_err(|found| self.problems.extend(found)).ok()
    }

    fn read(&mut self, name: &str) -> Option<Intake> {
        let format = Format::of(self.bytes, name);
        match self.taken(format.map_err(|kind| vec![IntakeProblem::file(kind)]))? {
            Format::Workbook => {
                let tables = self.taken(read_workbook_bytes(self.bytes))?;
                let filing = self.of_workbook(&tables)?;
                self.filed(filing, Channel::Excel, false)
            }
            Format::Csv => {
                let tables = self.taken(read_csv_bytes(self.bytes))?;
                let filing = self.of_csv(&tables)?;
                self.filed(filing, Channel::Csv, tables.from_gbk)
            }
            Format::Json => match read_json(self.bytes, &mut self.problems)? {
                Document::Filing(filing) => self.filed(filing, Channel::Json, false),
                Document::Raw(raw) => self.raw(raw),
            },
        }
    }

    fn of_workbook(&mut self, tables: &Tables) -> Option<Filing> {
        let Some((text, place)) = tables.sheet(MARK_SHEET).and_then(mark_of) else {
            self.problem(Place::File, Kind::FormMissing {});
            return None;
        };
        let mark = FormMark::read(&text).map_err(|kind| vec![IntakeProblem::new(place, kind)]);
        let mark = self.taken(mark)?;
        let claims = Claims::of_form(mark, &Place::File);
        let known = [DATA_SHEET, NARRATIVE_SHEET, HELP_SHEET, MARK_SHEET];
        for sheet in tables.sheets.iter().filter(|own| !known.contains(&own.name.as_str())) {
            if !sheet.rows.is_empty() {
                let name = sheet.name.clone();
                self.problem(Place::Sheet(name.clone()), Kind::StraySheet { name });
            }
        }
        let Some(narrative) = tables.sheet(NARRATIVE_SHEET) else {
            self.problem(Place::File, Kind::SheetMissing { name: NARRATIVE_SHEET });
            return None;
        };
        let told = read_narrative(narrative, &mut self.problems);
        let entries = match tables.sheet(DATA_SHEET) {
            Some(data) => self.taken(read_entries(data)).unwrap_or_default(),
            None => Entries::default(),
        };
        Some(Filing { claims, entries, told, evidence: Vec::new() })
    }

    /// A CSV file saved from the form still has its mark above the header, and is held to it.
    fn of_csv(&mut self, tables: &Tables) -> Option<Filing> {
        let sheet = &tables.sheets[0];
        let claims = match mark_of(sheet) {
            None => Claims::default(),
            Some((text, place)) => {
                let mark = FormMark::read(&text);
                let mark = self.taken(mark.map_err(|kind| vec![IntakeProblem::new(place.clone(), kind)]))?;
                Claims::of_form(mark, &place)
            }
        };
        let entries = self.taken(read_entries(sheet))?;
        Some(Filing { claims, entries, told: Told::new(), evidence: Vec::new() })
    }

    fn filed(&mut self, filing: Filing, channel: Channel, from_gbk: bool) -> Option<Intake> {
        let Filing { claims, entries: Entries { filled, blank }, told, evidence } = filing;
        let before = self.problems.len();
        let identity = settle(self.bytes, claims, self.context, &mut self.problems)?;
        self.submission = Some(identity.submission);
        if self.problems.len() > before {
            return None;
        }
        let read = figures::figures(filled, &identity, self.context.book, &mut self.problems);
        let narrative = narrative(&told, &identity, &mut self.problems);
        let unchanged = read.unchanged;
        let mut parts: Vec<(Event, Source)> = Vec::new();
        for figures::Figured { event, entry, confirmation } in read.figured {
            parts.push((event, Source::Entry { entry, confirmation }));
        }
        parts.extend(narrative.map(|event| (event, Source::Told(told))));
        if !parts.is_empty() {
            parts.insert(0, (self.filing_event(&identity, channel), Source::File));
        }
        parts.extend(evidence.into_iter().map(|(own, place)| (own.into(), Source::Object(place))));
        if parts.is_empty() && self.problems.is_empty() {
            let count = unchanged.len();
            let kind = if count > 0 { Kind::NothingNew { count } } else { Kind::NothingFilled {} };
            self.problem(Place::File, kind);
        }
        let (events, sources) = parts.into_iter().unzip();
        let Identity { unit, by, submission, .. } = identity;
        let submission = Submission { submission, unit, by, events, signature: None };
        let confirm_all = self.context.confirm_all.map(str::to_owned);
        Some(Intake { submission, sources, confirm_all, blank, unchanged, from_gbk })
    }

    fn filing_event(&self, identity: &Identity, channel: Channel) -> Event {
        let period = identity.period.clone();
        let source = Some(chain::hash::content_hash(self.bytes));
        SubmissionFiled { channel, confirmed: Vec::new(), period, source }.into()
    }

    fn raw(&mut self, raw: Raw) -> Option<Intake> {
        let Raw { claims, events, signature } = raw;
        let submission = settle_submission(claims.submission, self.context.submission, &mut self.problems);
        self.submission = submission;
        let by = settle_account(claims.by, self.context.by, &mut self.problems);
        let registry = self.context.book.registry();
        let (unit, place) = claims.unit?;
        if let Some(expected) = self.context.unit.filter(|expected| **expected != unit) {
            let name = |unit| registry.unit_name(unit).to_owned();
            let (found, expected) = (name(&unit), name(expected));
            self.problem(place, Kind::FormOfOtherUnit { found, expected });
        }
        let (events, places): (Vec<Event>, Vec<Place>) = events.into_iter().unzip();
        let sources = places.into_iter().map(Source::Object).collect();
        let submission = Submission { submission: submission?, unit, by: by?, events, signature };
        // A raw document says what it confirms itself; adding to it would break its signature.
        Some(Intake {
            submission,
            sources,
            confirm_all: None,
            blank: 0,
            unchanged: Vec::new(),
            from_gbk: false,
        })
    }
}

/// The line that binds a form, in the first rows of a sheet.
fn mark_of(sheet: &Sheet) -> Option<(String, Place)> {
    const ROWS: usize = 10;
    sheet.rows.iter().take(ROWS).find_map(|row| {
        row.cells.iter().find(|cell| FormMark::is_mark(cell.content.shown())).map(|cell| {
            let place = Place::cell(&sheet.name, row.number, Some((cell.column, "")));
            (cell.content.shown().to_owned(), place)
        })
    })
}

impl Intake {
    /// What is to be recorded.
    #[must_use]
    pub const fn submission(&self) -> &Submission {
        &self.submission
    }

    /// Gives the submission up for signing and deciding.
    #[must_use]
    pub fn into_submission(self) -> Submission {
        self.submission
    }

    /// How many rows have nothing filled in.
    #[must_use]
    pub const fn blank(&self) -> usize {
        self.blank
    }

    /// Rows that repeat what stands in the ledger for their day; they are not recorded again.
    #[must_use]
    pub fn unchanged(&self) -> &[Place] {
        &self.unchanged
    }

    /// Whether the text was decoded from GBK, which people should know when names look wrong.
    #[must_use]
    pub const fn from_gbk(&self) -> bool {
        self.from_gbk
    }

    /// Confirms the warnings among the domain's problems, each with its row's reason or the caller's for all.
    ///
    /// Only warnings that really came are confirmed: the record says what the unit saw. Call it with
    /// [`domain::ledger::Ledger::problems`] of this submission, before signing.
    pub fn confirm(&mut self, problems: &[Problem]) -> Confirmed {
        let mut confirmed: Vec<Confirmation> = Vec::new();
        let mut used = BTreeSet::new();
        for problem in problems.iter().filter(|own| own.kind.severity() == Severity::Warning) {
            let (Some(event), Some(cell)) = (problem.event, &problem.cell) else { continue };
            let own = self.reason_of(event).inspect(|_| {
                used.insert(event);
            });
            let Some(reason) = own.or(self.confirm_all.as_deref()) else { continue };
            let (area, indicator) = (cell.area.clone(), cell.indicator.clone());
            let warning = problem.kind.code().to_owned();
            confirmed.push(Confirmation { area, indicator, reason: reason.to_owned(), warning });
        }
        let unused = (0..self.sources.len()).filter(|event| !used.contains(event));
        let unused = unused.filter(|event| self.reason_of(*event).is_some());
        let unused = unused.map(|event| self.place(event, Some(Column::Confirmation))).collect();
        let warnings = confirmed.len();
        // A raw document says itself what it confirms.
        let own = matches!(self.sources.first(), Some(Source::File));
        if let (true, Some(Event::SubmissionFiled(filed))) = (own, self.submission.events.first_mut()) {
            filed.confirmed = confirmed;
        }
        Confirmed { warnings, unused }
    }

    /// As [`confirm`](Self::confirm); gives the problems that remain: errors, and warnings without a reason.
    pub fn confirm_found(&mut self, found: Vec<Problem>) -> Vec<Problem> {
        self.confirm(&found);
        let Some(Event::SubmissionFiled(filed)) = self.submission.events.first() else { return found };
        found.into_iter().filter(|problem| !is_confirmed(filed, problem)).collect()
    }

    fn reason_of(&self, event: usize) -> Option<&str> {
        match self.sources.get(event) {
            Some(Source::Entry { confirmation, .. }) => confirmation.as_deref(),
            Some(Source::File | Source::Told(_) | Source::Object(_)) | None => None,
        }
    }

    /// The domain's problems at their places in the file.
    #[must_use]
    pub fn locate(&self, problems: &[Problem]) -> Vec<Located> {
        problems.iter().map(|problem| self.locate_one(problem)).collect()
    }

    fn locate_one(&self, problem: &Problem) -> Located {
        let (code, severity) = (problem.kind.code(), problem.kind.severity());
        let place = match problem.event.map(|event| (event, self.sources.get(event))) {
            Some((_, Some(Source::Told(told)))) => told_place(told, &problem.kind),
            Some((event, Some(_))) => self.place(event, column_of(&problem.kind)),
            Some((_, None)) | None => Place::File,
        };
        Located { place, code, severity, text: problem.kind.to_string() }
    }

    fn place(&self, event: usize, column: Option<Column>) -> Place {
        match &self.sources[event] {
            Source::File => Place::File,
            Source::Entry { entry, .. } => column.map_or_else(|| entry.whole(), |column| entry.place(column)),
            Source::Told(told) => told_place(told, &ProblemKind::Empty {}),
            Source::Object(place) => place.clone(),
        }
    }
}

/// The part of a narrative that a problem names, or its first one.
fn told_place(told: &Told, kind: &ProblemKind) -> Place {
    let named = text_named(kind).and_then(|what| Part::ALL.iter().find(|part| part.chinese() == what));
    let found = named.and_then(|part| told.get(part)).or_else(|| told.values().next());
    found.map_or(Place::File, |(_, place)| place.clone())
}

const fn text_named(kind: &ProblemKind) -> Option<&'static str> {
    if let ProblemKind::EmptyText { what } | ProblemKind::TooLongText { what, .. } = kind {
        Some(what)
    } else {
        None
    }
}

/// The column that people would change to put a problem right.
fn column_of(kind: &ProblemKind) -> Option<Column> {
    use ProblemKind as P;
    if let Some(what) = text_named(kind) {
        return Column::ALL.iter().copied().find(|column| column.chinese() == what);
    }
    let value = matches!(
        kind,
        P::Negative { .. }
            | P::OverHundred { .. }
            | P::NotACount { .. }
            | P::SuspectScale { .. }
            | P::CumulativeFalls { .. }
            | P::CumulativeAbove { .. }
            | P::FarFromLast { .. }
            | P::FarFromTarget { .. }
            | P::UnconfirmedWarning { .. }
            | P::Unchanged { .. }
            | P::CorrectedAlready { .. }
            | P::ReportedAlready { .. }
    );
    let day = matches!(kind, P::OutsidePeriod { .. } | P::InFuture { .. } | P::NoTargetYear { .. });
    let row = matches!(kind, P::UnknownIndicator { .. } | P::RowVoid { .. });
    let area = matches!(kind, P::UnknownArea { .. } | P::AreaNotAssessed { .. });
    let columns =
        [(value, Column::Value), (day, Column::AsAt), (row, Column::Indicator), (area, Column::Area)];
    columns.into_iter().find(|(concerned, _)| *concerned).map(|(_, column)| column)
}
