//! From a name and a password, or whatever a provider accepts, to a session.

use std::net::IpAddr;

use chain::Instant;
use events::AccountId;
use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::accounts::{normalised_login, note, require};
use crate::log::{Act, By, Note};
use crate::manager::{ChangeRefused, Manager, require_text};
use crate::password;
use crate::sessions::{self, Session};
use crate::storage::StorageError;
use crate::throttle::{self, Key, Limits, Verdict};
use crate::{Accounts, log, stored};

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller<'a> {
    /// The address of the person's machine.
    pub address: IpAddr,
    /// The session secret that the request brought along, if any. A login ends that session and never goes on with it, so
    /// a secret that somebody planted in a browser is worth nothing.
    pub earlier_session: Option<&'a str>,
}

/// What a person types.
#[derive(Clone, Copy)]
pub struct NameAndPassword<'a> {
    /// The login name.
    pub name: &'a str,
    /// The password.
    pub password: &'a str,
}

impl std::fmt::Debug for NameAndPassword<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // People type passwords into the wrong field.
        f.write_str("NameAndPassword(…)")
    }
}

/// Somebody at a provider outside, by the provider's own stable name for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalIdentity {
    /// The provider; for OpenID Connect the `iss` of its tokens.
    pub issuer: String,
    /// Its name for the person; for OpenID Connect the `sub`.
    pub subject: String,
}

/// Says who somebody is. What they may do is never asked of a provider: roles stand in the accounts.
///
/// [`LocalPasswords`] is one. Another one checks what a provider outside has signed, and then asks
/// [`Accounts::external_account`] whose account that is.
pub trait IdentityProvider {
    /// What a person shows.
    type Evidence<'a>;

    /// Establishes whose account it is, or refuses without a hint whether there is one.
    ///
    /// # Errors
    /// [`LoginRefused`] for whatever keeps them out.
    fn identify(
        &self,
        evidence: Self::Evidence<'_>,
        caller: &Caller<'_>,
        now: Instant,
    ) -> Result<AccountId, LoginRefused>;
}

/// Why somebody was not let in. Nothing of it tells whether a login name exists, but to who knows its password.
#[derive(Debug, thiserror::Error)]
pub enum LoginRefused {
    /// Name or password is wrong, or there is no such account.
    #[error("登录没有成功：登录名或密码不对。请核对后重试；忘记密码请联系管理员取得重置链接。")]
    Wrong,
    /// Too many failures, of the name or of the address.
    #[error("登录已暂停：失败次数太多。请在 {} 之后再试；急需时请联系管理员恢复。", china_time(*until))]
    Paused {
        /// When the next attempt is looked at.
        until: Instant,
    },
    /// Too many log in at this moment; the attempt was not counted.
    #[error("现在登录的人太多，这次没有处理。请过几秒再试；这次不计入失败次数。")]
    Busy,
    /// The password was right, but the account is locked.
    #[error("账号已停用，登录没有成功。请联系管理员了解原因并恢复。")]
    Locked,
    /// A provider outside cannot be asked.
    #[error("统一身份认证没有给出可用的答复：{0}。请稍后重试，或改用密码登录。")]
    Provider(String),
    /// The accounts cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl LoginRefused {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Wrong => "login-wrong",
            Self::Paused { .. } => "login-paused",
            Self::Busy => "login-busy",
            Self::Locked => "account-locked",
            Self::Provider(_) => "provider-unavailable",
            Self::Storage(error) => error.code(),
        }
    }
}

impl From<rusqlite::Error> for LoginRefused {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(error.into())
    }
}

/// An instant for people: China Standard Time to the second.
pub(crate) fn china_time(instant: Instant) -> String {
    let text = stored::later(instant, 8 * 3600).to_string();
    text[..19].replace('T', " ")
}

/// The passwords of the accounts themselves.
pub struct LocalPasswords<'a>(&'a Accounts);

/// An account whose password is to be compared.
struct Candidate {
    account: AccountId,
    phc: Option<String>,
    locked: bool,
}

/// What comparing gave.
struct Compared {
    matches: bool,
    /// A hash with the parameters of today, where the stored one has others.
    renewed: Option<String>,
}

impl IdentityProvider for LocalPasswords<'_> {
    type Evidence<'a> = NameAndPassword<'a>;

    fn identify(
        &self,
        evidence: NameAndPassword<'_>,
        caller: &Caller<'_>,
        now: Instant,
    ) -> Result<AccountId, LoginRefused> {
        let login = normalised_login(evidence.name);
        let settings = self.0.settings();
        let name = throttle::of_name(&login);
        let limits =
            [(name, settings.per_name), (throttle::of_address(caller.address), settings.per_address)];
        let flight = self.0.in_flight.begin(name);
        let candidate = self.begin(&login, limits, flight.others(), now)?;
        // Nothing is locked while the hash is computed. A crash here leaves everything as before.
        let compared = self.0.gate.pass(|| self.compare(candidate.as_ref(), evidence.password));
        let compared = compared.map_err(|_| LoginRefused::Busy)??;
        match candidate {
            Some(candidate) if compared.matches => self.succeed(candidate, compared, &name),
            other => self.fail(other.map(|own| own.account), limits, caller, now),
        }
    }
}

impl LocalPasswords<'_> {
    /// Finds whose attempt it may be, if it is to be looked at.
    fn begin(
        &self,
        login: &str,
        limits: Limits,
        others: u32,
        now: Instant,
    ) -> Result<Option<Candidate>, LoginRefused> {
        self.0.database().change(|transaction| match throttle::check(transaction, limits, others, now)? {
            Verdict::Look => Ok(Ok(candidate(transaction, login)?)),
            // What was written about the pause stays, so these are no errors of the transaction.
            Verdict::Paused(until) => Ok(Err(LoginRefused::Paused { until })),
            Verdict::Crowded => Ok::<_, LoginRefused>(Err(LoginRefused::Busy)),
        })?
    }

    /// Compares with a hash in any case: it takes as long where there is no account.
    fn compare(&self, candidate: Option<&Candidate>, password: &str) -> Result<Compared, StorageError> {
        let Accounts { settings, decoy, randomness, .. } = self.0;
        let phc = candidate.and_then(|own| own.phc.as_deref());
        let matches = password::matches(password, phc.unwrap_or(decoy), &settings.password) && phc.is_some();
        let outdated = phc.filter(|phc| matches && password::is_outdated(phc, settings.cost));
        let renewed = outdated.map(|_| password::hash(password, settings.cost, &**randomness)).transpose()?;
        Ok(Compared { matches, renewed })
    }

    fn succeed(
        &self,
        candidate: Candidate,
        compared: Compared,
        name: &Key,
    ) -> Result<AccountId, LoginRefused> {
        self.0.database().change(|transaction| {
            throttle::forgive(transaction, name)?;
            if let (Some(renewed), Some(old)) = (compared.renewed, &candidate.phc) {
                // A password that was changed meanwhile stays.
                let renew = "UPDATE account SET password = ? WHERE id = ? AND password = ?";
                transaction.execute(renew, params![renewed, candidate.account.as_str(), old])?;
            }
            Ok::<_, StorageError>(())
        })?;
        if candidate.locked { Err(LoginRefused::Locked) } else { Ok(candidate.account) }
    }

    fn fail(
        &self,
        account: Option<AccountId>,
        limits: Limits,
        caller: &Caller<'_>,
        now: Instant,
    ) -> Result<AccountId, LoginRefused> {
        let address = caller.address.to_string();
        self.0.database().change(|transaction| {
            let until = throttle::fail(transaction, limits, now)?;
            let act = if until.is_some() { Act::LoginPaused } else { Act::LoginFailed };
            let detail = until.map(|until| format!("until {until}")).unwrap_or_default();
            let by = By::Nobody;
            let account = account.as_ref();
            log::write(transaction, &Note { at: now, by: &by, act, account, detail, address: &address })
        })?;
        Err(LoginRefused::Wrong)
    }
}

fn candidate(transaction: &Transaction<'_>, login: &str) -> Result<Option<Candidate>, StorageError> {
    let query = "SELECT id, password, locked_at IS NOT NULL FROM account WHERE login = ?";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?));
    let found = transaction.query_row(query, [login], read).optional()?;
    found.map(|(id, phc, locked)| Ok(Candidate { account: stored::parse(&id)?, phc, locked })).transpose()
}

impl Accounts {
    /// The provider that compares passwords kept here.
    #[must_use]
    pub const fn local_passwords(&self) -> LocalPasswords<'_> {
        LocalPasswords(self)
    }

    /// Logs somebody in with a name and a password.
    ///
    /// # Errors
    /// [`LoginRefused`]; wrong name and wrong password are one answer, and take as long.
    pub fn login(
        &self,
        name: &str,
        password: &str,
        caller: &Caller<'_>,
        now: Instant,
    ) -> Result<Session, LoginRefused> {
        self.login_with(&self.local_passwords(), NameAndPassword { name, password }, caller, now)
    }

    /// Logs somebody in whom a provider knows. The session is always a new one, whatever the request brought along.
    ///
    /// # Errors
    /// What the provider refuses; [`LoginRefused::Locked`] where the account is.
    pub fn login_with<P: IdentityProvider>(
        &self,
        provider: &P,
        evidence: P::Evidence<'_>,
        caller: &Caller<'_>,
        now: Instant,
    ) -> Result<Session, LoginRefused> {
        let account = provider.identify(evidence, caller, now)?;
        self.database().change(|transaction| {
            sessions::require_unlocked(transaction, &account)?;
            sessions::end_presented(transaction, caller.earlier_session, "logged-in-again", now)?;
            Ok(sessions::begin(transaction, self, &account, caller.address, now)?)
        })
    }

    /// The account that an outside identity is tied to.
    ///
    /// # Errors
    /// [`LoginRefused::Wrong`] where there is none.
    pub fn external_account(&self, identity: &ExternalIdentity) -> Result<AccountId, LoginRefused> {
        let query = "SELECT account FROM external_identity WHERE issuer = ? AND subject = ?";
        let found = self.database().read(|connection| {
            let asked = [&identity.issuer, &identity.subject];
            let found = connection.query_row(query, asked, |row| row.get::<_, String>(0)).optional()?;
            found.as_deref().map(stored::parse).transpose()
        });
        let found: Result<_, StorageError> = found;
        found?.ok_or(LoginRefused::Wrong)
    }

    /// Ties an outside identity to an account, for good.
    ///
    /// # Errors
    /// When it is tied already, or `by` may not.
    pub fn tie_identity(
        &self,
        by: Manager<'_>,
        account: &AccountId,
        identity: &ExternalIdentity,
        now: Instant,
    ) -> Result<(), ChangeRefused> {
        let by = by.administrator()?;
        require_text("身份提供方", &identity.issuer, 500)?;
        require_text("身份编号", &identity.subject, 255)?;
        self.database().change(|transaction| {
            require(transaction, account)?;
            let tied = transaction.execute(
                "INSERT OR IGNORE INTO external_identity (issuer, subject, account) VALUES (?, ?, ?)",
                params![identity.issuer, identity.subject, account.as_str()],
            )?;
            if tied == 0 {
                return Err(ChangeRefused::IdentityTied);
            }
            Ok(note(transaction, &by, Act::IdentityTied, account, identity.issuer.clone(), now)?)
        })
    }
}
