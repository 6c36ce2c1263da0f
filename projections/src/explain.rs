//! Why a cell has its points: rule, target, figures, every step of the arithmetic, down to event hashes.

use chain::{ContentHash, Date, EventHash};
use domain::book::FigureIx;
use domain::rational::Rational;
use domain::registry::{AreaIx, IndicatorIx, TargetVersion};
use domain::scoring;
use events::rulebook::{BlockShare, Method, Pace};
use events::{Decimal, Direction, IndicatorKind, RulebookId, Stage, Target};
use serde::Serialize;

use crate::tables::Heading;
use crate::tables::v1::figures::{self, FigureRow};
use crate::tables::v1::scores::{self, BlockRow, CellRow};
use crate::{Reading, Token, words};

/// The document's name in its heading.
const NAME: &str = "explanation";
/// The version of the document's shape.
const VERSION: u32 = 1;

/// A cell's score with everything it follows from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellExplanation<'a> {
    /// Of which reading, and whether it is official.
    pub heading: Heading,
    /// The token, in one line.
    pub token: Token,
    /// The cell in words.
    pub name: CellName<'a>,
    /// The rule.
    pub rule: Rule<'a>,
    /// All known versions of the year's target, by position.
    pub targets: Vec<TargetRow<'a>>,
    /// The figure that counts; none where none does, or where it is rolled up.
    pub figure: Option<FigureRow<'a>>,
    /// Known figures of the cell that do not count, by position, each with the reason.
    pub passed_over: Vec<FigureRow<'a>>,
    /// Figures of other cells that the result depends on.
    pub inputs: Vec<FigureRow<'a>>,
    /// Evidence for the figure that counts.
    pub evidence: Vec<EvidenceRow>,
    /// The arithmetic, from the target to the block's points.
    pub steps: Vec<StepRow>,
    /// The cell's row of the score table.
    pub cell: CellRow<'a>,
    /// The block's row of the score table; none for a row without points.
    pub block: Option<BlockRow<'a>>,
}

/// A cell in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellName<'a> {
    /// The area's name.
    pub area: &'a str,
    /// The row's name, with its group.
    pub indicator: String,
    /// The unit of measure as printed.
    pub measure: &'a str,
    /// What figures measure over time.
    pub kind: IndicatorKind,
    /// Which way is good.
    pub direction: Direction,
    /// The line that defined the row.
    pub defined: EventHash,
}

/// The rule that was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule<'a> {
    /// The hash of the rules.
    pub rules: ContentHash,
    /// The line that adopted them; none for rules that are not on record.
    pub adopted: Option<EventHash>,
    /// The rulebook's id; none for rules that are not on record.
    pub rulebook: Option<&'a RulebookId>,
    /// Its title.
    pub title: Option<&'a str>,
    /// The row's method.
    pub method: &'a Method,
    /// How the block's rows share its points; none for a row without points.
    pub block_share: Option<&'a BlockShare>,
    /// The stage from which a figure counts.
    pub counts_from: Stage,
    /// How targets grow within the year.
    pub pace: Pace,
}

/// One version of the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TargetRow<'a> {
    /// The line that set or revised it.
    pub hash: EventHash,
    /// Its position.
    pub position: u64,
    /// The first day it holds for; none for the target as first set.
    pub effective_from: Option<Date>,
    /// The text as printed.
    pub raw: &'a str,
    /// What it means.
    pub target: Target,
    /// Whether it is the one that was applied.
    pub in_force: bool,
}

/// A piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EvidenceRow {
    /// The line that attached it.
    pub hash: EventHash,
    /// Its position.
    pub position: u64,
    /// The file's address.
    pub blake3: ContentHash,
}

/// A step of the arithmetic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepRow {
    /// What is computed.
    pub code: &'static str,
    /// The arithmetic with its numbers.
    pub expression: String,
    /// What came out, as an exact fraction.
    pub result: Rational,
    /// The same as a decimal; none where its expansion does not end.
    pub decimal: Option<String>,
    /// The rule that asks for it, in Chinese.
    pub note: String,
}

/// Explains one cell of a reading.
///
/// # Panics
/// When the plan has no such row or area.
#[must_use]
pub fn explain<'a>(reading: &Reading<'a>, row: IndicatorIx, area: AreaIx) -> CellExplanation<'a> {
    let explained = scoring::explain(reading.book(), reading.plan_ix(), &reading.inputs(), row, area);
    let versions = figures::versions(reading, reading.cell(row, area));
    let counted = explained.cell.figure.map(|ix| reading.book().figure(ix).hash);
    let is_counted = |figure: &FigureRow<'_>| Some(figure.hash) == counted;
    let (figure, passed_over): (Vec<_>, Vec<_>) = versions.into_iter().partition(is_counted);
    CellExplanation {
        heading: Heading::of(reading, NAME, VERSION),
        token: reading.token(),
        name: name(reading, row, area),
        rule: rule(reading, row),
        targets: targets(reading, row, area, explained.cell.target.map(|(line, _)| line)),
        evidence: counted.map_or(Vec::new(), |hash| evidence(reading, hash)),
        figure: figure.into_iter().next(),
        passed_over,
        inputs: explained.inputs.iter().filter_map(|ix| input(reading, *ix)).collect(),
        steps: explained.steps.into_iter().map(step).collect(),
        cell: scores::cell_row(reading, &explained.cell),
        block: explained.block.map(|block| scores::block_row(reading, &block)),
    }
}

fn name<'a>(reading: &Reading<'a>, row: IndicatorIx, area: AreaIx) -> CellName<'a> {
    let indicator = reading.plan().indicator(row);
    CellName {
        area: &reading.plan().area(area).name,
        indicator: reading.indicator_name(&indicator.defined.indicator),
        measure: &indicator.defined.measure,
        kind: indicator.defined.kind,
        direction: indicator.defined.direction,
        defined: indicator.hash,
    }
}

fn rule<'a>(reading: &Reading<'a>, row: IndicatorIx) -> Rule<'a> {
    let (plan, rules) = (reading.plan(), reading.rules());
    let defined = &plan.indicator(row).defined;
    let known = plan.rulebooks().iter().rev().filter(|own| own.position < reading.at().known);
    let adopted = known.into_iter().find(|own| own.rules_hash == reading.rules_hash());
    Rule {
        rules: reading.rules_hash(),
        adopted: adopted.map(|own| own.hash),
        rulebook: adopted.map(|own| &own.adopted.rulebook),
        title: adopted.map(|own| own.adopted.title.as_str()),
        method: rules.method_of(&defined.indicator),
        block_share: defined.block.as_ref().map(|block| rules.share_of(block)),
        counts_from: rules.counts_from,
        pace: rules.pace,
    }
}

fn targets<'a>(
    reading: &Reading<'a>,
    row: IndicatorIx,
    area: AreaIx,
    applied: Option<EventHash>,
) -> Vec<TargetRow<'a>> {
    let target = |(position, version): (u64, &'a TargetVersion)| TargetRow {
        hash: version.hash,
        position,
        effective_from: version.effective_from,
        raw: &version.raw,
        target: version.target,
        in_force: applied == Some(version.hash),
    };
    let Ok(year) = u16::try_from(reading.at().as_of.year()) else { return Vec::new() };
    let versions = reading.plan().target_versions(row, area, year);
    versions.filter(|(position, _)| *position < reading.at().known).map(target).collect()
}

fn evidence(reading: &Reading<'_>, figure: EventHash) -> Vec<EvidenceRow> {
    let shown = reading.book().evidence().iter();
    shown
        .filter(|own| own.figure == Some(figure) && own.position < reading.at().known)
        .map(|own| EvidenceRow { hash: own.hash, position: own.position, blake3: own.blake3 })
        .collect()
}

fn input<'a>(reading: &Reading<'a>, ix: FigureIx) -> Option<FigureRow<'a>> {
    let hash = reading.book().figure(ix).hash;
    figures::versions(reading, ix.cell).into_iter().find(|figure| figure.hash == hash)
}

fn step(step: scoring::Step) -> StepRow {
    StepRow {
        code: step.code,
        decimal: step.result.to_decimal(0),
        expression: step.expression,
        result: step.result,
        note: step.note_zh,
    }
}

impl CellExplanation<'_> {
    /// The explanation in Chinese, line by line.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.heading.notices();
        lines.push(format!("{} · {}", self.name.area, self.name.indicator));
        lines.push(self.outcome());
        lines.push(format!("标识　{}", self.token));
        lines.extend(self.rule_lines());
        lines.extend(self.targets.iter().map(|target| target_line(target, self.name.measure)));
        lines.extend(self.figure_lines());
        lines.extend((1..).zip(&self.steps).map(|(number, step)| step_line(number, step)));
        lines
    }

    fn outcome(&self) -> String {
        let share =
            self.cell.share.as_ref().map_or("不计入考核".to_owned(), |share| format!("得分率 {share}"));
        let reason = words::reason(self.cell.reason);
        let block = self
            .block
            .as_ref()
            .map(|block| format!("；所在权重块得 {} 分（可考核 {} 分）", block.points, block.assessed));
        format!("结果　{share}（{reason}）{}", block.unwrap_or_default())
    }

    fn rule_lines(&self) -> Vec<String> {
        let Rule { rules, adopted, title, counts_from, .. } = &self.rule;
        let title = title.unwrap_or("未入账的规则");
        let adopted = adopted.map_or(String::new(), |line| format!("，采纳事件 {line}"));
        vec![
            format!("规则　{title}（{rules}{adopted}）"),
            format!("　　　数值自“{}”起计入", words::stage(*counts_from)),
        ]
    }

    fn figure_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        match &self.figure {
            Some(figure) => lines.push(format!("数值　{}", figure_line(figure))),
            None => lines.push("数值　没有计入的数值".to_owned()),
        }
        let evidence = |own: &EvidenceRow| format!("　　　佐证 {}（事件 {}）", own.blake3, own.hash);
        lines.extend(self.evidence.iter().map(evidence));
        lines.extend(self.passed_over.iter().map(|figure| format!("未计入　{}", figure_line(figure))));
        lines.extend(
            self.inputs
                .iter()
                .map(|figure| format!("引用　{}@{} {}", figure.indicator, figure.area, figure_line(figure))),
        );
        lines
    }
}

fn target_line(row: &TargetRow<'_>, measure: &str) -> String {
    let meaning = match row.target {
        Target::Number { value } => amount(value, measure),
        Target::NotAssessed => "不考核".to_owned(),
        Target::NotYetSet => "待定".to_owned(),
        Target::ExceedsCity => "高于全市".to_owned(),
        Target::Void => "作废".to_owned(),
    };
    let from = row.effective_from.map_or(String::new(), |day| format!("，自 {day} 起"));
    let force = if row.in_force { "适用" } else { "不适用" };
    format!("目标　{meaning}（原文“{}”{from}，{force}；#{} {}）", row.raw, row.position, row.hash)
}

fn amount(value: Decimal, measure: &str) -> String {
    if measure == "—" { value.to_string() } else { format!("{value} {measure}") }
}

fn figure_line(figure: &FigureRow<'_>) -> String {
    let outcome = words::outcome(figure.outcome);
    let by = figure.outcome_by.map_or(String::new(), |hash| format!(" {hash}"));
    let day = figure.outcome_day.map_or(String::new(), |day| format!(" {day}"));
    let value = words::value(figure.value);
    let (as_at, life, status) = (figure.as_at, words::life(figure.life), words::status(figure.status));
    format!(
        "{value}（截至 {as_at}，{status}，{life}；{outcome}{by}{day}；#{} {}）",
        figure.position, figure.hash
    )
}

fn step_line(number: usize, step: &StepRow) -> String {
    let decimal = step.decimal.as_ref().filter(|text| **text != step.result.to_string());
    let decimal = decimal.map_or(String::new(), |text| format!(" = {text}"));
    format!("第 {number} 步　{} = {}{decimal}　{}", step.expression, step.result, step.note)
}
