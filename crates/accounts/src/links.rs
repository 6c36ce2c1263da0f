//! One-time links: for the first administrator, for an invited person, for a forgotten password.
//!
//! Looking at a link does not use it up: mail scanners and browsers look ahead. Setting the password does, in the same
//! transaction.

use chain::Instant;
use events::{AccountId, UnitId};
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use crate::accounts::{NewAccount, add, grant, note, require};
use crate::ending::{Held, end_all};
use crate::log::{Act, By, Note};
use crate::login::Caller;
use crate::manager::{ChangeRefused, Manager};
use crate::password::Unfit;
use crate::role::{Role, RoleGrant};
use crate::secret::{self, Kind, Secret};
use crate::sessions::{self, Life, NotSignedIn, Session};
use crate::storage::StorageError;
use crate::throttle;
use crate::words::vocabulary;
use crate::{Accounts, LoginRefused, log, password, stored};

vocabulary! {
    /// What a link is for.
    Purpose, "链接用途";
    /// The first administrator sets a password.
    FirstAdministrator = "first-administrator", "首位管理员";
    /// An invited person sets a password.
    Invitation = "invitation", "邀请";
    /// Somebody who forgot their password sets a new one.
    Reset = "reset", "重置密码";
}

/// A link that has just been made.
#[derive(Clone, Debug)]
pub struct OneTimeLink {
    /// What the address is to end with; it is shown here once.
    pub secret: Secret,
    /// What it is for.
    pub purpose: Purpose,
    /// Until when it can be used.
    pub expires_at: Instant,
}

/// The link with which a new ledger's first administrator comes in.
#[derive(Clone, Debug)]
pub struct FirstAdministrator {
    /// The account's id.
    pub account: AccountId,
    /// The login name it was made with.
    pub login: String,
    /// The link.
    pub link: OneTimeLink,
}

/// A link that can be used, as its holder sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it is for.
    pub purpose: Purpose,
    /// The login name that it sets a password for.
    pub login: String,
    /// Until when it can be used.
    pub expires_at: Instant,
}

/// Why a link was not used.
#[derive(Debug, thiserror::Error)]
pub enum LinkRefused {
    /// There is no such link.
    #[error("这个链接不对，没有设置密码。请完整复制链接，或向管理员另要一个。")]
    Unknown,
    /// It was used, or another one took its place.
    #[error("这个链接已经用过，或已被新的链接代替，没有设置密码。如果不是您用的，请立即告诉管理员。")]
    Used,
    /// It is too late.
    #[error("这个链接已经过期，没有设置密码。请向管理员另要一个。")]
    Expired,
    /// It is from the future.
    #[error(
        "服务器的时钟倒退过，无法判断链接的时效，没有设置密码。请向管理员另要一个，并请其检查服务器时间。"
    )]
    ClockWentBack,
    /// The new password is not fit; the link can still be used.
    #[error(transparent)]
    Password(#[from] Unfit),
    /// Too many at this moment, or the account cannot be logged in to; the link can still be used.
    #[error(transparent)]
    Login(#[from] LoginRefused),
}

impl LinkRefused {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "link-unknown",
            Self::Used => "link-used",
            Self::Expired => "link-expired",
            Self::ClockWentBack => "clock-went-back",
            Self::Password(unfit) => unfit.code(),
            Self::Login(refused) => refused.code(),
        }
    }
}

impl From<StorageError> for LinkRefused {
    fn from(error: StorageError) -> Self {
        Self::Login(error.into())
    }
}

impl From<rusqlite::Error> for LinkRefused {
    fn from(error: rusqlite::Error) -> Self {
        StorageError::from(error).into()
    }
}

struct Row {
    id: i64,
    account: AccountId,
    link: Link,
}

fn find(connection: &Connection, presented: &str, now: Instant) -> Result<Row, LinkRefused> {
    let digest = secret::digest(Kind::Link, presented).ok_or(LinkRefused::Unknown)?;
    let query = "SELECT link.id, account, purpose, login, link.created_at, expires_at, ended_at IS NOT NULL \
         FROM link JOIN account ON account.id = link.account WHERE digest = ?";
    let found = connection.query_row(query, [digest], |row| {
        let life =
            Life { created_at: row.get(4)?, seen_at: None, expires_at: row.get(5)?, ended: row.get(6)? };
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get(3)?, life))
    });
    let (id, account, purpose, login, life) = found.optional()?.ok_or(LinkRefused::Unknown)?;
    life.check(now, None).map_err(|why| match why {
        NotSignedIn::Unknown => LinkRefused::Unknown,
        NotSignedIn::Ended => LinkRefused::Used,
        NotSignedIn::Expired | NotSignedIn::Idle => LinkRefused::Expired,
        NotSignedIn::ClockWentBack => LinkRefused::ClockWentBack,
        NotSignedIn::Storage(error) => error.into(),
    })?;
    let link =
        Link { purpose: stored::parse(&purpose)?, login, expires_at: stored::instant(life.expires_at)? };
    Ok(Row { id, account: stored::parse(&account)?, link })
}

impl Accounts {
    /// Makes a link with which the holder of an account sets a password. Links made before for it end.
    ///
    /// # Errors
    /// When there is no such account, it is locked or one's own, or `by` may not.
    pub fn make_link(
        &self,
        by: Manager<'_>,
        account: &AccountId,
        purpose: Purpose,
        now: Instant,
    ) -> Result<OneTimeLink, ChangeRefused> {
        let actor = by.administrator()?;
        if by.is(account) {
            return Err(ChangeRefused::NotYourOwn("生成链接"));
        }
        self.database().change(|transaction| {
            if let Some(lock) = require(transaction, account)?.lock {
                return Err(ChangeRefused::Locked { at: lock.at });
            }
            self.new_link(transaction, &actor, account, purpose, now)
        })
    }

    fn new_link(
        &self,
        transaction: &Transaction<'_>,
        by: &By,
        account: &AccountId,
        purpose: Purpose,
        now: Instant,
    ) -> Result<OneTimeLink, ChangeRefused> {
        end_all(transaction, Held::Link, account, "replaced", now)?;
        let secret = Secret::generate(Kind::Link, self.randomness()).map_err(StorageError::from)?;
        let seconds = match purpose {
            Purpose::Invitation => self.settings().invitation_s,
            Purpose::FirstAdministrator | Purpose::Reset => self.settings().reset_s,
        };
        let expires_at = stored::later(now, seconds);
        let (digest, ends) = (secret.digest(Kind::Link), expires_at.micros());
        transaction.execute(
            "INSERT INTO link (account, digest, purpose, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
            params![account.as_str(), digest, purpose.word(), now.micros(), ends],
        )?;
        note(transaction, by, Act::LinkMade, account, format!("{} until {expires_at}", purpose.word()), now)?;
        Ok(OneTimeLink { secret, purpose, expires_at })
    }

    /// The way in for the first administrator of a new ledger, in the name of `unit`; none as soon as there is one. Each
    /// call makes a new link and ends the one before, since that one is kept nowhere.
    ///
    /// # Errors
    /// When the accounts cannot be written.
    pub fn first_administrator(
        &self,
        unit: &UnitId,
        now: Instant,
    ) -> Result<Option<FirstAdministrator>, ChangeRefused> {
        self.database().change(|transaction| {
            if Self::has_administrator(transaction)? {
                return Ok(None);
            }
            let account = self.first_account(transaction, unit, now)?;
            let login = require(transaction, &account)?.login;
            let link =
                self.new_link(transaction, &By::Operator, &account, Purpose::FirstAdministrator, now)?;
            Ok(Some(FirstAdministrator { account, login, link }))
        })
    }

    /// The administrator's account that still waits for a password, or a new one.
    fn first_account(
        &self,
        transaction: &Transaction<'_>,
        unit: &UnitId,
        now: Instant,
    ) -> Result<AccountId, ChangeRefused> {
        let waiting = "SELECT account.id FROM account JOIN role_grant ON role_grant.account = account.id \
             WHERE role = ? AND withdrawn_at IS NULL AND locked_at IS NULL ORDER BY role_grant.id LIMIT 1";
        let word = Role::Administrator.word();
        let waiting = transaction.query_row(waiting, [word], |row| row.get::<_, String>(0)).optional()?;
        if let Some(waiting) = waiting {
            return Ok(stored::parse(&waiting)?);
        }
        let taken = "SELECT count(*) FROM account WHERE login = 'admin' OR login LIKE 'admin-%'";
        let taken: u32 = transaction.query_row(taken, (), |row| row.get(0))?;
        let login = if taken == 0 { "admin".to_owned() } else { format!("admin-{}", taken + 1) };
        let new = NewAccount { login, person: "管理员".to_owned(), id: None };
        let account = add(transaction, &By::Operator, &new, self.randomness(), now)?;
        let role =
            RoleGrant { role: Role::Administrator, unit: unit.clone(), from: now.china_date(), to: None };
        grant(transaction, &By::Operator, &account, &role, now)?;
        Ok(account)
    }

    /// Looks at a link without using it.
    ///
    /// # Errors
    /// [`LinkRefused`] when it cannot be used.
    pub fn link(&self, presented: &str, now: Instant) -> Result<Link, LinkRefused> {
        self.database().read(|connection| find(connection, presented, now)).map(|row| row.link)
    }

    /// Uses a link: sets the password, ends all sessions of the account and begins one. Of two that use it at the same time
    /// one succeeds.
    ///
    /// # Errors
    /// [`LinkRefused`]; the link is used up only where a session was begun.
    pub fn redeem(
        &self,
        presented: &str,
        new_password: &str,
        caller: &Caller<'_>,
        now: Instant,
    ) -> Result<Session, LinkRefused> {
        let link = self.link(presented, now)?;
        password::check(new_password, &link.login, &self.settings().password)?;
        let phc = self.hash(new_password)?;
        self.database().change(|transaction| {
            // Somebody else may have used it while the hash was computed.
            let row = find(transaction, presented, now)?;
            let used = "UPDATE link SET ended_at = ?, ended_why = 'used' WHERE id = ?";
            transaction.execute(used, params![now.micros(), row.id])?;
            let address = caller.address.to_string();
            let told = Note {
                at: now,
                by: &By::Nobody,
                act: Act::LinkUsed,
                account: Some(&row.account),
                detail: row.link.purpose.word().to_owned(),
                address: &address,
            };
            log::write(transaction, &told)?;
            sessions::set_password(transaction, &row.account, &phc, now)?;
            throttle::forgive(transaction, &throttle::of_name(&row.link.login))?;
            sessions::end_presented(transaction, caller.earlier_session, "logged-in-again", now)?;
            Ok(sessions::begin(transaction, self, &row.account, caller.address, now)?)
        })
    }
}
