//! Who may do what: one table of data, and the one function that reads it.
//!
//! It knows neither accounts nor the ledger. What a *unit* may record (duties, periods, keys) is decided by the domain from
//! the ledger's own lines; here is only which of a unit's people may ask for it. Both must agree.

use events::{Event, UnitId};

use crate::identity::{HeldRole, Identity};
use crate::role::Role;
use crate::words::vocabulary;

vocabulary! {
    /// What the holder of an API token may use it for, at most; never more than the account's roles allow.
    Scope, "令牌权限范围";
    /// Read what the account may read.
    Read = "read", "读取";
    /// Report, correct and withdraw figures, attach evidence, state completeness, object.
    Report = "report", "报送";
    /// Verify and return.
    Verify = "verify", "复核";
    /// Approve figures and run the cycle.
    Run = "run", "周期管理";
}

vocabulary! {
    /// What somebody asks for.
    Action, "操作";
    /// Published tables, figures, narratives, trails, differences, snapshots.
    ReadTables = "read-tables", "查看成绩表、数值、审计轨迹、对比和快照";
    /// Proofs, bundles, tree heads, tiles: what anybody can verify offline.
    ReadProofs = "read-proofs", "下载证明、年度包和账本头";
    /// What a unit has sent, what was returned and why.
    ReadFilings = "read-filings", "查看报送记录、退回意见和更正";
    /// Evidence files.
    ReadEvidence = "read-evidence", "下载佐证文件";
    /// Figures and narratives.
    Report = "report", "报送数值和文字";
    /// A correction or a withdrawal.
    Correct = "correct", "更正、撤回";
    /// Evidence of a figure.
    AttachEvidence = "attach-evidence", "上传佐证";
    /// The signed count of a unit's lines.
    StateCompleteness = "state-completeness", "作无遗漏声明";
    /// An objection against a proposed snapshot.
    Object = "object", "提出申诉";
    /// Verification of a figure.
    Verify = "verify", "复核";
    /// A return with a reason.
    Return = "return", "退回";
    /// Approval of verified figures.
    Approve = "approve", "审定";
    /// Periods, extensions, calendars.
    RunPeriods = "run-periods", "开放、延期、关闭报送期";
    /// Units, areas, duties, targets, rulebooks.
    RunRegistry = "run-registry", "登记单位、分工、目标和规则";
    /// Bonuses, deductions, vetoes.
    Award = "award", "加分、扣分、一票否决";
    /// Keys of units and committees go on record.
    RecordKeys = "record-keys", "登记、停用验证密钥，任命委员会";
    /// Possession of one's own unit's key.
    ProveKey = "prove-key", "证明持有本单位的密钥";
    /// Possession of a committee member's own key.
    ProveMemberKey = "prove-member-key", "证明持有本人的委员密钥";
    /// A proposal, its withdrawal or publication, a restatement.
    Propose = "propose", "提请、撤回、公布快照";
    /// Roots of published tables.
    Attest = "attest", "登记表根";
    /// An objection's decision.
    DecideObjection = "decide-objection", "决定申诉";
    /// A member's approval.
    ApproveSnapshot = "approve-snapshot", "批准快照";
    /// The freezing or reopening that a quorum has approved.
    Freeze = "freeze", "冻结、重新开启快照";
    /// Checkpoints, lag, heads, witnesses.
    ReadState = "read-state", "查看系统状态";
    /// The log of what happened to accounts.
    ReadAccountLog = "read-account-log", "查看账号日志";
    /// Accounts, roles, links, locks.
    ManageAccounts = "manage-accounts", "管理账号、角色和链接";
    /// Backups, compression, workers.
    Operate = "operate", "运行维护";
}

impl Action {
    /// What somebody asks for who wants an event recorded; none where only the operator does that, with the ledger's files in
    /// their hands.
    #[must_use]
    pub const fn of(event: &Event) -> Option<Self> {
        match event {
            Event::LedgerOpened(_) | Event::LogKeyChanged(_) | Event::LedgerRestored(_) => None,
            Event::UnitRegistered(_)
            | Event::AreaRegistered(_)
            | Event::ResponsibilityAssigned(_)
            | Event::ResponsibilityEnded(_)
            | Event::PlanAdopted(_)
            | Event::IndicatorDefined(_)
            | Event::WeightBlockDefined(_)
            | Event::TargetSet(_)
            | Event::TargetRevised(_)
            | Event::RulebookAdopted(_) => Some(Self::RunRegistry),
            Event::PeriodOpened(_)
            | Event::PeriodExtended(_)
            | Event::PeriodClosed(_)
            | Event::WorkdayCalendarPublished(_) => Some(Self::RunPeriods),
            Event::SubmissionFiled(_) | Event::FigureReported(_) | Event::NarrativeReported(_) => {
                Some(Self::Report)
            }
            Event::FigureCorrected(_) | Event::FigureWithdrawn(_) => Some(Self::Correct),
            Event::EvidenceAttached(_) => Some(Self::AttachEvidence),
            Event::FigureReturned(_) => Some(Self::Return),
            Event::FigureVerified(_) => Some(Self::Verify),
            Event::FigureApproved(_) => Some(Self::Approve),
            Event::BonusGranted(_)
            | Event::DeductionImposed(_)
            | Event::VetoImposed(_)
            | Event::AwardRevoked(_) => Some(Self::Award),
            Event::KeyEnrolled(_)
            | Event::KeyRevoked(_)
            | Event::CommitteeAppointed(_)
            | Event::CommitteeKeyRevoked(_) => Some(Self::RecordKeys),
            Event::TableAttested(_) => Some(Self::Attest),
            Event::CompletenessStated(_) => Some(Self::StateCompleteness),
            Event::SnapshotProposed(_) | Event::SnapshotWithdrawn(_) | Event::SnapshotPublished(_) => {
                Some(Self::Propose)
            }
            Event::SnapshotApproved(_) => Some(Self::ApproveSnapshot),
            Event::SnapshotFrozen(_) | Event::SnapshotRestated(_) | Event::SnapshotReopened(_) => {
                Some(Self::Freeze)
            }
            Event::ObjectionFiled(_) => Some(Self::Object),
            Event::ObjectionDecided(_) => Some(Self::DecideObjection),
        }
    }

    /// The scope that covers the action in a token; none: only somebody who is logged in may.
    ///
    /// Programs neither freeze, nor enrol keys, nor look after accounts.
    #[must_use]
    pub const fn scope(self) -> Option<Scope> {
        match self {
            Self::ReadTables
            | Self::ReadProofs
            | Self::ReadFilings
            | Self::ReadEvidence
            | Self::ReadState => Some(Scope::Read),
            Self::Report | Self::Correct | Self::AttachEvidence | Self::StateCompleteness | Self::Object => {
                Some(Scope::Report)
            }
            Self::Verify | Self::Return => Some(Scope::Verify),
            Self::Approve | Self::RunPeriods | Self::RunRegistry | Self::Award | Self::Attest => {
                Some(Scope::Run)
            }
            Self::RecordKeys
            | Self::ProveKey
            | Self::ProveMemberKey
            | Self::Propose
            | Self::DecideObjection
            | Self::ApproveSnapshot
            | Self::Freeze
            | Self::ReadAccountLog
            | Self::ManageAccounts
            | Self::Operate => None,
        }
    }
}

/// How far a role reaches in an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Not at all.
    Nobody,
    /// What belongs to the unit the role is held for, or is done in its name.
    Own,
    /// Any unit's, and what belongs to none.
    Any,
}

const NO: Reach = Reach::Nobody;
const OWN: Reach = Reach::Own;
const ANY: Reach = Reach::Any;

/// The authorisation matrix. Columns in the order of [`Role::ALL`]:
/// 填报, 归口复核, 数字办, 审计, 考核委员会, 领导, 管理员. `docs/authorisation.md` is made from it.
#[rustfmt::skip]
pub const MATRIX: [(Action, [Reach; 7]); 27] = [
    //                          填报  归口  数字办 审计 委员会 领导 管理员
    (Action::ReadTables,        [ANY, ANY, ANY, ANY, ANY, ANY, ANY]),
    (Action::ReadProofs,        [ANY, ANY, ANY, ANY, ANY, ANY, ANY]),
    (Action::ReadFilings,       [OWN, ANY, ANY, ANY, ANY, ANY, NO]),
    (Action::ReadEvidence,      [OWN, ANY, ANY, ANY, ANY, NO,  NO]),
    (Action::Report,            [OWN, NO,  NO,  NO,  NO,  NO,  NO]),
    (Action::Correct,           [OWN, NO,  NO,  NO,  NO,  NO,  NO]),
    (Action::AttachEvidence,    [OWN, NO,  NO,  NO,  NO,  NO,  NO]),
    (Action::StateCompleteness, [OWN, OWN, OWN, NO,  NO,  NO,  NO]),
    (Action::Object,            [OWN, NO,  NO,  NO,  NO,  NO,  NO]),
    (Action::Verify,            [NO,  OWN, NO,  NO,  NO,  NO,  NO]),
    (Action::Return,            [NO,  OWN, OWN, NO,  NO,  NO,  NO]),
    (Action::Approve,           [NO,  NO,  OWN, NO,  NO,  NO,  NO]),
    (Action::RunPeriods,        [NO,  NO,  OWN, NO,  NO,  NO,  NO]),
    (Action::RunRegistry,       [NO,  NO,  OWN, NO,  NO,  NO,  NO]),
    (Action::Award,             [NO,  NO,  OWN, NO,  NO,  NO,  NO]),
    (Action::RecordKeys,        [NO,  NO,  OWN, NO,  NO,  NO,  NO]),
    (Action::ProveKey,          [OWN, OWN, OWN, NO,  NO,  NO,  NO]),
    (Action::ProveMemberKey,    [NO,  NO,  NO,  NO,  OWN, NO,  NO]),
    (Action::Propose,           [NO,  NO,  OWN, NO,  NO,  NO,  NO]),
    (Action::Attest,            [NO,  NO,  OWN, NO,  NO,  NO,  NO]),
    (Action::DecideObjection,   [NO,  NO,  OWN, NO,  OWN, NO,  NO]),
    (Action::ApproveSnapshot,   [NO,  NO,  NO,  NO,  OWN, NO,  NO]),
    (Action::Freeze,            [NO,  NO,  OWN, NO,  OWN, NO,  NO]),
    (Action::ReadState,         [NO,  NO,  ANY, ANY, NO,  NO,  ANY]),
    (Action::ReadAccountLog,    [NO,  NO,  NO,  ANY, NO,  NO,  ANY]),
    (Action::ManageAccounts,    [NO,  NO,  NO,  NO,  NO,  NO,  ANY]),
    (Action::Operate,           [NO,  NO,  NO,  NO,  NO,  NO,  ANY]),
];

/// What an action is done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// What belongs to a unit, or is recorded in its name.
    Unit(UnitId),
    /// What belongs to no unit: published tables, the accounts, the machine.
    Everything,
}

/// Somebody may not do what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No role of the account allows it for anything.
    #[error("您的角色不能“{action}”。需要的角色：{}。如工作需要，请管理员授予角色。", names(roles))]
    NotYourRole {
        /// What was asked for.
        action: Action,
        /// Whose role it is.
        roles: Vec<Role>,
    },
    /// The roles allow it, but only for their own units.
    #[error("您只能为 {} “{action}”，不能为“{asked}”办理。请核对单位；若职责已调整，请管理员改授角色。", own.join("、"))]
    NotYourUnit {
        /// What was asked for.
        action: Action,
        /// For what; `全市` where it belongs to no unit.
        asked: String,
        /// The units the account may do it for.
        own: Vec<String>,
    },
    /// The roles allow it, but not by this token.
    #[error("这个接口令牌没有“{action}”的权限范围。{}", match scope {
        Some(scope) => format!("请另发一个含“{scope}”（{}）的令牌，或登录后办理。", scope.word()),
        None => "这件事不能用令牌办理，请登录后办理。".to_owned(),
    })]
    NotInScope {
        /// What was asked for.
        action: Action,
        /// The scope that would cover it, if any does.
        scope: Option<Scope>,
    },
}

impl Refusal {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotYourRole { .. } => "not-your-role",
            Self::NotYourUnit { .. } => "not-your-unit",
            Self::NotInScope { .. } => "not-in-scope",
        }
    }
}

fn names(roles: &[Role]) -> String {
    roles.iter().map(|role| role.chinese()).collect::<Vec<_>>().join("、")
}

/// How far a role reaches in an action.
///
/// # Panics
/// Never: a test holds that each action has a row.
#[must_use]
pub fn reach(role: Role, action: Action) -> Reach {
    let row = MATRIX.iter().find(|(own, _)| *own == action);
    let (_, cells) = row.expect("each action has a row");
    let column = Role::ALL.iter().position(|own| *own == role).expect("each role has a column");
    cells[column]
}

/// Decides whether somebody may do something. Roles count as they were when the identity was established, a moment ago.
///
/// # Errors
/// [`Refusal`] says why not, in this order: role, unit, token.
pub fn may(identity: &Identity, action: Action, subject: &Subject) -> Result<(), Refusal> {
    let reaching = |grant: &&HeldRole| reach(grant.role, action) > Reach::Nobody;
    let held: Vec<_> = identity.roles().iter().filter(reaching).collect();
    if held.is_empty() {
        let roles = Role::ALL.iter().copied().filter(|role| reach(*role, action) > Reach::Nobody).collect();
        return Err(Refusal::NotYourRole { action, roles });
    }
    let covers = |held: &&HeldRole| match (reach(held.role, action), subject) {
        (Reach::Any, _) => true,
        (Reach::Own, Subject::Unit(unit)) => held.unit == *unit,
        (Reach::Own, Subject::Everything) | (Reach::Nobody, _) => false,
    };
    if !held.iter().any(covers) {
        return Err(not_your_unit(action, subject, held.iter().map(|held| &held.unit)));
    }
    let scope = action.scope();
    let in_scope = identity.scopes().is_none_or(|scopes| scope.is_some_and(|scope| scopes.contains(&scope)));
    if in_scope { Ok(()) } else { Err(Refusal::NotInScope { action, scope }) }
}

fn not_your_unit<'a>(action: Action, subject: &Subject, own: impl Iterator<Item = &'a UnitId>) -> Refusal {
    let mut own: Vec<String> = own.map(ToString::to_string).collect();
    own.sort();
    own.dedup();
    let asked = match subject {
        Subject::Unit(unit) => unit.to_string(),
        Subject::Everything => "全市".to_owned(),
    };
    Refusal::NotYourUnit { action, asked, own }
}
