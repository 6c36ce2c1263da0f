//! Identity tokens: JSON Web Tokens (RFC 7519) as OpenID Connect Core §3.1.3.7 asks to check them.
//!
//! The algorithm follows from the key, never from the token alone: a token cannot choose a weaker one, and `none` and the
//! symmetric ones do not exist here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chain::Instant;
use ed25519_dalek::{Signature, VerifyingKey};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

/// Clocks of two machines differ by so much at most.
const SLACK_S: i64 = 120;
/// A token is made while the person waits; an older one is somebody else's or was kept.
const OLDEST_S: i64 = 600;

/// What a token must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) audience: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: Instant,
}

/// Why a token is not taken; for the person and for who runs the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadToken {
    #[error("身份令牌的格式不对")]
    Form,
    #[error("身份令牌的签名不成立，或没有认得的密钥")]
    Signature,
    #[error("身份令牌是别的机构签发的")]
    Issuer,
    #[error("身份令牌是签给别的系统的")]
    Audience,
    #[error("身份令牌已过期或不是刚签发的，请检查两边服务器的时间")]
    Time,
    #[error("身份令牌不属于这次登录")]
    Nonce,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Extensions that must be understood; none is.
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nonce: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

/// A JSON Web Key (RFC 7517), of which only public members are read.
#[derive(Deserialize)]
struct Key {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// Checks a token; gives the provider's stable name for the person.
pub(super) fn check(token: &str, keys: &[u8], expected: &Expected<'_>) -> Result<String, BadToken> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { return Err(BadToken::Form) };
    let signed = &token[..header.len() + 1 + claims.len()];
    let header: Header = decode_json(header)?;
    let signature = decode(signature).ok_or(BadToken::Form)?;
    if header.crit.is_some() || !is_signed(&header, signed.as_bytes(), &signature, keys) {
        return Err(BadToken::Signature);
    }
    let claims: Claims = decode_json(claims)?;
    claims.check(expected)?;
    let names = (1..=255).contains(&claims.sub.len()) && !claims.sub.chars().any(char::is_control);
    if names { Ok(claims.sub) } else { Err(BadToken::Form) }
}

impl Claims {
    fn check(&self, expected: &Expected<'_>) -> Result<(), BadToken> {
        if self.iss != expected.issuer {
            return Err(BadToken::Issuer);
        }
        let (for_us, alone) = match &self.aud {
            Audience::One(one) => (one == expected.audience, true),
            Audience::Many(many) => (many.iter().any(|one| one == expected.audience), many.len() == 1),
        };
        let party = self.azp.as_deref();
        if !for_us || party.map_or(!alone, |party| party != expected.audience) {
            return Err(BadToken::Audience);
        }
        let now_s = expected.now.micros() / 1_000_000;
        let fresh = (now_s - OLDEST_S..=now_s + SLACK_S).contains(&self.iat);
        if !fresh || self.exp.saturating_add(SLACK_S) <= now_s {
            return Err(BadToken::Time);
        }
        if self.nonce.as_deref() == Some(expected.nonce) { Ok(()) } else { Err(BadToken::Nonce) }
    }
}

/// Whether one of the provider's keys that the token may mean has signed it. Keys of kinds unknown here are passed over.
fn is_signed(header: &Header, signed: &[u8], signature: &[u8], keys: &[u8]) -> bool {
    let keys = serde_json::from_slice(keys).map_or(Vec::new(), |set: KeySet| set.keys);
    let keys = keys.into_iter().filter_map(|key| serde_json::from_value::<Key>(key).ok());
    let meant = |key: &Key| {
        let named = header.kid.is_none() || key.kid == header.kid;
        let for_this = key.alg.as_ref().is_none_or(|alg| *alg == header.alg);
        named && for_this && key.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
    };
    keys.filter(meant).any(|key| key.has_signed(&header.alg, signed, signature).unwrap_or(false))
}

impl Key {
    /// Nothing where the key lacks a member, or is not one of that algorithm.
    fn has_signed(&self, algorithm: &str, signed: &[u8], signature: &[u8]) -> Option<bool> {
        let member = |member: &Option<String>| member.as_deref().and_then(decode);
        match (algorithm, self.kty.as_str(), self.crv.as_deref()) {
            ("RS256", "RSA", _) => {
                let key = RsaPublicKeyComponents { n: member(&self.n)?, e: member(&self.e)? };
                Some(key.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok())
            }
            ("ES256", "EC", Some("P-256")) => {
                let point = [vec![4], member(&self.x)?, member(&self.y)?].concat();
                Some(
                    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature).is_ok(),
                )
            }
            ("EdDSA" | "Ed25519", "OKP", Some("Ed25519")) => {
                let key = VerifyingKey::from_bytes(&member(&self.x)?.try_into().ok()?).ok()?;
                Some(key.verify_strict(signed, &Signature::from_slice(signature).ok()?).is_ok())
            }
            _ => None,
        }
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn decode_json<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, BadToken> {
    let bytes = decode(part).ok_or(BadToken::Form)?;
    serde_json::from_slice(&bytes).map_err(|_| BadToken::Form)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key whose private half was thrown away, and its signature over `a.message`, both made with OpenSSL.
    const RSA_N: &str = concat!(
        "iXpbSkeSFNnWGBhrlbaQVadwo5GH6buqOE4lErldt1bOIDIF_qUue44hSz29h293Bs_m-0jYSwfuTlH9SmD329h4",
        "mn3-w0DRHV_kTqCH62fyY4tc5v8YptN2SvVyTgu9c3seynqFaDMgK3RdAV5FH0DSnp74R6NIVKDYrsi2mT1h34GD",
        "rPs9G4i2eDUySQjCl2TLGY_RSDvwK_TrKE22MldDPa1u2ks_BdXd95zmcCekFf4FUnfpRmfqfxzcMuVNW881cPDN",
        "UqGmWNkQhxKCG7aNxhxXlfrNQrqOBjIpIZBCgSbKxjjpUJ1nwuhxDFX6Yh2yAzGw3WyWGVDx3KXz8w",
    );
    const RSA_SIGNATURE: &str = concat!(
        "YJVnUFMLpPo0cwa_nwOhwhudfW_ragO9Gm4X_OSDTaGLWbyw4qMNybZ6N_rjY96dTxodmiIUm-KifTZF20hve6pM",
        "dZ6LiqoKsQBPhRq-gJ8_mBXBe9b5zrW2u7ywP0GQ_0YuvP6RF7A8oMT83qbe4CZU7vsIoQkh5yLVLCg3Au7kvt7h",
        "3dNS96kXCsJ5arTikVLvACVJVXMfdob1LSQUSSqb2JvAShGnjxduSHKQx175cNR7rclcgcW3YBRg22qhSDhkVePr",
        "f8FbGQRhIv9q6uujXLoCf8xuvZZMqzuC5Sl_fl85a2ukB2sCFEjQhTSJy5p4j08_KLyQ9RfGqPyDfw",
    );

    fn rsa_signs(algorithm: &str, message: &[u8], members: &str) -> bool {
        let header = Header { alg: algorithm.to_owned(), kid: None, crit: None };
        let keys = format!(
            r#"{{"keys":[{{"kty":"unheard-of"}},7,{{"kty":"RSA","n":"{RSA_N}","e":"AQAB"{members}}}]}}"#
        );
        is_signed(&header, message, &decode(RSA_SIGNATURE).unwrap(), keys.as_bytes())
    }

    #[test]
    fn an_rsa_signature_holds_for_its_message_its_algorithm_and_its_purpose() {
        assert!(rsa_signs("RS256", b"a.message", ""));
        assert!(rsa_signs("RS256", b"a.message", r#","use":"sig","alg":"RS256""#));
        assert!(!rsa_signs("RS256", b"b.message", ""));
        for algorithm in ["none", "HS256", "RS512", "ES256", "EdDSA", ""] {
            assert!(!rsa_signs(algorithm, b"a.message", ""), "{algorithm}");
        }
        assert!(!rsa_signs("RS256", b"a.message", r#","use":"enc""#));
        assert!(!rsa_signs("RS256", b"a.message", r#","alg":"PS256""#));
    }
}
