//! Signed tree heads: the one beside the journal, and the one that the auditor remembers.

use std::collections::BTreeMap;

use chain::TreeHash;
use chain::note::{Checkpoint, Note};
use chain::verify::{Flaw, Verifier};

use crate::Options;

/// Heads as read, before anything is known about their signatures.
pub(crate) struct Heads {
    own: Option<Vec<u8>>,
    remembered: Option<Vec<u8>>,
}

/// The tree's roots at the sizes that a head speaks of.
pub(crate) type Roots = BTreeMap<u64, Option<TreeHash>>;

fn open(note: &[u8]) -> Option<(Note, Checkpoint)> {
    let note = Note::parse(note).ok()?;
    let head = Checkpoint::parse(&note.text).ok()?;
    Some((note, head))
}

fn size(note: &Option<Vec<u8>>) -> Option<u64> {
    note.as_deref().and_then(open).map(|(_, head)| head.size)
}

impl Heads {
    /// Of the bytes beside the journal, if there are any, and what the auditor remembers.
    pub(crate) fn of(own: Option<Vec<u8>>, options: &Options) -> Self {
        Self { own, remembered: options.remembered.clone() }
    }

    pub(crate) const fn exists(&self) -> bool {
        self.own.is_some()
    }

    /// The size that the head beside the journal counts.
    pub(crate) fn size(&self) -> Option<u64> {
        size(&self.own)
    }

    /// The largest size any head counts. Unverified: here a head can only forbid a cut, never allow one.
    pub(crate) fn signed(&self) -> u64 {
        self.size().max(size(&self.remembered)).unwrap_or(0)
    }

    /// Sizes at which the pass over the lines must note the root.
    pub(crate) fn wanted_roots(&self) -> Roots {
        let mut roots: Roots =
            [self.size(), size(&self.remembered)].into_iter().flatten().map(|size| (size, None)).collect();
        roots.entry(0).and_modify(|root| *root = Some(chain::tree::root_of(&[])));
        roots
    }

    pub(crate) fn check(&self, verifier: &mut Verifier, roots: &Roots, options: &Options) {
        let own = self.check_own(verifier, roots, options);
        self.check_remembered(verifier, roots, own);
    }

    /// Gives the size of the head beside the journal, or of the journal if there is no readable head.
    fn check_own(&self, verifier: &mut Verifier, roots: &Roots, options: &Options) -> u64 {
        let lines = verifier.lines();
        let Some(bytes) = &self.own else { return lines };
        let Some((note, head)) = open(bytes) else {
            verifier.report(Flaw::whole("checkpoint-format"));
            return lines;
        };
        if let Some(origin) = verifier.origin().filter(|origin| *origin != head.origin) {
            let flaw = Flaw::whole("checkpoint-origin").values(origin, &head.origin);
            verifier.report(flaw);
        }
        let signed = verifier.log_key(head.size).map(|key| note.signed_by(key));
        if !matches!(signed, None | Some(Ok(true))) && verifier.origin() == Some(head.origin.as_str()) {
            verifier.report(Flaw::whole("checkpoint-signature"));
        }
        if let Some(Err(error)) = options.policy.as_ref().map(|policy| policy.open(bytes)) {
            verifier.report(Flaw::whole("policy").values("满足策略", error.code()));
        }
        if head.size > lines {
            verifier.report(Flaw::whole("checkpoint-ahead").values(format!("≤ {lines}"), head.size));
        } else if let Some(root) = roots[&head.size].filter(|root| *root != head.root) {
            verifier.report(Flaw::whole("checkpoint-root").values(head.root, root));
        }
        head.size
    }

    fn check_remembered(&self, verifier: &mut Verifier, roots: &Roots, own_size: u64) {
        let Some(bytes) = &self.remembered else { return };
        let Some((_, head)) = open(bytes) else {
            verifier.report(Flaw::whole("checkpoint-format"));
            return;
        };
        if verifier.origin().is_some_and(|origin| origin != head.origin) {
            verifier.report(Flaw::whole("checkpoint-origin"));
        }
        if own_size < head.size {
            verifier.report(Flaw::whole("checkpoint-shrunk").values(format!("≥ {}", head.size), own_size));
        }
        if let Some(root) = roots[&head.size].filter(|root| *root != head.root) {
            verifier.report(Flaw::whole("history-rewritten").values(head.root, root));
        }
    }
}
