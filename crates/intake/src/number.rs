//! What a person typed as a number: an exact decimal, or an answer that says what to type instead.
//!
//! Only plain decimals are taken. What people write otherwise (`1.5万`, `１２`, `1,500`, `36%`) is understood well
//! enough to say how to write it, but never silently converted: a wrong guess would be a wrong figure.

use crate::problem::IntakeProblemKind as Kind;

/// A binary number keeps every decimal of so many significant digits (IEEE 754 double precision).
const MAX_BINARY_DIGITS: usize = 15;
/// The ledger's decimals have at most so many digits.
const MAX_DIGITS: usize = 28;

/// Takes text as a decimal string in the unit of measure `measure`.
///
/// # Errors
/// The answer for the person.
pub fn from_text(text: &str, measure: &str) -> Result<String, Kind> {
    if let Some(plain) = plain(text) {
        let digits = significant(&plain);
        let limit = MAX_DIGITS;
        let text = text.to_owned();
        return if digits > limit { Err(Kind::TooManyDigits { text, digits, limit }) } else { Ok(plain) };
    }
    Err(answer(text, measure))
}

/// Takes a workbook's binary number, given as its shortest decimal text.
///
/// # Errors
/// [`Kind::TooManyDigits`] when it cannot be what a person typed, [`Kind::AmbiguousPercent`] when a cell formatted
/// as per cent may have divided it by 100.
pub fn from_binary(text: &str, measure: &str, percent: bool) -> Result<String, Kind> {
    let digits = significant(text);
    if digits > MAX_BINARY_DIGITS {
        return Err(Kind::TooManyDigits { text: text.to_owned(), digits, limit: MAX_BINARY_DIGITS });
    }
    let magnitude = text.trim_start_matches('-');
    let below_one = magnitude.starts_with("0.") || magnitude == "1";
    if percent && below_one {
        return Err(Kind::AmbiguousPercent { text: text.to_owned(), measure: measure.to_owned() });
    }
    from_text(text, measure)
}

/// A decimal as it stands, with a negative zero written as zero.
fn plain(text: &str) -> Option<String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !fraction.is_none_or(all_digits) || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    let zero = digits.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    Some(if zero { digits.to_owned() } else { text.to_owned() })
}

/// How many digits stand between the first and the last that are not zero.
fn significant(text: &str) -> usize {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').trim_end_matches('0').len()
}

fn answer(text: &str, measure: &str) -> Kind {
    let own = || text.to_owned();
    if ["暂无", "无", "—", "-", "--", "/", "N/A", "n/a", "NA", "空", "不适用", "未统计", "不予公布"]
        .contains(&text)
    {
        return Kind::MeansAbsence { text: own() };
    }
    let folded = folded(text);
    if let Some(plain) = understood(&folded, measure) {
        return Kind::NumberInWords { text: own(), plain, measure: measure.to_owned() };
    }
    if is_exponent(&folded) {
        return Kind::ExponentNumber { text: own(), measure: measure.to_owned() };
    }
    if text.starts_with(['=', '+', '@', '-']) {
        return Kind::FormulaText { text: own() };
    }
    Kind::NotANumber { text: own(), measure: measure.to_owned() }
}

/// Full-width forms as ASCII, without blanks, separators, apostrophes and a leading plus.
fn folded(text: &str) -> String {
    let ascii = text.chars().map(|c| match c {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(c) - 0xfee0).expect("full-width forms mirror ASCII")
        }
        '。' => '.',
        '−' | '–' => '-',
        other => other,
    });
    let kept: String =
        ascii.filter(|c| !c.is_whitespace() && !matches!(c, ',' | '、' | '\'' | '’')).collect();
    kept.strip_prefix('+').map(str::to_owned).unwrap_or(kept)
}

fn is_exponent(folded: &str) -> bool {
    let parts = folded.split_once(['e', 'E']);
    parts.is_some_and(|(mantissa, exponent)| {
        plain(mantissa).is_some() && exponent.trim_start_matches(['+', '-']).parse::<u16>().is_ok()
    })
}

/// The plain decimal in `measure` that folded text such as `1.5万` or `36%` most likely means.
fn understood(folded: &str, measure: &str) -> Option<String> {
    let folded = folded.strip_suffix(measure).filter(|rest| !rest.is_empty()).unwrap_or(folded);
    let folded = folded.strip_suffix('%').unwrap_or(folded);
    let end = folded.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-')).unwrap_or(folded.len());
    let (number, scale) = folded.split_at(end);
    let scale = scale.strip_suffix(unscaled(measure)).unwrap_or(scale);
    let places = match scale {
        "" => 0,
        "万" => 4 - places_of(measure),
        "亿" => 8 - places_of(measure),
        "千" => 3 - places_of(measure),
        "百万" => 6 - places_of(measure),
        _ => return None,
    };
    let digits = number.strip_prefix('-').unwrap_or(number);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() > MAX_DIGITS
        || !all_digits(whole)
        || !all_digits(fraction)
        || digits.is_empty()
    {
        return None;
    }
    let sign = if number.starts_with('-') { "-" } else { "" };
    plain(&format!("{sign}{}", shifted(whole, fraction, places)))
}

/// The powers of ten that a unit of measure itself carries: 4 for 万户.
fn places_of(measure: &str) -> i32 {
    match measure.chars().next() {
        Some('千') => 3,
        Some('万') => 4,
        Some('亿') => 8,
        _ => 0,
    }
}

/// A unit of measure without the power of ten it carries: 户 for 万户.
fn unscaled(measure: &str) -> &str {
    measure.trim_start_matches(['千', '万', '亿'])
}

/// Moves the decimal point `places` to the right, exactly, by moving digits.
fn shifted(whole: &str, fraction: &str, places: i32) -> String {
    let count = places.unsigned_abs() as usize;
    let (whole, fraction) = if places >= 0 {
        let fraction = format!("{fraction:0<count$}");
        (format!("{whole}{}", &fraction[..count]), fraction[count..].to_owned())
    } else {
        let whole = format!("{whole:0>width$}", width = count + 1);
        let (kept, moved) = whole.split_at(whole.len() - count);
        (kept.to_owned(), format!("{moved}{fraction}").trim_end_matches('0').to_owned())
    };
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, measure: &str) -> String {
        from_text(text, measure).expect_err("must be answered").to_string()
    }

    #[test]
    fn plain_decimals_keep_their_trailing_zeros() {
        for text in ["0", "12.80", "-3.5", "1234567890123456789012345678"] {
            assert_eq!(from_text(text, "个"), Ok(text.to_owned()));
        }
        assert_eq!(from_text("-0.0", "个"), Ok("0.0".to_owned()));
    }

    #[test]
    fn ten_thousands_in_words_are_answered_with_the_plain_number() {
        assert_eq!(told("1.5万", "个"), "“1.5万”请填 15000（本指标单位：个）。");
        assert_eq!(told("1.5万个", "个"), "“1.5万个”请填 15000（本指标单位：个）。");
        assert_eq!(told("1.5亿", "万户"), "“1.5亿”请填 15000（本指标单位：万户）。");
        assert_eq!(told("1.5万户", "万户"), "“1.5万户”请填 1.5（本指标单位：万户）。");
        assert_eq!(told("5000万", "亿元"), "“5000万”请填 0.5（本指标单位：亿元）。");
    }

    #[test]
    fn other_ways_to_write_numbers_are_answered_with_the_plain_one() {
        for (text, plain) in [
            ("１２．５", "12.5"),
            ("1,500", "1500"),
            ("1，500", "1500"),
            ("1 500", "1500"),
            ("36%", "36"),
            ("36％", "36"),
            ("+7", "7"),
            ("007", "7"),
            ("12元", "12"),
            (".5", "0.5"),
        ] {
            let measure = if text.contains('元') { "元" } else { "%" };
            assert!(
                told(text, measure).contains(&format!("请填 {plain}（")),
                "{text}: {}",
                told(text, measure)
            );
        }
    }

    #[test]
    fn what_is_no_number_is_told_apart() {
        let code = |text| from_text(text, "个").expect_err("must be answered").code();
        assert_eq!(code("暂无"), "means-absence");
        assert_eq!(code("1.5E+07"), "exponent-number");
        assert_eq!(code("=1+1"), "formula-text");
        assert_eq!(code("@SUM(A1)"), "formula-text");
        assert_eq!(code("约三百"), "not-a-number");
        assert_eq!(code("1..5"), "not-a-number");
        assert_eq!(code("12345678901234567890123456789"), "too-many-digits");
    }

    #[test]
    fn a_binary_number_is_the_decimal_that_was_typed() {
        for typed in ["0.1", "36.25", "123456789.012345", "-4.35", "16100000000"] {
            let stored: f64 = typed.parse().unwrap();
            assert_eq!(from_binary(&stored.to_string(), "个", false), Ok(typed.to_owned()));
        }
    }

    #[test]
    fn a_computed_binary_number_is_refused() {
        let kind = from_binary("0.30000000000000004", "个", false).unwrap_err();
        assert_eq!(kind.code(), "too-many-digits");
    }

    #[test]
    fn a_fraction_in_a_percent_row_is_asked_about() {
        assert_eq!(from_binary("0.36", "%", true).unwrap_err().code(), "ambiguous-percent");
        assert_eq!(from_binary("36", "%", true), Ok("36".to_owned()));
        assert_eq!(from_binary("0", "%", true), Ok("0".to_owned()));
        assert_eq!(from_text("0.36", "%"), Ok("0.36".to_owned()));
    }

    proptest::proptest! {
        #[test]
        fn every_decimal_of_15_digits_survives_a_workbook(mantissa in -999_999_999_999_999_i64..=999_999_999_999_999, scale in 0_usize..=14) {
            let digits = format!("{:0>width$}", mantissa.unsigned_abs(), width = scale + 1);
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            let fraction = fraction.trim_end_matches('0');
            let point = if fraction.is_empty() { "" } else { "." };
            let sign = if mantissa < 0 { "-" } else { "" };
            let typed = format!("{sign}{whole}{point}{fraction}");
            let stored: f64 = typed.parse().unwrap();
            proptest::prop_assert_eq!(from_binary(&stored.to_string(), "个", false), Ok(typed));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}", measure in "\\PC{0,4}") {
            let _ = from_text(&text, &measure);
        }
    }
}
