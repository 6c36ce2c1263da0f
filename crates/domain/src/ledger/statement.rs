//! What a committee's members approve: the exact bytes of a payload, with the ledger it was drawn up from.

use chain::TreeHash;
use chain::approval::Approvable;
use events::{CommitteeAppointed, Event, EventKind, SnapshotProposed, SnapshotReopened};

/// A payload to be approved, encoded once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    origin: String,
    size: u64,
    root: TreeHash,
    kind: EventKind,
    data: Vec<u8>,
}

impl Statement {
    /// What is approved of an event of the ledger `origin`; none for events that nobody approves, and for text that the
    /// format refuses.
    #[must_use]
    pub fn of(origin: &str, event: &Event) -> Option<Self> {
        let (size, root, bare) = if let Event::SnapshotProposed(own) = event {
            (own.size, own.root, SnapshotProposed::clone(own).into())
        } else if let Event::SnapshotReopened(own) = event {
            (own.size, own.root, SnapshotReopened { approvals: Vec::new(), ..own.clone() }.into())
        } else if let Event::CommitteeAppointed(own) = event {
            (own.size, own.root, CommitteeAppointed { approvals: Vec::new(), ..own.clone() }.into())
        } else {
            return None;
        };
        let bare: Event = bare;
        let data = bare.encode().ok()?;
        Some(Self { origin: origin.to_owned(), size, root, kind: bare.kind(), data })
    }

    /// The ledger's origin.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The payload's type.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        self.kind
    }

    /// The payload's canonical bytes, without approvals of it.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// What is signed.
    #[must_use]
    pub fn approvable(&self) -> Approvable<'_> {
        let Self { origin, size, root, kind, data } = self;
        Approvable { origin, size: *size, root: *root, kind: kind.name(), data }
    }
}
