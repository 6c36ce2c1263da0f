//! The named hashes of the format: one Rust type per kind of object, so that none is taken for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// BLAKE3 context of an event hash (`docs/format.md` §2).
pub const EVENT_CONTEXT: &str = "progress-ledger 2026-11 event";
/// BLAKE3 context of a table root (`docs/format.md` §5).
pub const TABLE_CONTEXT: &str = "progress-ledger 2026-11 table";
/// BLAKE3 context of an event id (`docs/format.md` §4).
pub const ID_CONTEXT: &str = "progress-ledger 2026-11 id";

/// Text that is not 64 lower-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not 64 lower-case hex digits")]
pub struct NotAHash;

/// Writes 32 bytes as 64 lower-case hex digits.
#[must_use]
pub fn to_hex(bytes: &[u8; 32]) -> [u8; 64] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 64];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    text
}

/// Reads exactly 64 lower-case hex digits.
///
/// # Errors
/// [`NotAHash`] for any other text.
pub fn from_hex(text: &[u8]) -> Result<[u8; 32], NotAHash> {
    let text: &[u8; 64] = text.try_into().map_err(|_| NotAHash)?;
    decode_hex(text).ok_or(NotAHash)
}

/// No hex digit.
const NOT_HEX: u8 = 0x80;

/// The value of each lower-case hex digit.
const HEX: [u8; 256] = {
    let mut values = [NOT_HEX; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// Reads two lower-case hex digits for each byte; one look at the end tells whether all were digits.
pub(crate) fn decode_hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let mut seen = 0;
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let (high, low) = (HEX[usize::from(pair[0])], HEX[usize::from(pair[1])]);
        seen |= high | low;
        *byte = high << 4 | (low & 15);
    }
    (digits.len() == 2 * N && seen & NOT_HEX == 0).then_some(bytes)
}

macro_rules! hash_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// Thirty-two zero bytes: the hash before the first.
            pub const ZERO: Self = Self([0; 32]);

            /// The 64 lower-case hex digits.
            #[must_use]
            pub fn to_hex(&self) -> String {
                String::from_utf8_lossy(&to_hex(&self.0)).into_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(std::str::from_utf8(&to_hex(&self.0)).expect("hex digits are ASCII"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = NotAHash;

            fn from_str(text: &str) -> Result<Self, NotAHash> {
                from_hex(text.as_bytes()).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if !serializer.is_human_readable() {
                    return self.0.serialize(serializer);
                }
                let digits = to_hex(&self.0);
                serializer.serialize_str(std::str::from_utf8(&digits).expect("hex digits are ASCII"))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if !deserializer.is_human_readable() {
                    return <[u8; 32]>::deserialize(deserializer).map(Self);
                }
                crate::typed::from_str_value(deserializer)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "pattern": "^[0-9a-f]{64}$"})
            }
        }
    };
}

hash_type! {
    /// BLAKE3 of a line under [`EVENT_CONTEXT`].
    EventHash
}
hash_type! {
    /// A node or root of the RFC 6962 tree (SHA-256).
    TreeHash
}
hash_type! {
    /// BLAKE3 of a published table's bytes under [`TABLE_CONTEXT`].
    TableRoot
}
hash_type! {
    /// Plain BLAKE3 of a file, as `b3sum FILE` prints it: evidence, rulebooks, plan texts.
    ContentHash
}

/// Hashes one line (without its LF).
#[must_use]
pub fn event_hash(line: &[u8]) -> EventHash {
    EventHash(derive(EVENT_CONTEXT, line))
}

/// Hashes the JSON Lines bytes of a published table.
#[must_use]
pub fn table_root(bytes: &[u8]) -> TableRoot {
    TableRoot(derive(TABLE_CONTEXT, bytes))
}

/// Hashes a file's bytes without a context.
#[must_use]
pub fn content_hash(bytes: &[u8]) -> ContentHash {
    ContentHash(*blake3::hash(bytes).as_bytes())
}

/// The RFC 6962 leaf hash of one line.
#[must_use]
pub fn leaf_hash(line: &[u8]) -> TreeHash {
    TreeHash(Sha256::new().chain_update([0]).chain_update(line).finalize().into())
}

/// The RFC 6962 hash of an inner node.
#[must_use]
pub fn node_hash(left: &TreeHash, right: &TreeHash) -> TreeHash {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(&left.0);
    bytes[33..].copy_from_slice(&right.0);
    TreeHash(Sha256::digest(bytes).into())
}

/// The id of line `k` (0-based) of a submission: a UUID of version 8 (`docs/format.md` §4).
#[must_use]
pub fn event_id(submission: uuid::Uuid, k: u32) -> uuid::Uuid {
    let mut input = [0; 20];
    input[..16].copy_from_slice(submission.as_bytes());
    input[16..].copy_from_slice(&k.to_be_bytes());
    let digest = derive(ID_CONTEXT, &input);
    let half: [u8; 16] = digest[..16].try_into().expect("a digest has 32 bytes");
    uuid::Builder::from_custom_bytes(half).into_uuid()
}

/// BLAKE3 in `derive_key` mode; contexts of this format are hashed once and kept.
fn derive(context: &'static str, bytes: &[u8]) -> [u8; 32] {
    let mut hasher = keyed(context);
    hasher.update(bytes);
    *hasher.finalize().as_bytes()
}

fn keyed(context: &'static str) -> blake3::Hasher {
    use std::sync::OnceLock;
    static EVENT: OnceLock<blake3::Hasher> = OnceLock::new();
    static TABLE: OnceLock<blake3::Hasher> = OnceLock::new();
    static ID: OnceLock<blake3::Hasher> = OnceLock::new();
    let slot = match context {
        EVENT_CONTEXT => &EVENT,
        TABLE_CONTEXT => &TABLE,
        _ => &ID,
    };
    slot.get_or_init(|| blake3::Hasher::new_derive_key(context)).clone()
}
