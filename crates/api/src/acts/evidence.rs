//! Files that show a figure: brought, and taken away again by who may.

use accounts::{Action, Subject};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse as _, Response};
use chain::ContentHash;
use events::UnitId;
use serde_json::json;

use super::given::created;
use super::{Act, Entrance, Given, Sent};
use crate::evidence::MAX_EVIDENCE_BYTES;
use crate::parameters::{ID_FORM, required};
use crate::problem::Problem;

pub const ACTS: [Act; 2] = [
    Act {
        method: Method::POST,
        path: "/evidence",
        id: "upload-evidence",
        title: "上传佐证文件",
        about: "按内容的 BLAKE3 存放，落盘后才答复；类型由内容认定。入账另用 POST /v1/evidence-records 或报送里的 evidence。同一文件再传不会多存一份。",
        parameters: &[required("unit", "哪个单位的佐证", "guixi")],
        sent: Some(Sent {
            media_types: &["application/octet-stream", "multipart/form-data"],
            limit: MAX_EVIDENCE_BYTES,
            example: || json!({ "file": "园区验收单.pdf" }),
        }),
        done: &[(201, "已存放：地址、字节数和类型")],
        entrance: Entrance::SignedIn,
        perform: upload,
    },
    Act {
        method: Method::GET,
        path: "/evidence/{blake3}",
        id: "download-evidence",
        title: "下载佐证文件",
        about: "只作为附件下载，浏览器不会打开或运行其中内容。",
        parameters: &[],
        sent: None,
        done: &[(200, "文件")],
        entrance: Entrance::SignedIn,
        perform: download,
    },
];

fn unusable(error: &std::io::Error) -> Problem {
    let detail =
        format!("佐证目录读写失败（{}），没有办理。请稍后重试，或联系管理员检查磁盘。", error.kind());
    Problem::unavailable("evidence-unavailable", detail).retry_after(5)
}

fn upload(given: &Given<'_>) -> Result<Response, Problem> {
    let unit: UnitId = given.query.required("unit", ID_FORM)?;
    given.allowed(Action::AttachEvidence, &Subject::Unit(unit.clone()))?;
    if given.ledger.model().ledger().book().registry().unit(&unit).is_none() {
        return Err(Problem::not_found("unknown-unit", "账本里没有这个单位。请核对单位代码。"));
    }
    let bytes = given.body.file.as_ref().map_or(&given.body.bytes, |file| &file.bytes);
    if bytes.is_empty() {
        return Err(Problem::bad_request("empty-file", "文件是空的。请选择文件后再上传。"));
    }
    let brought = given.desk.evidence.keep(&unit, bytes).map_err(|error| unusable(&error))?;
    let body = json!({
        "blake3": brought.blake3, "bytes": brought.bytes, "media_type": brought.media_type, "unit": unit,
    });
    Ok(created(&format!("/v1/evidence/{}", brought.blake3), &body))
}

fn download(given: &Given<'_>) -> Result<Response, Problem> {
    let hash: ContentHash = given.in_path("blake3", "64 位小写十六进制的 BLAKE3")?;
    let identity = given.identity()?;
    let none = || {
        let detail =
            "这里没有这个佐证文件，或不是您可以看的单位的。请核对 BLAKE3；文件也可能只由填报单位保管。";
        Problem::not_found("no-evidence", detail)
    };
    let brought = given.desk.evidence.brought(&hash).map_err(|error| unusable(&error))?;
    // Who may see nobody's of it hears the same as where there is none.
    let readable =
        |unit: &UnitId| accounts::may(identity, Action::ReadEvidence, &Subject::Unit(unit.clone())).is_ok();
    let brought = brought.into_iter().find(|own| readable(&own.unit)).ok_or_else(none)?;
    let bytes = given.desk.evidence.read(&hash).map_err(|error| unusable(&error))?.ok_or_else(none)?;
    let value = |text: String| HeaderValue::try_from(text).expect("hashes and media types are ASCII");
    let headers = [
        (header::CONTENT_TYPE, value(brought.media_type)),
        (header::CONTENT_DISPOSITION, value(format!("attachment; filename=\"{hash}\""))),
        (header::ETAG, value(format!("\"{hash}\""))),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
        (
            HeaderName::from_static("content-security-policy"),
            HeaderValue::from_static("sandbox; default-src 'none'"),
        ),
    ];
    Ok((headers, bytes).into_response())
}
