//! A plan read on three axes: as of a day, known at a size, under rules.

use chain::{ContentHash, Date, EventHash, TreeHash};
use domain::book::{Book, Question};
use domain::registry::{AreaIx, CellIx, IndicatorIx, Plan, PlanIx};
use domain::scoring::{At, Inputs};
use events::{AreaId, IndicatorId, PlanId, Rulebook, UnitId};

use crate::Token;

/// One question to a ledger; every table, explanation and difference answers one.
///
/// Whatever is made from it depends on the first `known` lines alone, so a ledger that has grown since gives the
/// same bytes.
#[derive(Clone, Debug)]
pub struct Reading<'a> {
    book: &'a Book,
    plan: PlanIx,
    at: At,
    root: TreeHash,
    rules: &'a Rulebook,
    rules_hash: ContentHash,
    without: Vec<EventHash>,
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoReading {
    /// The first line is not among the known ones.
    #[error("前 {known} 行里还没有开账，无法计算。请换一个认知时点。")]
    NotOpened {
        /// The size asked for.
        known: u64,
    },
    /// The plan is not among the known lines.
    #[error("前 {known} 行里还没有这个方案，无法计算。请换一个认知时点。")]
    NoPlan {
        /// The size asked for.
        known: u64,
    },
    /// No rules are in force for the day.
    #[error(
        "前 {known} 行里没有适用于 {as_of} 的计分规则。请换一个统计截止日或认知时点，或用 --rules 指定规则。"
    )]
    NoRules {
        /// The day asked for.
        as_of: Date,
        /// The size asked for.
        known: u64,
    },
}

impl<'a> Reading<'a> {
    /// Reads a plan under the rules in force; `root` is the root of the tree over the first `at.known` lines.
    ///
    /// # Errors
    /// [`NoReading`] where the known lines do not have what is asked about.
    pub fn in_force(book: &'a Book, plan: PlanIx, at: At, root: TreeHash) -> Result<Self, NoReading> {
        let At { as_of, known } = at;
        let adopted = plan_at(book, plan, known)?.rules_for(as_of, known);
        let adopted = adopted.ok_or(NoReading::NoRules { as_of, known })?;
        let (rules, rules_hash) = (adopted.adopted.rules.as_ref(), adopted.rules_hash);
        Ok(Self { book, plan, at, root, rules, rules_hash, without: Vec::new() })
    }

    /// Reads a plan under named rules. Rules that are not the ones in force make it a what-if.
    ///
    /// # Errors
    /// [`NoReading`] where the known lines do not have what is asked about.
    ///
    /// # Panics
    /// When a text of the rules is one the format refuses.
    pub fn under(
        book: &'a Book,
        plan: PlanIx,
        at: At,
        root: TreeHash,
        rules: &'a Rulebook,
    ) -> Result<Self, NoReading> {
        plan_at(book, plan, at.known)?;
        let rules_hash = rules.content_hash();
        Ok(Self { book, plan, at, root, rules, rules_hash, without: Vec::new() })
    }

    /// Says which lines were left out of the book: a what-if. They are named in the order given.
    #[must_use]
    pub fn without(self, lines: Vec<EventHash>) -> Self {
        Self { without: lines, ..self }
    }

    /// The book that is read.
    #[must_use]
    pub const fn book(&self) -> &'a Book {
        self.book
    }

    /// The plan's index.
    #[must_use]
    pub const fn plan_ix(&self) -> PlanIx {
        self.plan
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &'a Plan {
        self.book.registry().plan(self.plan)
    }

    /// The day and the size.
    #[must_use]
    pub const fn at(&self) -> At {
        self.at
    }

    /// The rules that are applied.
    #[must_use]
    pub const fn rules(&self) -> &'a Rulebook {
        self.rules
    }

    /// The hash of the rules that are applied.
    #[must_use]
    pub const fn rules_hash(&self) -> ContentHash {
        self.rules_hash
    }

    /// The hash of the rules in force for the day among the known lines.
    #[must_use]
    pub fn rules_in_force(&self) -> Option<ContentHash> {
        self.plan().rules_for(self.at.as_of, self.at.known).map(|adopted| adopted.rules_hash)
    }

    /// The lines that were left out of the book.
    #[must_use]
    pub fn left_out(&self) -> &[EventHash] {
        &self.without
    }

    /// Whether this is what the ledger says: nothing left out, and the rules in force applied.
    #[must_use]
    pub fn is_official(&self) -> bool {
        self.without.is_empty() && self.rules_in_force() == Some(self.rules_hash)
    }

    /// The token.
    ///
    /// # Panics
    /// Never: a reading is of an opened ledger.
    #[must_use]
    pub fn token(&self) -> Token {
        let opened = self.book.registry().opened().expect("a reading is of an opened ledger");
        let At { as_of, known } = self.at;
        let (origin, root, rules) = (opened.origin.clone(), self.root, self.rules_hash);
        Token { origin, size: known, root, as_of, rules }
    }

    /// What scoring asks for.
    #[must_use]
    pub const fn inputs(&self) -> Inputs<'a> {
        Inputs::at(self.at, self.rules)
    }

    /// Which figure of a cell is asked for.
    #[must_use]
    pub const fn question(&self) -> Question {
        Question { as_of: self.at.as_of, known: self.at.known, counts_from: self.rules.counts_from }
    }

    /// A cell of the plan.
    #[must_use]
    pub const fn cell(&self, indicator: IndicatorIx, area: AreaIx) -> CellIx {
        CellIx { plan: self.plan, indicator, area }
    }

    /// All known cells of the plan: rows in its order, in each row the areas.
    pub fn cells(&self) -> impl Iterator<Item = CellIx> + use<'a> {
        let (plan, shape) = (self.plan, self.plan().shape(self.at.known));
        let count = |length: usize| u16::try_from(length).expect("a plan's indices are 16 bits");
        let (rows, areas) = (count(shape.indicators), count(shape.areas));
        let row = move |row| (0..areas).map(move |area| (IndicatorIx(row), AreaIx(area)));
        (0..rows).flat_map(row).map(move |(indicator, area)| CellIx { plan, indicator, area })
    }

    /// The row and area ids of a cell.
    #[must_use]
    pub fn ids(&self, cell: CellIx) -> (&'a IndicatorId, &'a AreaId) {
        let plan = self.plan();
        (&plan.indicator(cell.indicator).defined.indicator, &plan.area(cell.area).area)
    }

    /// A row's Chinese name: `group · name`, or the name alone; its id where the plan has no such row.
    #[must_use]
    pub fn indicator_name(&self, id: &IndicatorId) -> String {
        let plan = self.plan();
        match plan.indicator_ix(id).map(|ix| &plan.indicator(ix).defined) {
            Some(row) if row.group == row.name => row.name.clone(),
            Some(row) => format!("{} · {}", row.group, row.name),
            None => id.to_string(),
        }
    }

    /// An area's Chinese name; its id where the plan has no such area.
    #[must_use]
    pub fn area_name(&self, id: &'a AreaId) -> &'a str {
        let plan = self.plan();
        plan.area_ix(id).map_or(id.as_str(), |ix| &plan.area(ix).name)
    }

    /// A unit's Chinese name; its id where it is not registered.
    #[must_use]
    pub fn unit_name(&self, id: &'a UnitId) -> &'a str {
        self.book.registry().unit_name(id)
    }
}

fn plan_at(book: &Book, plan: PlanIx, known: u64) -> Result<&Plan, NoReading> {
    if known == 0 || book.registry().opened().is_none() {
        return Err(NoReading::NotOpened { known });
    }
    let known_plan = book.registry().plans().find(|(ix, own)| *ix == plan && own.position < known);
    known_plan.map(|(_, plan)| plan).ok_or(NoReading::NoPlan { known })
}

/// The latest day any figure of the plan was attained among the known lines; before the first figure, the end of the plan's
/// first year. The clock has no part in it: the same question has the same answer tomorrow.
#[must_use]
pub fn latest_day(book: &Book, plan: &PlanId, known: u64) -> Date {
    let Some(plan) = book.registry().plan_ix(plan) else { return end_of(1970) };
    let cells = book.cells().filter(|(ix, _)| ix.plan == plan);
    let figures = cells.flat_map(|(_, cell)| cell.figures()).filter(|figure| figure.position < known);
    let first_year = book.registry().plan(plan).adopted.years.first().copied().unwrap_or(1970);
    figures.map(|figure| figure.as_at).max().unwrap_or_else(|| end_of(first_year))
}

fn end_of(year: u16) -> Date {
    Date::of(year.into(), 12, 31).expect("every year has this day")
}
