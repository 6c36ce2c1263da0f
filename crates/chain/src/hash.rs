//! The named hashes of the format: one Rust type per kind of object, so that none is taken for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::block_api::compress256;
use sha2::{Digest, Sha256};

/// BLAKE3 context of an event hash (`docs/format.md` §2).
pub const EVENT_CONTEXT: &str = "progress-ledger 2026-11 event";
/// BLAKE3 context of a table root (`docs/format.md` §5).
pub const TABLE_CONTEXT: &str = "progress-ledger 2026-11 table";
/// BLAKE3 context of the phrase by which people compare tree heads (`docs/decisions/0019`).
pub const PHRASE_CONTEXT: &str = "progress-ledger 2026-11 head phrase";
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

const fn repeat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The high bit of each byte that is at least `low` and at most `high`; all of these are below 0x80.
const fn between(bytes: u64, low: u8, high: u8) -> u64 {
    // No byte carries into the next: its high bit is taken out first.
    let own = bytes & repeat(0x7f);
    let at_least = own.wrapping_add(repeat(0x80 - low));
    let above = own.wrapping_add(repeat(0x7f - high));
    at_least & !above & !bytes & repeat(0x80)
}

/// Reads eight lower-case hex digits at once, one in each byte of a big-endian number: their value, and whether all are digits.
const fn eight_digits(text: [u8; 8]) -> (u32, bool) {
    let bytes = u64::from_be_bytes(text);
    let letters = between(bytes, b'a', b'f');
    let proper = letters | between(bytes, b'0', b'9') == repeat(0x80);
    // The low half of a letter's byte counts from 1, for ten.
    let halves = (bytes & repeat(0x0f)).wrapping_add((letters >> 7).wrapping_mul(9));
    let pairs = (halves | halves >> 4) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    let low = (fours | fours >> 16) & 0xffff_ffff;
    (low as u32, proper)
}

/// Reads two lower-case hex digits for each byte, of which there are a multiple of four.
pub(crate) fn decode_hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let (eights, []) = digits.as_chunks::<8>() else { return None };
    let mut bytes = [0; N];
    let (fours, []) = bytes.as_chunks_mut::<4>() else { return None };
    if eights.len() != fours.len() {
        return None;
    }
    let mut all = true;
    for (four, eight) in fours.iter_mut().zip(eights) {
        let (value, proper) = eight_digits(*eight);
        *four = value.to_be_bytes();
        all &= proper;
    }
    all.then_some(bytes)
}

/// SHA-256's first state (FIPS 180-4, 5.3.3).
const SHA256_START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

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

/// Hashes a tree head's text into the bits of the phrase by which people compare heads.
#[must_use]
pub fn head_phrase(text: &str) -> [u8; 32] {
    derive(PHRASE_CONTEXT, text.as_bytes())
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
    // Always 65 bytes, so always these two blocks: padded here, they need no buffer.
    let mut blocks = [[0; 64]; 2];
    blocks[0][0] = 1;
    blocks[0][1..33].copy_from_slice(&left.0);
    blocks[0][33..].copy_from_slice(&right.0[..31]);
    blocks[1][..2].copy_from_slice(&[right.0[31], 0x80]);
    blocks[1][56..].copy_from_slice(&(65_u64 * 8).to_be_bytes());
    let mut words = SHA256_START;
    compress256(&mut words, &blocks);
    let mut hash = [0; 32];
    for (bytes, word) in hash.as_chunks_mut::<4>().0.iter_mut().zip(words) {
        *bytes = word.to_be_bytes();
    }
    TreeHash(hash)
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

/// The key that the context of event hashes gives.
pub(crate) fn event_context_key() -> &'static [u8; 32] {
    static KEY: std::sync::OnceLock<blake3::hazmat::ContextKey> = std::sync::OnceLock::new();
    KEY.get_or_init(|| blake3::hazmat::hash_derive_key_context(EVENT_CONTEXT))
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
    static PHRASE: OnceLock<blake3::Hasher> = OnceLock::new();
    // Each context has a place of its own: one that took another's would give hashes of the other.
    let slot = match context {
        EVENT_CONTEXT => &EVENT,
        TABLE_CONTEXT => &TABLE,
        ID_CONTEXT => &ID,
        PHRASE_CONTEXT => &PHRASE,
        other => panic!("“{other}” is no context of this format"),
    };
    slot.get_or_init(|| blake3::Hasher::new_derive_key(context)).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_padded_by_hand_hash_as_sha256_does() {
        for seed in 0..=u8::MAX {
            let [left, right] = [seed, !seed].map(|byte| leaf_hash(&[byte]));
            let plain = Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize();
            assert_eq!(node_hash(&left, &right).0, plain[..]);
        }
    }

    #[test]
    fn no_context_takes_the_place_of_another_whichever_comes_first() {
        let contexts = [PHRASE_CONTEXT, ID_CONTEXT, TABLE_CONTEXT, EVENT_CONTEXT];
        for context in contexts.into_iter().chain(contexts) {
            assert_eq!(derive(context, b"bytes"), blake3::derive_key(context, b"bytes"), "{context}");
        }
    }

    #[test]
    fn every_byte_at_every_place_is_a_digit_or_refused() {
        let digits = *b"0123456789abcdeffedcba9876543210";
        for place in 0..32 {
            for byte in 0..=u8::MAX {
                let mut text = digits;
                text[place] = byte;
                let plain =
                    std::str::from_utf8(&text).ok().filter(|_| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                let expected = plain.and_then(|text| u128::from_str_radix(text, 16).ok());
                assert_eq!(decode_hex::<16>(&text).map(u128::from_be_bytes), expected, "{byte} at {place}");
            }
        }
        assert_eq!(decode_hex::<16>(&digits[..24]), None);
        assert_eq!(decode_hex::<16>(&digits[..31]), None);
    }
}
