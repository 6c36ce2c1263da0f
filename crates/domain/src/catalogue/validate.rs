//! Is a plan's data complete in itself? What is wrong here is a mistake of the data, not of the plan.

use std::collections::BTreeSet;

use events::{AreaClass, AreaId, IndicatorId, UnitId};

use super::plan::{Indicator, Plan, RollUp, points_of};
use crate::number;

impl Plan {
    /// Everything that makes the data unusable, as sentences; empty for usable data.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.check_heads(&mut found);
        self.indicators.iter().for_each(|row| self.check_row(row, &mut found));
        self.check_texts(&mut found);
        found
    }

    fn check_heads(&self, found: &mut Vec<String>) {
        let cities = self.areas.iter().filter(|area| area.class == AreaClass::City).count();
        if cities != 1 || self.columns().next().is_none_or(|area| area.class != AreaClass::City) {
            found.push("地区中须有且只有一个全市，并排在第一列".to_owned());
        }
        if self.years.is_empty() || !self.years.is_sorted_by(|a, b| a < b) {
            found.push("年份须从小到大，至少一年".to_owned());
        }
        repeated(self.areas.iter().map(|area| area.id.as_str()), "地区代码", found);
        repeated(self.units.iter().map(|unit| unit.id.as_str()), "单位代码", found);
        let spellings = self.units.iter().flat_map(|unit| std::iter::once(&unit.name).chain(&unit.aliases));
        repeated(spellings.map(String::as_str), "单位名称", found);
        repeated(self.indicators.iter().map(|row| row.id.as_str()), "指标代码", found);
        repeated(self.goals.iter().map(|goal| goal.id.as_str()), "目标代码", found);
        repeated(self.working_rules.iter().map(|rule| rule.id.as_str()), "工作要求代码", found);
        self.require_unit(&self.administrator, "方案的管理单位", found);
        for unit in &self.units {
            unit.governs.iter().for_each(|area| self.require_area(area, &unit.name, found));
        }
    }

    fn check_row(&self, row: &Indicator, found: &mut Vec<String>) {
        let place = format!("第{}行“{}”", row.line, row.label());
        row.units.iter().chain(&row.assumed_units).for_each(|unit| self.require_unit(unit, &place, found));
        let rows = row.parts.iter().chain(&row.growth_of).chain(&row.completion_of);
        let shares = row.share_of.iter().flat_map(|share| [&share.part, &share.whole]);
        rows.chain(shares).for_each(|id| self.require_row(id, &place, found));
        match &row.roll_up {
            RollUp::Sum { areas } => areas.iter().for_each(|area| self.require_area(area, &place, found)),
            RollUp::WeightedMean { areas, weight, .. } => {
                areas.iter().for_each(|area| self.require_area(area, &place, found));
                weight.iter().for_each(|id| self.require_row(id, &place, found));
            }
            RollUp::CityOnly | RollUp::Independent => {}
        }
        if row.bonus.is_none() && row.weight.as_deref().is_some_and(|weight| points_of(weight).is_none()) {
            found.push(format!("{place}：权重不是“3分”这样的写法"));
        }
        self.check_cells(row, &place, found);
    }

    fn check_cells(&self, row: &Indicator, place: &str, found: &mut Vec<String>) {
        if !row.targets.is_empty() && !row.targets.keys().eq(&self.years) {
            found.push(format!("{place}：目标的年份与方案不一致"));
        }
        for (year, cells) in &row.targets {
            if cells.len() != self.columns().count() {
                found.push(format!(
                    "{place}：{year}年应有{}格，实有{}格",
                    self.columns().count(),
                    cells.len()
                ));
            }
            for cell in cells.iter().filter(|cell| !matches!(cell.as_str(), "" | "-" | ">")) {
                if let Err(error) = number::read(cell) {
                    found.push(format!("{place}：{year}年{error}"));
                }
            }
        }
    }

    fn check_texts(&self, found: &mut Vec<String>) {
        for goal in &self.goals {
            let place = format!("第{}行的目标“{}”", goal.line, goal.phrase);
            self.require_area(&goal.area, &place, found);
            goal.indicators.iter().for_each(|id| self.require_row(id, &place, found));
            if goal.indicators.is_empty() == goal.subject.is_none() {
                found.push(format!("{place}：须写明指标或所指事项，二者只写其一"));
            }
        }
        for programme in &self.programmes {
            let all = programme.lead.iter().chain(&programme.cooperating);
            all.for_each(|part| self.require_unit(&part.unit, &programme.title, found));
        }
        for task in &self.tasks {
            if !self.programmes.iter().any(|programme| programme.id == task.programme) {
                found.push(format!("任务{}：没有专项“{}”", task.number, task.programme));
            }
        }
        for rule in &self.working_rules {
            rule.unit
                .iter()
                .chain(&rule.to_unit)
                .for_each(|unit| self.require_unit(unit, &rule.phrase, found));
        }
        for doubt in &self.doubts {
            self.require_row(&doubt.indicator, "存疑", found);
            if !doubt.readings.contains(&doubt.chosen) {
                found.push(format!("第{}行的存疑：所选读法不在候选之中", doubt.line));
            }
        }
    }

    fn require_area(&self, id: &AreaId, place: &str, found: &mut Vec<String>) {
        if self.area(id).is_none() {
            found.push(format!("{place}：没有地区“{id}”"));
        }
    }

    fn require_unit(&self, id: &UnitId, place: &str, found: &mut Vec<String>) {
        if self.unit(id).is_none() {
            found.push(format!("{place}：没有单位“{id}”"));
        }
    }

    fn require_row(&self, id: &IndicatorId, place: &str, found: &mut Vec<String>) {
        if self.indicator(id).is_none() {
            found.push(format!("{place}：没有指标“{id}”"));
        }
    }
}

fn repeated<'a>(texts: impl Iterator<Item = &'a str>, what: &str, found: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    found.extend(texts.filter(|text| !seen.insert(*text)).map(|text| format!("{what}“{text}”重复")));
}
