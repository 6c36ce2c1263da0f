//! Pauses after failed logins, for the name that was tried and for the address it came from.
//!
//! Attempts of one name that are being compared at this moment count with its failures, so many guesses at the same time cannot
//! all slip through. Addresses are not held back like that: two hundred units may log in behind one at the same minute.
//! Names that do not exist are counted like others, so a pause tells nobody whether a name exists.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

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

/// Whether an attempt is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is.
    Look,
    /// Not before then.
    Paused(Instant),
    /// Not while so many others of the same name are being looked at.
    Crowded,
}

/// What is counted of an attempt: its name and its address, each with its limits.
pub(crate) type Limits = [(Key, Throttle); 2];

/// Decides whether an attempt is looked at, given how many others of the same name are being looked at.
pub(crate) fn check(
    transaction: &Transaction<'_>,
    limits: Limits,
    others: u32,
    now: Instant,
) -> Result<Verdict, StorageError> {
    let mut until = 0;
    for (key, throttle) in limits {
        until = until.max(current(transaction, &key, throttle, now)?.paused_until);
    }
    if until > now.micros() {
        return stored::instant(until).map(Verdict::Paused);
    }
    let (name, throttle) = limits[0];
    let failures = read(transaction, &name)?.failures.saturating_add(others);
    // Alone, an attempt is looked at after each pause.
    Ok(if others > 0 && failures >= throttle.free { Verdict::Crowded } else { Verdict::Look })
}

/// Counts a failure of the name and of the address; says until when the name is paused now, if it is.
pub(crate) fn fail(
    transaction: &Transaction<'_>,
    limits: Limits,
    now: Instant,
) -> Result<Option<Instant>, StorageError> {
    for (key, throttle) in limits {
        let failed = current(transaction, &key, throttle, now)?.failed(now.micros(), throttle);
        write(transaction, &key, failed)?;
    }
    let longest = limits.iter().map(|(_, throttle)| throttle.forget_after_s).max().unwrap_or(0);
    let forgotten = now.micros().saturating_sub(longest * SECOND_MICROS);
    transaction.execute("DELETE FROM attempt WHERE failed_at < ?", [forgotten])?;
    let until = read(transaction, &limits[0].0)?.paused_until;
    if until > now.micros() { stored::instant(until).map(Some) } else { Ok(None) }
}

/// The state as it is now. What a clock that went back changed of it is written, so that the pause begun again ends.
fn current(
    transaction: &Transaction<'_>,
    key: &Key,
    throttle: Throttle,
    now: Instant,
) -> Result<Attempts, StorageError> {
    let stored = read(transaction, key)?;
    let state = stored.at(now.micros(), throttle);
    if state != stored && state.failures > 0 {
        write(transaction, key, state)?;
    }
    Ok(state)
}

/// Names whose passwords are being compared at this moment.
#[derive(Debug, Default)]
pub(crate) struct InFlight(Mutex<BTreeMap<Key, u32>>);

/// One comparison; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Flight<'a> {
    others: u32,
    key: Key,
    all: &'a InFlight,
}

impl InFlight {
    pub(crate) fn begin(&self, key: Key) -> Flight<'_> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.entry(key).or_default();
        let others = *own;
        *own += 1;
        Flight { others, key, all: self }
    }
}

impl Flight<'_> {
    /// How many others of the same name were under way when it began.
    pub(crate) const fn others(&self) -> u32 {
        self.others
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut all = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get_mut(&self.key) {
            Some(own) if *own > 1 => *own -= 1,
            Some(_) | None => drop(all.remove(&self.key)),
        }
    }
}

/// Forgets the failures of a name: the right password was given, or an administrator helped.
pub(crate) fn forgive(transaction: &Transaction<'_>, key: &Key) -> Result<(), StorageError> {
    transaction.execute("DELETE FROM attempt WHERE tried = ?", [key])?;
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
    fn a_flight_ends_when_it_is_dropped() {
        let all = InFlight::default();
        let (first, other) = (all.begin([1; 32]), all.begin([2; 32]));
        let second = all.begin([1; 32]);
        assert_eq!((first.others(), second.others(), other.others()), (0, 1, 0));
        drop(first);
        assert_eq!(all.begin([1; 32]).others(), 1);
        drop((second, other));
        assert!(all.0.lock().unwrap().is_empty());
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
