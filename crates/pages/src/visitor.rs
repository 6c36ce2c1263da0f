//! Somebody who is signed in, as far as pages need to know: what to offer, and what goes along with a form.
//!
//! What somebody may do is decided where it is done; here it only decides what is shown.

use events::UnitId;

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The account: a pseudonym.
    pub account: String,
    /// What goes along with each form of this session.
    pub csrf_token: String,
    /// The roles, each for a unit.
    pub roles: Vec<Held>,
}

/// A role for a unit.
#[derive(Clone, Debug)]
pub struct Held {
    /// The role's stored word: `reporter`, `verifier`, `office` …
    pub role: &'static str,
    /// The role's name.
    pub name: &'static str,
    /// The unit.
    pub unit: UnitId,
}

impl Visitor {
    /// The units for which a role is held.
    pub fn units<'v>(&'v self, role: &'v str) -> impl Iterator<Item = &'v UnitId> {
        self.roles.iter().filter(move |held| held.role == role).map(|held| &held.unit)
    }

    /// Whether a role is held for any unit.
    #[must_use]
    pub fn has(&self, role: &str) -> bool {
        self.units(role).next().is_some()
    }

    /// The roles in words, each once.
    #[must_use]
    pub fn names(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for held in &self.roles {
            if !names.contains(&held.name) {
                names.push(held.name);
            }
        }
        names.join("、")
    }
}
