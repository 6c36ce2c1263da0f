//! People: who somebody is and what they may do.
//!
//! [`Accounts`] keeps accounts, roles, passwords, sessions, API tokens, one-time links and the log of what happened to them in
//! one SQLite file beside the ledger. It is synchronous, knows no web framework and no ledger: time arrives as an argument,
//! randomness through a trait, and what is to be recorded (a key that was proved) is handed out as an event for others to
//! submit. Personal names stand in this file and nowhere else; the ledger's lines name an account by its pseudonym.
//!
//! [`may`] decides from [`MATRIX`], a table of data, which of a unit's people may ask for what. `docs/authorisation.md` is
//! made from it.

mod accounts;
mod authorisation;
mod ending;
mod enrolment;
mod identity;
mod links;
mod log;
mod login;
mod manager;
mod openid;
mod password;
mod role;
mod secret;
mod sessions;
mod settings;
mod storage;
mod stored;
mod throttle;
mod tokens;
mod words;

use std::path::{Path, PathBuf};

pub use accounts::{Account, GrantedRole, Lock, NewAccount};
pub use authorisation::{Action, MATRIX, Reach, Refusal, Scope, Subject, may, reach};
pub use enrolment::{Challenge, ENROLMENT_TYPE, EnrolmentRefused, Holder, ProvedKey, ToRecord};
pub use identity::{HeldRole, Identity, Means};
pub use links::{FirstAdministrator, Link, LinkRefused, OneTimeLink, Purpose};
pub use log::{Act, BrokenLog, By, Entry, LogEnd};
pub use login::{Caller, ExternalIdentity, IdentityProvider, LocalPasswords, LoginRefused, NameAndPassword};
pub use manager::{ChangeRefused, Manager};
pub use openid::{Arrival, BackChannel, Departure, OpenId, OpenIdSettings};
pub use password::Unfit;
pub use role::{Role, RoleGrant};
pub use secret::{NoRandomness, Randomness, Secret, SystemRandomness};
pub use sessions::{NotSignedIn, OpenSession, PasswordNotChanged, Session};
pub use settings::{HashingCost, PasswordRules, Settings, Throttle};
pub use storage::StorageError;
pub use tokens::{IssuedToken, NewToken, Token};
pub use words::UnknownWord;

use password::Gate;
use storage::Database;
use throttle::InFlight;

/// Where a link's secret stands in an address of the server: `http://…/link/pll_…`.
pub const LINK_PATH: &str = "/link/";

/// Where the accounts of a ledger are: beside its folder, never in it.
#[must_use]
pub fn beside(ledger: &Path) -> PathBuf {
    let mut name = ledger.file_name().unwrap_or_default().to_owned();
    name.push(".accounts");
    ledger.with_file_name(name)
}

/// The accounts of one ledger. It can be shared between threads, and several programs may have the file open at once.
pub struct Accounts {
    database: Database,
    settings: Settings,
    randomness: Box<dyn Randomness>,
    gate: Gate,
    in_flight: InFlight,
    /// A hash nobody has the password of: what is compared where there is no account, so that it takes as long.
    decoy: String,
}

impl Accounts {
    /// Opens the file, or makes it, with the default settings and the system's randomness. Only its owner can read it.
    ///
    /// # Errors
    /// [`StorageError`] when the file cannot be made, or is of something else or of a newer program.
    pub fn open(path: &Path) -> Result<Self, StorageError> {
        Self::open_with(path, Settings::default(), Box::new(SystemRandomness))
    }

    /// As [`open`](Self::open), with one's own settings and randomness.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    ///
    /// # Panics
    /// When the settings' hashing cost is not one that Argon2 has.
    pub fn open_with(
        path: &Path,
        settings: Settings,
        randomness: Box<dyn Randomness>,
    ) -> Result<Self, StorageError> {
        let database = Database::open(path)?;
        let nobody_knows = secret::unguessable(&*randomness)?;
        let decoy = password::hash(&nobody_knows, settings.cost, &*randomness)?;
        let gate = Gate::new(settings.cost);
        Ok(Self { database, settings, randomness, gate, in_flight: InFlight::default(), decoy })
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    const fn database(&self) -> &Database {
        &self.database
    }

    fn randomness(&self) -> &dyn Randomness {
        &*self.randomness
    }
}
