//! What an audit says: findings with a sentence for people, the verdict, and what was not checked.

use chain::verify::Flaw;
use serde::Serialize;

/// Something that is wrong with a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The stable kind, kebab-case.
    pub kind: &'static str,
    /// The line concerned in reading order, from 0; `None` for the whole ledger.
    pub position: Option<u64>,
    /// What the rules ask for, where that is one value.
    pub expected: Option<String>,
    /// What stands there instead.
    pub found: Option<String>,
    /// What is wrong and what to do, for people.
    pub message_zh: String,
}

impl Finding {
    pub(crate) fn of(flaw: Flaw) -> Self {
        let place =
            flaw.position.map_or_else(|| "整个台账".to_owned(), |at| format!("第 {at} 行（从 0 起）"));
        let mut message_zh = format!("{place}：{}", sentence(flaw.kind));
        if let (Some(expected), Some(found)) = (&flaw.expected, &flaw.found) {
            message_zh.push_str(&format!("应为 {expected}，实为 {found}。"));
        }
        let Flaw { kind, position, expected, found } = flaw;
        Self { kind, position, expected, found, message_zh }
    }
}

/// What a kind means and what to do about it.
fn sentence(kind: &str) -> &'static str {
    match kind {
        "too-long" => "该行超过 60,000 字节。请与备份比对，找出被改动的内容。",
        "not-canonical" => "该行不是规范写法，但数值未变。请从备份恢复原文。",
        "not-object" | "members" | "member-type" => "该行的成员不符合格式。请与备份比对，找出被改动的内容。",
        "position" => "行号不连续，有行被删除、插入或调换。请与备份或见证方的副本比对。",
        "prev" => "与前一行的哈希不相接，此行或前一行被改动。请与备份比对。",
        "at-order" => "记录时间早于前面的行。请核对写入方的时钟与日志。",
        "id-duplicate" => "事件编号重复，同一事件可能被记录两次。",
        "id-mismatch" => "事件编号不是由其报送编号推出的。",
        "unit-seq" | "unit-prev" => {
            "该单位自己的记录链断开，可能有该单位的行被隐藏或改动。请该单位核对回执。"
        }
        "opening" => "台账的首行须是且仅首行是合格的 ledger-opened。",
        "segment-gap" => "段文件之间缺行，可能缺少段文件。请从备份找回。",
        "segment-overlap" => "段文件重叠，或同一段的两份内容不同。请与备份比对后保留正确的一份。",
        "segment-unreadable" => "压缩段无法解开。请从备份恢复该文件。",
        "padding" => "已封存的段中有空行。请从备份恢复该文件。",
        "no-newline" => "已封存的段末行没有换行。请从备份恢复该文件。",
        "submission-split" => "同一次报送的行不完整、不相连或相互矛盾。请与备份比对。",
        "bad-signature-unit" => {
            "单位签名无效：格式不对、密钥名不是该单位，或内容在签名后被改动。请该单位核对。"
        }
        "unknown-type" => "该行的事件类型或版本不在目录中，此后各行未参与重算。请用写入方的版本核验。",
        "payload" => "该行的内容不符合其类型，此后各行未参与重算。请与备份比对，找出被改动的内容。",
        "key-not-enrolled" => {
            "签名所用的密钥在此行之前没有为该单位登记，或已停用。请该单位核对是否由其报送。"
        }
        "signature-missing" => "该单位已登记密钥，这次报送却没有签名。请该单位核对是否由其报送。",
        "freezing" => "该行关于冻结的记录不合规定：批准、法定人数或次序对不上。请委员会核对签署的原件。",
        "snapshot-root" => "提请冻结时写的账本根与各行不符。请市数字办撤回并重新提请。",
        "snapshot-table" => "提请冻结的表从各行重算得到另一个表根。请市数字办撤回并重新提请。",
        "schema" => "报送的后续行不得含有 signature。",
        "log-key" => "log-key-changed 没有给出本台账可用的密钥。",
        "incomplete-append" => "最后一次追加因中断而不完整，从未被确认。可截去，由报送方重试。",
        "damage" => "活动段在此处损坏，且不能归因于一次中断的追加。请勿截去，从备份恢复。",
        "checkpoint-format" => "树头文件无法读取。请从备份或见证方取回。",
        "checkpoint-origin" => "树头属于另一个台账。请核对文件来源。",
        "checkpoint-signature" => "树头没有本台账密钥的有效签名。请从备份或见证方取回。",
        "policy" => "树头的签名不满足所给的见证策略。请核对策略，或取得足够的见证签名。",
        "checkpoint-ahead" => "树头承认的行比现有的多，有行丢失。请从备份恢复。",
        "checkpoint-root" => "树头签署的根与现有各行不符，内容被改动。请与备份比对。",
        "checkpoint-shrunk" => "台账比此前见过的更短，可能被换成旧副本。请与持有较新树头的一方核对。",
        "history-rewritten" => "此前见过的历史已被改写。请与持有旧副本的一方核对。",
        "tile" => "哈希瓦片或条目包与各行不符。瓦片可由各行重建，请先核对各行。",
        "tile-beyond" => "哈希瓦片或条目包超出现有各行，有行丢失。请从备份恢复。",
        _ => "该行不是本台账可接受的 JSON。请与备份比对，找出被改动的内容。",
    }
}

/// What follows from the findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "&'static str")]
pub enum Verdict {
    /// There are lines, and nothing was found.
    Clean,
    /// Nothing was found because there is nothing.
    Empty,
    /// Nothing but an append that a crash cut short, which may be cut off.
    IncompleteAppend,
    /// Something is wrong; nothing may be cut.
    Damage,
}

impl Verdict {
    pub(crate) fn of(findings: &[Finding], lines: u64) -> Self {
        match findings {
            [] if lines == 0 => Self::Empty,
            [] => Self::Clean,
            [only] if only.kind == "incomplete-append" => Self::IncompleteAppend,
            _ => Self::Damage,
        }
    }

    /// The stable code, kebab-case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Empty => "empty",
            Self::IncompleteAppend => "incomplete-append",
            Self::Damage => "damage",
        }
    }
}

/// Something that an audit did not check, for want of what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "&'static str")]
pub enum NotChecked {
    /// There is no line.
    Lines,
    /// There is no signed tree head beside the journal.
    Head,
    /// The head covers only the first lines; those after it are signed by nobody yet.
    LinesAfterHead,
    /// No key could be read at position 0, so the head's signature was not checked.
    LogKey,
    /// No policy was given: witnesses were not asked for.
    Witnesses,
    /// No earlier head was given: an older copy cannot be told from the newest.
    Freshness,
    /// There are no tiles to compare.
    Tiles,
    /// Whether the keys of signed submissions were enrolled for their units at that position.
    Enrolment,
    /// What the lines say: they were not folded into a read model, or not all of them.
    Tables,
}

impl NotChecked {
    /// The stable code, kebab-case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Head => "head",
            Self::LinesAfterHead => "lines-after-head",
            Self::LogKey => "log-key",
            Self::Witnesses => "witnesses",
            Self::Freshness => "freshness",
            Self::Tiles => "tiles",
            Self::Enrolment => "enrolment",
            Self::Tables => "tables",
        }
    }

    /// What that means, for people.
    #[must_use]
    pub const fn message_zh(self) -> &'static str {
        match self {
            Self::Lines => "没有任何一行可供核验。",
            Self::Head => "没有已签名的树头：无法证明末尾没有被截短或整体重写。",
            Self::LinesAfterHead => "树头之后的行尚无人签署，只核验了哈希链。",
            Self::LogKey => "首行没有可读的密钥，树头的签名未核验。",
            Self::Witnesses => "未给出见证策略：没有核验见证方的签名。",
            Self::Freshness => "未给出此前见过的树头：无法区分最新副本与旧副本。",
            Self::Tiles => "没有哈希瓦片可供比对。",
            Self::Enrolment => "已核验单位签名本身，未核验其密钥当时是否已登记。",
            Self::Tables => "各行的内容没有（或没有全部）重算成成绩表，只核验了字节、哈希链与树。",
        }
    }
}

impl From<Verdict> for &'static str {
    fn from(verdict: Verdict) -> Self {
        verdict.code()
    }
}

impl From<NotChecked> for &'static str {
    fn from(what: NotChecked) -> Self {
        what.code()
    }
}
