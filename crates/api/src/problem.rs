//! Problem details (RFC 9457): a stable code for programs, a sentence for people that says what to do.

use answers::{AskError, Fault, NoSheet};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A request that has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
}

impl Problem {
    /// A problem of the request itself.
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::of(StatusCode::BAD_REQUEST, code, "请求有误", detail)
    }

    /// Nothing is there.
    pub fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::of(StatusCode::NOT_FOUND, code, "没有找到", detail)
    }

    /// The server cannot answer now.
    pub fn unavailable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::of(StatusCode::SERVICE_UNAVAILABLE, code, "暂时不能回答", detail)
    }

    /// Any other.
    pub fn of(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self { status, code, title, detail: detail.into() }
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn code(&self) -> &'static str {
        self.code
    }

    pub fn title(&self) -> &'static str {
        self.title
    }

    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        let (code, detail) = (error.code(), error.to_string());
        match error.fault() {
            Fault::NotThere => Self::not_found(code, detail),
            Fault::Question => Self::bad_request(code, detail),
            Fault::History => Self::of(StatusCode::CONFLICT, code, "不是同一段历史", detail),
            Fault::Ledger => Self::unavailable(code, detail),
        }
    }
}

impl From<NoSheet> for Problem {
    fn from(error: NoSheet) -> Self {
        let detail = format!("{error}请改用 JSON（Accept: application/json）。");
        Self::of(StatusCode::NOT_ACCEPTABLE, "no-sheet", "不能用这种格式回答", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, code, title, detail } = self;
        let body = json!({
            "type": format!("urn:progress-ledger:problem:{code}"),
            "title": title, "status": status.as_u16(), "detail": detail, "code": code,
        });
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        (status, headers, body.to_string()).into_response()
    }
}
