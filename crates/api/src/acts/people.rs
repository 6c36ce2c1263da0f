//! Looking after accounts: who there is, which roles they hold, links, locks, and what happened.

use accounts::{
    Account, Action, ChangeRefused, GrantedRole, Manager, NewAccount, Purpose, Role, RoleGrant, Subject,
};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use chain::Date;
use events::{AccountId, UnitId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::given::{answer, created, done};
use super::{Act, Entrance, Given, small};
use crate::parameters::optional;
use crate::people::storage;
use crate::problem::Problem;

/// Rows of the log that are given at once.
const LOG_ROWS: u32 = 200;

pub const ACTS: [Act; 9] = [
    Act {
        method: Method::GET,
        path: "/accounts",
        id: "accounts",
        title: "账号",
        about: "全部账号和角色（管理员）。姓名只在账号库里，不入账。",
        parameters: &[],
        sent: None,
        done: &[(200, "账号")],
        entrance: Entrance::SignedIn,
        perform: list,
    },
    Act {
        method: Method::POST,
        path: "/accounts",
        id: "add-account",
        title: "新建账号",
        about: "新建账号并生成邀请链接（管理员）。链接只出现这一次。",
        parameters: &[],
        sent: small(|| json!({ "login": "wang.fang", "person": "演示人员甲" })),
        done: &[(201, "账号和邀请链接")],
        entrance: Entrance::SignedIn,
        perform: add,
    },
    Act {
        method: Method::POST,
        path: "/accounts/{account}/roles",
        id: "grant-role",
        title: "授予角色",
        about: "从某日到某日、以某单位名义的角色（管理员）；不能授给自己。",
        parameters: &[],
        sent: small(
            || json!({ "role": "reporter", "unit": "guixi", "from": "2026-01-01", "to": "2026-12-31" }),
        ),
        done: &[(201, "已授予")],
        entrance: Entrance::SignedIn,
        perform: grant,
    },
    Act {
        method: Method::DELETE,
        path: "/accounts/{account}/roles/{id}",
        id: "withdraw-role",
        title: "收回角色",
        about: "立即收回（管理员）；已办的事不受影响。",
        parameters: &[],
        sent: None,
        done: &[(204, "已收回")],
        entrance: Entrance::SignedIn,
        perform: withdraw,
    },
    Act {
        method: Method::POST,
        path: "/accounts/{account}/links",
        id: "make-link",
        title: "生成一次性链接",
        about: "邀请或重置密码的链接（管理员）；以前的链接随即失效。",
        parameters: &[],
        sent: None,
        done: &[(201, "链接，只出现这一次")],
        entrance: Entrance::SignedIn,
        perform: link,
    },
    Act {
        method: Method::POST,
        path: "/accounts/{account}/lock",
        id: "lock-account",
        title: "停用账号",
        about: "会话、令牌和链接立即失效（管理员）；不能停用自己。",
        parameters: &[],
        sent: small(|| json!({ "reason": "演示：已调离" })),
        done: &[(204, "已停用")],
        entrance: Entrance::SignedIn,
        perform: lock,
    },
    Act {
        method: Method::DELETE,
        path: "/accounts/{account}/lock",
        id: "unlock-account",
        title: "恢复账号",
        about: "恢复停用的账号，并解除登录失败的暂停（管理员）。",
        parameters: &[],
        sent: None,
        done: &[(204, "已恢复")],
        entrance: Entrance::SignedIn,
        perform: unlock,
    },
    Act {
        method: Method::GET,
        path: "/account-log",
        id: "account-log",
        title: "账号日志",
        about: "账号上发生过什么，以及日志是否完整（审计、管理员）。",
        parameters: &[optional("after", "从这一条之后起", "0")],
        sent: None,
        done: &[(200, "日志")],
        entrance: Entrance::SignedIn,
        perform: log,
    },
    Act {
        method: Method::GET,
        path: "/state",
        id: "state",
        title: "系统状态",
        about: "账本行数、签名的账本头、排队的报送和最近一次自查（数字办、审计、管理员）。",
        parameters: &[],
        sent: None,
        done: &[(200, "状态")],
        entrance: Entrance::SignedIn,
        perform: state,
    },
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Added {
    login: String,
    person: String,
    id: Option<AccountId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Granted {
    role: String,
    unit: UnitId,
    from: Date,
    to: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Locked {
    reason: String,
}

fn account(given: &Given<'_>) -> Result<AccountId, Problem> {
    given.in_path("account", "账号的化名由小写字母、数字和 . _ - 组成")
}

fn list(given: &Given<'_>) -> Result<Response, Problem> {
    given.allowed(Action::ManageAccounts, &Subject::Everything)?;
    let accounts = given.people().accounts();
    let all = accounts.accounts().map_err(|error| storage(&error))?;
    let rows = all.iter().map(|own| {
        let roles = accounts.roles(&own.id).map_err(|error| storage(&error))?;
        Ok(account_json(own, &roles))
    });
    let rows = rows.collect::<Result<Vec<_>, Problem>>()?;
    Ok(answer(StatusCode::OK, &json!({ "accounts": rows })))
}

fn account_json(own: &Account, roles: &[GrantedRole]) -> Value {
    let roles = roles.iter().map(|own| {
        let RoleGrant { role, unit, from, to } = &own.grant;
        json!({
            "id": own.id, "role": role.word(), "name": role.chinese(), "unit": unit, "from": from, "to": to,
            "withdrawn_at": own.withdrawn_at.map(|at| at.to_string()),
        })
    });
    let lock = own.lock.as_ref().map(|lock| json!({ "at": lock.at.to_string(), "reason": lock.reason }));
    json!({
        "account": own.id, "login": own.login, "person": own.person, "created_at": own.created_at.to_string(),
        "has_password": own.has_password, "lock": lock, "roles": roles.collect::<Vec<_>>(),
    })
}

fn add(given: &Given<'_>) -> Result<Response, Problem> {
    let Added { login, person, id } = given.json()?;
    let by = Manager::Person(given.identity()?);
    let accounts = given.people().accounts();
    let id =
        accounts.add_account(by, &NewAccount { login, person, id }, given.now).map_err(change_refused)?;
    let link = accounts.make_link(by, &id, Purpose::Invitation, given.now).map_err(change_refused)?;
    let body = json!({
        "account": id, "link": format!("{}{}", accounts::LINK_PATH, link.secret.expose()),
        "expires_at": link.expires_at.to_string(),
    });
    Ok(created(&format!("/v1/accounts/{id}"), &body))
}

fn grant(given: &Given<'_>) -> Result<Response, Problem> {
    let account = account(given)?;
    let Granted { role, unit, from, to } = given.json()?;
    let role: Role = role
        .parse()
        .map_err(|error: accounts::UnknownWord| Problem::bad_request("bad-role", error.to_string()))?;
    let identity = given.allowed(Action::ManageAccounts, &Subject::Everything)?;
    if given.ledger.model().ledger().book().registry().unit(&unit).is_none() {
        let detail = "账本里没有这个单位，没有授予角色。请核对单位代码。";
        return Err(Problem::unprocessable("unknown-unit", detail));
    }
    let asked = RoleGrant { role, unit, from, to };
    let accounts = given.people().accounts();
    let id = accounts.grant_role(Manager::Person(identity), &account, &asked, given.now);
    let id = id.map_err(change_refused)?;
    Ok(created(&format!("/v1/accounts/{account}/roles/{id}"), &json!({ "id": id })))
}

fn withdraw(given: &Given<'_>) -> Result<Response, Problem> {
    let id: i64 = given.in_path("id", "角色的编号是整数")?;
    let by = Manager::Person(given.identity()?);
    let account = account(given)?;
    given.people().accounts().withdraw_role(by, &account, id, given.now).map_err(change_refused)?;
    Ok(done())
}

fn link(given: &Given<'_>) -> Result<Response, Problem> {
    let account = account(given)?;
    let identity = given.allowed(Action::ManageAccounts, &Subject::Everything)?;
    let accounts = given.people().accounts();
    let found = accounts.account(&account).map_err(change_refused)?;
    let purpose = if found.has_password { Purpose::Reset } else { Purpose::Invitation };
    let made = accounts.make_link(Manager::Person(identity), &account, purpose, given.now);
    let made = made.map_err(change_refused)?;
    let path = format!("{}{}", accounts::LINK_PATH, made.secret.expose());
    let body = json!({ "link": path, "purpose": purpose.word(), "expires_at": made.expires_at.to_string() });
    Ok(answer(StatusCode::CREATED, &body))
}

fn lock(given: &Given<'_>) -> Result<Response, Problem> {
    let Locked { reason } = given.json()?;
    let by = Manager::Person(given.identity()?);
    let account = account(given)?;
    given.people().accounts().lock_account(by, &account, &reason, given.now).map_err(change_refused)?;
    Ok(done())
}

fn unlock(given: &Given<'_>) -> Result<Response, Problem> {
    let by = Manager::Person(given.identity()?);
    let account = account(given)?;
    given.people().accounts().unlock_account(by, &account, given.now).map_err(change_refused)?;
    Ok(done())
}

fn log(given: &Given<'_>) -> Result<Response, Problem> {
    given.allowed(Action::ReadAccountLog, &Subject::Everything)?;
    let after = given.query.value("after", "要写整数")?.unwrap_or(0);
    let accounts = given.people().accounts();
    let entries = accounts.log(None, after, LOG_ROWS).map_err(|error| storage(&error))?;
    let rows = entries.iter().map(|own| {
        json!({
            "id": own.id, "at": own.at.to_string(), "by": own.by.to_string(), "act": own.act.word(),
            "name": own.act.chinese(), "account": own.account, "detail": own.detail, "address": own.address,
        })
    });
    let rows: Vec<Value> = rows.collect();
    let whole = match accounts.check_log().map_err(|error| storage(&error))? {
        Ok(end) => json!({ "entries": end.entries, "digest": end.digest }),
        Err(broken) => json!({ "broken_at": broken.0, "message": broken.to_string() }),
    };
    Ok(answer(StatusCode::OK, &json!({ "entries": rows, "whole": whole })))
}

fn state(given: &Given<'_>) -> Result<Response, Problem> {
    given.allowed(Action::ReadState, &Subject::Everything)?;
    let lines = given.ledger.model().size();
    let body = json!({
        "lines": lines, "signed_lines": given.ledger.signed_size(), "submissions_open": given.desk.sequencer.open(),
        "projection_failure": given.ledger.failure(), "self_check": given.ledger.checked(),
    });
    Ok(answer(StatusCode::OK, &body))
}

/// Why accounts stay as they were.
pub fn change_refused(why: ChangeRefused) -> Problem {
    use ChangeRefused as Why;
    let (code, detail) = (why.code(), why.to_string());
    let conflict = |code, detail| Problem::conflict(code, detail);
    match why {
        Why::NotAllowed(refusal) => Problem::from(&refusal),
        Why::NotYours | Why::NotByToken | Why::NotYourOwn(_) => Problem::forbidden(code, detail),
        Why::UnknownAccount(_) | Why::Unknown { .. } => Problem::not_found(code, detail),
        Why::LoginTaken(_)
        | Why::IdTaken(_)
        | Why::HeldAlready { .. }
        | Why::RolesClash { .. }
        | Why::Locked { .. }
        | Why::IdentityTied => conflict(code, detail),
        Why::BadLogin(_)
        | Why::BadText { .. }
        | Why::EndsBeforeItStarts
        | Why::BadExpiry { .. }
        | Why::NoScope
        | Why::Password(_) => Problem::of(StatusCode::UNPROCESSABLE_ENTITY, code, "没有作任何更改", detail),
        Why::Storage(error) => storage(&error),
    }
}
