//! What a client hears, and the one way from a submission to a verdict that sequencer and recorder share.

use chain::line::LineError;
use chain::{EventHash, Instant};
use domain::ledger::{
    Decision, Ledger, Lines, NewLine, Place, Prepared, Problem, ProblemKind, Rejection, Submission,
};
use events::{EventKind, Recorded, UnitId};
use store::{EventLog, StoreError};
use uuid::Uuid;

use crate::fold::Projection;
use crate::load::LoadError;

/// How often lines whose append left no trace are offered again before the client is told.
const ATTEMPTS: u32 = 3;

/// What stands in the ledger for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The client's id.
    pub submission: Uuid,
    /// The unit in whose name.
    pub unit: UnitId,
    /// The position of the first line.
    pub first: u64,
    /// How many lines there are.
    pub lines: u32,
    /// The instant of the append.
    pub at: Instant,
    /// The event hash of each line, in order.
    pub hashes: Vec<EventHash>,
    /// The type of each line, in order.
    pub kinds: Vec<EventKind>,
    /// The 0-based number of the last line among the unit's.
    pub unit_seq: u64,
    /// The size of the smallest tree that has all of the lines.
    pub tree_size: u64,
    /// Whether it was on record before this request.
    pub repeated: bool,
}

impl Receipt {
    /// The receipt that a submission got when it was recorded, from its lines.
    ///
    /// # Panics
    /// When there are none; a submission without events is rejected.
    #[must_use]
    pub fn again(lines: &[Recorded]) -> Self {
        receipt(lines.iter(), true)
    }
}

/// Why there is no receipt.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SubmitError {
    /// The rules say no. Nothing was recorded.
    #[error("{0}")]
    Rejected(#[from] Rejection),
    /// The id was used for other content. Nothing was recorded.
    #[error(
        "报送编号 {submission} 已用于另一份内容（第 {first} 行起）。本次没有入账；如要报送新的内容，请换一个新的编号。"
    )]
    SubmissionReused {
        /// The id.
        submission: Uuid,
        /// The position of the first line recorded under it.
        first: u64,
    },
    /// Too many are waiting. Nothing was recorded.
    #[error("正在排队的报送已有 {waiting} 份，暂时不能再收。本次没有入账；请稍后用同一编号重试。")]
    Busy {
        /// How many are waiting.
        waiting: usize,
    },
    /// The sequencer takes no more, or stopped before it knew.
    #[error("账本服务已停止收件。请在恢复后用同一编号重试：若本次已经入账，会得到原来的回执，不会重复记录。")]
    Stopped,
    /// The engine could not append. Nothing was recorded.
    #[error("{0}")]
    Store(StoreError),
    /// The lines may be in the log, or not.
    #[error("本次报送是否入账尚不清楚：{0} 请稍后用同一编号重试：若已入账，会得到原来的回执，不会重复记录。")]
    OutcomeUnknown(StoreError),
    /// What another writer appended does not fit this ledger. Nothing was recorded.
    #[error("{}", .0)]
    Ledger(std::sync::Arc<LoadError>),
}

impl SubmitError {
    /// The stable code, kebab-case.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Rejected(_) => "rejected",
            Self::SubmissionReused { .. } => "submission-reused",
            Self::Busy { .. } => "busy",
            Self::Stopped => "stopped",
            Self::Store(error) => error.code(),
            Self::OutcomeUnknown(_) => "outcome-unknown",
            Self::Ledger(_) => "ledger-unfit",
        }
    }
}

impl From<LoadError> for SubmitError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Store(error) => Self::Store(error),
            LoadError::Unfit { .. } | LoadError::Short { .. } => Self::Ledger(std::sync::Arc::new(error)),
        }
    }
}

/// Encodes a submission, or says which event has text that the format refuses.
pub(crate) fn prepare(submission: Submission) -> Result<Prepared, Rejection> {
    Prepared::new(submission).map_err(|(index, error)| {
        let reason = error.to_string();
        one_problem(index, ProblemKind::BadText { reason })
    })
}

/// What is to become of a submission at some head.
pub(crate) enum Verdict {
    Record(Lines),
    OnRecord(Place),
    Rejected(Rejection),
}

/// Decides a submission at a head, for an append at `at`.
pub(crate) fn verdict(ledger: &Ledger, prepared: &Prepared, at: Instant) -> Verdict {
    match ledger.decide(prepared, at) {
        Err(rejection) => Verdict::Rejected(rejection),
        Ok(Decision::OnRecord(place)) => Verdict::OnRecord(place),
        Ok(Decision::Record) => match ledger.head().lines(prepared, at) {
            Ok(lines) => Verdict::Record(lines),
            Err(unfit) => Verdict::Rejected(line_problem(unfit)),
        },
    }
}

/// Everything that is wrong with a submission or asks for a confirmation.
pub(crate) fn problems(ledger: &Ledger, submission: &Submission, now: Instant) -> Vec<Problem> {
    let prepared = match prepare(submission.clone()) {
        Ok(prepared) => prepared,
        Err(Rejection(problems)) => return problems,
    };
    let at = ledger.head().next_at(now);
    let mut found = ledger.problems(&prepared, at);
    if let Err(unfit) = ledger.head().lines(&prepared, at) {
        found.extend(line_problem(unfit).0);
    }
    found
}

fn line_problem((index, error): (usize, LineError)) -> Rejection {
    let kind = if error.is_too_long() {
        ProblemKind::LineTooLong { limit: chain::line::MAX_LINE_BYTES }
    } else {
        ProblemKind::BadText { reason: error.to_string() }
    };
    one_problem(index, kind)
}

fn one_problem(index: usize, kind: ProblemKind) -> Rejection {
    Rejection(vec![Problem { event: Some(index), cell: None, kind }])
}

/// Appends lines, and finds out what became of them where the engine does not know.
///
/// On `Ok` they are durable. On `Err` none of them is in the log, except for [`SubmitError::OutcomeUnknown`].
pub(crate) fn append(log: &dyn EventLog, first: u64, lines: &[&[u8]]) -> Result<(), SubmitError> {
    let mut last = StoreError::Unsettled;
    for _ in 0..ATTEMPTS {
        match log.append(first, lines) {
            Ok(_) => return Ok(()),
            // An append before this one is in question: its lines, if there, will show as a conflict.
            Err(error @ StoreError::Unsettled) => {
                log.settle().map_err(SubmitError::Store)?;
                last = error;
            }
            Err(error @ StoreError::OutcomeUnknown { .. }) => {
                let size = log.settle().map_err(SubmitError::OutcomeUnknown)?;
                if size > first {
                    return persisted(log, first, size, lines);
                }
                last = error;
            }
            Err(error) => return Err(SubmitError::Store(error)),
        }
    }
    Err(SubmitError::Store(last))
}

/// Whether the lines from `first` on are ours. An append is there wholly or not at all, so its first line tells.
fn persisted(log: &dyn EventLog, first: u64, size: u64, lines: &[&[u8]]) -> Result<(), SubmitError> {
    let batch = log.read(first, 1).map_err(SubmitError::OutcomeUnknown)?;
    match batch.get(0) == lines.first().copied() {
        true => Ok(()),
        false => Err(SubmitError::Store(StoreError::Conflict { expected: first, actual: size })),
    }
}

/// Borrows lines the way an engine takes them.
pub(crate) fn borrowed<'a>(lines: impl IntoIterator<Item = &'a NewLine>) -> Vec<&'a [u8]> {
    lines.into_iter().map(|line| line.bytes.as_slice()).collect()
}

/// Applies lines that have just become durable.
pub(crate) fn publish<'a, P: Projection>(state: &mut P, lines: impl IntoIterator<Item = &'a NewLine>) {
    for line in lines {
        state.apply(&line.recorded, chain::hash::leaf_hash(&line.bytes));
    }
}

/// The receipt of a submission's lines.
///
/// # Panics
/// When there are none; a submission without events is rejected.
pub(crate) fn receipt<'a>(lines: impl Iterator<Item = &'a Recorded> + Clone, repeated: bool) -> Receipt {
    let first = lines.clone().next().expect("a submission has lines");
    let hashes: Vec<EventHash> = lines.clone().map(|line| line.hash).collect();
    Receipt {
        submission: first.submission,
        unit: first.unit.clone(),
        first: first.position,
        lines: first.submission_size,
        at: first.at,
        unit_seq: first.unit_seq + hashes.len() as u64 - 1,
        tree_size: first.position + hashes.len() as u64,
        kinds: lines.map(|line| line.event.kind()).collect(),
        hashes,
        repeated,
    }
}

/// Answers a submission whose id is on record by reading the record back: the first receipt, or a refusal.
pub(crate) fn repeat(log: &dyn EventLog, place: Place, prepared: &Prepared) -> Result<Receipt, SubmitError> {
    let recorded = read_back(log, place)?;
    if same_content(prepared, &recorded) {
        return Ok(receipt(recorded.iter(), true));
    }
    let submission = prepared.submission().submission;
    Err(SubmitError::SubmissionReused { submission, first: place.first })
}

/// The lines of a submission that is on record.
pub(crate) fn read_back(log: &dyn EventLog, place: Place) -> Result<Vec<Recorded>, SubmitError> {
    let mut recorded = Vec::with_capacity(place.lines as usize);
    crate::load::fold(log, place.first..place.first + u64::from(place.lines), &mut |line| {
        recorded.push(line.recorded);
        Ok(())
    })?;
    Ok(recorded)
}

/// Compares by what a unit signs (`docs/decisions/0003`): unit, types, and the data byte for byte.
fn same_content(prepared: &Prepared, recorded: &[Recorded]) -> bool {
    let submission = prepared.submission();
    let same = |(line, (event, data)): (&Recorded, (&events::Event, &Vec<u8>))| {
        line.unit == submission.unit
            && line.event.kind() == event.kind()
            && line.event.encode().is_ok_and(|stored| stored == *data)
    };
    recorded.len() == submission.events.len()
        && recorded.iter().zip(submission.events.iter().zip(prepared.data())).all(same)
}
