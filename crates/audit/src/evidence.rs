//! A unit's signed statement that the ledger refused, kept as a file and held against the ledger later.
//!
//! A refused submission leaves no line. What its unit signed stays in a DSSE envelope, and whoever has that and the ledger
//! can see without asking anybody whether the two contradict each other. Which of them is right it does not show: that the
//! unit's receipts do.

use std::path::Path;

use chain::EventHash;
use chain::dsse::{SUBMISSION_TYPE, verify_submission};
use chain::note::{VerifierKey, decode_base64, encode_base64};
use chain::verify::Flaw;
use domain::ledger::Prepared;
use events::{CompletenessStated, Event, UnitId};
use projections::ReadModel;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{AuditError, Finding, Options};

/// A DSSE envelope with one signature.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EnvelopeSignature {
    /// The verifier key.
    keyid: String,
    sig: String,
}

/// What a unit signs, as far as it is read here (`docs/format.md` §4).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    events: Vec<PayloadEvent>,
    submission: uuid::Uuid,
    unit: UnitId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayloadEvent {
    data: Value,
    r#type: String,
    version: u32,
}

/// What a file says, once its signature holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stated {
    /// The unit.
    pub unit: UnitId,
    /// The key that signed, a C2SP verifier key.
    pub key: String,
    /// What it states.
    pub stated: CompletenessStated,
}

/// What came of holding a file against a ledger. Serialized, it is what `--json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EvidenceReport {
    /// What the file says; none where it is no evidence.
    pub said: Option<Stated>,
    /// Nothing: the statement is true of this ledger.
    pub finding: Option<Finding>,
}

/// The envelope of a signed submission as a file's bytes; none where it bears no signature.
#[must_use]
pub fn envelope(submission: &Prepared) -> Option<Vec<u8>> {
    let signature = submission.submission().signature.as_ref()?;
    let signatures = vec![EnvelopeSignature { keyid: signature.key.clone(), sig: signature.sig.clone() }];
    let payload = encode_base64(&submission.payload());
    let envelope = Envelope { payload, payload_type: SUBMISSION_TYPE.to_owned(), signatures };
    let mut bytes = serde_json::to_vec(&envelope).expect("an envelope is plain data");
    bytes.push(b'\n');
    Some(bytes)
}

/// Holds a file's bytes against a ledger that was rebuilt into `model`.
///
/// # Errors
/// [`AuditError`] when the ledger cannot be read.
pub fn check(ledger: &Path, model: &ReadModel, bytes: &[u8]) -> Result<EvidenceReport, AuditError> {
    let said = match open(bytes) {
        Ok(said) => said,
        Err(reason) => {
            let flaw = Flaw::whole("evidence-format").values("单位签名的无遗漏声明", reason);
            return Ok(EvidenceReport { said: None, finding: Some(Finding::of(flaw)) });
        }
    };
    let flaw = compare(ledger, model, &said)?;
    Ok(EvidenceReport { said: Some(said), finding: flaw.map(Finding::of) })
}

/// Reads an envelope whose signature holds.
fn open(bytes: &[u8]) -> Result<Stated, String> {
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(|_| "不是 DSSE 信封")?;
    if envelope.payload_type != SUBMISSION_TYPE {
        return Err(format!("内容类型 {}", envelope.payload_type));
    }
    let [signature] = &envelope.signatures[..] else { return Err("不是恰好一个签名".to_owned()) };
    let payload = decode_base64(&envelope.payload).ok_or("内容不是 base64")?;
    if !verify_submission(&signature.keyid, &signature.sig, &payload) {
        return Err("签名无效".to_owned());
    }
    chain::json::check_canonical(&payload).map_err(|error| format!("内容不是规范写法：{error}"))?;
    let content: Payload = serde_json::from_slice(&payload).map_err(|_| "内容不是一次报送")?;
    let key: VerifierKey = signature.keyid.parse().map_err(|_| "密钥无法读取")?;
    if key.name() != content.unit.as_str() {
        return Err(format!("密钥 {} 不是单位 {} 的", key.name(), content.unit));
    }
    let [event] = &content.events[..] else { return Err("不是恰好一项内容".to_owned()) };
    let decoded = Event::decode(&event.r#type, event.version, event.data.to_string().as_bytes());
    let Ok(Event::CompletenessStated(stated)) = decoded else {
        return Err(format!("报送 {} 的内容是 {}", content.submission, event.r#type));
    };
    Ok(Stated { unit: content.unit, key: signature.keyid.clone(), stated })
}

fn compare(ledger: &Path, model: &ReadModel, said: &Stated) -> Result<Option<Flaw>, AuditError> {
    let registry = model.ledger().book().registry();
    if !registry.keys(&said.unit).iter().any(|own| own.key == said.key) {
        let flaw = Flaw::whole("evidence-key").values(format!("为 {} 登记过的密钥", said.unit), &said.key);
        return Ok(Some(flaw));
    }
    let CompletenessStated { lines, head, .. } = said.stated;
    let found = if lines == 0 { Some(EventHash::ZERO) } else { line_of(ledger, &said.unit, lines - 1)? };
    if found == Some(head) {
        return Ok(None);
    }
    let signed = format!("{} 的第 {lines} 行是 {head}（单位签名）", said.unit);
    let found = found.map_or_else(
        || {
            let own = model.ledger().head().units.get(&said.unit).map_or(0, |own| own.lines);
            format!("账上只有 {own} 行")
        },
        |hash| format!("账上是 {hash}"),
    );
    Ok(Some(Flaw::whole("evidence-contradicts").values(signed, found)))
}

/// The hash of a unit's line by its own count from 0.
fn line_of(ledger: &Path, unit: &UnitId, number: u64) -> Result<Option<EventHash>, AuditError> {
    let mut found = None;
    crate::replay(ledger, &Options::default(), |line, hash| {
        if line.unit == unit.as_str() && line.unit_seq == number {
            found = Some(hash);
        }
    })?;
    Ok(found)
}
