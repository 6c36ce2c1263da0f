//! A question, resolved on a ledger, with all that its answer borrows.

use app::{KnownAt, Question, RulesChoice};
use chain::{Date, EventHash};
use domain::book::Book;
use domain::registry::{AreaIx, IndicatorIx};
use events::{AreaId, IndicatorId, PlanId};
use projections::tables::Heading;
use projections::{Reading, Token};
use serde_json::{Value, json};

use crate::{Answer, AskError, Table};

/// The three axes of a question, and what is left out.
#[derive(Clone, Debug, Default)]
pub struct Axes {
    /// The plan; the ledger's first where none is named.
    pub plan: Option<PlanId>,
    /// The reporting date; the latest day of any figure where none is named.
    pub as_of: Option<Date>,
    /// Which lines are known; all where nothing is said.
    pub known_at: Option<KnownAt>,
    /// Which rules are applied; those in force where nothing is said.
    pub rules: Option<RulesChoice>,
    /// A what-if: these events are left out.
    pub without: Vec<EventHash>,
    /// A token stands for the first axes; rules may be named beside it.
    pub token: Option<Token>,
}

impl Axes {
    /// The axes of a token, for one of the ledger's plans.
    #[must_use]
    pub fn at(token: Token, plan: Option<PlanId>) -> Self {
        Self { token: Some(token), plan, ..Self::default() }
    }
}

/// A question, resolved on a ledger.
pub struct Asked<'l> {
    reader: app::Reader<'l>,
    resolved: app::Axes,
    /// The book without the lines that are left out; none when nothing is.
    what_if: Option<Book>,
    axes: Axes,
}

impl<'l> Asked<'l> {
    /// Resolves the axes in a ledger.
    ///
    /// # Errors
    /// When the ledger has not what is asked about, or cannot be read.
    pub fn new(reader: app::Reader<'l>, axes: Axes) -> Result<Self, AskError> {
        let resolved = resolve(&reader, &axes)?;
        check_token(&axes, &resolved)?;
        let plan = reader.book().registry().plan(resolved.plan);
        let found = domain::scoring::validate(&resolved.rules, plan);
        if !found.is_empty() {
            let found = found.iter().map(ToString::to_string).collect();
            return Err(AskError::UnfitRules { rules: resolved.rules_hash, found });
        }
        let left_out = (!axes.without.is_empty()).then_some(axes.without.as_slice());
        let what_if =
            left_out.map(|lines| app::without(reader.log(), lines, resolved.at.known)).transpose()?;
        Ok(Self { reader, resolved, what_if, axes })
    }

    /// The ledger.
    #[must_use]
    pub const fn reader(&self) -> &app::Reader<'l> {
        &self.reader
    }

    /// The reading.
    ///
    /// # Errors
    /// When the known lines have not what is asked about.
    pub fn reading(&self) -> Result<Reading<'_>, AskError> {
        let book = self.what_if.as_ref().unwrap_or_else(|| self.reader.book());
        let app::Axes { plan, at, root, rules, .. } = &self.resolved;
        Ok(Reading::under(book, *plan, *at, *root, rules)?.without(self.axes.without.clone()))
    }

    /// The frozen snapshot of the reading's plan that a line about a figure of this day came too late for (冻结后).
    pub(crate) fn frozen_before(&self, as_at: Date, position: u64) -> Option<EventHash> {
        let plan = &self.reader.book().registry().plan(self.resolved.plan).adopted.plan;
        let snapshots = self.reader.model().ledger().snapshots();
        snapshots.frozen_before(plan, as_at, position).map(|snapshot| snapshot.hash)
    }

    /// An answer that is a published table, with what must stand on each: notices, token and table root.
    pub(crate) fn answer(
        &self,
        rows: Value,
        shown: Vec<Table>,
        encoded: projections::Table,
    ) -> Result<Answer, AskError> {
        let heading = Heading::of(&self.reading()?, encoded.name(), encoded.encoder_version());
        let json = json!({
            "heading": heading,
            "token": heading.token(),
            "table_root": encoded.root(),
            "notices": heading.notices(),
            "rows": rows,
        });
        let footing = [
            self.token_line(&heading.token()),
            format!("表根 {}（{} 第 {} 版）", encoded.root(), encoded.name(), encoded.encoder_version()),
        ];
        Ok(self.dressed(Answer::new(json).encoded(encoded), shown, footing))
    }

    /// An answer whose tables all carry the same lines under them, with the notices as marks.
    ///
    /// # Panics
    /// Never: the reading was made before.
    pub fn dressed(
        &self,
        answer: Answer,
        shown: Vec<Table>,
        footing: impl IntoIterator<Item = String>,
    ) -> Answer {
        let footing: Vec<String> = footing.into_iter().collect();
        let shown = shown
            .into_iter()
            .map(|table| footing.iter().fold(table, |table, line| table.note(line.as_str())));
        let answer = shown.fold(answer, Answer::table);
        let reading = self.reading().expect("the same reading was made before");
        marked(answer, &Heading::of(&reading, "", 0))
    }

    /// The line under every table that names its token. Lines that were left out are no part of a token, so there it is only
    /// where the what-if starts from.
    #[must_use]
    pub fn token_line(&self, token: &Token) -> String {
        match self.axes.without.as_slice() {
            [] => format!("可复算标识 {token}"),
            [..] => format!("推演的出发点 {token}（略去事件之后的结果没有标识）"),
        }
    }

    /// `鹰潭市 截至 2022-04-30，前 1234 行`, and whether it is a what-if.
    pub(crate) fn caption(&self, what: &str) -> String {
        let plan = self.reader.book().registry().plan(self.resolved.plan);
        let official = self.reading().is_ok_and(|reading| reading.is_official());
        let at = self.resolved.at;
        let unofficial = if official { "" } else { "推演·非正式 " };
        format!("{unofficial}{what} {} 截至 {}，前 {} 行", plan.adopted.city, at.as_of, at.known)
    }
}

/// Adds a heading's notices to an answer as marks.
pub fn marked(answer: Answer, heading: &Heading) -> Answer {
    let answer = if heading.official { answer } else { answer.mark("推演·非正式") };
    heading.notices().into_iter().fold(answer, Answer::mark)
}

fn resolve(reader: &app::Reader<'_>, axes: &Axes) -> Result<app::Axes, AskError> {
    let book = reader.book();
    let plan = axes.plan.clone().or_else(|| first_plan(book)).ok_or(AskError::NoPlan)?;
    let token = axes.token.as_ref();
    if let Some(token) = token {
        let ledger = &book.registry().opened().ok_or(AskError::Empty)?.origin;
        if &token.origin != ledger {
            return Err(AskError::OtherLedger { token: token.origin.clone(), ledger: ledger.clone() });
        }
    }
    let known_at = token.map_or(axes.known_at.unwrap_or(KnownAt::Head), |token| KnownAt::Size(token.size));
    let of_token = || token.map_or(RulesChoice::InForce, |token| RulesChoice::Hash(token.rules));
    let rules = axes.rules.clone().unwrap_or_else(of_token);
    let known = reader.size_at(known_at)?;
    let latest = projections::latest_day(book, &plan, known);
    let as_of = token.map(|token| token.as_of).or(axes.as_of);
    Ok(reader.resolve(&Question { plan, as_of, known_at, rules }, latest)?)
}

/// In a ledger of many cities, the first one's plan: its name is on every table.
fn first_plan(book: &Book) -> Option<PlanId> {
    book.registry().plans().next().map(|(_, plan)| plan.adopted.plan.clone())
}

/// A token whose root is not this ledger's names another history: nothing may be shown under it.
fn check_token(axes: &Axes, resolved: &app::Axes) -> Result<(), AskError> {
    let Some(token) = &axes.token else { return Ok(()) };
    let app::Axes { root, rules_hash, .. } = resolved;
    let what = if token.root != *root {
        format!(
            "标识里的根 {} 与这个账本前 {} 行的根 {root} 不同：两者不是同一段历史。请与出具标识的一方核对。",
            token.root, token.size
        )
    } else if token.rules != *rules_hash {
        format!("给出的规则哈希是 {rules_hash}，标识里是 {}。请给出标识所用的规则文件。", token.rules)
    } else {
        return Ok(());
    };
    Err(AskError::OtherHistory(what))
}

/// A cell of the reading's plan by its ids.
pub fn cell(
    reading: &Reading<'_>,
    indicator: &IndicatorId,
    area: &AreaId,
) -> Result<(IndicatorIx, AreaIx), AskError> {
    let plan = reading.plan();
    let row = plan.indicator_ix(indicator).ok_or_else(|| AskError::NoIndicator(indicator.clone()))?;
    let area_ix = plan.area_ix(area).ok_or_else(|| AskError::NoArea {
        area: area.clone(),
        known: plan.areas().iter().map(|own| own.area.to_string()).collect(),
    })?;
    Ok((row, area_ix))
}
