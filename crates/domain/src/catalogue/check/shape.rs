//! The table's own form: weights, units of measure, missing cells, names.

use std::collections::BTreeSet;

use events::{Decimal, IndicatorKind, Target};

use super::super::plan::{Indicator, LeadingCell, Plan};
use super::{Finding, Severity};
use crate::number;
use crate::rational::Rational;

/// Weights add up to 100, and every row is in a block, a bonus or a base of other rows.
pub(super) fn weights(plan: &Plan, found: &mut Vec<Finding>) {
    let points: Vec<Rational> =
        plan.blocks().iter().filter_map(|(block, _)| plan.points(block)).map(Rational::from).collect();
    let total: Rational = points.iter().sum();
    if total != Rational::from(100) {
        let total = total.to_decimal(0).expect("a sum of decimals is one");
        let text = format!("权重之和为{total}分，应为100分。");
        let finding = Finding::new("weights-not-hundred", Severity::Contradiction, text);
        found.push(finding.values(100, total).also_line(plan.columns_line));
    }
    for row in plan.indicators.iter().filter(|row| row.block.is_none() && row.bonus.is_none()) {
        let used = plan.indicators.iter().any(|other| {
            other.share_of.as_ref().is_some_and(|share| share.whole == row.id || share.part == row.id)
        });
        let purpose = if used {
            "只作为其他指标的分母"
        } else {
            "不计分，也不是其他指标的基数"
        };
        let text = format!("“{}”没有权重，{purpose}。", row.label());
        found.push(Finding::new("row-without-weight", Severity::Note, text).of_row(row));
    }
}

/// Units of measure that do not fit the row's name.
pub(super) fn measures(plan: &Plan, found: &mut Vec<Finding>) {
    const COUNTED: &[&str] = &["新增数", "数量", "个数", "企业数", "节点数", "基站数", "场次", "次数"];
    const RATIO: &[&str] = &["率", "比重", "占比", "比例", "增速", "使用度", "成效度"];
    let ends = |name: &str, words: &[&str]| words.iter().any(|word| name.ends_with(word));
    for row in &plan.indicators {
        let (name, measure) = (row.name.as_str(), row.measure.as_str());
        let efficiency = name.ends_with("速率");
        let text = if ends(name, COUNTED) && measure == "%" {
            format!("“{}”是个数，单位却印为“%”。", row.label())
        } else if ends(name, RATIO) && !efficiency && measure != "%" {
            format!("“{}”是比率，单位却印为“{measure}”。", row.label())
        } else if measure == "—" && name.contains('、') {
            format!("“{}”把几个量写在一行，又没有单位，目标是哪一个量的数无从分辨。", row.label())
        } else if measure == "—" && ends(name, COUNTED) {
            format!("“{}”是个数，却没有单位。", row.label())
        } else {
            continue;
        };
        found.push(Finding::new("measure-mistaken", Severity::Doubt, text).of_row(row));
    }
}

/// Per cent signs in some cells of a row and not in others.
pub(super) fn per_cent_signs(plan: &Plan, found: &mut Vec<Finding>) {
    for row in &plan.indicators {
        let signs = |row: &Indicator| {
            row.targets.values().flatten().any(|cell| number::read(cell).is_ok_and(|read| read.percent))
        };
        if !signs(row) {
            continue;
        }
        for (area, year) in plan.columns().flat_map(|area| plan.years.iter().map(move |year| (area, *year))) {
            let raw = plan.raw(row, &area.id, year);
            if number::read(raw).is_ok_and(|read| !read.percent) {
                let text =
                    format!("{}{year}年“{}”印为“{raw}”，同一行其余各格带百分号。", area.name, row.label());
                let finding = Finding::new("per-cent-sign-missing", Severity::Doubt, text).of_row(row);
                found.push(finding.in_cell(area, year).values(format!("{raw}%"), raw));
            }
        }
    }
}

/// Shares and rates above 100 %.
pub(super) fn over_hundred(plan: &Plan, found: &mut Vec<Finding>) {
    let bounded = |row: &&Indicator| {
        matches!(row.kind, IndicatorKind::Share | IndicatorKind::Rate | IndicatorKind::Level)
            && row.is_percent()
    };
    for row in plan.indicators.iter().filter(bounded) {
        for (area, year) in plan.columns().flat_map(|area| plan.years.iter().map(move |year| (area, *year))) {
            let Some(value) = plan.number(row, &area.id, year).filter(|value| *value > Decimal::from(100))
            else {
                continue;
            };
            let text = format!(
                "{}{year}年“{}”目标为{value}%，超过100%；如确可超过，方案应写明分子、分母的口径。",
                area.name,
                row.label()
            );
            let finding = Finding::new("target-over-hundred", Severity::Doubt, text).of_row(row);
            found.push(finding.in_cell(area, year).values("不超过100", value));
        }
    }
}

/// Cells the text has lost.
pub(super) fn missing_cells(plan: &Plan, found: &mut Vec<Finding>) {
    let columns = plan.columns().count();
    for row in plan.indicators.iter().filter(|row| !row.targets.is_empty()) {
        let cells: Vec<&String> = row.targets.values().flatten().collect();
        let kept = cells.iter().filter(|cell| !cell.is_empty()).count();
        let full = columns * plan.years.len();
        if kept < full {
            let text = format!("“{}”应有{full}个目标单元格，只印出{kept}个。", row.label());
            found.push(Finding::new("cells-missing", Severity::Doubt, text).of_row(row).values(full, kept));
        }
    }
}

/// Rows that carry points although they have no target, or none yet.
pub(super) fn points_without_target(plan: &Plan, found: &mut Vec<Finding>) {
    let Some(city) = plan.city_area() else { return };
    for row in plan.indicators.iter().filter(|row| row.block.is_some()) {
        let points = row.block.as_ref().and_then(|block| plan.points(block)).unwrap_or(Decimal::ZERO);
        let unset = |year: &&u16| plan.target(row, &city.id, **year) == Target::NotYetSet;
        let state = if row.targets.is_empty() {
            "没有任何目标".to_owned()
        } else {
            let years: Vec<String> = plan.years.iter().filter(unset).map(ToString::to_string).collect();
            if years.is_empty() {
                continue;
            }
            format!("{}年的目标尚未确定", years.join("、"))
        };
        let text = format!("“{}”{state}，却占{points}分。", row.label());
        found.push(Finding::new("points-without-target", Severity::Doubt, text).of_row(row));
    }
}

/// Zero targets in rows with points: a ratio to them is undefined.
pub(super) fn zero_targets(plan: &Plan, found: &mut Vec<Finding>) {
    for row in plan.indicators.iter().filter(|row| row.block.is_some()) {
        for year in &plan.years {
            let is_zero = |area: &&super::Area| plan.number(row, &area.id, *year) == Some(Decimal::ZERO);
            let areas: Vec<&str> = plan.columns().filter(is_zero).map(|area| area.name.as_str()).collect();
            if areas.is_empty() {
                continue;
            }
            let text = format!(
                "“{}”{year}年{}的目标为0而计分，完成比例无从计算，须由计分规则写明。",
                row.label(),
                areas.join("、")
            );
            let finding = Finding::new("zero-target-with-points", Severity::Note, text).of_row(row);
            found.push(finding.in_year(*year).values("大于0", 0));
        }
    }
}

/// Cells whose spelling is a residue of typing, such as `-0`.
pub(super) fn odd_spellings(plan: &Plan, found: &mut Vec<Finding>) {
    for row in &plan.indicators {
        for (area, year) in plan.columns().flat_map(|area| plan.years.iter().map(move |year| (area, *year))) {
            let raw = plan.raw(row, &area.id, year);
            let Ok(read) = number::read(raw) else { continue };
            let folded = raw.chars().any(|c| ('\u{ff01}'..='\u{ff5e}').contains(&c));
            if folded || (raw.starts_with('-') && read.value == Decimal::ZERO) {
                let text = format!("{}{year}年“{}”印为“{raw}”，按{}读。", area.name, row.label(), read.value);
                let finding = Finding::new("odd-spelling", Severity::Note, text).of_row(row);
                found.push(finding.in_cell(area, year).values(read.value, raw));
            }
        }
    }
}

/// Names that occur twice, or run together.
pub(super) fn names(plan: &Plan, found: &mut Vec<Finding>) {
    let starts: Vec<&Indicator> =
        plan.indicators.iter().filter(|row| row.printed.contains(&LeadingCell::Group)).collect();
    for (index, row) in starts.iter().enumerate() {
        if let Some(first) = starts[..index].iter().find(|first| first.group == row.group) {
            let text = format!(
                "分组名“{}”在第{}行和第{}行各出现一次，名称不能用作代码。",
                row.group, first.line, row.line
            );
            let finding = Finding::new("group-name-twice", Severity::Doubt, text).of_row(row);
            found.push(finding.also_line(first.line));
        }
        let rows = plan.indicators.iter().filter(|own| own.group == row.group && own.block == row.block);
        let names: Vec<&str> = rows.map(|own| own.name.as_str()).collect();
        if names.len() > 1 && names.concat() == row.group {
            let text = format!("分组名“{}”是各行名称连写，漏了顿号。", row.group);
            found.push(
                Finding::new("names-run-together", Severity::Note, text)
                    .of_row(row)
                    .values(names.join("、"), &row.group),
            );
        }
    }
    let mut seen = BTreeSet::new();
    for row in &plan.indicators {
        if !seen.insert((&row.group, &row.name)) {
            let text = format!("指标“{}”重复出现。", row.label());
            found.push(Finding::new("row-name-twice", Severity::Contradiction, text).of_row(row));
        }
    }
}

/// Units the plan spells in several ways, and rows that name nobody.
pub(super) fn units(plan: &Plan, found: &mut Vec<Finding>) {
    for unit in plan.units.iter().filter(|unit| unit.named_in_plan && !unit.aliases.is_empty()) {
        let text = format!("“{}”在方案中又写作“{}”。", unit.name, unit.aliases.join("”“"));
        found.push(
            Finding::new("unit-spelled-differently", Severity::Note, text)
                .values(&unit.name, unit.aliases.join("、")),
        );
    }
    for row in plan.indicators.iter().filter(|row| row.units.is_empty()) {
        let text = format!("“{}”没有考核责任单位。", row.label());
        found.push(Finding::new("nobody-responsible", Severity::Doubt, text).of_row(row));
    }
}

/// Tasks are numbered without gaps.
pub(super) fn task_numbers(plan: &Plan, found: &mut Vec<Finding>) {
    for (expected, task) in (1..).zip(&plan.tasks) {
        if task.number != expected {
            let text = format!("任务编号为{}，按顺序应为{expected}。", task.number);
            let finding = Finding::new("task-number-jumps", Severity::Doubt, text);
            found.push(finding.values(expected, task.number).also_line(task.line));
        }
    }
}
