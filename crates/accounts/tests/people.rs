//! Accounts, roles and links: who is let in, by whom, once.

mod common;

use std::sync::Barrier;

use accounts::{Manager, NewAccount, Purpose, Role, RoleGrant};
use chain::Date;
use common::{Office, PASSWORD, caller};
use events::{AccountId, UnitId};

const DAY_S: i64 = 86_400;

fn unit(id: &str) -> UnitId {
    id.parse().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn a_new_ledgers_first_administrator_comes_in_by_a_link_and_then_there_is_no_other_way() {
    let office = Office::new();
    let first = office.accounts.first_administrator(&unit("office"), office.now()).unwrap().unwrap();
    // The server was started again before anybody used it: the old link is worth nothing, the account is the same.
    let again = office.accounts.first_administrator(&unit("office"), office.now()).unwrap().unwrap();
    assert_eq!((&first.account, &first.login), (&again.account, &again.login));
    let redeem = |secret: &str| office.accounts.redeem(secret, PASSWORD, &caller(1), office.now());
    assert_eq!(redeem(first.link.secret.expose()).unwrap_err().code(), "link-used");
    let session = redeem(again.link.secret.expose()).unwrap();
    assert_eq!(session.identity.roles()[0].role, Role::Administrator);
    assert!(office.accounts.first_administrator(&unit("office"), office.now()).unwrap().is_none());

    // From here on the administrator does it.
    let me = Manager::Person(&session.identity);
    let new = NewAccount { login: "wang".into(), person: "演示数据".into(), id: None };
    let wang = office.accounts.add_account(me, &new, office.now()).unwrap();
    let role = RoleGrant { role: Role::Reporter, unit: unit("guixi"), from: day("2026-10-01"), to: None };
    office.accounts.grant_role(me, &wang, &role, office.now()).unwrap();
    let link = office.accounts.make_link(me, &wang, Purpose::Invitation, office.now()).unwrap();
    assert_eq!(office.accounts.link(link.secret.expose(), office.now()).unwrap().login, "wang");
    redeem(link.secret.expose()).unwrap();
    assert_eq!(office.login_code("wang", PASSWORD), "ok");
}

#[test]
fn a_first_link_that_was_never_used_can_be_had_again_after_it_expired() {
    let office = Office::new();
    let first = office.accounts.first_administrator(&unit("office"), office.now()).unwrap().unwrap();
    office.pass(DAY_S);
    let late = office.accounts.redeem(first.link.secret.expose(), PASSWORD, &caller(1), office.now());
    assert_eq!(late.unwrap_err().code(), "link-expired");
    assert!(office.accounts.first_administrator(&unit("office"), office.now()).unwrap().is_some());
}

#[test]
fn whoever_was_made_administrator_at_the_machine_is_the_first_and_there_is_no_second() {
    let office = Office::new();
    let boss = office.add("boss");
    office.grant(&boss, Role::Administrator, "office");
    let first = office.accounts.first_administrator(&unit("office"), office.now()).unwrap().unwrap();
    assert_eq!((first.account, first.login.as_str()), (boss, "boss"));
    assert_eq!(office.accounts.accounts().unwrap().len(), 1);
}

#[test]
fn looking_at_a_link_does_not_use_it_and_using_it_does() {
    let office = Office::new();
    let wang = office.add("wang");
    let link =
        office.accounts.make_link(Manager::Operator, &wang, Purpose::Invitation, office.now()).unwrap();
    let secret = link.secret.expose();
    (0..3).for_each(|_| assert_eq!(office.accounts.link(secret, office.now()).unwrap().login, "wang"));
    let redeem = |password: &str| office.accounts.redeem(secret, password, &caller(1), office.now());
    assert_eq!(redeem("短").unwrap_err().code(), "password-short", "and the link is still good");
    assert!(redeem(PASSWORD).is_ok());
    assert_eq!(redeem(PASSWORD).unwrap_err().code(), "link-used");
    assert_eq!(office.accounts.link(secret, office.now()).unwrap_err().code(), "link-used");
}

#[test]
fn of_two_who_use_a_link_at_the_same_time_one_comes_in() {
    let office = Office::new();
    let wang = office.add("wang");
    let link = office.accounts.make_link(Manager::Operator, &wang, Purpose::Reset, office.now()).unwrap();
    let together = Barrier::new(8);
    let came_in = std::thread::scope(|scope| {
        let redeem = |host| {
            together.wait();
            office.accounts.redeem(link.secret.expose(), PASSWORD, &caller(host), office.now()).is_ok()
        };
        let running: Vec<_> = (0..8).map(|host| scope.spawn(move || redeem(host))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).filter(|came| *came).count()
    });
    assert_eq!(came_in, 1);
}

#[test]
fn a_reset_ends_sessions_pauses_and_the_old_password() {
    let office = Office::new();
    let wang = office.hire("wang", Role::Reporter, "guixi");
    let session = office.login("wang", PASSWORD).unwrap();
    (0..5).for_each(|_| drop(office.login("wang", "忘了忘了忘了忘了忘了")));
    let link = office.accounts.make_link(Manager::Operator, &wang, Purpose::Reset, office.now()).unwrap();
    let new = "上清古镇的石板路很长";
    office.accounts.redeem(link.secret.expose(), new, &caller(1), office.now()).unwrap();
    assert_eq!(office.session_code(&session), "credential-ended");
    assert_eq!((office.login_code("wang", PASSWORD), office.login_code("wang", new)), ("login-wrong", "ok"));
}

#[test]
fn a_lock_ends_the_links_that_are_out() {
    let office = Office::new();
    let wang = office.add("wang");
    let link =
        office.accounts.make_link(Manager::Operator, &wang, Purpose::Invitation, office.now()).unwrap();
    office.accounts.lock_account(Manager::Operator, &wang, "未到岗", office.now()).unwrap();
    let refused = office.accounts.redeem(link.secret.expose(), PASSWORD, &caller(1), office.now());
    assert_eq!(refused.unwrap_err().code(), "link-used");
    let refused = office.accounts.make_link(Manager::Operator, &wang, Purpose::Invitation, office.now());
    assert_eq!(refused.unwrap_err().code(), "account-locked");
}

#[test]
fn roles_hold_from_their_first_day_to_their_last_in_china() {
    let office = Office::new();
    let wang = office.hire("wang", Role::Leader, "guixi");
    let acting = RoleGrant {
        role: Role::Reporter,
        unit: unit("guixi"),
        from: day("2026-10-03"),
        to: Some(day("2026-10-04")),
    };
    office.accounts.grant_role(Manager::Operator, &wang, &acting, office.now()).unwrap();
    let reports = || {
        let roles = office.identity("wang").roles().to_vec();
        roles.iter().any(|held| held.role == Role::Reporter)
    };
    // It is 09:00 on the 1st in China; the 3rd begins 39 hours later, when it is still the 2nd in UTC.
    office.pass(39 * 3600 - 1);
    assert!(!reports());
    office.pass(1);
    assert!(reports());
    office.pass(2 * DAY_S - 1);
    assert!(reports());
    office.pass(1);
    assert!(!reports());
}

fn grant_code(
    office: &Office,
    account: &AccountId,
    role: Role,
    from: &str,
    to: Option<&str>,
) -> &'static str {
    let grant = RoleGrant { role, unit: unit("guixi"), from: day(from), to: to.map(day) };
    let granted = office.accounts.grant_role(Manager::Operator, account, &grant, office.now());
    granted.err().map_or("ok", |why| why.code())
}

#[test]
fn who_watches_does_not_record() {
    let office = Office::new();
    let apart = [Role::Auditor, Role::Administrator];
    for (&first, &second) in Role::ALL.iter().flat_map(|own| Role::ALL.iter().map(move |other| (own, other)))
    {
        let account = office.add(&format!("{}-{}", first.word(), second.word()));
        assert_eq!(grant_code(&office, &account, first, "2026-10-01", None), "ok");
        let clash = (apart.contains(&first) || apart.contains(&second))
            && first != Role::Leader
            && second != Role::Leader;
        let expected = match (first == second, clash) {
            (true, _) => "role-held-already",
            (false, true) => "roles-clash",
            (false, false) => "ok",
        };
        assert_eq!(grant_code(&office, &account, second, "2026-12-31", None), expected, "{first} {second}");
    }
}

#[test]
fn roles_that_do_not_go_together_may_follow_one_another() {
    let office = Office::new();
    let wang = office.add("wang");
    assert_eq!(grant_code(&office, &wang, Role::Reporter, "2026-01-01", Some("2026-06-30")), "ok");
    assert_eq!(grant_code(&office, &wang, Role::Auditor, "2026-06-30", None), "roles-clash");
    assert_eq!(grant_code(&office, &wang, Role::Auditor, "2026-07-01", None), "ok");
    assert_eq!(
        grant_code(&office, &wang, Role::Reporter, "2026-05-01", Some("2026-04-01")),
        "ends-before-it-starts"
    );
}

#[test]
fn an_administrator_does_to_others_what_they_cannot_do_to_themselves() {
    let office = Office::new();
    let (boss, wang) =
        (office.hire("boss", Role::Administrator, "office"), office.hire("wang", Role::Reporter, "guixi"));
    let identity = office.identity("boss");
    let me = Manager::Person(&identity);
    let role = RoleGrant { role: Role::Leader, unit: unit("office"), from: day("2026-10-01"), to: None };
    let (accounts, now) = (&office.accounts, office.now());
    assert_eq!(accounts.grant_role(me, &boss, &role, now).unwrap_err().code(), "not-your-own");
    assert_eq!(accounts.lock_account(me, &boss, "手滑", now).unwrap_err().code(), "not-your-own");
    assert_eq!(accounts.make_link(me, &boss, Purpose::Reset, now).unwrap_err().code(), "not-your-own");
    assert!(accounts.grant_role(me, &wang, &role, now).is_ok());
    assert!(accounts.make_link(me, &wang, Purpose::Reset, now).is_ok());
    assert!(accounts.lock_account(me, &wang, "离岗", now).is_ok());
}

#[test]
fn nobody_but_an_administrator_changes_accounts() {
    let office = Office::new();
    let wang = office.hire("wang", Role::Reporter, "guixi");
    for &role in Role::ALL.iter().filter(|role| **role != Role::Administrator) {
        office.hire(role.word(), role, "guixi");
        let identity = office.identity(role.word());
        let (me, accounts, now) = (Manager::Person(&identity), &office.accounts, office.now());
        let new = NewAccount { login: "new".into(), person: "演示数据".into(), id: None };
        let grant = RoleGrant { role: Role::Leader, unit: unit("guixi"), from: day("2026-10-01"), to: None };
        let id = accounts.roles(&wang).unwrap()[0].id;
        let identity = accounts::ExternalIdentity { issuer: "a".into(), subject: "b".into() };
        let codes = [
            accounts.add_account(me, &new, now).unwrap_err().code(),
            accounts.grant_role(me, &wang, &grant, now).unwrap_err().code(),
            accounts.withdraw_role(me, &wang, id, now).unwrap_err().code(),
            accounts.make_link(me, &wang, Purpose::Reset, now).unwrap_err().code(),
            accounts.lock_account(me, &wang, "试试", now).unwrap_err().code(),
            accounts.unlock_account(me, &wang, now).unwrap_err().code(),
            accounts.tie_identity(me, &wang, &identity, now).unwrap_err().code(),
        ];
        assert_eq!(codes, ["not-your-role"; 7], "{role}");
    }
}

#[test]
fn a_login_name_and_a_pseudonym_belong_to_one_account() {
    let office = Office::new();
    office.add("wang");
    let add = |login: &str, person: &str, id: Option<&str>| {
        let id = id.map(|id| id.parse().unwrap());
        let new = NewAccount { login: login.into(), person: person.into(), id };
        office
            .accounts
            .add_account(Manager::Operator, &new, office.now())
            .err()
            .map_or("ok", |why| why.code())
    };
    assert_eq!(add(" WANG", "演示数据", None), "login-taken");
    assert_eq!(add("li", "演示数据", Some("guixi.report")), "ok");
    assert_eq!(add("zhao", "演示数据", Some("guixi.report")), "account-id-taken");
    for bad in ["", "x", "two words", "a\u{0}b", &"长".repeat(65)] {
        assert_eq!(add(bad, "演示数据", None), "bad-login", "{bad}");
    }
    assert_eq!(add("zhao", "", None), "bad-text");
    assert_eq!(add("zhao", "两行\n名字", None), "bad-text");
    assert_eq!(office.accounts.find_account("LI").unwrap().id.as_str(), "guixi.report");
    assert_eq!(office.accounts.find_account("guixi.report").unwrap().login, "li");
    assert_eq!(office.accounts.find_account("none").unwrap_err().code(), "unknown-account");
}
