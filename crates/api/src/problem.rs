//! Problem details (RFC 9457): a stable code for programs, a sentence for people that says what to do.

use answers::{AskError, Fault, NoSheet};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

/// A request that has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
    /// After how many seconds it is worth asking again.
    retry_after_s: Option<u64>,
    /// Extension members of the problem document (RFC 9457, section 3.2).
    more: Map<String, Value>,
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
        Self { status, code, title, detail: detail.into(), retry_after_s: None, more: Map::new() }
    }

    /// Nobody, or not somebody any more.
    pub fn unauthorized(code: &'static str, detail: impl Into<String>) -> Self {
        Self::of(StatusCode::UNAUTHORIZED, code, "没有登录", detail)
    }

    /// Somebody who may not.
    pub fn forbidden(code: &'static str, detail: impl Into<String>) -> Self {
        Self::of(StatusCode::FORBIDDEN, code, "不能办理", detail)
    }

    /// What was asked for does not fit what is there.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::of(StatusCode::CONFLICT, code, "与已有的不符", detail)
    }

    /// Read well, and refused by the rules.
    pub fn unprocessable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::of(StatusCode::UNPROCESSABLE_ENTITY, code, "没有入账", detail)
    }

    /// Worth asking again after so many seconds.
    pub const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// With one more member for programs.
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.more.insert(member.to_owned(), value.into());
        self
    }

    /// An extension member; `null` where there is none.
    pub fn more(&self, member: &str) -> &Value {
        self.more.get(member).unwrap_or(&Value::Null)
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
        let Self { status, code, title, detail, retry_after_s, more } = self;
        let mut body = more;
        body.insert("type".to_owned(), format!("urn:progress-ledger:problem:{code}").into());
        let members =
            [("title", title.into()), ("status", status.as_u16().into()), ("detail", detail.into())];
        for (name, value) in members.into_iter().chain([("code", Value::from(code))]) {
            body.insert(name.to_owned(), value);
        }
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        let mut response = (status, headers, Value::Object(body).to_string()).into_response();
        if let Some(seconds) = retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"progress-ledger\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
