//! Who asks: a session's cookie, an API token, or nobody; and whether a browser's request is its user's own doing.

use std::net::IpAddr;

use accounts::{Accounts, Action, Identity, NotSignedIn, Refusal, Subject, may};
use axum::http::{HeaderMap, header};
use chain::Instant;

use crate::problem::Problem;

/// Where a browser brings the CSRF token of its session.
pub const CSRF_HEADER: &str = "x-csrf-token";
/// The form field with it, for pages without script.
pub const CSRF_FIELD: &str = "csrf_token";
/// How the CSRF token follows from a session's secret: who has the one has the other, and not the other way round.
const CSRF_CONTEXT: &str = "progress-ledger 2026-11 csrf token";

/// Where people reach the server.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// The address people type, without a path: `https://ledger.example`. Behind a proxy that ends TLS it says so, and
    /// cookies are sent over TLS only.
    pub public_origin: Option<String>,
    /// The proxy whose `X-Forwarded-For` is believed; none where clients connect themselves.
    pub proxy: Option<IpAddr>,
}

impl Site {
    fn is_secure(&self) -> bool {
        self.public_origin.as_ref().is_some_and(|origin| origin.starts_with("https://"))
    }

    const fn cookie_name(&self, secure: bool) -> &'static str {
        // With this prefix browsers take the cookie from this very host and over TLS only.
        if secure { "__Host-progress-ledger" } else { "progress-ledger-session" }
    }
}

/// The people of a ledger that is served.
pub struct People {
    accounts: Accounts,
    site: Site,
}

/// Who asks.
pub enum Visitor {
    /// Nobody who says so.
    Nobody,
    /// Somebody with an API token.
    Program(Identity),
    /// Somebody with a session, and its secret.
    Browser(Identity, String),
}

impl Visitor {
    /// The account with its roles.
    pub const fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Nobody => None,
            Self::Program(identity) | Self::Browser(identity, _) => Some(identity),
        }
    }
}

impl People {
    /// The people whose accounts these are.
    #[must_use]
    pub const fn new(accounts: Accounts, site: Site) -> Self {
        Self { accounts, site }
    }

    pub(crate) const fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// The session secret that a request brought along.
    pub(crate) fn presented<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let name = self.site.cookie_name(self.site.is_secure());
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(own, _)| *own == name).map(|(_, value)| value);
        let value = values.next();
        // Two of them: somebody planted one, and nobody can tell which.
        value.filter(|_| values.next().is_none())
    }

    /// Establishes who asks.
    ///
    /// # Errors
    /// 401 for a token or a session that is nobody's any more: what was asked for is not done for nobody instead.
    pub(crate) fn visitor(&self, headers: &HeaderMap, now: Instant) -> Result<Visitor, Problem> {
        if let Some(authorization) = headers.get(header::AUTHORIZATION) {
            let text = authorization.to_str().unwrap_or_default();
            let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
            if !scheme.eq_ignore_ascii_case("bearer") {
                let detail = "Authorization 只认“Bearer 接口令牌”。请用接口令牌，或登录。";
                return Err(Problem::unauthorized("bad-authorization", detail));
            }
            return Ok(Visitor::Program(self.accounts.token(token.trim(), now).map_err(not_signed_in)?));
        }
        let Some(presented) = self.presented(headers) else { return Ok(Visitor::Nobody) };
        let identity = self.accounts.session(presented, now).map_err(not_signed_in)?;
        Ok(Visitor::Browser(identity, presented.to_owned()))
    }

    /// Refuses what a browser may have been made to send by a page of somebody else's.
    ///
    /// The token alone is enough, and works on an intranet without TLS; the `Origin` is looked at where there is one.
    ///
    /// # Errors
    /// 403 with the code `csrf`.
    pub(crate) fn require_own_doing(
        &self,
        visitor: &Visitor,
        headers: &HeaderMap,
        field: Option<&str>,
    ) -> Result<(), Problem> {
        self.require_own_origin(headers)?;
        let Visitor::Browser(_, secret) = visitor else { return Ok(()) };
        let given = headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok()).or(field);
        let given = given.and_then(|given| blake3::Hash::from_hex(given).ok());
        // Compared in constant time.
        if given == Some(csrf_hash(secret)) {
            return Ok(());
        }
        let detail = "请求没有带上本次登录的防伪令牌，或不是本次登录的。请刷新页面再试；\
             程序请把 GET /v1/me 给出的 csrf_token 放进请求头 X-CSRF-Token。";
        Err(Problem::forbidden("csrf", detail))
    }

    /// Refuses a request that a page of another site sent; one that does not say where it comes from is let through to the
    /// next check.
    ///
    /// # Errors
    /// 403 with the code `csrf`.
    pub(crate) fn require_own_origin(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let text = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
        let foreign = "请求来自别的网站的页面，没有办理。请从本系统的页面操作。";
        if text(header::HeaderName::from_static("sec-fetch-site")) == Some("cross-site") {
            return Err(Problem::forbidden("csrf", foreign));
        }
        let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
        let origin = origin.to_str().unwrap_or_default();
        let of_host = || origin.split_once("://").map(|(_, host)| host) == text(header::HOST);
        let own = match &self.site.public_origin {
            Some(public) => origin == public,
            None => of_host(),
        };
        if own { Ok(()) } else { Err(Problem::forbidden("csrf", foreign)) }
    }

    /// The CSRF token of a session.
    pub(crate) fn csrf_token(secret: &str) -> String {
        csrf_hash(secret).to_hex().to_string()
    }

    /// The cookie that keeps a session's secret with a browser: not for scripts, not for pages of other sites.
    pub(crate) fn cookie(&self, secret: &str, max_age_s: i64) -> String {
        let secure = self.site.is_secure();
        let name = self.site.cookie_name(secure);
        let over_tls = if secure { "; Secure" } else { "" };
        format!("{name}={secret}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{over_tls}")
    }

    /// The address of a person's machine: the connection's, or what the proxy in front says last.
    pub(crate) fn address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if self.site.proxy != Some(peer) {
            return peer;
        }
        let mut values = headers.get_all("x-forwarded-for").iter();
        let last = values.next_back().and_then(|value| value.to_str().ok()?.rsplit(',').next());
        last.and_then(|text| text.trim().parse().ok()).unwrap_or(peer)
    }
}

fn csrf_hash(secret: &str) -> blake3::Hash {
    blake3::Hash::from(blake3::derive_key(CSRF_CONTEXT, secret.as_bytes()))
}

/// Refuses somebody whose roles or token do not reach.
///
/// # Errors
/// 403, saying which roles do.
pub fn require(identity: &Identity, action: Action, subject: &Subject) -> Result<(), Problem> {
    may(identity, action, subject).map_err(|refusal| Problem::from(&refusal))
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        Self::forbidden(refusal.code(), refusal.to_string())
    }
}

pub fn not_signed_in(why: NotSignedIn) -> Problem {
    match why {
        NotSignedIn::Storage(error) => storage(&error),
        why @ (NotSignedIn::Unknown
        | NotSignedIn::Idle
        | NotSignedIn::Expired
        | NotSignedIn::Ended
        | NotSignedIn::ClockWentBack) => Problem::unauthorized(why.code(), why.to_string()),
    }
}

/// The accounts cannot be used now.
pub fn storage(error: &accounts::StorageError) -> Problem {
    Problem::unavailable(error.code(), error.to_string()).retry_after(5)
}
