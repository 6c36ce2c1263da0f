//! The raw form: exactly the payload that a unit signs, with account and signature beside it.

use events::{DecodeError, Event, Signature};

use super::filing;
use super::members::{Object, Problems, problem};
use crate::identity::Claims;
use crate::problem::{IntakeProblemKind as Kind, Place};

/// A raw document, taken apart.
pub(crate) struct Raw {
    pub(crate) claims: Claims,
    pub(crate) events: Vec<(Event, Place)>,
    pub(crate) signature: Option<Signature>,
}

pub(super) fn read(document: Object<'_>, problems: &mut Problems) -> Raw {
    document.only(&["events", "submission", "unit", "by", "signature"], problems);
    document.required("submission", problems);
    document.required("unit", problems);
    let id = |what: &'static str| move |text: String| Kind::BadId { text, what };
    let claims = Claims {
        unit: document.parsed("unit", problems, id("单位代码")),
        by: document.parsed("by", problems, id("账号")),
        submission: filing::submission(document, problems),
        ..Claims::default()
    };
    let mut events = Vec::new();
    for (path, value) in document.elements("events", problems) {
        let Some(object) = Object::of(&path, value, problems) else { continue };
        if let Some(event) = event(object, problems) {
            events.push((event, Place::Json(path)));
        }
    }
    Raw { claims, events, signature: signature(document, problems) }
}

fn event(object: Object<'_>, problems: &mut Problems) -> Option<Event> {
    object.only(&["data", "type", "version"], problems);
    let data = object.required("data", problems);
    object.required("type", problems);
    let name = object.text("type", problems);
    let version = object.count("version", problems);
    let (data, name) = (data?.to_canonical(), name?);
    let version = u32::try_from(version?).unwrap_or(u32::MAX);
    let decoded = Event::decode(&name, version, &data).map_err(|error| reason(&error));
    // What is signed is what is recorded: data that would be written otherwise must be sent as it will be written.
    let exact = decoded.and_then(|event| match event.encode() {
        Ok(own) if own == data => Ok(event),
        Ok(own) => Err(format!("规范的写法是 {}", String::from_utf8_lossy(&own))),
        Err(error) => Err(format!("文字中有账本不能收的字符（{}）", error.kind.code())),
    });
    exact.map_err(|reason| problem(problems, object.path, Kind::BadEvent { reason })).ok()
}

/// The decoder's answer in Chinese; it names members as they stand in the document.
fn reason(error: &DecodeError) -> String {
    match error {
        DecodeError::UnknownType(name) => format!("没有“{name}”这种事件"),
        DecodeError::UnknownVersion { name, version } => format!("“{name}”没有版本 {version}"),
        DecodeError::Shape { name, source } => {
            let text = source.to_string();
            let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
            let said = [("missing field ", "缺少成员"), ("unknown field ", "不认识的成员")];
            let said = said.iter().find_map(|(english, chinese)| {
                let rest = text.strip_prefix(english)?;
                Some(format!("{chinese} {}", rest.split(',').next().unwrap_or(rest)))
            });
            format!("“{name}”{}", said.unwrap_or_else(|| format!("的内容不对：{text}")))
        }
    }
}

fn signature(document: Object<'_>, problems: &mut Problems) -> Option<Signature> {
    let value = document.get("signature")?;
    let path = document.path_of("signature");
    let object = Object::of(&path, value, problems)?;
    object.only(&["key", "sig"], problems);
    let mut part = |name: &'static str| {
        object.required(name, problems);
        object.text(name, problems)
    };
    let (key, sig) = (part("key"), part("sig"));
    Some(Signature { key: key?, sig: sig? })
}
