//! Numbers as Chinese documents print them: `50万`, `1.5亿`, `40.00%`, `１２`, `1,360`.
//!
//! Reading is exact: a power of ten moves the decimal point, nothing is rounded, and trailing zeros stay. What is
//! typed into a form is another matter and is never converted silently; this reads documents that cannot be asked.

use events::Decimal;

/// A printed number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Printed {
    /// The number, with 万 and 亿 multiplied out; for per cent the figure before the sign.
    pub value: Decimal,
    /// Whether a per cent sign follows it.
    pub percent: bool,
}

/// Text that is no number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{text}”不是数：应为 12.5、50万、1.5亿、36% 这样的写法")]
pub struct NotANumber {
    /// The text.
    pub text: String,
}

/// Reads a printed number.
///
/// Full-width forms, grouping commas and blanks are understood. A negative zero (`-0`) is zero.
///
/// # Errors
/// [`NotANumber`] for dashes, words, ranges, misplaced commas and numbers of more than 28 digits.
///
/// ```
/// let read = domain::number::read("１.５亿")?;
/// assert_eq!(read.value.to_string(), "150000000");
/// # Ok::<(), domain::number::NotANumber>(())
/// ```
pub fn read(text: &str) -> Result<Printed, NotANumber> {
    understood(&folded(text)).ok_or_else(|| NotANumber { text: text.to_owned() })
}

fn understood(text: &str) -> Option<Printed> {
    let (text, percent) = text.strip_suffix('%').map_or((text, false), |rest| (rest, true));
    let (digits, places) = split_magnitude(text);
    let (digits, negative) = digits.strip_prefix('-').map_or((digits, false), |rest| (rest, true));
    let digits = ungrouped(digits)?;
    let number = shifted(digits.parse().ok()?, places)?;
    let signed = if negative { -number.number() } else { number.number() };
    Some(Printed { value: signed.into(), percent })
}

/// Full-width forms as ASCII, without blanks and a leading plus.
fn folded(text: &str) -> String {
    let ascii = text.chars().filter(|c| !c.is_whitespace()).map(|c| match c {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(c) - 0xfee0).expect("full-width forms mirror ASCII")
        }
        '−' => '-',
        other => other,
    });
    let text: String = ascii.collect();
    text.strip_prefix('+').map(str::to_owned).unwrap_or(text)
}

/// Splits off 万, 亿, 千 and their combinations, as a power of ten.
fn split_magnitude(text: &str) -> (&str, u32) {
    const MAGNITUDES: [(&str, u32); 6] =
        [("万亿", 12), ("千万", 7), ("百万", 6), ("亿", 8), ("万", 4), ("千", 3)];
    let found = MAGNITUDES.iter().find_map(|(word, places)| Some((text.strip_suffix(word)?, *places)));
    found.unwrap_or((text, 0))
}

/// Takes grouping commas out where they stand before every third digit of the whole part.
fn ungrouped(digits: &str) -> Option<String> {
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if !digits.contains(',') {
        return Some(digits.to_owned());
    }
    let (whole, fraction) =
        digits.split_once('.').map_or((digits, ""), |(whole, _)| (whole, &digits[whole.len()..]));
    let mut groups = whole.split(',');
    let first = groups.next().is_some_and(|group| (1..=3).contains(&group.len()));
    let grouped = first && groups.all(|group| group.len() == 3) && !fraction.contains(',');
    grouped.then(|| format!("{}{fraction}", whole.replace(',', "")))
}

/// Multiplies by a power of ten by moving the decimal point.
fn shifted(number: Decimal, places: u32) -> Option<Decimal> {
    let (mantissa, scale) = number.parts();
    let (mantissa, scale) = match scale.checked_sub(places) {
        Some(scale) => (mantissa, scale),
        None => (mantissa.checked_mul(10_i128.checked_pow(places - scale)?)?, 0),
    };
    rust_decimal::Decimal::try_from_i128_with_scale(mantissa, scale).ok().map(Decimal::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> String {
        read(text).unwrap_or_else(|error| panic!("{error}")).value.to_string()
    }

    #[test]
    fn ten_thousands_and_hundred_millions_move_the_point() {
        for (text, expected) in [
            ("50万", "500000"),
            ("1.5亿", "150000000"),
            ("1.23456万", "12345.6"),
            ("0.5千", "500"),
            ("3百万", "3000000"),
            ("2万亿", "2000000000000"),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn per_cent_keeps_its_figure_and_its_zeros() {
        assert_eq!(read("40.00%"), Ok(Printed { value: "40.00".parse().unwrap(), percent: true }));
        assert_eq!(value("40.00%"), "40.00");
        assert_eq!(value("35％"), "35");
    }

    #[test]
    fn a_typing_residue_of_minus_zero_is_zero() {
        assert_eq!(value("-0"), "0");
        assert_eq!(value("－0.0"), "0.0");
    }

    #[test]
    fn full_width_digits_grouping_and_blanks_are_understood() {
        for (text, expected) in [
            ("１２.５", "12.5"),
            ("1,360", "1360"),
            ("1，250.75", "1250.75"),
            (" 450 ", "450"),
            ("-3.5", "-3.5"),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "-",
            "—",
            ">",
            "万",
            "%",
            "1-2",
            "1,2",
            "12,34,567",
            "1.2,345",
            "约5",
            "五",
            "1e3",
            "--1",
            "0x1",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
        assert!(read("123456789012345678901234567890").is_err());
    }
}
