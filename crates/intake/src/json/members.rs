//! Reading a document member by member: what is missing, unknown or of another type is said with its path.

use chain::json::Value;

use crate::problem::{IntakeProblem, IntakeProblemKind as Kind, Place};
use crate::table::{MAX_CELL_CHARS, trimmed};

/// An object of the document.
#[derive(Clone, Copy)]
pub(super) struct Object<'a> {
    /// The object's path; empty for the document.
    pub(super) path: &'a str,
    pub(super) members: &'a [(String, Value)],
}

/// What was found wrong while reading.
pub(super) type Problems = Vec<IntakeProblem>;

pub(super) fn problem(problems: &mut Problems, path: impl Into<String>, kind: Kind) {
    problems.push(IntakeProblem::new(Place::Json(path.into()), kind));
}

impl<'a> Object<'a> {
    /// Takes a value for an object.
    pub(super) fn of(path: &'a str, value: &'a Value, problems: &mut Problems) -> Option<Self> {
        match value {
            Value::Object(members) => Some(Self { path, members }),
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::String(_) | Value::Array(_) => {
                problem(problems, path, Kind::MemberType { expected: "对象 {…}" });
                None
            }
        }
    }

    pub(super) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Names every member that does not belong here.
    pub(super) fn only(&self, names: &[&str], problems: &mut Problems) {
        for (name, _) in self.members.iter().filter(|(name, _)| !names.contains(&name.as_str())) {
            let kind = Kind::MemberUnknown { name: name.clone(), choices: names.join("、") };
            problem(problems, self.path_of(name), kind);
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// A member that must be there; a blank string says no more than a missing one.
    pub(super) fn required(&self, name: &'static str, problems: &mut Problems) -> Option<&'a Value> {
        let blank = |value: &&Value| matches!(value, Value::String(text) if trimmed(text).is_empty());
        let found = self.get(name).filter(|value| !blank(value));
        if found.is_none() {
            problem(problems, self.path, Kind::MemberMissing { name });
        }
        found
    }

    /// A string without blanks around it; an empty one counts as absent.
    pub(super) fn text(&self, name: &str, problems: &mut Problems) -> Option<String> {
        text_of(self.get(name)?, &self.path_of(name), problems)
    }

    /// A string that a type reads; what it refuses gets `refused`'s answer.
    pub(super) fn parsed<T: std::str::FromStr>(
        &self,
        name: &str,
        problems: &mut Problems,
        refused: impl FnOnce(String) -> Kind,
    ) -> Option<(T, Place)> {
        let text = self.text(name, problems)?;
        let path = self.path_of(name);
        match text.parse() {
            Ok(value) => Some((value, Place::Json(path))),
            Err(_) => {
                problem(problems, path, refused(text));
                None
            }
        }
    }

    /// The elements of an array with their paths; none where the member is absent.
    pub(super) fn elements(&self, name: &str, problems: &mut Problems) -> Vec<(String, &'a Value)> {
        let path = self.path_of(name);
        match self.get(name) {
            None => Vec::new(),
            Some(Value::Array(values)) => {
                values.iter().enumerate().map(|(index, value)| (format!("{path}[{index}]"), value)).collect()
            }
            Some(Value::Null | Value::Bool(_) | Value::Integer(_) | Value::String(_) | Value::Object(_)) => {
                problem(problems, path, Kind::MemberType { expected: "数组 […]" });
                Vec::new()
            }
        }
    }

    /// A whole number from 0.
    pub(super) fn count(&self, name: &'static str, problems: &mut Problems) -> Option<u64> {
        let value = self.required(name, problems)?;
        let count = match value {
            Value::Integer(number) => u64::try_from(*number).ok(),
            Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
        };
        if count.is_none() {
            problem(problems, self.path_of(name), Kind::MemberType { expected: "不小于 0 的整数" });
        }
        count
    }
}

pub(super) fn text_of(value: &Value, path: &str, problems: &mut Problems) -> Option<String> {
    match value {
        Value::String(text) if text.chars().count() > MAX_CELL_CHARS => {
            problem(problems, path, Kind::CellTooLong { limit: MAX_CELL_CHARS });
            None
        }
        Value::String(text) => {
            let text = trimmed(text);
            (!text.is_empty()).then(|| text.to_owned())
        }
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Array(_) | Value::Object(_) => {
            problem(problems, path, Kind::MemberType { expected: "字符串" });
            None
        }
    }
}
