//! What can be set: costs, limits and times, all of them data with their defaults.

/// Settings of [`Accounts`](crate::Accounts).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What a password must be.
    pub password: PasswordRules,
    /// What hashing a password costs.
    pub cost: HashingCost,
    /// How often a name may be tried.
    pub per_name: Throttle,
    /// How often one address may try.
    pub per_address: Throttle,
    /// A session ends after so long without a request.
    pub session_idle_s: i64,
    /// A session ends so long after it began.
    pub session_longest_s: i64,
    /// The longest life of an API token.
    pub token_longest_s: i64,
    /// How long an invitation can be used.
    pub invitation_s: i64,
    /// How long a link for a new password, or for the first administrator, can be used.
    pub reset_s: i64,
    /// How long a key's challenge can be answered.
    pub challenge_s: i64,
}

/// What a password must be. No rule on kinds of characters: length and not being a known one is what helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordRules {
    /// At least so many characters.
    pub shortest_chars: usize,
    /// At most so many bytes are hashed.
    pub longest_bytes: usize,
}

/// The parameters of Argon2id (RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashingCost {
    /// Memory for one hash.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
    /// So many hashes are computed at once; the rest waits.
    pub at_once: usize,
    /// So many may wait; more are turned away.
    pub waiting: usize,
}

/// After so many failures there is a pause, and a longer one after each further failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// Failures without a pause.
    pub free: u32,
    /// The first pause.
    pub first_pause_s: i64,
    /// No pause is longer. It is also how long a clock that ran ahead can keep somebody out.
    pub longest_pause_s: i64,
    /// Failures are forgotten after so long without one.
    pub forget_after_s: i64,
}

impl Default for Settings {
    fn default() -> Self {
        const MINUTE: i64 = 60;
        const HOUR: i64 = 60 * MINUTE;
        const DAY: i64 = 24 * HOUR;
        Self {
            password: PasswordRules { shortest_chars: 10, longest_bytes: 512 },
            // The OWASP Password Storage Cheat Sheet's minimum for Argon2id: 19 MiB, two passes, one lane.
            cost: HashingCost { memory_kib: 19 * 1024, passes: 2, lanes: 1, at_once: 2, waiting: 256 },
            per_name: Throttle { free: 5, first_pause_s: MINUTE, longest_pause_s: HOUR, forget_after_s: DAY },
            // A whole office may sit behind one address.
            per_address: Throttle {
                free: 60,
                first_pause_s: MINUTE,
                longest_pause_s: 15 * MINUTE,
                forget_after_s: HOUR,
            },
            session_idle_s: 30 * MINUTE,
            session_longest_s: 12 * HOUR,
            token_longest_s: 366 * DAY,
            invitation_s: 7 * DAY,
            reset_s: DAY,
            challenge_s: 15 * MINUTE,
        }
    }
}
