//! From stored bytes to the next line of a projection: parsed strictly, hashed, and held against the head.

use chain::hash::event_hash;
use chain::lanes::event_hashes;
use chain::line::{Line, LineError};
use chain::{EventHash, TreeHash};
use domain::ledger::Head;
use events::{DecodeError, Recorded};
use projections::ReadModel;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A read model that a worker can keep: a fold over lines that knows the end of its chain.
pub trait Projection: Serialize + DeserializeOwned + Clone + Default + Send + Sync + 'static {
    /// Names the projection's saved state; kebab-case.
    const NAME: &'static str;
    /// Raised whenever the same lines give another state or another saved form.
    const REVISION: u32;

    /// The end of the chain of the lines applied.
    fn head(&self) -> &Head;

    /// Takes the next line over; `leaf` is the tree's hash of its bytes.
    fn apply(&mut self, line: &Recorded, leaf: TreeHash);

    /// How many lines were applied: the position of the next one.
    fn size(&self) -> u64 {
        self.head().size
    }
}

impl Projection for ReadModel {
    const NAME: &'static str = "read-model";
    const REVISION: u32 = Self::REVISION;

    fn head(&self) -> &Head {
        self.ledger().head()
    }

    fn apply(&mut self, line: &Recorded, leaf: TreeHash) {
        Self::apply(self, line, leaf);
    }
}

/// Why a stored line is not the next line of this ledger.
#[derive(Debug, thiserror::Error)]
pub enum Misfit {
    /// The bytes are no line.
    #[error("不是合格的记录行（{0}）")]
    Line(#[from] LineError),
    /// The data is not of the type and version that the line names.
    #[error("事件内容无法读取（{0}）")]
    Event(#[from] DecodeError),
    /// It names another position.
    #[error("行内写的位置是 {found}")]
    Position {
        /// The position in the line.
        found: u64,
    },
    /// It does not name the hash of the line before.
    #[error("prev 应为 {expected}，行内是 {found}，与上一行连不上")]
    Chain {
        /// The hash of the line before.
        expected: EventHash,
        /// The hash in the line.
        found: EventHash,
    },
    /// It does not continue its unit's chain.
    #[error("单位“{unit}”的序号或 unit_prev 与该单位上一行连不上")]
    UnitChain {
        /// The unit.
        unit: String,
    },
    /// It is earlier than the line before.
    #[error("时刻早于上一行")]
    Time,
}

/// A stored line, parsed, hashed and decoded, but not yet held against its ledger.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The line.
    pub recorded: Recorded,
    /// The tree's hash of its bytes.
    pub leaf: TreeHash,
    prev: EventHash,
    unit_prev: EventHash,
}

impl Decoded {
    /// Reads one line, given without its LF. Needs nothing else, so it may run on many threads.
    ///
    /// # Errors
    /// [`Misfit::Line`], [`Misfit::Event`].
    pub fn of(bytes: &[u8]) -> Result<Self, Misfit> {
        Self::hashed(bytes, event_hash(bytes))
    }

    /// Reads lines as [`of`](Self::of) does; hashes them together, which is faster.
    pub fn of_lines(lines: &[&[u8]]) -> impl Iterator<Item = Result<Self, Misfit>> {
        lines.iter().zip(event_hashes(lines)).map(|(line, hash)| Self::hashed(line, hash))
    }

    fn hashed(bytes: &[u8], hash: EventHash) -> Result<Self, Misfit> {
        let line = Line::parse(bytes)?;
        let recorded = Recorded::decode(&line, hash)?;
        let leaf = chain::hash::leaf_hash(bytes);
        Ok(Self { recorded, leaf, prev: line.prev, unit_prev: line.unit_prev })
    }

    /// Says whether it is the line that follows `head`.
    ///
    /// # Errors
    /// Any other [`Misfit`].
    pub fn follows(&self, head: &Head) -> Result<(), Misfit> {
        let line = &self.recorded;
        if line.position != head.size {
            return Err(Misfit::Position { found: line.position });
        }
        if self.prev != head.hash {
            return Err(Misfit::Chain { expected: head.hash, found: self.prev });
        }
        let unit = head.units.get(&line.unit).map_or((0, EventHash::ZERO), |unit| (unit.lines, unit.hash));
        if (line.unit_seq, self.unit_prev) != unit {
            return Err(Misfit::UnitChain { unit: line.unit.to_string() });
        }
        if head.at.is_some_and(|at| line.at < at) {
            return Err(Misfit::Time);
        }
        Ok(())
    }
}
