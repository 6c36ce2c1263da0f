//! One answer in the form that was asked for, with a strong validator.

use std::fmt::Write as _;

use answers::Answer;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::operations::Operation;
use crate::page;
use crate::parameters::{Parameters, unreadable};
use crate::problem::Problem;

/// A form an answer is given in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON.
    Json,
    /// CSV with a byte order mark.
    Csv,
    /// An Excel workbook.
    Xlsx,
    /// A page.
    Html,
    /// The table's canonical bytes, whose root is published.
    Canonical,
}

const ALL: [(Format, &str, &str); 5] = [
    (Format::Json, "json", "application/json"),
    (Format::Html, "html", "text/html; charset=utf-8"),
    (Format::Csv, "csv", "text/csv; charset=utf-8"),
    (Format::Xlsx, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (Format::Canonical, "canonical", "application/jsonl"),
];

impl Format {
    /// The `format` parameter, else what `Accept` prefers, else JSON.
    pub fn asked(given: &Parameters, headers: &HeaderMap) -> Result<Self, Problem> {
        if let Some(name) = given.text("format")? {
            let found = ALL.iter().find(|(_, own, _)| *own == name);
            let form = "可写 json、csv、xlsx、html 或 canonical";
            return found.map(|own| own.0).ok_or_else(|| unreadable("format", name, form));
        }
        let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
        accepted(accept).ok_or_else(|| {
            let detail =
                "可用的格式有 application/json、text/html、text/csv、Excel 工作簿和 application/jsonl。";
            Problem::of(StatusCode::NOT_ACCEPTABLE, "not-acceptable", "没有所要的格式", detail)
        })
    }

    pub const fn media_type(self) -> &'static str {
        let mut index = 0;
        while ALL[index].0 as u8 != self as u8 {
            index += 1;
        }
        ALL[index].2
    }
}

/// The form with the highest quality; of equals the one named first, and JSON where anything will do.
fn accepted(accept: &str) -> Option<Format> {
    let mut best: Option<(u16, Format)> = None;
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
        let named = ALL.iter().find(|own| own.2.split(';').next() == Some(media_type.as_str()));
        let format = match (named, media_type.as_str()) {
            (Some(own), _) => own.0,
            (None, "*/*" | "application/*") => Format::Json,
            (None, "text/*") => Format::Html,
            (None, _) => continue,
        };
        if quality > 0 && best.is_none_or(|(other, _)| quality > other) {
            best = Some((quality, format));
        }
    }
    best.map(|(_, format)| format)
}

/// A quality value, `0.85`, in thousandths; what is none counts as lowest.
fn thousandths(text: &str) -> u16 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{part:0<3}");
    match (whole, digits.parse::<u16>()) {
        ("1", _) => 1000,
        ("0", Ok(thousandths)) if digits.len() == 3 => thousandths,
        _ => 0,
    }
}

/// Gives an answer.
pub fn give(
    operation: &Operation,
    answer: &Answer,
    format: Format,
    query: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let body = match format {
        Format::Json => answer.json().into_bytes(),
        Format::Csv => answer.csv(true)?,
        Format::Xlsx => answer.xlsx()?,
        Format::Html => page::answer(operation, answer, query).into_bytes(),
        Format::Canonical => canonical(answer)?,
    };
    let mut response = with_etag(body, format.media_type(), "no-cache", headers);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
    if let Some(name) = file_name(operation, format) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

fn canonical(answer: &Answer) -> Result<Vec<u8>, Problem> {
    let none = "这个问题的回答不是公布的表，没有规范字节；请改用 format=json。";
    let none = || Problem::of(StatusCode::NOT_ACCEPTABLE, "no-canonical-bytes", "不能用这种格式回答", none);
    Ok(answer.canonical().ok_or_else(none)?.bytes().to_vec())
}

/// Sheets are saved, not shown.
fn file_name(operation: &Operation, format: Format) -> Option<HeaderValue> {
    let ending = match format {
        Format::Csv => "csv",
        Format::Xlsx => "xlsx",
        Format::Canonical => "jsonl",
        Format::Json | Format::Html => return None,
    };
    HeaderValue::try_from(format!("attachment; filename=\"{}.{ending}\"", operation.id)).ok()
}

/// Bytes with the hash of them as their validator; none at all where the client has just these.
pub fn with_etag(
    body: impl Into<Bytes>,
    media_type: &'static str,
    cache: &'static str,
    headers: &HeaderMap,
) -> Response {
    let body = body.into();
    let mut etag = String::from("\"");
    for byte in &blake3::hash(&body).as_bytes()[..16] {
        write!(etag, "{byte:02x}").expect("a string takes every character");
    }
    etag.push('"');
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let is_known = known.is_some_and(|known| {
        known.split(',').map(str::trim).any(|own| own == "*" || own.trim_start_matches("W/") == etag)
    });
    let sent = [
        (header::ETAG, HeaderValue::try_from(etag).expect("a hash in quotes")),
        (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
    ];
    if is_known {
        return (StatusCode::NOT_MODIFIED, sent).into_response();
    }
    (sent, [(header::CONTENT_TYPE, media_type)], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_form_is_chosen() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        assert_eq!(accepted(browser), Some(Format::Html));
        assert_eq!(accepted("*/*"), Some(Format::Json));
        assert_eq!(accepted("text/csv;q=0.5, application/json;q=0.4"), Some(Format::Csv));
        assert_eq!(accepted("text/html;q=0, application/json"), Some(Format::Json));
        assert_eq!(accepted("image/png"), None);
    }

    #[test]
    fn each_form_has_its_own_media_type() {
        let types: std::collections::BTreeSet<_> = ALL.iter().map(|own| own.0.media_type()).collect();
        assert_eq!(types.len(), ALL.len());
    }
}
