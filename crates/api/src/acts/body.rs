//! What a client sends, read within bounds of size and time.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Multipart};
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;

use super::Sent;
use crate::problem::Problem;

/// How long a client may take for what it sends.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);
/// How much of what is too long is read and thrown away, and for how long.
const DRAINED_BYTES: usize = 32 << 20;
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);
/// A form has no more parts than this.
const MAX_PARTS: usize = 16;
/// A field of a form that is no file.
const MAX_FIELD_BYTES: usize = 16 << 10;

const MULTIPART: &str = "multipart/form-data";
const FORM: &str = "application/x-www-form-urlencoded";

/// What was sent.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// The bytes, where they were no form.
    pub bytes: Bytes,
    /// Their type, without parameters.
    pub media_type: String,
    /// The fields of a form.
    pub fields: Vec<(String, String)>,
    /// The file of a form.
    pub file: Option<FormFile>,
}

/// A file that came in a form.
#[derive(Clone, Debug)]
pub struct FormFile {
    /// Its name on the client's machine: for people, and never a path here.
    pub name: String,
    /// Its bytes.
    pub bytes: Bytes,
}

impl Body {
    /// A field of a form that stands in it once.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str());
        let value = values.next();
        value.filter(|value| values.next().is_none() && !value.is_empty())
    }
}

/// Reads what is sent with an act.
///
/// # Errors
/// 413, 415, 408, or 400 for a form that cannot be read.
pub async fn read(sent: Option<&Sent>, headers: &HeaderMap, body: axum::body::Body) -> Result<Body, Problem> {
    let (bytes, media_type) = received(sent, headers, body).await?;
    match media_type.as_str() {
        MULTIPART => multipart(headers, bytes).await,
        FORM => {
            let fields = form_urlencoded::parse(&bytes).into_owned().take(MAX_PARTS).collect();
            Ok(Body { media_type, fields, ..Body::default() })
        }
        _ => Ok(Body { bytes, media_type, ..Body::default() }),
    }
}

/// The bytes that were sent, and their type.
///
/// # Errors
/// 413, 415 or 408.
pub async fn received(
    sent: Option<&Sent>,
    headers: &HeaderMap,
    body: axum::body::Body,
) -> Result<(Bytes, String), Problem> {
    let limit = sent.map_or(0, |sent| sent.limit);
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: u64| bytes > limit as u64) {
        return Err(turned_away(body, limit).await);
    }
    // Read to its end before anything is said about its type: a client that is still sending hears nothing.
    let read = tokio::time::timeout(BODY_TIMEOUT, whole(body, limit)).await;
    let bytes = read.map_err(|_| too_slow())??;
    let media_type = media_type(headers);
    let Some(sent) = sent else { return Ok((Bytes::new(), String::new())) };
    if !sent.media_types.contains(&media_type.as_str()) {
        let detail =
            format!("这里收的是 {}。请改用其中一种，并写在 Content-Type 里。", sent.media_types.join("、"));
        let title = "不收这种内容";
        return Err(Problem::of(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", title, detail));
    }
    Ok((bytes, media_type))
}

fn media_type(headers: &HeaderMap) -> String {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

async fn multipart(headers: &HeaderMap, bytes: Bytes) -> Result<Body, Problem> {
    let mut request = Request::new(axum::body::Body::from(bytes));
    let content_type = headers.get(header::CONTENT_TYPE).cloned();
    content_type.and_then(|value| request.headers_mut().insert(header::CONTENT_TYPE, value));
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| broken_form())?;
    let mut body = Body { media_type: MULTIPART.to_owned(), ..Body::default() };
    let mut count = 0;
    while let Some(part) = parts.next_field().await.map_err(|_| broken_form())? {
        count += 1;
        if count > MAX_PARTS {
            return Err(broken_form());
        }
        // A part without a name is none that a form sends.
        let name = part.name().map(str::to_owned).ok_or_else(broken_form)?;
        match part.file_name().map(str::to_owned) {
            Some(file) if body.file.is_none() => {
                let bytes = part.bytes().await.map_err(|_| broken_form())?;
                body.file = Some(FormFile { name: file, bytes });
            }
            Some(_) => return Err(Problem::bad_request("too-many-files", "一次只收一个文件。请分次上传。")),
            None => {
                let text = part.text().await.map_err(|_| broken_form())?;
                if text.len() > MAX_FIELD_BYTES {
                    return Err(broken_form());
                }
                body.fields.push((name, text));
            }
        }
    }
    if count == 0 { Err(broken_form()) } else { Ok(body) }
}

fn broken_form() -> Problem {
    let detail = format!(
        "表单读不出来，没有办理。请用 multipart/form-data 重新上传，至多 {MAX_PARTS} 个字段、一个文件，文字用 UTF-8。"
    );
    Problem::bad_request("broken-form", detail)
}

fn too_large(limit: usize) -> Problem {
    let detail = match limit {
        0 => "这里不收内容。请去掉请求体。".to_owned(),
        limit => format!("内容超过上限 {limit} 字节，没有办理。请删去无关内容，或分几次提交。"),
    };
    Problem::of(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "内容太大", detail)
}

fn too_slow() -> Problem {
    let detail =
        format!("内容在 {} 秒内没有传完，没有办理。请检查网络后用同一编号重试。", BODY_TIMEOUT.as_secs());
    Problem::of(StatusCode::REQUEST_TIMEOUT, "too-slow", "传得太慢", detail)
}

/// Reads a body that is not longer than it may be.
async fn whole(mut body: axum::body::Body, limit: usize) -> Result<Bytes, Problem> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let cut_off =
            |_| Problem::bad_request("cut-off", "内容没有传完，没有办理。请检查网络后用同一编号重试。");
        let Ok(data) = frame.map_err(cut_off)?.into_data() else { continue };
        if bytes.len() + data.len() > limit {
            return Err(turned_away(body, limit).await);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.into())
}

/// Lets a client that sends too much go on for a little, or it would find the connection broken and hear no reason.
async fn turned_away(mut body: axum::body::Body, limit: usize) -> Problem {
    let draining = async {
        let mut left = DRAINED_BYTES;
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                return;
            }
        }
    };
    // Whether it has sent all of it by then makes no difference to the answer.
    drop(tokio::time::timeout(DRAIN_TIMEOUT, draining).await);
    too_large(limit)
}
