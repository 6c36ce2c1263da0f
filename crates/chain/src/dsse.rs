//! DSSE signatures of units over their submissions (`docs/format.md` §4).

use ed25519_dalek::{Signature, Signer as _, SigningKey};

use crate::json::{JsonError, Value};
use crate::note::{VerifierKey, decode_base64, encode_base64};

/// The DSSE payload type of a signed submission.
pub const SUBMISSION_TYPE: &str = "application/vnd.progress-ledger.submission+json";

/// DSSE's pre-authentication encoding: the bytes that are signed.
#[must_use]
pub fn pae(payload_type: &str, body: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), body.len()).into_bytes();
    out.extend_from_slice(body);
    out
}

/// Builds the canonical JSON that a unit signs: `{"events":[…],"submission":…,"unit":…}`.
///
/// Events are given one after another, in the order of the submission's lines; names and data are canonical already.
#[derive(Clone, Debug)]
pub struct SubmissionPayload {
    bytes: Vec<u8>,
    empty: bool,
}

impl Default for SubmissionPayload {
    fn default() -> Self {
        Self::new()
    }
}

impl SubmissionPayload {
    /// Starts a payload without events.
    #[must_use]
    pub fn new() -> Self {
        Self { bytes: b"{\"events\":[".to_vec(), empty: true }
    }

    /// Adds an event. `data` is the canonical form of its payload, without a member `signature`.
    pub fn push(&mut self, kind: &str, version: u32, data: &[u8]) {
        if !std::mem::replace(&mut self.empty, false) {
            self.bytes.push(b',');
        }
        self.bytes.extend_from_slice(b"{\"data\":");
        self.bytes.extend_from_slice(data);
        self.bytes.extend_from_slice(format!(",\"type\":\"{kind}\",\"version\":{version}}}").as_bytes());
    }

    /// Ends the payload with the submission's id and the unit's.
    #[must_use]
    pub fn finish(mut self, submission: uuid::Uuid, unit: &str) -> Vec<u8> {
        let end = format!("],\"submission\":\"{submission}\",\"unit\":\"{unit}\"}}");
        self.bytes.extend_from_slice(end.as_bytes());
        self.bytes
    }
}

/// Signs a submission's payload; gives the base64 that stands as `sig` in the first line's `signature`.
#[must_use]
pub fn sign_submission(key: &SigningKey, payload: &[u8]) -> String {
    encode_base64(&key.sign(&pae(SUBMISSION_TYPE, payload)).to_bytes())
}

/// Whether `sig` (base64) is the strict Ed25519 signature of `key` (a vkey of type 0x01) over a submission's payload.
#[must_use]
pub fn verify_submission(key: &str, sig: &str, payload: &[u8]) -> bool {
    let key = key.parse::<VerifierKey>().ok().filter(VerifierKey::is_ed25519);
    let signature = decode_base64(sig).and_then(|bytes| Signature::from_slice(&bytes).ok());
    match (key, signature) {
        (Some(key), Some(signature)) => key.verify_strict(&pae(SUBMISSION_TYPE, payload), &signature),
        _ => false,
    }
}

/// A `signature` object taken out of the first line's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detached {
    /// Key and base64 signature; absent where the object is malformed.
    pub signature: Option<(String, String)>,
    /// The canonical data that was signed: all members but `signature`.
    pub data: Vec<u8>,
}

/// Takes the member `signature` out of a line's data; `None` where the data has no such member.
///
/// # Errors
/// As [`crate::json::parse`].
pub fn detach(data: &[u8]) -> Result<Option<Detached>, JsonError> {
    let Value::Object(mut members) = crate::json::parse(data)? else { return Ok(None) };
    let Some(index) = members.iter().position(|(name, _)| name == "signature") else { return Ok(None) };
    let (_, object) = members.remove(index);
    let signature = match object {
        Value::Object(parts) => match parts.as_slice() {
            [(key_name, Value::String(key)), (sig_name, Value::String(sig))]
                if key_name == "key" && sig_name == "sig" =>
            {
                Some((key.clone(), sig.clone()))
            }
            _ => None,
        },
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::String(_) | Value::Array(_) => None,
    };
    Ok(Some(Detached { signature, data: Value::Object(members).to_canonical() }))
}
