//! What an account is trusted with: roles, each in the name of a unit and for a time.

use chain::Date;
use events::UnitId;

use crate::words::vocabulary;

vocabulary! {
    /// What somebody is there for. The plan's actors, and who looks after the accounts.
    Role, "角色";
    /// Reports and corrects its unit's figures.
    Reporter = "reporter", "填报";
    /// Verifies or returns, in the name of the bureau that is responsible for an indicator.
    Verifier = "verifier", "归口复核";
    /// The digital office: runs the cycle, approves, proposes, publishes.
    Office = "office", "数字办";
    /// Reads everything, replays and verifies; records nothing.
    Auditor = "auditor", "审计";
    /// A member of the committee that freezes and reopens snapshots.
    Committee = "committee", "考核委员会";
    /// Reads.
    Leader = "leader", "领导";
    /// Looks after accounts and the machine; has no part in the figures.
    Administrator = "administrator", "管理员";
}

impl Role {
    /// Whether one account may hold both: who looks after the accounts and who audits take no part in what is recorded,
    /// and are not the same person.
    #[must_use]
    pub fn goes_with(self, other: Self) -> bool {
        let apart = |role| matches!(role, Self::Auditor | Self::Administrator);
        let only_reads = |role| role == Self::Leader;
        self == other || !(apart(self) || apart(other)) || only_reads(self) || only_reads(other)
    }
}

/// A role in the name of a unit, from a day to a day in China Standard Time, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleGrant {
    /// The role.
    pub role: Role,
    /// In whose name.
    pub unit: UnitId,
    /// The first day.
    pub from: Date,
    /// The last day; none: until it is withdrawn.
    pub to: Option<Date>,
}

impl RoleGrant {
    /// Whether the role is held on a day.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|last| day <= last)
    }

    /// Whether there is a day on which both are held.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let starts_in_time = |first: &Self, second: &Self| second.to.is_none_or(|last| first.from <= last);
        starts_in_time(self, other) && starts_in_time(other, self)
    }
}
