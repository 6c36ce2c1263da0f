//! Sessions and API tokens: how long they live, and that nothing forged, old or planted is one.

mod common;

use std::collections::BTreeSet;

use accounts::{Caller, IssuedToken, Manager, Means, NewToken, Role, Scope};
use chain::Instant;
use common::{Office, PASSWORD, address, caller};
use events::AccountId;

const HOUR_S: i64 = 3600;
const NEW_PASSWORD: &str = "龙虎山下竹排慢慢漂流";

fn bringing(secret: &str) -> Caller<'_> {
    Caller { address: address(1), earlier_session: Some(secret) }
}

#[test]
fn a_session_that_somebody_planted_is_worth_nothing_after_the_login() {
    let office = Office::new();
    office.hire("mallory", Role::Reporter, "yujiang");
    let wang = office.hire("wang", Role::Reporter, "guixi");
    let planted = office.login("mallory", PASSWORD).unwrap();
    let brought = bringing(planted.secret.expose());
    let session = office.accounts.login("wang", PASSWORD, &brought, office.now()).unwrap();
    assert_ne!(session.secret, planted.secret);
    assert_eq!(session.identity.account(), &wang);
    assert_eq!(office.session_code(&planted), "credential-ended");

    // A secret that the server never made is not taken over either.
    let invented = format!("pls_{}", "A".repeat(43));
    let again = office.accounts.login("wang", PASSWORD, &bringing(&invented), office.now()).unwrap();
    assert_ne!(again.secret.expose(), invented);
    assert_eq!(office.accounts.session(&invented, office.now()).unwrap_err().code(), "not-signed-in");
}

#[test]
fn a_failed_login_leaves_the_session_that_was_brought_along() {
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    let session = office.login("wang", PASSWORD).unwrap();
    let brought = bringing(session.secret.expose());
    assert!(office.accounts.login("wang", "错的密码错的密码", &brought, office.now()).is_err());
    assert_eq!(office.session_code(&session), "ok");
}

#[test]
fn a_session_ends_after_half_an_hour_of_silence_and_after_twelve_hours_in_any_case() {
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    let silent = office.login("wang", PASSWORD).unwrap();
    office.pass(30 * 60 + 1);
    assert_eq!(office.session_code(&silent), "session-idle");

    let busy = office.login("wang", PASSWORD).unwrap();
    for _ in 0..47 {
        office.pass(15 * 60);
        assert_eq!(office.session_code(&busy), "ok");
    }
    office.pass(15 * 60);
    assert_eq!(office.session_code(&busy), "credential-expired");
}

#[test]
fn what_was_seen_to_have_ended_does_not_come_back_with_the_clock() {
    let office = Office::new();
    let wang = office.hire("wang", Role::Reporter, "guixi");
    let (session, token) = (office.login("wang", PASSWORD).unwrap(), issue(&office, &wang, HOUR_S));
    office.pass(2 * HOUR_S);
    assert_eq!(
        (office.session_code(&session), token_code(&office, &token)),
        ("session-idle", "credential-expired")
    );
    office.pass(-2 * HOUR_S);
    assert_eq!(
        (office.session_code(&session), token_code(&office, &token)),
        ("credential-ended", "credential-ended")
    );
}

#[test]
fn what_began_in_the_future_is_refused_and_a_new_login_helps() {
    let office = Office::new();
    let wang = office.hire("wang", Role::Reporter, "guixi");
    office.pass(10 * HOUR_S);
    let (session, token) = (office.login("wang", PASSWORD).unwrap(), issue(&office, &wang, 5 * HOUR_S));
    office.pass(-60);
    assert_eq!(office.session_code(&session), "ok", "time servers set clocks back a little");
    office.pass(-9 * HOUR_S);
    assert_eq!(
        (office.session_code(&session), token_code(&office, &token)),
        ("clock-went-back", "clock-went-back")
    );
    assert_eq!(office.session_code(&office.login("wang", PASSWORD).unwrap()), "ok");
}

#[test]
fn forged_cut_and_exchanged_secrets_are_nobodys() {
    let office = Office::new();
    let wang = office.hire("wang", Role::Reporter, "guixi");
    let session = office.login("wang", PASSWORD).unwrap();
    let token = issue(&office, &wang, HOUR_S);
    let (session, token) = (session.secret.expose(), token.secret.expose());
    let forged = [
        "".to_owned(),
        "pls_".to_owned(),
        session[..46].to_owned(),
        format!("{session} "),
        format!("{session}A"),
        session.to_uppercase(),
        format!("pls_{}", &token[4..]),
        format!("plt_{}", &session[4..]),
        format!("pll_{}", &session[4..]),
        "pls_' OR ended_at IS NULL OR digest = '123456789".to_owned(),
        format!("pls_{}", "\u{1f511}".repeat(43)),
    ];
    for text in &forged {
        assert_eq!(
            office.accounts.session(text, office.now()).unwrap_err().code(),
            "not-signed-in",
            "{text}"
        );
        assert_eq!(office.accounts.token(text, office.now()).unwrap_err().code(), "not-signed-in", "{text}");
        assert_eq!(office.accounts.link(text, office.now()).unwrap_err().code(), "link-unknown", "{text}");
    }
    assert!(office.accounts.session(token, office.now()).is_err(), "a token is no session");
    assert!(office.accounts.token(session, office.now()).is_err(), "a session is no token");
}

#[test]
fn one_bit_of_a_secret_makes_another_one() {
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    let secret = office.login("wang", PASSWORD).unwrap().secret;
    for at in 4..secret.expose().len() {
        let mut bytes = secret.expose().as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let text = String::from_utf8(bytes).unwrap();
        assert!(office.accounts.session(&text, office.now()).is_err(), "{at}");
    }
}

#[test]
fn logging_out_ends_one_session_and_no_other() {
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    let (first, second) = (office.login("wang", PASSWORD).unwrap(), office.login("wang", PASSWORD).unwrap());
    office.accounts.logout(first.secret.expose(), office.now()).unwrap();
    assert_eq!((office.session_code(&first), office.session_code(&second)), ("credential-ended", "ok"));
    office.accounts.logout(first.secret.expose(), office.now()).unwrap();
    office.accounts.logout("pls_nonsense", office.now()).unwrap();
    assert_eq!(office.log().iter().filter(|act| **act == "session-ended").count(), 1);
}

#[test]
fn a_person_sees_their_sessions_and_ends_the_one_they_do_not_know() {
    let office = Office::new();
    let wang = office.hire("wang", Role::Reporter, "guixi");
    office.pass(31 * 60);
    let here = office.login_from(1, "wang", PASSWORD).unwrap();
    let elsewhere = office.login_from(99, "wang", PASSWORD).unwrap();
    let open = office.accounts.open_sessions(&wang, office.now()).unwrap();
    let addresses: Vec<&str> = open.iter().map(|own| own.address.as_str()).collect();
    assert_eq!(addresses, ["10.0.0.1", "10.0.0.99"]);
    let me = Manager::Person(&here.identity);
    office.accounts.end_session(me, &wang, open[1].id, office.now()).unwrap();
    assert_eq!((office.session_code(&here), office.session_code(&elsewhere)), ("ok", "credential-ended"));

    office.hire("li", Role::Reporter, "guixi");
    let li = office.identity("li");
    let refused = office.accounts.end_session(Manager::Person(&li), &wang, open[0].id, office.now());
    assert_eq!(refused.unwrap_err().code(), "not-your-role");
}

#[test]
fn a_new_password_ends_all_sessions_but_the_one_it_begins() {
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    let (here, elsewhere) =
        (office.login("wang", PASSWORD).unwrap(), office.login("wang", PASSWORD).unwrap());
    let change = |old: &str, new: &str| {
        office.accounts.change_password(old, new, &bringing(here.secret.expose()), office.now())
    };
    assert_eq!(change("不是旧密码不是旧密码", NEW_PASSWORD).unwrap_err().code(), "login-wrong");
    assert_eq!(change(PASSWORD, "太短").unwrap_err().code(), "password-short");
    assert_eq!(office.session_code(&elsewhere), "ok", "a refusal changes nothing");
    let fresh = change(PASSWORD, NEW_PASSWORD).unwrap();
    assert_eq!(office.session_code(&fresh), "ok");
    assert_eq!(
        (office.session_code(&here), office.session_code(&elsewhere)),
        ("credential-ended", "credential-ended")
    );
    assert_eq!(
        (office.login_code("wang", PASSWORD), office.login_code("wang", NEW_PASSWORD)),
        ("login-wrong", "ok")
    );
    assert_eq!(change(NEW_PASSWORD, PASSWORD).unwrap_err().code(), "credential-ended");
}

#[test]
fn a_role_that_ended_is_gone_with_the_next_request() {
    let office = Office::new();
    let wang = office.hire("wang", Role::Reporter, "guixi");
    let session = office.login("wang", PASSWORD).unwrap();
    let id = office.accounts.roles(&wang).unwrap()[0].id;
    office.accounts.withdraw_role(Manager::Operator, &wang, id, office.now()).unwrap();
    assert!(office.accounts.session(session.secret.expose(), office.now()).unwrap().roles().is_empty());
}

fn later(office: &Office, seconds: i64) -> Instant {
    Instant::from_micros(office.now().micros() + seconds * 1_000_000).unwrap()
}

fn new_token(office: &Office, seconds: i64) -> NewToken {
    let scopes = BTreeSet::from([Scope::Read, Scope::Report]);
    NewToken { name: "月报接口".into(), scopes, expires_at: later(office, seconds) }
}

fn issue(office: &Office, account: &AccountId, seconds: i64) -> IssuedToken {
    let new = new_token(office, seconds);
    office.accounts.issue_token(Manager::Operator, account, &new, office.now()).unwrap()
}

fn token_code(office: &Office, token: &IssuedToken) -> &'static str {
    let found = office.accounts.token(token.secret.expose(), office.now());
    found.err().map_or("ok", |why| why.code())
}

#[test]
fn a_token_works_until_its_time_or_until_it_is_ended() {
    let office = Office::new();
    let wang = office.hire("wang", Role::Reporter, "guixi");
    let (kept, ended) = (issue(&office, &wang, HOUR_S), issue(&office, &wang, HOUR_S));
    let identity = office.accounts.token(kept.secret.expose(), office.now()).unwrap();
    assert_eq!((identity.account(), identity.means()), (&wang, &Means::Token(kept.id)));
    office.accounts.end_token(Manager::Operator, &wang, ended.id, office.now()).unwrap();
    assert_eq!((token_code(&office, &kept), token_code(&office, &ended)), ("ok", "credential-ended"));
    let listed = office.accounts.tokens(&wang).unwrap();
    assert_eq!((listed[0].used_at, listed[1].ended_at), (Some(office.now()), Some(office.now())));
    office.pass(HOUR_S);
    assert_eq!(token_code(&office, &kept), "credential-expired");
}

#[test]
fn a_token_without_scope_without_end_or_without_use_is_not_issued() {
    let office = Office::new();
    let wang = office.hire("wang", Role::Reporter, "guixi");
    let sound = new_token(&office, HOUR_S);
    let refused = [
        (NewToken { scopes: BTreeSet::new(), ..sound.clone() }, "no-scope"),
        (NewToken { name: " ".into(), ..sound.clone() }, "bad-text"),
        (NewToken { expires_at: office.now(), ..sound.clone() }, "bad-expiry"),
        (NewToken { expires_at: later(&office, 367 * 86_400), ..sound }, "bad-expiry"),
    ];
    for (new, code) in refused {
        let answer = office.accounts.issue_token(Manager::Operator, &wang, &new, office.now());
        assert_eq!(answer.unwrap_err().code(), code, "{new:?}");
    }
}

#[test]
fn nobody_issues_a_token_in_anothers_name_and_no_token_makes_another() {
    let office = Office::new();
    let wang = office.hire("wang", Role::Reporter, "guixi");
    let boss = office.hire("boss", Role::Administrator, "office");
    let (new, now) = (new_token(&office, HOUR_S), office.now());
    let administrator = office.identity("boss");
    let refused = office.accounts.issue_token(Manager::Person(&administrator), &wang, &new, now);
    assert_eq!(refused.unwrap_err().code(), "not-yours");
    assert!(office.accounts.issue_token(Manager::Person(&administrator), &boss, &new, now).is_ok());
    let own = office.identity("wang");
    let token = office.accounts.issue_token(Manager::Person(&own), &wang, &new, now).unwrap();
    let by_token = office.accounts.token(token.secret.expose(), now).unwrap();
    let refused = office.accounts.issue_token(Manager::Person(&by_token), &wang, &new, now);
    assert_eq!(refused.unwrap_err().code(), "not-by-token");
}

#[test]
fn a_lock_ends_tokens_and_a_withdrawn_role_empties_them() {
    let office = Office::new();
    let wang = office.hire("wang", Role::Reporter, "guixi");
    let token = issue(&office, &wang, HOUR_S);
    let role = office.accounts.roles(&wang).unwrap()[0].id;
    office.accounts.withdraw_role(Manager::Operator, &wang, role, office.now()).unwrap();
    assert!(office.accounts.token(token.secret.expose(), office.now()).unwrap().roles().is_empty());
    office.accounts.lock_account(Manager::Operator, &wang, "离岗", office.now()).unwrap();
    assert_eq!(token_code(&office, &token), "credential-ended");
    let refused =
        office.accounts.issue_token(Manager::Operator, &wang, &new_token(&office, HOUR_S), office.now());
    assert_eq!(refused.unwrap_err().code(), "account-locked");
}

#[test]
fn reading_requests_do_not_write() {
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    let session = office.login("wang", PASSWORD).unwrap();
    let connection = rusqlite::Connection::open(office.path()).unwrap();
    let version = || connection.pragma_query_value(None, "data_version", |row| row.get::<_, i64>(0)).unwrap();
    let before = version();
    (0..50).for_each(|_| assert_eq!(office.session_code(&session), "ok"));
    assert_eq!(version(), before);
    office.pass(61);
    assert_eq!(office.session_code(&session), "ok");
    assert_ne!(version(), before, "once a minute it is written that the session was seen");
}

#[test]
fn a_caller_without_a_session_cannot_change_a_password() {
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    let refused = office.accounts.change_password(PASSWORD, NEW_PASSWORD, &caller(1), office.now());
    assert_eq!(refused.unwrap_err().code(), "not-signed-in");
}
