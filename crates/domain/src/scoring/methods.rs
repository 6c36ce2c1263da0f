//! The methods: from a figure `a` and what is due `t` to a share of full points. `docs/scoring.md` §4 defines each.

use std::cmp::Ordering;

use events::Decimal;
use events::rulebook::{Bounds, LowerFormula, Measure, Method, RankScale, Step, Ties};

use super::Reason;
use super::cells::{Completion, Facts, Held, Row, Share};
use super::context::Context;
use super::trace::{Trace, show};
use crate::rational::Rational;
use crate::registry::AreaIx;

/// The share of a cell whose target and figure are numbers, and whose target suits the method.
pub(super) fn share<'a>(
    context: &Context<'a>,
    row: &Row<'a>,
    facts: &[Facts<'a>],
    column: usize,
    (value, due): (&Rational, &Rational),
    trace: &mut impl Trace,
) -> Share {
    let own = &facts[column];
    let share = match row.method {
        Method::Ratio { ceiling, floor } => {
            bounded(ratio(value, due, own, row, trace), *floor, *ceiling, trace)
        }
        Method::LowerIsBetter { ceiling, floor, formula } => {
            match lower(context.areas[column], context, formula, (value, due), trace) {
                Some(share) => bounded(share, *floor, *ceiling, trace),
                None => best_of(*ceiling, trace),
            }
        }
        Method::PassFail {} => pass_fail(row, value, due, trace),
        Method::Steps { of, steps } => step_share(steps, &measured(*of, value, own), trace),
        Method::Band { low, high, zero_below, zero_above } => {
            band(value, (*low, *zero_below), (*high, *zero_above), trace)
        }
        Method::EfficacyRange { base, bounds, ceiling, floor } => {
            let Some((best, worst)) = bounds_of(context, row, facts, column, bounds, trace) else {
                return (None, Reason::NothingToCompare);
            };
            bounded(efficacy(value, (*base).into(), &best, &worst, trace), *floor, *ceiling, trace)
        }
        Method::EfficacyTiers { of, tiers } => tier_share(tiers, &measured(*of, value, own), trace),
        Method::Rank { of, scale } => match place(context, row, facts, column, *of, trace) {
            Some((place, of)) => rank_share(scale, place, of, trace),
            None => return (None, Reason::NothingToCompare),
        },
        // The city cannot exceed itself: its own number is what it has to attain.
        Method::ExceedsCity {} if context.city == Some(column) => pass_fail(row, value, due, trace),
        Method::ExceedsCity {} => return exceeds_city(context, row, facts, value, trace),
        Method::PercentagePoints { ceiling, floor, lost_per_point } => {
            bounded(percentage_points(row, value, due, *lost_per_point, trace), *floor, *ceiling, trace)
        }
    };
    (Some(share), Reason::Method)
}

fn ratio(
    value: &Rational,
    due: &Rational,
    own: &Facts<'_>,
    row: &Row<'_>,
    trace: &mut impl Trace,
) -> Rational {
    let share = match &own.completion {
        Completion::Number(quotient) if !row.lower => quotient.clone(),
        Completion::Number(_) | Completion::Undefined | Completion::Unbounded => {
            value.over(due).expect("a target above zero")
        }
    };
    trace.step("share", &share, || {
        (format!("{} ÷ {}", show(value), show(due)), "得分系数：完成值 ÷ 目标".to_owned())
    });
    share
}

/// None for `t / a` with a figure of zero or below.
fn lower(
    area: AreaIx,
    context: &Context<'_>,
    formula: &LowerFormula,
    (value, due): (&Rational, &Rational),
    trace: &mut impl Trace,
) -> Option<Rational> {
    let share = match formula {
        LowerFormula::TargetOverActual {} if *value <= Rational::ZERO => return None,
        LowerFormula::TargetOverActual {} => due.over(value).expect("a figure above zero"),
        LowerFormula::TwoMinusRatio {} => &Rational::from(2) - &value.over(due).expect("a target above zero"),
        LowerFormula::FromBase { bases } => {
            let base = bases.get(&context.plan.area(area).area).map(|base| Rational::from(*base));
            return Some(from_base(base.filter(|base| base > due), value, due, trace));
        }
    };
    trace.step("share", &share, || match formula {
        LowerFormula::TwoMinusRatio {} => (
            format!("2 − {} ÷ {}", show(value), show(due)),
            "得分系数（越低越好）：2 − 完成值 ÷ 目标".to_owned(),
        ),
        LowerFormula::TargetOverActual {} | LowerFormula::FromBase { .. } => {
            (format!("{} ÷ {}", show(due), show(value)), "得分系数（越低越好）：目标 ÷ 完成值".to_owned())
        }
    });
    Some(share)
}

/// Without a base above the target there is no way to come down: the target is reached or not.
fn from_base(base: Option<Rational>, value: &Rational, due: &Rational, trace: &mut impl Trace) -> Rational {
    let share = match &base {
        Some(base) => (base - value).over(&(base - due)).expect("a base above the target"),
        None => full_if(value <= due),
    };
    trace.step("share", &share, || match &base {
        Some(base) => {
            let (base, note) = (show(base), "得分系数（越低越好）：（基数 − 完成值）÷（基数 − 目标）");
            (format!("({base} − {}) ÷ ({base} − {})", show(value), show(due)), note.to_owned())
        }
        None => (
            format!("{} ≤ {}", show(value), show(due)),
            "基数不高于目标：达到目标得满分，否则不得分".to_owned(),
        ),
    });
    share
}

/// A figure of zero or below where less is better: as good as it gets.
fn best_of(ceiling: Option<Decimal>, trace: &mut impl Trace) -> Rational {
    let share = ceiling.map_or(Rational::ONE, Rational::from);
    trace.step("share", &share, || {
        (show(&share), "完成值不高于零（越低越好）：按上限计，没有上限按满分计".to_owned())
    });
    share
}

fn full_if(reached: bool) -> Rational {
    if reached { Rational::ONE } else { Rational::ZERO }
}

/// Full share when the target is reached.
pub(super) fn pass_fail(row: &Row<'_>, value: &Rational, due: &Rational, trace: &mut impl Trace) -> Rational {
    let share = full_if(!row.is_better(due, value));
    trace.step("share", &share, || {
        let sign = if row.lower { "≤" } else { "≥" };
        (format!("{} {sign} {}", show(value), show(due)), "达到目标得满分，否则不得分".to_owned())
    });
    share
}

/// Full share when the figure is strictly better than the city's; nothing to compare without one.
pub(super) fn exceeds_city<'a>(
    context: &Context<'a>,
    row: &Row<'a>,
    facts: &[Facts<'a>],
    value: &Rational,
    trace: &mut impl Trace,
) -> Share {
    let Some((column, Held::Number(city))) = context.city.map(|column| (column, &facts[column].held)) else {
        return (None, Reason::NothingToCompare);
    };
    note_input(context, row, facts, column, trace);
    let share = full_if(row.is_better(value, city));
    trace.step("share", &share, || {
        let sign = if row.lower { "<" } else { ">" };
        (format!("{} {sign} {}", show(value), show(city)), "须优于全市数（相等不算）".to_owned())
    });
    (Some(share), Reason::Method)
}

/// Notes what another cell's number comes from.
fn note_input<'a, T: Trace>(
    context: &Context<'a>,
    row: &Row<'a>,
    facts: &[Facts<'a>],
    column: usize,
    trace: &mut T,
) {
    if let Some(figure) = facts[column].figure {
        trace.input(figure);
    } else if T::WRITES {
        super::roll_up::rolled_up(context, row.ix, trace);
    }
}

fn percentage_points(
    row: &Row<'_>,
    value: &Rational,
    due: &Rational,
    lost_per_point: Decimal,
    trace: &mut impl Trace,
) -> Rational {
    let (more, less) = if row.lower { (value, due) } else { (due, value) };
    let lost = Rational::from(lost_per_point);
    let share = &Rational::ONE - &(&lost * &(more - less));
    trace.step("share", &share, || {
        let expression = format!("1 − {} × ({} − {})", show(&lost), show(more), show(less));
        (expression, "每差一个百分点扣减得分系数".to_owned())
    });
    share
}

fn bounded(
    share: Rational,
    floor: Option<Decimal>,
    ceiling: Option<Decimal>,
    trace: &mut impl Trace,
) -> Rational {
    let (floor, ceiling) = (floor.map(Rational::from), ceiling.map(Rational::from));
    let kept = share.clone().clamp_between(floor.as_ref(), ceiling.as_ref());
    if floor.is_some() || ceiling.is_some() {
        trace.step("bounds", &kept, || {
            let bound = |bound: &Option<Rational>| bound.as_ref().map_or_else(|| "不限".to_owned(), show);
            let (floor, ceiling) = (bound(&floor), bound(&ceiling));
            (format!("{}，保底 {floor}，封顶 {ceiling}", show(&share)), "得分系数限于上下限之间".to_owned())
        });
    }
    kept
}

/// What a step, tier or rank looks at; none where it is better than every number.
fn measured<'f>(of: Measure, value: &'f Rational, own: &'f Facts<'_>) -> Option<&'f Rational> {
    match (of, &own.completion) {
        (Measure::Figure, _) => Some(value),
        (Measure::Completion, Completion::Number(quotient)) => Some(quotient),
        (Measure::Completion, Completion::Undefined | Completion::Unbounded) => None,
    }
}

fn step_share(steps: &[Step], measured: &Option<&Rational>, trace: &mut impl Trace) -> Rational {
    let reached = |step: &&Step| measured.is_none_or(|own| *own >= Rational::from(step.at));
    let step = steps.iter().rev().find(reached);
    let share = step.map_or(Rational::ZERO, |step| step.share.into());
    trace.step("share", &share, || {
        let own = measured.map_or_else(|| "∞".to_owned(), show);
        match step {
            Some(step) => (format!("{own} ≥ {}", step.at), "分档计分：取达到的最高一档".to_owned()),
            None => (own, "分档计分：未达到最低一档".to_owned()),
        }
    });
    share
}

fn tier_share(tiers: &[Step], measured: &Option<&Rational>, trace: &mut impl Trace) -> Rational {
    let below = |own: &Rational| tiers.partition_point(|tier| Rational::from(tier.at) <= *own);
    let end = measured.map_or(tiers.len(), below);
    let share_at = |tier: &Step| Rational::from(tier.share);
    let (lower, upper) = (end.checked_sub(1).and_then(|last| tiers.get(last)), tiers.get(end));
    let share = match (lower, upper, measured) {
        (Some(lower), Some(upper), Some(own)) => {
            let (from, to) = (Rational::from(lower.at), Rational::from(upper.at));
            let way = (*own - &from).over(&(&to - &from)).expect("tiers ascend");
            &share_at(lower) + &(&(&share_at(upper) - &share_at(lower)) * &way)
        }
        (Some(outermost), _, _) | (None, Some(outermost), _) => share_at(outermost),
        (None, None, _) => Rational::ZERO,
    };
    trace.step("share", &share, || {
        let own = measured.map_or_else(|| "∞".to_owned(), show);
        match (lower, upper) {
            (Some(lower), Some(upper)) => {
                let (a, b, c, d) = (lower.at, upper.at, lower.share, upper.share);
                (
                    format!("{c} + ({d} − {c}) × ({own} − {a}) ÷ ({b} − {a})"),
                    "功效系数：相邻两档之间线性插值".to_owned(),
                )
            }
            (Some(_), None) | (None, _) => (own, "功效系数：在最低档以下或最高档以上，取该档".to_owned()),
        }
    });
    share
}

fn band(
    value: &Rational,
    (low, zero_below): (Decimal, Option<Decimal>),
    (high, zero_above): (Decimal, Option<Decimal>),
    trace: &mut impl Trace,
) -> Rational {
    let (bottom, top) = (Rational::from(low), Rational::from(high));
    let fall = |edge: &Rational, zero: Option<Decimal>| {
        let zero = Rational::from(zero?);
        let way = (value - &zero).over(&(edge - &zero))?;
        Some(way.max(Rational::ZERO))
    };
    let share = if *value < bottom {
        fall(&bottom, zero_below).unwrap_or(Rational::ZERO)
    } else if *value > top {
        fall(&top, zero_above).unwrap_or(Rational::ZERO)
    } else {
        Rational::ONE
    };
    trace.step("share", &share, || {
        (format!("{} 对 [{low}, {high}]", show(value)), "区间计分：区间内满分，区间外线性递减".to_owned())
    });
    share
}

/// Best and worst value; none when they are to be observed and the class has no other figure.
fn bounds_of<'a>(
    context: &Context<'a>,
    row: &Row<'a>,
    facts: &[Facts<'a>],
    column: usize,
    bounds: &Bounds,
    trace: &mut impl Trace,
) -> Option<(Rational, Rational)> {
    if let Bounds::Given { best, worst } = bounds {
        return Some(((*best).into(), (*worst).into()));
    }
    let (mut best, mut worst) = (facts[column].comparable()?, facts[column].comparable()?);
    let mut others = 0;
    for other in classmates(context, column) {
        let Some(value) = facts[other].comparable() else { continue };
        note_input(context, row, facts, other, trace);
        others += 1;
        best = if row.is_better(value, best) { value } else { best };
        worst = if row.is_better(worst, value) { value } else { worst };
    }
    (others > 0).then(|| (best.clone(), worst.clone()))
}

/// The other columns of the same ranking class.
fn classmates(context: &Context<'_>, column: usize) -> impl Iterator<Item = usize> {
    let class = context.classes[column];
    (0..context.classes.len())
        .filter(move |other| *other != column && class.is_some() && context.classes[*other] == class)
}

/// Equal bounds leave nothing to tell apart: everybody is at the best value.
fn efficacy(
    value: &Rational,
    base: Rational,
    best: &Rational,
    worst: &Rational,
    trace: &mut impl Trace,
) -> Rational {
    let way = (value - worst).over(&(best - worst)).unwrap_or(Rational::ONE);
    let share = &base + &(&(&Rational::ONE - &base) * &way);
    trace.step("share", &share, || {
        let (a, b, w, base) = (show(value), show(best), show(worst), show(&base));
        (
            format!("{base} + (1 − {base}) × ({a} − {w}) ÷ ({b} − {w})"),
            "功效系数：按最好值与最差值之间的位置".to_owned(),
        )
    });
    share
}

/// How two cells compare; `Greater` is better. None where a cell cannot be compared.
fn compare(row: &Row<'_>, of: Measure, one: &Facts<'_>, other: &Facts<'_>) -> Option<Ordering> {
    match of {
        Measure::Figure => {
            let order = one.comparable()?.cmp(other.comparable()?);
            Some(if row.lower { order.reverse() } else { order })
        }
        Measure::Completion => match (&one.completion, &other.completion) {
            (Completion::Undefined, _) | (_, Completion::Undefined) => None,
            (Completion::Number(one), Completion::Number(other)) => Some(one.cmp(other)),
            (Completion::Unbounded, Completion::Unbounded) => Some(Ordering::Equal),
            (Completion::Unbounded, Completion::Number(_)) => Some(Ordering::Greater),
            (Completion::Number(_), Completion::Unbounded) => Some(Ordering::Less),
        },
    }
}

/// The place in the class and how many have one; none without another to compare with.
fn place<'a>(
    context: &Context<'a>,
    row: &Row<'a>,
    facts: &[Facts<'a>],
    column: usize,
    of: Measure,
    trace: &mut impl Trace,
) -> Option<(u32, u32)> {
    let order = |one: usize, other: usize| compare(row, of, &facts[one], &facts[other]);
    let others = || classmates(context, column).filter(|other| order(*other, column).is_some());
    let better = || others().filter(|other| order(*other, column) == Some(Ordering::Greater));
    // Under dense places a value counts once, at its first column.
    let first =
        |one: &usize| !better().any(|other| other < *one && order(other, *one) == Some(Ordering::Equal));
    let ahead = match context.rules.ranking.ties {
        Ties::Competition => better().count(),
        Ties::Dense => better().filter(first).count(),
    };
    others().for_each(|other| note_input(context, row, facts, other, trace));
    let number = |count: usize| u32::try_from(count).expect("fewer than 65,536 areas");
    let count = others().count();
    (count > 0).then(|| (number(ahead) + 1, number(count) + 1))
}

fn rank_share(scale: &RankScale, place: u32, of: u32, trace: &mut impl Trace) -> Rational {
    let share = match scale {
        RankScale::Linear {} => Rational::new((of - place + 1).into(), of.into()),
        RankScale::Listed { shares } => {
            let listed = shares.get(place as usize - 1).or(shares.last());
            listed.map_or(Rational::ZERO, |share| (*share).into())
        }
    };
    trace.step("share", &share, || match scale {
        RankScale::Linear {} => {
            (format!("({of} − {place} + 1) ÷ {of}"), format!("同组 {of} 地中居第 {place} 位"))
        }
        RankScale::Listed { .. } => (show(&share), format!("同组 {of} 地中居第 {place} 位，按名次表计")),
    });
    share
}
