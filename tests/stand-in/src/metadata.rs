//! What a stream's metadata means: truncation, caching, permissions.

use feed::json::Json;

use crate::auth::User;
use crate::lenient;

/// `$tb` of a soft-deleted stream.
pub(crate) const DELETED: i64 = i64::MAX;

/// Returns the stream that holds a stream's metadata.
pub(crate) fn stream_of(stream: &str) -> String {
    format!("$${stream}")
}

/// The reserved members; a value of another form is ignored.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metadata {
    value: Option<Json>,
}

/// What somebody wants to do with a stream.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Read,
    Write,
    Delete,
    ReadMetadata,
    WriteMetadata,
}

impl Act {
    fn member(self) -> &'static str {
        match self {
            Self::Read => "$r",
            Self::Write => "$w",
            Self::Delete => "$d",
            Self::ReadMetadata => "$mr",
            Self::WriteMetadata => "$mw",
        }
    }
}

impl Metadata {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        Self { value: std::str::from_utf8(bytes).ok().and_then(lenient::parse) }
    }

    fn integer(&self, name: &str) -> Option<i64> {
        self.value.as_ref()?.member(name)?.as_integer().filter(|number| *number >= 0)
    }

    pub(crate) fn is_soft_deleted(&self) -> bool {
        self.integer("$tb") == Some(DELETED)
    }

    /// Returns the lowest number that is shown of a stream whose newest event is `last`.
    pub(crate) fn first_shown(&self, last: i64) -> i64 {
        let counted = self.integer("$maxCount").filter(|count| *count > 0).map(|count| last - count + 1);
        self.integer("$tb").unwrap_or(0).max(counted.unwrap_or(0))
    }

    /// Returns for how many seconds a page that can change may be kept.
    pub(crate) fn cache_s(&self) -> Option<i64> {
        self.integer("$cacheControl").filter(|seconds| *seconds > 0)
    }

    /// Returns the metadata with another `$tb`.
    pub(crate) fn truncated_before(&self, number: i64) -> Vec<u8> {
        let mut members = match &self.value {
            Some(Json::Object(members)) => members.clone(),
            Some(_) | None => Vec::new(),
        };
        members.retain(|(name, _)| name != "$tb");
        members.push(("$tb".to_owned(), Json::integer(number)));
        Json::Object(members).indented().into_bytes()
    }

    /// Tells whether `user` may do that; without a list, streams of the system are for administrators.
    pub(crate) fn allows(&self, user: &User, act: Act, is_system: bool) -> bool {
        let list = self.value.as_ref().and_then(|value| value.member("$acl")?.member(act.member()));
        let listed = match list {
            Some(Json::Text(name)) => vec![name.as_str()],
            Some(Json::List(names)) => names.iter().filter_map(Json::as_text).collect(),
            Some(_) | None => vec![if is_system { "$admins" } else { "$all" }],
        };
        user.is_admin() || listed.iter().any(|name| user.is(name))
    }
}
