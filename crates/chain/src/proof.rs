//! Proofs that travel: `tlog-proof` files (C2SP tlog-proof), a line's way to a signed tree head.

use crate::hash::{TreeHash, leaf_hash};
use crate::note::{Checkpoint, NoteError, decode_base64, encode_base64, read_decimal};
use crate::policy::Policy;
use crate::tree::verify_inclusion;

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// Why a proof is refused; of several reasons the first in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// No proof file.
    #[error("proof-format")]
    Format,
    /// The tree head in it is refused.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The index is not below the tree's size.
    #[error("index")]
    Index,
    /// The hashes do not lead from the line to the root.
    #[error("inclusion")]
    Inclusion,
}

impl ProofError {
    /// The stable code, kebab-case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Format => "proof-format",
            Self::Note(error) => error.code(),
            Self::Index => "index",
            Self::Inclusion => "inclusion",
        }
    }
}

/// A proof file's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Bytes that the maker added and that nothing here reads.
    pub extra: Option<Vec<u8>>,
    /// The line's position.
    pub index: u64,
    /// The inclusion proof, from the leaf upwards.
    pub hashes: Vec<TreeHash>,
    /// The signed tree head.
    pub note: Vec<u8>,
}

impl Proof {
    /// Reads a proof file.
    ///
    /// # Errors
    /// [`ProofError::Format`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofError> {
        std::str::from_utf8(bytes).ok().and_then(read_proof).ok_or(ProofError::Format)
    }

    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("{HEADER}\n");
        if let Some(extra) = &self.extra {
            text.push_str(&format!("extra {}\n", encode_base64(extra)));
        }
        text.push_str(&format!("index {}\n", self.index));
        for hash in &self.hashes {
            text.push_str(&encode_base64(&hash.0));
            text.push('\n');
        }
        text.push('\n');
        [text.as_bytes(), &self.note].concat()
    }

    /// Checks that `line` stands at the proof's index under a tree head that meets the policy.
    ///
    /// # Errors
    /// [`ProofError`], of several reasons the first in the order of its variants.
    pub fn verify(&self, line: &[u8], policy: &Policy) -> Result<Checkpoint, ProofError> {
        let (head, _) = policy.open(&self.note)?;
        if self.index >= head.size {
            return Err(ProofError::Index);
        }
        if !verify_inclusion(leaf_hash(line), self.index, head.size, &self.hashes, head.root) {
            return Err(ProofError::Inclusion);
        }
        Ok(head)
    }
}

fn read_proof(text: &str) -> Option<Proof> {
    let (head, note) = text.split_once("\n\n")?;
    if text.contains('\r') {
        return None;
    }
    let mut lines = head.split('\n').peekable();
    lines.next().filter(|line| *line == HEADER)?;
    let extra = match lines.peek()?.strip_prefix("extra ") {
        Some(encoded) => {
            lines.next();
            Some(decode_base64(encoded)?)
        }
        None => None,
    };
    let index = read_decimal(lines.next()?.strip_prefix("index ")?)?;
    let hashes =
        lines.map(|line| decode_base64(line)?.try_into().ok().map(TreeHash)).collect::<Option<_>>()?;
    Some(Proof { extra, index, hashes, note: note.as_bytes().to_vec() })
}
