//! Signed notes, tree heads and their keys (C2SP signed-note, tlog-checkpoint, tlog-cosignature; `docs/format.md` §3).
//!
//! Ed25519 is checked strictly everywhere: canonical S, no key and no R of small order.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::hash::TreeHash;

/// Decodes canonical base64: padded, no stray bits, no line breaks.
#[must_use]
pub fn decode_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Encodes canonical base64.
#[must_use]
pub fn encode_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// What a key signs, as its type byte says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// 0x01: Ed25519 over the note's text. Logs and units sign so.
    Ed25519,
    /// 0x04: Ed25519 over a timed cosignature of a checkpoint. Witnesses and committees sign so.
    Cosignature,
    /// Any other type: read, named, never verified.
    Other(u8),
}

impl KeyType {
    const fn of(byte: u8) -> Self {
        match byte {
            1 => Self::Ed25519,
            4 => Self::Cosignature,
            other => Self::Other(other),
        }
    }

    /// The type byte.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
            Self::Cosignature => 4,
            Self::Other(byte) => byte,
        }
    }
}

/// Text that is no verifier key `<name>+<8 hex digits>+<base64>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a C2SP verifier key")]
pub struct NotAKey;

/// A C2SP verifier key (“vkey”): a name, a type and a public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: KeyType,
    key: Vec<u8>,
    id: [u8; 4],
}

impl VerifierKey {
    /// Makes the key that belongs to a signing key.
    ///
    /// # Errors
    /// [`NotAKey`] when the name is empty or holds a `+` or a space.
    pub fn of(name: &str, kind: KeyType, key: &SigningKey) -> Result<Self, NotAKey> {
        if !is_key_name(name) {
            return Err(NotAKey);
        }
        let key = key.verifying_key().to_bytes().to_vec();
        Ok(Self { name: name.to_owned(), kind, id: key_id(name, kind, &key), key })
    }

    /// The name: a log's origin, a witness, a unit.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type byte's meaning.
    #[must_use]
    pub const fn kind(&self) -> KeyType {
        self.kind
    }

    /// The first four bytes of SHA-256 over name, LF, type and key.
    #[must_use]
    pub const fn id(&self) -> [u8; 4] {
        self.id
    }

    /// The public key's bytes; 32 for the types this ledger uses.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.key
    }

    /// Whether the key is of type 0x01, as logs' and units' are.
    #[must_use]
    pub fn is_ed25519(&self) -> bool {
        self.kind == KeyType::Ed25519
    }

    /// Whether `signature` is this key's over exactly `message`, checked strictly.
    #[must_use]
    pub fn verify_strict(&self, message: &[u8], signature: &Signature) -> bool {
        let bytes: Result<[u8; 32], _> = self.key.as_slice().try_into();
        let key = bytes.ok().and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        key.is_some_and(|key| key.verify_strict(message, signature).is_ok())
    }
}

impl FromStr for VerifierKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NotAKey);
        };
        let bytes = decode_base64(key).ok_or(NotAKey)?;
        let (kind, key) = bytes.split_first().ok_or(NotAKey)?;
        let kind = KeyType::of(*kind);
        let length_fits = match kind {
            KeyType::Ed25519 | KeyType::Cosignature => key.len() == 32,
            KeyType::Other(_) => !key.is_empty(),
        };
        let own = key_id(name, kind, key);
        if !is_key_name(name) || !length_fits || hex4(own) != id {
            return Err(NotAKey);
        }
        Ok(Self { name: name.to_owned(), kind, key: key.to_vec(), id: own })
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.kind.byte()], self.key.as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, hex4(self.id), encode_base64(&bytes))
    }
}

fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c == '+' || c.is_control())
}

fn key_id(name: &str, kind: KeyType, key: &[u8]) -> [u8; 4] {
    let digest =
        Sha256::new().chain_update(name).chain_update([b'\n', kind.byte()]).chain_update(key).finalize();
    digest[..4].try_into().expect("a digest has 32 bytes")
}

fn hex4(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}

/// Why a note or tree head is refused; of several reasons the first in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.code())]
pub enum NoteError {
    /// No signed note: text, blank line, signature lines.
    NoteFormat,
    /// A note, but no checkpoint: origin, size, root.
    CheckpointFormat,
    /// Another origin than the log key's name.
    Origin,
    /// A known key's signature does not verify.
    Signature,
    /// The log key did not sign.
    NoLogSignature,
    /// Too few of the policy's witnesses signed.
    Quorum,
}

impl NoteError {
    /// The stable code, kebab-case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoteFormat => "note-format",
            Self::CheckpointFormat => "checkpoint-format",
            Self::Origin => "origin",
            Self::Signature => "signature",
            Self::NoLogSignature => "no-log-signature",
            Self::Quorum => "quorum",
        }
    }
}

/// One signature line of a note: whose it says it is, and the bytes behind the key id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// The key's name.
    pub name: String,
    /// The key's id.
    pub id: [u8; 4],
    /// What the key made of the text.
    pub bytes: Vec<u8>,
}

/// A signed note: text ended by LF, and at least one signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The signed text, its last LF included.
    pub text: String,
    /// The signatures in the order of their lines.
    pub signatures: Vec<NoteSignature>,
}

/// The most signature lines that are read: more would let a stranger make a reader work.
pub const MAX_SIGNATURES: usize = 100;

impl Note {
    /// Reads a signed note without checking a signature.
    ///
    /// # Errors
    /// [`NoteError::NoteFormat`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        read_note(bytes).ok_or(NoteError::NoteFormat)
    }

    /// Whether `key` signed: `None` where no line bears its name and id.
    ///
    /// # Errors
    /// [`NoteError::Signature`] when a line bears the key's name and id and does not verify.
    pub fn signed_by(&self, key: &VerifierKey) -> Result<bool, NoteError> {
        let mut found = false;
        for line in self.signatures.iter().filter(|line| line.name == key.name && line.id == key.id) {
            if !verify_line(key, &self.text, &line.bytes) {
                return Err(NoteError::Signature);
            }
            found = true;
        }
        Ok(found)
    }
}

fn read_note(bytes: &[u8]) -> Option<Note> {
    let text = std::str::from_utf8(bytes).ok()?;
    if text.bytes().any(|byte| (byte < 0x20 && byte != b'\n') || byte == 0x7f) {
        return None;
    }
    let split = text.rfind("\n\n")?;
    let signatures: Option<Vec<_>> =
        text[split + 2..].strip_suffix('\n')?.split('\n').map(read_signature).collect();
    let signatures = signatures.filter(|lines| !lines.is_empty() && lines.len() <= MAX_SIGNATURES)?;
    Some(Note { text: text[..=split].to_owned(), signatures })
}

fn read_signature(line: &str) -> Option<NoteSignature> {
    let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    let bytes = decode_base64(encoded)?;
    if !is_key_name(name) || bytes.len() < 5 {
        return None;
    }
    let id = bytes[..4].try_into().expect("at least five bytes");
    Some(NoteSignature { name: name.to_owned(), id, bytes: bytes[4..].to_vec() })
}

fn verify_line(key: &VerifierKey, text: &str, bytes: &[u8]) -> bool {
    match key.kind {
        KeyType::Ed25519 => {
            Signature::from_slice(bytes).is_ok_and(|own| key.verify_strict(text.as_bytes(), &own))
        }
        KeyType::Cosignature => {
            let Some((time, signature)) = bytes.split_first_chunk::<8>() else { return false };
            let message = cosignature_message(text, u64::from_be_bytes(*time));
            Signature::from_slice(signature).is_ok_and(|own| key.verify_strict(message.as_bytes(), &own))
        }
        KeyType::Other(_) => false,
    }
}

/// The message that a witness signs: a header, the time in seconds since 1970, and the checkpoint's text.
#[must_use]
pub fn cosignature_message(text: &str, time_s: u64) -> String {
    format!("cosignature/v1\ntime {time_s}\n{text}")
}

/// Signs a note's text with a log's key (type 0x01); gives the signature line with its LF.
///
/// # Errors
/// [`NotAKey`] when the name cannot be a key's.
pub fn sign(name: &str, key: &SigningKey, text: &str) -> Result<String, NotAKey> {
    let own = VerifierKey::of(name, KeyType::Ed25519, key)?;
    Ok(signature_line(&own, &key.sign(text.as_bytes()).to_bytes()))
}

/// Cosigns a checkpoint's text with a witness's key (type 0x04); gives the signature line with its LF.
///
/// # Errors
/// [`NotAKey`] when the name cannot be a key's.
pub fn cosign(name: &str, key: &SigningKey, text: &str, time_s: u64) -> Result<String, NotAKey> {
    let own = VerifierKey::of(name, KeyType::Cosignature, key)?;
    let signature = key.sign(cosignature_message(text, time_s).as_bytes()).to_bytes();
    Ok(signature_line(&own, &[time_s.to_be_bytes().as_slice(), &signature].concat()))
}

fn signature_line(key: &VerifierKey, bytes: &[u8]) -> String {
    format!("\u{2014} {} {}\n", key.name, encode_base64(&[key.id.as_slice(), bytes].concat()))
}

/// A tree head's text: origin, size and root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The ledger's origin.
    pub origin: String,
    /// How many lines the root covers.
    pub size: u64,
    /// The root of the first `size` lines.
    pub root: TreeHash,
}

impl Checkpoint {
    /// Reads the text of a note: exactly three lines.
    ///
    /// # Errors
    /// [`NoteError::CheckpointFormat`].
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        read_checkpoint(text).ok_or(NoteError::CheckpointFormat)
    }

    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, encode_base64(&self.root.0))
    }
}

fn read_checkpoint(text: &str) -> Option<Checkpoint> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    let origin = lines.next().filter(|origin| !origin.is_empty())?.to_owned();
    let size = read_decimal(lines.next()?)?;
    let root = TreeHash(decode_base64(lines.next()?)?.try_into().ok()?);
    lines.next().is_none().then_some(Checkpoint { origin, size, root })
}

/// Reads a decimal number without sign, spaces or leading zeros.
#[must_use]
pub fn read_decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}

/// Reads a tree head that `log` must have signed; the origin must be the key's name.
///
/// # Errors
/// [`NoteError`]: note format, checkpoint format, origin, signature, missing log signature, in this order.
pub fn open_checkpoint(bytes: &[u8], log: &VerifierKey) -> Result<(Checkpoint, Note), NoteError> {
    let note = Note::parse(bytes)?;
    let checkpoint = Checkpoint::parse(&note.text)?;
    if checkpoint.origin != log.name {
        return Err(NoteError::Origin);
    }
    if !note.signed_by(log)? {
        return Err(NoteError::NoLogSignature);
    }
    Ok((checkpoint, note))
}
