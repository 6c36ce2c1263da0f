//! Cells: what is due, which number is scored, and what share of full points it brings.

use events::rulebook::{CityFigure, LowerFormula, Measure, Method, TargetTreatment, Treatment};
use events::{Absence, Direction, IndicatorDefined, Target, Value};

use super::context::Context;
use super::trace::{Silent, Trace, show};
use super::{CellScore, Reason, methods, roll_up};
use crate::book::FigureIx;
use crate::rational::Rational;
use crate::registry::{IndicatorIx, TargetVersion};

/// A row with the rules that hold for it.
pub(super) struct Row<'a> {
    pub(super) ix: IndicatorIx,
    pub(super) defined: &'a IndicatorDefined,
    pub(super) method: &'a Method,
    pub(super) lower: bool,
    paced: bool,
    zero_target: TargetTreatment,
}

impl<'a> Row<'a> {
    fn new(context: &Context<'a>, ix: IndicatorIx) -> Self {
        let defined = &context.plan.indicator(ix).defined;
        let own = context.rules.rows.get(&defined.indicator);
        let method = own.and_then(|rule| rule.method.as_ref()).unwrap_or(&context.rules.method);
        let zero_target = own.and_then(|rule| rule.zero_target);
        Self {
            ix,
            defined,
            method,
            lower: defined.direction == Direction::LowerIsBetter,
            paced: own.and_then(|rule| rule.paced).unwrap_or(defined.paced),
            zero_target: zero_target.unwrap_or(context.rules.treatments.zero_target),
        }
    }

    /// Whether `one` is strictly better than `other`.
    pub(super) fn is_better(&self, one: &Rational, other: &Rational) -> bool {
        if self.lower { one < other } else { one > other }
    }
}

/// The number a cell has, or why it has none.
pub(super) enum Held {
    Missing,
    Absent(Absence),
    Number(Rational),
}

/// Value over due, or due over value where lower is better.
pub(super) enum Completion {
    /// No number, no figure, or a due value that is not above zero.
    Undefined,
    Number(Rational),
    /// Lower is better and the figure is zero or below: better than every quotient.
    Unbounded,
}

/// What a cell has before it is scored.
pub(super) struct Facts<'a> {
    target: Option<&'a TargetVersion>,
    pub(super) due: Option<Rational>,
    /// None where none counts, or where the city's is rolled up.
    pub(super) figure: Option<FigureIx>,
    pub(super) held: Held,
    pub(super) completion: Completion,
}

impl Facts<'_> {
    /// The number, where the target is one too: only such cells are compared within a class.
    pub(super) const fn comparable(&self) -> Option<&Rational> {
        match (&self.held, &self.due) {
            (Held::Number(number), Some(_)) => Some(number),
            (Held::Number(_), None) | (Held::Missing | Held::Absent(_), _) => None,
        }
    }
}

/// All cells, rows in the plan's order, in each the columns.
pub(super) fn all(context: &Context<'_>) -> Vec<CellScore> {
    let mut cells = Vec::with_capacity(context.rows.len() * context.areas.len());
    let mut facts = Vec::with_capacity(context.areas.len());
    for ix in &context.rows {
        let row = Row::new(context, *ix);
        facts.clear();
        facts.extend((0..context.areas.len()).map(|column| facts_of(context, &row, column, &mut Silent)));
        cells
            .extend((0..context.areas.len()).map(|column| score(context, &row, &facts, column, &mut Silent)));
    }
    cells
}

/// One cell; it looks at its whole row, because a rank does.
pub(super) fn one(
    context: &Context<'_>,
    ix: IndicatorIx,
    column: usize,
    trace: &mut impl Trace,
) -> CellScore {
    let row = Row::new(context, ix);
    let facts = |own: usize| {
        if own == column {
            facts_of(context, &row, own, trace)
        } else {
            facts_of(context, &row, own, &mut Silent)
        }
    };
    let facts: Vec<Facts<'_>> = (0..context.areas.len()).map(facts).collect();
    score(context, &row, &facts, column, trace)
}

fn facts_of<'a>(context: &Context<'a>, row: &Row<'a>, column: usize, trace: &mut impl Trace) -> Facts<'a> {
    let area = context.areas[column];
    let at = context.inputs.targets;
    let target = context.plan.target(row.ix, area, at.as_of, at.known);
    let due = target.and_then(|version| due(context, row, &version.target, trace));
    let (figure, held) = held(context, row, column, trace);
    let completion = completion(row, due.as_ref(), &held, trace);
    Facts { target, due, figure, held, completion }
}

/// The target, paced; none where it is no number. What is not above zero is due whole: a part of a negative target
/// would ask for more in January than in December.
fn due(context: &Context<'_>, row: &Row<'_>, target: &Target, trace: &mut impl Trace) -> Option<Rational> {
    let whole = match target {
        Target::Number { value } => Rational::from(*value),
        Target::NotAssessed | Target::NotYetSet | Target::ExceedsCity | Target::Void => return None,
    };
    trace.step("target", &whole, || (show(&whole), format!("全年目标，单位 {}", row.defined.measure)));
    let pace = context.pace;
    if !row.paced || pace.elapsed == pace.of || whole <= Rational::ZERO {
        return Some(whole);
    }
    let due = &whole * &pace.rational();
    trace.step("due", &due, || {
        (
            format!("{} × {}/{}", show(&whole), pace.elapsed, pace.of),
            "序时目标：全年目标按时间进度折算".to_owned(),
        )
    });
    Some(due)
}

fn held(
    context: &Context<'_>,
    row: &Row<'_>,
    column: usize,
    trace: &mut impl Trace,
) -> (Option<FigureIx>, Held) {
    let rolled = context.rules.city_figure == CityFigure::RolledUp
        && context.city == Some(column)
        && roll_up::is_declared(&row.defined.roll_up);
    if rolled {
        return (None, roll_up::rolled_up(context, row.ix, trace).map_or(Held::Missing, Held::Number));
    }
    let Some((ix, figure)) = context.figure(row.ix, context.areas[column]) else {
        return (None, Held::Missing);
    };
    let held = match figure.value {
        Value::Absent(absence) => Held::Absent(absence),
        Value::Number(number) => {
            let number = Rational::from(number);
            trace
                .step("figure", &number, || (show(&number), format!("完成值，单位 {}", row.defined.measure)));
            Held::Number(number)
        }
    };
    (Some(ix), held)
}

fn completion(row: &Row<'_>, due: Option<&Rational>, held: &Held, trace: &mut impl Trace) -> Completion {
    let (Some(due), Held::Number(value)) = (due.filter(|due| **due > Rational::ZERO), held) else {
        return Completion::Undefined;
    };
    let (over, under, note) = if row.lower {
        (due, value, "完成率：目标 ÷ 完成值（越低越好）")
    } else {
        (value, due, "完成率：完成值 ÷ 目标，保留精确分数")
    };
    if *under <= Rational::ZERO {
        return Completion::Unbounded;
    }
    let quotient = over.over(under).expect("a divisor above zero");
    trace.step("completion", &quotient, || (format!("{} ÷ {}", show(over), show(under)), note.to_owned()));
    Completion::Number(quotient)
}

fn score<'a>(
    context: &Context<'a>,
    row: &Row<'a>,
    facts: &[Facts<'a>],
    column: usize,
    trace: &mut impl Trace,
) -> CellScore {
    let (share, reason) = share(context, row, facts, column, trace);
    let own = &facts[column];
    let completion = match &own.completion {
        Completion::Number(number) => Some(number.clone()),
        Completion::Undefined | Completion::Unbounded => None,
    };
    CellScore {
        indicator: row.ix,
        area: context.areas[column],
        target: own.target.map(|version| (version.hash, version.target)),
        due: own.due.clone(),
        figure: own.figure,
        value: match &own.held {
            Held::Number(number) => Some(number.clone()),
            Held::Missing | Held::Absent(_) => None,
        },
        light: completion.as_ref().and_then(|completion| light(context, completion)),
        completion,
        share,
        reason,
    }
}

fn light(context: &Context<'_>, completion: &Rational) -> Option<usize> {
    let reached = |at_least: Option<events::Decimal>| at_least.is_none_or(|own| *completion >= own.into());
    context.rules.lights.iter().position(|light| reached(light.at_least))
}

/// A share, or none when the cell leaves the assessment; and where that comes from.
pub(super) type Share = (Option<Rational>, Reason);

fn share<'a>(
    context: &Context<'a>,
    row: &Row<'a>,
    facts: &[Facts<'a>],
    column: usize,
    trace: &mut impl Trace,
) -> Share {
    let own = &facts[column];
    let treatments = &context.rules.treatments;
    let Some(version) = own.target else { return (None, Reason::NoTarget) };
    match version.target {
        Target::NotAssessed => treated(treatments.not_assessed, Reason::NotAssessed, trace),
        Target::NotYetSet => treated(treatments.not_yet_set, Reason::NotYetSet, trace),
        Target::Void => treated(treatments.void, Reason::Void, trace),
        Target::ExceedsCity => match number_or_treated(context, own, trace) {
            Ok(value) if context.city != Some(column) => {
                methods::exceeds_city(context, row, facts, value, trace)
            }
            Ok(_) => (None, Reason::NothingToCompare),
            Err(treated) => treated,
        },
        Target::Number { .. } => by_number(context, row, facts, column, trace),
    }
}

fn by_number<'a>(
    context: &Context<'a>,
    row: &Row<'a>,
    facts: &[Facts<'a>],
    column: usize,
    trace: &mut impl Trace,
) -> Share {
    let own = &facts[column];
    let due = own.due.as_ref().expect("a number is due");
    let unfit = if takes_quotient(row.method) { unfit(context, row, due) } else { None };
    let reason = unfit.map_or(Reason::Method, |(_, reason)| reason);
    match unfit.map(|(treatment, _)| treatment) {
        Some(TargetTreatment::Drop) => treated(Treatment::Drop, reason, trace),
        Some(TargetTreatment::Full) => treated(Treatment::Full, reason, trace),
        Some(TargetTreatment::Zero) => treated(Treatment::Zero, reason, trace),
        Some(TargetTreatment::PassFail) => match number_or_treated(context, own, trace) {
            Ok(value) => (Some(methods::pass_fail(row, value, due, trace)), reason),
            Err(treated) => treated,
        },
        None => match number_or_treated(context, own, trace) {
            Ok(value) => methods::share(context, row, facts, column, (value, due), trace),
            Err(treated) => treated,
        },
    }
}

/// Whether a method takes a quotient with the target, which zero and negative targets make meaningless.
const fn takes_quotient(method: &Method) -> bool {
    match method {
        Method::Ratio { .. } => true,
        Method::LowerIsBetter { formula, .. } => match formula {
            LowerFormula::TargetOverActual {} | LowerFormula::TwoMinusRatio {} => true,
            LowerFormula::FromBase { .. } => false,
        },
        Method::Steps { of, .. } | Method::EfficacyTiers { of, .. } | Method::Rank { of, .. } => {
            matches!(of, Measure::Completion)
        }
        Method::PassFail {}
        | Method::Band { .. }
        | Method::EfficacyRange { .. }
        | Method::ExceedsCity {}
        | Method::PercentagePoints { .. } => false,
    }
}

fn unfit(context: &Context<'_>, row: &Row<'_>, due: &Rational) -> Option<(TargetTreatment, Reason)> {
    if due.is_zero() {
        return Some((row.zero_target, Reason::ZeroTarget));
    }
    due.is_negative().then_some((context.rules.treatments.negative_target, Reason::NegativeTarget))
}

/// The cell's number, or what the rules make of its absence.
fn number_or_treated<'f>(
    context: &Context<'_>,
    own: &'f Facts<'_>,
    trace: &mut impl Trace,
) -> Result<&'f Rational, Share> {
    let treatments = &context.rules.treatments;
    let (treatment, reason) = match &own.held {
        Held::Number(number) => return Ok(number),
        Held::Missing => (treatments.missing_figure, Reason::MissingFigure),
        Held::Absent(Absence::NotAvailable) => (treatments.not_available, Reason::NotAvailable),
        Held::Absent(Absence::NotApplicable) => (treatments.not_applicable, Reason::NotApplicable),
        Held::Absent(Absence::Withheld) => (treatments.withheld, Reason::Withheld),
    };
    Err(treated(treatment, reason, trace))
}

fn treated(treatment: Treatment, reason: Reason, trace: &mut impl Trace) -> Share {
    let share = match treatment {
        Treatment::Drop => return (None, reason),
        Treatment::Full => Rational::ONE,
        Treatment::Zero => Rational::ZERO,
    };
    trace.step("share", &share, || {
        (
            show(&share),
            format!("规则规定：{}时按{}计", reason_zh(reason), if share.is_zero() { "零分" } else { "满分" }),
        )
    });
    (Some(share), reason)
}

const fn reason_zh(reason: Reason) -> &'static str {
    match reason {
        Reason::Method => "按方法计分",
        Reason::NotAssessed => "该地不考核此项",
        Reason::NotYetSet => "目标尚未下达",
        Reason::Void => "此项作废",
        Reason::NoTarget => "当年没有目标",
        Reason::MissingFigure => "没有可计分的数值",
        Reason::NotAvailable => "数值暂无",
        Reason::NotApplicable => "数值不适用",
        Reason::Withheld => "数值不予公布",
        Reason::ZeroTarget => "目标为零",
        Reason::NegativeTarget => "目标为负",
        Reason::NothingToCompare => "没有可比对象",
    }
}
