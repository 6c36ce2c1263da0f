//! What an engine answers when it cannot do what it was asked.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The result of an engine's operation.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// What is wrong with stored bytes; the code is that of the audit's finding (`docs/format.md` §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Damage {
    /// A segment's name is above the next expected position.
    SegmentGap,
    /// A segment's name is below the next expected position.
    SegmentOverlap,
    /// A compressed segment cannot be unpacked.
    SegmentUnreadable,
    /// A segment exists twice, plain and compressed, with different lines.
    BothFormsDiffer,
    /// The last segment is compressed: the active one is not there.
    ActiveMissing,
    /// An empty line in a sealed segment.
    Padding,
    /// A sealed segment's last line is not ended by LF.
    NoNewline,
    /// The active segment is broken, and no crash in one append explains it.
    BrokenTail,
    /// A line is not what the format says, or is not chained to the line before.
    Line,
    /// The signed tree head counts more lines than there are.
    CheckpointAhead,
    /// The signed tree head cannot be read, or its signature does not verify.
    Checkpoint,
    /// Events are missing from the server's stream, at its beginning or inside: it was truncated.
    StreamGap,
    /// The server's stream, or its end, is no longer there.
    StreamLost,
    /// The server's stream holds something that is no line of this ledger at its place.
    StreamForeign,
}

impl Damage {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SegmentGap => "segment-gap",
            Self::SegmentOverlap => "segment-overlap",
            Self::SegmentUnreadable => "segment-unreadable",
            Self::BothFormsDiffer => "both-forms-differ",
            Self::ActiveMissing => "active-missing",
            Self::Padding => "padding",
            Self::NoNewline => "no-newline",
            Self::BrokenTail => "damage",
            Self::Line => "line",
            Self::CheckpointAhead => "checkpoint-ahead",
            Self::Checkpoint => "checkpoint",
            Self::StreamGap => "stream-gap",
            Self::StreamLost => "stream-lost",
            Self::StreamForeign => "stream-foreign",
        }
    }
}

/// Why an engine did not do what it was asked. `Display` is a sentence for the person at the machine.
///
/// Cheap to clone: one failed flush may have to be told to many writers.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// The log has another size than the append expected. Nothing was written.
    #[error(
        "追加被拒绝：预期台账有 {expected} 行，实际有 {actual} 行，另有写入在先。未写入任何内容；请读取新增的行，重新判断后再提交。"
    )]
    Conflict {
        /// The size the writer expected.
        expected: u64,
        /// The size the log has.
        actual: u64,
    },
    /// The append may have happened, wholly or not at all.
    #[error(
        "从第 {position} 行起的这次追加结果不明（{cause}）：可能已全部写入，也可能完全没有写入。请先核实台账实际行数，再决定是否重新提交；用同一提交编号重试不会重复记录。"
    )]
    OutcomeUnknown {
        /// The position of the append's first line.
        position: u64,
        /// What failed.
        cause: Arc<io::Error>,
    },
    /// An append before this one has an unknown outcome; the engine takes no more until that is settled.
    #[error("上一次追加的结果尚未核实，暂停写入。本次未写入任何内容；请先核实（或重新打开台账），再重试。")]
    Unsettled,
    /// A line cannot be stored.
    #[error("本次追加的第 {} 行无法存储：{reason}。未写入任何内容；请修正该行后重新提交。", index + 1)]
    UnfitLine {
        /// Which line of the append, from 0.
        index: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// What is stored is not what was written. Nothing is repaired or cut.
    #[error("台账数据损坏（{}）：{place} 中第 {position} 行：{reason}。未作任何修改；请保留现场，用备份核对该文件，并运行审计查明范围。", damage.code())]
    Corrupt {
        /// The position, from 0, of the first line concerned.
        position: u64,
        /// What kind of damage.
        damage: Damage,
        /// The file.
        place: String,
        /// What was found.
        reason: String,
    },
    /// No space is left. Nothing was written.
    #[error("磁盘空间不足：无法写入 {}。未写入任何内容，已确认的记录不受影响；请清理或扩充磁盘后重试。", path.display())]
    Full {
        /// The file that could not grow.
        path: PathBuf,
    },
    /// Another process has the ledger open for writing.
    #[error("台账正被另一个进程使用：{} 已被锁定。同一台账只能有一个写入进程；请先停止那个进程，或以只读方式打开。", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The log was opened for reading only, or the directory cannot be written.
    #[error("台账不可写：{}（{reason}）。未写入任何内容；请检查目录权限和挂载方式，或以可写方式打开。", path.display())]
    ReadOnly {
        /// The directory or file.
        path: PathBuf,
        /// Why it cannot be written.
        reason: String,
    },
    /// There is no ledger here.
    #[error("没有找到台账：{} 下没有 journal 目录。请检查路径，或先建立台账。", path.display())]
    NotFound {
        /// The directory that was looked at.
        path: PathBuf,
    },
    /// The server that keeps the log refused or did not answer. Nothing was acknowledged.
    #[error("{place} 未能完成请求：{reason}。已确认的记录不受影响；{advice}。")]
    Server {
        /// Server and stream, without credentials.
        place: String,
        /// What it answered, in Chinese.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// The operating system refused. Nothing was acknowledged.
    #[error("{action}失败：{}（{cause}）。已确认的记录不受影响；请检查磁盘和系统日志后重试。", path.display())]
    Io {
        /// What was tried, in Chinese.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system answered.
        cause: Arc<io::Error>,
    },
}

impl StoreError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::OutcomeUnknown { .. } => "outcome-unknown",
            Self::Unsettled => "unsettled",
            Self::UnfitLine { .. } => "unfit-line",
            Self::Corrupt { .. } => "corrupt",
            Self::Full { .. } => "disk-full",
            Self::Locked { .. } => "locked",
            Self::ReadOnly { .. } => "read-only",
            Self::NotFound { .. } => "not-found",
            Self::Server { .. } => "server",
            Self::Io { .. } => "io",
        }
    }

    /// Sorts what the operating system answered to `action` on `path` into its case.
    #[must_use]
    pub fn io(action: &'static str, path: &Path, cause: io::Error) -> Self {
        let path = path.to_path_buf();
        if matches!(cause.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            Self::Full { path }
        } else if matches!(cause.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
        {
            Self::ReadOnly { path, reason: format!("{action}：{cause}") }
        } else {
            Self::Io { action, path, cause: Arc::new(cause) }
        }
    }

    /// Says that `expected` is not `actual`, if so.
    ///
    /// # Errors
    /// [`StoreError::Conflict`].
    pub const fn expect_size(expected: u64, actual: u64) -> Result<()> {
        if expected == actual { Ok(()) } else { Err(Self::Conflict { expected, actual }) }
    }
}
