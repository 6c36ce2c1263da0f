//! Sessions: who logged in, until when.
//!
//! A session that was seen to have ended is marked so and never comes back, also where the clock goes back. One that began
//! in what is now the future is refused: nobody can tell how old it is.

use std::net::IpAddr;

use chain::Instant;
use events::AccountId;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use crate::accounts::{held_roles, note};
use crate::ending::{Held, end_all, end_one};
use crate::identity::{Identity, Means};
use crate::log::{Act, By, Note};
use crate::login::Caller;
use crate::manager::{ChangeRefused, Manager};
use crate::secret::{self, Kind, Secret};
use crate::storage::StorageError;
use crate::{Accounts, LoginRefused, NameAndPassword, Settings, log, password, stored};

/// When a session was last seen is written at most so often: requests that only read do not wait for the disk.
const SEEN_EVERY_S: i64 = 60;
/// Clocks are set back a little by time servers; that is no reason to end a session.
const CLOCK_SLACK_S: i64 = 300;

/// A session that has just begun.
#[derive(Clone, Debug)]
pub struct Session {
    /// What the browser is to bring along; it is shown here once.
    pub secret: Secret,
    /// Whose it is.
    pub identity: Identity,
    /// When it ends at the latest.
    pub expires_at: Instant,
    /// After how long without a request it ends.
    pub idle_s: i64,
}

/// A session as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// The handle by which it is ended.
    pub id: i64,
    /// From which address it was begun.
    pub address: String,
    /// When it was begun.
    pub created_at: Instant,
    /// When it was last seen, to the minute.
    pub seen_at: Instant,
    /// When it ends at the latest.
    pub expires_at: Instant,
}

/// Why a request is from nobody.
#[derive(Debug, thiserror::Error)]
pub enum NotSignedIn {
    /// There is no such session or token.
    #[error("没有登录，或登录凭据不对。请登录后再试。")]
    Unknown,
    /// No request for too long.
    #[error("很久没有操作，登录已失效。请重新登录；尚未提交的内容没有入账。")]
    Idle,
    /// It was valid for so long and no longer.
    #[error("登录凭据已到期。请重新登录，或另发一个令牌；尚未提交的内容没有入账。")]
    Expired,
    /// It was ended.
    #[error("登录凭据已停用：已退出、已改密码、已在别处收回，或账号已停用。请重新登录。")]
    Ended,
    /// It is from the future.
    #[error("服务器的时钟倒退过，无法判断登录凭据的时效。请重新登录，并请管理员检查服务器时间。")]
    ClockWentBack,
    /// The accounts cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl NotSignedIn {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "not-signed-in",
            Self::Idle => "session-idle",
            Self::Expired => "credential-expired",
            Self::Ended => "credential-ended",
            Self::ClockWentBack => "clock-went-back",
            Self::Storage(error) => error.code(),
        }
    }
}

impl From<rusqlite::Error> for NotSignedIn {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(error.into())
    }
}

/// Something with an end, as it stands in the tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    pub(crate) created_at: i64,
    pub(crate) seen_at: Option<i64>,
    pub(crate) expires_at: i64,
    pub(crate) ended: bool,
}

impl Life {
    /// Whether it is alive at `now`, given how long it may be idle.
    pub(crate) fn check(self, now: Instant, idle_s: Option<i64>) -> Result<(), NotSignedIn> {
        let now_micros = now.micros();
        let slack = stored::later(now, CLOCK_SLACK_S).micros();
        let begun = self.seen_at.unwrap_or(self.created_at).max(self.created_at);
        if self.ended {
            return Err(NotSignedIn::Ended);
        }
        if begun > slack {
            return Err(NotSignedIn::ClockWentBack);
        }
        if self.expires_at <= now_micros {
            return Err(NotSignedIn::Expired);
        }
        let idle = |idle_s: i64| now_micros.saturating_sub(begun) > idle_s.saturating_mul(1_000_000);
        if idle_s.is_some_and(idle) { Err(NotSignedIn::Idle) } else { Ok(()) }
    }
}

struct Row {
    id: i64,
    account: String,
    seen_at: i64,
    life: Life,
}

fn find(connection: &Connection, digest: &[u8; 32]) -> Result<Option<Row>, StorageError> {
    // A locked account has no session, whatever stands in the table.
    let query = "SELECT session.id, account, session.created_at, seen_at, expires_at, \
         ended_at IS NOT NULL OR locked_at IS NOT NULL \
         FROM session JOIN account ON account.id = session.account WHERE digest = ?";
    let mut statement = connection.prepare_cached(query)?;
    let read = |row: &rusqlite::Row<'_>| {
        let seen_at = row.get(3)?;
        let life = Life {
            created_at: row.get(2)?,
            seen_at: Some(seen_at),
            expires_at: row.get(4)?,
            ended: row.get(5)?,
        };
        Ok(Row { id: row.get(0)?, account: row.get(1)?, seen_at, life })
    };
    Ok(statement.query_row([digest], read).optional()?)
}

/// Refuses an account that was locked, perhaps while a password was being compared.
pub(crate) fn require_unlocked(
    transaction: &Transaction<'_>,
    account: &AccountId,
) -> Result<(), LoginRefused> {
    let query = "SELECT locked_at IS NOT NULL FROM account WHERE id = ?";
    let locked = transaction.query_row(query, [account.as_str()], |row| row.get(0)).optional()?;
    if locked == Some(false) { Ok(()) } else { Err(LoginRefused::Locked) }
}

/// Begins a session, in the transaction that let the person in.
pub(crate) fn begin(
    transaction: &Transaction<'_>,
    accounts: &Accounts,
    account: &AccountId,
    address: IpAddr,
    now: Instant,
) -> Result<Session, StorageError> {
    let Settings { session_idle_s, session_longest_s, .. } = *accounts.settings();
    let secret = Secret::generate(Kind::Session, accounts.randomness())?;
    let expires_at = stored::later(now, session_longest_s);
    let (address, micros) = (address.to_string(), now.micros());
    transaction.execute(
        "INSERT INTO session (account, digest, address, created_at, seen_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
        params![account.as_str(), secret.digest(Kind::Session), address, micros, micros, expires_at.micros()],
    )?;
    let id = transaction.last_insert_rowid();
    let by = By::Account(account.clone());
    let detail = format!("#{id}");
    let told =
        Note { at: now, by: &by, act: Act::LoggedIn, account: Some(account), detail, address: &address };
    log::write(transaction, &told)?;
    let roles = held_roles(transaction, account.as_str(), now)?;
    let identity = Identity::new(account.clone(), Means::Session(id), roles, None);
    Ok(Session { secret, identity, expires_at, idle_s: session_idle_s })
}

/// Ends the session whose secret a request brought along, if there is one.
pub(crate) fn end_presented(
    transaction: &Transaction<'_>,
    presented: Option<&str>,
    why: &str,
    now: Instant,
) -> Result<(), StorageError> {
    let Some(digest) = presented.and_then(|text| secret::digest(Kind::Session, text)) else { return Ok(()) };
    match find(transaction, &digest)? {
        Some(row) if !row.life.ended => end(transaction, row.id, &stored::parse(&row.account)?, why, now),
        Some(_) | None => Ok(()),
    }
}

fn end(
    transaction: &Transaction<'_>,
    id: i64,
    account: &AccountId,
    why: &str,
    now: Instant,
) -> Result<(), StorageError> {
    let query = "UPDATE session SET ended_at = ?, ended_why = ? WHERE id = ? AND ended_at IS NULL";
    if transaction.execute(query, params![now.micros(), why, id])? > 0 {
        let by = By::Account(account.clone());
        note(transaction, &by, Act::SessionEnded, account, format!("#{id} {why}"), now)?;
    }
    Ok(())
}

impl Accounts {
    /// Tells whose session a secret belongs to, with the roles of this moment.
    ///
    /// # Errors
    /// [`NotSignedIn`] says why it is nobody's any more.
    pub fn session(&self, presented: &str, now: Instant) -> Result<Identity, NotSignedIn> {
        let digest = secret::digest(Kind::Session, presented).ok_or(NotSignedIn::Unknown)?;
        let idle_s = Some(self.settings().session_idle_s);
        let (row, roles) = self.database().read(|connection| {
            let row = find(connection, &digest)?.ok_or(NotSignedIn::Unknown)?;
            let roles = held_roles(connection, &row.account, now)?;
            Ok::<_, NotSignedIn>((row, roles))
        })?;
        let account: AccountId = stored::parse(&row.account)?;
        match row.life.check(now, idle_s) {
            Err(why @ (NotSignedIn::Idle | NotSignedIn::Expired)) => {
                self.database().change(|transaction| end(transaction, row.id, &account, why.code(), now))?;
                return Err(why);
            }
            other => other?,
        }
        if now.micros().abs_diff(row.seen_at) >= (SEEN_EVERY_S * 1_000_000).unsigned_abs() {
            self.database().change(|transaction| seen(transaction, row.id, now))?;
        }
        Ok(Identity::new(account, Means::Session(row.id), roles, None))
    }

    /// Ends a session at its holder's wish. One that ended before, or never was, is no error.
    ///
    /// # Errors
    /// When the accounts cannot be written.
    pub fn logout(&self, presented: &str, now: Instant) -> Result<(), StorageError> {
        self.database().change(|transaction| end_presented(transaction, Some(presented), "logged-out", now))
    }

    /// The open sessions of an account.
    ///
    /// # Errors
    /// When the accounts cannot be read.
    pub fn open_sessions(&self, account: &AccountId, now: Instant) -> Result<Vec<OpenSession>, StorageError> {
        let query = "SELECT id, address, created_at, seen_at, expires_at FROM session \
             WHERE account = ? AND ended_at IS NULL ORDER BY id";
        let all = self.database().read(|connection| {
            let mut statement = connection.prepare(query)?;
            let mut rows = statement.query([account.as_str()])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                all.push(OpenSession {
                    id: row.get(0)?,
                    address: row.get(1)?,
                    created_at: stored::instant(row.get(2)?)?,
                    seen_at: stored::instant(row.get(3)?)?,
                    expires_at: stored::instant(row.get(4)?)?,
                });
            }
            Ok::<_, StorageError>(all)
        })?;
        let idle_s = Some(self.settings().session_idle_s);
        let open = |own: &OpenSession| {
            let (created_at, seen_at) = (own.created_at.micros(), Some(own.seen_at.micros()));
            let life = Life { created_at, seen_at, expires_at: own.expires_at.micros(), ended: false };
            life.check(now, idle_s).is_ok()
        };
        Ok(all.into_iter().filter(open).collect())
    }

    /// Ends one session of an account by its handle.
    ///
    /// # Errors
    /// When the account has no such session, or `by` is neither its holder nor an administrator.
    pub fn end_session(
        &self,
        by: Manager<'_>,
        account: &AccountId,
        id: i64,
        now: Instant,
    ) -> Result<(), ChangeRefused> {
        let by = by.owner_or_administrator(account)?;
        let session = (Held::Session, "会话", Act::SessionEnded);
        self.database().change(|transaction| end_one(transaction, session, &by, (account, id), now))
    }

    /// Changes the password of whoever holds a session. All their sessions end, and a new one begins.
    ///
    /// # Errors
    /// When the session or the old password is not right, or the new one is not fit.
    pub fn change_password(
        &self,
        old: &str,
        new: &str,
        caller: &Caller<'_>,
        now: Instant,
    ) -> Result<Session, PasswordNotChanged> {
        let identity = self.session(caller.earlier_session.unwrap_or_default(), now)?;
        let found = self.account(identity.account()).map_err(|_| NotSignedIn::Unknown)?;
        password::check(new, &found.login, &self.settings().password)?;
        let evidence = NameAndPassword { name: &found.login, password: old };
        let account = crate::IdentityProvider::identify(&self.local_passwords(), evidence, caller, now)?;
        let phc = self.hash(new)?;
        self.database().change(|transaction| {
            require_unlocked(transaction, &account)?;
            set_password(transaction, &account, &phc, now)?;
            Ok(begin(transaction, self, &account, caller.address, now)?)
        })
    }

    /// Hashes a new password when there is room for it.
    pub(crate) fn hash(&self, new: &str) -> Result<String, LoginRefused> {
        let hashed = self.gate.pass(|| password::hash(new, self.settings().cost, self.randomness()));
        let hashed = hashed.map_err(|_| LoginRefused::Busy)?;
        Ok(hashed.map_err(StorageError::from)?)
    }
}

/// Puts a new password in the old one's place. Whoever knew the old one is logged out.
pub(crate) fn set_password(
    transaction: &Transaction<'_>,
    account: &AccountId,
    phc: &str,
    now: Instant,
) -> Result<(), StorageError> {
    transaction.execute("UPDATE account SET password = ? WHERE id = ?", params![phc, account.as_str()])?;
    for held in [Held::Session, Held::Link] {
        end_all(transaction, held, account, "password-set", now)?;
    }
    note(transaction, &By::Account(account.clone()), Act::PasswordSet, account, String::new(), now)
}

/// Moves the moment a session was last seen, also back where the clock went back.
fn seen(transaction: &Transaction<'_>, id: i64, now: Instant) -> Result<(), StorageError> {
    let query = "UPDATE session SET seen_at = ? WHERE id = ? AND ended_at IS NULL";
    transaction.execute(query, params![now.micros(), id])?;
    Ok(())
}

/// Why a password stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum PasswordNotChanged {
    /// The request is from nobody.
    #[error(transparent)]
    NotSignedIn(#[from] NotSignedIn),
    /// The old password is wrong, or was tried too often.
    #[error(transparent)]
    Old(#[from] LoginRefused),
    /// The new password is not fit.
    #[error(transparent)]
    New(#[from] password::Unfit),
}

impl PasswordNotChanged {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotSignedIn(why) => why.code(),
            Self::Old(why) => why.code(),
            Self::New(why) => why.code(),
        }
    }
}

impl From<StorageError> for PasswordNotChanged {
    fn from(error: StorageError) -> Self {
        Self::NotSignedIn(error.into())
    }
}
