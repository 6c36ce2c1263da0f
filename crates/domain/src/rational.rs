//! Exact fractions: 128-bit while they fit, of any size behind.
//!
//! Scoring adds, multiplies, divides and compares these, and rounds only where a rulebook names it. There is no
//! conversion from or to floating point.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, Mul, Neg, Sub};
use std::str::FromStr;

use events::Decimal;
use events::rulebook::{Rounding, RoundingMode};
use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// An exact fraction in lowest terms with a positive denominator.
///
/// Equal numbers have equal representations: a fraction is big exactly when it does not fit into 128-bit parts.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Rational(Repr);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Small { numer: i128, denom: i128 },
    Big(Box<(BigInt, BigInt)>),
}

impl Rational {
    /// 0
    pub const ZERO: Self = Self(Repr::Small { numer: 0, denom: 1 });
    /// 1
    pub const ONE: Self = Self(Repr::Small { numer: 1, denom: 1 });

    /// The fraction `numer / denom`.
    ///
    /// # Panics
    /// When `denom` is zero.
    #[must_use]
    pub fn new(numer: i128, denom: i128) -> Self {
        assert!(denom != 0, "a denominator is not zero");
        Self::small(numer, denom).unwrap_or_else(|| Self::big(numer.into(), denom.into()))
    }

    /// Reduces within 128 bits; none when a sign change overflows (a part is −2^127).
    fn small(numer: i128, denom: i128) -> Option<Self> {
        let divisor = i128::try_from(gcd(numer.unsigned_abs(), denom.unsigned_abs())).ok()?;
        let (numer, denom) = (numer / divisor, denom / divisor);
        let (numer, denom) =
            if denom < 0 { (numer.checked_neg()?, denom.checked_neg()?) } else { (numer, denom) };
        Some(Self(Repr::Small { numer, denom }))
    }

    fn big(numer: BigInt, denom: BigInt) -> Self {
        let common = numer.gcd(&denom);
        let divisor = if denom.is_negative() { -common } else { common };
        let numer: BigInt = numer / &divisor;
        let denom: BigInt = denom / divisor;
        match (numer.to_i128(), denom.to_i128()) {
            (Some(numer), Some(denom)) => Self(Repr::Small { numer, denom }),
            _ => Self(Repr::Big(Box::new((numer, denom)))),
        }
    }

    /// Numerator and denominator, in lowest terms.
    #[must_use]
    pub fn parts(&self) -> (BigInt, BigInt) {
        match &self.0 {
            Repr::Small { numer, denom } => ((*numer).into(), (*denom).into()),
            Repr::Big(parts) => parts.as_ref().clone(),
        }
    }

    /// Whether it is 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }

    /// Whether it is below 0.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Small { numer, .. } => *numer < 0,
            Repr::Big(parts) => parts.0.is_negative(),
        }
    }

    /// The quotient; none when `divisor` is 0.
    #[must_use]
    pub fn over(&self, divisor: &Self) -> Option<Self> {
        (!divisor.is_zero()).then(|| self * &divisor.reciprocal())
    }

    fn reciprocal(&self) -> Self {
        match &self.0 {
            Repr::Small { numer, denom } => {
                Self::small(*denom, *numer).unwrap_or_else(|| Self::big((*denom).into(), (*numer).into()))
            }
            Repr::Big(parts) => Self::big(parts.1.clone(), parts.0.clone()),
        }
    }

    /// The number kept between two optional bounds; where the floor is above the ceiling, the ceiling wins.
    #[must_use]
    pub fn clamp_between(self, floor: Option<&Self>, ceiling: Option<&Self>) -> Self {
        let raised = floor.map_or_else(|| self.clone(), |floor| self.clone().max(floor.clone()));
        ceiling.map_or(raised.clone(), |ceiling| raised.min(ceiling.clone()))
    }

    /// The nearest multiple of `10^-places` that the mode names.
    #[must_use]
    pub fn round(&self, rounding: Rounding) -> Self {
        if let Repr::Small { numer, denom } = &self.0
            && let Some(scale) = 10_i128.checked_pow(rounding.places.into())
            && let Some(scaled) = numer.checked_mul(scale)
        {
            return Self::new(round_quotient(&scaled, denom, rounding.mode), scale);
        }
        let (numer, denom) = self.parts();
        let scale = BigInt::from(10).pow(rounding.places.into());
        Self::big(round_quotient(&(numer * &scale), &denom, rounding.mode), scale)
    }

    /// The `degree`-th root cut off after `places` decimal places: the largest multiple of `10^-places` whose
    /// `degree`-th power is at most this number.
    ///
    /// # Panics
    /// When the number is negative or the degree is 0.
    #[must_use]
    pub fn root_down(&self, degree: u32, places: u8) -> Self {
        assert!(!self.is_negative() && degree > 0, "a root of a number from 0 on");
        let (numer, denom) = self.parts();
        let scale = BigInt::from(10).pow(places.into());
        // The floor of a root is the root of the floor, so one integer root is exact.
        let root = (numer * scale.pow(degree)).div_floor(&denom).nth_root(degree);
        Self::big(root, scale)
    }

    /// The decimal that equals this number, with at least `least_places` places; none when its expansion does not end.
    #[must_use]
    pub fn to_decimal(&self, least_places: u8) -> Option<String> {
        if let Repr::Small { denom: 1, .. } = &self.0 {
            return Some(self.to_rounded(Rounding { mode: RoundingMode::Down, places: least_places }));
        }
        let (_, denom) = self.parts();
        let (twos, rest) = strip(denom, 2);
        let (fives, rest) = strip(rest, 5);
        let places = u8::try_from(twos.max(fives)).ok().filter(|_| rest.is_one())?;
        Some(self.to_rounded(Rounding { mode: RoundingMode::Down, places: places.max(least_places) }))
    }

    /// The rounded number with exactly `rounding.places` decimal places, never `-0`.
    #[must_use]
    pub fn to_rounded(&self, rounding: Rounding) -> String {
        let places = usize::from(rounding.places);
        if let Repr::Small { numer, denom } = &self.0
            && let Some(scaled) =
                10_i128.checked_pow(rounding.places.into()).and_then(|ten| ten.checked_mul(*numer))
        {
            let mantissa = round_quotient(&scaled, denom, rounding.mode);
            return with_point(mantissa < 0, &mantissa.unsigned_abs().to_string(), places);
        }
        let (numer, denom) = self.parts();
        let scale = BigInt::from(10).pow(rounding.places.into());
        let mantissa = round_quotient(&(numer * scale), &denom, rounding.mode);
        with_point(mantissa.sign() == Sign::Minus, &mantissa.magnitude().to_string(), places)
    }
}

/// Text that is no fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a fraction such as 406/475")]
pub struct NotARational;

/// Puts the decimal point before the last `places` digits.
fn with_point(negative: bool, digits: &str, places: usize) -> String {
    let sign = if negative { "-" } else { "" };
    let digits = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// Greatest common divisor; in 64 bits where both fit, which is several times faster.
fn gcd(a: u128, b: u128) -> u128 {
    match (u64::try_from(a), u64::try_from(b)) {
        (Ok(a), Ok(b)) => a.gcd(&b).into(),
        _ => a.gcd(&b),
    }
}

fn strip(mut number: BigInt, factor: u32) -> (u32, BigInt) {
    let mut count = 0;
    while (&number % factor).is_zero() {
        number /= factor;
        count += 1;
    }
    (count, number)
}

/// `numer / denom` as an integer; `denom` is positive.
fn round_quotient<T>(numer: &T, denom: &T, mode: RoundingMode) -> T
where
    T: Integer + Signed + Clone,
{
    let (below, rest) = numer.div_mod_floor(denom);
    if rest.is_zero() {
        return below;
    }
    // Compared without doubling the rest, which could overflow.
    let to_half = rest.cmp(&(denom.clone() - rest.clone()));
    let negative = numer.is_negative();
    let up = match mode {
        RoundingMode::HalfEven => {
            to_half.then_with(|| if below.is_odd() { Ordering::Greater } else { Ordering::Less }).is_gt()
        }
        RoundingMode::HalfUp => to_half.is_gt() || (to_half.is_eq() && !negative),
        RoundingMode::HalfDown => to_half.is_gt() || (to_half.is_eq() && negative),
        RoundingMode::Down => negative,
        RoundingMode::Up => !negative,
        RoundingMode::Floor => false,
        RoundingMode::Ceiling => true,
    };
    if up { below + T::one() } else { below }
}

impl From<Decimal> for Rational {
    fn from(decimal: Decimal) -> Self {
        let (mantissa, scale) = decimal.parts();
        if scale == 0 {
            return Self(Repr::Small { numer: mantissa, denom: 1 });
        }
        Self::new(mantissa, 10_i128.pow(scale))
    }
}

impl From<u32> for Rational {
    fn from(number: u32) -> Self {
        Self(Repr::Small { numer: number.into(), denom: 1 })
    }
}

impl Add for &Rational {
    type Output = Rational;

    fn add(self, other: &Rational) -> Rational {
        if let (Repr::Small { numer: a, denom: b }, Repr::Small { numer: c, denom: d }) = (&self.0, &other.0)
            && let Some(sum) = add_small(*a, *b, *c, *d)
        {
            return sum;
        }
        let ((a, b), (c, d)) = (self.parts(), other.parts());
        Rational::big(a * &d + c * &b, b * d)
    }
}

fn add_small(a: i128, b: i128, c: i128, d: i128) -> Option<Rational> {
    if b == d {
        return Rational::small(a.checked_add(c)?, b);
    }
    let numer = a.checked_mul(d)?.checked_add(c.checked_mul(b)?)?;
    Rational::small(numer, b.checked_mul(d)?)
}

impl Mul for &Rational {
    type Output = Rational;

    fn mul(self, other: &Rational) -> Rational {
        if let (Repr::Small { numer: a, denom: b }, Repr::Small { numer: c, denom: d }) = (&self.0, &other.0)
            && let (Some(numer), Some(denom)) = (a.checked_mul(*c), b.checked_mul(*d))
            && let Some(product) = Rational::small(numer, denom)
        {
            return product;
        }
        let ((a, b), (c, d)) = (self.parts(), other.parts());
        Rational::big(a * c, b * d)
    }
}

impl Neg for &Rational {
    type Output = Rational;

    fn neg(self) -> Rational {
        match &self.0 {
            Repr::Small { numer, denom } if *numer != i128::MIN => {
                Rational(Repr::Small { numer: -numer, denom: *denom })
            }
            Repr::Small { .. } | Repr::Big(_) => {
                let (numer, denom) = self.parts();
                Rational::big(-numer, denom)
            }
        }
    }
}

impl Sub for &Rational {
    type Output = Rational;

    fn sub(self, other: &Rational) -> Rational {
        self + &-other
    }
}

impl<'a> std::iter::Sum<&'a Self> for Rational {
    fn sum<I: Iterator<Item = &'a Self>>(terms: I) -> Self {
        terms.fold(Self::ZERO, |sum, term| &sum + term)
    }
}

impl Ord for Rational {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Repr::Small { numer: a, denom: b }, Repr::Small { numer: c, denom: d }) = (&self.0, &other.0)
            && let (Some(left), Some(right)) = (a.checked_mul(*d), c.checked_mul(*b))
        {
            return left.cmp(&right);
        }
        let ((a, b), (c, d)) = (self.parts(), other.parts());
        (a * d).cmp(&(c * b))
    }
}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Rational {
    /// Writes `406/475`, or `3` when the denominator is 1.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Tables print thousands of these: the common case makes no intermediate text.
        if let (Repr::Small { numer, denom }, None) = (&self.0, f.width())
            && let (Ok(numer), Ok(denom)) = (i64::try_from(*numer), i64::try_from(*denom))
        {
            return if denom == 1 { write!(f, "{numer}") } else { write!(f, "{numer}/{denom}") };
        }
        let (numer, denom) = self.parts();
        if denom.is_one() { f.pad(&numer.to_string()) } else { f.pad(&format!("{numer}/{denom}")) }
    }
}

impl FromStr for Rational {
    type Err = NotARational;

    /// Reads what `Display` writes: `406/475` or `3`, not necessarily in lowest terms.
    fn from_str(text: &str) -> Result<Self, NotARational> {
        let (numer, denom) = text.split_once('/').unwrap_or((text, "1"));
        let part = |text: &str| text.parse::<BigInt>().map_err(|_| NotARational);
        let (numer, denom) = (part(numer)?, part(denom)?);
        if denom.is_zero() { Err(NotARational) } else { Ok(Self::big(numer, denom)) }
    }
}

impl fmt::Debug for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Rational {
    /// The text of [`fmt::Display`].
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use num_rational::BigRational;
    use proptest::prelude::*;

    use super::*;

    fn to(places: u8, mode: RoundingMode) -> Rounding {
        Rounding { mode, places }
    }

    fn peer(number: &Rational) -> BigRational {
        let (numer, denom) = number.parts();
        BigRational::new(numer, denom)
    }

    #[test]
    fn a_fraction_stays_exact_until_it_is_rounded() {
        let figure: Decimal = "12.18".parse().unwrap();
        let paced = &Rational::from(19) * &Rational::new(9, 12);
        let completion = Rational::from(figure).over(&paced).unwrap();
        assert_eq!(completion.to_string(), "406/475");
        let points = &Rational::from(4) * &completion;
        assert_eq!(points.to_rounded(to(5, RoundingMode::Down)), "3.41894");
        assert_eq!(points.round(to(2, RoundingMode::HalfEven)).to_string(), "171/50");
        assert_eq!(points.to_rounded(to(2, RoundingMode::HalfEven)), "3.42");
    }

    #[test]
    fn each_mode_sends_ties_its_own_way() {
        use RoundingMode::{Ceiling, Down, Floor, HalfDown, HalfEven, HalfUp, Up};
        let rounded = |text: &str| {
            let number = Rational::from(text.parse::<Decimal>().unwrap());
            [HalfEven, HalfUp, HalfDown, Down, Up, Floor, Ceiling].map(|mode| number.to_rounded(to(1, mode)))
        };
        assert_eq!(rounded("0.25"), ["0.2", "0.3", "0.2", "0.2", "0.3", "0.2", "0.3"]);
        assert_eq!(rounded("0.35"), ["0.4", "0.4", "0.3", "0.3", "0.4", "0.3", "0.4"]);
        assert_eq!(rounded("-0.25"), ["-0.2", "-0.3", "-0.2", "-0.2", "-0.3", "-0.3", "-0.2"]);
        assert_eq!(rounded("0.251"), ["0.3", "0.3", "0.3", "0.2", "0.3", "0.2", "0.3"]);
        assert_eq!(rounded("-0.04"), ["0.0", "0.0", "0.0", "0.0", "-0.1", "-0.1", "0.0"]);
    }

    #[test]
    fn numbers_beyond_128_bits_come_back_when_they_shrink() {
        let large = Rational::new(i128::MAX, 3);
        let square = &large * &large;
        assert!(matches!(square.0, Repr::Big(_)));
        assert_eq!(square.over(&large), Some(large.clone()));
        assert_eq!(&(&square - &square) + &Rational::ONE, Rational::ONE);
        assert_eq!(Rational::new(i128::MIN, -1), -&Rational::new(i128::MIN, 1));
        assert!(large < square);
    }

    #[test]
    fn a_root_names_its_own_precision() {
        assert_eq!(Rational::from(2).root_down(2, 4).to_rounded(to(4, RoundingMode::Down)), "1.4142");
        assert_eq!(Rational::new(27, 64).root_down(3, 2), Rational::new(3, 4));
        assert_eq!(Rational::ZERO.root_down(2, 4), Rational::ZERO);
    }

    #[test]
    fn only_expansions_that_end_are_decimals() {
        assert_eq!(Rational::new(1, 8).to_decimal(0).as_deref(), Some("0.125"));
        assert_eq!(Rational::from(3).to_decimal(2).as_deref(), Some("3.00"));
        assert_eq!(Rational::new(-1, 20).to_decimal(1).as_deref(), Some("-0.05"));
        assert_eq!(Rational::new(1, 3).to_decimal(2), None);
    }

    fn any_rational() -> impl Strategy<Value = Rational> {
        let part = prop_oneof![-1000_i128..1000, any::<i64>().prop_map(i128::from), any::<i128>()];
        (part.clone(), part).prop_map(|(a, b)| Rational::new(a, if b == 0 { 7 } else { b }))
    }

    proptest! {
        #[test]
        fn arithmetic_agrees_with_big_fractions(a in any_rational(), b in any_rational()) {
            prop_assert_eq!(peer(&(&a + &b)), peer(&a) + peer(&b));
            prop_assert_eq!(peer(&(&a - &b)), peer(&a) - peer(&b));
            prop_assert_eq!(peer(&(&a * &b)), peer(&a) * peer(&b));
            prop_assert_eq!(a.cmp(&b), peer(&a).cmp(&peer(&b)));
            if !b.is_zero() {
                prop_assert_eq!(peer(&a.over(&b).unwrap()), peer(&a) / peer(&b));
            }
        }

        #[test]
        fn rounding_agrees_with_big_fractions(a in any_rational(), places in 0_u8..6) {
            let scale = BigRational::from_integer(BigInt::from(10).pow(places.into()));
            let scaled = peer(&a) * &scale;
            prop_assert_eq!(peer(&a.round(to(places, RoundingMode::Down))), scaled.trunc() / &scale);
            prop_assert_eq!(peer(&a.round(to(places, RoundingMode::Floor))), scaled.floor() / &scale);
            prop_assert_eq!(peer(&a.round(to(places, RoundingMode::Ceiling))), scaled.ceil() / &scale);
            prop_assert_eq!(peer(&a.round(to(places, RoundingMode::HalfUp))), scaled.round() / &scale);
        }

        #[test]
        fn a_root_is_the_largest_that_fits(a in 0_u32..100_000, degree in 1_u32..5) {
            let number = Rational::new(a.into(), 7);
            let root = number.root_down(degree, 3);
            let power = |base: &Rational| (0..degree).fold(Rational::ONE, |product, _| &product * base);
            prop_assert!(power(&root) <= number);
            prop_assert!(power(&(&root + &Rational::new(1, 1000))) > number);
        }
    }
}
