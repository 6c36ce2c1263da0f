//! From what stands in the file to values. What makes no sense there is damage, not a refusal.

use std::fmt::Display;
use std::str::FromStr;

use chain::Instant;

use crate::storage::StorageError;

pub(crate) fn parse<T: FromStr>(text: &str) -> Result<T, StorageError>
where
    T::Err: Display,
{
    text.parse().map_err(|error: T::Err| StorageError::Damaged(format!("“{text}”：{error}")))
}

pub(crate) fn instant(micros: i64) -> Result<Instant, StorageError> {
    Instant::from_micros(micros).ok_or_else(|| StorageError::Damaged(format!("时间 {micros}")))
}

/// The microseconds of an instant so many seconds later; never beyond the calendar.
pub(crate) fn later(at: Instant, seconds: i64) -> Instant {
    let micros = at.micros().saturating_add(seconds.saturating_mul(1_000_000));
    Instant::from_micros(micros).unwrap_or(at)
}
