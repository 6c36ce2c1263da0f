//! Logging in: passwords, pauses, many at once.

mod common;

use std::sync::Barrier;

use accounts::{
    Caller, ExternalIdentity, HashingCost, IdentityProvider, LoginRefused, Manager, Role, Settings, Throttle,
};
use chain::Instant;
use common::{Counting, Office, PASSWORD, address, caller, cheap};
use events::AccountId;

const WRONG: &str = "不是这个密码，换一个试试";

#[test]
fn a_reporter_logs_in_with_any_spelling_of_their_name() {
    let office = Office::new();
    let id = office.hire("Wang.Fang", Role::Reporter, "guixi");
    for name in ["wang.fang", " WANG.FANG ", "ｗａｎｇ．ｆａｎｇ"] {
        let session = office.login(name, PASSWORD).unwrap();
        assert_eq!(session.identity.account(), &id);
        assert_eq!(session.identity.roles()[0].role, Role::Reporter);
        assert_eq!(office.session_code(&session), "ok");
    }
    assert!(id.as_str().starts_with("u-") && !id.as_str().contains("wang"), "a pseudonym: {id}");
}

#[test]
fn a_wrong_password_an_unknown_name_and_a_name_without_password_get_one_answer() {
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    office.add("not-invited-yet");
    let said = |name: &str, password: &str| office.login(name, password).unwrap_err().to_string();
    let wrong = said("wang", WRONG);
    assert_eq!(wrong, "登录没有成功：登录名或密码不对。请核对后重试；忘记密码请联系管理员取得重置链接。");
    for (name, password) in [
        ("nobody", WRONG),
        ("not-invited-yet", WRONG),
        ("not-invited-yet", ""),
        ("", ""),
        ("' OR 1=1 --", "x"),
    ] {
        assert_eq!(said(name, password), wrong, "{name}");
    }
}

/// The codes of attempts, one after another.
fn codes(office: &Office, name: &str, password: &str, times: usize) -> Vec<&'static str> {
    (0..times).map(|_| office.login_code(name, password)).collect()
}

#[test]
fn five_failures_bring_a_pause_whether_the_name_exists_or_not() {
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    for name in ["wang", "nobody-has-this-name"] {
        assert_eq!(
            codes(&office, name, WRONG, 6),
            ["login-wrong", "login-wrong", "login-wrong", "login-wrong", "login-wrong", "login-paused"]
        );
        assert_eq!(
            office.login_code(name, PASSWORD),
            "login-paused",
            "the right password is not looked at either"
        );
    }
    // The first pause is a minute; the next failure doubles it.
    office.pass(61);
    assert_eq!(codes(&office, "wang", WRONG, 2), ["login-wrong", "login-paused"]);
    office.pass(61);
    assert_eq!(office.login_code("wang", PASSWORD), "login-paused");
    office.pass(60);
    assert_eq!(office.login_code("wang", PASSWORD), "ok");
    assert_eq!(codes(&office, "wang", WRONG, 4), ["login-wrong"; 4], "a success begins anew");
}

#[test]
fn a_pause_outlives_a_restart_and_an_administrator_can_end_it() {
    let office = Office::new();
    let wang = office.hire("wang", Role::Reporter, "guixi");
    codes(&office, "wang", WRONG, 6);
    let again = office.opened_again();
    assert_eq!(again.login("wang", PASSWORD, &caller(1), office.now()).unwrap_err().code(), "login-paused");
    again.unlock_account(Manager::Operator, &wang, office.now()).unwrap();
    assert!(again.login("wang", PASSWORD, &caller(1), office.now()).is_ok());
}

#[test]
fn one_address_cannot_try_all_names_and_does_not_stop_its_neighbours() {
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    let tried = (0..80).map(|k| office.login_code(&format!("name-{k}"), WRONG));
    assert_eq!(tried.filter(|code| *code == "login-wrong").count(), 60);
    assert_eq!(office.login_code("wang", PASSWORD), "login-paused");
    assert!(office.login_from(2, "wang", PASSWORD).is_ok());
}

#[test]
fn guesses_at_the_same_time_do_not_slip_through_together() {
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    let together = Barrier::new(16);
    let attempt = |host: u8| {
        together.wait();
        office.login_from(host, "wang", WRONG).unwrap_err().code()
    };
    let codes: Vec<&str> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..16).map(|host| scope.spawn(move || attempt(host))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(codes.iter().filter(|code| **code == "login-wrong").count() <= 5, "{codes:?}");
    // Whoever was turned away was not counted, and no more than five can be wrong before the pause.
    let more = (0..6).map(|_| office.login_code("wang", WRONG)).filter(|code| *code == "login-wrong");
    let wrong = codes.iter().filter(|code| **code == "login-wrong").count() + more.count();
    assert_eq!(wrong, 5, "{codes:?}");
}

#[test]
fn two_hundred_units_behind_one_address_log_in_at_the_same_time() {
    let office = Office::new();
    let names: Vec<String> = (0..200).map(|k| format!("unit-{k}")).collect();
    names.iter().for_each(|name| drop(office.hire(name, Role::Reporter, "guixi")));
    let together = Barrier::new(names.len());
    let came_in = std::thread::scope(|scope| {
        let login = |name: &str| {
            together.wait();
            office.login_code(name, PASSWORD)
        };
        let running: Vec<_> = names.iter().map(|name| scope.spawn(move || login(name))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).filter(|code| *code == "ok").count()
    });
    assert_eq!(came_in, names.len());
}

#[test]
fn people_who_log_in_at_the_same_time_each_get_a_session_of_their_own() {
    let office = Office::new();
    let names: Vec<String> = (0..12).map(|k| format!("person-{k}")).collect();
    names.iter().for_each(|name| drop(office.hire(name, Role::Reporter, "guixi")));
    let sessions: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> =
            names.iter().map(|name| scope.spawn(|| office.login(name, PASSWORD).unwrap())).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (name, session) in names.iter().zip(&sessions) {
        let account = office.accounts.session(session.secret.expose(), office.now()).unwrap();
        assert_eq!(account.account(), &office.accounts.find_account(name).unwrap().id);
    }
}

#[test]
fn who_finds_no_room_is_turned_away_without_being_counted() {
    let cost = HashingCost { memory_kib: 64 * 1024, passes: 3, lanes: 1, at_once: 1, waiting: 0 };
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    let narrow = office.opened_with(Settings { cost, ..cheap() });
    let attempt = |host| narrow.login("nobody", WRONG, &caller(host), office.now()).unwrap_err().code();
    let together = Barrier::new(4);
    let codes: Vec<&str> = std::thread::scope(|scope| {
        let wait_and_try = |host| {
            together.wait();
            attempt(host)
        };
        let running: Vec<_> = (0..4).map(|host| scope.spawn(move || wait_and_try(host))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let busy = codes.iter().filter(|code| **code == "login-busy").count();
    assert!(busy >= 1, "{codes:?}");
    let counted = 4 - busy;
    // What was counted, and no more, is missing from the five free attempts.
    let left = (0..8).filter(|_| attempt(9) == "login-wrong").count();
    assert_eq!(left, 5 - counted);
}

#[test]
fn a_clock_that_ran_ahead_pauses_nobody_for_longer_than_a_pause() {
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    const CENTURY_S: i64 = 100 * 366 * 86_400;
    office.pass(CENTURY_S);
    codes(&office, "wang", WRONG, 6);
    office.pass(-CENTURY_S);
    assert_eq!(office.login_code("wang", PASSWORD), "login-paused", "going back does not end a pause");
    office.pass(61);
    assert_eq!(office.login_code("wang", PASSWORD), "ok");
}

#[test]
fn a_password_is_hashed_anew_at_login_when_the_cost_was_raised() {
    let office = Office::new();
    let wang = office.hire("wang", Role::Reporter, "guixi");
    let stored = || {
        let connection = rusqlite::Connection::open(office.path()).unwrap();
        let query = "SELECT password FROM account WHERE id = ?";
        connection.query_row(query, [wang.as_str()], |row| row.get::<_, String>(0)).unwrap()
    };
    assert!(stored().contains("m=8,t=1,p=1"));
    let dearer = office
        .opened_with(Settings { cost: HashingCost { memory_kib: 16, passes: 2, ..cheap().cost }, ..cheap() });
    assert!(dearer.login("wang", WRONG, &caller(1), office.now()).is_err());
    assert!(stored().contains("m=8,t=1,p=1"), "a wrong password changes nothing");
    assert!(dearer.login("wang", PASSWORD, &caller(1), office.now()).is_ok());
    assert!(stored().contains("m=16,t=2,p=1"));
    assert!(dearer.login("wang", PASSWORD, &caller(1), office.now()).is_ok());
}

#[test]
fn a_locked_account_is_told_only_to_who_knows_its_password() {
    let office = Office::new();
    let wang = office.hire("wang", Role::Reporter, "guixi");
    let session = office.login("wang", PASSWORD).unwrap();
    office.accounts.lock_account(Manager::Operator, &wang, "离岗", office.now()).unwrap();
    assert_eq!(office.session_code(&session), "credential-ended");
    assert_eq!(office.login_code("wang", WRONG), "login-wrong");
    assert_eq!(office.login_code("wang", PASSWORD), "account-locked");
    office.accounts.unlock_account(Manager::Operator, &wang, office.now()).unwrap();
    assert_eq!(office.session_code(&session), "credential-ended", "what ended stays ended");
    assert_eq!(office.login_code("wang", PASSWORD), "ok");
}

/// A provider outside, as one that has checked a signed answer would behave.
struct Portal<'a>(&'a accounts::Accounts);

impl IdentityProvider for Portal<'_> {
    type Evidence<'a> = &'a str;

    fn identify(&self, subject: &str, _: &Caller<'_>, _: Instant) -> Result<AccountId, LoginRefused> {
        let identity = ExternalIdentity { issuer: "https://id.example".into(), subject: subject.into() };
        self.0.external_account(&identity)
    }
}

#[test]
fn a_provider_outside_says_who_somebody_is_and_never_what_they_may_do() {
    let office = Office::new();
    let wang = office.hire("wang", Role::Reporter, "guixi");
    let identity = ExternalIdentity { issuer: "https://id.example".into(), subject: "1207".into() };
    let tie = |account| office.accounts.tie_identity(Manager::Operator, account, &identity, office.now());
    tie(&wang).unwrap();
    assert_eq!(tie(&office.hire("li", Role::Office, "office")).unwrap_err().code(), "identity-tied");
    let come =
        |subject| office.accounts.login_with(&Portal(&office.accounts), subject, &caller(1), office.now());
    assert_eq!(come("1207").unwrap().identity.roles()[0].role, Role::Reporter);
    assert_eq!(come("1208").unwrap_err().code(), "login-wrong");
    office.accounts.lock_account(Manager::Operator, &wang, "离岗", office.now()).unwrap();
    assert_eq!(come("1207").unwrap_err().code(), "account-locked");
}

#[test]
fn whoever_types_a_password_into_the_wrong_field_does_not_find_it_in_the_file() {
    let office = Office::new();
    let mistyped = "my-secret-password-in-the-name-field";
    codes(&office, mistyped, "wang", 6);
    let mut bytes = std::fs::read(office.path()).unwrap();
    bytes.extend(std::fs::read(office.path().with_extension("accounts-wal")).unwrap_or_default());
    assert!(!bytes.windows(9).any(|window| window == b"my-secret"));
}

#[test]
fn many_names_that_were_tried_do_not_fill_the_file_for_ever() {
    let roomy = Throttle { free: 10_000, ..cheap().per_address };
    let office = Office::with(Settings { per_address: roomy, ..cheap() });
    (0..300).for_each(|k| drop(office.login(&format!("name-{k}"), WRONG)));
    office.pass(86_401);
    office.login_code("one-more", WRONG);
    let connection = rusqlite::Connection::open(office.path()).unwrap();
    let rows: i64 = connection.query_row("SELECT count(*) FROM attempt", (), |row| row.get(0)).unwrap();
    assert_eq!(rows, 2, "the name and the address of the last one");
}

#[test]
fn addresses_are_what_the_log_shows_and_names_are_not() {
    let office = Office::new();
    let wang = office.hire("wang", Role::Reporter, "guixi");
    let failed = office.accounts.login("wang", WRONG, &caller(7), office.now());
    assert!(failed.is_err());
    let entries = office.accounts.log(Some(&wang), 0, 100).unwrap();
    let last = entries.last().unwrap();
    assert_eq!((last.act.word(), last.address.as_str()), ("login-failed", address(7).to_string().as_str()));
    assert!(entries.iter().all(|entry| !format!("{entry:?}").contains("演示数据")));
}

#[test]
fn no_randomness_no_session() {
    struct Dry(Counting, std::sync::atomic::AtomicBool);
    impl accounts::Randomness for Dry {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), accounts::NoRandomness> {
            if self.1.swap(true, std::sync::atomic::Ordering::SeqCst) && bytes.len() == 32 {
                return Err(accounts::NoRandomness("用尽".into()));
            }
            self.0.fill(bytes)
        }
    }
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    let dry = Dry(Counting::from(5_000_000), false.into());
    let dry = accounts::Accounts::open_with(&office.path(), cheap(), Box::new(dry)).unwrap();
    let refused = dry.login("wang", PASSWORD, &caller(1), office.now()).unwrap_err();
    assert_eq!(refused.code(), "no-randomness");
    assert!(refused.to_string().contains("用尽"));
}
