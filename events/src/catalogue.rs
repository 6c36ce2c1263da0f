//! The only list of what can be recorded: type, stored name, current schema version.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::*;

/// Stored data that is not a payload of the named type and version.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// No event type has this name.
    #[error("unknown event type {0}")]
    UnknownType(String),
    /// The type exists, but not in this version.
    #[error("{name} has no version {version}")]
    UnknownVersion {
        /// The type's stored name.
        name: &'static str,
        /// The version asked for.
        version: u32,
    },
    /// The data does not have the payload's shape.
    #[error("data of {name}: {source}")]
    Shape {
        /// The type's stored name.
        name: &'static str,
        /// What is wrong, with line and column in the data.
        source: serde_json::Error,
    },
}

macro_rules! catalogue {
    ($($name:ident => $stored:literal, $version:literal;)*) => {
        /// One recorded fact.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(clippy::large_enum_variant, reason = "the common payload, a figure, is among the largest")]
        pub enum Event {
            $(#[doc = concat!("`", $stored, "`")] $name($name),)*
        }

        /// An event's type without its payload.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum EventKind {
            $(#[doc = concat!("`", $stored, "`")] $name,)*
        }

        impl EventKind {
            /// Every type, in the catalogue's order.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stored name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $stored,)* }
            }

            /// The version new lines are written in.
            #[must_use]
            pub const fn version(self) -> u32 {
                match self { $(Self::$name => $version,)* }
            }

            /// The type of a stored name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($stored => Some(Self::$name),)* _ => None }
            }

            /// The JSON Schema of the current payload.
            #[must_use]
            pub fn schema(self) -> schemars::Schema {
                match self { $(Self::$name => schema_of::<$name>($stored),)* }
            }

            /// Decodes a payload of the current version; an older one is refused here.
            fn decode(self, data: &[u8]) -> serde_json::Result<Event> {
                match self { $(Self::$name => read(data).map(Event::$name),)* }
            }
        }

        impl Event {
            /// The event's type.
            #[must_use]
            pub const fn kind(&self) -> EventKind {
                match self { $(Self::$name(_) => EventKind::$name,)* }
            }

            /// The payload as canonical JSON.
            ///
            /// # Errors
            /// Text that the format refuses: not NFC, control characters of no meaning, U+0000.
            pub fn encode(&self) -> Result<Vec<u8>, chain::json::JsonError> {
                match self { $(Self::$name(payload) => chain::json::to_canonical(payload),)* }
            }
        }

        $(impl From<$name> for Event {
            fn from(payload: $name) -> Self {
                Self::$name(payload)
            }
        })*
    };
}

catalogue! {
    LedgerOpened => "ledger-opened", 1;
    LogKeyChanged => "log-key-changed", 1;
    LedgerRestored => "ledger-restored", 1;
    UnitRegistered => "unit-registered", 1;
    AreaRegistered => "area-registered", 1;
    ResponsibilityAssigned => "responsibility-assigned", 1;
    ResponsibilityEnded => "responsibility-ended", 1;
    PlanAdopted => "plan-adopted", 1;
    IndicatorDefined => "indicator-defined", 1;
    WeightBlockDefined => "weight-block-defined", 1;
    TargetSet => "target-set", 1;
    TargetRevised => "target-revised", 1;
    RulebookAdopted => "rulebook-adopted", 1;
    PeriodOpened => "period-opened", 1;
    PeriodExtended => "period-extended", 1;
    PeriodClosed => "period-closed", 1;
    WorkdayCalendarPublished => "workday-calendar-published", 1;
    SubmissionFiled => "submission-filed", 1;
    FigureReported => "figure-reported", 1;
    FigureCorrected => "figure-corrected", 1;
    FigureReturned => "figure-returned", 1;
    FigureVerified => "figure-verified", 1;
    FigureApproved => "figure-approved", 1;
    FigureWithdrawn => "figure-withdrawn", 1;
    NarrativeReported => "narrative-reported", 1;
    EvidenceAttached => "evidence-attached", 1;
    BonusGranted => "bonus-granted", 1;
    DeductionImposed => "deduction-imposed", 1;
    VetoImposed => "veto-imposed", 1;
    AwardRevoked => "award-revoked", 1;
    KeyEnrolled => "key-enrolled", 1;
    KeyRevoked => "key-revoked", 1;
    TableAttested => "table-attested", 1;
    CompletenessStated => "completeness-stated", 1;
    CommitteeAppointed => "committee-appointed", 1;
    CommitteeKeyRevoked => "committee-key-revoked", 1;
    SnapshotProposed => "snapshot-proposed", 1;
    SnapshotWithdrawn => "snapshot-withdrawn", 1;
    SnapshotApproved => "snapshot-approved", 1;
    SnapshotFrozen => "snapshot-frozen", 1;
    SnapshotRestated => "snapshot-restated", 1;
    SnapshotPublished => "snapshot-published", 1;
    SnapshotReopened => "snapshot-reopened", 1;
    ObjectionFiled => "objection-filed", 1;
    ObjectionDecided => "objection-decided", 1;
}

impl Event {
    /// Decodes stored data of a type and version.
    ///
    /// # Errors
    /// [`DecodeError`] for an unknown type or version, or data of another shape.
    pub fn decode(name: &str, version: u32, data: &[u8]) -> Result<Self, DecodeError> {
        let kind = EventKind::from_name(name).ok_or_else(|| DecodeError::UnknownType(name.to_owned()))?;
        if version != kind.version() {
            return Err(DecodeError::UnknownVersion { name: kind.name(), version });
        }
        kind.decode(data).map_err(|source| DecodeError::Shape { name: kind.name(), source })
    }
}

/// Reads a payload. Text that is checked once as a whole need not be checked again string by string.
fn read<T: serde::de::DeserializeOwned>(data: &[u8]) -> serde_json::Result<T> {
    match std::str::from_utf8(data) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(data),
    }
}

fn schema_of<T: JsonSchema>(stored: &str) -> schemars::Schema {
    let mut schema = schemars::SchemaGenerator::default().into_root_schema_for::<T>();
    schema.insert("title".into(), stored.into());
    schema
}

impl Serialize for EventKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for EventKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::from_name(&name)
            .ok_or_else(|| serde::de::Error::custom(DecodeError::UnknownType(name.into_owned())))
    }
}
