//! What the rules find in the real plan, and that they find nothing where nothing is wrong.

use domain::catalogue::check::{Finding, Severity, check};
use domain::catalogue::{Plan, roll_up};

fn found<'a>(findings: &'a [Finding], code: &str, row: &str) -> Vec<&'a Finding> {
    let matches = |finding: &&Finding| {
        finding.code == code && finding.indicator.as_ref().is_some_and(|own| own.as_str() == row)
    };
    findings.iter().filter(matches).collect()
}

fn values(finding: &Finding) -> (&str, &str) {
    (finding.expected.as_deref().unwrap_or_default(), finding.found.as_deref().unwrap_or_default())
}

#[test]
fn of_102_sums_87_equal_all_given_areas() {
    let checks = roll_up::checks(&seeds::yingtan_2022());
    assert_eq!(checks.len(), 102);
    assert_eq!(checks.iter().filter(|check| check.equals_all_areas()).count(), 87);
}

#[test]
fn declared_rules_explain_all_gaps_but_four() {
    let checks = roll_up::checks(&seeds::yingtan_2022());
    let unexplained: Vec<(&str, u16, String)> = checks
        .iter()
        .filter(|check| check.is_unexplained())
        .map(|check| (check.indicator.as_str(), check.year, check.declared_gap.unwrap().to_string()))
        .collect();
    let expected = [
        ("product-list", 2022, "-9"),
        ("scenario-projects", 2022, "1"),
        ("scenario-projects", 2023, "2"),
        ("scenario-projects", 2024, "2"),
    ];
    assert_eq!(unexplained, expected.map(|(row, year, gap)| (row, year, gap.to_owned())));
}

#[test]
fn the_text_and_the_table_differ_on_online_retail() {
    let findings = check(&seeds::yingtan_2022());
    let goals = found(&findings, "goal-differs-from-table", "online-retail");
    let goals: Vec<_> = goals.iter().map(|finding| (finding.severity, values(finding))).collect();
    assert_eq!(goals, [(Severity::Contradiction, ("50.46", "16.1")), (Severity::Note, ("50.46", "50"))]);
    let between = found(&findings, "goals-disagree", "online-retail");
    assert_eq!(between.len(), 1);
    assert_eq!((between[0].severity, &between[0].lines), (Severity::Contradiction, &vec![79, 13]));
}

#[test]
fn a_goal_for_two_lists_is_compared_with_their_sum() {
    let findings = check(&seeds::yingtan_2022());
    let lists = found(&findings, "goal-differs-from-table", "opportunity-list");
    assert_eq!(lists.iter().map(|finding| values(finding)).collect::<Vec<_>>(), [("84", "100")]);
}

#[test]
fn goals_that_nobody_assesses_are_named() {
    let findings = check(&seeds::yingtan_2022());
    let lines: Vec<u32> = findings
        .iter()
        .filter(|finding| finding.code == "goal-without-row")
        .map(|finding| finding.lines[0])
        .collect();
    assert_eq!(lines, [12, 13, 14, 14, 14, 14]);
}

#[test]
fn printed_growth_and_totals_differ() {
    let findings = check(&seeds::yingtan_2022());
    let growth = found(&findings, "growth-differs-from-totals", "value-added-growth");
    let city =
        growth.iter().find(|finding| finding.area.as_ref().is_some_and(|area| area.as_str() == "yingtan"));
    assert_eq!(city.map(|finding| (finding.year, values(finding))), Some((Some(2023), ("20.44", "17"))));
}

#[test]
fn the_city_cannot_be_below_all_its_areas() {
    let findings = check(&seeds::yingtan_2022());
    let usage = found(&findings, "city-outside-its-areas", "ganfutong-usage");
    assert_eq!(usage[0].found.as_deref(), Some("35"));
}

#[test]
fn the_parts_of_new_firms_make_their_total() {
    let mut plan = seeds::yingtan_2022();
    assert_eq!(found(&check(&plan), "parts-differ-from-total", "core-firms-new"), Vec::<&Finding>::new());

    let industry = plan.indicators.iter_mut().find(|row| row.id.as_str() == "core-firms-industry").unwrap();
    industry.targets.get_mut(&2023).unwrap()[1] = "16".to_owned();
    let findings = check(&plan);
    let parts = found(&findings, "parts-differ-from-total", "core-firms-new");
    assert_eq!(parts.iter().map(|finding| values(finding)).collect::<Vec<_>>(), [("27", "26")]);
}

#[test]
fn shares_are_compared_with_value_over_gdp() {
    let mut plan = seeds::yingtan_2022();
    assert!(!codes(&plan).contains(&"share-differs-from-totals"));

    let share = plan.indicators.iter_mut().find(|row| row.id.as_str() == "core-share").unwrap();
    share.targets.get_mut(&2022).unwrap()[0] = "12".to_owned();
    let findings = check(&plan);
    let shares = found(&findings, "share-differs-from-totals", "core-share");
    assert_eq!(shares.iter().map(|finding| values(finding)).collect::<Vec<_>>(), [("9.04", "12")]);
}

#[test]
fn unit_mistakes_are_seen() {
    let findings = check(&seeds::yingtan_2022());
    for row in ["nodes-new", "software-revenue", "ganfutong-usage"] {
        assert_eq!(found(&findings, "measure-mistaken", row).len(), 1, "{row}");
    }
    assert_eq!(found(&findings, "group-name-twice", "key-projects").len(), 1);
    assert_eq!(found(&findings, "odd-spelling", "rural-cases").len(), 3);
    assert_eq!(found(&findings, "cells-missing", "data-sharing-score").len(), 1);
}

#[test]
fn every_finding_has_a_sentence_and_a_line() {
    for finding in check(&seeds::yingtan_2022()) {
        assert!(finding.text.ends_with('。'), "{}", finding.text);
        let named = finding.code == "unit-spelled-differently";
        assert!(named || !finding.lines.is_empty(), "{}", finding.text);
    }
}

/// A small plan of another city without a contradiction.
fn clean() -> Plan {
    let indicators = r#"
[[indicator]]
id = "output"
line = 3
group = "产值"
name = "产值"
measure = "亿元"
printed = ["group", "name", "measure", "weight"]
block = "output"
weight = "60分"
kind = "flow"
direction = "higher-is-better"
paced = true
roll_up = { rule = "sum", areas = ["east", "west"] }
units = ["bureau"]
[indicator.targets]
2030 = ["10.0", "6.0", "4.0"]
2031 = ["11.0", "6.6", "4.4"]

[[indicator]]
id = "growth"
line = 4
group = "产值"
name = "增速"
measure = "%"
printed = ["name", "measure", "weight"]
block = "growth"
weight = "40分"
kind = "growth"
direction = "higher-is-better"
paced = false
roll_up = { rule = "independent" }
growth_of = "output"
units = ["bureau"]
[indicator.targets]
2030 = ["9", "9", "9"]
2031 = ["10", "10", "10"]
"#;
    let texts = seeds::Texts {
        plan: r#"
id = "elsewhere-2030"
city = "某市"
title = "某市方案"
document = "某市文件"
issued_on = "2030-01-01"
years = [2030, 2031]
columns_line = 2
administrator = "bureau"
"#,
        source: "",
        areas: r#"
[[area]]
id = "elsewhere"
name = "全市"
class = "city"
[[area]]
id = "east"
name = "东区"
class = "district"
[[area]]
id = "west"
name = "西区"
class = "district"
"#,
        units: "[[unit]]\nid = \"bureau\"\nname = \"某局\"\nkind = \"bureau\"\n",
        indicators,
        goals: "",
        programmes: "",
        tasks: "",
        working_rules: "",
        doubts: "",
    };
    texts.read().expect("the clean plan is usable")
}

fn codes(plan: &Plan) -> Vec<&'static str> {
    check(plan).iter().map(|finding| finding.code).collect()
}

#[test]
fn a_clean_plan_of_another_city_has_no_findings() {
    assert_eq!(codes(&clean()), Vec::<&str>::new());
}

#[test]
fn each_contradiction_is_found_in_another_citys_plan() {
    type Damage = fn(&mut Plan);
    let cases: &[(&str, Damage)] = &[
        ("sum-differs", |plan| plan.indicators[0].targets.get_mut(&2030).unwrap()[0] = "10.5".to_owned()),
        ("growth-differs-from-totals", |plan| {
            plan.indicators[1].targets.get_mut(&2031).unwrap()[1] = "20".to_owned()
        }),
        ("city-outside-its-areas", |plan| {
            plan.indicators[1].targets.get_mut(&2030).unwrap()[0] = "8".to_owned()
        }),
        ("weights-not-hundred", |plan| plan.indicators[1].weight = Some("30分".to_owned())),
        ("target-falls", |plan| plan.indicators[0].targets.get_mut(&2031).unwrap()[2] = "3.0".to_owned()),
        ("target-jumps", |plan| plan.indicators[0].targets.get_mut(&2031).unwrap()[1] = "66".to_owned()),
        ("measure-mistaken", |plan| plan.indicators[1].measure = "个".to_owned()),
        ("cells-missing", |plan| plan.indicators[0].targets.get_mut(&2030).unwrap()[2] = String::new()),
        ("odd-spelling", |plan| plan.indicators[0].targets.get_mut(&2030).unwrap()[2] = "-0".to_owned()),
        ("zero-target-with-points", |plan| {
            plan.indicators[0].targets.get_mut(&2030).unwrap()[2] = "0".to_owned()
        }),
        ("points-without-target", |plan| plan.indicators[0].targets.clear()),
        ("nobody-responsible", |plan| plan.indicators[0].units.clear()),
        ("row-name-twice", |plan| plan.indicators[1].name = "产值".to_owned()),
        ("row-without-weight", |plan| plan.indicators[1].block = None),
    ];
    for (code, damage) in cases {
        let mut plan = clean();
        damage(&mut plan);
        assert!(codes(&plan).contains(code), "{code} in {:?}", codes(&plan));
    }
}

#[test]
fn json_has_every_cell_as_printed() {
    let plan = seeds::yingtan_2022();
    let all = domain::catalogue::present::catalogue_json(&plan, None);
    let one = domain::catalogue::present::catalogue_json(&plan, Some(2022));
    let rows = all["indicators"].as_array().expect("rows");
    assert_eq!(rows.len(), 59);
    assert_eq!(rows[4]["cells"]["2023"]["guixi"], "76.7");
    assert_eq!(rows[4]["targets"]["2023"]["guixi"]["value"], "76.7");
    assert_eq!(rows[20]["cells"]["2022"]["yingtan"], "50万");
    assert_eq!(one["indicators"][4]["cells"].as_object().map(serde_json::Map::len), Some(1));
    let table = domain::catalogue::present::table_rows(&plan, Some(2024));
    assert!(table.iter().all(|row| row.cells.len() == 7));
    assert_eq!(domain::catalogue::present::cell_headings(&plan, None).len(), 21);
}
