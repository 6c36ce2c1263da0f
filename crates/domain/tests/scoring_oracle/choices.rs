//! Numbers from a property test, spent one by one on choices. Spent ones are followed by zeros, and a zero is always
//! the plainest choice: what shrinks towards zeros becomes plain.

use chain::Date;
use events::Decimal;

/// Choices still to be made.
pub struct Choices {
    numbers: std::vec::IntoIter<u16>,
}

impl Choices {
    pub fn from(numbers: Vec<u16>) -> Self {
        Self { numbers: numbers.into_iter() }
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::from(self.numbers.next().unwrap_or(0)) % end
    }

    /// Yes once in so many times; no when nothing is left.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    pub fn of<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }

    /// A number from a small stock, so that equal ones meet; some with decimal places, some below zero.
    pub fn number(&mut self) -> Decimal {
        let whole = i64::try_from(self.below(20)).unwrap() - 3;
        let places = *self.of(&[0, 0, 1, 3]);
        let mantissa = if places == 3 { whole * 1125 } else { whole };
        rust_decimal::Decimal::new(mantissa, places).into()
    }

    /// A number of so many hundredths, from `from` to below `to`.
    pub fn hundredths(&mut self, from: usize, to: usize) -> Decimal {
        let mantissa = i64::try_from(from + self.below(to - from)).unwrap();
        rust_decimal::Decimal::new(mantissa, 2).into()
    }

    /// Sometimes something, else nothing.
    pub fn maybe<T>(&mut self, some: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(2) == 1).then(|| some(self))
    }

    /// A day of the two years of the plan.
    pub fn day(&mut self) -> Date {
        let year = *self.of(&[2022, 2022, 2022, 2023]);
        self.day_of(year)
    }

    /// A day asked for; the years around the plan's are asked for too.
    pub fn any_day(&mut self) -> Date {
        let year = if self.once_in(20) { 2024 } else { *self.of(&[2022, 2022, 2022, 2023]) };
        self.day_of(year)
    }

    fn day_of(&mut self, year: i32) -> Date {
        let month = u32::try_from(12 - self.below(12)).unwrap();
        let last = (28..=31).rev().find_map(|day| Date::of(year, month, day)).unwrap();
        let other = Date::of(year, month, u32::try_from(1 + self.below(28)).unwrap()).unwrap();
        if self.below(2) == 0 { last } else { other }
    }
}
