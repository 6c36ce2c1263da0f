//! The cells of a city that get figures, and what those figures are.

use chain::Date;
use domain::catalogue::{Indicator, Plan};
use events::{AreaClass, Decimal, Direction, IndicatorKind, Target, Value};

use super::calendar::day_of_year;
use super::noise::Noise;

/// A cell that is reported in every period of the years it has a target for.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    /// Index of the row in the plan.
    pub row: usize,
    /// Index of the area in the plan.
    pub area: usize,
    /// Whose figure: an area's own, or the city's.
    pub of_city: bool,
}

/// All cells whose target is a number or `>` in some year, by row and area.
pub(super) fn cells(plan: &Plan) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (row, indicator) in plan.indicators.iter().enumerate().filter(|(_, own)| own.bonus.is_none()) {
        for (area, own) in plan.areas.iter().enumerate() {
            if plan.years.iter().any(|year| is_reported(plan.target(indicator, &own.id, *year))) {
                let of_city = matches!(own.class, AreaClass::City | AreaClass::CityLevel);
                cells.push(Cell { row, area, of_city });
            }
        }
    }
    cells
}

/// Whether figures can be reported against a target.
pub(super) const fn is_reported(target: Target) -> bool {
    matches!(target, Target::Number { .. } | Target::ExceedsCity)
}

/// The figure of a cell on a day: made up, but of the row's kind, scale and direction.
///
/// Flows grow with the year, stocks from seven tenths of the target, levels hover. No figure falls that cannot.
pub(super) fn figure(plan: &Plan, cell: &Cell, city: u64, day: Date, noise: Noise) -> Option<Value> {
    let (row, area) = (&plan.indicators[cell.row], &plan.areas[cell.area]);
    let year = u16::try_from(day.year()).ok()?;
    let target = match plan.target(row, &area.id, year) {
        Target::Number { value } => value,
        Target::ExceedsCity => plan.number(row, &plan.city_area()?.id, year)?,
        Target::NotAssessed | Target::NotYetSet | Target::Void => return None,
    };
    let purpose = [city, cell.row as u64, cell.area as u64, u64::from(year)];
    let elapsed = day_of_year(day) * 1_000 / 365;
    let effort = noise.between(860, 1_120, &purpose);
    let wobble = noise.between(985, 1_015, &[&purpose[..], &[u64::from(day.month())]].concat());
    let permille = match (row.kind, row.direction) {
        (IndicatorKind::Flow, _) => effort * elapsed / 1_000,
        (IndicatorKind::Stock, _) => effort * (700 + elapsed * 3 / 10) / 1_000,
        (_, Direction::LowerIsBetter) => (2_000 - effort) * (1_080 - elapsed / 20) / 1_000,
        (IndicatorKind::Growth, _) => effort * wobble / 1_000,
        (_, Direction::HigherIsBetter) => effort * (900 + elapsed / 10) / 1_000 * wobble / 1_000,
    };
    let value = scaled(target, permille, places(plan, row));
    let full = Decimal::from(100);
    Some(Value::Number(if is_bounded(plan, row) { value.min(full) } else { value }))
}

/// Whether the row cannot pass 100 %: a share or rate none of whose targets does.
fn is_bounded(plan: &Plan, row: &Indicator) -> bool {
    let numbers = plan
        .years
        .iter()
        .flat_map(|year| plan.columns().filter_map(move |area| plan.number(row, &area.id, *year)));
    matches!(row.kind, IndicatorKind::Share | IndicatorKind::Rate)
        && row.is_percent()
        && numbers.into_iter().all(|number| number <= Decimal::from(100))
}

/// Decimal places of a row's figures: those its targets have, and one more where nothing is counted.
fn places(plan: &Plan, row: &Indicator) -> u32 {
    let numbers = plan
        .years
        .iter()
        .flat_map(|year| plan.columns().filter_map(move |area| plan.number(row, &area.id, *year)));
    let printed = numbers.map(|number| number.parts().1).max().unwrap_or(0);
    let amount = row.measure.ends_with('元');
    if row.is_additive() && !amount { printed } else { printed.max(1) }
}

/// `target × permille / 1000`, cut off after `places` places.
fn scaled(target: Decimal, permille: u32, places: u32) -> Decimal {
    let (mantissa, scale) = target.parts();
    let product = mantissa * i128::from(permille) * 10_i128.pow(places) / (1_000 * 10_i128.pow(scale));
    rust_decimal::Decimal::from_i128_with_scale(product, places).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::calendar::day;

    #[test]
    fn flows_and_stocks_never_fall_within_a_year() {
        let plan = crate::yingtan_2022();
        for cell in cells(&plan).iter().filter(|cell| plan.indicators[cell.row].is_additive()) {
            let months = (1..=12).map(|month| figure(&plan, cell, 0, day(2023, month, 25), Noise(1)));
            let values: Vec<_> = months.flatten().filter_map(Value::number).collect();
            assert!(values.is_sorted(), "{} {values:?}", plan.indicators[cell.row].id);
        }
    }

    #[test]
    fn a_scaled_target_keeps_its_places() {
        let target: Decimal = "16.12".parse().unwrap();
        assert_eq!(scaled(target, 500, 2).to_string(), "8.06");
        assert_eq!(scaled(Decimal::from(7), 500, 0).to_string(), "3");
    }
}
