//! What an audit says: findings with a sentence for people, the verdict, and what was not checked.

use std::fmt;

use chain::Date;
use chain::verify::Flaw;
use serde::Serialize;

/// Something that is wrong with a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The stable kind, kebab-case.
    pub kind: &'static str,
    /// The published table concerned, and its row as far as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<TablePlace>,
    /// The line concerned in reading order, from 0; `None` for the whole ledger.
    pub position: Option<u64>,
    /// What the rules ask for, where that is one value.
    pub expected: Option<String>,
    /// What stands there instead.
    pub found: Option<String>,
    /// What is wrong and what to do, for people.
    pub message_zh: String,
}

/// A place in a published table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TablePlace {
    /// The table's name, such as `scores`.
    pub table: String,
    /// The reporting date.
    pub as_of: Date,
    /// How many lines were known.
    pub size: u64,
    /// The row and its member, `cell gdp yujiang: share`; none where only the whole table can be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
}

impl fmt::Display for TablePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, as_of, size, row } = self;
        write!(f, "表“{table}”（截至 {as_of}，前 {size} 行）")?;
        row.as_ref().map_or(Ok(()), |row| write!(f, "“{row}”"))
    }
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
        Self { kind, table: None, position, expected, found, message_zh }
    }

    /// Something that is wrong with a table; `position` is the line that put its root on record, where there is one.
    #[must_use]
    pub fn in_table(
        kind: &'static str,
        table: TablePlace,
        position: Option<u64>,
        (expected, found): (String, String),
    ) -> Self {
        let line = position.map_or(String::new(), |at| format!("第 {at} 行登记的"));
        let message_zh = format!("{line}{table}：{}应为 {expected}，实为 {found}。", sentence(kind));
        Self { kind, table: Some(table), position, expected: Some(expected), found: Some(found), message_zh }
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
        "attested-axes" => "登记所用的行数、方案或日期在此行之前不成立，表无法重算。请市数字办核对。",
        "attested-tree" => "登记的树根与前这些行的树根不符。请与备份比对，并核对登记方。",
        "attested-rules" => "登记的规则不是当时施行的规则，表未重算。请市数字办核对。",
        "attested-encoder" => "没有这张表或这一版编码，未能重算。请换用较新的程序核验。",
        "attested-table" => {
            "由各行重算的表与登记的表根不符：公布的表不是这些行的结果。请取公布的表逐行比对。"
        }
        "saved-table" => "保存状态里的值与由各行重算的不同。账本不受影响，请删去 state 目录后查明原因。",
        "published-table" => "所附的表与由各行重算的不同。请以重算的为准，并向出具方核对。",
        "frozen-copy" => {
            "留存的冻结文件与冻结时的不同。请删去该文件后用 snapshot show 补写，并查明是谁改了它。"
        }
        "frozen-stray" => "snapshots 下有不属于任何冻结快照的文件，不能当作冻结的表。请移走并查明来历。",
        "kept-head" => "密钥旁保存的树头无法读取，或没有本台账密钥的有效签名。请从备份或见证方取回。",
        "statement-disagrees" => {
            "单位签名声明的行数或末行与账本不符，可能有该单位的行被遗漏。请该单位核对回执。"
        }
        "evidence-format" => "文件不是单位签名的无遗漏声明，不能作证据。请向该单位索取原件。",
        "evidence-key" => "签名的密钥没有为该单位登记过，不能证明是该单位所签。请核对是不是这个账本。",
        "evidence-contradicts" => {
            "该单位签名的声明与账本矛盾。谁对谁错由该单位的回执判断：请保留声明、回执和账本，交审计。"
        }
        "statement-unsigned" => "无遗漏声明没有单位签名，不能证明什么。请该单位重新声明。",
        "proof-format" => "文件不是完整的单格证明，可能被截断或改动。请向出具方重新索取。",
        "proof-line" => "文件中有一行不成立。请向出具方重新索取。",
        "proof-head" => "账本头不可信或不是这个账本的。请核对密钥或见证策略，并向账本方索取。",
        "proof-tree" => "所列的行与账本头签署的树根不符：有行被改动、增删。",
        "proof-chain" => "单位链断开，有该单位的行被改动或略去。",
        "proof-missing" => "缺少得出结果必需的行，可能被略去。请向出具方重新索取。",
        "proof-result" => "所写的结果不是从所列的行得出的。请以重算的为准。",
        "bundle-manifest" => "包的清单不完整或不成立，可能被截断。请重新索取整个包。",
        "bundle-file" => "包里的文件与清单不符。请重新索取整个包。",
        "bundle-head" => "清单、账本头与各行说的不是同一段账本。请重新索取整个包。",
        "bundle-rules" => "包里缺少某份施行过的规则，或内容不符。请重新索取整个包。",
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
    /// Nobody but the ledger itself signed its head.
    Unwitnessed,
    /// No time-stamp answer lies beside the ledger: nothing from outside says when a head existed.
    NoTimeStamp,
    /// Time-stamp answers: their authority's signature, and which head they are of.
    TimeStamps,
    /// Beside the head kept with the key no earlier head was given: whoever holds the key can exchange both.
    OutsideFreshness,
    /// There are no tiles to compare.
    Tiles,
    /// Whether the keys of signed submissions were enrolled for their units at that position.
    Enrolment,
    /// What the lines say: they were not folded into a read model, or not all of them.
    Tables,
    /// No table root is on record, so there was none to compare with.
    AttestedTables,
    /// No unit has stated how many lines it has.
    Statements,
    /// A frozen snapshot has no copy, or not of every table.
    FrozenCopies,
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
            Self::Unwitnessed => "unwitnessed",
            Self::NoTimeStamp => "no-time-stamp",
            Self::TimeStamps => "time-stamps",
            Self::OutsideFreshness => "outside-freshness",
            Self::Tiles => "tiles",
            Self::Enrolment => "enrolment",
            Self::Tables => "tables",
            Self::AttestedTables => "attested-tables",
            Self::Statements => "statements",
            Self::FrozenCopies => "frozen-copies",
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
            Self::Unwitnessed => {
                "树头上没有见证方的副署：账本对不同的人出示不同的历史时，无人可以作证。可用 cosign 取得。"
            }
            Self::NoTimeStamp => "没有时间戳回执：没有外部机构证明树头何时已经存在。可用 timestamp 取得。",
            Self::TimeStamps => "有时间戳回执，未核验：其签名与证书链请用 openssl ts -verify 核验。",
            Self::OutsideFreshness => {
                "只与本机密钥旁保存的树头比对过；未给出自己此前保存的树头，无法排除两者被一起替换。"
            }
            Self::Tiles => "没有哈希瓦片可供比对。",
            Self::Enrolment => "已核验单位签名本身，未核验其密钥当时是否已登记。",
            Self::AttestedTables => "账上没有登记过表根：重算了表，但没有可比对的。可用 attest 登记。",
            Self::Statements => "没有单位作过无遗漏声明：单位链之外，没有单位自己确认过行数。",
            Self::FrozenCopies => "有冻结的快照没有（或没有全部）留存的表：未比对。可用 snapshot show 补写。",
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
