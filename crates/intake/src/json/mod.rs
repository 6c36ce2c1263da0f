//! JSON documents: the friendly form, whose members are the columns of the form, and the raw form, which is the very
//! payload that a unit signs (`docs/format.md` §4) and can carry every event type.

mod filing;
mod members;
mod raw;
mod trace;

use chain::json::{JsonError, JsonErrorKind};

use crate::problem::{IntakeProblem, IntakeProblemKind as Kind, Place};
use crate::table::MAX_FILE_BYTES;

pub(crate) use filing::Filing;
use members::Object;
pub(crate) use raw::Raw;

/// What a JSON file is.
pub(crate) enum Document {
    /// Figures, narrative and evidence under the form's names.
    Filing(Filing),
    /// Events as they are signed.
    Raw(Raw),
}

/// Reads a JSON file; what is wrong with it is added to `problems`.
pub(crate) fn read_json(bytes: &[u8], problems: &mut Vec<IntakeProblem>) -> Option<Document> {
    if bytes.len() > MAX_FILE_BYTES {
        let kind = Kind::FileTooLarge { bytes: bytes.len(), limit: MAX_FILE_BYTES };
        problems.push(IntakeProblem::file(kind));
        return None;
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let document = match chain::json::parse(bytes) {
        Ok(document) => document,
        Err(error) => {
            problems.push(refused(bytes, error));
            return None;
        }
    };
    let object = Object::of("", &document, problems)?;
    Some(if object.get("events").is_some() {
        Document::Raw(raw::read(object, problems))
    } else {
        Document::Filing(filing::read(object, problems))
    })
}

/// The strict reader's refusal, with line, column and path.
fn refused(bytes: &[u8], error: JsonError) -> IntakeProblem {
    // A name that stands twice is noticed behind the object; it is asked about before the object ends.
    let behind = usize::from(error.kind == JsonErrorKind::DuplicateMember);
    let found = trace::trace(bytes, error.offset - behind.min(error.offset));
    let place = if found.path.is_empty() { Place::File } else { Place::Json(found.path) };
    if error.kind == JsonErrorKind::NumberForm {
        let number = bytes[error.offset..].iter().take_while(|byte| b"+-.eE0123456789".contains(byte));
        let text = number.map(|byte| char::from(*byte)).take(40).collect();
        return IntakeProblem::new(place, Kind::NumberNotText { text });
    }
    let before = &bytes[..error.offset.min(bytes.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    let reason = reason(error.kind, found.twice);
    IntakeProblem::new(place, Kind::BrokenJson { line, column, reason })
}

fn reason(kind: JsonErrorKind, twice: Option<String>) -> String {
    let fixed = match kind {
        JsonErrorKind::Utf8 => "文字不是 UTF-8 编码",
        JsonErrorKind::Syntax => "不合 JSON 语法（常见：缺逗号或引号、多余的逗号、中文引号）",
        JsonErrorKind::NumberForm | JsonErrorKind::NumberRange => "整数过大",
        JsonErrorKind::DuplicateMember => match twice {
            Some(name) => return format!("成员“{name}”出现了两次"),
            None => "有成员出现了两次",
        },
        JsonErrorKind::NotNfc => "文字里有组合字符或兼容汉字，多半来自 PDF 或苹果系统的复制粘贴",
        JsonErrorKind::Surrogate => "\\u 转义不完整",
        JsonErrorKind::Nul => "文字里有 \\u0000",
        JsonErrorKind::Noncharacter => "文字里有 Unicode 没有规定的字符",
        JsonErrorKind::Depth => "嵌套太深",
        JsonErrorKind::NotCanonical => "写法不规范",
    };
    fixed.to_owned()
}
