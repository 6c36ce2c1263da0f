//! Days and instants of a demonstration year, in China standard time.

use chain::{Date, Instant};

/// China standard time is eight hours ahead of UTC.
const AHEAD_US: i64 = 8 * 3_600 * 1_000_000;
const DAY_US: i64 = 86_400 * 1_000_000;

/// Midnight that begins a day in China.
pub(super) fn midnight(day: Date) -> Instant {
    let days = day.naive().signed_duration_since(chrono_epoch()).num_days();
    Instant::from_micros(days * DAY_US - AHEAD_US).expect("a day of the calendar")
}

/// A time of day, in minutes after midnight in China.
pub(super) fn at(day: Date, minutes: u32) -> Instant {
    let us = midnight(day).micros() + i64::from(minutes) * 60_000_000;
    Instant::from_micros(us).expect("a day of the calendar")
}

/// The day so many days later, or earlier.
pub(super) fn later(day: Date, days: i64) -> Date {
    let noon = midnight(day).micros() + AHEAD_US / 2 + days * DAY_US;
    Instant::from_micros(noon).expect("a day of the calendar").china_date()
}

/// A day by its parts.
pub(super) fn day(year: i32, month: u32, day: u32) -> Date {
    Date::of(year, month, day).expect("a day of the calendar")
}

/// The last day of a month.
pub(super) fn month_end(year: i32, month: u32) -> Date {
    let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    later(day(year, month, 1), -1)
}

/// Days of the year that have passed when `day` ends.
pub(super) fn day_of_year(day_of: Date) -> u32 {
    let days = day_of.naive().signed_duration_since(day(day_of.year(), 1, 1).naive()).num_days() + 1;
    u32::try_from(days).expect("a year has few days")
}

fn chrono_epoch() -> chrono::NaiveDate {
    day(1970, 1, 1).naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chinese_morning_is_the_evening_before_in_utc() {
        assert_eq!(at(day(2022, 4, 22), 9 * 60).to_string(), "2022-04-22T01:00:00.000000Z");
        assert_eq!(midnight(day(2022, 4, 22)).china_date(), day(2022, 4, 22));
    }

    #[test]
    fn months_end_where_the_calendar_says() {
        assert_eq!(month_end(2024, 2), day(2024, 2, 29));
        assert_eq!(month_end(2022, 12), day(2022, 12, 31));
        assert_eq!(day_of_year(day(2022, 12, 31)), 365);
        assert_eq!(later(day(2022, 3, 1), -1), day(2022, 2, 28));
    }
}
