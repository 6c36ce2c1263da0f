//! Chinese words for the codes in rows, for pages and the terminal.

use chain::Instant;
use events::{Absence, FigureStatus, Stage, Value};

/// China Standard Time is so far ahead of UTC.
pub const CHINA_OFFSET_MICROS: i64 = 8 * 3_600_000_000;

/// An instant for people: China Standard Time to the second.
#[must_use]
pub fn china_time(instant: Instant) -> String {
    let local = Instant::from_micros(instant.micros() + CHINA_OFFSET_MICROS);
    local.map_or_else(|| instant.to_string(), |local| local.to_string()[..19].replace('T', " "))
}

/// Where a cell's share comes from, by the `reason` of its row; an unknown code stands for itself.
#[must_use]
pub fn reason(code: &str) -> &str {
    match code {
        "method" => "按计分方法",
        "not-assessed" => "该地区不考核",
        "not-yet-set" => "目标待定",
        "void" => "该行无目标",
        "no-target" => "当年没有目标",
        "missing-figure" => "未报",
        "not-available" => "暂无数据",
        "not-applicable" => "不适用",
        "withheld" => "不予公布",
        "zero-target" => "目标为零",
        "negative-target" => "目标为负",
        "nothing-to-compare" => "缺少比较对象",
        other => other,
    }
}

/// Whether a figure counts, by the `outcome` of its row; an unknown code stands for itself.
#[must_use]
pub fn outcome(code: &str) -> &str {
    match code {
        "counts" => "计入",
        "after-as-of" => "晚于统计截止日",
        "other-year" => "属于其他年度",
        "withdrawn" => "已撤回",
        "returned" => "已退回，待更正",
        "stage-not-reached" => "未到计入阶段",
        "corrected" => "已被更正，改计",
        "later-value" => "已有更晚的数值，截至",
        other => other,
    }
}

/// Where a figure stands, by the `life` of its row; an unknown code stands for itself.
#[must_use]
pub fn life(code: &str) -> &str {
    match code {
        "reported" => "已报送",
        "verified" => "已复核",
        "approved" => "已审定",
        "returned" => "已退回",
        "withdrawn" => "已撤回",
        other => other,
    }
}

/// A stage.
#[must_use]
pub const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Reported => "报送",
        Stage::Verified => "复核",
        Stage::Approved => "审定",
    }
}

/// How firm a figure is.
#[must_use]
pub const fn status(status: FigureStatus) -> &'static str {
    match status {
        FigureStatus::Preliminary => "快报",
        FigureStatus::Provisional => "初步",
        FigureStatus::Final => "最终",
        FigureStatus::Estimated => "估计",
    }
}

/// A value: the number as reported, or why there is none.
#[must_use]
pub fn value(value: Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::Absent(Absence::NotAvailable) => "暂无".to_owned(),
        Value::Absent(Absence::NotApplicable) => "不适用".to_owned(),
        Value::Absent(Absence::Withheld) => "不予公布".to_owned(),
    }
}
