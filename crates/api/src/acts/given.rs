//! One request for an act: who asks, and what they give.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::str::FromStr;

use accounts::{Action, Identity, Subject};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chain::Instant;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Body;
use crate::ledger::{Desk, Ledger};
use crate::parameters::Parameters;
use crate::people::{People, Visitor, require};
use crate::problem::Problem;

/// What an act is performed with.
pub struct Given<'a> {
    /// The ledger.
    pub ledger: &'a Ledger,
    /// Where what people bring is taken.
    pub desk: &'a Desk,
    /// Now.
    pub now: Instant,
    /// From which machine.
    pub address: IpAddr,
    /// The request's headers.
    pub headers: &'a HeaderMap,
    /// The parts of the path that have names.
    pub path: BTreeMap<String, String>,
    /// The query.
    pub query: Parameters,
    /// What was sent.
    pub body: Body,
    /// Who asks.
    pub visitor: Visitor,
}

impl Given<'_> {
    /// The accounts of the ledger.
    pub const fn people(&self) -> &People {
        &self.desk.people
    }

    /// Who asks.
    ///
    /// # Errors
    /// 401 where it is nobody.
    pub fn identity(&self) -> Result<&Identity, Problem> {
        let nobody = || Problem::unauthorized("not-signed-in", "没有登录。请登录，或用接口令牌。");
        self.visitor.identity().ok_or_else(nobody)
    }

    /// Who asks, and may do this.
    ///
    /// # Errors
    /// 401 or 403.
    pub fn allowed(&self, action: Action, subject: &Subject) -> Result<&Identity, Problem> {
        let identity = self.identity()?;
        require(identity, action, subject)?;
        Ok(identity)
    }

    /// A part of the path.
    ///
    /// # Errors
    /// 404 where it is not of its form: nothing has such a name.
    pub fn in_path<T: FromStr>(&self, name: &'static str, form: &str) -> Result<T, Problem> {
        let text = self.path.get(name).map(String::as_str).unwrap_or_default();
        text.parse()
            .map_err(|_| Problem::not_found("no-such-name", format!("地址里的 {name} 写得不对：{form}。")))
    }

    /// What was sent, as a document of a shape.
    ///
    /// # Errors
    /// 400 with the place of what cannot be read.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_slice(&self.body.bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let reason = error.to_string();
            let reason: String = reason.chars().filter(|c| !c.is_control()).take(200).collect();
            let detail = format!(
                "JSON 在第 {line} 行第 {column} 列不合要求（{reason}）。请对照 /v1/openapi.json 里的示例修改。"
            );
            Problem::bad_request("broken-json", detail).with("line", line).with("column", column)
        })
    }
}

/// A JSON answer that nobody keeps.
pub fn answer(status: StatusCode, body: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, body.to_string()).into_response()
}

/// As [`answer`], of something new.
pub fn created(location: &str, body: &Value) -> Response {
    let mut response = answer(StatusCode::CREATED, body);
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Done, and nothing to say.
pub fn done() -> Response {
    (StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, "no-store")]).into_response()
}
