//! The friendly form: the members of a figure are the columns of the form.

use std::collections::BTreeMap;

use chain::ContentHash;
use chain::json::Value;
use events::{EvidenceAttached, UnitId};

use super::members::{Object, Problems, problem, text_of};
use crate::entries::{Column, Entries, Entry, refusal};
use crate::figures::text_refused;
use crate::identity::Claims;
use crate::narrative::{Part, Told};
use crate::problem::{IntakeProblemKind as Kind, Place};
use crate::table::{Content, MAX_ROWS};

/// A friendly document, taken apart.
pub(crate) struct Filing {
    pub(crate) claims: Claims,
    pub(crate) entries: Entries,
    pub(crate) told: Told,
    pub(crate) evidence: Vec<(EvidenceAttached, Place)>,
}

pub(super) fn read(document: Object<'_>, problems: &mut Problems) -> Filing {
    document.only(&["unit", "period", "plan", "figures", "narrative", "evidence", "submission"], problems);
    let id = |what: &'static str| move |text: String| Kind::BadId { text, what };
    let claims = Claims {
        origin: None,
        plan: document.parsed("plan", problems, id("方案代码")),
        unit: document.parsed::<UnitId>("unit", problems, id("单位代码")),
        period: document.parsed("period", problems, id("报送期")),
        by: None,
        submission: submission(document, problems),
    };
    Filing {
        claims,
        entries: entries(document, problems),
        told: told(document, problems),
        evidence: evidence(document, problems),
    }
}

/// The submission's id, in the one spelling the ledger has.
pub(super) fn submission(document: Object<'_>, problems: &mut Problems) -> Option<(uuid::Uuid, Place)> {
    let text = document.text("submission", problems)?;
    let id = if chain::typed::is_uuid(&text) { text.parse().ok() } else { None };
    let path = document.path_of("submission");
    if id.is_none() {
        problem(problems, path.clone(), Kind::BadUuid { text });
    }
    id.map(|id| (id, Place::Json(path)))
}

fn entries(document: Object<'_>, problems: &mut Problems) -> Entries {
    let figures = document.elements("figures", problems);
    let mut entries = Entries::default();
    if figures.len() > MAX_ROWS {
        problem(problems, "figures", Kind::TooManyRows { limit: MAX_ROWS });
        return entries;
    }
    for (path, value) in figures {
        let Some(object) = Object::of(&path, value, problems) else { continue };
        let names: Vec<&str> = Column::ALL.iter().map(|column| column.english()).collect();
        object.only(&names, problems);
        let mut cells = BTreeMap::new();
        for column in Column::ALL.iter().filter(|column| !column.is_for_people()) {
            if let Some(content) = content(object, *column, problems) {
                cells.insert(*column, content);
            }
        }
        if cells.keys().any(|column| column.is_input()) {
            entries.filled.push(Entry::of_json(path, cells));
        } else {
            entries.blank += 1;
        }
    }
    entries
}

fn content(object: Object<'_>, column: Column, problems: &mut Problems) -> Option<Content> {
    let value = object.get(column.english())?;
    let path = object.path_of(column.english());
    let text = match (column, value) {
        (Column::Value, Value::Integer(number)) => {
            problem(problems, path, Kind::NumberNotText { text: number.to_string() });
            return None;
        }
        (Column::Material, Value::Bool(material)) => material.to_string(),
        (Column::Evidence, Value::Array(_)) => hashes(object, problems)?,
        (_, value) => text_of(value, &path, problems)?,
    };
    let content = Content::Text(text);
    if let Some(kind) = refusal(&content, column) {
        problem(problems, path, kind);
    }
    Some(content)
}

/// The hashes, as the form's text lists them.
fn hashes(object: Object<'_>, problems: &mut Problems) -> Option<String> {
    let elements = object.elements(Column::Evidence.english(), problems);
    let texts: Option<Vec<String>> =
        elements.iter().map(|(path, value)| text_of(value, path, problems)).collect();
    texts.filter(|texts| !texts.is_empty()).map(|texts| texts.join(" "))
}

fn told(document: Object<'_>, problems: &mut Problems) -> Told {
    let mut told = Told::new();
    let Some(value) = document.get("narrative") else { return told };
    let path = document.path_of("narrative");
    let Some(object) = Object::of(&path, value, problems) else { return told };
    let names: Vec<&str> = Part::ALL.iter().map(|part| part.english()).collect();
    object.only(&names, problems);
    for part in Part::ALL.iter().copied() {
        let text =
            if part == Part::Tasks { tasks(object, problems) } else { object.text(part.english(), problems) };
        if let Some(text) = text {
            told.insert(part, (Content::Text(text), Place::Json(object.path_of(part.english()))));
        }
    }
    told
}

/// The task numbers, as the form's text lists them.
fn tasks(object: Object<'_>, problems: &mut Problems) -> Option<String> {
    let mut listed = Vec::new();
    for (path, value) in object.elements(Part::Tasks.english(), problems) {
        match value {
            Value::Integer(number) => listed.push(number.to_string()),
            Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                problem(problems, path, Kind::MemberType { expected: "任务编号（整数）" });
            }
        }
    }
    (!listed.is_empty()).then(|| listed.join(","))
}

fn evidence(document: Object<'_>, problems: &mut Problems) -> Vec<(EvidenceAttached, Place)> {
    let mut attached = Vec::new();
    for (path, value) in document.elements("evidence", problems) {
        let Some(object) = Object::of(&path, value, problems) else { continue };
        object.only(&["blake3", "bytes", "figure", "media_type", "title"], problems);
        if let Some(one) = one_evidence(object, problems) {
            attached.push((one, Place::Json(path)));
        }
    }
    attached
}

fn one_evidence(object: Object<'_>, problems: &mut Problems) -> Option<EvidenceAttached> {
    let before = problems.len();
    let hash = |text| Kind::BadHash { text };
    let mut required = |name: &'static str| {
        object.required(name, problems);
        let text = object.text(name, problems);
        let refused = text.as_deref().and_then(text_refused);
        if let Some(kind) = refused {
            problem(problems, object.path_of(name), kind);
        }
        text
    };
    let (media_type, title) = (required("media_type"), required("title"));
    object.required("blake3", problems);
    let blake3 = object.parsed::<ContentHash>("blake3", problems, hash);
    let figure = object.parsed("figure", problems, hash).map(|(figure, _)| figure);
    let bytes = object.count("bytes", problems);
    let (blake3, bytes, media_type, title) = (blake3?.0, bytes?, media_type?, title?);
    (problems.len() == before).then_some(EvidenceAttached { blake3, bytes, figure, media_type, title })
}
