//! No bytes make the reader of a line's proof panic; a proof that is read is written back as it stood, and proves no line but
//! its own.
#![no_main]

use chain::policy::Policy;
use chain::proof::Proof;
use libfuzzer_sys::fuzz_target;

/// Under this key the seed's head is signed.
const LOG: &str = include_str!("../seeds/signed_note/vkey");

fuzz_target!(|bytes: &[u8]| {
    let Ok(proof) = Proof::parse(bytes) else { return };
    assert_eq!(proof.to_bytes(), bytes);
    let policy = format!("log {}\nquorum none\n", LOG.trim_end());
    let policy = Policy::parse(policy.as_bytes()).expect("the seed is a key");
    assert!(proof.verify(b"a line that is in no ledger", &policy).is_err());
});
