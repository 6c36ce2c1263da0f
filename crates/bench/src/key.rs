//! The key that signs the benches' heads. It is known to everybody: nothing that is measured is worth forging.

use app::publish::HeadSigner;
use chain::note::{KeyType, VerifierKey, sign};
use ed25519_dalek::SigningKey;

/// The name of the benches' ledgers.
pub const ORIGIN: &str = "ledger.example.org/n0001";

/// Signs heads of ledgers called [`ORIGIN`].
pub struct Key {
    signing: SigningKey,
    verifier: VerifierKey,
}

impl Key {
    /// The key; always the same.
    pub fn new() -> Self {
        let signing = SigningKey::from_bytes(&[7; 32]);
        let verifier = VerifierKey::of(ORIGIN, KeyType::Ed25519, &signing).expect("the name is a key's");
        Self { signing, verifier }
    }

    /// What a ledger's first line names it by.
    pub fn public() -> String {
        Self::new().verifier.to_string()
    }
}

impl HeadSigner for Key {
    fn key(&self) -> &VerifierKey {
        &self.verifier
    }

    fn sign(&self, text: &str) -> String {
        sign(ORIGIN, &self.signing, text).expect("the verifier key was made of this name")
    }
}
