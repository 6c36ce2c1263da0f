//! Whether a head may be cosigned: a function of the request, the keys of the logs, and what was cosigned before.

use chain::TreeHash;
use chain::note::VerifierKey;
use chain::tree::{root_of, verify_consistency};

use crate::request::{Malformed, Request};

/// The largest head that was cosigned for a log; before the first, the empty tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latest {
    /// How many lines it covers.
    pub size: u64,
    /// Their root.
    pub root: TreeHash,
}

impl Latest {
    /// What a witness knows of a log it never cosigned for.
    #[must_use]
    pub fn nothing() -> Self {
        Self { size: 0, root: root_of(&[]) }
    }
}

/// Why a head is not cosigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The body is no request.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// No key is known for the head's origin.
    #[error("本见证方不认识这个账本")]
    UnknownOrigin,
    /// No known key of the log signed the head, or one of them bears a signature that is not its own.
    #[error("账本头没有本见证方所知密钥的有效签名")]
    NotSigned,
    /// The proof would lead backwards.
    #[error("old 的行数大于账本头的行数")]
    Backwards,
    /// The proof starts from another size than the one that was cosigned last.
    #[error("已副署到第 {latest} 行，证明须从这里开始")]
    OtherSize {
        /// The size that was cosigned last.
        latest: u64,
    },
    /// The log signed another root for a size that was cosigned: two histories.
    #[error("同为 {latest} 行，树根却与已副署的不同：账本出现了两个版本")]
    Fork {
        /// The size that both heads have.
        latest: u64,
    },
    /// The proof does not lead from the head that was cosigned last to this one.
    #[error("一致性证明不成立")]
    Inconsistent,
}

/// Decides on a request, in the order in which tlog-witness lists its checks.
///
/// `logs` are the keys that are trusted; a key's name is its log's origin.
///
/// # Errors
/// [`Refusal`]: then nothing may be cosigned.
pub fn decide(request: &Request, logs: &[VerifierKey], latest: Latest) -> Result<Latest, Refusal> {
    check_signature(request, logs)?;
    let head = Latest { size: request.head.size, root: request.head.root };
    if request.old_size > head.size {
        return Err(Refusal::Backwards);
    }
    if head.size == latest.size && head.root != latest.root {
        return Err(Refusal::Fork { latest: latest.size });
    }
    if request.old_size != latest.size {
        return Err(Refusal::OtherSize { latest: latest.size });
    }
    if !continues(latest, head, &request.proof) {
        return Err(Refusal::Inconsistent);
    }
    Ok(head)
}

fn check_signature(request: &Request, logs: &[VerifierKey]) -> Result<(), Refusal> {
    let mut keys = logs.iter().filter(|key| key.name() == request.head.origin).peekable();
    keys.peek().ok_or(Refusal::UnknownOrigin)?;
    let mut signed = false;
    for key in keys {
        signed |= request.note.signed_by(key).map_err(|_| Refusal::NotSigned)?;
    }
    if signed { Ok(()) } else { Err(Refusal::NotSigned) }
}

/// Everything continues the empty tree, and nothing is proven by saying so: that proof is empty.
fn continues(latest: Latest, head: Latest, proof: &[TreeHash]) -> bool {
    if latest.size == 0 {
        return proof.is_empty();
    }
    verify_consistency((latest.size, latest.root), (head.size, head.root), proof)
}
