//! Small texts that several pages share.

use chain::Instant;
use domain::rational::Rational;
use events::rulebook::{Rounding, RoundingMode};
use events::{Target, UnitKind};
use projections::words;

/// A fraction with so many places, for people; the exact one stands beside it where it matters.
pub fn places(number: &Rational, places: u8) -> String {
    number.to_rounded(Rounding { mode: RoundingMode::HalfEven, places })
}

/// A share or completion as per cent.
pub fn per_cent(share: &Rational, places: u8) -> String {
    self::places(&(&Rational::from(100) * share), places)
}

/// A number of at most two places; exact where it is shorter.
pub fn number(number: &Rational) -> String {
    let exact =
        number.to_decimal(0).filter(|text| text.split_once('.').is_none_or(|(_, part)| part.len() <= 4));
    exact.unwrap_or_else(|| places(number, 2))
}

/// A part of a whole on a scale of `length`, for drawings: at least nothing, at most all of it.
pub fn along(part: &Rational, whole: &Rational, length: u32) -> String {
    let share = part.over(whole).unwrap_or(Rational::ZERO);
    let share = share.clamp_between(Some(&Rational::ZERO), Some(&Rational::ONE));
    places(&(&Rational::from(length) * &share), 1)
}

/// A signed difference: plus and minus as printed signs.
pub fn signed(number: &Rational, digits: u8) -> String {
    let text = places(number, digits);
    match text.strip_prefix('-') {
        Some(rest) => format!("−{rest}"),
        None if number.is_zero() => "0".to_owned(),
        None => format!("+{text}"),
    }
}

/// What a target cell means, with its unit of measure.
pub fn target(target: Target, measure: &str) -> String {
    match target {
        Target::Number { value } if measure == "—" => value.to_string(),
        Target::Number { value } => format!("{value} {measure}"),
        Target::NotAssessed => "不考核".to_owned(),
        Target::NotYetSet => "待定".to_owned(),
        Target::ExceedsCity => "高于全市".to_owned(),
        Target::Void => "作废".to_owned(),
    }
}

/// The unit of measure, or nothing where the plan prints a dash.
pub fn measure(printed: &str) -> &str {
    if printed == "—" { "" } else { printed }
}

/// An instant to the minute, in China.
pub fn minute(at: Instant) -> String {
    let text = words::china_time(at);
    text.get(..16).unwrap_or(&text).to_owned()
}

/// A duty, by its code; an unknown one stands for itself.
pub fn duty(code: &str) -> &str {
    match code {
        "reports" => "填报",
        "verifies" => "归口复核",
        "answers-for" => "考核责任",
        other => other,
    }
}

/// What kind a unit is.
pub const fn unit_kind(kind: UnitKind) -> &'static str {
    match kind {
        UnitKind::Bureau => "市直部门",
        UnitKind::AreaGovernment => "地区政府（管委会）",
        UnitKind::DigitalOffice => "市数字办",
        UnitKind::Audit => "审计",
        UnitKind::AssessmentCommittee => "考核委员会",
        UnitKind::Leadership => "领导",
    }
}

/// What a step of the arithmetic computes.
pub fn step(code: &str) -> &str {
    match code {
        "target" => "目标",
        "due" => "序时目标",
        "figure" => "完成值",
        "roll-up" => "汇总值",
        "completion" => "完成率",
        "bounds" => "上下限",
        "share" => "得分率",
        "block-share" => "权重块得分率",
        "block-points" => "得分（精确）",
        "rounded" => "得分（取整）",
        other => other,
    }
}

/// A kind of event: its word and its mark of one character.
pub fn event(kind: &str) -> (&str, &'static str) {
    match kind {
        "ledger-opened" => ("开账", "账"),
        "log-key-changed" => ("账本密钥更换", "钥"),
        "ledger-restored" => ("从旧副本续记", "续"),
        "unit-registered" => ("单位登记", "位"),
        "area-registered" => ("地区登记", "区"),
        "responsibility-assigned" => ("职责下达", "责"),
        "responsibility-ended" => ("职责终止", "责"),
        "plan-adopted" => ("方案颁布", "案"),
        "indicator-defined" => ("指标设立", "指"),
        "weight-block-defined" => ("权重设定", "权"),
        "target-set" => ("目标下达", "标"),
        "target-revised" => ("目标修订", "标"),
        "rulebook-adopted" => ("规则颁布", "规"),
        "period-opened" => ("报送期开启", "期"),
        "period-extended" => ("报送期延期", "延"),
        "period-closed" => ("报送期关闭", "止"),
        "workday-calendar-published" => ("工作日历公布", "历"),
        "submission-filed" => ("报送入账", "送"),
        "figure-reported" => ("报送", "报"),
        "figure-corrected" => ("更正", "改"),
        "figure-returned" => ("退回", "退"),
        "figure-verified" => ("复核", "核"),
        "figure-approved" => ("审定", "审"),
        "figure-withdrawn" => ("撤回", "撤"),
        "narrative-reported" => ("进展报送", "文"),
        "evidence-attached" => ("佐证登记", "证"),
        "bonus-granted" => ("加分", "加"),
        "deduction-imposed" => ("扣分", "扣"),
        "veto-imposed" => ("一票否决", "否"),
        "award-revoked" => ("加扣分撤销", "销"),
        "key-enrolled" => ("密钥登记", "钥"),
        "key-revoked" => ("密钥吊销", "钥"),
        "table-attested" => ("表根入账", "表"),
        "completeness-stated" => ("单位链声明", "链"),
        "committee-appointed" => ("考核委员会任命", "委"),
        "committee-key-revoked" => ("委员密钥吊销", "钥"),
        "snapshot-proposed" => ("快照提出", "提"),
        "snapshot-withdrawn" => ("快照撤回", "撤"),
        "snapshot-approved" => ("快照批准", "批"),
        "snapshot-frozen" => ("快照冻结", "冻"),
        "snapshot-restated" => ("快照重述", "述"),
        "snapshot-published" => ("快照公布", "布"),
        "snapshot-reopened" => ("快照重新开启", "启"),
        "objection-filed" => ("申诉", "诉"),
        "objection-decided" => ("申诉裁定", "裁"),
        other => (other, "·"),
    }
}

/// The colour class of a kind of event, for its mark.
pub fn event_colour(kind: &str) -> &'static str {
    match kind {
        "figure-reported" | "figure-corrected" | "narrative-reported" => "a",
        "figure-verified" | "figure-approved" | "snapshot-approved" => "g",
        "figure-returned" | "figure-withdrawn" | "deduction-imposed" | "veto-imposed" => "r",
        "snapshot-frozen" | "snapshot-restated" => "s",
        "target-revised" | "rulebook-adopted" | "snapshot-reopened" => "p",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_event_has_a_word_and_a_mark() {
        for kind in events::EventKind::ALL {
            let (word, mark) = event(kind.name());
            assert!(word != kind.name() && mark != "·", "{}", kind.name());
        }
    }

    #[test]
    fn numbers_keep_their_places_and_signs() {
        assert_eq!(number(&Rational::new(57, 4)), "14.25");
        assert_eq!(number(&Rational::new(2, 3)), "0.67");
        assert_eq!(signed(&Rational::new(-1, 2), 2), "−0.50");
        assert_eq!(signed(&Rational::ZERO, 2), "0");
        assert_eq!(along(&Rational::new(3, 1), &Rational::new(2, 1), 200), "200.0");
    }
}
