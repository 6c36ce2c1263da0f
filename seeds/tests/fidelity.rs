//! The data against the plan's own text: every line of `plan.txt` is claimed by exactly what it says.
//!
//! Nothing here uses the code or the script that made the TOML files; each test rebuilds lines from the data and
//! compares them with the text, so neither can drift from the other.

use std::collections::BTreeSet;

use domain::catalogue::{Indicator, LeadingCell, Participant, Plan, Programme};
use events::{Decimal, Target};

const TEXT: &str = seeds::YINGTAN_2022.source;

fn line(number: u32) -> &'static str {
    let index = usize::try_from(number).expect("line numbers are small") - 1;
    TEXT.lines().nth(index).unwrap_or_else(|| panic!("the plan has no line {number}"))
}

/// The cells of a table line that hold something, in order.
fn tokens(number: u32) -> Vec<&'static str> {
    line(number).split('|').map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

/// Names lose the blanks that line wraps left in them; nothing else does.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect()
}

fn leading(row: &Indicator) -> Vec<String> {
    let cell = |cell: &LeadingCell| match cell {
        LeadingCell::Group => row.group.clone(),
        LeadingCell::Name => row.name.clone(),
        LeadingCell::Measure => row.measure.clone(),
        LeadingCell::Weight => {
            row.weight.clone().unwrap_or_else(|| panic!("{} has no weight to print", row.id))
        }
    };
    row.printed.iter().map(cell).collect()
}

#[test]
fn every_table_row_is_its_line() {
    let plan = seeds::yingtan_2022();
    for row in &plan.indicators {
        let tokens = tokens(row.line);
        let (head, rest) = tokens.split_at(row.printed.len());
        let head: Vec<String> = head.iter().map(|cell| unwrapped(cell)).collect();
        assert_eq!(head, leading(row), "line {}", row.line);

        let cells = row.targets.values().flatten().map(String::as_str).filter(|cell| !cell.is_empty());
        let tail = [row.units_printed.as_deref(), row.remark.as_deref()];
        let expected: Vec<&str> = cells.chain(tail.into_iter().flatten()).collect();
        assert_eq!(rest, expected, "line {}", row.line);
    }
}

#[test]
fn rows_stand_in_the_plans_order_without_gaps() {
    let plan = seeds::yingtan_2022();
    let lines: Vec<u32> = plan.indicators.iter().map(|row| row.line).collect();
    assert_eq!(lines, (175..=233).collect::<Vec<u32>>());
    assert_eq!(lines.len(), 59);
}

#[test]
fn only_the_doubtful_rows_have_lost_cells() {
    let plan = seeds::yingtan_2022();
    let full = |row: &&Indicator| {
        let printed = row.targets.values().flatten().filter(|cell| !cell.is_empty()).count();
        printed != 21
    };
    let short: Vec<(&str, usize)> = plan
        .indicators
        .iter()
        .filter(full)
        .map(|row| (row.id.as_str(), row.targets.values().flatten().filter(|cell| !cell.is_empty()).count()))
        .collect();
    let expected =
        [("data-sharing-score", 12), ("ganzhengtong-effective", 0), ("ganfutong-effect", 20), ("honours", 0)];
    assert_eq!(short, expected);
    let doubted: BTreeSet<&str> = plan.doubts.iter().map(|doubt| doubt.indicator.as_str()).collect();
    assert!(expected.iter().all(|(row, _)| doubted.contains(row)));
}

#[test]
fn merged_cells_come_from_the_row_above() {
    let plan = seeds::yingtan_2022();
    for pair in plan.indicators.windows(2) {
        let [above, row] = pair else { unreachable!("windows of two") };
        let own = row.printed.contains(&LeadingCell::Group);
        let alone = row.group == row.name;
        if !own && !alone {
            assert_eq!(row.group, above.group, "the group of {}", row.id);
        }
        if !row.printed.contains(&LeadingCell::Measure) {
            assert_eq!(row.measure, above.measure, "the measure of {}", row.id);
        }
        if row.units_printed.is_none() {
            assert_eq!(row.units, above.units, "the units of {}", row.id);
        }
        if row.weight.is_none() && row.bonus.is_none() {
            assert_eq!(row.block, above.block, "the block of {}", row.id);
        }
    }
}

#[test]
fn units_are_those_the_row_prints() {
    let plan = seeds::yingtan_2022();
    for row in &plan.indicators {
        let Some(printed) = &row.units_printed else { continue };
        let named: Vec<_> = printed
            .split_whitespace()
            .map(|name| plan.unit_named(name).unwrap_or_else(|| panic!("no unit {name}")).id.clone())
            .collect();
        assert_eq!(named, row.units, "line {}", row.line);
    }
}

#[test]
fn unit_names_stand_in_the_plan() {
    let plan = seeds::yingtan_2022();
    for unit in plan.units.iter().filter(|unit| unit.named_in_plan) {
        for name in std::iter::once(&unit.name).chain(&unit.aliases) {
            assert!(TEXT.contains(name.as_str()), "the plan does not name {name}");
        }
    }
    for unit in plan.units.iter().filter(|unit| !unit.named_in_plan) {
        assert!(!TEXT.contains(unit.name.as_str()), "the plan does name {}", unit.name);
    }
}

#[test]
fn columns_are_the_tables() {
    let plan = seeds::yingtan_2022();
    let printed = tokens(plan.columns_line);
    let names: Vec<&str> = plan.columns().map(|area| area.name.as_str()).collect();
    assert_eq!(printed, [names.clone(), names.clone(), names].concat());
    let heading = tokens(plan.columns_line - 1);
    assert_eq!(heading[3..6], ["2022年预期目标", "2023年预期目标", "2024年预期目标"]);
}

#[test]
fn forty_one_weights_make_a_hundred_points() {
    let plan = seeds::yingtan_2022();
    let blocks = plan.blocks();
    assert_eq!(blocks.len(), 41);
    let points: i64 = blocks
        .iter()
        .map(|(block, _)| plan.points(block).unwrap_or_else(|| panic!("{block} has no points")).to_string())
        .map(|points| points.parse::<i64>().expect("whole points"))
        .sum();
    assert_eq!(points, 100);
    for (block, rows) in blocks {
        let printed = rows.iter().filter(|row| row.weight.is_some()).count();
        assert!(rows[0].weight.is_some() && printed == 1, "{block} prints its weight once, first");
    }
    let bonus: Vec<&str> =
        plan.indicators.iter().filter(|row| row.bonus.is_some()).map(|row| row.id.as_str()).collect();
    assert_eq!(bonus, ["honours", "listed-firms-new", "unicorns-new"]);
    for row in plan.indicators.iter().filter(|row| row.bonus.is_some()) {
        let bonus = row.bonus.as_ref().expect("filtered");
        assert_eq!(row.weight, Some(format!("{}分/{}", bonus.points, bonus.per)));
    }
}

/// `单位:甲、乙;责任人:丙、丁`, as the plan prints it.
fn participants(title: &str, parts: &[Participant]) -> String {
    let units: Vec<&str> = parts.iter().map(|part| part.printed.as_str()).collect();
    let persons: Vec<&str> = parts.iter().filter_map(|part| part.person.as_deref()).collect();
    let named = format!("{title}:{}", units.join("、"));
    if persons.is_empty() { named } else { format!("{named};责任人:{}", persons.join("、")) }
}

fn programme_lines(programme: &Programme) -> Vec<String> {
    const NUMERALS: [&str; 16] = [
        "一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三", "十四", "十五",
        "十六",
    ];
    let numeral = NUMERALS[usize::from(programme.number) - 1];
    let mut lines = vec![
        format!("({numeral}){}", programme.title),
        format!("责任领导:{}", programme.leader),
        participants("牵头单位", &programme.lead),
    ];
    if !programme.cooperating.is_empty() {
        lines.push(participants("配合单位", &programme.cooperating));
    }
    lines
}

#[test]
fn section_two_is_its_programmes_and_tasks_line_by_line() {
    let plan = seeds::yingtan_2022();
    assert_eq!((plan.programmes.len(), plan.tasks.len()), (16, 91));
    let mut rebuilt = Vec::new();
    for programme in &plan.programmes {
        assert_eq!(programme.line, 16 + u32::try_from(rebuilt.len()).unwrap(), "{}", programme.id);
        rebuilt.extend(programme_lines(programme));
        for task in plan.tasks.iter().filter(|task| task.programme == programme.id) {
            assert_eq!(task.line, 16 + u32::try_from(rebuilt.len()).unwrap(), "task {}", task.number);
            rebuilt.push(format!("{}.{}", task.number, task.text));
        }
    }
    let printed: Vec<&str> = TEXT.lines().skip(15).take(rebuilt.len()).collect();
    assert_eq!(rebuilt, printed);
    assert_eq!(line(165), "三、工作要求");
    assert_eq!(rebuilt.len(), 149, "section two is lines 16 to 164");
}

#[test]
fn participants_are_the_units_printed() {
    let plan = seeds::yingtan_2022();
    for part in
        plan.programmes.iter().flat_map(|programme| programme.lead.iter().chain(&programme.cooperating))
    {
        let unit = plan.unit_named(&part.printed).unwrap_or_else(|| panic!("no unit {}", part.printed));
        assert_eq!(unit.id, part.unit);
    }
}

#[test]
fn quantities_are_in_the_words_they_cite() {
    let plan = seeds::yingtan_2022();
    for task in &plan.tasks {
        for quantity in &task.quantities {
            let phrase = &quantity.phrase;
            assert!(task.text.contains(phrase.as_str()), "task {} does not say {phrase}", task.number);
            assert!(phrase.contains(&quantity.value.to_string()), "{phrase} does not say {}", quantity.value);
            let upper = quantity.up_to.map(|up_to| format!("{}-{up_to}", quantity.value));
            assert!(upper.is_none_or(|upper| phrase.contains(&upper)), "{phrase}");
        }
    }
    assert_eq!(plan.tasks.iter().map(|task| task.quantities.len()).sum::<usize>(), 59);
}

/// Digits in names, dates and identifiers: not quantities.
const NOT_QUANTITIES: &[&str] = &[
    "2022年",
    "2022-2024年",
    "《2022年",
    "03专项",
    "5G",
    "“5020”",
    "12316",
    "3-9年级",
    "100万级",
    "50万级",
    "10万级",
];

#[test]
fn no_number_in_a_task_is_overlooked() {
    for task in &seeds::yingtan_2022().tasks {
        let mut rest = task.text.clone();
        for quantity in &task.quantities {
            rest = rest.replacen(&quantity.phrase, "", 1);
        }
        NOT_QUANTITIES.iter().for_each(|name| rest = rest.replace(name, ""));
        let overlooked = rest.chars().any(|c| c.is_ascii_digit());
        assert!(!overlooked, "task {}: {rest}", task.number);
    }
}

#[test]
fn goals_are_in_the_words_they_cite() {
    let plan = seeds::yingtan_2022();
    for goal in &plan.goals {
        assert!(line(goal.line).contains(&goal.phrase), "line {} does not say {}", goal.line, goal.phrase);
        let Some(value) = goal.value else { continue };
        let ten_thousands = value.to_string().strip_suffix("0000").map(|digits| format!("{digits}万"));
        let said = goal.phrase.contains(&value.to_string())
            || ten_thousands.is_some_and(|digits| goal.phrase.contains(&digits));
        assert!(said, "{} does not say {value}", goal.phrase);
    }
}

#[test]
fn no_number_in_the_annual_goals_is_overlooked() {
    let plan = seeds::yingtan_2022();
    for number in 11..=14 {
        let mut rest = line(number).to_owned();
        for goal in plan.goals.iter().filter(|goal| goal.line == number) {
            rest = rest.replacen(&goal.phrase, "", 1);
        }
        ["2022年", "5G", "IPv6"].iter().for_each(|name| rest = rest.replace(name, ""));
        assert!(!rest.chars().any(|c| c.is_ascii_digit()), "line {number}: {rest}");
    }
}

#[test]
fn working_rules_and_remarks_are_in_the_words_they_cite() {
    let plan = seeds::yingtan_2022();
    for rule in &plan.working_rules {
        assert!(line(rule.line).contains(&rule.phrase), "line {} does not say {}", rule.line, rule.phrase);
    }
    for row in &plan.indicators {
        for amount in row.city_level.values() {
            let remark = row.remark.as_deref().unwrap_or_default();
            assert!(remark.contains(&amount.phrase), "{} does not say {}", row.id, amount.phrase);
        }
    }
}

#[test]
fn doubts_cite_their_rows_line() {
    let plan = seeds::yingtan_2022();
    for doubt in &plan.doubts {
        let row = plan.indicator(&doubt.indicator).expect("a known row");
        assert_eq!(row.line, doubt.line, "{}", doubt.indicator);
    }
}

fn read(plan: &Plan, row: &str, area: &str, year: u16) -> Target {
    let row = plan.indicator(&row.parse().unwrap()).unwrap_or_else(|| panic!("no row {row}"));
    plan.target(row, &area.parse().unwrap(), year)
}

fn number(text: &str) -> Target {
    Target::Number { value: text.parse::<Decimal>().unwrap() }
}

#[test]
fn cells_mean_what_the_domain_says() {
    let plan = seeds::yingtan_2022();
    let read = |row, area, year| read(&plan, row, area, year);
    assert_eq!(read("core-value-added", "guixi", 2023), number("76.7"));
    assert_eq!(read("nodes-registrations", "yingtan", 2022), number("500000"));
    assert_eq!(read("ganfutong-usage", "guixi", 2022), number("40.00"));
    assert_eq!(read("ganfutong-usage", "yingtan", 2024), number("50"));
    assert_eq!(read("ganfutong-effect", "yingtan", 2024), number("100"));
    assert_eq!(read("ganfutong-effect", "xinjiang", 2023), Target::NotAssessed);
    assert_eq!(read("gdp", "gaoxin", 2022), Target::NotAssessed);
    assert_eq!(read("rural-cases", "gaoxin", 2024), number("0"));
    assert_eq!(read("ganzhengtong-active", "yuehu", 2022), Target::ExceedsCity);
    assert_eq!(read("ganzhengtong-active", "yingtan", 2022), number("45"));
    assert_eq!(read("ganzhengtong-effective", "yingtan", 2022), Target::Void);
    for area in plan.columns() {
        assert_eq!(read("data-sharing-score", area.id.as_str(), 2023), Target::NotYetSet);
    }
    assert_eq!(read("opportunity-list", "city-level", 2022), number("9"));
    assert_eq!(read("new-infra-projects", "city-level", 2023), Target::NotAssessed);
}

#[test]
fn ids_are_short_words() {
    let plan = seeds::yingtan_2022();
    let rows = plan.indicators.iter().map(|row| row.id.as_str());
    let blocks = plan.blocks().into_iter().map(|(block, _)| block.to_string()).collect::<Vec<_>>();
    let units = plan.units.iter().map(|unit| unit.id.as_str());
    for id in rows.chain(units).chain(blocks.iter().map(String::as_str)) {
        assert!(id.len() <= 24, "{id}");
    }
}
