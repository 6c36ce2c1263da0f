//! The city's figure from the areas' figures, as the plan declares it.

use events::{AreaId, RollUp};

use super::RollUpCheck;
use super::context::Context;
use super::trace::{Trace, show};
use crate::rational::Rational;
use crate::registry::{AreaIx, IndicatorIx};

/// The rolled-up figure; none when nothing is declared, a part is missing, or the weights add up to zero.
pub(super) fn rolled_up(context: &Context<'_>, row: IndicatorIx, trace: &mut impl Trace) -> Option<Rational> {
    match &context.plan.indicator(row).defined.roll_up {
        RollUp::Sum { areas } => sum(context, row, areas, trace),
        RollUp::WeightedMean { areas, weight } => {
            mean(context, row, areas, context.plan.indicator_ix(weight)?, trace)
        }
        RollUp::CityOnly | RollUp::Independent => None,
    }
}

fn sum(
    context: &Context<'_>,
    row: IndicatorIx,
    areas: &[AreaId],
    trace: &mut impl Trace,
) -> Option<Rational> {
    let mut total = None;
    for area in areas {
        let (figure, number) = context.number(row, context.plan.area_ix(area)?)?;
        trace.input(figure);
        total = Some(total.map_or(number.clone(), |total: Rational| &total + &number));
    }
    let total = total?;
    trace.step("roll-up", &total, || {
        let part =
            |area: &AreaId| context.number(row, context.plan.area_ix(area)?).map(|(_, number)| show(&number));
        let parts: Vec<String> = areas.iter().filter_map(part).collect();
        (parts.join(" + "), "全市数由方案列明的各地相加".to_owned())
    });
    Some(total)
}

fn mean(
    context: &Context<'_>,
    row: IndicatorIx,
    areas: &[AreaId],
    weight: IndicatorIx,
    trace: &mut impl Trace,
) -> Option<Rational> {
    let (mut total, mut weights) = (Rational::ZERO, Rational::ZERO);
    for area in areas {
        let area = context.plan.area_ix(area)?;
        let (figure, number) = context.number(row, area)?;
        let (weight_figure, weight) = context.number(weight, area)?;
        trace.input(figure);
        trace.input(weight_figure);
        total = &total + &(&number * &weight);
        weights = &weights + &weight;
    }
    let mean = total.over(&weights)?;
    trace.step("roll-up", &mean, || {
        let denominator = &context.plan.indicator(weight).defined.name;
        (format!("{} ÷ {}", show(&total), show(&weights)), format!("全市数由各地按“{denominator}”加权平均"))
    });
    Some(mean)
}

/// Whether a row declares how the city's figure follows.
pub(super) const fn is_declared(roll_up: &RollUp) -> bool {
    match roll_up {
        RollUp::Sum { .. } | RollUp::WeightedMean { .. } => true,
        RollUp::CityOnly | RollUp::Independent => false,
    }
}

/// Every row with a declared roll-up, compared.
pub(super) fn checks(context: &Context<'_>) -> Vec<RollUpCheck> {
    let rows = context.rows.iter().map(|ix| (*ix, &context.plan.indicator(*ix).defined.roll_up));
    let declared = rows.filter(|(_, roll_up)| is_declared(roll_up));
    declared.map(|(ix, roll_up)| check(context, ix, roll_up)).collect()
}

fn check(context: &Context<'_>, row: IndicatorIx, roll_up: &RollUp) -> RollUpCheck {
    let city = context.city.and_then(|column| context.figure(row, context.areas[column]));
    RollUpCheck {
        indicator: row,
        reported: city.and_then(|(_, figure)| figure.value.number()),
        rolled_up: rolled_up(context, row, &mut super::trace::Silent),
        missing: missing(context, row, roll_up),
    }
}

fn missing(context: &Context<'_>, row: IndicatorIx, roll_up: &RollUp) -> Vec<AreaIx> {
    let (areas, weight) = match roll_up {
        RollUp::Sum { areas } => (areas.as_slice(), None),
        RollUp::WeightedMean { areas, weight } => (areas.as_slice(), context.plan.indicator_ix(weight)),
        RollUp::CityOnly | RollUp::Independent => return Vec::new(),
    };
    let has = |row, area| context.number(row, area).is_some();
    let areas = areas.iter().filter_map(|area| context.plan.area_ix(area));
    areas.filter(|area| !has(row, *area) || weight.is_some_and(|weight| !has(weight, *area))).collect()
}
