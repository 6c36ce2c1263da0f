//! What a log sends: the size it thinks the witness knows, a consistency proof, a signed head.
//!
//! Reading is all that happens here: no signature is checked, no root compared.

use chain::TreeHash;
use chain::note::{Checkpoint, Note, decode_base64, read_decimal};

/// The most proof lines a client may send: a tree of 2^63 lines needs no more.
pub const MAX_PROOF_LINES: usize = 63;

/// A request to cosign, as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The size the proof starts from.
    pub old_size: u64,
    /// The consistency proof (RFC 6962 §2.1.2).
    pub proof: Vec<TreeHash>,
    /// The head: origin, size, root. Lines that extend it stay in `note`.
    pub head: Checkpoint,
    /// The signed note that the head stands in.
    pub note: Note,
}

/// Why a body is no request; of several reasons the first in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// No `old` line.
    #[error("第一行要写成 old 行数")]
    OldSize,
    /// Too many proof lines.
    #[error("一致性证明超过 63 行")]
    TooManyProofLines,
    /// A proof line that is no hash.
    #[error("一致性证明的每一行应为 32 字节哈希的 base64")]
    ProofLine,
    /// No empty line, or no signed note behind it.
    #[error("空行之后应为带签名的账本头（C2SP signed-note）")]
    Note,
    /// A note that is no tree head.
    #[error("账本头应依次为账本名、行数、树根（C2SP tlog-checkpoint）")]
    Head,
}

impl Request {
    /// Reads a request's body.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(body).map_err(|_| Malformed::Note)?;
        let (lines, note) = text.split_once("\n\n").ok_or(Malformed::Note)?;
        let mut lines = lines.split('\n');
        let old_size = lines.next().and_then(|line| read_decimal(line.strip_prefix("old ")?));
        let old_size = old_size.ok_or(Malformed::OldSize)?;
        let proof = read_proof(lines)?;
        let note = Note::parse(note.as_bytes()).map_err(|_| Malformed::Note)?;
        let head = head_of(&note.text).ok_or(Malformed::Head)?;
        Ok(Self { old_size, proof, head, note })
    }
}

fn read_proof<'t>(lines: impl Iterator<Item = &'t str>) -> Result<Vec<TreeHash>, Malformed> {
    let mut proof = Vec::new();
    for line in lines {
        if proof.len() == MAX_PROOF_LINES {
            return Err(Malformed::TooManyProofLines);
        }
        let bytes = decode_base64(line).and_then(|bytes| bytes.try_into().ok());
        proof.push(TreeHash(bytes.ok_or(Malformed::ProofLine)?));
    }
    Ok(proof)
}

/// The head that a note's text begins with. Other logs may extend theirs with further lines, none of them empty.
pub(crate) fn head_of(text: &str) -> Option<Checkpoint> {
    let (third, _) = text.match_indices('\n').nth(2)?;
    let (head, extensions) = text.split_at(third + 1);
    let whole = !extensions.starts_with('\n') && !extensions.contains("\n\n");
    Checkpoint::parse(head).ok().filter(|_| whole)
}
