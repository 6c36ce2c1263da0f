//! API tokens: what a program may do in an account's name, and until when.

use std::collections::BTreeSet;

use chain::Instant;
use events::AccountId;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use crate::accounts::{held_roles, note, require};
use crate::authorisation::Scope;
use crate::ending::{Held, end_one};
use crate::identity::{Identity, Means};
use crate::log::{Act, By};
use crate::manager::{ChangeRefused, Manager, require_text};
use crate::secret::{self, Kind, Secret};
use crate::sessions::{Life, NotSignedIn};
use crate::storage::StorageError;
use crate::{Accounts, stored};

/// When a token was last used is written at most so often.
const USED_EVERY_S: i64 = 3600;

/// What a token is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// What it is for, in its holder's words.
    pub name: String,
    /// What it may be used for at most.
    pub scopes: BTreeSet<Scope>,
    /// When it ends.
    pub expires_at: Instant,
}

/// A token as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The handle by which it is ended.
    pub id: i64,
    /// What it is for.
    pub name: String,
    /// What it may be used for.
    pub scopes: BTreeSet<Scope>,
    /// When it was issued.
    pub created_at: Instant,
    /// When it ends.
    pub expires_at: Instant,
    /// When it was last used, to the hour.
    pub used_at: Option<Instant>,
    /// When it was ended before its time.
    pub ended_at: Option<Instant>,
}

/// A token that has just been issued.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// What the program is to bring along; it is shown here once.
    pub secret: Secret,
    /// The handle by which it is ended.
    pub id: i64,
}

fn scopes(words: &str) -> Result<BTreeSet<Scope>, StorageError> {
    words.split_whitespace().map(stored::parse).collect()
}

struct Row {
    id: i64,
    account: String,
    scopes: String,
    used_at: Option<i64>,
    life: Life,
}

fn find(connection: &Connection, digest: &[u8; 32]) -> Result<Option<Row>, StorageError> {
    let query = "SELECT token.id, account, scopes, token.created_at, expires_at, \
         ended_at IS NOT NULL OR locked_at IS NOT NULL, used_at \
         FROM token JOIN account ON account.id = token.account WHERE digest = ?";
    let mut statement = connection.prepare_cached(query)?;
    let read = |row: &rusqlite::Row<'_>| {
        let used_at = row.get(6)?;
        let life =
            Life { created_at: row.get(3)?, seen_at: used_at, expires_at: row.get(4)?, ended: row.get(5)? };
        Ok(Row { id: row.get(0)?, account: row.get(1)?, scopes: row.get(2)?, used_at, life })
    };
    Ok(statement.query_row([digest], read).optional()?)
}

impl Accounts {
    /// Tells whose token a secret is, with the roles of this moment and what the token is limited to.
    ///
    /// # Errors
    /// [`NotSignedIn`] says why it is nobody's any more.
    pub fn token(&self, presented: &str, now: Instant) -> Result<Identity, NotSignedIn> {
        let digest = secret::digest(Kind::Token, presented).ok_or(NotSignedIn::Unknown)?;
        let (row, roles) = self.database().read(|connection| {
            let row = find(connection, &digest)?.ok_or(NotSignedIn::Unknown)?;
            let roles = held_roles(connection, &row.account, now)?;
            Ok::<_, NotSignedIn>((row, roles))
        })?;
        let account: AccountId = stored::parse(&row.account)?;
        match row.life.check(now, None) {
            Err(NotSignedIn::Expired) => {
                // What was seen to have expired stays so, also where the clock goes back.
                self.database().change(|transaction| end(transaction, &row, &account, now))?;
                return Err(NotSignedIn::Expired);
            }
            other => other?,
        }
        let since = row.used_at.map_or(u64::MAX, |used_at| now.micros().abs_diff(used_at));
        if since >= (USED_EVERY_S * 1_000_000).unsigned_abs() {
            self.database().change(|transaction| used(transaction, row.id, now))?;
        }
        Ok(Identity::new(account, Means::Token(row.id), roles, Some(scopes(&row.scopes)?)))
    }

    /// Issues a token for an account. Only its holder can, logged in, or whoever sits at the machine.
    ///
    /// # Errors
    /// When a scope, the name or the time is missing or not fit, the account is locked, or `by` may not.
    pub fn issue_token(
        &self,
        by: Manager<'_>,
        account: &AccountId,
        new: &NewToken,
        now: Instant,
    ) -> Result<IssuedToken, ChangeRefused> {
        let by = by.owner(account)?;
        self.check_new_token(new, now)?;
        let secret = Secret::generate(Kind::Token, self.randomness()).map_err(StorageError::from)?;
        let words: Vec<&str> = new.scopes.iter().map(|scope| scope.word()).collect();
        let words = words.join(" ");
        self.database().change(|transaction| {
            if let Some(lock) = require(transaction, account)?.lock {
                return Err(ChangeRefused::Locked { at: lock.at });
            }
            let (digest, expires_at) = (secret.digest(Kind::Token), new.expires_at.micros());
            transaction.execute(
                "INSERT INTO token (account, digest, name, scopes, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
                params![account.as_str(), digest, new.name, words, now.micros(), expires_at],
            )?;
            let id = transaction.last_insert_rowid();
            let detail = format!("#{id} {words} until {}", new.expires_at);
            note(transaction, &by, Act::TokenIssued, account, detail, now)?;
            Ok(IssuedToken { secret, id })
        })
    }

    fn check_new_token(&self, new: &NewToken, now: Instant) -> Result<(), ChangeRefused> {
        require_text("令牌用途", &new.name, 64)?;
        if new.scopes.is_empty() {
            return Err(ChangeRefused::NoScope);
        }
        let longest_s = self.settings().token_longest_s;
        if new.expires_at <= now || new.expires_at > stored::later(now, longest_s) {
            return Err(ChangeRefused::BadExpiry { days: longest_s / 86_400 });
        }
        Ok(())
    }

    /// The tokens of an account, oldest first, ended ones too.
    ///
    /// # Errors
    /// When the accounts cannot be read.
    pub fn tokens(&self, account: &AccountId) -> Result<Vec<Token>, StorageError> {
        let query = "SELECT id, name, scopes, created_at, expires_at, used_at, ended_at FROM token WHERE account = ? ORDER BY id";
        self.database().read(|connection| {
            let mut statement = connection.prepare(query)?;
            let mut rows = statement.query([account.as_str()])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                let instant = |column| row.get::<_, Option<i64>>(column)?.map(stored::instant).transpose();
                all.push(Token {
                    id: row.get(0)?,
                    name: row.get(1)?,
                    scopes: scopes(&row.get::<_, String>(2)?)?,
                    created_at: stored::instant(row.get(3)?)?,
                    expires_at: stored::instant(row.get(4)?)?,
                    used_at: instant(5)?,
                    ended_at: instant(6)?,
                });
            }
            Ok(all)
        })
    }

    /// Ends a token at once.
    ///
    /// # Errors
    /// When the account has no such token, or `by` is neither its holder nor an administrator.
    pub fn end_token(
        &self,
        by: Manager<'_>,
        account: &AccountId,
        id: i64,
        now: Instant,
    ) -> Result<(), ChangeRefused> {
        let by = by.owner_or_administrator(account)?;
        let token = (Held::Token, "令牌", Act::TokenEnded);
        self.database().change(|transaction| end_one(transaction, token, &by, (account, id), now))
    }
}

fn end(
    transaction: &Transaction<'_>,
    row: &Row,
    account: &AccountId,
    now: Instant,
) -> Result<(), StorageError> {
    let query = "UPDATE token SET ended_at = ?, ended_why = 'expired' WHERE id = ? AND ended_at IS NULL";
    if transaction.execute(query, params![now.micros(), row.id])? > 0 {
        let by = By::Account(account.clone());
        note(transaction, &by, Act::TokenEnded, account, format!("#{} expired", row.id), now)?;
    }
    Ok(())
}

fn used(transaction: &Transaction<'_>, id: i64, now: Instant) -> Result<(), StorageError> {
    transaction.execute("UPDATE token SET used_at = ? WHERE id = ?", params![now.micros(), id])?;
    Ok(())
}
