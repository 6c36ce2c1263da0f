//! Keys: who holds one proves it, and nothing else passes for that.

mod common;

use accounts::{Challenge, ENROLMENT_TYPE, EnrolmentRefused, Holder, Identity, ProvedKey, Role, ToRecord};
use chain::dsse::{SUBMISSION_TYPE, pae};
use chain::note::{KeyType, VerifierKey, encode_base64};
use common::Office;
use ed25519_dalek::{Signer as _, SigningKey};

const ORIGIN: &str = "yingtan.example/ledger";

struct Key {
    signing: SigningKey,
    verifier: String,
}

impl Key {
    fn of(name: &str, kind: KeyType, seed: u8) -> Self {
        let signing = SigningKey::from_bytes(&[seed; 32]);
        let verifier = VerifierKey::of(name, kind, &signing).unwrap().to_string();
        Self { signing, verifier }
    }

    fn sign(&self, message: &[u8]) -> String {
        encode_base64(&self.signing.sign(message).to_bytes())
    }
}

fn guixi() -> Holder {
    Holder::Unit("guixi".parse().unwrap())
}

fn begin(
    office: &Office,
    identity: &Identity,
    holder: &Holder,
    key: &Key,
) -> Result<Challenge, EnrolmentRefused> {
    office.accounts.challenge(identity, ORIGIN, holder, &key.verifier, office.now())
}

fn answer(
    office: &Office,
    identity: &Identity,
    id: i64,
    signature: &str,
) -> Result<ProvedKey, EnrolmentRefused> {
    office.accounts.prove_key(identity, id, signature, office.now())
}

#[test]
fn a_unit_proves_its_key_and_the_office_gets_the_event_to_record() {
    let office = Office::new();
    let wang = office.hire("wang", Role::Reporter, "guixi");
    let reporter = office.identity("wang");
    let key = Key::of("guixi", KeyType::Ed25519, 7);
    let challenge = begin(&office, &reporter, &guixi(), &key).unwrap();
    assert!(challenge.payload.contains(ORIGIN) && challenge.payload.contains(&key.verifier));
    assert_eq!(office.accounts.open_challenge(&reporter, challenge.id).unwrap(), challenge);
    assert!(office.accounts.proved_keys().unwrap().is_empty(), "a challenge proves nothing");

    let proved = answer(&office, &reporter, challenge.id, &key.sign(&challenge.message)).unwrap();
    let ToRecord::Unit(event) = &proved.to_record else { panic!("a unit's key: {proved:?}") };
    assert_eq!((event.holder.as_str(), &event.key), ("guixi", &key.verifier));
    assert_eq!(proved.account, wang);
    assert_eq!(office.accounts.proved_keys().unwrap(), std::slice::from_ref(&proved));

    // Whoever has the proof can check it without this program.
    let verifier: VerifierKey = key.verifier.parse().unwrap();
    let bytes = chain::note::decode_base64(&proved.signature).unwrap().try_into().unwrap();
    let message = pae(ENROLMENT_TYPE, proved.payload.as_bytes());
    assert!(verifier.verify_strict(&message, &ed25519_dalek::Signature::from_bytes(&bytes)));
}

#[test]
fn a_member_proves_a_key_of_their_own() {
    let office = Office::new();
    let chen = office.hire("chen", Role::Committee, "finance");
    let member = office.identity("chen");
    let key = Key::of(chen.as_str(), KeyType::Cosignature, 9);
    let holder = Holder::Member("finance".parse().unwrap());
    let challenge = begin(&office, &member, &holder, &key).unwrap();
    let proved = answer(&office, &member, challenge.id, &key.sign(&challenge.message)).unwrap();
    let ToRecord::Member(entry) = proved.to_record else { panic!("a member's key") };
    assert_eq!((entry.member, entry.unit.as_str(), entry.key), (chen, "finance", key.verifier));
}

#[test]
fn another_key_another_message_or_another_challenge_proves_nothing() {
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    let reporter = office.identity("wang");
    let (key, other) = (Key::of("guixi", KeyType::Ed25519, 7), Key::of("guixi", KeyType::Ed25519, 8));
    let challenge = begin(&office, &reporter, &guixi(), &key).unwrap();
    let second = begin(&office, &reporter, &guixi(), &key).unwrap();
    assert_ne!(challenge.payload, second.payload, "each has its own random number");
    let as_submission = pae(SUBMISSION_TYPE, challenge.payload.as_bytes());
    let wrong = [
        other.sign(&challenge.message),
        key.sign(&second.message),
        key.sign(challenge.payload.as_bytes()),
        key.sign(&as_submission),
        encode_base64(&[0; 64]),
        encode_base64(&[0; 63]),
        String::new(),
        "不是 base64".to_owned(),
    ];
    for signature in wrong {
        let refused = answer(&office, &reporter, challenge.id, &signature).unwrap_err();
        assert_eq!(refused.code(), "bad-signature", "{signature}");
    }
    assert!(answer(&office, &reporter, challenge.id, &key.sign(&challenge.message)).is_ok());
    assert_eq!(office.log().iter().filter(|act| **act == "key-refused").count(), 8);
}

#[test]
fn a_weak_key_that_accepts_any_signature_is_refused() {
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    let reporter = office.identity("wang");
    // The neutral element: with a lax check, R = S·B would verify for every message.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let bytes = [&[1_u8], neutral.as_slice()].concat();
    let id = {
        use sha2::Digest as _;
        let digest = sha2::Sha256::new().chain_update("guixi\n").chain_update(&bytes).finalize();
        digest[..4].iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let verifier = format!("guixi+{id}+{}", encode_base64(&bytes));
    let challenge = office.accounts.challenge(&reporter, ORIGIN, &guixi(), &verifier, office.now()).unwrap();
    let signature = [neutral, [0; 32]].concat();
    let refused = answer(&office, &reporter, challenge.id, &encode_base64(&signature));
    assert_eq!(refused.unwrap_err().code(), "bad-signature");
}

#[test]
fn a_challenge_is_answered_once_in_time_and_by_who_asked() {
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    office.hire("li", Role::Reporter, "guixi");
    let (wang, li) = (office.identity("wang"), office.identity("li"));
    let key = Key::of("guixi", KeyType::Ed25519, 7);
    let challenge = begin(&office, &wang, &guixi(), &key).unwrap();
    let signature = key.sign(&challenge.message);
    assert_eq!(answer(&office, &li, challenge.id, &signature).unwrap_err().code(), "unknown-challenge");
    assert!(answer(&office, &wang, challenge.id, &signature).is_ok());
    assert_eq!(answer(&office, &wang, challenge.id, &signature).unwrap_err().code(), "challenge-answered");

    let late = begin(&office, &wang, &guixi(), &key).unwrap();
    office.pass(15 * 60);
    assert_eq!(
        answer(&office, &wang, late.id, &key.sign(&late.message)).unwrap_err().code(),
        "challenge-expired"
    );
    office.pass(-15 * 60 - 3600);
    assert_eq!(
        answer(&office, &wang, late.id, &key.sign(&late.message)).unwrap_err().code(),
        "challenge-expired"
    );
}

#[test]
fn nobody_enrols_for_another_unit_nor_a_key_of_another_name() {
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    office.hire("audit", Role::Auditor, "guixi");
    let (wang, audit) = (office.identity("wang"), office.identity("audit"));
    let code = |identity: &Identity, holder: Holder, name: &str, kind| {
        begin(&office, identity, &holder, &Key::of(name, kind, 7)).unwrap_err().code()
    };
    let yujiang = Holder::Unit("yujiang".parse().unwrap());
    assert_eq!(code(&wang, yujiang, "yujiang", KeyType::Ed25519), "not-your-unit");
    assert_eq!(code(&audit, guixi(), "guixi", KeyType::Ed25519), "not-your-role");
    assert_eq!(code(&wang, guixi(), "yujiang", KeyType::Ed25519), "not-a-key");
    assert_eq!(code(&wang, guixi(), "guixi", KeyType::Cosignature), "not-a-key");
    let member = Holder::Member("guixi".parse().unwrap());
    assert_eq!(code(&wang, member, wang.account().as_str(), KeyType::Cosignature), "not-your-role");
}
