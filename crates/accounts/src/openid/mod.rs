//! OpenID Connect (authorization code with PKCE) as a provider of identities.
//!
//! It builds the address to go to and checks what comes back; the two requests to the provider are made by whoever
//! implements [`BackChannel`], so no network is known here. Nothing is stored between leaving and coming back: state, nonce
//! and code verifier all follow from one secret in the browser's cookie, so an answer counts only in the browser that asked.
//!
//! Sources: OpenID Connect Core 1.0 §3.1, RFC 7636 (PKCE, S256), RFC 9207 (`iss` in the answer).

mod jwt;

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chain::Instant;
use events::AccountId;
use ring::digest::{SHA256, digest as sha256};
use serde::Deserialize;

use crate::Accounts;
use crate::login::{Caller, ExternalIdentity, IdentityProvider, LoginRefused};
use crate::secret::{self, Kind, NoRandomness, Secret};

/// A provider and this server's registration there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenIdSettings {
    /// The provider, exactly as its tokens name it.
    pub issuer: String,
    /// Where people are sent to.
    pub authorization_endpoint: String,
    /// This server's name there.
    pub client_id: String,
    /// Where people come back to, exactly as it was registered.
    pub redirect_uri: String,
}

/// The two requests to a provider. They must go over TLS or a wire nobody else is on.
pub trait BackChannel {
    /// Posts a form to the token endpoint, with this server's own credentials if it has any; gives the body of the answer.
    ///
    /// # Errors
    /// A short reason in Chinese, without secrets.
    fn post_token(&self, form: &[(&'static str, String)]) -> Result<Vec<u8>, String>;

    /// Gets the provider's keys (a JSON Web Key Set), as fresh as it takes: a provider changes them.
    ///
    /// # Errors
    /// A short reason in Chinese.
    fn keys(&self) -> Result<Vec<u8>, String>;
}

/// A person on the way to a provider.
#[derive(Clone, Debug)]
pub struct Departure {
    /// Where to send the browser.
    pub address: String,
    /// What the browser is to keep in a cookie meanwhile: for this server alone, not readable by scripts, for minutes.
    pub cookie: Secret,
}

/// What came back with the browser.
#[derive(Clone, Copy)]
pub struct Arrival<'a> {
    /// The cookie of the departure.
    pub cookie: &'a str,
    /// The parameter `state`.
    pub state: &'a str,
    /// The parameter `code`.
    pub code: &'a str,
    /// The parameter `iss`, where the provider sends it.
    pub issuer: Option<&'a str>,
}

/// A provider of identities by OpenID Connect.
pub struct OpenId<'a, B> {
    accounts: &'a Accounts,
    settings: &'a OpenIdSettings,
    channel: B,
}

/// What the token endpoint answers; the rest of it is of no use here.
#[derive(Deserialize)]
struct TokenAnswer {
    id_token: String,
}

impl<'a, B: BackChannel> OpenId<'a, B> {
    /// Makes a provider that asks through `channel`.
    #[must_use]
    pub const fn new(accounts: &'a Accounts, settings: &'a OpenIdSettings, channel: B) -> Self {
        Self { accounts, settings, channel }
    }

    /// Sends a person off.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn depart(&self) -> Result<Departure, NoRandomness> {
        let cookie = Secret::generate(Kind::Departure, self.accounts.randomness())?;
        let own = Derived::of(cookie.expose());
        let challenge = URL_SAFE_NO_PAD.encode(sha256(&SHA256, own.verifier.as_bytes()));
        let parameters = [
            ("response_type", "code"),
            ("client_id", &self.settings.client_id),
            ("redirect_uri", &self.settings.redirect_uri),
            ("scope", "openid"),
            ("state", &own.state),
            ("nonce", &own.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let begins = if self.settings.authorization_endpoint.contains('?') { '&' } else { '?' };
        let mut address = self.settings.authorization_endpoint.clone();
        for (index, (name, value)) in parameters.iter().enumerate() {
            address.push(if index == 0 { begins } else { '&' });
            address.push_str(name);
            address.push('=');
            escape(value, &mut address);
        }
        Ok(Departure { address, cookie })
    }

    fn ask(&self, arrival: &Arrival<'_>, own: &Derived) -> Result<(TokenAnswer, Vec<u8>), LoginRefused> {
        let form = [
            ("grant_type", "authorization_code".to_owned()),
            ("code", arrival.code.to_owned()),
            ("redirect_uri", self.settings.redirect_uri.clone()),
            ("client_id", self.settings.client_id.clone()),
            ("code_verifier", own.verifier.clone()),
        ];
        let body = self.channel.post_token(&form).map_err(LoginRefused::Provider)?;
        let answer = serde_json::from_slice(&body);
        let answer = answer.map_err(|_| LoginRefused::Provider("答复里没有身份令牌".to_owned()))?;
        Ok((answer, self.channel.keys().map_err(LoginRefused::Provider)?))
    }
}

impl<B: BackChannel> IdentityProvider for OpenId<'_, B> {
    type Evidence<'a> = Arrival<'a>;

    fn identify(
        &self,
        arrival: Arrival<'_>,
        _: &Caller<'_>,
        now: Instant,
    ) -> Result<AccountId, LoginRefused> {
        let unasked =
            || LoginRefused::Provider("答复不属于这个浏览器发起的登录，请从登录页重新开始".to_owned());
        secret::digest(Kind::Departure, arrival.cookie).ok_or_else(unasked)?;
        let own = Derived::of(arrival.cookie);
        if arrival.state != own.state || arrival.issuer.is_some_and(|issuer| issuer != self.settings.issuer) {
            return Err(unasked());
        }
        let (answer, keys) = self.ask(&arrival, &own)?;
        let expected = jwt::Expected {
            issuer: &self.settings.issuer,
            audience: &self.settings.client_id,
            nonce: &own.nonce,
            now,
        };
        let subject = jwt::check(&answer.id_token, &keys, &expected);
        let subject = subject.map_err(|why| LoginRefused::Provider(why.to_string()))?;
        self.accounts.external_account(&ExternalIdentity { issuer: self.settings.issuer.clone(), subject })
    }
}

/// What follows from a departure's cookie. Whoever sees one of them learns none of the others.
struct Derived {
    state: String,
    nonce: String,
    verifier: String,
}

impl Derived {
    fn of(cookie: &str) -> Self {
        let derive = |context| URL_SAFE_NO_PAD.encode(blake3::derive_key(context, cookie.as_bytes()));
        Self {
            state: derive("progress-ledger 2026-11 openid state"),
            nonce: derive("progress-ledger 2026-11 openid nonce"),
            verifier: derive("progress-ledger 2026-11 openid code verifier"),
        }
    }
}

/// Writes a value of a query: all but the unreserved characters of RFC 3986 are escaped.
fn escape(value: &str, out: &mut String) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a string takes text");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_query_are_escaped() {
        let mut out = String::new();
        escape("https://a.example/回?x=1&y", &mut out);
        assert_eq!(out, "https%3A%2F%2Fa.example%2F%E5%9B%9E%3Fx%3D1%26y");
    }

    #[test]
    fn what_follows_from_a_cookie_is_each_another_thing() {
        let (own, other) = (Derived::of("a"), Derived::of("b"));
        let all = [&own.state, &own.nonce, &own.verifier, &other.state, &other.nonce, &other.verifier];
        let different: std::collections::BTreeSet<_> = all.into_iter().collect();
        assert_eq!(different.len(), 6);
        assert_eq!(own.verifier.len(), 43, "RFC 7636 asks for 43 to 128 characters");
    }
}
