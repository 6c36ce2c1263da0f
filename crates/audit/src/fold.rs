//! Folding the lines that an audit reads: decoded on both cores, taken over in order.

use chain::line::Line;
use chain::tree_index::TreeIndex;
use chain::verify::{Checked, Flaw};
use chain::{EventHash, TreeHash};
use domain::ledger::Ledger;
use domain::registry::Registry;
use events::{DecodeError, Event, Recorded};
use projections::ReadModel;
use uuid::Uuid;

use crate::freezing::freezing;

/// The lines before one, as a tree: the root of any number of them is at hand where leaf hashes are kept.
#[derive(Clone, Copy)]
pub(crate) struct Before<'a> {
    pub(crate) tree: &'a TreeIndex,
    /// The leaf hashes of all of them, or none at all.
    pub(crate) leaves: &'a [TreeHash],
}

impl Before<'_> {
    /// The root of the first `size` of the lines.
    ///
    /// # Panics
    /// When there are fewer, or their leaf hashes are not kept.
    pub(crate) fn root_at(self, size: u64) -> TreeHash {
        let range = self.tree.leaves_needed(size);
        let place = |position: u64| usize::try_from(position).expect("a leaf that is in memory");
        let needed = if range.is_empty() { &[] } else { &self.leaves[place(range.start)..place(range.end)] };
        self.tree.root_at(size, needed)
    }
}

/// What follows the lines beside the check of their bytes.
pub(crate) trait Fold {
    /// What is made of one line on any core.
    type Decoded: Send;

    /// Makes of a readable line what needs nothing else.
    fn decode(line: &Line<'_>, hash: EventHash) -> Self::Decoded;

    /// Takes the next readable line; `position` is its place in reading order.
    fn take(
        &mut self,
        position: u64,
        line: &Line<'_>,
        checked: &Checked<'_>,
        made: Self::Decoded,
        before: Before<'_>,
    ) -> Option<Flaw>;

    /// A line that cannot be read.
    fn unreadable(&mut self, _before: &TreeIndex) {}

    /// [`decode`](Self::decode) for a line that is readable, if need be in its canonical form.
    fn decode_checked(checked: &Checked<'_>) -> Option<Self::Decoded> {
        with_line(checked, |line| Self::decode(line, checked.hash))
    }
}

/// Hands a checked line to `each`, in its canonical form if it is spelled otherwise.
pub(crate) fn with_line<T>(checked: &Checked<'_>, each: impl FnOnce(&Line<'_>) -> T) -> Option<T> {
    match (&checked.line, &checked.respelled) {
        (Ok(line), _) => Some(each(line)),
        (Err(_), Some(respelled)) => Line::parse(respelled).ok().map(|line| each(&line)),
        (Err(_), None) => None,
    }
}

/// Calls a function on every readable line.
pub(crate) struct Each<F>(pub(crate) F);

impl<F: FnMut(&Line<'_>, EventHash)> Fold for Each<F> {
    type Decoded = ();

    fn decode(_: &Line<'_>, _: EventHash) {}

    fn take(
        &mut self,
        _: u64,
        line: &Line<'_>,
        checked: &Checked<'_>,
        (): (),
        _: Before<'_>,
    ) -> Option<Flaw> {
        (self.0)(line, checked.hash);
        None
    }
}

/// Rebuilds the read model, up to the first line that does not follow the ones before or means nothing.
#[derive(Default)]
pub(crate) struct Rebuild {
    ledger: Ledger,
    submission: Option<Uuid>,
    /// The tree of the lines that were taken over, once no more are.
    stopped: Option<TreeIndex>,
}

impl Rebuild {
    /// The read model of the lines that were taken over; `read` is the tree of all lines.
    pub(crate) fn finish(self, read: &TreeIndex) -> ReadModel {
        ReadModel::of(self.ledger, self.stopped.unwrap_or_else(|| read.clone()))
    }

    fn stop(&mut self, before: &TreeIndex) {
        self.stopped.get_or_insert_with(|| before.clone());
    }

    fn apply(&mut self, position: u64, recorded: &Recorded, before: Before<'_>) -> Option<Flaw> {
        let registry = self.ledger.book().registry();
        if let Some(flaw) = unusable(position, &recorded.event, registry) {
            self.stop(before.tree);
            return Some(flaw);
        }
        let begins = self.submission != Some(recorded.submission);
        let flaw = begins.then(|| enrolment(position, recorded, registry)).flatten();
        let flaw = flaw.or_else(|| freezing(position, recorded, &self.ledger, before));
        self.submission = Some(recorded.submission);
        self.ledger.apply(recorded);
        flaw
    }
}

impl Fold for Rebuild {
    type Decoded = Result<Box<Recorded>, DecodeError>;

    fn decode(line: &Line<'_>, hash: EventHash) -> Self::Decoded {
        Recorded::decode(line, hash).map(Box::new)
    }

    fn take(
        &mut self,
        position: u64,
        line: &Line<'_>,
        _: &Checked<'_>,
        made: Self::Decoded,
        before: Before<'_>,
    ) -> Option<Flaw> {
        // The break itself is a finding of the chain's check: here it only ends the fold.
        let head = self.ledger.head();
        if line.position != head.size || line.prev != head.hash {
            self.stop(before.tree);
        }
        if self.stopped.is_some() {
            return None;
        }
        match made {
            Ok(recorded) => self.apply(position, &recorded, before),
            Err(error) => {
                self.stop(before.tree);
                Some(undecodable(position, &error))
            }
        }
    }

    fn unreadable(&mut self, before: &TreeIndex) {
        self.stop(before);
    }
}

fn undecodable(position: u64, error: &DecodeError) -> Flaw {
    match error {
        DecodeError::UnknownType(name) => Flaw::at("unknown-type", position).values("本程序认识的类型", name),
        DecodeError::UnknownVersion { name, version } => {
            Flaw::at("unknown-type", position).values(format!("{name} 的已知版本"), version)
        }
        DecodeError::Shape { name, source } => {
            Flaw::at("payload", position).values(format!("{name} 的内容"), source)
        }
    }
}

/// What has the shape of its type and still has no place in a read model. No deciding ledger records such a line.
pub(crate) fn unusable(position: u64, event: &Event, registry: &Registry) -> Option<Flaw> {
    /// Plans, rows and areas are counted in 16 bits.
    const LIMIT: usize = 1 << 16;
    let plan = |id| registry.plan_ix(id).map(|ix| registry.plan(ix));
    let full = if let Event::PlanAdopted(_) = event {
        registry.plans().count() >= LIMIT
    } else if let Event::IndicatorDefined(row) = event {
        plan(&row.plan).is_some_and(|plan| plan.indicators().len() >= LIMIT)
    } else if let Event::AreaRegistered(area) = event {
        plan(&area.plan).is_some_and(|plan| plan.areas().len() >= LIMIT)
    } else if let Event::RulebookAdopted(own) = event {
        // A rulebook is named by the hash of its canonical text, and a writer has none for unassigned code points.
        chain::json::to_canonical(&own.rules).is_err()
    } else {
        false
    };
    full.then(|| Flaw::at("payload", position))
}

/// Whether a submission is signed as its unit's keys ask for, judged by the lines before it.
fn enrolment(position: u64, first: &Recorded, registry: &Registry) -> Option<Flaw> {
    let mut keys = registry.keys_in_force(&first.unit);
    match &first.signature {
        None => keys.next().map(|key| Flaw::at("signature-missing", position).values(key, "无签名")),
        Some(signature) if keys.any(|key| key == signature.key) => None,
        Some(signature) => {
            Some(Flaw::at("key-not-enrolled", position).values("该单位当时有效的密钥", &signature.key))
        }
    }
}
