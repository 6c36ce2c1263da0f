//! Why a head is not signed or not published, and the branch that a copy of a ledger has lost.

use std::path::PathBuf;

use store::StoreError;

use super::SignedHead;
use crate::load::LoadError;

/// A signed head that this copy of the ledger does not lead to. `Display` is a sentence for the person at the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostBranch {
    /// The head.
    pub lost: SignedHead,
    /// How many lines this copy has.
    pub lines: u64,
}

impl std::fmt::Display for LostBranch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (size, lines) = (self.lost.head.size, self.lines);
        if lines < size {
            write!(
                f,
                "这个账本目录只有 {lines} 行，而账本头已经签到第 {size} 行：像是恢复了旧备份，后面的记录不在这里。"
            )?;
        } else {
            write!(f, "这个账本目录的前 {size} 行与已签名的账本头不是同样的内容：它不是那个账本的延续。")?;
        }
        f.write_str(
            "为免同一账本出现两种说法，不再追加，也没有改动任何文件。请先找回最新的账本目录；\
             确实找不回的，用 progress-ledger restore --reason 原因 把这件事记入账本，然后继续。",
        )
    }
}

/// Why a head is not signed or not published. What was recorded stays recorded in every case.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The ledger is an older copy, or another one.
    #[error("{0}")]
    Lost(Box<LostBranch>),
    /// What is kept as a head cannot be read as one.
    #[error("{} 不是可读的账本头（{reason}）。没有作任何修改；请从备份找回这个文件，或确认其来历后移走它。", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Another program has stored another head meanwhile.
    #[error("保存的账本头已被另一个程序改动（{}），本次没有签发。请确认没有两个程序同时使用这个账本，再重试。", path.display())]
    Moved {
        /// Where it is stored.
        path: PathBuf,
    },
    /// The key is not the ledger's.
    #[error("密钥“{found}”不是这个账本现在的密钥（应为“{expected}”），账本头没有更新；记录本身不受影响。")]
    WrongKey {
        /// The key that the ledger names.
        expected: String,
        /// The key that was given.
        found: String,
    },
    /// What is stored is not what was decided.
    #[error(
        "重读已写入的 {size} 行，算出的树根与记录时的不同，没有签名。请停止写入、保留现场，运行 progress-ledger verify 审计查明范围。"
    )]
    Reread {
        /// How many lines were read.
        size: u64,
    },
    /// A line of the ledger cannot be read.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// A file cannot be read or written.
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl From<LostBranch> for PublishError {
    fn from(lost: LostBranch) -> Self {
        Self::Lost(Box::new(lost))
    }
}
