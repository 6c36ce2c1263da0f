//! Data that makes no plan is refused with the place of the mistake.

use seeds::{SeedError, Texts, YINGTAN_2022};

fn refusal(texts: Texts<'_>) -> String {
    texts.read().expect_err("the data is damaged").to_string()
}

#[test]
fn a_file_that_is_no_toml_is_named() {
    let texts = Texts { goals: "[[goal]]\nid = 5\n", ..YINGTAN_2022 };
    assert!(matches!(texts.read(), Err(SeedError::File { file: "goals.toml", .. })));
}

#[test]
fn what_does_not_fit_together_is_named_by_line() {
    let broken = |from: &str, to: &str| {
        assert!(YINGTAN_2022.indicators.contains(from), "{from}");
        let indicators = YINGTAN_2022.indicators.replacen(from, to, 1);
        refusal(Texts { indicators: &indicators, ..YINGTAN_2022 })
    };
    let gdp = r#"2022 = ["1250", "650", "210", "390", "-", "-", "-"]"#;
    for (from, to, expected) in [
        (gdp, r#"2022 = ["1250"]"#, "第175行“GDP”：2022年应有7格，实有1格"),
        (gdp, r#"2022 = ["一千", "650", "210", "390", "-", "-", "-"]"#, "第175行“GDP”：2022年“一千”不是数"),
        ("weight = \"3分\"", "weight = \"三\"", "权重不是“3分”这样的写法"),
        ("units = [\"development-reform\"]", "units = [\"nobody\"]", "没有单位“nobody”"),
        ("growth_of = \"value-added\"", "growth_of = \"nothing\"", "没有指标“nothing”"),
        ("id = \"value-added\"", "id = \"gdp\"", "指标代码“gdp”重复"),
    ] {
        let refusal = broken(from, to);
        assert!(refusal.contains(expected), "{expected} in {refusal}");
    }
}
