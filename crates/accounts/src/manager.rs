//! Who looks after accounts, and why a change is refused.

use chain::Instant;
use events::{AccountId, UnitId};

use crate::authorisation::{Action, Refusal, Subject, may};
use crate::identity::{Identity, Means};
use crate::log::By;
use crate::password::Unfit;
use crate::role::Role;
use crate::storage::StorageError;

/// Who asks for a change. Every change checks by itself that they may.
#[derive(Clone, Copy, Debug)]
pub enum Manager<'a> {
    /// Whoever sits at the machine and can write the file anyway.
    Operator,
    /// Somebody who is logged in.
    Person(&'a Identity),
}

impl Manager<'_> {
    /// Lets an administrator through.
    pub(crate) fn administrator(&self) -> Result<By, Refusal> {
        match self {
            Self::Operator => Ok(By::Operator),
            Self::Person(identity) => {
                may(identity, Action::ManageAccounts, &Subject::Everything)?;
                Ok(self.by())
            }
        }
    }

    /// Lets the account itself through, and the operator; never an administrator, who would act as somebody else.
    pub(crate) fn owner(&self, account: &AccountId) -> Result<By, ChangeRefused> {
        match self {
            Self::Operator => Ok(By::Operator),
            Self::Person(identity) if identity.account() != account => Err(ChangeRefused::NotYours),
            // A leaked token must not be able to make another one.
            Self::Person(identity) if matches!(identity.means(), Means::Token(_)) => {
                Err(ChangeRefused::NotByToken)
            }
            Self::Person(_) => Ok(self.by()),
        }
    }

    /// Lets the account itself and administrators through.
    pub(crate) fn owner_or_administrator(&self, account: &AccountId) -> Result<By, ChangeRefused> {
        match self.owner(account) {
            Err(ChangeRefused::NotYours) => Ok(self.administrator()?),
            other => other,
        }
    }

    pub(crate) fn is(&self, account: &AccountId) -> bool {
        matches!(self, Self::Person(identity) if identity.account() == account)
    }

    fn by(&self) -> By {
        match self {
            Self::Operator => By::Operator,
            Self::Person(identity) => By::Account(identity.account().clone()),
        }
    }
}

/// Why accounts were not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeRefused {
    /// They may not.
    #[error(transparent)]
    NotAllowed(#[from] Refusal),
    /// It belongs to somebody else.
    #[error("这只能由账号本人办理。请用该账号登录后再办。")]
    NotYours,
    /// It cannot be done by an API token.
    #[error("这件事不能用接口令牌办理。请登录后办理。")]
    NotByToken,
    /// It cannot be done to oneself.
    #[error("不能对自己的账号“{0}”。请另一名管理员办理，或在服务器上用 progress-ledger account 办理。")]
    NotYourOwn(&'static str),
    /// A login name is none.
    #[error("登录名“{0}”不能用：要 2 到 64 个字符，不含空格和控制字符。请换一个。")]
    BadLogin(String),
    /// A name or reason is missing or too long.
    #[error("{what}要写 1 到 {longest} 个字符，不含换行。请补写或缩短。")]
    BadText {
        /// Which text.
        what: &'static str,
        /// How many characters it may have.
        longest: usize,
    },
    /// Another account has the login name.
    #[error("登录名“{0}”已有账号使用。请换一个，或用 account list 找到那个账号。")]
    LoginTaken(String),
    /// Another account has the id.
    #[error("账号代码“{0}”已被使用；代码记在账本里，永不换人。请换一个代码。")]
    IdTaken(AccountId),
    /// There is no such account.
    #[error("没有账号“{0}”。请用 account list 核对。")]
    UnknownAccount(String),
    /// There is no such thing of that account.
    #[error("这个账号没有编号为 {id} 的{what}，或已经结束。请核对编号。")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// Its handle.
        id: i64,
    },
    /// A role ends before it begins.
    #[error("角色的截止日早于起始日，一天也不会生效。请核对两个日期。")]
    EndsBeforeItStarts,
    /// The account has that role already.
    #[error("账号在这段时间已经有“{role}”（{unit}）角色。如要改期限，请先收回原来的角色。")]
    HeldAlready {
        /// The role.
        role: Role,
        /// For which unit.
        unit: UnitId,
    },
    /// Two roles do not go together.
    #[error(
        "“{asked}”与账号已有的“{held}”不能由一人担任：管账号的人和审计的人不参与记账，也互不兼任。请另建账号。"
    )]
    RolesClash {
        /// What was asked for.
        asked: Role,
        /// What is held in the same time.
        held: Role,
    },
    /// A token's end is not ahead, or too far.
    #[error("令牌的到期时间不对：要晚于现在，且不超过 {days} 天。请改到期时间。")]
    BadExpiry {
        /// The longest life.
        days: i64,
    },
    /// A token without a scope could do nothing.
    #[error("令牌至少要有一个权限范围。请写明要用它做什么。")]
    NoScope,
    /// The account is locked.
    #[error("账号已在 {at} 停用。请先恢复账号。")]
    Locked {
        /// Since when.
        at: Instant,
    },
    /// Somebody has that identity already.
    #[error("这个外部身份已绑定到某个账号，没有再次绑定。请核对身份编号。")]
    IdentityTied,
    /// The password is not fit.
    #[error(transparent)]
    Password(#[from] Unfit),
    /// The accounts cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl ChangeRefused {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed(refusal) => refusal.code(),
            Self::NotYours => "not-yours",
            Self::NotByToken => "not-by-token",
            Self::NotYourOwn(_) => "not-your-own",
            Self::BadLogin(_) => "bad-login",
            Self::BadText { .. } => "bad-text",
            Self::LoginTaken(_) => "login-taken",
            Self::IdTaken(_) => "account-id-taken",
            Self::UnknownAccount(_) => "unknown-account",
            Self::Unknown { .. } => "unknown",
            Self::EndsBeforeItStarts => "ends-before-it-starts",
            Self::HeldAlready { .. } => "role-held-already",
            Self::RolesClash { .. } => "roles-clash",
            Self::BadExpiry { .. } => "bad-expiry",
            Self::NoScope => "no-scope",
            Self::Locked { .. } => "account-locked",
            Self::IdentityTied => "identity-tied",
            Self::Password(unfit) => unfit.code(),
            Self::Storage(error) => error.code(),
        }
    }
}

impl From<rusqlite::Error> for ChangeRefused {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(error.into())
    }
}

/// Refuses a text that people wrote for people if it is empty, too long or of several lines.
pub(crate) fn require_text(what: &'static str, text: &str, longest: usize) -> Result<(), ChangeRefused> {
    let fits = (1..=longest).contains(&text.chars().count()) && !text.trim().is_empty();
    if fits && !text.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(ChangeRefused::BadText { what, longest })
    }
}
