//! What a committee's member signs: a tree head's text with one line more (`docs/freezing.md`, `docs/decisions/0023`).
//!
//! Members' keys are of type 0x04 like those of witnesses, so what they sign has the form of a C2SP checkpoint: origin,
//! size, root, and as an extension line the kind and the address of the payload that is approved. [`Checkpoint`] reads
//! three lines and no more: an approval never passes for a tree head, nor a cosigned head for an approval.
//!
//! [`Checkpoint`]: crate::note::Checkpoint

use ed25519_dalek::SigningKey;

use crate::hash::{TreeHash, content_hash};
use crate::note::{Checkpoint, NotAKey, Note, NoteError, VerifierKey, cosign};

/// What is approved: a payload, and the ledger it was drawn up from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Approvable<'a> {
    /// The ledger's origin.
    pub origin: &'a str,
    /// The size of the ledger that the payload speaks of.
    pub size: u64,
    /// The root of the tree over the first `size` lines.
    pub root: TreeHash,
    /// The payload's type name.
    pub kind: &'a str,
    /// The payload's canonical bytes, without approvals of it.
    pub data: &'a [u8],
}

impl Approvable<'_> {
    /// The text that is signed, its last LF included. The last word is what `b3sum` prints for the payload's bytes.
    #[must_use]
    pub fn text(&self) -> String {
        let head = Checkpoint { origin: self.origin.to_owned(), size: self.size, root: self.root };
        format!("{}progress-ledger {} {}\n", head.text(), self.kind, content_hash(self.data))
    }

    /// Approves it with a member's key: the signature line without its LF. `time_s` is the member's clock, in seconds
    /// since 1970.
    ///
    /// # Errors
    /// [`NotAKey`] when the name cannot be a key's.
    pub fn approve(&self, name: &str, key: &SigningKey, time_s: u64) -> Result<String, NotAKey> {
        cosign(name, key, &self.text(), time_s).map(|line| line.trim_end_matches('\n').to_owned())
    }

    /// The approval as a signed note: the text, an empty line, the signature line.
    #[must_use]
    pub fn note(&self, approval: &str) -> String {
        format!("{}\n{approval}\n", self.text())
    }

    /// Takes the signature line out of a signed note over exactly this text; whose it is, is not checked.
    ///
    /// # Errors
    /// [`NoteError::NoteFormat`] for anything but a note with one signature, [`NoteError::Signature`] for a note over
    /// another text.
    pub fn approval_in(&self, note: &[u8]) -> Result<String, NoteError> {
        let read = Note::parse(note)?;
        if read.signatures.len() != 1 {
            return Err(NoteError::NoteFormat);
        }
        if read.text != self.text() {
            return Err(NoteError::Signature);
        }
        let text = std::str::from_utf8(note).expect("a note is text");
        let line = text.trim_end_matches('\n').rsplit('\n').next();
        Ok(line.expect("a split text has a part").to_owned())
    }

    /// Whether `approval` is one signature line of `key`, a key of type 0x04, over exactly this.
    #[must_use]
    pub fn is_approved_by(&self, approval: &str, key: &VerifierKey) -> bool {
        let note = Note::parse(self.note(approval).as_bytes());
        key.kind() == crate::note::KeyType::Cosignature
            && note.is_ok_and(|note| note.signatures.len() == 1 && note.signed_by(key) == Ok(true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::{KeyType, sign};

    const WHAT: Approvable<'static> = Approvable {
        origin: "ledger.example.org/n0001",
        size: 1_234,
        root: TreeHash([7; 32]),
        kind: "snapshot-proposed",
        data: br#"{"year":2022}"#,
    };

    fn member() -> (SigningKey, VerifierKey) {
        let key = SigningKey::from_bytes(&[3; 32]);
        let verifier = VerifierKey::of("member-1", KeyType::Cosignature, &key).unwrap();
        (key, verifier)
    }

    #[test]
    fn an_approval_is_of_one_payload_one_head_and_one_kind() {
        let (key, verifier) = member();
        let approval = WHAT.approve("member-1", &key, 1_672_531_200).unwrap();
        assert!(WHAT.is_approved_by(&approval, &verifier));
        let others = [
            Approvable { origin: "ledger.example.org/n0002", ..WHAT },
            Approvable { size: 1_235, ..WHAT },
            Approvable { root: TreeHash([8; 32]), ..WHAT },
            Approvable { kind: "snapshot-reopened", ..WHAT },
            Approvable { data: br#"{"year":2023}"#, ..WHAT },
        ];
        others.iter().for_each(|other| assert!(!other.is_approved_by(&approval, &verifier), "{other:?}"));
    }

    #[test]
    fn an_approval_goes_through_a_file_and_is_no_tree_head() {
        let (key, verifier) = member();
        let approval = WHAT.approve("member-1", &key, 1_672_531_200).unwrap();
        let note = WHAT.note(&approval);
        assert_eq!(WHAT.approval_in(note.as_bytes()), Ok(approval));
        let other = Approvable { size: 9, ..WHAT };
        assert_eq!(other.approval_in(note.as_bytes()), Err(NoteError::Signature));
        assert!(Note::parse(note.as_bytes()).unwrap().signed_by(&verifier).unwrap());
        assert_eq!(Checkpoint::parse(&WHAT.text()), Err(NoteError::CheckpointFormat));
    }

    #[test]
    fn one_line_by_a_cosigning_key_approves_and_nothing_else() {
        let (key, verifier) = member();
        let approval = WHAT.approve("member-1", &key, 0).unwrap();
        let plain = sign("member-1", &key, &WHAT.text()).unwrap();
        assert!(!WHAT.is_approved_by(plain.trim_end(), &verifier), "a log's signature is not timed");
        let log = VerifierKey::of("member-1", KeyType::Ed25519, &key).unwrap();
        assert!(!WHAT.is_approved_by(plain.trim_end(), &log), "a log's key approves nothing");
        assert!(!WHAT.is_approved_by(&format!("{approval}\n{approval}"), &verifier));
        assert!(!WHAT.is_approved_by(&format!("x\n\n{approval}"), &verifier), "no text is smuggled in");
        assert!(!WHAT.is_approved_by("", &verifier));
    }
}
