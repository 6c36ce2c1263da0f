//! Proof that somebody holds a key, before it goes on record.
//!
//! The private key never comes here. A challenge is stored, its holder signs it, and what is to be recorded is handed out
//! as data: for a unit's key the event `key-enrolled`, which the digital office submits; for a member of the committee the
//! entry of its appointment. What is signed is DSSE with a payload type of its own, so the signature is worth nothing anywhere
//! else: not on a submission (another payload type), not on a tree head (another beginning).

use chain::dsse::pae;
use chain::note::{KeyType, VerifierKey, decode_base64};
use chain::{Instant, json};
use ed25519_dalek::Signature;
use events::{AccountId, CommitteeMember, KeyEnrolled, UnitId};
use rusqlite::{Connection, Transaction, params};
use serde::Serialize;

use crate::authorisation::{Action, Refusal, Subject, may};
use crate::identity::Identity;
use crate::log::{Act, By};
use crate::storage::StorageError;
use crate::{Accounts, accounts, secret, stored};

/// The DSSE payload type of an answered challenge.
pub const ENROLMENT_TYPE: &str = "application/vnd.progress-ledger.key-enrolment+json";

/// Whose key it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A unit's: type 0x01, named after the unit.
    Unit(UnitId),
    /// A committee member's own: type 0x04, named after the account, which belongs to this unit.
    Member(UnitId),
}

impl Holder {
    const fn unit(&self) -> &UnitId {
        match self {
            Self::Unit(unit) | Self::Member(unit) => unit,
        }
    }

    /// What whoever proves such a key asks for.
    fn action(&self) -> (Action, Subject) {
        let action = match self {
            Self::Unit(_) => Action::ProveKey,
            Self::Member(_) => Action::ProveMemberKey,
        };
        (action, Subject::Unit(self.unit().clone()))
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::Unit(_) => "unit",
            Self::Member(_) => "member",
        }
    }

    fn of(kind: &str, unit: &str) -> Result<Self, StorageError> {
        let unit = stored::parse(unit)?;
        match kind {
            "unit" => Ok(Self::Unit(unit)),
            "member" => Ok(Self::Member(unit)),
            other => Err(StorageError::Damaged(other.to_owned())),
        }
    }
}

/// What is to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Its handle.
    pub id: i64,
    /// Canonical JSON that says whose key for which ledger it is, with a random number.
    pub payload: String,
    /// The bytes to sign with Ed25519: DSSE's encoding of the payload under [`ENROLMENT_TYPE`].
    pub message: Vec<u8>,
    /// Until when an answer is taken.
    pub expires_at: Instant,
}

/// What goes on record once possession is proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToRecord {
    /// An event that the digital office submits.
    Unit(KeyEnrolled),
    /// A member's entry for the next appointment of the committee.
    Member(CommitteeMember),
}

/// A key whose possession was proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvedKey {
    /// Its handle.
    pub id: i64,
    /// Who proved it.
    pub account: AccountId,
    /// When.
    pub proved_at: Instant,
    /// The signed payload.
    pub payload: String,
    /// The signature over its DSSE encoding, base64: with the key and the payload anybody can check it again.
    pub signature: String,
    /// What is to be recorded.
    pub to_record: ToRecord,
}

/// Why a key was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum EnrolmentRefused {
    /// They may not.
    #[error(transparent)]
    NotAllowed(#[from] Refusal),
    /// It is no key of the kind that is asked for.
    #[error("这不是可以登记的验证密钥：要由 key new 或登记页面生成，类型和名称要与{0}一致。请重新生成。")]
    NotAKey(&'static str),
    /// There is no such challenge of that account.
    #[error("没有编号为 {0} 的登记请求，或不是您提出的。请重新开始登记。")]
    Unknown(i64),
    /// It was answered already.
    #[error("这个登记请求已经完成，不能再用。如要登记另一把密钥，请重新开始。")]
    Answered,
    /// It is too late, or from the future.
    #[error("登记请求已经过期。请重新开始登记；密钥可以沿用。")]
    Expired,
    /// The signature is not the key's over this challenge.
    #[error("签名不成立：不是用这把密钥对这次登记内容签的。请核对密钥文件后重新开始登记。")]
    BadSignature,
    /// The accounts cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl EnrolmentRefused {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed(refusal) => refusal.code(),
            Self::NotAKey(_) => "not-a-key",
            Self::Unknown(_) => "unknown-challenge",
            Self::Answered => "challenge-answered",
            Self::Expired => "challenge-expired",
            Self::BadSignature => "bad-signature",
            Self::Storage(error) => error.code(),
        }
    }
}

impl From<rusqlite::Error> for EnrolmentRefused {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(error.into())
    }
}

/// What is signed, in the order of its canonical form.
#[derive(Serialize)]
struct Payload<'a> {
    account: &'a str,
    expires_at: String,
    holder: &'a str,
    key: &'a str,
    nonce: &'a str,
    origin: &'a str,
}

/// Reads a key and holds it against whose it is said to be.
fn require_key(text: &str, holder: &Holder, account: &AccountId) -> Result<VerifierKey, EnrolmentRefused> {
    let (kind, name, whose) = match holder {
        Holder::Unit(unit) => (KeyType::Ed25519, unit.as_str(), "单位代码"),
        Holder::Member(_) => (KeyType::Cosignature, account.as_str(), "委员账号"),
    };
    let key: Option<VerifierKey> = text.parse().ok();
    let fits = |key: &VerifierKey| key.kind() == kind && key.name() == name;
    key.filter(fits).ok_or(EnrolmentRefused::NotAKey(whose))
}

struct Row {
    id: i64,
    account: AccountId,
    holder: Holder,
    key: String,
    payload: String,
    created_at: Instant,
    expires_at: Instant,
    proved: Option<(Instant, String)>,
}

fn rows(
    connection: &Connection,
    condition: &str,
    asked: impl rusqlite::Params,
) -> Result<Vec<Row>, StorageError> {
    let query = format!(
        "SELECT id, account, kind, unit, key, payload, created_at, expires_at, proved_at, signature FROM enrolment WHERE {condition} ORDER BY id"
    );
    let mut statement = connection.prepare(&query)?;
    let mut rows = statement.query(asked)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
        let proved = row.get::<_, Option<i64>>(8)?.zip(row.get::<_, Option<String>>(9)?);
        let proved = proved.map(|(at, signature)| Ok::<_, StorageError>((stored::instant(at)?, signature)));
        all.push(Row {
            id: row.get(0)?,
            account: stored::parse(text(1)?)?,
            holder: Holder::of(text(2)?, text(3)?)?,
            key: text(4)?.to_owned(),
            payload: text(5)?.to_owned(),
            created_at: stored::instant(row.get(6)?)?,
            expires_at: stored::instant(row.get(7)?)?,
            proved: proved.transpose()?,
        });
    }
    Ok(all)
}

impl Row {
    fn proved_key(self) -> Option<ProvedKey> {
        let (proved_at, signature) = self.proved?;
        let key = self.key;
        let to_record = match self.holder {
            Holder::Unit(holder) => ToRecord::Unit(KeyEnrolled { holder, key }),
            Holder::Member(unit) => {
                ToRecord::Member(CommitteeMember { key, member: self.account.clone(), unit })
            }
        };
        Some(ProvedKey {
            id: self.id,
            account: self.account,
            proved_at,
            payload: self.payload,
            signature,
            to_record,
        })
    }

    /// Checks an answer, strictly.
    fn check(&self, signature: &str, now: Instant) -> Result<(), EnrolmentRefused> {
        if self.proved.is_some() {
            return Err(EnrolmentRefused::Answered);
        }
        // A little back is a time server's doing.
        if now >= self.expires_at || stored::later(now, 300) < self.created_at {
            return Err(EnrolmentRefused::Expired);
        }
        let key = require_key(&self.key, &self.holder, &self.account)?;
        let bytes: Option<[u8; 64]> = decode_base64(signature).and_then(|bytes| bytes.try_into().ok());
        let signature = bytes.map(|bytes| Signature::from_bytes(&bytes));
        let message = pae(ENROLMENT_TYPE, self.payload.as_bytes());
        let holds = signature.is_some_and(|signature| key.verify_strict(&message, &signature));
        if holds { Ok(()) } else { Err(EnrolmentRefused::BadSignature) }
    }
}

/// Stores and logs a good answer, or logs a bad one.
fn answer(
    transaction: &Transaction<'_>,
    mine: Row,
    signature: &str,
    now: Instant,
) -> Result<Result<ProvedKey, EnrolmentRefused>, StorageError> {
    let (account, id) = (mine.account.clone(), mine.id);
    let by = By::Account(account.clone());
    if let Err(why) = mine.check(signature, now) {
        let detail = format!("#{id} {}", why.code());
        accounts::note(transaction, &by, Act::KeyRefused, &account, detail, now)?;
        return Ok(Err(why));
    }
    let proved = "UPDATE enrolment SET proved_at = ?, signature = ? WHERE id = ?";
    transaction.execute(proved, params![now.micros(), signature, id])?;
    accounts::note(transaction, &by, Act::KeyProved, &account, format!("#{id} {}", mine.key), now)?;
    let proved = Row { proved: Some((now, signature.to_owned())), ..mine };
    Ok(Ok(proved.proved_key().expect("it has just been proved")))
}

impl Accounts {
    /// Begins the enrolment of a key for the ledger with an origin. Nothing is recorded by it.
    ///
    /// # Errors
    /// When the key is not of the kind and name that its holder's must have, or `identity` may not.
    pub fn challenge(
        &self,
        identity: &Identity,
        origin: &str,
        holder: &Holder,
        key: &str,
        now: Instant,
    ) -> Result<Challenge, EnrolmentRefused> {
        let (action, subject) = holder.action();
        may(identity, action, &subject)?;
        let account = identity.account();
        let key = require_key(key, holder, account)?.to_string();
        let expires_at = stored::later(now, self.settings().challenge_s);
        let nonce = secret::unguessable(self.randomness()).map_err(StorageError::from)?;
        let payload = Payload {
            account: account.as_str(),
            expires_at: expires_at.to_string(),
            holder: holder.unit().as_str(),
            key: &key,
            nonce: &nonce,
            origin,
        };
        let payload = json::to_canonical(&payload).expect("texts are JSON");
        let payload = String::from_utf8(payload).expect("canonical JSON is UTF-8");
        let id = self.database().change(|transaction| {
            let unanswered = "DELETE FROM enrolment WHERE proved_at IS NULL AND expires_at < ?";
            transaction.execute(unanswered, [now.micros()])?;
            transaction.execute(
                "INSERT INTO enrolment (account, unit, kind, key, payload, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                params![
                    account.as_str(),
                    holder.unit().as_str(),
                    holder.kind(),
                    key,
                    payload,
                    now.micros(),
                    expires_at.micros()
                ],
            )?;
            Ok::<_, StorageError>(transaction.last_insert_rowid())
        })?;
        Ok(Challenge { id, message: pae(ENROLMENT_TYPE, payload.as_bytes()), payload, expires_at })
    }

    /// Takes the answer to a challenge: an Ed25519 signature in base64 over its message.
    ///
    /// # Errors
    /// When the challenge is not the account's, was answered, is too old, or the signature is not the key's.
    pub fn prove_key(
        &self,
        identity: &Identity,
        challenge: i64,
        signature: &str,
        now: Instant,
    ) -> Result<ProvedKey, EnrolmentRefused> {
        let account = identity.account();
        self.database().change(|transaction| {
            let asked = params![challenge, account.as_str()];
            let mine = rows(transaction, "id = ? AND account = ?", asked)?.pop();
            let mine = mine.ok_or(EnrolmentRefused::Unknown(challenge))?;
            let (action, subject) = mine.holder.action();
            may(identity, action, &subject)?;
            // A refused answer changes nothing but the log, so it is no error of the transaction.
            Ok::<_, EnrolmentRefused>(answer(transaction, mine, signature, now)?)
        })?
    }

    /// All keys whose possession was proved, oldest first. Which of them are on record the ledger says.
    ///
    /// # Errors
    /// When the accounts cannot be read.
    pub fn proved_keys(&self) -> Result<Vec<ProvedKey>, StorageError> {
        let all = self.database().read(|connection| rows(connection, "proved_at IS NOT NULL", ()))?;
        Ok(all.into_iter().filter_map(Row::proved_key).collect())
    }

    /// An open challenge of an account, for a page that was loaded again.
    ///
    /// # Errors
    /// When there is none.
    pub fn open_challenge(&self, identity: &Identity, id: i64) -> Result<Challenge, EnrolmentRefused> {
        let account = identity.account().as_str();
        let found = self.database().read(|connection| {
            let asked = params![id, account];
            rows(connection, "id = ? AND account = ? AND proved_at IS NULL", asked)
        })?;
        let found = found.into_iter().next().ok_or(EnrolmentRefused::Unknown(id))?;
        let message = pae(ENROLMENT_TYPE, found.payload.as_bytes());
        Ok(Challenge { id, payload: found.payload, message, expires_at: found.expires_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_neither_a_submission_nor_a_tree_head() {
        let message = pae(ENROLMENT_TYPE, b"{}");
        assert!(message.starts_with(b"DSSEv1 50 application/vnd.progress-ledger.key-enrolment+json 2 {}"));
        assert_ne!(ENROLMENT_TYPE, chain::dsse::SUBMISSION_TYPE);
    }

    #[test]
    fn a_key_is_of_its_holders_kind_and_name() {
        let signing = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let key = |name: &str, kind| VerifierKey::of(name, kind, &signing).unwrap().to_string();
        let account: AccountId = "u-7".parse().unwrap();
        let unit: UnitId = "guixi".parse().unwrap();
        let fits = |text: &str, holder: &Holder| require_key(text, holder, &account).is_ok();
        let (of_unit, of_member) = (Holder::Unit(unit.clone()), Holder::Member(unit));
        assert!(fits(&key("guixi", KeyType::Ed25519), &of_unit));
        assert!(fits(&key("u-7", KeyType::Cosignature), &of_member));
        for wrong in
            [key("yujiang", KeyType::Ed25519), key("guixi", KeyType::Cosignature), "guixi".to_owned()]
        {
            assert!(!fits(&wrong, &of_unit), "{wrong}");
        }
        assert!(!fits(&key("guixi", KeyType::Cosignature), &of_member));
    }
}
