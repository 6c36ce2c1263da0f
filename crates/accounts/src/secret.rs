//! Random secrets that are handed out once, and what is kept of them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The system gives no randomness.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("系统没有给出随机数：{0}。请检查操作系统后重试。")]
pub struct NoRandomness(pub String);

/// Where randomness comes from; tests bring their own.
pub trait Randomness: Send + Sync {
    /// Fills `bytes` with what nobody can foresee.
    ///
    /// # Errors
    /// [`NoRandomness`]; nothing may be made of what stands in `bytes` then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness>;
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        getrandom::fill(bytes).map_err(|error| NoRandomness(error.to_string()))
    }
}

/// What a secret is for. Its prefix lets people and scanners recognise a leaked one; its context keeps one kind of secret
/// from ever being taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Session,
    Token,
    Link,
    Departure,
}

impl Kind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Session => "pls_",
            Self::Token => "plt_",
            Self::Link => "pll_",
            Self::Departure => "pld_",
        }
    }

    const fn context(self) -> &'static str {
        match self {
            Self::Session => "progress-ledger 2026-11 session",
            Self::Token => "progress-ledger 2026-11 api token",
            Self::Link => "progress-ledger 2026-11 one-time link",
            Self::Departure => "progress-ledger 2026-11 openid departure",
        }
    }
}

/// 32 random bytes as text. It is shown to its holder once and kept nowhere; it does not print itself in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text to hand over.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn generate(kind: Kind, randomness: &dyn Randomness) -> Result<Self, NoRandomness> {
        let mut bytes = [0; 32];
        randomness.fill(&mut bytes)?;
        Ok(Self(format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes))))
    }

    pub(crate) fn digest(&self, kind: Kind) -> [u8; 32] {
        blake3::derive_key(kind.context(), self.0.as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What is kept of a secret that somebody presents, if the text can be one at all. A secret has 256 random bits, so a plain
/// hash is enough, and looking it up in an index tells nobody how close a guess came.
pub(crate) fn digest(kind: Kind, presented: &str) -> Option<[u8; 32]> {
    let body = presented.strip_prefix(kind.prefix())?;
    let is_secret = body.len() == 43 && URL_SAFE_NO_PAD.decode(body).is_ok_and(|bytes| bytes.len() == 32);
    is_secret.then(|| blake3::derive_key(kind.context(), presented.as_bytes()))
}

/// A text that nobody knows.
pub(crate) fn unguessable(randomness: &dyn Randomness) -> Result<String, NoRandomness> {
    let mut bytes = [0; 32];
    randomness.fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is kept of a login name or an address that was tried: whoever types a password into the wrong field must not find
/// it in a file.
pub(crate) fn tried(what: &str, text: &str) -> [u8; 32] {
    let context = "progress-ledger 2026-11 tried at login";
    blake3::derive_key(context, format!("{what}\n{text}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_of_one_kind_and_never_printed() {
        let secret = Secret::generate(Kind::Session, &SystemRandomness).unwrap();
        assert_eq!(digest(Kind::Session, secret.expose()), Some(secret.digest(Kind::Session)));
        assert_eq!(digest(Kind::Token, secret.expose()), None);
        assert!(!format!("{secret:?}").contains(&secret.expose()[4..]));
        for wrong in ["", "pls_", &secret.expose()[..46], &format!("{}A", secret.expose()), "pls_\u{4f60}"] {
            assert_eq!(digest(Kind::Session, wrong), None, "{wrong}");
        }
    }
}
