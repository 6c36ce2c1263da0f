//! A plan for programs (JSON) and for people (rows of a table).

use events::{AreaClass, RollUp as StoredRollUp};
use serde_json::{Value, json};

use super::plan::{Indicator, Plan, RollUp};

/// A row of the table for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRow {
    /// 1-based place in the table.
    pub order: usize,
    /// The row's id.
    pub id: String,
    /// Group and name.
    pub label: String,
    /// The unit of measure.
    pub measure: String,
    /// The weight cell; `同上` for a row that shares the weight above, empty for a row without.
    pub weight: String,
    /// Cells as printed: years ascending, in each the columns of the plan.
    pub cells: Vec<String>,
    /// The names of the units that answer for it.
    pub units: String,
    /// The remark, or nothing.
    pub remark: String,
    /// 1-based line of the plan's text.
    pub line: u32,
}

/// The headings of [`table_rows`]' cells: area names, with the year before each when there are several years.
#[must_use]
pub fn cell_headings(plan: &Plan, year: Option<u16>) -> Vec<String> {
    let many = years(plan, year).count() > 1;
    let heading = |year: u16, area: &str| if many { format!("{year} {area}") } else { area.to_owned() };
    let of_year = |year: u16| plan.columns().map(move |area| heading(year, &area.name));
    years(plan, year).flat_map(of_year).collect()
}

/// The plan's table for people, for one year or for all.
#[must_use]
pub fn table_rows(plan: &Plan, year: Option<u16>) -> Vec<TableRow> {
    let cells = |row: &Indicator| {
        let of_year = |year: u16| plan.columns().map(move |area| plan.raw(row, &area.id, year).to_owned());
        years(plan, year).flat_map(of_year).collect()
    };
    let row = |(index, row): (usize, &Indicator)| TableRow {
        order: index + 1,
        id: row.id.to_string(),
        label: row.label(),
        measure: row.measure.clone(),
        weight: match (&row.weight, &row.block) {
            (Some(weight), _) => weight.clone(),
            (None, Some(_)) => "同上".to_owned(),
            (None, None) => String::new(),
        },
        cells: cells(row),
        units: unit_names(plan, row).join("、"),
        remark: row.remark.clone().unwrap_or_default(),
        line: row.line,
    };
    plan.indicators.iter().enumerate().map(row).collect()
}

/// The plan as JSON: every cell as printed and as read, weights, units, goals, programmes, tasks, rules and doubts.
#[must_use]
pub fn catalogue_json(plan: &Plan, year: Option<u16>) -> Value {
    json!({
        "plan": plan.id,
        "city": plan.city,
        "title": plan.title,
        "document": plan.document,
        "issued_on": plan.issued_on,
        "source": plan.source,
        "years": years(plan, year).collect::<Vec<_>>(),
        "areas": plan.areas.iter().map(|area| json!({
            "id": area.id, "name": area.name, "aliases": area.aliases, "class": area.class,
            "column": area.class != AreaClass::CityLevel,
        })).collect::<Vec<_>>(),
        "units": plan.units.iter().map(|unit| json!({
            "id": unit.id, "name": unit.name, "aliases": unit.aliases, "kind": unit.kind,
            "governs": unit.governs, "named_in_plan": unit.named_in_plan,
        })).collect::<Vec<_>>(),
        "indicators": plan.indicators.iter().enumerate()
            .map(|(index, row)| indicator_json(plan, index, row, year)).collect::<Vec<_>>(),
        "blocks": plan.blocks().into_iter().map(|(block, rows)| json!({
            "id": block,
            "points": plan.points(block),
            "weight": rows.iter().find_map(|row| row.weight.as_deref()),
            "indicators": rows.iter().map(|row| &row.id).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "goals": plan.goals.iter().map(|goal| json!({
            "id": goal.id, "phrase": goal.phrase, "indicators": goal.indicators, "subject": goal.subject,
            "area": goal.area, "year": goal.year, "value": goal.value, "unit": goal.unit,
            "comparator": goal.comparator, "source_line": goal.line,
        })).collect::<Vec<_>>(),
        "programmes": plan.programmes.iter().map(programme_json).collect::<Vec<_>>(),
        "tasks": plan.tasks.iter().map(task_json).collect::<Vec<_>>(),
        "working_rules": plan.working_rules.iter().map(rule_json).collect::<Vec<_>>(),
        "doubts": plan.doubts.iter().map(|doubt| json!({
            "indicator": doubt.indicator, "cells": doubt.cells, "printed": doubt.printed,
            "readings": doubt.readings, "chosen": doubt.chosen, "because": doubt.because,
            "source_line": doubt.line,
        })).collect::<Vec<_>>(),
        "roll_up": super::roll_up::checks(plan).into_iter()
            .filter(|check| year.is_none_or(|year| check.year == year)).collect::<Vec<_>>(),
    })
}

fn years(plan: &Plan, year: Option<u16>) -> impl Iterator<Item = u16> {
    plan.years.iter().copied().filter(move |own| year.is_none_or(|year| year == *own))
}

fn unit_names<'a>(plan: &'a Plan, row: &Indicator) -> Vec<&'a str> {
    row.units.iter().filter_map(|id| plan.unit(id)).map(|unit| unit.name.as_str()).collect()
}

fn indicator_json(plan: &Plan, index: usize, row: &Indicator, year: Option<u16>) -> Value {
    let raw = |year: u16| -> serde_json::Map<String, Value> {
        plan.columns().map(|area| (area.id.to_string(), plan.raw(row, &area.id, year).into())).collect()
    };
    let read = |year: u16| -> serde_json::Map<String, Value> {
        plan.areas
            .iter()
            .filter(|area| area.class != AreaClass::CityLevel || row.city_level.contains_key(&year))
            .map(|area| (area.id.to_string(), json!(plan.target(row, &area.id, year))))
            .collect()
    };
    let by_year = |cells: &dyn Fn(u16) -> serde_json::Map<String, Value>| -> Value {
        years(plan, year)
            .map(|year| (year.to_string(), Value::from(cells(year))))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    json!({
        "id": row.id,
        "order": index + 1,
        "group": row.group,
        "name": row.name,
        "aliases": row.aliases,
        "measure": row.measure,
        "percent": row.is_percent(),
        "weight": row.weight,
        "block": row.block,
        "points": row.block.as_ref().and_then(|block| plan.points(block)),
        "bonus": row.bonus,
        "kind": row.kind,
        "direction": row.direction,
        "paced": row.paced,
        "basis": row.basis,
        "roll_up": roll_up_json(&row.roll_up),
        "growth_of": row.growth_of,
        "share_of": row.share_of.as_ref().map(|share| json!({"part": share.part, "whole": share.whole})),
        "parts": row.parts,
        "completion_of": row.completion_of,
        "units": row.units,
        "unit_names": unit_names(plan, row),
        "assumed_units": row.assumed_units,
        "remark": row.remark,
        "source_line": row.line,
        "cells": by_year(&raw),
        "targets": by_year(&read),
    })
}

fn roll_up_json(roll_up: &RollUp) -> Value {
    match roll_up {
        RollUp::Sum { areas } => json!(StoredRollUp::Sum { areas: areas.clone() }),
        RollUp::WeightedMean { areas, denominator, weight } => {
            json!({"rule": "weighted-mean", "areas": areas, "denominator": denominator, "weight": weight})
        }
        RollUp::CityOnly => json!(StoredRollUp::CityOnly),
        RollUp::Independent => json!(StoredRollUp::Independent),
    }
}

fn programme_json(programme: &super::Programme) -> Value {
    let parts = |parts: &[super::Participant]| -> Vec<Value> {
        let part = |part: &super::Participant| json!({"unit": part.unit, "printed": part.printed, "person": part.person});
        parts.iter().map(part).collect()
    };
    json!({
        "id": programme.id,
        "number": programme.number,
        "title": programme.title,
        "leader": programme.leader,
        "lead": parts(&programme.lead),
        "cooperating": parts(&programme.cooperating),
        "source_line": programme.line,
    })
}

fn task_json(task: &super::Task) -> Value {
    let quantity = |quantity: &super::Quantity| {
        json!({
            "of": quantity.of, "value": quantity.value, "up_to": quantity.up_to, "unit": quantity.unit,
            "comparator": quantity.comparator, "phrase": quantity.phrase,
        })
    };
    json!({
        "number": task.number,
        "programme": task.programme,
        "text": task.text,
        "quantities": task.quantities.iter().map(quantity).collect::<Vec<_>>(),
        "source_line": task.line,
    })
}

fn rule_json(rule: &super::WorkingRule) -> Value {
    json!({
        "id": rule.id, "what": rule.what, "who": rule.who, "unit": rule.unit, "to": rule.to, "to_unit": rule.to_unit,
        "cadence": rule.cadence,
        "deadline": rule.deadline,
        "phrase": rule.phrase,
        "reading": rule.reading,
        "source_line": rule.line,
    })
}
