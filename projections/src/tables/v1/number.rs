//! Numbers in rows: decimals where the rules round, exact fractions where they do not.

use std::fmt;

use domain::rational::Rational;
use events::Decimal;
use events::rulebook::Rounding;
use serde::{Serialize, Serializer};

/// A number in a row's unit of measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// As a unit reported it, with the precision it stated.
    Reported(Decimal),
    /// Computed from several figures: an exact fraction.
    Computed(Rational),
}

impl Quantity {
    /// The number.
    #[must_use]
    pub fn number(&self) -> Rational {
        match self {
            Self::Reported(decimal) => Rational::from(*decimal),
            Self::Computed(number) => number.clone(),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reported(decimal) => fmt::Display::fmt(decimal, f),
            Self::Computed(number) => fmt::Display::fmt(number, f),
        }
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A number that is rounded to `rounding` already, or finer: at least so many places, never fewer than it needs.
pub(crate) fn decimal(number: &Rational, rounding: Rounding) -> String {
    if &number.round(rounding) == number {
        return number.to_rounded(rounding);
    }
    number.to_decimal(rounding.places).unwrap_or_else(|| number.to_string())
}

/// Points as printed, which are decimals: as many places as they need.
pub(crate) fn printed(number: &Rational) -> String {
    number.to_decimal(0).unwrap_or_else(|| number.to_string())
}
