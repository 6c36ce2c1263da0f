//! Weight blocks: how rows share one printed weight, and where the points are rounded.

use events::rulebook::BlockShare;

use super::context::Context;
use super::trace::{Silent, Trace, rounding_zh, show};
use super::{BlockScore, CellScore};
use crate::rational::Rational;
use crate::registry::{AreaIx, IndicatorIx};

/// A block with its rows and the rule they share by.
pub(super) struct Block<'a> {
    ix: usize,
    points: Rational,
    rule: &'a BlockShare,
    pub(super) rows: Vec<IndicatorIx>,
}

impl<'a> Block<'a> {
    fn new(context: &Context<'a>, ix: usize) -> Self {
        let defined = &context.plan.blocks()[ix].defined;
        let rows = defined.indicators.iter().filter_map(|row| context.plan.indicator_ix(row)).collect();
        Self { ix, points: defined.points.into(), rule: context.rules.share_of(&defined.block), rows }
    }
}

/// The first block that lists a row.
pub(super) fn of_row<'a>(context: &Context<'a>, row: IndicatorIx) -> Option<Block<'a>> {
    let id = &context.plan.indicator(row).defined.indicator;
    let ix = context.plan.blocks()[..context.blocks]
        .iter()
        .position(|block| block.defined.indicators.contains(id))?;
    Some(Block::new(context, ix))
}

/// All blocks in the plan's order, in each the columns.
pub(super) fn all(context: &Context<'_>, cells: &[CellScore]) -> Vec<BlockScore> {
    let columns = context.areas.len();
    let mut blocks = Vec::with_capacity(context.blocks * columns);
    let mut shares = Vec::new();
    for ix in 0..context.blocks {
        let block = Block::new(context, ix);
        for (column, area) in context.areas.iter().enumerate() {
            shares.clear();
            let share = |row: IndicatorIx| cells[usize::from(row.0) * columns + column].share.clone();
            shares.extend(block.rows.iter().map(|row| (*row, share(*row))));
            blocks.push(score(context, &block, *area, &shares, &mut Silent));
        }
    }
    blocks
}

/// One block in one area, from its rows' shares.
pub(super) fn score(
    context: &Context<'_>,
    block: &Block<'_>,
    area: AreaIx,
    shares: &[(IndicatorIx, Option<Rational>)],
    trace: &mut impl Trace,
) -> BlockScore {
    let assessed = || shares.iter().filter_map(|(row, share)| Some((*row, share.as_ref()?)));
    let Some(share) = shared(context, block.rule, assessed, trace) else {
        return BlockScore {
            block: block.ix,
            area,
            assessed: Rational::ZERO,
            share: None,
            points: Rational::ZERO,
        };
    };
    let exact = &block.points * &share;
    trace.step("block-points", &exact, || {
        (format!("{} × {}", show(&block.points), show(&share)), "权重 × 得分系数".to_owned())
    });
    let points = exact.round(context.rules.points);
    trace.step("rounded", &points, || {
        (
            format!("{exact} → {}", exact.to_rounded(context.rules.points)),
            format!("在此取整：{}", rounding_zh(context.rules.points)),
        )
    });
    BlockScore { block: block.ix, area, assessed: block.points.clone(), share: Some(share), points }
}

/// The share of a block from those of its assessed rows; none when there are none, or their weights are all zero.
fn shared<'s, Shares>(
    context: &Context<'_>,
    rule: &BlockShare,
    shares: impl Fn() -> Shares,
    trace: &mut impl Trace,
) -> Option<Rational>
where
    Shares: Iterator<Item = (IndicatorIx, &'s Rational)>,
{
    let count = u32::try_from(shares().count()).expect("fewer than 65,536 rows");
    if count == 0 {
        return None;
    }
    let share = match rule {
        BlockShare::Mean {} if count == 1 => return shares().next().map(|(_, share)| share.clone()),
        BlockShare::Mean {} => shares().map(|(_, share)| share).sum::<Rational>().over(&count.into())?,
        BlockShare::Weights { weights } => {
            let weight = |row: IndicatorIx| weights.get(&context.plan.indicator(row).defined.indicator);
            let weighted =
                || shares().filter_map(|(row, share)| Some((Rational::from(*weight(row)?), share)));
            let total = weighted().fold(Rational::ZERO, |sum, (weight, _)| &sum + &weight);
            weighted().fold(Rational::ZERO, |sum, (weight, share)| &sum + &(&weight * share)).over(&total)?
        }
        BlockShare::AllOrNothing {} => {
            if shares().all(|(_, share)| *share >= Rational::ONE) {
                Rational::ONE
            } else {
                Rational::ZERO
            }
        }
        BlockShare::GeometricMean { places } => {
            if shares().any(|(_, share)| *share <= Rational::ZERO) {
                Rational::ZERO
            } else {
                shares().fold(Rational::ONE, |product, (_, share)| &product * share).root_down(count, *places)
            }
        }
    };
    trace.step("block-share", &share, || {
        let rows: Vec<String> = shares().map(|(_, share)| show(share)).collect();
        (rows.join("，"), rule_zh(rule, count))
    });
    Some(share)
}

fn rule_zh(rule: &BlockShare, count: u32) -> String {
    match rule {
        BlockShare::Mean {} => format!("本权重由 {count} 项平均"),
        BlockShare::Weights { .. } => format!("本权重由 {count} 项按规则所列权重加权平均"),
        BlockShare::AllOrNothing {} => format!("本权重的 {count} 项全部达标得满分，否则不得分"),
        BlockShare::GeometricMean { places } => format!("本权重由 {count} 项几何平均，截取 {places} 位小数"),
    }
}
