//! Typed strings of the format (`docs/format.md` §1): decimals, dates, instants, names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Text that does not have the stated form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not {0}")]
pub struct NotTyped(pub &'static str);

/// Deserializes a type from its strict text form.
///
/// # Errors
/// The deserializer's error when the value is no string or the text is refused.
pub fn from_str_value<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr,
    T::Err: fmt::Display,
    D: Deserializer<'de>,
{
    struct Text<T>(std::marker::PhantomData<T>);
    impl<T: FromStr<Err: fmt::Display>> serde::de::Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }
    deserializer.deserialize_str(Text(std::marker::PhantomData))
}

/// Whether `text` is a decimal string: `-?(0|[1-9][0-9]*)(\.[0-9]+)?`, never a negative zero.
#[must_use]
pub fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let no_leading_zero = whole == "0" || !whole.starts_with('0');
    let negative_zero = text.len() > digits.len() && digits.bytes().all(|b| b == b'0' || b == b'.');
    all_digits(whole) && no_leading_zero && fraction.is_none_or(all_digits) && !negative_zero
}

/// Whether `text` follows the grammar of `by` and `unit`: `[a-z0-9][a-z0-9._-]{0,63}`.
#[must_use]
pub fn is_account(text: &str) -> bool {
    let bytes = text.as_bytes();
    // One look at the end tells whether all bytes were fine.
    let all = |bytes: &[u8]| bytes.iter().fold(ACCOUNT, |seen, b| seen & ACCOUNT_BYTES[usize::from(*b)]);
    (1..=64).contains(&bytes.len()) && ACCOUNT_BYTES[usize::from(bytes[0])] & WORD != 0 && all(bytes) != 0
}

/// A letter or digit.
const WORD: u8 = 1;
/// A byte of an account's or unit's id.
const ACCOUNT: u8 = 2;

const ACCOUNT_BYTES: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        if byte.is_ascii_lowercase() || byte.is_ascii_digit() {
            kinds[byte as usize] = WORD | ACCOUNT;
        } else if matches!(byte, b'.' | b'_' | b'-') {
            kinds[byte as usize] = ACCOUNT;
        }
        byte += 1;
    }
    kinds
};

/// Whether `text` is an event type's name: `[a-z][a-z0-9]*(-[a-z0-9]+)*`.
#[must_use]
pub fn is_type_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some(first) = bytes.first() else { return false };
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let mut before = *first;
    // A hyphen stands between two words: neither after another hyphen nor at the end.
    let joined = bytes[1..].iter().all(|&b| {
        let fits = word(b) || (b == b'-' && before != b'-');
        before = b;
        fits
    });
    first.is_ascii_lowercase() && joined && before != b'-'
}

/// Whether `text` is a UUID in lower case with hyphens.
#[must_use]
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// Whether `text` is an event id: a UUID of version 8, variant 10.
#[must_use]
pub fn is_event_id(text: &str) -> bool {
    is_uuid(text) && text.as_bytes()[14] == b'8' && matches!(text.as_bytes()[19], b'8' | b'9' | b'a' | b'b')
}

/// A calendar day, written `YYYY-MM-DD`; years 0000 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date(chrono::NaiveDate);

impl Date {
    /// The day as `chrono` has it, for calendar arithmetic.
    #[must_use]
    pub const fn naive(self) -> chrono::NaiveDate {
        self.0
    }

    /// The calendar year.
    #[must_use]
    pub fn year(self) -> i32 {
        chrono::Datelike::year(&self.0)
    }

    /// The month of the year, from 1.
    #[must_use]
    pub fn month(self) -> u32 {
        chrono::Datelike::month(&self.0)
    }

    /// Makes the day of a year, month and day, if the calendar has it and the year is 0 to 9999.
    #[must_use]
    pub fn of(year: i32, month: u32, day: u32) -> Option<Self> {
        if !(0..=9999).contains(&year) {
            return None;
        }
        chrono::NaiveDate::from_ymd_opt(year, month, day).map(Self)
    }
}

impl TryFrom<chrono::NaiveDate> for Date {
    type Error = NotTyped;

    fn try_from(day: chrono::NaiveDate) -> Result<Self, NotTyped> {
        use chrono::Datelike;
        Self::of(day.year(), day.month(), day.day()).ok_or(NotTyped("a date YYYY-MM-DD"))
    }
}

impl FromStr for Date {
    type Err = NotTyped;

    fn from_str(text: &str) -> Result<Self, NotTyped> {
        parse_date(text.as_bytes()).ok_or(NotTyped("a date YYYY-MM-DD"))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use chrono::Datelike;
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

/// A point in time in UTC with microseconds, written `YYYY-MM-DDTHH:MM:SS.ffffffZ`; no leap second.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instant(i64);

const DAY_MICROS: i64 = 86_400_000_000;
const INSTANT_FORM: NotTyped = NotTyped("an instant YYYY-MM-DDTHH:MM:SS.ffffffZ");

impl Instant {
    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Makes an instant of microseconds since 1970, if its year is 0 to 9999.
    #[must_use]
    pub fn from_micros(micros: i64) -> Option<Self> {
        let day = chrono::NaiveDate::from_epoch_days(i32::try_from(micros.div_euclid(DAY_MICROS)).ok()?)?;
        Date::try_from(day).ok().map(|_| Self(micros))
    }

    /// Parses the 27 bytes of an instant.
    ///
    /// # Errors
    /// [`NotTyped`] unless the text is exactly of the stated form and in the calendar.
    pub fn parse(text: &[u8]) -> Result<Self, NotTyped> {
        parse_instant(text).ok_or(INSTANT_FORM)
    }

    /// The calendar day in China Standard Time (+08:00, no daylight saving).
    #[must_use]
    pub fn china_date(self) -> Date {
        let days = (self.0 + 8 * 3_600_000_000).div_euclid(DAY_MICROS);
        let day = i32::try_from(days).ok().and_then(chrono::NaiveDate::from_epoch_days);
        day.and_then(|day| Date::try_from(day).ok()).expect("an instant's year is 0 to 9999")
    }
}

impl FromStr for Instant {
    type Err = NotTyped;

    fn from_str(text: &str) -> Result<Self, NotTyped> {
        Self::parse(text.as_bytes())
    }
}

impl Instant {
    /// The instant as text, without the detour over a formatter that each recorded line would pay.
    #[must_use]
    pub fn to_text(self) -> [u8; 27] {
        use chrono::Datelike as _;
        let days = i32::try_from(self.0.div_euclid(DAY_MICROS)).expect("years 0 to 9999 fit");
        let day = chrono::NaiveDate::from_epoch_days(days).expect("years 0 to 9999 fit");
        let micros = self.0.rem_euclid(DAY_MICROS);
        let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        let parts = [
            (0..4, i64::from(day.year())),
            (5..7, day.month().into()),
            (8..10, day.day().into()),
            (11..13, hours),
            (14..16, minutes),
            (17..19, seconds % 60),
            (20..26, fraction),
        ];
        for (place, mut value) in parts {
            for digit in text[place].iter_mut().rev() {
                *digit = b'0' + u8::try_from(value % 10).expect("one digit of a number from 0");
                value /= 10;
            }
        }
        text
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.to_text()).expect("digits and marks are ASCII"))
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum: u32, &b| b.is_ascii_digit().then(|| sum * 10 + u32::from(b - b'0')))
}

fn parse_date(text: &[u8]) -> Option<Date> {
    if text.len() != 10 || text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    let year = i32::try_from(number(&text[..4])?).ok()?;
    Date::of(year, number(&text[5..7])?, number(&text[8..])?)
}

fn parse_instant(text: &[u8]) -> Option<Instant> {
    let separators = [(10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (26, b'Z')];
    if text.len() != 27 || separators.iter().any(|&(i, b)| text[i] != b) {
        return None;
    }
    let day = i64::from(parse_date(&text[..10])?.0.to_epoch_days());
    let (hours, minutes) = (number(&text[11..13])?, number(&text[14..16])?);
    let (seconds, fraction) = (number(&text[17..19])?, number(&text[20..26])?);
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let seconds = i64::from(hours * 3600 + minutes * 60 + seconds);
    Some(Instant(day * DAY_MICROS + seconds * 1_000_000 + i64::from(fraction)))
}

macro_rules! text_type {
    ($name:ident, $schema:tt) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                from_str_value(deserializer)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($schema)
            }
        }
    };
}

text_type!(Date, {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"});
text_type!(Instant, {
    "type": "string",
    "format": "date-time",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$"
});
