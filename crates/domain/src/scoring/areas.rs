//! Areas: sums, conversion, bonuses, deductions, vetoes and places.

use chain::EventHash;
use events::rulebook::{Ties, VetoEffect};
use events::{BonusGranted, Decimal, DeductionImposed, IndicatorId};

use super::context::Context;
use super::{AreaScore, BlockScore};
use crate::book::AwardKind;
use crate::rational::Rational;

/// All assessed areas, with their places.
pub(super) fn all(context: &Context<'_>, blocks: &[BlockScore]) -> Vec<AreaScore> {
    let awards = Awards::gather(context);
    let columns = context.areas.len();
    let own = |column: usize| blocks.iter().skip(column).step_by(columns);
    let mut areas: Vec<AreaScore> =
        (0..columns).map(|column| score(context, own(column), column, &awards)).collect();
    let places: Vec<Option<u32>> = areas.iter().map(|area| place(context, &areas, area)).collect();
    areas.iter_mut().zip(places).for_each(|(area, place)| area.place = place);
    areas
}

fn score<'b>(
    context: &Context<'_>,
    blocks: impl Iterator<Item = &'b BlockScore> + Clone,
    column: usize,
    awards: &Awards<'_>,
) -> AreaScore {
    let assessed = blocks.clone().map(|block| &block.assessed).sum();
    let awarded = blocks.map(|block| &block.points).sum();
    let converted = converted(context, &assessed, &awarded);
    let (bonus, deducted) = (awards.bonus(context, column), awards.deducted(context, column));
    let vetoed = awards.vetoes.iter().find(|(own, _)| *own == column).map(|(_, hash)| *hash);
    let total = converted.as_ref().map(|converted| {
        let total = &(converted + &bonus) - &deducted;
        match (&context.rules.veto, vetoed) {
            (VetoEffect::TotalAtMost { points }, Some(_)) => total.min((*points).into()),
            (VetoEffect::TotalAtMost { .. }, None) | (VetoEffect::Unranked {}, _) => total,
        }
    });
    let (area, class) = (context.areas[column], context.classes[column]);
    AreaScore { area, assessed, awarded, converted, bonus, deducted, vetoed, total, class, place: None }
}

/// The awarded points on the scale of the full score; none below the coverage floor or without any assessed point.
fn converted(context: &Context<'_>, assessed: &Rational, awarded: &Rational) -> Option<Rational> {
    let rule = &context.rules.conversion;
    if *assessed < rule.coverage_floor.into() {
        return None;
    }
    Some((awarded * &rule.full_score.into()).over(assessed)?.round(rule.rounding))
}

/// Whether an area takes part in the ranking of its class.
fn is_ranked(context: &Context<'_>, area: &AreaScore) -> bool {
    let out = context.rules.veto == VetoEffect::Unranked {} && area.vetoed.is_some();
    area.class.is_some() && area.total.is_some() && !out
}

fn place(context: &Context<'_>, areas: &[AreaScore], area: &AreaScore) -> Option<u32> {
    if !is_ranked(context, area) {
        return None;
    }
    let ranked = areas.iter().filter(|other| other.class == area.class && is_ranked(context, other));
    let mut ahead: Vec<&Rational> = ranked.filter_map(|other| other.total.as_ref()).collect();
    ahead.retain(|total| Some(*total) > area.total.as_ref());
    if context.rules.ranking.ties == Ties::Dense {
        ahead.sort_unstable();
        ahead.dedup();
    }
    Some(u32::try_from(ahead.len()).expect("fewer than 65,536 areas") + 1)
}

/// The awards in force, with the column of each.
#[derive(Default)]
struct Awards<'a> {
    bonuses: Vec<(usize, &'a BonusGranted)>,
    deductions: Vec<(usize, &'a DeductionImposed)>,
    vetoes: Vec<(usize, EventHash)>,
}

impl<'a> Awards<'a> {
    fn gather(context: &Context<'a>) -> Self {
        let at = context.inputs.figures;
        let mut awards = Self::default();
        for award in context.book.awards_in_force(&context.plan.adopted.plan, at.as_of, at.known) {
            let area = match &award.kind {
                AwardKind::Bonus(bonus) => &bonus.area,
                AwardKind::Deduction(deduction) => &deduction.area,
                AwardKind::Veto(veto) => &veto.area,
            };
            let Some(column) = context.column(area) else { continue };
            match &award.kind {
                AwardKind::Bonus(bonus) => awards.bonuses.push((column, bonus)),
                AwardKind::Deduction(deduction) => awards.deductions.push((column, deduction)),
                AwardKind::Veto(_) => awards.vetoes.push((column, award.hash)),
            }
        }
        awards.bonuses.sort_by_key(|(column, bonus)| (*column, &bonus.indicator));
        awards.deductions.sort_by_key(|(column, deduction)| (*column, &deduction.deduction));
        awards
    }

    fn bonus(&self, context: &Context<'_>, column: usize) -> Rational {
        let rules = &context.rules.bonus;
        let own = self.bonuses.iter().filter(|(own, _)| *own == column).map(|(_, bonus)| *bonus);
        let own: Vec<&BonusGranted> = own.collect();
        let rows = own.chunk_by(|one, next| one.indicator == next.indicator);
        let sum = rows.fold(Rational::ZERO, |sum, granted| {
            let row = &granted[0].indicator;
            let earned = times(points_each(context, row), granted.iter().map(|bonus| bonus.quantity));
            &sum + &capped(earned, rules.row_caps.get(row).copied())
        });
        capped(sum, rules.cap)
    }

    /// A deduction whose code the rules do not know takes nothing.
    fn deducted(&self, context: &Context<'_>, column: usize) -> Rational {
        let own = self.deductions.iter().filter(|(own, _)| *own == column).map(|(_, deduction)| *deduction);
        let own: Vec<&DeductionImposed> = own.collect();
        let codes = own.chunk_by(|one, next| one.deduction == next.deduction);
        let sum = codes.fold(Rational::ZERO, |sum, imposed| {
            let Some(rule) = context.rules.deductions.get(&imposed[0].deduction) else { return sum };
            let lost = times(rule.points, imposed.iter().map(|deduction| deduction.quantity));
            &sum + &capped(lost, rule.cap)
        });
        capped(sum, context.rules.deduction_cap)
    }
}

/// What one bonus of a row is worth; nothing where the row is not yet in the plan that is looked at.
fn points_each(context: &Context<'_>, row: &IndicatorId) -> Decimal {
    let known = context.plan.indicator_ix(row).filter(|ix| context.rows.contains(ix));
    let terms = known.and_then(|ix| context.plan.indicator(ix).defined.bonus.as_ref());
    terms.map_or(Decimal::ZERO, |terms| terms.points)
}

fn times(points: Decimal, quantities: impl Iterator<Item = u32>) -> Rational {
    let count = quantities.map(Rational::from).fold(Rational::ZERO, |sum, quantity| &sum + &quantity);
    &Rational::from(points) * &count
}

fn capped(sum: Rational, cap: Option<Decimal>) -> Rational {
    match cap {
        Some(cap) => sum.min(cap.into()),
        None => sum,
    }
}
