//! Rows that follow from other rows: growth, shares, sums, means.

use events::{AreaClass, Decimal};

use super::super::plan::{Area, Indicator, Plan, RollUp};
use super::super::roll_up;
use super::{Finding, Range, Severity, per_cent, two_places};
use crate::rational::Rational;

/// Printed growth against the totals of two years.
pub(super) fn growth_against_totals(plan: &Plan, found: &mut Vec<Finding>) {
    for row in &plan.indicators {
        let Some(base) = row.growth_of.as_ref().and_then(|id| plan.indicator(id)) else { continue };
        for (area, pair) in
            plan.columns().flat_map(|area| plan.years.windows(2).map(move |pair| (area, pair)))
        {
            growth_of_cell(plan, row, base, area, [pair[0], pair[1]], found);
        }
    }
}

fn growth_of_cell(
    plan: &Plan,
    row: &Indicator,
    base: &Indicator,
    area: &Area,
    [before, year]: [u16; 2],
    found: &mut Vec<Finding>,
) {
    let total = |year: u16| plan.number(base, &area.id, year);
    let (Some(old), Some(new), Some(printed)) =
        (total(before), total(year), plan.number(row, &area.id, year))
    else {
        return;
    };
    let Some((ratio, exact)) = per_cent(new, old) else { return };
    let hundred = Rational::from(100);
    let implied = Range { low: &ratio.low - &hundred, high: &ratio.high - &hundred };
    if implied.meets(&Range::of(printed)) {
        return;
    }
    let implied = two_places(&(&exact - &hundred));
    let text = format!(
        "{}{year}年“{}”目标为{printed}%，但由“{}”{before}年{old}、{year}年{new}推算增长{implied}%。如增速按不变价计算，方案应注明。",
        area.name,
        row.label(),
        base.label()
    );
    let finding = Finding::new("growth-differs-from-totals", Severity::Doubt, text).of_row(row);
    found.push(finding.in_cell(area, year).values(implied, printed).also_line(base.line));
}

/// Printed shares against part and whole.
pub(super) fn shares_against_totals(plan: &Plan, found: &mut Vec<Finding>) {
    for row in &plan.indicators {
        let Some(share) = &row.share_of else { continue };
        let Some((part, whole)) = plan.indicator(&share.part).zip(plan.indicator(&share.whole)) else {
            continue;
        };
        for (area, year) in cells(plan) {
            let numbers = [row, part, whole].map(|row| plan.number(row, &area.id, year));
            let [Some(printed), Some(amount), Some(total)] = numbers else { continue };
            let Some((implied, exact)) = per_cent(amount, total) else { continue };
            if implied.meets(&Range::of(printed)) {
                continue;
            }
            let exact = two_places(&exact);
            let text = format!(
                "{}{year}年“{}”目标为{printed}%，但由“{}”{amount}除以“{}”{total}得{exact}%。",
                area.name,
                row.label(),
                part.label(),
                whole.label()
            );
            let finding =
                Finding::new("share-differs-from-totals", Severity::Contradiction, text).of_row(row);
            let finding = finding.in_cell(area, year).values(exact, printed);
            found.push(finding.also_line(part.line).also_line(whole.line));
        }
    }
}

/// City targets against the sum of the areas', as declared and as given.
pub(super) fn sums_of_areas(plan: &Plan, found: &mut Vec<Finding>) {
    let Some(city) = plan.city_area() else { return };
    for check in roll_up::checks(plan) {
        if check.equals_all_areas() && !check.is_unexplained() {
            continue;
        }
        let row = plan.indicator(&check.indicator).expect("a check names a row of the plan");
        let (year, label) = (check.year, row.label());
        let (severity, code, expected, text) = match check.declared {
            Some(sum) if check.is_unexplained() => {
                let text = format!(
                    "{year}年“{label}”全市目标为{}，按汇总口径相加为{sum}，相差{}，方案没有说明。",
                    check.city,
                    check.declared_gap.unwrap_or(Decimal::ZERO)
                );
                (Severity::Contradiction, "sum-differs", sum, text)
            }
            Some(_) => {
                let text = format!(
                    "{year}年“{label}”全市目标为{}，各地相加为{}，相差{}；按申明的汇总口径（{}）相等。",
                    check.city,
                    check.all_areas,
                    check.gap,
                    declared_areas(plan, row)
                );
                (Severity::Note, "sum-explained", check.all_areas, text)
            }
            None => {
                let text = format!(
                    "{year}年“{label}”全市目标为{}，各地没有目标，相加为{}；该行只考核全市。",
                    check.city, check.all_areas
                );
                (Severity::Note, "sum-explained", check.all_areas, text)
            }
        };
        let finding = Finding::new(code, severity, text).of_row(row);
        found.push(finding.in_cell(city, year).values(expected, check.city));
    }
}

fn declared_areas(plan: &Plan, row: &Indicator) -> String {
    let areas = match &row.roll_up {
        RollUp::Sum { areas } | RollUp::WeightedMean { areas, .. } => areas.as_slice(),
        RollUp::CityOnly | RollUp::Independent => &[],
    };
    areas.iter().filter_map(|id| plan.area(id)).map(|area| area.name.as_str()).collect::<Vec<_>>().join("、")
}

/// A total against the rows that are its parts.
pub(super) fn sums_of_parts(plan: &Plan, found: &mut Vec<Finding>) {
    for row in plan.indicators.iter().filter(|row| !row.parts.is_empty()) {
        let parts: Vec<&Indicator> = row.parts.iter().filter_map(|id| plan.indicator(id)).collect();
        for (area, year) in cells(plan) {
            let Some(printed) = plan.number(row, &area.id, year) else { continue };
            let numbers = parts.iter().filter_map(|part| plan.number(part, &area.id, year));
            let numbers: Vec<Rational> = numbers.map(Rational::from).collect();
            let total: Rational = numbers.iter().sum();
            if total == printed.into() {
                continue;
            }
            let total = total.to_decimal(0).expect("a sum of decimals is one");
            let text = format!(
                "{}{year}年“{}”目标为{printed}，但各组成行（{}）相加为{total}。",
                area.name,
                row.label(),
                parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>().join("、")
            );
            let finding = Finding::new("parts-differ-from-total", Severity::Contradiction, text).of_row(row);
            let finding = finding.in_cell(area, year).values(total, printed);
            found.push(parts.iter().fold(finding, |finding, part| finding.also_line(part.line)));
        }
    }
}

/// A level or ratio of the city lies between the smallest and the largest of the areas that make it up.
pub(super) fn city_outside_its_areas(plan: &Plan, found: &mut Vec<Finding>) {
    let Some(city) = plan.city_area() else { return };
    for (row, year) in plan.indicators.iter().flat_map(|row| plan.years.iter().map(move |year| (row, *year)))
    {
        if row.is_additive() {
            continue;
        }
        let Some(printed) = plan.number(row, &city.id, year) else { continue };
        let areas = plan.columns().filter(|area| area.class != AreaClass::City);
        let numbers: Vec<Decimal> = areas.filter_map(|area| plan.number(row, &area.id, year)).collect();
        let (Some(least), Some(most)) = (numbers.iter().min(), numbers.iter().max()) else { continue };
        // Completion can be asked of a few areas only; the city then simply repeats them.
        if (least..=most).contains(&&printed) {
            continue;
        }
        let text = format!(
            "{year}年“{}”全市目标为{printed}，不在各地目标{least}至{most}之间；全市不会比最低的地方低、比最高的地方高。",
            row.label()
        );
        let finding = Finding::new("city-outside-its-areas", Severity::Contradiction, text).of_row(row);
        found.push(finding.in_cell(city, year).values(format!("{least}至{most}"), printed));
    }
}

/// A completion target where the row it completes counts nothing, or none where something is to be completed.
pub(super) fn completion_of_nothing(plan: &Plan, found: &mut Vec<Finding>) {
    for row in &plan.indicators {
        let Some(counted) = row.completion_of.as_ref().and_then(|id| plan.indicator(id)) else { continue };
        for (area, year) in cells(plan) {
            let count = plan.number(counted, &area.id, year).filter(|count| *count > Decimal::ZERO);
            let target = plan.number(row, &area.id, year).filter(|target| *target > Decimal::ZERO);
            let raw = |row: &Indicator| plan.raw(row, &area.id, year).to_owned();
            let (expected, text) = match (count, target) {
                (None, Some(target)) => (
                    "-".to_owned(),
                    format!(
                        "{}{year}年“{}”要求{target}%，但“{}”当年为“{}”，没有可完成的项目（往年项目续建的，方案应注明）。",
                        area.name,
                        row.label(),
                        counted.label(),
                        raw(counted)
                    ),
                ),
                (Some(count), None) => (
                    "100".to_owned(),
                    format!(
                        "{}{year}年“{}”为{count}，“{}”却没有目标（“{}”）。",
                        area.name,
                        counted.label(),
                        row.label(),
                        raw(row)
                    ),
                ),
                (None, None) | (Some(_), Some(_)) => continue,
            };
            let finding = Finding::new("completion-without-projects", Severity::Doubt, text).of_row(row);
            found.push(finding.in_cell(area, year).values(expected, raw(row)).also_line(counted.line));
        }
    }
}

fn cells(plan: &Plan) -> impl Iterator<Item = (&Area, u16)> {
    plan.columns().flat_map(|area| plan.years.iter().map(move |year| (area, *year)))
}
