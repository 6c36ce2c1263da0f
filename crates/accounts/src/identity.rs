//! Who is asking, once that is established.

use std::collections::BTreeSet;

use events::{AccountId, UnitId};

use crate::authorisation::Scope;
use crate::role::Role;

/// How somebody showed who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Means {
    /// A session, by the handle that lists show.
    Session(i64),
    /// An API token, by the handle that lists show.
    Token(i64),
}

/// A role that is held at the moment, and for which unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRole {
    /// The role.
    pub role: Role,
    /// In whose name.
    pub unit: UnitId,
}

/// An account with the roles it holds at the moment. It is made by [`Accounts`](crate::Accounts) alone, for one request:
/// whoever keeps it longer does not see that a role ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    account: AccountId,
    means: Means,
    roles: Vec<HeldRole>,
    scopes: Option<BTreeSet<Scope>>,
}

impl Identity {
    pub(crate) const fn new(
        account: AccountId,
        means: Means,
        roles: Vec<HeldRole>,
        scopes: Option<BTreeSet<Scope>>,
    ) -> Self {
        Self { account, means, roles, scopes }
    }

    /// The account's stable pseudonym: what stands as `by` in the ledger.
    #[must_use]
    pub const fn account(&self) -> &AccountId {
        &self.account
    }

    /// How it was established.
    #[must_use]
    pub const fn means(&self) -> &Means {
        &self.means
    }

    /// The roles held.
    #[must_use]
    pub fn roles(&self) -> &[HeldRole] {
        &self.roles
    }

    /// What a token is limited to; none for a session.
    #[must_use]
    pub const fn scopes(&self) -> Option<&BTreeSet<Scope>> {
        self.scopes.as_ref()
    }
}
