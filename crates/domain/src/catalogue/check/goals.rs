//! Goals in the text beside the table, and beside each other.

use events::Decimal;

use super::super::plan::{Comparator, Goal, Indicator, Plan};
use super::{Finding, Range, Severity};
use crate::rational::Rational;

/// The table's targets that a goal speaks of, added up; none when one of them is no number.
fn table_value(plan: &Plan, goal: &Goal) -> Option<(Rational, String)> {
    let rows: Vec<&Indicator> = goal.indicators.iter().filter_map(|id| plan.indicator(id)).collect();
    let cells: Option<Vec<Decimal>> =
        rows.iter().map(|row| plan.number(row, &goal.area, goal.year)).collect();
    let cells = cells.filter(|cells| !cells.is_empty())?;
    let numbers: Vec<Rational> = cells.iter().map(|cell| Rational::from(*cell)).collect();
    let total: Rational = numbers.iter().sum();
    let text = cells.iter().map(ToString::to_string).collect::<Vec<_>>().join(" + ");
    Some((total, text))
}

/// How a goal and the table's target stand to each other.
enum Fit {
    Same,
    /// Both hold, but the table asks for another number.
    Looser,
    Apart,
}

/// A bound holds when the target keeps it; a number holds when the target rounds to it.
fn fit(value: Decimal, comparator: Comparator, target: &Rational) -> Fit {
    let stated = Rational::from(value);
    if &stated == target {
        return Fit::Same;
    }
    let range = Range::of(value);
    let rounds = &range.low <= target && target <= &range.high;
    let kept = match comparator {
        Comparator::AtLeast | Comparator::MoreThan => target >= &stated,
        Comparator::Reach | Comparator::About | Comparator::Range => rounds,
    };
    if kept { Fit::Looser } else { Fit::Apart }
}

/// A goal's number against the table's target.
pub(super) fn against_table(plan: &Plan, found: &mut Vec<Finding>) {
    for goal in &plan.goals {
        let (Some(value), Some(comparator)) = (goal.value, goal.comparator) else { continue };
        let Some((target, cells)) = table_value(plan, goal) else { continue };
        let (severity, verdict) = match fit(value, comparator, &target) {
            Fit::Same => continue,
            Fit::Looser => (Severity::Note, "附表更为具体"),
            Fit::Apart => (Severity::Contradiction, "两处不一致"),
        };
        let rows: Vec<&Indicator> = goal.indicators.iter().filter_map(|id| plan.indicator(id)).collect();
        let labels = rows.iter().map(|row| row.label()).collect::<Vec<_>>().join("、");
        let unit = goal.unit.as_deref().unwrap_or_default();
        let text = format!(
            "正文第{}行称“{}”（{}），附表“{labels}”{}年目标为{cells}，{verdict}。",
            goal.line,
            goal.phrase,
            comparator.phrase(&format!("{value}{unit}")),
            goal.year
        );
        let area = plan.area(&goal.area).expect("a checked plan knows the areas of its goals");
        let mut finding = Finding::new("goal-differs-from-table", severity, text).in_cell(area, goal.year);
        finding = finding.values(target.to_decimal(0).unwrap_or(cells), value);
        finding.lines.push(goal.line);
        finding.indicator = goal.indicators.first().cloned();
        found.push(rows.iter().fold(finding, |finding, row| finding.also_line(row.line)));
    }
}

/// Two goals for one subject, area and year.
pub(super) fn against_each_other(plan: &Plan, found: &mut Vec<Finding>) {
    for (index, first) in plan.goals.iter().enumerate() {
        let same_subject = |other: &&Goal| {
            other.indicators == first.indicators
                && other.subject == first.subject
                && (&other.area, other.year) == (&first.area, first.year)
        };
        for second in plan.goals[index + 1..].iter().filter(same_subject) {
            let (Some(before), Some(after)) = (first.value, second.value) else { continue };
            let severity = match (before == after, first.comparator == second.comparator) {
                (true, true) => continue,
                (true, false) => Severity::Note,
                (false, _) => Severity::Contradiction,
            };
            let text = format!(
                "同一事项两处目标说法不同：第{}行“{}”，第{}行“{}”。",
                first.line, first.phrase, second.line, second.phrase
            );
            let area = plan.area(&first.area).expect("a checked plan knows the areas of its goals");
            let mut finding = Finding::new("goals-disagree", severity, text).in_cell(area, first.year);
            finding.indicator = first.indicators.first().cloned();
            finding.lines = vec![second.line, first.line];
            let said = |goal: &Goal, value: Decimal| {
                goal.comparator.map_or_else(|| value.to_string(), |own| own.phrase(&value.to_string()))
            };
            found.push(finding.values(said(first, before), said(second, after)));
        }
    }
}

/// Goals with a number that no row of the table assesses.
pub(super) fn without_row(plan: &Plan, found: &mut Vec<Finding>) {
    for (index, goal) in plan.goals.iter().enumerate() {
        let (Some(value), Some(comparator)) = (goal.value, goal.comparator) else { continue };
        let repeats = plan.goals[..index].iter().any(|before| before.subject == goal.subject);
        if !goal.indicators.is_empty() || repeats {
            continue;
        }
        let text = format!("正文第{}行的目标“{}”在附表中没有对应指标，不参加考核。", goal.line, goal.phrase);
        let area = plan.area(&goal.area).expect("a checked plan knows the areas of its goals");
        let mut finding = Finding::new("goal-without-row", Severity::Note, text).in_cell(area, goal.year);
        finding.found =
            Some(comparator.phrase(&format!("{value}{}", goal.unit.as_deref().unwrap_or_default())));
        found.push(finding.also_line(goal.line));
    }
}
