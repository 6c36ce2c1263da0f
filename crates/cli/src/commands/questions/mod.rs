//! Commands that ask on the three axes: as of a day, known at a size, under rules. Nothing here changes the ledger.

pub mod diff;
pub mod explain;
pub mod figures;
pub mod roll_ups;
pub mod scores;
pub mod timeliness;
pub mod trail;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::Context as _;
use app::{KnownAt, Question, RulesChoice};
use chain::{Date, EventHash};
use clap::Args;
use domain::book::Book;
use domain::registry::{AreaIx, IndicatorIx};
use events::{AreaId, IndicatorId, PlanId};
use projections::tables::Heading;
use projections::{Reading, Token};
use serde_json::{Value, json};

use crate::args;
use crate::ending::WrongData;
use crate::ledger::Reader;
use crate::ledger_dir::Choice;
use crate::output::{Answer, Table, write_new};

/// The three axes, and what is left out.
#[derive(Clone, Debug, Default, Args)]
pub struct Axes {
    /// 方案代码；账本里只有一个方案时可不写
    #[arg(long, value_name = "PLAN", value_parser = args::plan)]
    plan: Option<PlanId>,
    /// 统计截止日；不写则用账本里最近一个有数的截止日
    #[arg(long, value_name = "DATE", value_parser = args::date)]
    as_of: Option<Date>,
    /// 认知时点：只看账本的前若干行（行数），或某一时间以前入账的；不写则看到最后一行
    #[arg(long, value_name = "SIZE|TIME", value_parser = known_at)]
    known_at: Option<KnownAt>,
    /// 计分规则：规则代码、规则哈希或规则文件；不写则用当时施行的规则
    #[arg(long, value_name = "RULES|FILE")]
    rules: Option<String>,
    /// 推演：略去这个事件，可以有几个
    #[arg(long, value_name = "HASH", value_parser = args::hash)]
    without: Vec<EventHash>,
    /// 可复算标识：照它的账本行数、截止日和规则重算
    #[arg(long, value_name = "TOKEN", value_parser = args::token, conflicts_with_all = ["as_of", "known_at", "without"])]
    token: Option<Token>,
    /// 把表的规范字节（JSON Lines）写成文件；它的表根可用 b3sum 核对
    #[arg(long, value_name = "FILE")]
    canonical: Option<PathBuf>,
}

impl Axes {
    /// The axes of a token, for one of the ledger's plans.
    pub fn at(token: Token, plan: PlanId) -> Self {
        Self { token: Some(token), plan: Some(plan), ..Self::default() }
    }

    /// Refuses to write an answer's bytes that is no table and has none.
    ///
    /// # Errors
    /// When they were asked for.
    fn refuse_canonical(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.canonical.is_none(), "这个命令的结果不是表，没有规范字节；请用 --json。");
        Ok(())
    }
}

fn known_at(text: &str) -> Result<KnownAt, String> {
    if let Ok(size) = text.parse() {
        return Ok(KnownAt::Size(size));
    }
    args::instant(text).map(KnownAt::Instant).map_err(|reason| format!("要写行数或时间；{reason}"))
}

/// A question with all that its answer borrows.
pub struct Asked {
    /// The ledger.
    pub reader: Rc<Reader>,
    resolved: app::Axes,
    /// The book without the lines that are left out; none when nothing is.
    what_if: Option<Book>,
    axes: Axes,
}

impl Asked {
    /// Opens the ledger and resolves the axes in it.
    ///
    /// # Errors
    /// When the ledger cannot be read, or has not what is asked about.
    pub fn new(ledger: &Choice, axes: Axes) -> anyhow::Result<Self> {
        Self::of(Rc::new(Reader::open(&ledger.directory()?)?), axes)
    }

    /// Resolves the axes in a ledger.
    ///
    /// # Errors
    /// When the ledger has not what is asked about.
    pub fn of(reader: Rc<Reader>, axes: Axes) -> anyhow::Result<Self> {
        let resolved = resolve(&reader, &axes)?;
        check_token(&axes, &resolved)?;
        let plan = reader.book().registry().plan(resolved.plan);
        let found = domain::scoring::validate(&resolved.rules, plan);
        anyhow::ensure!(
            found.is_empty(),
            "规则 {} 不能用于这个方案：{}",
            resolved.rules_hash,
            found.join("；")
        );
        let left_out = (!axes.without.is_empty()).then_some(axes.without.as_slice());
        let what_if = left_out.map(|lines| reader.book_without(lines, resolved.at.known)).transpose()?;
        Ok(Self { reader, resolved, what_if, axes })
    }

    /// The reading.
    ///
    /// # Errors
    /// When the known lines have not what is asked about.
    pub fn reading(&self) -> anyhow::Result<Reading<'_>> {
        let book = self.what_if.as_ref().unwrap_or_else(|| self.reader.book());
        let app::Axes { plan, at, root, rules, .. } = &self.resolved;
        Ok(Reading::under(book, *plan, *at, *root, rules)?.without(self.axes.without.clone()))
    }

    /// The frozen snapshot of the reading's plan that a line about a figure of this day came too late for (冻结后).
    pub fn frozen_before(&self, as_at: Date, position: u64) -> Option<EventHash> {
        let plan = &self.reader.book().registry().plan(self.resolved.plan).adopted.plan;
        let snapshots = self.reader.model().ledger().snapshots();
        snapshots.frozen_before(plan, as_at, position).map(|snapshot| snapshot.hash)
    }

    /// Adds to an answer what must stand on every table: notices, token and table root; writes the table's bytes where
    /// they are asked for.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn answer(
        &self,
        rows: Value,
        shown: Vec<Table>,
        encoded: &projections::Table,
    ) -> anyhow::Result<Answer> {
        let heading = Heading::of(&self.reading()?, encoded.name(), encoded.encoder_version());
        if let Some(path) = &self.axes.canonical {
            write_new(path, encoded.bytes())?;
        }
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
        Ok(self.dressed(Answer::new(json), shown, footing))
    }

    /// An answer whose tables all carry the same lines under them, with the notices as marks.
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
    pub fn token_line(&self, token: &Token) -> String {
        match self.axes.without.as_slice() {
            [] => format!("可复算标识 {token}"),
            [..] => format!("推演的出发点 {token}（略去事件之后的结果没有标识）"),
        }
    }

    /// `鹰潭市 截至 2022-04-30，前 1234 行`, and whether it is a what-if.
    pub fn caption(&self, what: &str) -> String {
        let plan = self.reader.book().registry().plan(self.resolved.plan);
        let official = self.reading().is_ok_and(|reading| reading.is_official());
        let at = self.resolved.at;
        let unofficial = if official { "" } else { "推演·非正式 " };
        format!("{unofficial}{what} {} 截至 {}，前 {} 行", plan.adopted.city, at.as_of, at.known)
    }
}

/// Adds a heading's notices to an answer as marks.
#[must_use]
pub fn marked(answer: Answer, heading: &Heading) -> Answer {
    let answer = if heading.official { answer } else { answer.mark("推演·非正式") };
    heading.notices().into_iter().fold(answer, Answer::mark)
}

fn resolve(reader: &Reader, axes: &Axes) -> anyhow::Result<app::Axes> {
    let plan = axes.plan.clone().or_else(|| first_plan(reader.book()));
    let plan = plan.context("账本里还没有方案。")?;
    let token = axes.token.as_ref();
    if let Some(token) = token {
        let origin = &reader.opened()?.origin;
        anyhow::ensure!(&token.origin == origin, "标识属于账本“{}”，这里是“{origin}”。", token.origin);
    }
    let known_at = token.map_or(axes.known_at.unwrap_or(KnownAt::Head), |token| KnownAt::Size(token.size));
    let rules = match (&axes.rules, token) {
        (Some(name), _) => rules_choice(name)?,
        (None, Some(token)) => RulesChoice::Hash(token.rules),
        (None, None) => RulesChoice::InForce,
    };
    let known = reader.axes().size_at(known_at)?;
    let latest = latest_day(reader.book(), &plan, known);
    let as_of = token.map(|token| token.as_of).or(axes.as_of);
    Ok(reader.axes().resolve(&Question { plan, as_of, known_at, rules }, latest)?)
}

/// In a ledger of many cities, the first one's plan: its name is on every table.
fn first_plan(book: &Book) -> Option<PlanId> {
    book.registry().plans().next().map(|(_, plan)| plan.adopted.plan.clone())
}

/// Rules by the hash of their text, by their file, or by their id.
fn rules_choice(name: &str) -> anyhow::Result<RulesChoice> {
    if let Ok(hash) = name.parse() {
        return Ok(RulesChoice::Hash(hash));
    }
    match name.parse() {
        Ok(id) if !Path::new(name).is_file() => Ok(RulesChoice::Id(id)),
        _ => Ok(RulesChoice::File(Box::new(super::rules::read(name.as_ref())?))),
    }
}

/// A token whose root is not this ledger's names another history: nothing may be shown under it.
fn check_token(axes: &Axes, resolved: &app::Axes) -> anyhow::Result<()> {
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
    Err(WrongData(what).into())
}

/// The latest day any figure of the plan was attained among the known lines; before the first figure, the end of the plan's
/// first year. The clock has no part in it: the same question has the same answer tomorrow.
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

/// A cell of the reading's plan by its ids.
///
/// # Errors
/// When the plan has no such row or area.
pub fn cell(
    reading: &Reading<'_>,
    indicator: &IndicatorId,
    area: &AreaId,
) -> anyhow::Result<(IndicatorIx, AreaIx)> {
    let plan = reading.plan();
    let row = plan.indicator_ix(indicator);
    let row = row.with_context(|| format!("方案里没有指标“{indicator}”，用 catalogue 查代码。"))?;
    let area_ix = plan.area_ix(area).with_context(|| {
        let areas: Vec<&str> = plan.areas().iter().map(|own| own.area.as_str()).collect();
        format!("方案里没有地区“{area}”，有 {}。", areas.join("、"))
    })?;
    Ok((row, area_ix))
}

/// A fraction for people: at most two places when it does not end sooner.
#[must_use]
pub fn two_places(number: &domain::rational::Rational) -> String {
    use events::rulebook::{Rounding, RoundingMode};
    number.to_rounded(Rounding { mode: RoundingMode::HalfEven, places: 2 })
}

/// A share or completion as per cent, to one place.
#[must_use]
pub fn per_cent(share: &domain::rational::Rational) -> String {
    use events::rulebook::{Rounding, RoundingMode};
    let hundred = domain::rational::Rational::from(100);
    (&hundred * share).to_rounded(Rounding { mode: RoundingMode::HalfEven, places: 1 })
}
