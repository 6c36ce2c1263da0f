//! A ledger of the real plan in memory, and a hand that fills forms in.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use chain::Instant;
use domain::ledger::{Decision, Ledger, Prepared, Problem, Submission};
use events::{AccountId, Event, FigureReturned, LedgerOpened, PeriodKind, PeriodOpened, UnitId};
use intake::{Column, Context, Intake, Refused, TemplateRequest, read_submission, template};
use uuid::Uuid;

/// A key of the format's published example ledgers; nothing here signs.
const LOG_KEY: &str = "ledger.example.org/n0001+1872a52a+AcIkZdE9BzfYbDWbCr+N2X4J+2qdS3nmn0W7vXVeBwOA";
pub const MONTH: &str = "2022-04";

pub struct World {
    pub ledger: Ledger,
    pub by: AccountId,
    now: Instant,
    office: UnitId,
}

impl World {
    /// A ledger with the plan of Yingtan, April and a week open.
    pub fn new() -> Self {
        let plan = seeds::yingtan_2022();
        let now = "2022-04-26T02:00:00.000000Z".parse().unwrap();
        let office = plan.administrator.clone();
        let mut world = Self { ledger: Ledger::default(), by: "tester".parse().unwrap(), now, office };
        let opened = LedgerOpened {
            log_key: LOG_KEY.to_owned(),
            origin: "ledger.example.org/n0001".to_owned(),
            suite: "pl-1".to_owned(),
            synthetic: true,
            title: "演示数据：测试账本".to_owned(),
        };
        world.office_records(vec![opened.into()]);
        world.office_records(seeds::opening(&plan, seeds::Opening::default()));
        world.open(MONTH, PeriodKind::Month, ["2022-03-26", "2022-04-25"]);
        world.open("2022-05", PeriodKind::Month, ["2022-04-26", "2022-05-25"]);
        world.open("2022-w17", PeriodKind::Week, ["2022-04-25", "2022-04-29"]);
        world
    }

    fn open(&mut self, period: &str, kind: PeriodKind, [starts_on, ends_on]: [&str; 2]) {
        let (starts_on, ends_on) = (starts_on.parse().unwrap(), ends_on.parse().unwrap());
        let due_at = "2022-06-30T16:00:00.000000Z".parse().unwrap();
        let period = period.parse().unwrap();
        self.office_records(vec![PeriodOpened { due_at, ends_on, kind, period, starts_on }.into()]);
    }

    pub fn office_records(&mut self, events: Vec<Event>) {
        let submission = Uuid::from_u128(0x5ab0 + u128::from(self.ledger.head().size));
        let (unit, by) = (self.office.clone(), self.by.clone());
        let submission = Submission { submission, unit, by, events, signature: None };
        self.record(submission);
    }

    /// Decides and applies; panics at a refusal.
    pub fn record(&mut self, submission: Submission) {
        let prepared = Prepared::new(submission).expect("canonical texts");
        let at = self.ledger.head().next_at(self.now);
        assert_eq!(self.ledger.decide(&prepared, at), Ok(Decision::Record));
        for line in self.ledger.head().lines(&prepared, at).expect("lines within their limits") {
            self.ledger.apply(&line.recorded);
        }
    }

    /// What the domain finds in a submission.
    pub fn problems(&self, intake: &Intake) -> Vec<Problem> {
        let prepared = Prepared::new(intake.submission().clone()).expect("canonical texts");
        self.ledger.problems(&prepared, self.ledger.head().next_at(self.now))
    }

    pub fn context(&self) -> Context<'_> {
        Context::new(self.ledger.book(), &self.by)
    }

    pub fn read(&self, bytes: &[u8], name: &str) -> Result<Intake, Refused> {
        read_submission(bytes, name, &self.context())
    }

    pub fn form(&self, unit: &str, period: &str) -> Form {
        let (unit, period) = (unit.parse().unwrap(), period.parse().unwrap());
        let request = TemplateRequest { unit, period, plan: None };
        Form { bytes: template(self.ledger.book(), &request).unwrap() }
    }

    /// Sends the last reported figure of a cell back.
    pub fn return_figure(&mut self, indicator: &str, area: &str) {
        let book = self.ledger.book();
        let registry = book.registry();
        let (plan_ix, plan) = registry.plans().next().unwrap();
        let indicator = plan.indicator_ix(&indicator.parse().unwrap()).unwrap();
        let area = plan.area_ix(&area.parse().unwrap()).unwrap();
        let cell = domain::registry::CellIx { plan: plan_ix, indicator, area };
        let figure = book.cell(cell).unwrap().figures().last().unwrap().hash;
        self.office_records(vec![FigureReturned { figure, reason: "请核对".to_owned() }.into()]);
    }
}

/// A form, and what is typed into it.
#[derive(Clone)]
pub struct Form {
    pub bytes: Vec<u8>,
}

impl Form {
    /// The cells of a sheet as text, by (row, column).
    pub fn texts(&self, sheet: &str) -> BTreeMap<(u32, u32), String> {
        let tables = intake::read_workbook_bytes(&self.bytes).unwrap();
        let sheet = tables.sheet(sheet).unwrap_or_else(|| panic!("no sheet {sheet}"));
        let cells = sheet.rows.iter().flat_map(|row| row.cells.iter().map(move |cell| (row.number, cell)));
        cells.map(|(row, cell)| ((row, cell.column), cell.content.shown().to_owned())).collect()
    }

    /// The row of a cell on the figures sheet.
    pub fn row(&self, indicator: &str, area: &str) -> u32 {
        let texts = self.texts("数据");
        let rows = texts.iter().filter(|((_, column), text)| *column == 1 && *text == indicator);
        let mut rows = rows.map(|((row, _), _)| *row);
        rows.find(|row| texts.get(&(*row, 3)).map(String::as_str) == Some(area))
            .unwrap_or_else(|| panic!("no row for {indicator} in {area}"))
    }

    pub fn shown(&self, indicator: &str, area: &str, column: Column) -> String {
        let place = (self.row(indicator, area), number(column));
        self.texts("数据").get(&place).cloned().unwrap_or_default()
    }

    /// Types text into input columns of a row.
    pub fn fill(self, indicator: &str, area: &str, typed: &[(Column, &str)]) -> Self {
        let row = self.row(indicator, area);
        typed
            .iter()
            .fold(self, |form, (column, text)| form.with_cell("数据", &address(row, *column), &inline(text)))
    }

    /// Types text beside a label of the narrative sheet.
    pub fn tell(self, label: &str, text: &str) -> Self {
        let texts = self.texts("进展");
        let row = texts.iter().find(|(_, own)| *own == label).expect("the label").0.0;
        self.with_cell("进展", &format!("B{row}"), &inline(text))
    }

    /// Puts other content into a cell, which keeps its look.
    pub fn with_cell(self, sheet: &str, address: &str, content: &str) -> Self {
        let part = self.part_of(sheet);
        let start = format!("<c r=\"{address}\"");
        self.with_part(&part, |xml| {
            let at = xml.find(&start).unwrap_or_else(|| panic!("no cell {address}"));
            let end = at + xml[at..].find("/>").expect("an empty cell");
            let opening = xml[at..end].to_owned();
            let kind = if content.starts_with("<is>") { " t=\"inlineStr\"" } else { "" };
            format!("{}{opening}{kind}>{content}</c>{}", &xml[..at], &xml[end + 2..])
        })
    }

    pub fn part_of(&self, sheet: &str) -> String {
        let tables = intake::read_workbook_bytes(&self.bytes).unwrap();
        let at = tables.sheets.iter().position(|own| own.name == sheet).expect("the sheet");
        format!("xl/worksheets/sheet{}.xml", at + 1)
    }

    pub fn part(&self, name: &str) -> String {
        let mut archive = zip::ZipArchive::new(Cursor::new(&self.bytes)).unwrap();
        let mut content = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut content).unwrap();
        content
    }

    /// Rewrites a part of the workbook.
    pub fn with_part(&self, name: &str, rewrite: impl Fn(String) -> String) -> Self {
        let mut source = zip::ZipArchive::new(Cursor::new(&self.bytes)).unwrap();
        let mut target = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for index in 0..source.len() {
            let mut part = source.by_index(index).unwrap();
            let own = part.name().unwrap().into_owned();
            let mut content = String::new();
            part.read_to_string(&mut content).unwrap();
            target.start_file(&own, zip::write::SimpleFileOptions::default()).unwrap();
            let content = if own == name { rewrite(content) } else { content };
            target.write_all(content.as_bytes()).unwrap();
        }
        Self { bytes: target.finish().unwrap().into_inner() }
    }
}

fn inline(text: &str) -> String {
    format!("<is><t>{text}</t></is>")
}

pub fn number(column: Column) -> u32 {
    u32::try_from(Column::ALL.iter().position(|own| *own == column).unwrap() + 1).unwrap()
}

pub fn address(row: u32, column: Column) -> String {
    format!("{}{row}", intake::column_letters(number(column)))
}

pub fn codes(refused: &Refused) -> Vec<&'static str> {
    refused.problems.iter().map(intake::IntakeProblem::code).collect()
}

pub fn told(refused: &Refused) -> Vec<String> {
    refused.problems.iter().map(ToString::to_string).collect()
}
