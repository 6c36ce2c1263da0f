//! Two readings of one ledger compared: what changed, and whether figures, targets or rules changed it.
//!
//! The parts are taken in a fixed order: first figures (with bonuses, deductions and vetoes) move from the one
//! reading to the other, then targets with their pace, then rules. Each part is the difference of two exact results,
//! so the parts add up exactly.

use chain::EventHash;
use domain::rational::Rational;
use domain::scoring::{self, AreaScore, BlockScore, CellScore, Inputs, Scores};
use events::{AreaId, BlockId, IndicatorId};
use serde::Serialize;

use crate::{Reading, tables::Heading};

/// The document's name in its headings.
const NAME: &str = "difference";
/// The version of the document's shape.
const VERSION: u32 = 1;

/// The difference between two readings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference<'a> {
    /// The reading it starts from.
    pub from: Heading,
    /// The reading it leads to.
    pub to: Heading,
    /// Every assessed area, in the plan's order.
    pub areas: Vec<AreaDifference<'a>>,
    /// Weight blocks whose points differ at some stage, in the plan's order; in each the areas.
    pub blocks: Vec<BlockDifference<'a>>,
    /// Cells that differ at some stage, in the plan's order; in each row the areas.
    pub cells: Vec<CellDifference<'a>>,
    /// How many blocks are the same throughout.
    pub unchanged_blocks: usize,
    /// How many cells are the same throughout.
    pub unchanged_cells: usize,
}

/// A number in both readings, and what moved it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// In the first reading; none where it has no such number.
    pub from: Option<Rational>,
    /// In the second reading.
    pub to: Option<Rational>,
    /// What moved it; none where a reading or a stage between them has no number.
    pub effects: Option<Effects>,
}

/// A difference in three parts; together they are the whole of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Effects {
    /// Other figures, bonuses, deductions or vetoes (数据影响).
    pub data: Rational,
    /// Other targets, or another part of the year (目标影响).
    pub targets: Rational,
    /// Other rules (规则影响).
    pub rules: Rational,
}

impl Effects {
    /// The whole difference.
    #[must_use]
    pub fn total(&self) -> Rational {
        [&self.data, &self.targets, &self.rules].into_iter().sum()
    }
}

/// A place in the ranking at each stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PlaceChange {
    /// In the first reading.
    pub from: Option<u32>,
    /// With the second reading's figures.
    pub after_data: Option<u32>,
    /// With its targets too.
    pub after_targets: Option<u32>,
    /// In the second reading.
    pub to: Option<u32>,
}

/// One area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AreaDifference<'a> {
    /// The area.
    pub area: &'a AreaId,
    /// The points that could be had.
    pub assessed: Change,
    /// The sum of the blocks' points.
    pub awarded: Change,
    /// Bonus points.
    pub bonus: Change,
    /// The converted score.
    pub converted: Change,
    /// Points lost.
    pub deducted: Change,
    /// The place in its class.
    pub place: PlaceChange,
    /// The total.
    pub total: Change,
}

/// One weight block in one area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlockDifference<'a> {
    /// The area.
    pub area: &'a AreaId,
    /// The block.
    pub block: &'a BlockId,
    /// Its points.
    pub points: Change,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellDifference<'a> {
    /// The area.
    pub area: &'a AreaId,
    /// The indicator.
    pub indicator: &'a IndicatorId,
    /// The share of full points.
    pub share: Change,
    /// What the share followed from in the first reading.
    pub from: CellSide,
    /// What it follows from in the second.
    pub to: CellSide,
}

/// What a cell's share follows from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellSide {
    /// What is due.
    pub due: Option<Rational>,
    /// The line of the figure that counts.
    pub figure: Option<EventHash>,
    /// Where the share comes from.
    pub reason: &'static str,
    /// The line of the target in force.
    pub target_line: Option<EventHash>,
    /// The number that was scored.
    pub value: Option<Rational>,
}

/// Why two readings cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotComparable {
    /// They read different books: other ledgers, or other lines left out.
    #[error(
        "两个坐标读的不是同一本账（账本不同，或略去的事件不同），不能分解差异。请换成同一账本的两个坐标。"
    )]
    Books,
    /// They read different plans.
    #[error("两个坐标不是同一个方案，不能比较。请换成同一方案的两个坐标。")]
    Plans,
    /// Rows, areas or weights were added to the plan between them.
    #[error("两个坐标之间方案新增了指标、地区或权重，不能逐格分解差异。请分别查看两张表。")]
    Shapes,
}

/// Scores at the four stages from the first reading to the second.
type Stages = [Scores; 4];

/// Compares two readings.
///
/// # Errors
/// [`NotComparable`] unless both read one plan, with the same rows and areas, in one book.
pub fn diff<'a>(from: &Reading<'a>, to: &Reading<'a>) -> Result<Difference<'a>, NotComparable> {
    if !std::ptr::eq(from.book(), to.book()) || from.left_out() != to.left_out() {
        return Err(NotComparable::Books);
    }
    if from.plan_ix() != to.plan_ix() {
        return Err(NotComparable::Plans);
    }
    let shape = |reading: &Reading<'_>| reading.plan().shape(reading.at().known);
    if shape(from) != shape(to) {
        return Err(NotComparable::Shapes);
    }
    let stages = stages(from, to);
    let (blocks, cells) = (blocks(from, &stages), cells(from, &stages));
    let counts = (stages[0].blocks.len() - blocks.len(), stages[0].cells.len() - cells.len());
    Ok(Difference {
        from: Heading::of(from, NAME, VERSION),
        to: Heading::of(to, NAME, VERSION),
        areas: areas(from, &stages),
        blocks,
        cells,
        unchanged_blocks: counts.0,
        unchanged_cells: counts.1,
    })
}

fn stages(from: &Reading<'_>, to: &Reading<'_>) -> Stages {
    let (a, b) = (from.inputs(), to.inputs());
    let between = [a, Inputs { figures: b.figures, ..a }, Inputs { rules: a.rules, ..b }, b];
    between.map(|inputs| scoring::score(from.book(), from.plan_ix(), &inputs))
}

fn areas<'a>(reading: &Reading<'a>, stages: &Stages) -> Vec<AreaDifference<'a>> {
    let area = |ix: usize| {
        let at = |stage: usize| &stages[stage].areas[ix];
        let change =
            |number: fn(&AreaScore) -> Option<Rational>| change([0, 1, 2, 3].map(|stage| number(at(stage))));
        assert!((0..4).all(|stage| at(stage).area == at(0).area), "each stage scores the same areas");
        AreaDifference {
            area: &reading.plan().area(at(0).area).area,
            assessed: change(|own| Some(own.assessed.clone())),
            awarded: change(|own| Some(own.awarded.clone())),
            bonus: change(|own| Some(own.bonus.clone())),
            converted: change(|own| own.converted.clone()),
            deducted: change(|own| Some(own.deducted.clone())),
            place: PlaceChange {
                from: at(0).place,
                after_data: at(1).place,
                after_targets: at(2).place,
                to: at(3).place,
            },
            total: change(|own| own.total.clone()),
        }
    };
    (0..stages[0].areas.len()).map(area).collect()
}

fn blocks<'a>(reading: &Reading<'a>, stages: &Stages) -> Vec<BlockDifference<'a>> {
    let plan = reading.plan();
    let block = |ix: usize| {
        let own = stages.each_ref().map(|scores| &scores.blocks[ix]);
        let key = |own: &BlockScore| (own.block, own.area);
        assert!(own.iter().all(|block| key(block) == key(own[0])), "each stage scores the same blocks");
        let same = own.iter().all(|block| block.points == own[0].points);
        (!same).then(|| BlockDifference {
            area: &plan.area(own[0].area).area,
            block: &plan.blocks()[own[0].block].defined.block,
            points: change(own.map(|block| Some(block.points.clone()))),
        })
    };
    (0..stages[0].blocks.len()).filter_map(block).collect()
}

fn cells<'a>(reading: &Reading<'a>, stages: &Stages) -> Vec<CellDifference<'a>> {
    let cell = |ix: usize| {
        let own = stages.each_ref().map(|scores| &scores.cells[ix]);
        let key = |own: &CellScore| (own.indicator, own.area);
        assert!(own.iter().all(|cell| key(cell) == key(own[0])), "each stage scores the same cells");
        let (indicator, area) = reading.ids(reading.cell(own[0].indicator, own[0].area));
        let sides = own.map(|cell| side(reading, cell));
        let same = own.iter().all(|cell| cell.share == own[0].share) && sides.iter().all(|s| *s == sides[0]);
        let share = change(own.map(|cell| cell.share.clone()));
        let [from, _, _, to] = sides;
        (!same).then_some(CellDifference { area, indicator, share, from, to })
    };
    (0..stages[0].cells.len()).filter_map(cell).collect()
}

fn side(reading: &Reading<'_>, cell: &CellScore) -> CellSide {
    CellSide {
        due: cell.due.clone(),
        figure: cell.figure.map(|ix| reading.book().figure(ix).hash),
        reason: cell.reason.code(),
        target_line: cell.target.map(|(line, _)| line),
        value: cell.value.clone(),
    }
}

fn change(stages: [Option<Rational>; 4]) -> Change {
    let effects = match &stages {
        [Some(from), Some(data), Some(targets), Some(to)] => {
            Some(Effects { data: data - from, targets: targets - data, rules: to - targets })
        }
        _ => None,
    };
    let [from, _, _, to] = stages;
    Change { from, to, effects }
}
