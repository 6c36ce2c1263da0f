//! Printed city targets beside the sum of the areas' targets: what adds up as declared, and every gap that does not.

use events::{AreaClass, AreaId, Decimal, IndicatorId};
use serde::Serialize;

use super::plan::{Indicator, Plan, RollUp};

/// One additive row in one year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RollUpCheck {
    /// The row.
    pub indicator: IndicatorId,
    /// 1-based line of the text.
    pub line: u32,
    /// The year.
    pub year: u16,
    /// The city's target.
    pub city: Decimal,
    /// The sum of every area's target that is a number.
    pub all_areas: Decimal,
    /// `city − all_areas`.
    pub gap: Decimal,
    /// The sum over the areas the row declares, amounts of the city's own level included; none for a row that
    /// declares that only the city has a figure.
    pub declared: Option<Decimal>,
    /// `city − declared`.
    pub declared_gap: Option<Decimal>,
}

impl RollUpCheck {
    /// Whether the city's target is the sum of all given areas.
    #[must_use]
    pub fn equals_all_areas(&self) -> bool {
        self.gap == Decimal::ZERO
    }

    /// Whether a gap remains that the declared rule does not explain.
    #[must_use]
    pub fn is_unexplained(&self) -> bool {
        self.declared_gap.is_some_and(|gap| gap != Decimal::ZERO)
    }
}

/// Compares every additive row in every year whose city target is a number.
#[must_use]
pub fn checks(plan: &Plan) -> Vec<RollUpCheck> {
    let additive = plan.indicators.iter().filter(|row| row.is_additive());
    additive.flat_map(|row| plan.years.iter().filter_map(|year| check(plan, row, *year))).collect()
}

fn check(plan: &Plan, row: &Indicator, year: u16) -> Option<RollUpCheck> {
    let city = plan.number(row, &plan.city_area()?.id, year)?;
    let areas = plan.columns().filter(|area| area.class != AreaClass::City).map(|area| &area.id);
    let all_areas = sum(plan, row, areas, year);
    let declared = match &row.roll_up {
        RollUp::Sum { areas } => Some(sum(plan, row, areas.iter(), year)),
        RollUp::WeightedMean { .. } | RollUp::CityOnly | RollUp::Independent => None,
    };
    let less = |sum: Decimal| Decimal::from((city.number() - sum.number()).normalize());
    Some(RollUpCheck {
        indicator: row.id.clone(),
        line: row.line,
        year,
        city,
        all_areas,
        gap: less(all_areas),
        declared,
        declared_gap: declared.map(less),
    })
}

fn sum<'a>(plan: &Plan, row: &Indicator, areas: impl Iterator<Item = &'a AreaId>, year: u16) -> Decimal {
    let numbers = areas.filter_map(|area| plan.number(row, area, year));
    let total: rust_decimal::Decimal = numbers.map(Decimal::number).sum();
    total.into()
}
