//! Ending what somebody holds: sessions, tokens and links end in the same way, in tables of the same shape.

use chain::Instant;
use events::AccountId;
use rusqlite::{Transaction, params};

use crate::accounts::note;
use crate::log::{Act, By};
use crate::manager::ChangeRefused;
use crate::storage::StorageError;

/// A kind of thing that is held.
#[derive(Clone, Copy)]
pub(crate) enum Held {
    Session,
    Token,
    Link,
}

impl Held {
    const fn table(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
            Self::Link => "link",
        }
    }
}

/// Ends all of an account's.
pub(crate) fn end_all(
    transaction: &Transaction<'_>,
    held: Held,
    account: &AccountId,
    why: &str,
    now: Instant,
) -> Result<(), StorageError> {
    let table = held.table();
    let query =
        format!("UPDATE {table} SET ended_at = ?, ended_why = ? WHERE account = ? AND ended_at IS NULL");
    transaction.execute(&query, params![now.micros(), why, account.as_str()])?;
    Ok(())
}

/// Ends one of an account's by its handle, because somebody wants it; `named` is what to call it where there is none.
pub(crate) fn end_one(
    transaction: &Transaction<'_>,
    (held, named, act): (Held, &'static str, Act),
    by: &By,
    (account, id): (&AccountId, i64),
    now: Instant,
) -> Result<(), ChangeRefused> {
    let table = held.table();
    let query = format!(
        "UPDATE {table} SET ended_at = ?, ended_why = 'ended' WHERE id = ? AND account = ? AND ended_at IS NULL"
    );
    if transaction.execute(&query, params![now.micros(), id, account.as_str()])? == 0 {
        return Err(ChangeRefused::Unknown { what: named, id });
    }
    Ok(note(transaction, by, act, account, format!("#{id} ended"), now)?)
}
