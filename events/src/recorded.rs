//! An event with its place in the ledger.

use chain::line::Line;
use chain::{EventHash, Instant};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{AccountId, DecodeError, Event, UnitId};

/// The signature a unit put on a submission; it stands in the first line's data (`docs/format.md` §4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The C2SP verifier key, named after the unit.
    pub key: String,
    /// 64 bytes in base64.
    pub sig: String,
}

/// One line, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// 0-based place in the ledger.
    pub position: u64,
    /// The line's event hash.
    pub hash: EventHash,
    /// When it was appended.
    pub at: Instant,
    /// Who recorded it.
    pub by: AccountId,
    /// The unit in whose name.
    pub unit: UnitId,
    /// 0-based count of that unit's lines.
    pub unit_seq: u64,
    /// The submission it came in.
    pub submission: Uuid,
    /// How many lines that submission has.
    pub submission_size: u32,
    /// The unit's signature; only ever on a submission's first line.
    pub signature: Option<Signature>,
    /// What happened.
    pub event: Event,
}

impl Recorded {
    /// Decodes a line whose hash the caller has computed.
    ///
    /// # Errors
    /// [`DecodeError`] when the data is not a payload of the line's type and version.
    pub fn decode(line: &Line<'_>, hash: EventHash) -> Result<Self, DecodeError> {
        let (signature, event) = match signed_parts(line.data) {
            Some((signature, data)) => (Some(signature), Event::decode(line.kind, line.version, &data)?),
            None => (None, Event::decode(line.kind, line.version, line.data)?),
        };
        Ok(Self {
            position: line.position,
            hash,
            at: line.at,
            by: line.by.parse().expect("a line's account has the grammar of ids"),
            unit: line.unit.parse().expect("a line's unit has the grammar of ids"),
            unit_seq: line.unit_seq,
            submission: line.submission,
            submission_size: line.submission_size,
            signature,
            event,
        })
    }
}

/// Splits signed data into the signature and the data that was signed; nothing for unsigned data.
fn signed_parts(data: &[u8]) -> Option<(Signature, Vec<u8>)> {
    use std::sync::LazyLock;
    static MEMBER: LazyLock<memchr::memmem::Finder<'static>> =
        LazyLock::new(|| memchr::memmem::Finder::new(b"\"signature\":{"));
    // Most lines are unsigned: look for the bytes before paying for a parse.
    MEMBER.find(data)?;
    let mut members: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(data).ok()?;
    let signature = serde_json::from_value(members.remove("signature")?).ok()?;
    let rest = chain::json::to_canonical(&members).ok()?;
    Some((signature, rest))
}
