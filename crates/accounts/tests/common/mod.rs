//! An office with accounts, a clock in the test's hand, and randomness that repeats.
#![allow(dead_code, reason = "each test file uses its part")]

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use accounts::{
    Accounts, Caller, HashingCost, Identity, LoginRefused, Manager, NewAccount, NoRandomness, Purpose,
    Randomness, Role, RoleGrant, Session, Settings,
};
use chain::Instant;
use events::AccountId;
use tempfile::TempDir;

/// A password that is fit for anybody.
pub const PASSWORD: &str = "信江边上三棵樟树开花";
/// A Thursday, 2026-10-01 in the morning.
const START_MICROS: i64 = 1_790_816_400_000_000;

/// Bytes that follow from a counter: each secret is another one, and each run has the same.
pub struct Counting(AtomicU64);

impl Counting {
    pub const fn from(start: u64) -> Self {
        Self(AtomicU64::new(start))
    }
}

impl Randomness for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        let count = self.0.fetch_add(1, Ordering::SeqCst);
        blake3::Hasher::new().update(&count.to_be_bytes()).finalize_xof().fill(bytes);
        Ok(())
    }
}

/// The default settings with a hash that costs nothing.
pub fn cheap() -> Settings {
    let cost = HashingCost { memory_kib: 8, passes: 1, lanes: 1, at_once: 4, waiting: 1000 };
    Settings { cost, ..Settings::default() }
}

pub struct Office {
    pub accounts: Accounts,
    folder: TempDir,
    now: AtomicI64,
}

impl Office {
    pub fn new() -> Self {
        Self::with(cheap())
    }

    pub fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("ledger.accounts");
        let accounts = Accounts::open_with(&path, settings, Box::new(Counting::from(0))).expect("a new file");
        Self { accounts, folder, now: AtomicI64::new(START_MICROS) }
    }

    /// The same file, opened by a program that starts now.
    pub fn opened_again(&self) -> Accounts {
        self.opened_with(cheap())
    }

    pub fn opened_with(&self, settings: Settings) -> Accounts {
        let other = Counting::from(1_000_000 + u64::from(std::process::id()));
        Accounts::open_with(&self.path(), settings, Box::new(other)).expect("the file opens")
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("ledger.accounts")
    }

    pub fn now(&self) -> Instant {
        Instant::from_micros(self.now.load(Ordering::SeqCst)).expect("in the calendar")
    }

    /// Lets time pass; a negative number sets the clock back.
    pub fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// An account with a password and one role from today on.
    pub fn hire(&self, login: &str, role: Role, unit: &str) -> AccountId {
        let id = self.add(login);
        self.grant(&id, role, unit);
        let link = self.accounts.make_link(Manager::Operator, &id, Purpose::Invitation, self.now());
        let link = link.expect("an invitation");
        self.accounts.redeem(link.secret.expose(), PASSWORD, &caller(250), self.now()).expect("it is used");
        id
    }

    /// An account without a password.
    pub fn add(&self, login: &str) -> AccountId {
        let new = NewAccount { login: login.into(), person: "演示数据".into(), id: None };
        self.accounts.add_account(Manager::Operator, &new, self.now()).expect("a new account")
    }

    pub fn grant(&self, account: &AccountId, role: Role, unit: &str) -> i64 {
        let unit = unit.parse().expect("a unit");
        let grant = RoleGrant { role, unit, from: self.now().china_date(), to: None };
        self.accounts.grant_role(Manager::Operator, account, &grant, self.now()).expect("a role")
    }

    pub fn login(&self, login: &str, password: &str) -> Result<Session, LoginRefused> {
        self.login_from(1, login, password)
    }

    pub fn login_from(&self, host: u8, login: &str, password: &str) -> Result<Session, LoginRefused> {
        self.accounts.login(login, password, &caller(host), self.now())
    }

    /// Who somebody is, by logging in.
    pub fn identity(&self, login: &str) -> Identity {
        self.login(login, PASSWORD).expect("they log in").identity
    }

    /// The code with which a session is refused, or `ok`.
    pub fn session_code(&self, session: &Session) -> &'static str {
        let found = self.accounts.session(session.secret.expose(), self.now());
        found.err().map_or("ok", |why| why.code())
    }

    /// The code with which a login is refused, or `ok`.
    pub fn login_code(&self, login: &str, password: &str) -> &'static str {
        self.login(login, password).err().map_or("ok", |why| why.code())
    }

    /// What the log tells, act by act.
    pub fn log(&self) -> Vec<&'static str> {
        let entries = self.accounts.log(None, 0, 100_000).expect("a log");
        entries.iter().map(|entry| entry.act.word()).collect()
    }
}

pub fn caller(host: u8) -> Caller<'static> {
    Caller { address: address(host), earlier_session: None }
}

pub fn address(host: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, host).into()
}
