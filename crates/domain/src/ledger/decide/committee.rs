//! Rules for who freezes: the committee's appointment, its keys, and the quorum behind an act of it.

use std::collections::BTreeSet;

use chain::note::{KeyType, VerifierKey};
use events::{CommitteeAppointed, CommitteeKeyRevoked, CommitteeMember, Event, PlanId, UnitKind};

use super::super::ProblemKind;
use super::super::snapshots::Committee;
use super::super::statement::Statement;
use super::Draft;

/// More members than this are no committee, and their signatures would make a verifier work.
const MAX_MEMBERS: usize = 100;

impl Draft<'_> {
    pub(super) fn check_appointment(&mut self, appointed: &CommitteeAppointed) {
        self.require_administrator("任命考核委员会");
        self.require_text("任命文件", &appointed.document);
        if self.require_plan(&appointed.plan).is_none() {
            return;
        }
        let (members, quorum) = (appointed.members.len(), usize::from(appointed.quorum));
        if members == 0 || members > MAX_MEMBERS {
            self.bad_committee(format!("委员应有 1 到 {MAX_MEMBERS} 名，现为 {members} 名"));
        }
        if quorum == 0 || quorum > members {
            self.bad_committee(format!("法定人数 {quorum} 应在 1 到委员人数 {members} 之间"));
        }
        self.check_members(appointed);
        self.check_succession(appointed);
    }

    fn check_members(&mut self, appointed: &CommitteeAppointed) {
        let (mut accounts, mut public_keys) = (BTreeSet::new(), BTreeSet::new());
        for member in &appointed.members {
            if self.registry.unit(&member.unit).is_none() {
                self.problem(ProblemKind::UnknownUnit { unit: member.unit.to_string() });
            }
            if !accounts.insert(&member.member) {
                self.bad_committee(format!("委员“{}”列了两次", member.member));
            }
            let key = match member_key(member) {
                Ok(key) => key,
                Err(reason) => {
                    self.problem(ProblemKind::BadKey { reason });
                    continue;
                }
            };
            // One key under two names would be two votes of one person.
            if !public_keys.insert(key.public_key().to_vec()) {
                self.bad_committee(format!("委员“{}”与另一委员用的是同一把密钥", member.member));
            }
            if self.is_in_other_use(&key) {
                self.bad_committee(format!("委员“{}”的密钥已用作账本或单位的签名密钥", member.member));
            }
            let committee = self.snapshots.committee(&appointed.plan);
            if committee.is_some_and(|committee| committee.revoked_at(&member.key).is_some()) {
                self.bad_committee(format!("委员“{}”的密钥已停用，须换新密钥", member.member));
            }
        }
    }

    /// Whether a log or a unit signs with the same key.
    fn is_in_other_use(&self, key: &VerifierKey) -> bool {
        let units = self.registry.units().flat_map(|unit| self.registry.keys(&unit.registered));
        let log = self.registry.opened().map(|opened| opened.log_key.as_str());
        units.map(|own| own.key.as_str()).chain(log).any(|other| is_same_key(other, key))
    }

    /// A committee that can still act must have approved the one that follows it.
    fn check_succession(&mut self, appointed: &CommitteeAppointed) {
        let before = self.snapshots.committee(&appointed.plan).cloned();
        let since = before.as_ref().and_then(Committee::appointed).map(|(position, _)| position);
        self.check_drawn_up(appointed.size, since);
        match before.filter(Committee::can_act) {
            Some(committee) => {
                let event = appointed.clone().into();
                self.require_quorum(&committee, &event, &appointed.approvals);
            }
            None if appointed.approvals.is_empty() => {}
            None => self.bad_committee("没有能批准它的上一届委员会，不应附批准".to_owned()),
        }
    }

    pub(super) fn check_key_revocation(&mut self, revoked: &CommitteeKeyRevoked) {
        self.require_administrator("停用委员密钥");
        self.require_text("停用原因", &revoked.reason);
        let Some(committee) = self.require_committee(&revoked.plan) else { return };
        if !committee.in_force().any(|member| member.key == revoked.key) {
            self.problem(ProblemKind::UnknownMember { member: revoked.key.clone() });
        }
    }

    /// Members' signatures over a payload: each by another member in force, and enough of them.
    pub(super) fn require_quorum(&mut self, committee: &Committee, event: &Event, approvals: &[String]) {
        let origin = self.registry.opened().map(|opened| opened.origin.clone()).unwrap_or_default();
        // A text that the format refuses was refused before anything is decided.
        let Some(statement) = Statement::of(&origin, event) else { return };
        let mut approved = BTreeSet::new();
        for approval in approvals.iter().take(MAX_MEMBERS) {
            let by = committee.in_force().find(|member| {
                member_key(member).is_ok_and(|key| statement.approvable().is_approved_by(approval, &key))
            });
            match by {
                None => self.problem(ProblemKind::ApprovalBad { member: name_in(approval) }),
                Some(member) if !approved.insert(&member.member) => {
                    self.problem(ProblemKind::ApprovedTwice { member: member.member.to_string() });
                }
                Some(_) => {}
            }
        }
        let (have, need) = (approved.len(), committee.quorum());
        if have < need {
            self.problem(ProblemKind::QuorumMissing { have, need });
        }
    }

    /// What names a size must name lines that are there, and later ones than the act it follows: so that approvals of
    /// an earlier draft cannot be brought again.
    pub(super) fn check_drawn_up(&mut self, size: u64, since: Option<u64>) {
        if size == 0 || size > self.size {
            self.problem(ProblemKind::BadManifest {
                reason: format!("写的行数是 {size}，账本现有 {} 行", self.size),
            });
        }
        if since.is_some_and(|position| size <= position) {
            self.problem(ProblemKind::BadManifest {
                reason: format!(
                    "是按前 {size} 行拟的，此后第 {} 行已改变情况，须重新拟定和批准",
                    since.unwrap_or_default()
                ),
            });
        }
    }

    pub(super) fn require_committee(&mut self, plan: &PlanId) -> Option<Committee> {
        let committee = self.snapshots.committee(plan).filter(|own| own.appointed().is_some()).cloned();
        if committee.is_none() {
            self.problem(ProblemKind::NoCommittee { plan: plan.to_string() });
        }
        committee
    }

    /// The office that runs the cycle and the committee's own unit carry out what the quorum has approved.
    pub(super) fn require_committee_or_administrator(&mut self, act: &'static str) {
        let unit = self.registry.unit(self.unit).map(|unit| unit.kind);
        if unit != Some(UnitKind::AssessmentCommittee) && !self.registry.is_administrator(self.unit) {
            self.not_permitted(act);
        }
    }

    fn bad_committee(&mut self, reason: String) {
        self.problem(ProblemKind::BadCommittee { reason });
    }
}

/// A member's key: of type 0x04, and named after the account.
pub(super) fn member_key(member: &CommitteeMember) -> Result<VerifierKey, String> {
    let key: VerifierKey = member.key.parse().map_err(|_| "不是 C2SP 验证密钥".to_owned())?;
    if key.name() != member.member.as_str() {
        return Err(format!("密钥名应为 {}，不是 {}", member.member, key.name()));
    }
    if key.kind() != KeyType::Cosignature {
        return Err("委员密钥的类型应为 4（Ed25519 副署）".to_owned());
    }
    Ok(key)
}

/// Whether a verifier key, whatever its name and type, has the same public key.
pub(super) fn is_same_key(other: &str, key: &VerifierKey) -> bool {
    other.parse().is_ok_and(|other: VerifierKey| other.public_key() == key.public_key())
}

/// Whose a signature line says it is.
fn name_in(approval: &str) -> String {
    approval.split(' ').nth(1).unwrap_or("（认不出签名人）").to_owned()
}
