//! What the year is about: the ledger, units, plans with their tables, duties, periods, snapshots.

use domain::ledger::Ledger;
use domain::registry::{AreaIx, IndicatorIx, Plan};
use projections::snapshots::{SnapshotRow, reading};
use projections::tables::v1;
use serde_json::json;

use super::Remade;
use crate::layout::{
    AREAS, DUTIES, FROZEN_RANKING, INDICATORS, LEDGER, PERIODS, PLANS, SNAPSHOTS, TARGETS, UNITS,
    WEIGHT_BLOCKS,
};

/// Adds the rows of a ledger.
pub fn add(ledger: &Ledger, all: &mut Remade) {
    let registry = ledger.book().registry();
    if let Some(opened) = registry.opened() {
        all.add(&LEDGER, opened, &[]);
    }
    registry.units().for_each(|unit| all.add(&UNITS, unit, &[]));
    registry.plans().for_each(|(_, plan)| add_plan(plan, all));
    registry.periods().for_each(|period| all.add(&PERIODS, period, &[]));
    SnapshotRow::all(ledger).iter().for_each(|snapshot| all.add(&SNAPSHOTS, snapshot, &[]));
    add_frozen(ledger, all);
}

fn add_plan(plan: &Plan, all: &mut Remade) {
    all.add(&PLANS, &plan.adopted, &[]);
    for (ordinal, area) in plan.areas().iter().enumerate() {
        all.add(&AREAS, area, &[("ordinal", json!(ordinal))]);
    }
    for (ordinal, row) in plan.indicators().iter().enumerate() {
        all.add(&INDICATORS, &row.defined, &[("ordinal", json!(ordinal)), ("event_hash", json!(row.hash))]);
    }
    for block in plan.blocks() {
        all.add(&WEIGHT_BLOCKS, &block.defined, &[("event_hash", json!(block.hash))]);
    }
    let id = ("plan", json!(plan.adopted.plan));
    plan.assignments().iter().for_each(|given| all.add(&DUTIES, given, std::slice::from_ref(&id)));
    add_targets(plan, all);
}

fn add_targets(plan: &Plan, all: &mut Remade) {
    let indices = |length: usize| 0..u16::try_from(length).expect("a plan's indices are 16 bits");
    for indicator in indices(plan.indicators().len()).map(IndicatorIx) {
        for area in indices(plan.areas().len()).map(AreaIx) {
            for year in &plan.adopted.years {
                for (position, version) in plan.target_versions(indicator, area, *year) {
                    let more = [
                        ("position", json!(position)),
                        ("plan", json!(plan.adopted.plan)),
                        ("indicator", json!(plan.indicator(indicator).defined.indicator)),
                        ("area", json!(plan.area(area).area)),
                        ("year", json!(year)),
                        ("target", json!(version.target)),
                    ];
                    all.add(&TARGETS, version, &more);
                }
            }
        }
    }
}

/// Frozen rankings, made again from the lines. A snapshot of rules or lines that are not there has none; `verify` says so.
fn add_frozen(ledger: &Ledger, all: &mut Remade) {
    for snapshot in ledger.snapshots().all().iter().filter(|snapshot| snapshot.frozen.is_some()) {
        let Ok(reading) = reading(ledger.book(), &snapshot.manifest, snapshot.manifest.root) else {
            continue;
        };
        for row in &v1::Ranking::of(&reading).areas {
            all.add(&FROZEN_RANKING, row, &[("position", json!(snapshot.position))]);
        }
    }
}
