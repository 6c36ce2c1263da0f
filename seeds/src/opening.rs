//! The events that open a ledger for a plan.

use domain::catalogue::{Indicator, Plan, RollUp};
use events::{
    AreaClass, AreaId, AreaRegistered, Duty, Event, IndicatorDefined, IndicatorId, PlanAdopted,
    ResponsibilityAssigned, TargetSet, UnitId, UnitRegistered, WeightBlockDefined,
};

/// What is on record before a plan is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// Whether the plan's units are registered already; then they are left out.
    pub units_registered: bool,
}

/// The events that put a plan on record: units, plan, areas, rows, weights, duties and targets, in this order.
///
/// `ledger-opened` is not among them; it needs the ledger's key. All are recorded by the unit that opened the ledger
/// or by a digital office.
#[must_use]
pub fn opening(plan: &Plan, before: Opening) -> Vec<Event> {
    let mut events = Vec::new();
    if !before.units_registered {
        events.extend(units(plan));
    }
    events.push(adoption(plan).into());
    events.extend(areas(plan));
    events.extend(plan.indicators.iter().zip(0..).map(|(row, order)| indicator(plan, row, order).into()));
    events.extend(blocks(plan));
    events.extend(duties(plan));
    events.extend(targets(plan));
    events
}

fn units(plan: &Plan) -> impl Iterator<Item = Event> {
    plan.units.iter().map(|unit| {
        UnitRegistered {
            aliases: unit.aliases.clone(),
            kind: unit.kind,
            name: unit.name.clone(),
            registered: unit.id.clone(),
        }
        .into()
    })
}

fn adoption(plan: &Plan) -> PlanAdopted {
    PlanAdopted {
        city: plan.city.clone(),
        document: plan.document.clone(),
        issued_on: plan.issued_on,
        plan: plan.id.clone(),
        source: plan.source,
        title: plan.title.clone(),
        years: plan.years.clone(),
    }
}

fn areas(plan: &Plan) -> impl Iterator<Item = Event> {
    plan.areas.iter().map(|area| {
        AreaRegistered {
            aliases: area.aliases.clone(),
            area: area.id.clone(),
            class: area.class,
            name: area.name.clone(),
            plan: plan.id.clone(),
        }
        .into()
    })
}

fn indicator(plan: &Plan, row: &Indicator, order: u32) -> IndicatorDefined {
    IndicatorDefined {
        aliases: row.aliases.clone(),
        basis: row.basis.clone(),
        block: row.block.clone(),
        bonus: row.bonus.clone(),
        direction: row.direction,
        group: row.group.clone(),
        indicator: row.id.clone(),
        kind: row.kind,
        measure: row.measure.clone(),
        name: row.name.clone(),
        order,
        paced: row.paced,
        percent: row.percent,
        plan: plan.id.clone(),
        remark: row.remark.clone(),
        roll_up: roll_up(&row.roll_up),
        source_line: Some(row.line),
    }
}

/// A mean whose denominator is no row of the table (population, say) cannot be computed from the ledger's figures, so
/// the ledger takes the row's city figure as measured apart.
fn roll_up(declared: &RollUp) -> events::RollUp {
    match declared {
        RollUp::Sum { areas } => events::RollUp::Sum { areas: areas.clone() },
        RollUp::WeightedMean { areas, weight: Some(weight), .. } => {
            events::RollUp::WeightedMean { areas: areas.clone(), weight: weight.clone() }
        }
        RollUp::WeightedMean { weight: None, .. } | RollUp::Independent => events::RollUp::Independent,
        RollUp::CityOnly => events::RollUp::CityOnly,
    }
}

fn blocks(plan: &Plan) -> impl Iterator<Item = Event> {
    plan.blocks().into_iter().filter_map(|(block, rows)| {
        let first = rows.iter().find(|row| row.weight.is_some())?;
        let defined = WeightBlockDefined {
            block: block.clone(),
            indicators: rows.iter().map(|row| row.id.clone()).collect(),
            plan: plan.id.clone(),
            points: plan.points(block)?,
            raw: first.weight.clone()?,
            source_line: Some(first.line),
        };
        Some(defined.into())
    })
}

/// Who reports, verifies and answers for what. The plan prints only who answers; the rest is
/// `docs/decisions/0011-who-reports-and-who-verifies.md`.
fn duties(plan: &Plan) -> Vec<Event> {
    let mut duties = Vec::new();
    let mut assign =
        |assignee: &UnitId, duty: Duty, indicator: Option<&IndicatorId>, area: Option<&AreaId>| {
            let given = ResponsibilityAssigned {
                area: area.cloned(),
                assignee: assignee.clone(),
                duty,
                indicator: indicator.cloned(),
                plan: plan.id.clone(),
            };
            duties.push(Event::from(given));
        };
    for unit in &plan.units {
        unit.governs.iter().for_each(|area| assign(&unit.id, Duty::Reports, None, Some(area)));
    }
    for row in &plan.indicators {
        for unit in &row.units {
            assign(unit, Duty::AnswersFor, Some(&row.id), None);
        }
        for unit in row.units.iter().chain(&row.assumed_units) {
            assign(unit, Duty::Verifies, Some(&row.id), None);
            let city_cells = plan.areas.iter().filter(|area| reports_for_city(row, area.class, plan));
            city_cells.for_each(|area| assign(unit, Duty::Reports, Some(&row.id), Some(&area.id)));
        }
    }
    let of_city = |class: AreaClass| matches!(class, AreaClass::City | AreaClass::CityLevel);
    for area in plan.areas.iter().filter(|area| of_city(area.class)) {
        assign(&plan.administrator, Duty::Verifies, None, Some(&area.id));
    }
    duties
}

/// The city's cells, and the city's own level where the row states amounts of it.
fn reports_for_city(row: &Indicator, class: AreaClass, plan: &Plan) -> bool {
    match class {
        AreaClass::City => true,
        AreaClass::CityLevel => plan.years.iter().any(|year| row.city_level.contains_key(year)),
        AreaClass::District | AreaClass::FunctionalZone => false,
    }
}

fn targets(plan: &Plan) -> Vec<Event> {
    let mut targets = Vec::new();
    for (year, row) in plan.years.iter().flat_map(|year| plan.indicators.iter().map(move |row| (*year, row)))
    {
        let stated = |class: AreaClass| class != AreaClass::CityLevel || row.city_level.contains_key(&year);
        for area in plan.areas.iter().filter(|area| stated(area.class)) {
            let raw = match area.class {
                AreaClass::CityLevel => row.city_level.get(&year).map_or("", |amount| &amount.phrase),
                AreaClass::City | AreaClass::District | AreaClass::FunctionalZone => {
                    plan.raw(row, &area.id, year)
                }
            };
            let set = TargetSet {
                area: area.id.clone(),
                indicator: row.id.clone(),
                plan: plan.id.clone(),
                raw: raw.to_owned(),
                target: plan.target(row, &area.id, year),
                year,
            };
            targets.push(set.into());
        }
    }
    targets
}
