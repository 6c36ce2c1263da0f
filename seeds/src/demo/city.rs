//! The cities of a demonstration: the plan itself, and copies of it under other names.

use domain::catalogue::{Indicator, Plan, RollUp};
use events::{AreaId, PlanId, UnitId};

/// A city of the demonstration.
#[derive(Clone, Debug)]
pub(super) struct City {
    /// Distinguishes its ids; empty for the first city, which has the plan's own.
    prefix: String,
    /// Its name; empty for the first.
    name: String,
    /// Its plan.
    pub plan: PlanId,
}

impl City {
    pub(super) fn new(number: u32, template: &Plan) -> Self {
        if number == 0 {
            return Self { prefix: String::new(), name: String::new(), plan: template.id.clone() };
        }
        let prefix = format!("c{number:03}-");
        let plan = id(&prefix, template.id.as_str());
        Self { prefix, name: format!("演示市{number:03}"), plan }
    }

    pub(super) fn unit(&self, unit: &UnitId) -> UnitId {
        id(&self.prefix, unit.as_str())
    }

    pub(super) fn area(&self, area: &AreaId) -> AreaId {
        id(&self.prefix, area.as_str())
    }

    /// The city's plan: the template with the city's own ids and names.
    pub(super) fn plan(&self, template: &Plan) -> Plan {
        let mut plan = template.clone();
        if self.prefix.is_empty() {
            return plan;
        }
        plan.id = self.plan.clone();
        plan.city.clone_from(&self.name);
        plan.title = format!("{}演示方案（仿{}）", self.name, template.title);
        plan.document = format!("演示数据：{}", plan.title);
        plan.source = None;
        plan.administrator = self.unit(&plan.administrator);
        for area in &mut plan.areas {
            area.id = self.area(&area.id);
        }
        for unit in &mut plan.units {
            unit.id = self.unit(&unit.id);
            unit.name = format!("{}{}", self.name, unit.name);
            unit.aliases.clear();
            unit.governs = unit.governs.as_ref().map(|area| self.area(area));
        }
        plan.indicators.iter_mut().for_each(|row| self.rename(row));
        plan
    }

    fn rename(&self, row: &mut Indicator) {
        for unit in row.units.iter_mut().chain(&mut row.assumed_units) {
            *unit = self.unit(unit);
        }
        if let RollUp::Sum { areas } | RollUp::WeightedMean { areas, .. } = &mut row.roll_up {
            areas.iter_mut().for_each(|area| *area = self.area(area));
        }
    }
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(prefix: &str, text: &str) -> T {
    format!("{prefix}{text}").parse().expect("a short prefix keeps the grammar of ids")
}
