//! Exact fractions, as people read them.

use domain::rational::Rational;
use events::rulebook::{Rounding, RoundingMode};

/// A fraction for people: at most two places when it does not end sooner.
pub fn two_places(number: &Rational) -> String {
    number.to_rounded(Rounding { mode: RoundingMode::HalfEven, places: 2 })
}

/// A share or completion as per cent, to one place.
pub fn per_cent(share: &Rational) -> String {
    let hundred = Rational::from(100);
    (&hundred * share).to_rounded(Rounding { mode: RoundingMode::HalfEven, places: 1 })
}
