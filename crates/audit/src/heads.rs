//! Signed tree heads: the one beside the journal, the one kept with the key, and the one that the auditor remembers.

use std::collections::BTreeMap;

use chain::TreeHash;
use chain::note::{Checkpoint, Note};
use chain::verify::{Flaw, Verifier};
use projections::ReadModel;

use crate::Options;

/// Heads as read, before anything is known about their signatures.
pub(crate) struct Heads {
    own: Option<Vec<u8>>,
    kept: Option<Vec<u8>>,
    remembered: Option<Vec<u8>>,
    /// How many answers of time-stamp authorities lie beside the journal; `None` without a head to stamp.
    pub(crate) time_stamps: Option<usize>,
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

/// Whether the lines say that the kept head was lost, when an older copy was restored.
pub(crate) fn gave_up(model: &ReadModel, options: &Options) -> bool {
    let kept = options.kept.as_deref().and_then(open);
    kept.is_some_and(|(_, head)| model.ledger().book().registry().gave_up(&head))
}

impl Heads {
    /// Of the bytes beside the journal, if there are any, of how many answers of time-stamp authorities there are, and of
    /// what the auditor and the signer remember.
    pub(crate) fn of(own: Option<Vec<u8>>, time_stamps: usize, options: &Options) -> Self {
        let time_stamps = own.as_ref().map(|_| time_stamps);
        Self { own, kept: options.kept.clone(), remembered: options.remembered.clone(), time_stamps }
    }

    pub(crate) const fn exists(&self) -> bool {
        self.own.is_some()
    }

    /// The size that the head beside the journal counts.
    pub(crate) fn size(&self) -> Option<u64> {
        size(&self.own)
    }

    /// The size that the head kept with the key counts.
    pub(crate) fn kept_size(&self) -> Option<u64> {
        size(&self.kept)
    }

    /// Whether the head beside the journal bears a signature of another name than the ledger's own.
    pub(crate) fn is_cosigned(&self) -> bool {
        let own = self.own.as_deref().and_then(open);
        own.is_some_and(|(note, head)| note.signatures.iter().any(|line| line.name != head.origin))
    }

    /// The largest size any head counts. Unverified: here a head can only forbid a cut, never allow one.
    pub(crate) fn signed(&self) -> u64 {
        self.size().max(self.kept_size()).max(size(&self.remembered)).unwrap_or(0)
    }

    /// Sizes at which the pass over the lines must note the root.
    pub(crate) fn wanted_roots(&self) -> Roots {
        let sizes = [self.size(), self.kept_size(), size(&self.remembered)];
        let mut roots: Roots = sizes.into_iter().flatten().map(|size| (size, None)).collect();
        roots.entry(0).and_modify(|root| *root = Some(chain::tree::root_of(&[])));
        roots
    }

    pub(crate) fn check(&self, verifier: &mut Verifier, roots: &Roots, options: &Options) {
        let own = self.check_own(verifier, roots, options);
        self.check_kept(verifier, roots);
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

    /// The kept head may be ahead of the published one, which a crash between the two leaves, but never of the lines.
    fn check_kept(&self, verifier: &mut Verifier, roots: &Roots) {
        let Some(bytes) = &self.kept else { return };
        let Some((note, head)) = open(bytes) else {
            verifier.report(Flaw::whole("kept-head"));
            return;
        };
        if verifier.origin().is_some_and(|origin| origin != head.origin) {
            verifier.report(Flaw::whole("checkpoint-origin"));
            return;
        }
        let lines = verifier.lines();
        if lines < head.size {
            verifier.report(Flaw::whole("checkpoint-shrunk").values(format!("≥ {}", head.size), lines));
        } else if let Some(root) = roots[&head.size].filter(|root| *root != head.root) {
            verifier.report(Flaw::whole("history-rewritten").values(head.root, root));
        } else if verifier.log_key(head.size).is_some_and(|key| note.signed_by(key) != Ok(true)) {
            verifier.report(Flaw::whole("kept-head"));
        }
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
