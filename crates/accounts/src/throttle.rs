//! Pauses after failed logins, for the name that was tried and for the address it came from.
//!
//! An attempt is counted as a failure before the password is looked at, and forgiven if it was right: many attempts at the
//! same time cannot all slip through, and a crash in between leaves one failure too many, never one too few. Names that do
//! not exist are counted like others, so a pause tells nobody whether a name exists.

use std::net::IpAddr;

use chain::Instant;
use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::secret::tried;
use crate::settings::Throttle;
use crate::storage::StorageError;
use crate::stored;

const SECOND_MICROS: i64 = 1_000_000;

/// What is counted: a hash of a name or of an address.
pub(crate) type Key = [u8; 32];

pub(crate) fn of_name(login: &str) -> Key {
    tried("name", login)
}

/// Whoever has one IPv6 address has all of its /64.
pub(crate) fn of_address(address: IpAddr) -> Key {
    match address.to_canonical() {
        IpAddr::V4(address) => tried("address", &address.to_string()),
        IpAddr::V6(address) => tried("address", &format!("{:x}/64", address.to_bits() >> 64)),
    }
}

/// Failures of one name or address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Attempts {
    failures: u32,
    failed_at: i64,
    paused_until: i64,
}

impl Attempts {
    /// The state as it is to be read at `now`. Where the clock has gone back, the pause begins again: it ends by itself and
    /// is never longer than it was, however far the clock had run ahead.
    fn at(self, now: i64, throttle: Throttle) -> Self {
        let since = now.saturating_sub(self.failed_at);
        if since < 0 {
            let pause = self.paused_until.saturating_sub(self.failed_at).max(0);
            return Self { failed_at: now, paused_until: now.saturating_add(pause), ..self };
        }
        if since > throttle.forget_after_s * SECOND_MICROS { Self::default() } else { self }
    }

    fn failed(self, now: i64, throttle: Throttle) -> Self {
        let failures = self.failures.saturating_add(1);
        let pause_s = match failures.checked_sub(throttle.free) {
            None => 0,
            Some(more) => {
                let doubled =
                    throttle.first_pause_s.checked_mul(1_i64.checked_shl(more.min(40)).unwrap_or(i64::MAX));
                doubled.unwrap_or(i64::MAX).min(throttle.longest_pause_s)
            }
        };
        Self { failures, failed_at: now, paused_until: now.saturating_add(pause_s * SECOND_MICROS) }
    }
}

fn read(transaction: &Transaction<'_>, key: &Key) -> Result<Attempts, StorageError> {
    let query = "SELECT failures, failed_at, paused_until FROM attempt WHERE tried = ?";
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Attempts { failures: row.get(0)?, failed_at: row.get(1)?, paused_until: row.get(2)? })
    };
    Ok(transaction.query_row(query, [key], read).optional()?.unwrap_or_default())
}

fn write(transaction: &Transaction<'_>, key: &Key, attempts: Attempts) -> Result<(), StorageError> {
    let Attempts { failures, failed_at, paused_until } = attempts;
    transaction.execute(
        "INSERT INTO attempt (tried, failures, failed_at, paused_until) VALUES (?, ?, ?, ?) \
         ON CONFLICT (tried) DO UPDATE SET failures = excluded.failures, failed_at = excluded.failed_at, \
         paused_until = excluded.paused_until",
        params![key, failures, failed_at, paused_until],
    )?;
    Ok(())
}

/// Counts an attempt as a failure of the name and of the address, or says until when neither is let in.
pub(crate) fn count(
    transaction: &Transaction<'_>,
    limits: [(Key, Throttle); 2],
    now: Instant,
) -> Result<Result<(), Instant>, StorageError> {
    let micros = now.micros();
    let mut states = Vec::with_capacity(2);
    for (key, throttle) in limits {
        let stored = read(transaction, &key)?;
        let state = stored.at(micros, throttle);
        if state != stored && state.failures > 0 {
            write(transaction, &key, state)?;
        }
        states.push((key, throttle, state));
    }
    let until = states.iter().map(|(_, _, state)| state.paused_until).max().unwrap_or(0);
    if until > micros {
        return Ok(Err(stored::instant(until)?));
    }
    for (key, throttle, state) in states {
        write(transaction, &key, state.failed(micros, throttle))?;
    }
    let longest = limits.iter().map(|(_, throttle)| throttle.forget_after_s).max().unwrap_or(0);
    let forgotten = micros.saturating_sub(longest * SECOND_MICROS);
    transaction.execute("DELETE FROM attempt WHERE failed_at < ?", [forgotten])?;
    Ok(Ok(()))
}

/// Until when a name is paused after what was counted, if it is.
pub(crate) fn pause(
    transaction: &Transaction<'_>,
    key: &Key,
    now: Instant,
) -> Result<Option<Instant>, StorageError> {
    let until = read(transaction, key)?.paused_until;
    if until > now.micros() { stored::instant(until).map(Some) } else { Ok(None) }
}

/// Forgets the failures of a name: the right password was given, or an administrator helped.
pub(crate) fn forgive(transaction: &Transaction<'_>, key: &Key) -> Result<(), StorageError> {
    transaction.execute("DELETE FROM attempt WHERE tried = ?", [key])?;
    Ok(())
}

/// Takes one counted attempt back: it was right, or was never looked at. What others failed at stays counted.
pub(crate) fn uncount(transaction: &Transaction<'_>, key: &Key) -> Result<(), StorageError> {
    transaction.execute(
        "UPDATE attempt SET failures = max(failures - 1, 0), paused_until = 0 WHERE tried = ?",
        [key],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Throttle =
        Throttle { free: 3, first_pause_s: 60, longest_pause_s: 600, forget_after_s: 3600 };

    fn pauses(failures: u32) -> Vec<i64> {
        let step = |state: &mut Attempts, _| {
            *state = state.failed(0, LIMITS);
            Some(state.paused_until / SECOND_MICROS)
        };
        (0..failures).scan(Attempts::default(), step).collect()
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        assert_eq!(pauses(8), [0, 0, 60, 120, 240, 480, 600, 600]);
        assert_eq!(pauses(200).last(), Some(&600));
    }

    #[test]
    fn a_clock_that_ran_ahead_keeps_nobody_out_for_longer_than_a_pause() {
        let far = 4_000_000_000 * SECOND_MICROS;
        let state = (0..3).fold(Attempts::default(), |state, _| state.failed(far, LIMITS));
        let today = state.at(1_000_000 * SECOND_MICROS, LIMITS);
        assert_eq!(today.paused_until, 1_000_060 * SECOND_MICROS);
        assert_eq!(today.failures, 3, "what was counted stays counted");
    }

    #[test]
    fn failures_are_forgotten_after_a_quiet_time() {
        let state = Attempts::default().failed(0, LIMITS).failed(0, LIMITS);
        assert_eq!(state.at(3600 * SECOND_MICROS, LIMITS), state);
        assert_eq!(state.at(3601 * SECOND_MICROS, LIMITS), Attempts::default());
    }

    #[test]
    fn an_address_is_counted_with_all_that_its_owner_has() {
        let key = |text: &str| of_address(text.parse().unwrap());
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("::ffff:10.0.0.7"), key("10.0.0.7"));
        assert_ne!(key("10.0.0.7"), key("10.0.0.8"));
    }
}
