//! Which rows, areas and units a cell's points depend on. Maker and checker ask the same function.

use std::collections::BTreeSet;

use domain::registry::{AreaIx, CellIx, IndicatorIx};
use events::rulebook::{Bounds, CityFigure, Method};
use events::{AreaClass, AreaId, Duty, IndicatorId, RollUp, Target, UnitId};
use projections::Reading;

/// What the points of a cell, and of the weight block it shares in, depend on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The rows of the block; with others' figures also the rows that weight them.
    pub(super) rows: BTreeSet<IndicatorId>,
    /// The area; all of them where a row is compared with others or rolled up.
    pub(super) areas: BTreeSet<AreaId>,
    /// Units that may report, or reported, the area's figures of these rows: their chains must be whole.
    pub(super) units: BTreeSet<UnitId>,
}

impl Wanted {
    pub(super) fn of(reading: &Reading<'_>, row: IndicatorIx, area: AreaIx) -> Self {
        let plan = reading.plan();
        let id = &plan.indicator(row).defined.indicator;
        let known = reading.plan().shape(reading.at().known);
        let block = plan.blocks()[..known.blocks].iter().find(|block| block.defined.indicators.contains(id));
        let mut rows: BTreeSet<IndicatorId> = block
            .map_or_else(|| [id.clone()].into(), |block| block.defined.indicators.iter().cloned().collect());
        let own: Vec<IndicatorIx> = rows.iter().filter_map(|row| plan.indicator_ix(row)).collect();
        let others = own.iter().any(|row| looks_at_others(reading, *row, area));
        let mut areas = BTreeSet::from([plan.area(area).area.clone()]);
        if others {
            areas.extend(plan.areas()[..known.areas].iter().map(|own| own.area.clone()));
            rows.extend(own.iter().filter_map(|row| match &plan.indicator(*row).defined.roll_up {
                RollUp::WeightedMean { weight, .. } => Some(weight.clone()),
                RollUp::Sum { .. } | RollUp::CityOnly | RollUp::Independent => None,
            }));
        }
        let cells = own.iter().map(|row| reading.cell(*row, area));
        let units = cells.flat_map(|cell| reporters(reading, cell)).collect();
        Self { rows, areas, units }
    }
}

/// Whether a row's share in an area may depend on figures of other areas.
fn looks_at_others(reading: &Reading<'_>, row: IndicatorIx, area: AreaIx) -> bool {
    let (plan, rules, at) = (reading.plan(), reading.rules(), reading.at());
    let target = plan.target(row, area, at.as_of, at.known);
    let exceeds = target.is_some_and(|own| matches!(own.target, Target::ExceedsCity));
    let rolled = rules.city_figure == CityFigure::RolledUp && plan.area(area).class == AreaClass::City;
    let compares = match rules.method_of(&plan.indicator(row).defined.indicator) {
        Method::ExceedsCity {} | Method::Rank { .. } => true,
        Method::EfficacyRange { bounds, .. } => !matches!(bounds, Bounds::Given { .. }),
        Method::Ratio { .. }
        | Method::LowerIsBetter { .. }
        | Method::PassFail {}
        | Method::Steps { .. }
        | Method::Band { .. }
        | Method::EfficacyTiers { .. }
        | Method::PercentagePoints { .. } => false,
    };
    exceeds || rolled || compares
}

/// The units with the duty to report a cell, and those that did.
fn reporters(reading: &Reading<'_>, cell: CellIx) -> Vec<UnitId> {
    let (book, known) = (reading.book(), reading.at().known);
    let duty = book.registry().holders(Duty::Reports, cell, known).cloned();
    let figures = book.cell(cell).map(|own| own.figures()).unwrap_or_default();
    let did = figures.iter().filter(|figure| figure.position < known).map(|figure| figure.unit.clone());
    duty.chain(did).collect()
}
