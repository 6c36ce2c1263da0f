//! What the stories share: a small ledger of 演示数据, submissions for it, and a log that fails as told.
#![allow(dead_code, reason = "each story takes what it needs")]

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use app::{ManualClock, Receipt, Recorder, Sequencer};
use chain::Instant;
use chain::note::{KeyType, VerifierKey};
use domain::ledger::Submission;
use events::{
    AreaClass, AreaRegistered, Channel, Duty, Event, EvidenceAttached, FigureReported, FigureStatus,
    IndicatorDefined, LedgerOpened, PeriodKind, PeriodOpened, PlanAdopted, ResponsibilityAssigned, RollUp,
    SubmissionFiled, Target, TargetSet, UnitKind, UnitRegistered, Value,
};
use projections::ReadModel;
use store::{EventLog, LineBatch, MemoryLog, Result, StoreError};
use uuid::Uuid;

pub const OFFICE: &str = "digital-office";
pub const BUREAU: &str = "bureau";
pub const ROWS: u32 = 60;
pub const AREAS: u32 = 8;

/// Seconds after the ledger opened.
pub fn second(number: i64) -> Instant {
    Instant::from_micros(1_650_000_000_000_000 + number * 1_000_000).unwrap()
}

pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(second(60 * 86_400)))
}

pub fn submission(id: u128, unit: &str, events: Vec<Event>) -> Submission {
    let submission = uuid::Builder::from_random_bytes(id.to_be_bytes()).into_uuid();
    Submission {
        submission,
        unit: unit.parse().unwrap(),
        by: "tester".parse().unwrap(),
        events,
        signature: None,
    }
}

/// Opens the ledger with a plan in which the bureau reports every cell.
pub fn opening() -> Submission {
    let (origin, plan) = ("demo.example/ledger".to_owned(), "plan-2022".parse().unwrap());
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let log_key = VerifierKey::of(&origin, KeyType::Ed25519, &key).unwrap().to_string();
    let title = "演示数据".to_owned();
    let mut events: Vec<Event> =
        vec![LedgerOpened { log_key, origin, suite: "pl-1".to_owned(), synthetic: true, title }.into()];
    events.push(unit(OFFICE, UnitKind::DigitalOffice));
    events.push(unit(BUREAU, UnitKind::Bureau));
    let plan_adopted = PlanAdopted {
        city: "演示市".to_owned(),
        document: "演示文件".to_owned(),
        issued_on: "2022-04-01".parse().unwrap(),
        plan,
        source: None,
        title: "演示方案".to_owned(),
        years: vec![2022],
    };
    let plan = plan_adopted.plan.clone();
    events.push(plan_adopted.into());
    for area in 0..AREAS {
        let class = if area == 0 { AreaClass::City } else { AreaClass::District };
        let (area, name) = (format!("area-{area}").parse().unwrap(), format!("演示区{area}"));
        events.push(AreaRegistered { aliases: vec![], area, class, name, plan: plan.clone() }.into());
    }
    events.extend((0..ROWS).map(row));
    let assignee = BUREAU.parse().unwrap();
    events.push(
        ResponsibilityAssigned {
            area: None,
            assignee,
            duty: Duty::Reports,
            indicator: None,
            plan: plan.clone(),
        }
        .into(),
    );
    for (row, area) in (0..ROWS).flat_map(|row| (0..AREAS).map(move |area| (row, area))) {
        events.push(
            TargetSet {
                area: format!("area-{area}").parse().unwrap(),
                indicator: format!("row-{row}").parse().unwrap(),
                plan: plan.clone(),
                raw: "100".to_owned(),
                target: Target::Number { value: "100".parse().unwrap() },
                year: 2022,
            }
            .into(),
        );
    }
    events.push(period_event("2022-year"));
    submission(1, OFFICE, events)
}

fn unit(id: &str, kind: UnitKind) -> Event {
    UnitRegistered {
        aliases: vec![], kind, name: format!("演示单位{id}"), registered: id.parse().unwrap()
    }
    .into()
}

fn row(order: u32) -> Event {
    IndicatorDefined {
        aliases: vec![],
        basis: None,
        block: None,
        bonus: None,
        direction: events::Direction::HigherIsBetter,
        group: "演示指标".to_owned(),
        indicator: format!("row-{order}").parse().unwrap(),
        kind: events::IndicatorKind::Level,
        measure: "亿元".to_owned(),
        name: format!("第{order}行"),
        order,
        paced: true,
        percent: false,
        plan: "plan-2022".parse().unwrap(),
        remark: None,
        roll_up: RollUp::Independent,
        source_line: None,
    }
    .into()
}

fn period_event(name: &str) -> Event {
    PeriodOpened {
        due_at: second(400 * 86_400),
        ends_on: "2022-12-31".parse().unwrap(),
        kind: PeriodKind::Month,
        period: name.parse().unwrap(),
        starts_on: "2022-01-01".parse().unwrap(),
    }
    .into()
}

/// Opens a period; the second to open the same one is rejected.
pub fn period(id: u128, name: &str) -> Submission {
    submission(id, OFFICE, vec![period_event(name)])
}

/// Attaches evidence: always accepted, one line each.
pub fn evidence(id: u128, lines: usize) -> Submission {
    let line = |k: usize| {
        EvidenceAttached {
            blake3: chain::hash::content_hash(format!("{id}/{k}").as_bytes()),
            bytes: 1,
            figure: None,
            media_type: "application/pdf".to_owned(),
            title: format!("演示数据：佐证 {id}/{k}"),
        }
        .into()
    };
    submission(id, BUREAU, (0..lines).map(line).collect())
}

/// Reports figures of one day, `cells` of them from cell number `from` on.
pub fn figures(id: u128, day: &str, from: u32, cells: u32) -> Submission {
    let period: events::PeriodId = "2022-year".parse().unwrap();
    let filed =
        SubmissionFiled { channel: Channel::Demo, confirmed: vec![], period: period.clone(), source: None };
    let reported = (from..from + cells).map(|cell| {
        Event::from(FigureReported {
            area: format!("area-{}", cell % AREAS).parse().unwrap(),
            as_at: day.parse().unwrap(),
            indicator: format!("row-{}", cell / AREAS).parse().unwrap(),
            period: period.clone(),
            plan: "plan-2022".parse().unwrap(),
            status: FigureStatus::Preliminary,
            value: Value::Number("50.25".parse().unwrap()),
        })
    });
    submission(id, BUREAU, std::iter::once(filed.into()).chain(reported).collect())
}

/// Opens the ledger on `log`.
pub fn opened(log: &Arc<dyn EventLog>) -> ReadModel {
    let mut recorder = Recorder::new(Arc::clone(log), ReadModel::default());
    recorder.record(opening(), second(0)).unwrap();
    recorder.into_model()
}

pub fn loaded(log: &dyn EventLog) -> ReadModel {
    app::load(log, None, &mut |_, _| {}).unwrap()
}

pub fn sequencer(log: &Arc<FaultLog>) -> Sequencer {
    let model = loaded(&**log);
    Sequencer::start(Arc::clone(log) as Arc<dyn EventLog>, model, clock())
}

/// A log with an opened ledger, nothing failing yet.
pub fn fault_log() -> Arc<FaultLog> {
    let log = Arc::new(FaultLog::default());
    opened(&(Arc::clone(&log) as Arc<dyn EventLog>));
    log
}

pub fn lines_of(log: &dyn EventLog, submission: Uuid) -> usize {
    let text = format!("\"submission\":\"{submission}\"");
    all_lines(log).iter().filter(|line| String::from_utf8_lossy(line).contains(&text)).count()
}

pub fn all_lines(log: &dyn EventLog) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    loop {
        let batch = log.read(lines.len() as u64, 1_000).unwrap();
        if batch.is_empty() {
            return lines;
        }
        lines.extend(batch.iter().map(|(_, line)| line.to_vec()));
    }
}

/// Asserts that the receipt says what stands in the log.
pub fn assert_recorded(log: &dyn EventLog, receipt: &Receipt) {
    let batch = log.read(receipt.first, receipt.lines as usize).unwrap();
    let hashes: Vec<_> = batch.iter().map(|(_, line)| chain::hash::event_hash(line)).collect();
    assert_eq!(hashes, receipt.hashes);
    assert_eq!(lines_of(log, receipt.submission), receipt.lines as usize);
    assert_eq!(receipt.tree_size, receipt.first + u64::from(receipt.lines));
}

/// What the next append of lines does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Works.
    None,
    /// No answer, and nothing is there.
    Lost,
    /// No answer, but the lines are there.
    Persisted,
    /// As `Lost` and `Persisted`, and the first settling fails too.
    LostUnsettled,
    PersistedUnsettled,
    /// The disk is full.
    Full,
}

/// A log in memory whose appends fail as told.
#[derive(Default)]
pub struct FaultLog {
    pub inner: MemoryLog,
    faults: Mutex<VecDeque<Fault>>,
    unsettled: AtomicBool,
    settle_fails: AtomicBool,
    /// Appends wait while somebody holds it.
    pub gate: Mutex<()>,
}

impl FaultLog {
    pub fn plan(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().extend(faults);
    }
}

fn cause() -> Arc<io::Error> {
    Arc::new(io::Error::other("演练"))
}

impl EventLog for FaultLog {
    fn append(&self, expected_size: u64, lines: &[&[u8]]) -> Result<u64> {
        let _open = self.gate.lock().unwrap();
        if self.unsettled.load(Ordering::SeqCst) {
            return Err(StoreError::Unsettled);
        }
        StoreError::expect_size(expected_size, self.inner.size()?)?;
        let fault = (!lines.is_empty()).then(|| self.faults.lock().unwrap().pop_front()).flatten();
        let fault = fault.unwrap_or(Fault::None);
        match fault {
            Fault::None | Fault::Persisted | Fault::PersistedUnsettled => {
                self.inner.append(expected_size, lines)?;
            }
            Fault::Full => return Err(StoreError::Full { path: "journal".into() }),
            Fault::Lost | Fault::LostUnsettled => {}
        }
        if fault == Fault::None {
            return self.inner.size();
        }
        self.unsettled.store(true, Ordering::SeqCst);
        let unsettled = matches!(fault, Fault::LostUnsettled | Fault::PersistedUnsettled);
        self.settle_fails.store(unsettled, Ordering::SeqCst);
        Err(StoreError::OutcomeUnknown { position: expected_size, cause: cause() })
    }

    fn read_into(&self, from: u64, max_lines: usize, batch: &mut LineBatch) -> Result<()> {
        self.inner.read_into(from, max_lines, batch)
    }

    fn size(&self) -> Result<u64> {
        self.inner.size()
    }

    fn wait(&self, beyond: u64, timeout: Duration) -> Result<u64> {
        self.inner.wait(beyond, timeout)
    }

    fn settle(&self) -> Result<u64> {
        if self.settle_fails.swap(false, Ordering::SeqCst) {
            return Err(StoreError::Io { action: "核实", path: "journal".into(), cause: cause() });
        }
        self.unsettled.store(false, Ordering::SeqCst);
        self.inner.size()
    }
}
