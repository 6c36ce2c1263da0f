//! Figures: exact decimals that keep the precision they were written with.

use std::fmt;
use std::str::FromStr;

use chain::typed::{NotTyped, from_str_value, is_decimal};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const FORM: NotTyped = NotTyped("a decimal string such as 12.80, with at most 28 digits");
const SCHEMA_PATTERN: &str = "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$";

/// An exact decimal of at most 28 digits. Written `12.80`, it stays `12.80`; compared, it equals `12.8`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Decimal(rust_decimal::Decimal);

impl Decimal {
    /// Zero, without decimal places.
    pub const ZERO: Self = Self(rust_decimal::Decimal::ZERO);

    /// The number as `rust_decimal` has it, for arithmetic.
    #[must_use]
    pub const fn number(self) -> rust_decimal::Decimal {
        self.0
    }

    /// The integer `m` and the scale `s` with value = m / 10^s.
    #[must_use]
    pub const fn parts(self) -> (i128, u32) {
        (self.0.mantissa(), self.0.scale())
    }
}

impl From<rust_decimal::Decimal> for Decimal {
    /// Takes a number over; a negative zero becomes zero of the same scale.
    fn from(mut number: rust_decimal::Decimal) -> Self {
        if number.is_zero() {
            number.set_sign_positive(true);
        }
        Self(number)
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self(number.into())
    }
}

impl FromStr for Decimal {
    type Err = NotTyped;

    fn from_str(text: &str) -> Result<Self, NotTyped> {
        if !is_decimal(text) {
            return Err(FORM);
        }
        rust_decimal::Decimal::from_str_exact(text).map(Self).map_err(|_| FORM)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_str_value(deserializer)
    }
}

impl schemars::JsonSchema for Decimal {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Decimal".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": SCHEMA_PATTERN, "maxLength": 31})
    }
}

/// Why a figure has no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Absence {
    /// It exists but is not known yet (暂无).
    NotAvailable,
    /// It has no meaning here (不适用).
    NotApplicable,
    /// It is known and kept back (不予公布).
    Withheld,
}

impl Absence {
    const ALL: [Self; 3] = [Self::NotAvailable, Self::NotApplicable, Self::Withheld];

    /// The stored word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotAvailable => "not-available",
            Self::NotApplicable => "not-applicable",
            Self::Withheld => "withheld",
        }
    }
}

/// What a figure says: a decimal, or a typed non-value. Stored as one string, `"12.80"` or `"not-available"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// A number in the indicator's unit of measure.
    Number(Decimal),
    /// No number, and why.
    Absent(Absence),
}

impl Value {
    /// The number, if it is one.
    #[must_use]
    pub const fn number(self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(number),
            Self::Absent(_) => None,
        }
    }
}

impl FromStr for Value {
    type Err = NotTyped;

    fn from_str(text: &str) -> Result<Self, NotTyped> {
        match Absence::ALL.into_iter().find(|absence| absence.word() == text) {
            Some(absence) => Ok(Self::Absent(absence)),
            None => text.parse().map(Self::Number),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => fmt::Display::fmt(number, f),
            Self::Absent(absence) => f.write_str(absence.word()),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_str_value(deserializer)
    }
}

impl schemars::JsonSchema for Value {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"anyOf": [
            {"type": "string", "pattern": SCHEMA_PATTERN, "maxLength": 31},
            {"enum": ["not-available", "not-applicable", "withheld"]},
        ]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailing_zeros_state_precision_and_stay() {
        let precise: Decimal = "40.00".parse().unwrap();
        assert_eq!(precise.to_string(), "40.00");
        assert_eq!(precise, "40".parse().unwrap());
    }

    #[test]
    fn what_is_no_decimal_string_is_refused() {
        for text in ["", "-0", "-0.00", "1.", ".5", "01", "+1", "1e3", "１", "1,000", " 1"] {
            assert!(text.parse::<Decimal>().is_err(), "{text:?}");
        }
        assert!("123456789012345678901234567890".parse::<Decimal>().is_err());
    }

    #[test]
    fn a_value_is_a_number_or_says_why_there_is_none() {
        assert_eq!("withheld".parse(), Ok(Value::Absent(Absence::Withheld)));
        assert_eq!("-1.50".parse::<Value>().unwrap().to_string(), "-1.50");
        assert!("unknown".parse::<Value>().is_err());
    }
}
