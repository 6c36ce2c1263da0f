//! Passwords: what may be one, and Argon2id with parameters that can be raised.
//!
//! It knows no account. Hashing is slow on purpose, so a [`Gate`] bounds how much of it happens at once.

use std::sync::{Condvar, Mutex, PoisonError};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use unicode_normalization::UnicodeNormalization as _;

use crate::secret::{NoRandomness, Randomness};
use crate::settings::{HashingCost, PasswordRules};

/// Why a text may not be a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Too few characters.
    #[error("密码太短：至少要 {0} 个字符。可以用几个不相关的词连成一句。")]
    Short(usize),
    /// Too many bytes.
    #[error("密码太长：按 UTF-8 编码最多 {0} 个字节。请缩短。")]
    Long(usize),
    /// The login name is in it.
    #[error("密码里含有登录名，容易被猜到。请换一个不含登录名的密码。")]
    HoldsName,
    /// One of those that are tried first.
    #[error("这是最先被试探的一类密码（常用词、键盘顺序、重复或连续的字符）。请换一个。")]
    Common,
}

impl Unfit {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Short(_) => "password-short",
            Self::Long(_) => "password-long",
            Self::HoldsName => "password-holds-name",
            Self::Common => "password-common",
        }
    }
}

/// What is typed first by whoever guesses: compared without case and without digits and signs at the end.
const COMMON: [&str; 16] = [
    "password",
    "passwd",
    "passw0rd",
    "p@ssw0rd",
    "administrator",
    "admin",
    "root",
    "qwertyuiop",
    "qwerty",
    "qazwsxedc",
    "qazwsx",
    "asdfghjkl",
    "zxcvbnm",
    "woaini",
    "yingtan",
    "iloveyou",
];

/// Refuses a text that may not be the password of `login`.
pub(crate) fn check(password: &str, login: &str, rules: &PasswordRules) -> Result<(), Unfit> {
    if password.len() > rules.longest_bytes {
        return Err(Unfit::Long(rules.longest_bytes));
    }
    let normal = normalised(password);
    if normal.chars().count() < rules.shortest_chars {
        return Err(Unfit::Short(rules.shortest_chars));
    }
    let folded = normal.to_lowercase();
    if login.chars().count() >= 3 && folded.contains(login) {
        return Err(Unfit::HoldsName);
    }
    if is_common(&folded) { Err(Unfit::Common) } else { Ok(()) }
}

fn is_common(folded: &str) -> bool {
    let stem = folded.trim_end_matches(|c: char| !c.is_alphabetic());
    let stem = stem.trim_start_matches(|c: char| c.is_ascii_digit());
    let chars: Vec<u32> = folded.chars().map(u32::from).collect();
    let steps = chars.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]));
    // 1111111111, 1234567890 and abcdefghij have hardly any different step.
    let mut steps: Vec<u32> = steps.collect();
    steps.sort_unstable();
    steps.dedup();
    COMMON.contains(&stem) || steps.len() <= 2
}

/// The same characters typed on different systems hash alike (NFKC, as NIST SP 800-63B asks).
fn normalised(password: &str) -> String {
    password.nfkc().collect()
}

fn hasher(cost: HashingCost) -> Argon2<'static> {
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.expect("the settings are parameters of Argon2"))
}

/// Hashes a password under a new salt; gives a PHC string.
pub(crate) fn hash(
    password: &str,
    cost: HashingCost,
    randomness: &dyn Randomness,
) -> Result<String, NoRandomness> {
    let mut salt = [0; 16];
    randomness.fill(&mut salt)?;
    let normal = normalised(password);
    let hashed: Result<PasswordHash, _> = hasher(cost).hash_password_with_salt(normal.as_bytes(), &salt);
    Ok(hashed.expect("the salt has a fitting length").to_string())
}

/// Tells whether a password belongs to a PHC string, whatever parameters that was made with.
pub(crate) fn matches(password: &str, phc: &str, rules: &PasswordRules) -> bool {
    if password.len() > rules.longest_bytes {
        return false;
    }
    let parsed = PasswordHash::new(phc).ok();
    parsed.is_some_and(|parsed| {
        let normal = normalised(password);
        Argon2::default().verify_password(normal.as_bytes(), &parsed).is_ok()
    })
}

/// Tells whether a PHC string was made with other parameters than those of today.
pub(crate) fn is_outdated(phc: &str, cost: HashingCost) -> bool {
    let own = PasswordHash::new(phc).ok();
    let own = own.and_then(|own| Some((own.algorithm.as_str() == "argon2id", Params::try_from(&own).ok()?)));
    own.is_none_or(|(same, own)| {
        !same || (own.m_cost(), own.t_cost(), own.p_cost()) != (cost.memory_kib, cost.passes, cost.lanes)
    })
}

/// Bounds how many hashes are computed at once, and how many wait for it.
#[derive(Debug)]
pub(crate) struct Gate {
    state: Mutex<Crowd>,
    left: Condvar,
    at_once: usize,
    waiting: usize,
}

#[derive(Debug, Default)]
struct Crowd {
    inside: usize,
    waiting: usize,
}

/// Too many wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Crowded;

impl Gate {
    pub(crate) fn new(cost: HashingCost) -> Self {
        let at_once = cost.at_once.max(1);
        Self { state: Mutex::default(), left: Condvar::new(), at_once, waiting: cost.waiting }
    }

    /// Runs `work` when there is room.
    pub(crate) fn pass<T>(&self, work: impl FnOnce() -> T) -> Result<T, Crowded> {
        let mut crowd = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if crowd.inside >= self.at_once && crowd.waiting >= self.waiting {
            return Err(Crowded);
        }
        crowd.waiting += 1;
        while crowd.inside >= self.at_once {
            crowd = self.left.wait(crowd).unwrap_or_else(PoisonError::into_inner);
        }
        crowd.waiting -= 1;
        crowd.inside += 1;
        drop(crowd);
        let _leaving = Leaving(self);
        Ok(work())
    }
}

/// Makes room again, also where the work panics.
struct Leaving<'a>(&'a Gate);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).inside -= 1;
        self.0.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use crate::secret::SystemRandomness;

    const CHEAP: HashingCost = HashingCost { memory_kib: 8, passes: 1, lanes: 1, at_once: 1, waiting: 0 };

    #[test]
    fn a_password_is_long_and_not_the_first_that_is_tried() {
        let rules = Settings::default().password;
        let unfit = |password: &str| check(password, "wang.fang", &rules).err();
        assert_eq!(unfit("短密码"), Some(Unfit::Short(10)));
        assert_eq!(unfit(&"长".repeat(200)), Some(Unfit::Long(512)));
        assert_eq!(unfit("my-Wang.Fang-2026"), Some(Unfit::HoldsName));
        for common in
            ["Password2026!", "1234567890", "aaaaaaaaaaaa", "abcdefghijkl", "123qwerty!!!!", "9876543210"]
        {
            assert_eq!(unfit(common), Some(Unfit::Common), "{common}");
        }
        assert_eq!(unfit("信江边上三棵樟树开花"), None);
        assert_eq!(unfit("correct horse battery"), None);
    }

    #[test]
    fn a_hash_belongs_to_one_password_and_knows_its_parameters() {
        let rules = Settings::default().password;
        let phc = hash("信江边上三棵樟树", CHEAP, &SystemRandomness).unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{phc}");
        assert!(matches("信江边上三棵樟树", &phc, &rules));
        assert!(!matches("信江边上三棵樟", &phc, &rules) && !matches("", &phc, &rules));
        assert_ne!(phc, hash("信江边上三棵樟树", CHEAP, &SystemRandomness).unwrap(), "each has its own salt");
        assert!(!is_outdated(&phc, CHEAP));
        assert!(is_outdated(&phc, HashingCost { passes: 2, ..CHEAP }) && is_outdated("", CHEAP));
    }

    #[test]
    fn full_width_characters_hash_like_plain_ones() {
        let phc = hash("ｌｅｄｇｅｒ－２０２６", CHEAP, &SystemRandomness).unwrap();
        assert!(matches("ledger-2026", &phc, &Settings::default().password));
    }

    #[test]
    fn a_gate_that_is_full_turns_away_and_opens_after_a_panic() {
        let gate = Gate::new(CHEAP);
        assert_eq!(gate.pass(|| gate.pass(|| ())), Ok(Err(Crowded)));
        let panicked =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| gate.pass(|| panic!("on purpose"))));
        assert!(panicked.is_err());
        assert_eq!(gate.pass(|| 1), Ok(1));
    }
}
