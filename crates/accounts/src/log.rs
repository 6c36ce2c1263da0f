//! The log of what happened to accounts: who did what to which account, and when.
//!
//! It names accounts by their pseudonyms, never people. Each row's digest covers the digest of the row before, so rows that
//! were changed or taken out later are found; rows taken off the end are found by whoever kept an older end.

use std::fmt;

use chain::Instant;
use chain::hash::to_hex;
use events::AccountId;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use crate::storage::StorageError;
use crate::words::vocabulary;
use crate::{Accounts, stored};

vocabulary! {
    /// What happened.
    Act, "账号操作";
    /// An account was made.
    AccountAdded = "account-added", "新建账号";
    /// An account was locked by somebody.
    AccountLocked = "account-locked", "停用账号";
    /// A lock was taken off, and pauses with it.
    AccountUnlocked = "account-unlocked", "恢复账号";
    /// A role was granted.
    RoleGranted = "role-granted", "授予角色";
    /// A role was withdrawn.
    RoleWithdrawn = "role-withdrawn", "收回角色";
    /// A one-time link was made.
    LinkMade = "link-made", "生成一次性链接";
    /// A one-time link was used.
    LinkUsed = "link-used", "使用一次性链接";
    /// A password was set or changed.
    PasswordSet = "password-set", "设置密码";
    /// Somebody logged in.
    LoggedIn = "logged-in", "登录";
    /// A login failed.
    LoginFailed = "login-failed", "登录失败";
    /// A login failed once too often: a pause began.
    LoginPaused = "login-paused", "暂停登录";
    /// Somebody logged out, or was logged out.
    SessionEnded = "session-ended", "会话结束";
    /// An API token was issued.
    TokenIssued = "token-issued", "发放令牌";
    /// An API token was ended.
    TokenEnded = "token-ended", "停用令牌";
    /// Possession of a key was proved.
    KeyProved = "key-proved", "证明持有密钥";
    /// A proof of possession failed.
    KeyRefused = "key-refused", "密钥证明不成立";
    /// An identity of an outside provider was tied to an account.
    IdentityTied = "identity-tied", "绑定外部身份";
}

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// Somebody at the machine, with the file in their hands.
    Operator,
    /// Nobody known yet: an attempt at login, a link being used.
    Nobody,
    /// An account.
    Account(AccountId),
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // No account's id can begin with @.
            Self::Operator => f.write_str("@operator"),
            Self::Nobody => f.write_str("@nobody"),
            Self::Account(account) => account.fmt(f),
        }
    }
}

impl By {
    fn parse(text: &str) -> Result<Self, StorageError> {
        match text {
            "@operator" => Ok(Self::Operator),
            "@nobody" => Ok(Self::Nobody),
            account => stored::parse(account).map(Self::Account),
        }
    }
}

/// A row of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// 1-based, without gaps.
    pub id: i64,
    /// When.
    pub at: Instant,
    /// Who.
    pub by: By,
    /// What.
    pub act: Act,
    /// To which account, where it was one.
    pub account: Option<AccountId>,
    /// What more there is to say; never a secret, never a personal name.
    pub detail: String,
    /// From which address, where there was one.
    pub address: String,
}

/// What is about to be logged.
#[derive(Clone, Debug)]
pub(crate) struct Note<'a> {
    pub(crate) at: Instant,
    pub(crate) by: &'a By,
    pub(crate) act: Act,
    pub(crate) account: Option<&'a AccountId>,
    pub(crate) detail: String,
    pub(crate) address: &'a str,
}

/// The end of a log that was found whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEnd {
    /// How many rows.
    pub entries: i64,
    /// The last row's digest in hex: who keeps it can tell later whether rows are missing.
    pub digest: String,
}

/// A log whose rows do not follow from one another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("账号日志从第 {0} 条起与校验值不符：有人在程序之外改动过账号库。请保留现场并通知审计。")]
pub struct BrokenLog(pub i64);

/// Adds a row, in the transaction that does what it tells of.
pub(crate) fn write(transaction: &Transaction<'_>, note: &Note<'_>) -> Result<(), StorageError> {
    let last = "SELECT id, digest FROM act ORDER BY id DESC LIMIT 1";
    let last = transaction.query_row(last, (), |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)));
    let (id, before) = last.optional()?.unwrap_or((0, [0; 32]));
    let row = Row {
        id: id + 1,
        at: note.at.micros(),
        actor: note.by.to_string(),
        act: note.act.word().to_owned(),
        account: note.account.map(ToString::to_string),
        detail: note.detail.clone(),
        address: note.address.to_owned(),
    };
    let digest = row.digest(&before);
    transaction.execute(
        "INSERT INTO act (id, at, actor, act, account, detail, address, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        params![row.id, row.at, row.actor, row.act, row.account, row.detail, row.address, digest],
    )?;
    Ok(())
}

/// A row as it is stored.
struct Row {
    id: i64,
    at: i64,
    actor: String,
    act: String,
    account: Option<String>,
    detail: String,
    address: String,
}

impl Row {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            at: row.get(1)?,
            actor: row.get(2)?,
            act: row.get(3)?,
            account: row.get(4)?,
            detail: row.get(5)?,
            address: row.get(6)?,
        })
    }

    /// A JSON array keeps the members apart, whatever stands in them.
    fn digest(&self, before: &[u8; 32]) -> [u8; 32] {
        let members = (self.id, self.at, &self.actor, &self.act, &self.account, &self.detail, &self.address);
        let text = serde_json::to_vec(&members).expect("texts and numbers are JSON");
        let covered = [before.as_slice(), &text].concat();
        blake3::derive_key("progress-ledger 2026-11 account log", &covered)
    }

    fn entry(self) -> Result<Entry, StorageError> {
        Ok(Entry {
            id: self.id,
            at: stored::instant(self.at)?,
            by: By::parse(&self.actor)?,
            act: stored::parse(&self.act)?,
            account: self.account.as_deref().map(stored::parse).transpose()?,
            detail: self.detail,
            address: self.address,
        })
    }
}

const COLUMNS: &str = "id, at, actor, act, account, detail, address, digest";

fn check(connection: &Connection) -> Result<Result<LogEnd, BrokenLog>, StorageError> {
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM act ORDER BY id"))?;
    let mut rows = statement.query(())?;
    let (mut entries, mut digest) = (0, [0; 32]);
    while let Some(row) = rows.next()? {
        let own = Row::read(row)?;
        let follows = own.digest(&digest);
        if own.id != entries + 1 || row.get::<_, [u8; 32]>(7)? != follows {
            return Ok(Err(BrokenLog(own.id)));
        }
        (entries, digest) = (own.id, follows);
    }
    let digest = String::from_utf8_lossy(&to_hex(&digest)).into_owned();
    Ok(Ok(LogEnd { entries, digest }))
}

impl Accounts {
    /// The rows after `after`, at most `limit`, oldest first; of one account or of all.
    ///
    /// # Errors
    /// When the accounts cannot be read.
    pub fn log(
        &self,
        account: Option<&AccountId>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Entry>, StorageError> {
        let query = format!(
            "SELECT {COLUMNS} FROM act WHERE id > ?1 AND (?2 IS NULL OR account = ?2 OR actor = ?2) ORDER BY id LIMIT ?3"
        );
        self.database().read(|connection| {
            let mut statement = connection.prepare(&query)?;
            let asked = params![after, account.map(AccountId::as_str), limit];
            let rows: Vec<Row> = statement.query_map(asked, Row::read)?.collect::<Result<_, _>>()?;
            rows.into_iter().map(Row::entry).collect()
        })
    }

    /// Checks that every row of the log follows from the one before.
    ///
    /// # Errors
    /// When the accounts cannot be read. A broken log is an answer.
    pub fn check_log(&self) -> Result<Result<LogEnd, BrokenLog>, StorageError> {
        self.database().read(check)
    }
}
