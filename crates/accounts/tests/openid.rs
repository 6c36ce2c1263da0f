//! OpenID Connect against a provider that the test plays, honest and not.

mod common;

use std::cell::RefCell;

use accounts::{
    Arrival, BackChannel, Departure, ExternalIdentity, LoginRefused, Manager, OpenId, OpenIdSettings, Role,
    Session,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::{Office, caller};
use ed25519_dalek::{Signer as _, SigningKey};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const ISSUER: &str = "https://id.yingtan.example";
const CODE: &str = "the-code";

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A provider with one person, who has just said yes.
struct Provider {
    signing: SigningKey,
    /// What it was told when the person left: the code challenge and the nonce.
    challenge: String,
    claims: Value,
    header: Value,
    /// What was posted to it.
    posted: RefCell<Vec<(&'static str, String)>>,
    down: bool,
}

impl BackChannel for &Provider {
    fn post_token(&self, form: &[(&'static str, String)]) -> Result<Vec<u8>, String> {
        if self.down {
            return Err("连接超时".to_owned());
        }
        *self.posted.borrow_mut() = form.to_vec();
        let given = |name: &str| form.iter().find(|(own, _)| *own == name).map_or("", |(_, value)| value);
        // PKCE: a code is worth nothing to who does not know the verifier.
        if given("code") != CODE || base64(Sha256::digest(given("code_verifier"))) != self.challenge {
            return Ok(br#"{"error":"invalid_grant"}"#.to_vec());
        }
        let signed = format!("{}.{}", base64(self.header.to_string()), base64(self.claims.to_string()));
        let signature = base64(self.signing.sign(signed.as_bytes()).to_bytes());
        let answer = json!({ "id_token": format!("{signed}.{signature}"), "token_type": "Bearer" });
        Ok(answer.to_string().into_bytes())
    }

    fn keys(&self) -> Result<Vec<u8>, String> {
        let public = SigningKey::from_bytes(&[3; 32]).verifying_key();
        let key = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "k1", "use": "sig", "x": base64(public.as_bytes()) });
        Ok(json!({ "keys": [key] }).to_string().into_bytes())
    }
}

struct Journey {
    office: Office,
    settings: OpenIdSettings,
    departure: Departure,
    provider: Provider,
}

impl Journey {
    /// 王 has left for the provider and said yes there.
    fn begun() -> Self {
        let office = Office::new();
        let wang = office.hire("wang", Role::Reporter, "guixi");
        let identity = ExternalIdentity { issuer: ISSUER.into(), subject: "1207".into() };
        office.accounts.tie_identity(Manager::Operator, &wang, &identity, office.now()).unwrap();
        let settings = OpenIdSettings {
            issuer: ISSUER.into(),
            authorization_endpoint: format!("{ISSUER}/authorize"),
            client_id: "progress-ledger".into(),
            redirect_uri: "http://10.0.0.5:8080/back".into(),
        };
        let provider = Provider {
            signing: SigningKey::from_bytes(&[3; 32]),
            challenge: String::new(),
            claims: Value::Null,
            header: json!({ "alg": "EdDSA", "kid": "k1", "typ": "JWT" }),
            posted: RefCell::default(),
            down: false,
        };
        let departure = OpenId::new(&office.accounts, &settings, &provider).depart().unwrap();
        let mut journey = Self { office, settings, departure, provider };
        journey.provider.challenge = journey.parameter("code_challenge");
        journey.provider.claims = journey.honest_claims();
        journey
    }

    fn honest_claims(&self) -> Value {
        let now_s = self.office.now().micros() / 1_000_000;
        json!({
            "iss": ISSUER, "sub": "1207", "aud": "progress-ledger", "iat": now_s, "exp": now_s + 300,
            "nonce": self.parameter("nonce"),
        })
    }

    fn parameter(&self, name: &str) -> String {
        let (_, query) = self.departure.address.split_once('?').expect("a query");
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.clone().find(|(own, _)| *own == name).expect("the parameter").1.to_owned()
    }

    fn come_back(&self) -> Result<Session, LoginRefused> {
        let (cookie, state) = (self.departure.cookie.expose(), self.parameter("state"));
        self.arrive(Arrival { cookie, state: &state, code: CODE, issuer: Some(ISSUER) })
    }

    fn arrive(&self, arrival: Arrival<'_>) -> Result<Session, LoginRefused> {
        let provider = OpenId::new(&self.office.accounts, &self.settings, &self.provider);
        self.office.accounts.login_with(&provider, arrival, &caller(1), self.office.now())
    }

    #[track_caller]
    fn refused(&self, said: &str) {
        let refused = self.come_back().expect_err("it is refused");
        assert_eq!(refused.code(), "provider-unavailable");
        assert!(refused.to_string().contains(said), "{refused}");
    }
}

#[test]
fn somebody_comes_back_and_has_the_roles_they_have_here() {
    let journey = Journey::begun();
    let address = &journey.departure.address;
    assert!(
        address.starts_with(
            "https://id.yingtan.example/authorize?response_type=code&client_id=progress-ledger&"
        )
    );
    assert!(address.contains("redirect_uri=http%3A%2F%2F10.0.0.5%3A8080%2Fback&scope=openid&state="));
    assert_eq!(journey.parameter("code_challenge_method"), "S256");
    let session = journey.come_back().unwrap();
    assert_eq!(session.identity.roles()[0].role, Role::Reporter);
    let posted = journey.provider.posted.borrow();
    let verifier = &posted.iter().find(|(name, _)| *name == "code_verifier").unwrap().1;
    assert!(!address.contains(verifier.as_str()), "the verifier was not on the way");
}

#[test]
fn an_answer_counts_only_in_the_browser_that_asked() {
    let journey = Journey::begun();
    let elsewhere =
        OpenId::new(&journey.office.accounts, &journey.settings, &journey.provider).depart().unwrap();
    let state = journey.parameter("state");
    let own = journey.departure.cookie.expose();
    for (cookie, state, issuer) in [
        (elsewhere.cookie.expose(), state.as_str(), None),
        ("", state.as_str(), None),
        (own, "another-state", None),
        (own, "", None),
        (own, state.as_str(), Some("https://other.example")),
    ] {
        let refused = journey.arrive(Arrival { cookie, state, code: CODE, issuer }).unwrap_err();
        assert!(refused.to_string().contains("不属于这个浏览器"), "{refused}");
    }
    assert!(journey.provider.posted.borrow().is_empty(), "the provider was not asked");
}

#[test]
fn a_token_that_says_anything_else_is_refused() {
    let now_s = Journey::begun().office.now().micros() / 1_000_000;
    for (member, value, said) in [
        ("iss", json!("https://other.example"), "别的机构"),
        ("aud", json!("another-system"), "别的系统"),
        ("aud", json!(["progress-ledger", "another-system"]), "别的系统"),
        ("aud", json!([]), "别的系统"),
        ("azp", json!("another-system"), "别的系统"),
        ("exp", json!(now_s - 121), "过期"),
        ("iat", json!(now_s - 601), "不是刚签发的"),
        ("iat", json!(now_s + 121), "不是刚签发的"),
        ("nonce", json!("another-login"), "不属于这次登录"),
        ("nonce", Value::Null, "不属于这次登录"),
        ("sub", json!(""), "格式"),
        ("sub", json!(1207), "格式"),
        ("exp", json!("tomorrow"), "格式"),
    ] {
        let mut journey = Journey::begun();
        journey.provider.claims[member] = value;
        journey.refused(said);
    }
}

#[test]
fn several_audiences_are_fine_if_the_token_was_made_for_us() {
    let mut journey = Journey::begun();
    journey.provider.claims["aud"] = json!(["another-system", "progress-ledger"]);
    journey.provider.claims["azp"] = json!("progress-ledger");
    assert!(journey.come_back().is_ok());
}

#[test]
fn a_token_that_the_provider_did_not_sign_is_refused() {
    let mut journey = Journey::begun();
    journey.provider.signing = SigningKey::from_bytes(&[4; 32]);
    journey.refused("签名不成立");
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "HS256", "kid": "k1" }),
        json!({ "alg": "ES256", "kid": "k1" }),
        json!({ "alg": "EdDSA", "kid": "another" }),
        json!({ "alg": "EdDSA", "kid": "k1", "crit": ["exp"] }),
    ] {
        let mut journey = Journey::begun();
        journey.provider.header = header;
        journey.refused("签名不成立");
    }
}

#[test]
fn a_stolen_code_is_worth_nothing_without_the_verifier() {
    let mut journey = Journey::begun();
    journey.provider.challenge = base64(Sha256::digest("another departure's verifier"));
    journey.refused("没有身份令牌");
}

#[test]
fn a_provider_that_does_not_answer_is_named_and_a_stranger_is_not() {
    let mut journey = Journey::begun();
    journey.provider.down = true;
    journey.refused("连接超时");
    let mut journey = Journey::begun();
    journey.provider.claims["sub"] = json!("1208");
    assert_eq!(journey.come_back().unwrap_err().code(), "login-wrong");
}

/// A provider that signs with ES256, as many do.
struct Elliptic<'a> {
    journey: &'a Journey,
    key: &'a EcdsaKeyPair,
}

impl BackChannel for Elliptic<'_> {
    fn post_token(&self, _: &[(&'static str, String)]) -> Result<Vec<u8>, String> {
        let claims = self.journey.honest_claims().to_string();
        let signed = format!("{}.{}", base64(r#"{"alg":"ES256"}"#), base64(claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        Ok(json!({ "id_token": format!("{signed}.{}", base64(signature)) }).to_string().into_bytes())
    }

    fn keys(&self) -> Result<Vec<u8>, String> {
        let point = self.key.public_key().as_ref();
        let (x, y) = (base64(&point[1..33]), base64(&point[33..]));
        Ok(json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": x, "y": y }] }).to_string().into_bytes())
    }
}

#[test]
fn a_provider_with_another_kind_of_key_is_understood() {
    let journey = Journey::begun();
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
    let elliptic = Elliptic { journey: &journey, key: &key };
    let provider = OpenId::new(&journey.office.accounts, &journey.settings, elliptic);
    let (cookie, state) = (journey.departure.cookie.expose(), journey.parameter("state"));
    let arrival = Arrival { cookie, state: &state, code: CODE, issuer: None };
    let session = journey.office.accounts.login_with(&provider, arrival, &caller(1), journey.office.now());
    assert_eq!(session.unwrap().identity.roles()[0].role, Role::Reporter);
}
