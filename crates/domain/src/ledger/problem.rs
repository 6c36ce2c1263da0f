//! What can be wrong with a submission: stable codes, and a Chinese sentence for the person.

use chain::{ContentHash, Date, EventHash};
use events::{AreaId, Decimal, IndicatorId, PlanId};

/// Whether a problem blocks, or asks for a confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The unit may confirm it with a reason; the confirmation is recorded.
    Warning,
    /// Nothing is recorded until it is put right.
    Error,
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* } => $severity:ident, $code:literal, $text:literal;)*) => {
        /// Everything that can be wrong. Each kind has a stable code; names in it are for people.
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[allow(missing_docs, reason = "the sentence of each kind says what its fields are")]
        pub enum ProblemKind {
            $($(#[$doc])* #[error($text)] $name { $($field: $type),* },)*
        }

        impl ProblemKind {
            /// The stable code, kebab-case.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$name { .. } => $code,)* }
            }

            /// Whether it blocks.
            #[must_use]
            pub const fn severity(&self) -> Severity {
                match self { $(Self::$name { .. } => Severity::$severity,)* }
            }

            /// Every code with its severity, in the order of the list; for documentation.
            pub const CODES: &[(&'static str, Severity)] = &[$(($code, Severity::$severity),)*];
        }
    };
}

problems! {
    // The submission as a whole.
    Empty {} => Error, "empty-submission", "这次报送里没有任何内容。请至少填一项后再提交。";
    TooManyEvents { count: usize, limit: usize } => Error, "too-many-events", "一次报送有 {count} 项，超过上限 {limit} 项。请分成几次提交。";
    BadText { reason: String } => Error, "bad-text", "文字中有账本不能收的字符（{reason}）。请删去控制字符或重新输入这段文字。";
    LineTooLong { limit: usize } => Error, "line-too-long", "这一项太长，单项不能超过 {limit} 字节。请缩短文字，把详细材料作为佐证文件附上。";
    NotOpened {} => Error, "ledger-not-opened", "账本还没有开账，第一项必须是开账事件。";
    OpenedAlready {} => Error, "ledger-opened-already", "账本已经开账，开账事件只能是第 0 行。";
    BadOpening { reason: String } => Error, "bad-opening", "开账事件不合规定：{reason}。";
    UnknownUnit { unit: String } => Error, "unknown-unit", "单位“{unit}”没有登记。请核对单位代码，或请市数字办先登记该单位。";
    NotPermitted { unit: String, act: &'static str } => Error, "not-permitted", "“{unit}”没有权限{act}。如职责有变，请市数字办先登记责任分工。";
    SignatureMissing { unit: String } => Error, "signature-missing", "“{unit}”已登记签名密钥，报送须签名。请用该密钥签名后再提交。";
    KeyNotEnrolled { unit: String } => Error, "key-not-enrolled", "签名所用的密钥没有登记在“{unit}”名下，或已停用。请用已登记的密钥重新签名。";
    SignatureBad { unit: String } => Error, "signature-bad", "“{unit}”的签名与报送内容不符。内容可能在签名后被改动，请重新签名。";
    FilingMissing {} => Error, "filing-missing", "报送数据或进展前须先说明报送期（第一项应为 submission-filed）。";
    FilingMisplaced {} => Error, "filing-misplaced", "报送说明（submission-filed）只能有一个，且只能是第一项。";
    FilingUseless {} => Error, "filing-useless", "这次报送只有报送说明，没有数据或进展。";
    UnconfirmedWarning { warning: &'static str, text: String } => Error, "unconfirmed-warning", "{text}（提醒 {warning} 尚未确认：如数据无误，请写明原因后确认。）";

    // Names that must be known.
    UnknownPlan { plan: String } => Error, "unknown-plan", "没有代码为“{plan}”的方案。请核对方案代码。";
    UnknownIndicator { indicator: String } => Error, "unknown-indicator", "方案中没有代码为“{indicator}”的指标。请核对指标代码，或重新下载报送表。";
    UnknownArea { area: String } => Error, "unknown-area", "方案中没有代码为“{area}”的地区。请核对地区代码。";
    UnknownPeriod { period: String } => Error, "unknown-period", "没有报送期“{period}”。请核对报送期，或等市数字办开放后再报。";
    UnknownBlock { block: String } => Error, "unknown-block", "方案中没有代码为“{block}”的权重块。";
    UnknownEvent { hash: EventHash } => Error, "unknown-event", "账本里没有哈希为 {hash} 的事件，或它不是这里该引用的那种。请从审计轨迹复制哈希。";
    Exists { what: &'static str, id: String } => Error, "exists", "{what}“{id}”已经登记，不能重复登记。";
    BadOrder { reason: &'static str } => Error, "bad-order", "{reason}";
    EmptyText { what: &'static str } => Error, "empty-text", "“{what}”不能为空。";
    TooLongText { what: &'static str, limit: usize } => Error, "too-long-text", "“{what}”超过 {limit} 字。请缩短，详细材料可作为佐证文件附上。";
    BadKey { reason: String } => Error, "bad-key", "密钥不能登记：{reason}。";
    BadRestoration { reason: &'static str } => Error, "bad-restoration", "不能记为恢复续记：{reason}。";
    BadRulebook { reason: String } => Error, "bad-rulebook", "计分规则有误：{reason}";

    // Figures.
    AreaNotAssessed { area: String, indicator: String } => Error, "area-not-assessed", "“{indicator}”不考核“{area}”，不能报送。请删去这一格。";
    RowVoid { indicator: String } => Error, "row-void", "“{indicator}”在方案中没有目标、不作考核，不能报送。";
    NoTargetYear { year: i32 } => Error, "no-target-year", "方案没有 {year} 年的目标，不能报送该年的数。";
    OutsidePeriod { as_at: Date, period: String } => Error, "outside-period", "数据截止日 {as_at} 不在报送期 {period} 内。请核对截止日或换一个报送期。";
    InFuture { as_at: Date } => Error, "in-future", "数据截止日 {as_at} 还没有到。请报送已经发生的数。";
    PeriodClosed { period: String } => Error, "period-closed", "报送期 {period} 已关闭，不再收首次报送。请联系市数字办办理延期，或用更正。";
    PeriodMismatch { period: String, filed: String } => Error, "period-mismatch", "这一项的报送期是 {period}，与本次报送的 {filed} 不一致。";
    NotAFigurePeriod { period: String } => Error, "not-a-figure-period", "报送期 {period} 是周报，只收进展，不收数据。";
    ReportedTwice { indicator: String, area: String } => Error, "reported-twice", "“{indicator} · {area}”在这次报送里出现了两次。请只留一个。";
    ReportedAlready { indicator: String, area: String, as_at: Date, position: u64 } => Error, "reported-already", "“{indicator} · {area}”截止 {as_at} 的数已报过（#{position}）。原数不能覆盖，请用更正。";
    Negative { value: Decimal } => Error, "negative", "{value} 是负数，这个指标不会小于 0。请核对符号。";
    OverHundred { value: Decimal } => Error, "over-hundred", "{value}% 超过 100%，这个指标不可能。请核对是否填错单位或小数点。";
    NotACount { value: Decimal, measure: String } => Error, "not-a-count", "{value} 不是整数，单位是“{measure}”的数应为整数。";
    SuspectScale { value: Decimal, beside: Decimal, hint: &'static str } => Warning, "suspect-scale", "{value} 与参照值 {beside} 相差悬殊，{hint}。";
    CumulativeFalls { value: Decimal, before: Decimal, day: Date } => Warning, "cumulative-falls", "{value} 小于 {day} 已报的累计数 {before}，累计数一般不会下降。";
    CumulativeAbove { value: Decimal, after: Decimal, day: Date } => Warning, "cumulative-above-later", "{value} 大于 {day} 已报的累计数 {after}，累计数一般不会下降。";
    FarFromLast { value: Decimal, before: Decimal, day: Date } => Warning, "far-from-last", "{value} 与 {day} 的 {before} 相比变化过大。";
    FarFromTarget { value: Decimal, target: Decimal } => Warning, "far-from-target", "{value} 超过全年目标 {target} 的两倍。";

    // The life of a figure.
    Unchanged { value: String } => Error, "unchanged", "更正后的数仍是 {value}，没有变化。";
    CorrectedAlready { position: u64 } => Error, "corrected-already", "这个数已被 #{position} 更正。请更正最新的那一个。";
    Withdrawn {} => Error, "withdrawn", "这个数已经撤回，不能再办。可以重新报送。";
    Returned {} => Error, "returned", "这个数已退回，要等填报单位更正。";
    VerifiedAlready {} => Error, "verified-already", "这个数已经复核。";
    NotVerified {} => Error, "not-verified", "这个数还没有复核，不能审定。";
    ApprovedAlready {} => Error, "approved-already", "这个数已经审定。";
    ActedTwice {} => Error, "acted-twice", "同一个数在这次报送里被办理了两次。";
    RevokedAlready {} => Error, "revoked-already", "这一项已经撤销。";
    NotABonusRow { indicator: String } => Error, "not-a-bonus-row", "“{indicator}”不是加分项。";
    UnknownDeduction { deduction: String } => Error, "unknown-deduction", "现行规则里没有代码为“{deduction}”的扣分项。";

    // What the ledger says about itself.
    BeyondLedger { asked: u64, size: u64 } => Error, "beyond-ledger", "要登记的表用到前 {asked} 行，账本只有 {size} 行。请按现有的行重新出表。";
    RulesNotInForce { rules: ContentHash, as_of: Date } => Error, "rules-not-in-force", "规则 {rules} 不是 {as_of} 施行的规则，只有按现行规则出的表才能登记表根。";
    StatementMisplaced {} => Error, "statement-misplaced", "无遗漏声明须单独报送，且是第一项。";
    StatementUnsigned {} => Error, "statement-unsigned", "无遗漏声明须由本单位签名。请先登记本单位的密钥，再用它签名。";
    StatementDisagrees { stated: u64, stated_head: EventHash, lines: u64, head: EventHash } => Error, "statement-disagrees", "声明本单位有 {stated} 行、末行 {stated_head}，账上是 {lines} 行、末行 {head}。若只是账上又多了本单位的行，请重新声明；若本单位的回执比账上多，请保留签名和回执，交审计核对。";
    // Freezing.
    BadCommittee { reason: String } => Error, "bad-committee", "考核委员会名单有误：{reason}。";
    NoCommittee { plan: String } => Error, "no-committee", "方案“{plan}”还没有考核委员会。请市数字办先登记委员、密钥和法定人数（committee appoint）。";
    UnknownMember { member: String } => Error, "unknown-member", "“{member}”不是现任委员，或密钥不在名单上。请核对委员账号。";
    MemberKeyRevoked { member: String } => Error, "member-key-revoked", "委员“{member}”的密钥已停用，不能再批准。请先登记新密钥。";
    BadManifest { reason: String } => Error, "bad-manifest", "快照内容有误：{reason}。";
    SnapshotBlocked { missing: u32, unverified: u32, returned: u32, objections: u32 } => Error, "snapshot-blocked", "还有缺报 {missing} 格、未复核 {unverified} 格、退回未更正 {returned} 格、申诉未决 {objections} 件。请先办结；确需提请的，须写明原因。";
    ProposedAlready { slot: String, position: u64 } => Error, "proposed-already", "{slot}的快照已在提请中（#{position}）。请先办结或撤回那一次提请。";
    FrozenAlready { slot: String, position: u64 } => Error, "frozen-already", "{slot}的快照已经冻结（#{position}），只冻结一次。数据有变请用重述；确需重来的，由委员会重新开启。";
    NotFrozen { hash: EventHash } => Error, "not-frozen", "快照 {hash} 不是现行的冻结快照，不能这样办。请用 snapshot list 核对。";
    NotOpen { slot: String } => Error, "not-open", "{slot}的这次提请已经办结或撤回，不能再办。";
    EarlierReopened { slot: String } => Error, "earlier-reopened", "{slot}的快照已重新开启、尚未再次冻结。请先冻结它，再办之后的。";
    LaterFrozen { slot: String } => Error, "later-frozen", "之后的{slot}已经冻结。重新开启须从最近的一个依次往前。";
    ProposerApproves { member: String } => Error, "proposer-approves", "委员“{member}”就是提请人或属提请单位，不能批准自己的提请。";
    ApprovedTwice { member: String } => Error, "approved-twice", "委员“{member}”已经批准，一人只计一次。";
    ApprovalBad { member: String } => Error, "approval-bad", "“{member}”的签名与要批准的内容不符，或不是现任委员所签。内容可能已变，请核对后重新签署。";
    QuorumMissing { have: usize, need: usize } => Error, "quorum-missing", "有效批准 {have} 人，法定人数 {need} 人，还不能办。";
    PublishedAlready {} => Error, "published-already", "这个快照已经公布。";
    OutsideNotice { starts_on: Date, ends_on: Date } => Error, "outside-notice", "申诉只在公示期（{starts_on} 至 {ends_on}）内受理。";
    NoticeRunning { ends_on: Date } => Error, "notice-running", "公示到 {ends_on} 为止，期满后才能冻结。";
    ObjectionsOpen { count: usize } => Error, "objections-open", "还有 {count} 件申诉没有决定，不能冻结。";
    ObjectionUpheld {} => Error, "objection-upheld", "有申诉成立，这次提请不能冻结。请撤回，更正后重新提请。";
    ObjectionDecidedAlready {} => Error, "objection-decided-already", "这件申诉已经决定。";
}

/// A cell's ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellId {
    /// The plan.
    pub plan: PlanId,
    /// The indicator.
    pub indicator: IndicatorId,
    /// The area.
    pub area: AreaId,
}

/// One problem, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// 0-based index of the event in the submission; none for the submission as a whole.
    pub event: Option<usize>,
    /// The cell, for figures.
    pub cell: Option<CellId>,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// The domain says no. Nothing was recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("报送没有入账，共 {} 处问题；第一处：{}", .0.len(), .0[0].kind)]
pub struct Rejection(pub Vec<Problem>);
