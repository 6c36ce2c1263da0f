//! How payloads stand in a saved state: as their JSON text.
//!
//! Payloads leave empty members out and name their variants, which only a self-describing format can read back. A
//! saved state is written in a dense one, so the payloads in it bring their own. Used as `#[serde(with = "…")]`.

use serde::de::{DeserializeOwned, Error as _};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

pub(crate) fn serialize<T: serde::Serialize, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let text = serde_json::to_string(value).map_err(S::Error::custom)?;
    serializer.serialize_str(&text)
}

pub(crate) fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
    serde_json::from_str(&text).map_err(D::Error::custom)
}
