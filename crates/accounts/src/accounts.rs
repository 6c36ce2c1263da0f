//! Accounts and their roles.

use chain::{Date, Instant};
use events::AccountId;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use unicode_normalization::UnicodeNormalization as _;

use crate::ending::{Held, end_all};
use crate::identity::HeldRole;
use crate::log::{Act, By, Note};
use crate::manager::{ChangeRefused, Manager, require_text};
use crate::role::{Role, RoleGrant};
use crate::secret::Randomness;
use crate::storage::StorageError;
use crate::{Accounts, log, stored, throttle};

/// What a new account is made of.
#[derive(Clone, Debug, Default)]
pub struct NewAccount {
    /// What the person types to log in; letters are compared without case.
    pub login: String,
    /// The person's name. It stands in the accounts' file only.
    pub person: String,
    /// The pseudonym for the ledger; none: a random one.
    pub id: Option<AccountId>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The pseudonym that stands in the ledger, for ever.
    pub id: AccountId,
    /// The login name, normalised.
    pub login: String,
    /// The person's name.
    pub person: String,
    /// When it was made.
    pub created_at: Instant,
    /// Whether a password was ever set.
    pub has_password: bool,
    /// Whether somebody locked it.
    pub lock: Option<Lock>,
}

/// Since when an account is locked, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Since when.
    pub at: Instant,
    /// Why.
    pub reason: String,
}

/// A role that was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantedRole {
    /// The handle by which it is withdrawn.
    pub id: i64,
    /// What was granted.
    pub grant: RoleGrant,
    /// When it was withdrawn, if it was.
    pub withdrawn_at: Option<Instant>,
}

const LONGEST_NAME: usize = 64;
const LONGEST_REASON: usize = 200;

/// The form in which login names are kept and compared.
pub(crate) fn normalised_login(text: &str) -> String {
    text.trim().nfkc().collect::<String>().to_lowercase()
}

fn new_login(text: &str) -> Result<String, ChangeRefused> {
    let login = normalised_login(text);
    let fits = (2..=LONGEST_NAME).contains(&login.chars().count());
    let plain = !login.chars().any(|c| c.is_whitespace() || c.is_control());
    if fits && plain { Ok(login) } else { Err(ChangeRefused::BadLogin(text.chars().take(80).collect())) }
}

/// A pseudonym of 50 random bits; letters and digits that are not mistaken for one another.
fn random_id(randomness: &dyn Randomness) -> Result<AccountId, StorageError> {
    const SIGNS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut bytes = [0; 10];
    randomness.fill(&mut bytes)?;
    let signs = bytes.iter().map(|byte| char::from(SIGNS[usize::from(byte % 32)]));
    let id = format!("u-{}", signs.collect::<String>());
    Ok(id.parse().expect("the signs are those of ids"))
}

const ACCOUNTS: &str =
    "SELECT id, login, person, created_at, password IS NOT NULL, locked_at, locked_why FROM account";

fn accounts_where(
    connection: &Connection,
    condition: &str,
    asked: impl rusqlite::Params,
) -> Result<Vec<Account>, StorageError> {
    let mut statement = connection.prepare(&format!("{ACCOUNTS} WHERE {condition} ORDER BY login"))?;
    let mut rows = statement.query(asked)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read_account(row)?);
    }
    Ok(found)
}

fn read_account(row: &rusqlite::Row<'_>) -> Result<Account, StorageError> {
    let locked = row.get::<_, Option<i64>>(5)?.zip(row.get::<_, Option<String>>(6)?);
    let lock = locked.map(|(at, reason)| Ok::<_, StorageError>(Lock { at: stored::instant(at)?, reason }));
    Ok(Account {
        id: stored::parse(&row.get::<_, String>(0)?)?,
        login: row.get(1)?,
        person: row.get(2)?,
        created_at: stored::instant(row.get(3)?)?,
        has_password: row.get(4)?,
        lock: lock.transpose()?,
    })
}

/// The account with an id.
pub(crate) fn require(connection: &Connection, id: &AccountId) -> Result<Account, ChangeRefused> {
    let found = accounts_where(connection, "id = ?", [id.as_str()])?.pop();
    found.ok_or_else(|| ChangeRefused::UnknownAccount(id.to_string()))
}

/// The roles an account holds on the day of `now`.
pub(crate) fn held_roles(
    connection: &Connection,
    account: &str,
    now: Instant,
) -> Result<Vec<HeldRole>, StorageError> {
    let day = now.china_date();
    let granted = granted_roles(connection, account)?;
    let held = granted.into_iter().filter(|own| own.withdrawn_at.is_none() && own.grant.holds_on(day));
    Ok(held.map(|own| HeldRole { role: own.grant.role, unit: own.grant.unit }).collect())
}

fn granted_roles(connection: &Connection, account: &str) -> Result<Vec<GrantedRole>, StorageError> {
    let query = "SELECT id, role, unit, starts_on, ends_on, withdrawn_at FROM role_grant WHERE account = ? ORDER BY id";
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query([account])?;
    let mut granted = Vec::new();
    while let Some(row) = rows.next()? {
        let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
        let ends_on = row.get::<_, Option<String>>(4)?;
        let withdrawn_at = row.get::<_, Option<i64>>(5)?;
        granted.push(GrantedRole {
            id: row.get(0)?,
            grant: RoleGrant {
                role: stored::parse(text(1)?)?,
                unit: stored::parse(text(2)?)?,
                from: stored::parse(text(3)?)?,
                to: ends_on.as_deref().map(stored::parse).transpose()?,
            },
            withdrawn_at: withdrawn_at.map(stored::instant).transpose()?,
        });
    }
    Ok(granted)
}

/// Refuses a role that the account has already, or that does not go with one it has.
fn check_grant(
    transaction: &Transaction<'_>,
    account: &AccountId,
    asked: &RoleGrant,
) -> Result<(), ChangeRefused> {
    if asked.to.is_some_and(|last| last < asked.from) {
        return Err(ChangeRefused::EndsBeforeItStarts);
    }
    let granted = granted_roles(transaction, account.as_str())?;
    let held = granted.iter().filter(|own| own.withdrawn_at.is_none()).map(|own| &own.grant);
    for own in held.filter(|own| own.overlaps(asked)) {
        if (own.role, &own.unit) == (asked.role, &asked.unit) {
            return Err(ChangeRefused::HeldAlready { role: own.role, unit: own.unit.clone() });
        }
        if !own.role.goes_with(asked.role) {
            return Err(ChangeRefused::RolesClash { asked: asked.role, held: own.role });
        }
    }
    Ok(())
}

/// Puts a grant into the tables and the log.
pub(crate) fn grant(
    transaction: &Transaction<'_>,
    by: &By,
    account: &AccountId,
    asked: &RoleGrant,
    now: Instant,
) -> Result<i64, ChangeRefused> {
    check_grant(transaction, account, asked)?;
    let ends_on = asked.to.map(|day: Date| day.to_string());
    transaction.execute(
        "INSERT INTO role_grant (account, role, unit, starts_on, ends_on) VALUES (?, ?, ?, ?, ?)",
        params![account.as_str(), asked.role.word(), asked.unit.as_str(), asked.from.to_string(), ends_on],
    )?;
    let id = transaction.last_insert_rowid();
    let until = ends_on.as_deref().unwrap_or("");
    let detail = format!("{} {} {}..{until} #{id}", asked.role.word(), asked.unit, asked.from);
    note(transaction, by, Act::RoleGranted, account, detail, now)?;
    Ok(id)
}

/// Puts an account into the tables and the log.
pub(crate) fn add(
    transaction: &Transaction<'_>,
    by: &By,
    new: &NewAccount,
    randomness: &dyn Randomness,
    now: Instant,
) -> Result<AccountId, ChangeRefused> {
    let login = new_login(&new.login)?;
    require_text("姓名", &new.person, LONGEST_NAME)?;
    if !accounts_where(transaction, "login = ?", [&login])?.is_empty() {
        return Err(ChangeRefused::LoginTaken(login));
    }
    let id = new.id.clone().map_or_else(|| random_id(randomness), Ok)?;
    if !accounts_where(transaction, "id = ?", [id.as_str()])?.is_empty() {
        return Err(ChangeRefused::IdTaken(id));
    }
    transaction.execute(
        "INSERT INTO account (id, login, person, created_at) VALUES (?, ?, ?, ?)",
        params![id.as_str(), login, new.person, now.micros()],
    )?;
    note(transaction, by, Act::AccountAdded, &id, String::new(), now)?;
    Ok(id)
}

/// Logs what was done to an account at the machine or by another account.
pub(crate) fn note(
    transaction: &Transaction<'_>,
    by: &By,
    act: Act,
    account: &AccountId,
    detail: String,
    at: Instant,
) -> Result<(), StorageError> {
    log::write(transaction, &Note { at, by, act, account: Some(account), detail, address: "" })
}

impl Accounts {
    /// Makes an account without a password; an invitation lets the person set one.
    ///
    /// # Errors
    /// When the login name or the id is taken or of the wrong form, or `by` may not.
    pub fn add_account(
        &self,
        by: Manager<'_>,
        new: &NewAccount,
        now: Instant,
    ) -> Result<AccountId, ChangeRefused> {
        let by = by.administrator()?;
        self.database().change(|transaction| add(transaction, &by, new, self.randomness(), now))
    }

    /// All accounts, by login name.
    ///
    /// # Errors
    /// When the accounts cannot be read.
    pub fn accounts(&self) -> Result<Vec<Account>, StorageError> {
        self.database().read(|connection| accounts_where(connection, "true", ()))
    }

    /// An account by its id.
    ///
    /// # Errors
    /// When there is none, or the accounts cannot be read.
    pub fn account(&self, id: &AccountId) -> Result<Account, ChangeRefused> {
        self.database().read(|connection| require(connection, id))
    }

    /// An account by its id or its login name: for the people who look after accounts, never for a login.
    ///
    /// # Errors
    /// When there is none, or the accounts cannot be read.
    pub fn find_account(&self, id_or_login: &str) -> Result<Account, ChangeRefused> {
        let asked = params![id_or_login, normalised_login(id_or_login)];
        let found =
            self.database().read(|connection| accounts_where(connection, "id = ?1 OR login = ?2", asked));
        let mut found = found?;
        // An id that is another account's login name means the account with that id.
        found.sort_by_key(|own| own.id.as_str() != id_or_login);
        found.into_iter().next().ok_or_else(|| ChangeRefused::UnknownAccount(id_or_login.to_owned()))
    }

    /// The roles an account was ever granted, oldest first.
    ///
    /// # Errors
    /// When the accounts cannot be read.
    pub fn roles(&self, account: &AccountId) -> Result<Vec<GrantedRole>, StorageError> {
        self.database().read(|connection| granted_roles(connection, account.as_str()))
    }

    /// Grants a role. It counts from the next request on; nobody grants one to themselves.
    ///
    /// # Errors
    /// When the account has it already, it does not go with another one, or `by` may not.
    pub fn grant_role(
        &self,
        by: Manager<'_>,
        account: &AccountId,
        asked: &RoleGrant,
        now: Instant,
    ) -> Result<i64, ChangeRefused> {
        let actor = by.administrator()?;
        if by.is(account) {
            return Err(ChangeRefused::NotYourOwn("授予角色"));
        }
        self.database().change(|transaction| {
            require(transaction, account)?;
            grant(transaction, &actor, account, asked, now)
        })
    }

    /// Withdraws a role at once. What was done with it stays.
    ///
    /// # Errors
    /// When the account has no such role, or `by` may not.
    pub fn withdraw_role(
        &self,
        by: Manager<'_>,
        account: &AccountId,
        id: i64,
        now: Instant,
    ) -> Result<(), ChangeRefused> {
        let by = by.administrator()?;
        self.database().change(|transaction| {
            let changed = transaction.execute(
                "UPDATE role_grant SET withdrawn_at = ? WHERE id = ? AND account = ? AND withdrawn_at IS NULL",
                params![now.micros(), id, account.as_str()],
            )?;
            if changed == 0 {
                return Err(ChangeRefused::Unknown { what: "角色", id });
            }
            Ok(note(transaction, &by, Act::RoleWithdrawn, account, format!("#{id}"), now)?)
        })
    }

    /// Locks an account: its sessions, tokens and links end at once.
    ///
    /// # Errors
    /// When there is no such account, it is one's own, or `by` may not.
    pub fn lock_account(
        &self,
        by: Manager<'_>,
        account: &AccountId,
        reason: &str,
        now: Instant,
    ) -> Result<(), ChangeRefused> {
        let actor = by.administrator()?;
        if by.is(account) {
            return Err(ChangeRefused::NotYourOwn("停用"));
        }
        require_text("停用原因", reason, LONGEST_REASON)?;
        self.database().change(|transaction| {
            if let Some(lock) = require(transaction, account)?.lock {
                return Err(ChangeRefused::Locked { at: lock.at });
            }
            transaction.execute(
                "UPDATE account SET locked_at = ?, locked_why = ? WHERE id = ?",
                params![now.micros(), reason, account.as_str()],
            )?;
            for held in [Held::Session, Held::Token, Held::Link] {
                end_all(transaction, held, account, "locked", now)?;
            }
            Ok(note(transaction, &actor, Act::AccountLocked, account, reason.to_owned(), now)?)
        })
    }

    /// Takes a lock off, and the pause that failed logins brought.
    ///
    /// # Errors
    /// When there is no such account, or `by` may not.
    pub fn unlock_account(
        &self,
        by: Manager<'_>,
        account: &AccountId,
        now: Instant,
    ) -> Result<(), ChangeRefused> {
        let by = by.administrator()?;
        self.database().change(|transaction| {
            let found = require(transaction, account)?;
            let unlock = "UPDATE account SET locked_at = NULL, locked_why = NULL WHERE id = ?";
            transaction.execute(unlock, [account.as_str()])?;
            throttle::forgive(transaction, &throttle::of_name(&found.login))?;
            Ok(note(transaction, &by, Act::AccountUnlocked, account, String::new(), now)?)
        })
    }

    /// Whether anybody can look after accounts: some administrator has a password, or an outside identity.
    pub(crate) fn has_administrator(connection: &Connection) -> Result<bool, StorageError> {
        let query = "SELECT 1 FROM account JOIN role_grant ON role_grant.account = account.id \
             WHERE role = ? AND withdrawn_at IS NULL AND locked_at IS NULL AND (password IS NOT NULL \
             OR EXISTS (SELECT 1 FROM external_identity AS own WHERE own.account = account.id)) LIMIT 1";
        let found = connection.query_row(query, [Role::Administrator.word()], |_| Ok(()));
        Ok(found.optional()?.is_some())
    }
}
