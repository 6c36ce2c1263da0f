//! From words of the command line to values, with reasons in Chinese.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use chain::{Date, EventHash, Instant};
use events::{AccountId, AreaId, IndicatorId, PeriodId, PlanId, RulebookId, UnitId, Value};
use projections::words::CHINA_OFFSET_MICROS;
pub use projections::words::china_time;

macro_rules! ids {
    ($($name:ident -> $type:ty, $what:literal;)*) => {$(
        #[doc = concat!("Reads a ", stringify!($type), ".")]
        ///
        /// # Errors
        /// What an id looks like.
        pub fn $name(text: &str) -> Result<$type, String> {
            text.parse().map_err(|_| format!(
                "{}由小写字母、数字和 . _ - 组成，以字母或数字开头，最多 64 个字符", $what
            ))
        }
    )*};
}

ids! {
    unit -> UnitId, "单位代码";
    account -> AccountId, "账号";
    area -> AreaId, "地区代码";
    indicator -> IndicatorId, "指标代码";
    period -> PeriodId, "报送期代码";
    plan -> PlanId, "方案代码";
    rulebook -> RulebookId, "规则代码";
}

/// Reads a year.
///
/// # Errors
/// What a year looks like.
pub fn year(text: &str) -> Result<u16, String> {
    let year = text.parse().ok().filter(|year| (1900..=9999).contains(year));
    year.ok_or_else(|| "年份要写成 2022 这样".to_owned())
}

/// Reads how often something happened, from 1.
///
/// # Errors
/// What a count looks like.
pub fn count(text: &str) -> Result<u32, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| "次数要写成 1 以上的整数".to_owned())
}

/// Reads for how many years to demonstrate: the plan has targets for three.
///
/// # Errors
/// What is possible.
pub fn demo_years(text: &str) -> Result<u16, String> {
    text.parse()
        .ok()
        .filter(|years| (1..=3).contains(years))
        .ok_or_else(|| "方案只有三年的目标，可写 1 到 3".to_owned())
}

/// Reads a seed.
///
/// # Errors
/// What a seed looks like.
pub fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "种子要写成非负整数".to_owned())
}

/// Reads a submission's id.
///
/// # Errors
/// What it looks like.
pub fn submission(text: &str) -> Result<uuid::Uuid, String> {
    text.parse().map_err(|_| "报送编号是 UUID，如 0190a3c4-1b2d-4e5f-8a9b-0c1d2e3f4a5b".to_owned())
}

/// Reads a token.
///
/// # Errors
/// Which part of it is wrong.
pub fn token(text: &str) -> Result<projections::Token, String> {
    text.parse().map_err(|error: projections::NotAToken| error.to_string())
}

/// Reads how long something takes: a number with `s`, `m` or `h`.
///
/// # Errors
/// What a time looks like.
pub fn duration(text: &str) -> Result<Duration, String> {
    const FORMS: &str = "时间要写成 30s、15m 或 2h 这样，至少 1 秒";
    let units = [('s', 1), ('m', 60), ('h', 3_600)];
    let read = units.into_iter().find_map(|(unit, seconds)| {
        let number: u32 = text.strip_suffix(unit)?.parse().ok()?;
        Some(Duration::from_secs(u64::from(number) * seconds))
    });
    read.filter(|time| !time.is_zero()).ok_or_else(|| FORMS.to_owned())
}

/// Reads a day, `2022-04-30`.
///
/// # Errors
/// What a day looks like.
pub fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "日期要写成 2022-04-30 这样，并且日历上有这一天".to_owned())
}

/// Reads the instant a deadline falls on: an instant in UTC, or China Standard Time as `2022-04-30T17:30`.
///
/// # Errors
/// What both look like.
pub fn instant(text: &str) -> Result<Instant, String> {
    const FORMS: &str = "时间要写成 2022-04-30T17:30（北京时间）或 2022-04-30T09:30:00.000000Z（UTC）";
    if let Ok(instant) = text.parse() {
        return Ok(instant);
    }
    let local: Instant = format!("{text}:00.000000Z").parse().map_err(|_| FORMS.to_owned())?;
    Instant::from_micros(local.micros() - CHINA_OFFSET_MICROS).ok_or_else(|| FORMS.to_owned())
}

/// Reads a line's hash.
///
/// # Errors
/// What a hash looks like.
pub fn hash(text: &str) -> Result<EventHash, String> {
    text.parse().map_err(|_| "事件哈希是 64 位小写十六进制数，可从 trail 或 explain 复制".to_owned())
}

/// Reads a figure's value: a decimal number, or why there is none. Nothing is converted.
///
/// # Errors
/// What a value looks like.
pub fn value(text: &str) -> Result<Value, String> {
    let absent = [("暂无", "not-available"), ("不适用", "not-applicable"), ("不予公布", "withheld")];
    let text = absent.iter().find(|(chinese, _)| *chinese == text).map_or(text, |(_, word)| word);
    text.parse().map_err(|_| "要写十进制数（如 12.80，不带单位），或写 暂无、不适用、不予公布".to_owned())
}

/// Reads a word of a closed vocabulary that is stored in kebab-case.
///
/// # Errors
/// When the vocabulary has no such word.
pub fn word<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(text.into()).map_err(|_| "没有这个词，用 --help 看可选的词".to_owned())
}

/// Reads a file.
///
/// # Errors
/// When it cannot be read.
pub fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("无法读取 {}。请检查路径与权限。", path.display()))
}

/// Reads a text file.
///
/// # Errors
/// When it cannot be read or is no UTF-8.
pub fn read_text(path: &Path) -> anyhow::Result<String> {
    String::from_utf8(read_file(path)?).with_context(|| format!("{} 不是 UTF-8 文字。", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_in_china_is_eight_hours_ahead() {
        assert_eq!(instant("2022-04-30T17:30"), instant("2022-04-30T09:30:00.000000Z"));
        assert!(instant("2022-04-31T17:30").is_err());
    }

    #[test]
    fn a_time_has_its_unit() {
        assert_eq!(duration("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7_200)));
        for wrong in ["15", "0s", "m", "1.5h", "十分钟"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_value_is_a_number_or_says_why_there_is_none() {
        assert_eq!(value("12.80").unwrap().to_string(), "12.80");
        assert_eq!(value("暂无").unwrap().to_string(), "not-available");
        assert!(value("1.5万").is_err(), "nothing is converted silently");
    }
}
