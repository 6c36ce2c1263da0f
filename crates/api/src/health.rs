//! Whether the server lives, whether its answers are of the ledger's end, and numbers for Prometheus.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::ledger::Ledger;
use crate::problem::Problem;

/// `GET /health/live`.
pub fn live() -> Response {
    status(&json!({ "status": "live" }))
}

/// A server that records publishes heads once a second; one that is older than this says that it cannot.
const HEAD_GRACE: Duration = Duration::from_secs(5);
/// What has just been recorded here is in the model within this, or something is wrong.
const MODEL_GRACE: Duration = Duration::from_millis(100);

/// `GET /health/ready`: the answers are of the ledger's last line, and that line is under the signed head. A server that
/// records is ready while the head trails by no more than [`HEAD_GRACE`].
pub fn ready(ledger: &Ledger) -> Result<Response, Problem> {
    let size = ledger.log().size();
    let size = size.map_err(|error| Problem::unavailable("unreadable-ledger", error.to_string()))?;
    if ledger.sequencer().is_some() && ledger.model().size() < size {
        ledger.stop().wait(MODEL_GRACE);
    }
    let known = ledger.model().size();
    if let Some(reason) = ledger.failure() {
        return Err(Problem::unavailable("projection-failed", reason));
    }
    if known < size {
        let detail = format!("账本有 {size} 行，读到第 {known} 行，请稍后再试。");
        return Err(Problem::unavailable("projection-behind", detail));
    }
    let signed = ledger.signed_size();
    if signed != Some(known) {
        require_recent_head(ledger, known, signed)?;
    }
    Ok(status(&json!({ "status": "ready", "lines": known, "signed_lines": signed })))
}

fn require_recent_head(ledger: &Ledger, known: u64, signed: Option<u64>) -> Result<(), Problem> {
    let records = ledger.sequencer().is_some();
    let reason = match ledger.head_is_current(HEAD_GRACE) {
        Ok(()) if records => return Ok(()),
        Ok(()) => None,
        Err(reason) => reason,
    };
    let signed = signed
        .map_or_else(|| "没有签名的账本头".to_owned(), |signed| format!("签名的账本头只到前 {signed} 行"));
    let otherwise = "记录的程序签出新的账本头后就绪。".to_owned();
    let detail = format!("账本有 {known} 行，{signed}。{}", reason.unwrap_or(otherwise));
    Err(Problem::unavailable("head-behind", detail))
}

/// `GET /metrics`, in the Prometheus text format.
pub fn metrics(ledger: &Ledger) -> Response {
    let known = ledger.model().size();
    let size = ledger.log().size().unwrap_or(known).max(known);
    let numbers = ledger.numbers();
    let counted = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    let waiting = ledger.sequencer().map_or(0, app::Sequencer::open) as u64;
    let signed = ledger.signed_size().unwrap_or(0);
    let failed = u64::from(ledger.failure().is_some());
    let metrics = [
        ("lines", "gauge", "Lines in the log.", size),
        ("projection_checkpoint", "gauge", "Lines applied to the read model.", known),
        ("projection_lag", "gauge", "Lines not yet applied.", size - known),
        ("signed_lines", "gauge", "Lines under the signed head.", signed),
        ("signed_lag", "gauge", "Lines not yet under the signed head.", size.saturating_sub(signed)),
        ("projection_failed", "gauge", "1 while a line does not fit.", failed),
        ("submissions_open", "gauge", "Submissions that are not answered yet.", waiting),
        ("submissions_recorded_total", "counter", "Submissions recorded.", counted(&numbers.recorded)),
        ("submissions_refused_total", "counter", "Submissions refused.", counted(&numbers.refused)),
        (
            "submissions_turned_away_total",
            "counter",
            "Submissions told to come again.",
            counted(&numbers.turned_away),
        ),
        ("answers_total", "counter", "Requests answered.", counted(&numbers.answers)),
    ];
    let lines = metrics.map(|(name, kind, help, value)| {
        let name = format!("progress_ledger_{name}");
        format!("# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n")
    });
    let help = "From a submission's arrival at the sequencer to its durable receipt.";
    let appends = numbers.appends.text("progress_ledger_append_seconds", help);
    let checked = ledger.checked().map(|checked| checked.metrics(ledger.clock().now()));
    let text = lines.concat() + &appends + &checked.unwrap_or_default();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

fn status(status: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, status.to_string()).into_response()
}
