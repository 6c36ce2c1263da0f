//! Whether the server lives, whether its answers are of the ledger's end, and numbers for Prometheus.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::ledger::Ledger;
use crate::problem::Problem;

/// `GET /health/live`.
pub fn live() -> Response {
    status(&json!({ "status": "live" }))
}

/// `GET /health/ready`: the answers are of the ledger's last line, and that line is under the signed head.
pub fn ready(ledger: &Ledger) -> Result<Response, Problem> {
    let size = ledger.log().size();
    let size = size.map_err(|error| Problem::unavailable("unreadable-ledger", error.to_string()))?;
    let (known, signed) = (ledger.model().size(), ledger.signed_size());
    if let Some(reason) = ledger.failure() {
        return Err(Problem::unavailable("projection-failed", reason));
    }
    if known < size {
        let detail = format!("账本有 {size} 行，读到第 {known} 行，请稍后再试。");
        return Err(Problem::unavailable("projection-behind", detail));
    }
    if signed != Some(known) {
        let signed = signed.map_or_else(
            || "没有签名的账本头".to_owned(),
            |signed| format!("签名的账本头只到前 {signed} 行"),
        );
        let detail = format!("账本有 {known} 行，{signed}。记录的程序签出新的账本头后就绪。");
        return Err(Problem::unavailable("head-behind", detail));
    }
    Ok(status(&json!({ "status": "ready", "lines": size })))
}

/// `GET /metrics`, in the Prometheus text format.
pub fn metrics(ledger: &Ledger) -> Response {
    let known = ledger.model().size();
    let size = ledger.log().size().unwrap_or(known);
    let metrics = [
        ("progress_ledger_lines", "gauge", "Lines in the log.", size),
        ("progress_ledger_projection_checkpoint", "gauge", "Lines applied to the read model.", known),
        ("progress_ledger_projection_lag", "gauge", "Lines not yet applied.", size.saturating_sub(known)),
        (
            "progress_ledger_signed_lines",
            "gauge",
            "Lines under the signed head.",
            ledger.signed_size().unwrap_or(0),
        ),
        (
            "progress_ledger_projection_failed",
            "gauge",
            "1 while a line does not fit.",
            u64::from(ledger.failure().is_some()),
        ),
        ("progress_ledger_answers_total", "counter", "Requests answered.", ledger.answered()),
    ];
    let lines = metrics.map(|(name, kind, help, value)| {
        format!("# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n")
    });
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], lines.concat()).into_response()
}

fn status(status: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, status.to_string()).into_response()
}
