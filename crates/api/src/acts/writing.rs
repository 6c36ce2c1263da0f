//! The one way from what somebody asks to a receipt: may they, is it theirs, do the rules allow it, is it durable.

use std::sync::atomic::Ordering;
use std::time::Instant;

use accounts::{Action, Identity, Subject};
use app::{Receipt, SubmitError};
use axum::http::StatusCode;
use axum::response::Response;
use domain::ledger::{Prepared, Problem as Found, Submission};
use serde_json::{Value, json};
use uuid::Uuid;

use super::given::{Given, answer, created};
use crate::people::require;
use crate::problem::Problem;

/// Where the client's own id for what it sends stands.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The id the client chose.
///
/// # Errors
/// 400 where it is no UUID.
pub fn chosen_id(given: &Given<'_>) -> Result<Option<Uuid>, Problem> {
    let Some(value) = given.headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    // Some clients write it as the quoted string of the header's draft standard.
    let text = value.to_str().unwrap_or_default().trim().trim_matches('"');
    let detail = "Idempotency-Key 要写 UUID，如 21b8fe74-5835-47b7-86ce-03dafc1e21f9；它就是报送编号。";
    text.parse().map(Some).map_err(|_| Problem::bad_request("bad-idempotency-key", detail))
}

/// Refuses a submission with an event that the person may not have recorded, or that is the operator's.
///
/// # Errors
/// 403 with the first such event.
pub fn require_allowed(identity: &Identity, submission: &Submission) -> Result<(), Problem> {
    let unit = Subject::Unit(submission.unit.clone());
    for (index, event) in submission.events.iter().enumerate() {
        let Some(action) = Action::of(event) else {
            let detail =
                format!("“{}”只能由管理账本文件的人用命令行办理，不能经网络提交。", event.kind().name());
            return Err(Problem::forbidden("operators-own", detail).with("event", index));
        };
        require(identity, action, &unit).map_err(|problem| problem.with("event", index))?;
    }
    Ok(())
}

/// Has a submission recorded for somebody, and hands out its receipt.
///
/// # Errors
/// 403, 422 with every problem, 409 for an id used for other content, 503 to come again.
pub fn record(given: &Given<'_>, submission: Submission) -> Result<Response, Problem> {
    record_located(given, submission, |found| found.iter().map(answers::problem).collect())
}

/// As [`record`], where the problems have places of their own in what was sent.
///
/// # Errors
/// As [`record`].
pub fn record_located(
    given: &Given<'_>,
    submission: Submission,
    located: impl FnOnce(&[Found]) -> Vec<Value>,
) -> Result<Response, Problem> {
    require_allowed(given.identity()?, &submission)?;
    let numbers = given.ledger.numbers();
    let began = Instant::now();
    match given.desk.sequencer.submit(submission) {
        Ok(receipt) => {
            numbers.appends.count(began.elapsed());
            if !receipt.repeated {
                numbers.recorded.fetch_add(1, Ordering::Relaxed);
            }
            Ok(receipted(&receipt))
        }
        Err(SubmitError::Rejected(rejection)) => {
            numbers.refused.fetch_add(1, Ordering::Relaxed);
            Err(rejected(located(&rejection.0)))
        }
        Err(error) => {
            if matches!(error, SubmitError::Busy { .. }) {
                numbers.turned_away.fetch_add(1, Ordering::Relaxed);
            }
            Err(error.into())
        }
    }
}

/// A receipt: of something new, or of what stands already.
pub fn receipted(receipt: &Receipt) -> Response {
    let body = answers::receipt(receipt);
    if receipt.repeated {
        return answer(StatusCode::OK, &body);
    }
    created(&format!("/v1/submissions/{}", receipt.submission), &body)
}

/// What stands in the way, all of it.
pub fn rejected(problems: Vec<Value>) -> Problem {
    let detail = format!("共 {} 处问题，没有任何内容入账。请按 problems 逐条改正后再提交。", problems.len());
    let warned = problems
        .iter()
        .any(|problem| problem["code"] == "unconfirmed-warning" || problem["severity"] == "warning");
    let detail = if warned { format!("{detail}提醒如属实，请写明确认原因。") } else { detail };
    Problem::unprocessable("rejected", detail).with("problems", problems)
}

/// What would be recorded, without recording it: what the unit's key is to sign stands in it.
///
/// # Errors
/// 422 with every problem.
pub fn dry_run(submission: &Submission, problems: Vec<Value>) -> Result<Response, Problem> {
    if !problems.is_empty() {
        return Err(rejected(problems).with("dry_run", true));
    }
    let prepared = Prepared::new(submission.clone());
    let prepared = prepared.map_err(|(index, error)| {
        let detail = format!("第 {} 项的文字账本不能收：{error}。请改写这段文字。", index + 1);
        Problem::unprocessable("bad-text", detail)
    })?;
    let payload = String::from_utf8(prepared.payload()).expect("canonical JSON is text");
    let body = json!({
        "dry_run": true, "recorded": false, "problems": [], "submission": submission.submission,
        "unit": submission.unit, "events": submission.events.len(), "payload": payload,
        "payload_type": chain::dsse::SUBMISSION_TYPE,
    });
    Ok(answer(StatusCode::OK, &body))
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        let (code, detail) = (error.code(), error.to_string());
        match error {
            SubmitError::SubmissionReused { first, .. } => {
                Self::conflict(code, detail).with("position", first)
            }
            SubmitError::Rejected(_) => Self::unprocessable(code, detail),
            SubmitError::Busy { .. } => Self::unavailable(code, detail).retry_after(1),
            SubmitError::Stopped
            | SubmitError::Store(_)
            | SubmitError::OutcomeUnknown(_)
            | SubmitError::Ledger(_) => Self::unavailable(code, detail).retry_after(5),
        }
    }
}
