//! Ids: short readable names of things, never their titles.
//!
//! All follow the grammar of `by` and `unit` (`docs/format.md` §2): `[a-z0-9][a-z0-9._-]{0,63}`.

use std::fmt;
use std::str::FromStr;

use chain::typed::{NotTyped, from_str_value, is_account};
use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! id_type {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(CompactString);

        impl $name {
            /// The id's text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotTyped;

            fn from_str(text: &str) -> Result<Self, NotTyped> {
                if !is_account(text) {
                    return Err(NotTyped("an id [a-z0-9][a-z0-9._-]{0,63}"));
                }
                Ok(Self(text.into()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                from_str_value(deserializer)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,63}$"})
            }
        }
    )*};
}

id_type! {
    /// A person's or program's account; never a personal name.
    AccountId;
    /// A unit that reports, verifies, approves or audits: a bureau, a district government, an office.
    UnitId;
    /// A plan: one city's programme for some years, with its indicators and targets.
    PlanId;
    /// An area that is assessed: the city, a district, a functional zone.
    AreaId;
    /// A row of a plan's indicator table.
    IndicatorId;
    /// A weight block: the rows that share one printed weight.
    BlockId;
    /// A reporting period such as `2022-04` (a month) or `2022-w17` (a week).
    PeriodId;
    /// A scoring rulebook.
    RulebookId;
}
