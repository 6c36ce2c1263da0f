//! A question's three axes, and what they mean on this ledger: as of, known at, rules.

use std::sync::Arc;

use chain::line::Line;
use chain::{ContentHash, Date, Instant, TreeHash};
use domain::book::Book;
use domain::registry::{Adoption, PlanIx};
use domain::scoring::At;
use events::{PlanId, Recorded, Rulebook, RulebookId};
use projections::ReadModel;
use store::{EventLog, LineBatch};

use crate::fold::Misfit;
use crate::load::{LoadError, fold};

/// Which lines are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownAt {
    /// All that are there.
    Head,
    /// The first so many.
    Size(u64),
    /// Those recorded by then: `at` not after the instant.
    Instant(Instant),
}

/// Which rules are applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RulesChoice {
    /// Those in force for the day, among the known lines.
    InForce,
    /// Adopted ones, by their hash.
    Hash(ContentHash),
    /// Adopted ones, by their id: of several, the latest known.
    Id(RulebookId),
    /// Ones that may never have been adopted.
    File(Box<Rulebook>),
}

/// A question about a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The plan.
    pub plan: PlanId,
    /// The reporting date; today where none is named.
    pub as_of: Option<Date>,
    /// Which lines are known.
    pub known_at: KnownAt,
    /// Which rules are applied.
    pub rules: RulesChoice,
}

/// A question, resolved: everything a table and its token need.
#[derive(Clone, Debug)]
pub struct Axes {
    /// The plan.
    pub plan: PlanIx,
    /// The reporting date, and how many lines are known.
    pub at: At,
    /// The rules.
    pub rules: Arc<Rulebook>,
    /// Plain BLAKE3 of the rules as canonical JSON.
    pub rules_hash: ContentHash,
    /// The tree's root over the known lines.
    pub root: TreeHash,
    /// The ledger's origin.
    pub origin: String,
    /// Whether these are the rules in force for the day among the known lines; anything else is a what-if.
    pub official: bool,
}

/// Why a question has no answer here.
#[derive(Debug, thiserror::Error)]
pub enum AxisError {
    /// The plan is not among the known lines.
    #[error("账本前 {known} 行里没有方案“{plan}”。请核对方案代码，或放宽认知时点。")]
    UnknownPlan {
        /// The plan.
        plan: PlanId,
        /// How many lines are known.
        known: u64,
    },
    /// More lines are asked for than there are.
    #[error("认知时点要求前 {asked} 行，账本只有 {size} 行。请改用不大于 {size} 的行数。")]
    BeyondHead {
        /// The size asked for.
        asked: u64,
        /// The size there is.
        size: u64,
    },
    /// No rules are in force for the day.
    #[error(
        "{as_of} 没有生效的计分规则（按账本前 {known} 行）。请改统计截止日或认知时点，或用规则文件推演。"
    )]
    NoRules {
        /// The reporting date.
        as_of: Date,
        /// How many lines are known.
        known: u64,
    },
    /// No such rules were adopted for the plan.
    #[error("方案“{plan}”没有颁布过“{rules}”这份计分规则。请核对规则代码或哈希。")]
    UnknownRules {
        /// The plan.
        plan: PlanId,
        /// The id or hash that was asked for.
        rules: String,
    },
    /// The log cannot be read.
    #[error("{0}")]
    Load(#[from] LoadError),
}

/// Resolves questions on a read model and the log it was made from.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    model: &'a ReadModel,
    log: &'a dyn EventLog,
}

impl<'a> Reader<'a> {
    /// Reads `model`, and single lines of `log` where the model does not keep them.
    #[must_use]
    pub const fn new(model: &'a ReadModel, log: &'a dyn EventLog) -> Self {
        Self { model, log }
    }

    /// What the lines were folded into.
    #[must_use]
    pub const fn model(&self) -> &'a ReadModel {
        self.model
    }

    /// The log that holds the lines.
    #[must_use]
    pub const fn log(&self) -> &'a dyn EventLog {
        self.log
    }

    /// Registry and figures.
    #[must_use]
    pub const fn book(&self) -> &'a Book {
        self.model.ledger().book()
    }

    /// Hands each of the first `known` lines over, in order.
    ///
    /// # Errors
    /// [`LoadError`] when a line cannot be read.
    pub fn each_line(&self, known: u64, mut each: impl FnMut(&Recorded)) -> Result<(), LoadError> {
        fold(self.log, 0..known, &mut |line| {
            each(&line.recorded);
            Ok(())
        })
    }

    /// Resolves the axes. `today` is the day in China where the question names none.
    ///
    /// # Errors
    /// [`AxisError`].
    pub fn resolve(&self, question: &Question, today: Date) -> Result<Axes, AxisError> {
        let known = self.size_at(question.known_at)?;
        let registry = self.model.ledger().book().registry();
        let unknown = || AxisError::UnknownPlan { plan: question.plan.clone(), known };
        let plan = registry.plan_ix(&question.plan).ok_or_else(unknown)?;
        if registry.plan(plan).position >= known {
            return Err(unknown());
        }
        let at = At { as_of: question.as_of.unwrap_or(today), known };
        let in_force = registry.plan(plan).rules_for(at.as_of, known);
        let (rules, rules_hash) = self.rules(plan, question, at)?;
        let origin = registry.opened().map(|opened| opened.origin.clone()).unwrap_or_default();
        let official = in_force.is_some_and(|adoption| adoption.rules_hash == rules_hash);
        Ok(Axes { plan, at, rules, rules_hash, root: self.root_at(known)?, origin, official })
    }

    fn rules(
        &self,
        plan: PlanIx,
        question: &Question,
        at: At,
    ) -> Result<(Arc<Rulebook>, ContentHash), AxisError> {
        let plan = self.model.ledger().book().registry().plan(plan);
        let known = |own: &&Adoption| own.position < at.known;
        let unknown = |rules: String| AxisError::UnknownRules { plan: question.plan.clone(), rules };
        let adoption = match &question.rules {
            RulesChoice::File(rules) => return Ok((Arc::new((**rules).clone()), rules.content_hash())),
            RulesChoice::InForce => plan
                .rules_for(at.as_of, at.known)
                .ok_or(AxisError::NoRules { as_of: at.as_of, known: at.known })?,
            // By its hash a rulebook is the same wherever it was adopted; later rules may be tried on earlier lines.
            RulesChoice::Hash(hash) => {
                let found = plan.rulebooks().iter().find(|own| own.rules_hash == *hash);
                found.ok_or_else(|| unknown(hash.to_string()))?
            }
            RulesChoice::Id(id) => {
                let named = || plan.rulebooks().iter().filter(|own| own.adopted.rulebook == *id);
                let found = named().rfind(known).or_else(|| named().next());
                found.ok_or_else(|| unknown(id.to_string()))?
            }
        };
        Ok((Arc::new((*adoption.adopted.rules).clone()), adoption.rules_hash))
    }

    /// How many lines are known.
    ///
    /// # Errors
    /// [`AxisError::BeyondHead`], [`AxisError::Load`].
    pub fn size_at(&self, known_at: KnownAt) -> Result<u64, AxisError> {
        let size = self.model.size();
        match known_at {
            KnownAt::Head => Ok(size),
            KnownAt::Size(asked) if asked > size => Err(AxisError::BeyondHead { asked, size }),
            KnownAt::Size(asked) => Ok(asked),
            KnownAt::Instant(instant) => Ok(self.lines_by(instant, size)?),
        }
    }

    /// How many of the first `size` lines were recorded by `instant`. Instants never fall, so a search by halves reads
    /// about twenty lines of a million.
    fn lines_by(&self, instant: Instant, size: u64) -> Result<u64, LoadError> {
        let (mut known, mut end) = (0, size);
        let mut batch = LineBatch::default();
        while known < end {
            let middle = known + (end - known) / 2;
            if self.line(middle, &mut batch)?.at <= instant {
                known = middle + 1;
            } else {
                end = middle;
            }
        }
        Ok(known)
    }

    /// When a line was recorded.
    ///
    /// # Errors
    /// [`LoadError`] when it cannot be read.
    pub fn recorded_at(&self, position: u64) -> Result<Instant, LoadError> {
        Ok(self.line(position, &mut LineBatch::default())?.at)
    }

    fn line<'b>(&self, position: u64, batch: &'b mut LineBatch) -> Result<Line<'b>, LoadError> {
        self.log.read_into(position, 1, batch)?;
        let size = self.model.size();
        let bytes = batch.get(0).ok_or(LoadError::Short { position, size })?;
        Line::parse(bytes).map_err(|error| LoadError::Unfit { position, reason: Misfit::Line(error) })
    }

    /// The tree's root over the first `size` lines; reads at most 255 lines of the log.
    ///
    /// # Errors
    /// [`AxisError::BeyondHead`], [`AxisError::Load`].
    pub fn root_at(&self, size: u64) -> Result<TreeHash, AxisError> {
        if size > self.model.size() {
            return Err(AxisError::BeyondHead { asked: size, size: self.model.size() });
        }
        let tree = self.model.tree();
        let leaves = self.leaves(tree.leaves_needed(size))?;
        Ok(tree.root_at(size, &leaves))
    }

    fn leaves(&self, range: std::ops::Range<u64>) -> Result<Vec<TreeHash>, LoadError> {
        let mut leaves = Vec::new();
        let mut batch = LineBatch::default();
        let mut position = range.start;
        while position < range.end {
            let wanted = usize::try_from(range.end - position).expect("below 256");
            self.log.read_into(position, wanted, &mut batch)?;
            if batch.is_empty() {
                return Err(LoadError::Short { position, size: range.end });
            }
            leaves.extend(batch.iter().map(|(_, line)| chain::hash::leaf_hash(line)));
            position = batch.next();
        }
        Ok(leaves)
    }
}
