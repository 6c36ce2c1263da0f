//! API tokens of one's own account.

use accounts::{Manager, NewToken, Scope};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use chain::Instant;
use serde::Deserialize;
use serde_json::json;

use super::given::{answer, created, done};
use super::people::change_refused;
use super::{Act, Entrance, Given, small};
use crate::people::storage;
use crate::problem::Problem;

/// A day, in microseconds.
const DAY: i64 = 86_400_000_000;

pub const ACTS: [Act; 3] = [
    Act {
        method: Method::GET,
        path: "/tokens",
        id: "tokens",
        title: "我的接口令牌",
        about: "本账号的接口令牌；令牌本身只在发放时出现一次。",
        parameters: &[],
        sent: None,
        done: &[(200, "令牌")],
        entrance: Entrance::SignedIn,
        perform: list,
    },
    Act {
        method: Method::POST,
        path: "/tokens",
        id: "issue-token",
        title: "发放接口令牌",
        about: "给程序用的令牌，权限不超过本账号的角色；须登录办理。scopes：read 读取，report 报送，verify 复核，run 周期管理。",
        parameters: &[],
        sent: small(|| json!({ "name": "统计系统对接", "scopes": ["read", "report"], "days": 90 })),
        done: &[(201, "令牌，只出现这一次")],
        entrance: Entrance::SignedIn,
        perform: issue,
    },
    Act {
        method: Method::DELETE,
        path: "/tokens/{id}",
        id: "end-token",
        title: "停用接口令牌",
        about: "立即失效。",
        parameters: &[],
        sent: None,
        done: &[(204, "已停用")],
        entrance: Entrance::SignedIn,
        perform: end,
    },
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    name: String,
    scopes: Vec<String>,
    days: u16,
}

fn list(given: &Given<'_>) -> Result<Response, Problem> {
    let account = given.identity()?.account();
    let tokens = given.people().accounts().tokens(account).map_err(|error| storage(&error))?;
    let rows = tokens.iter().map(|token| {
        json!({
            "id": token.id, "name": token.name, "scopes": token.scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>(),
            "created_at": token.created_at.to_string(), "expires_at": token.expires_at.to_string(),
            "ended_at": token.ended_at.map(|at| at.to_string()),
        })
    });
    Ok(answer(StatusCode::OK, &json!({ "tokens": rows.collect::<Vec<_>>() })))
}

fn issue(given: &Given<'_>) -> Result<Response, Problem> {
    let Asked { name, scopes, days } = given.json()?;
    let read = |word: &String| {
        word.parse::<Scope>().map_err(|error| Problem::bad_request("bad-scope", error.to_string()))
    };
    let scopes = scopes.iter().map(read).collect::<Result<_, _>>()?;
    let identity = given.identity()?;
    let expires_at = Instant::from_micros(given.now.micros() + i64::from(days) * DAY);
    let expires_at =
        expires_at.ok_or_else(|| Problem::bad_request("bad-expiry", "到期时间超出日历。请改 days。"))?;
    let new = NewToken { name, scopes, expires_at };
    let account = identity.account();
    let issued = given.people().accounts().issue_token(Manager::Person(identity), account, &new, given.now);
    let issued = issued.map_err(change_refused)?;
    let body = json!({
        "id": issued.id, "token": issued.secret.expose(), "expires_at": expires_at.to_string(),
    });
    Ok(created(&format!("/v1/tokens/{}", issued.id), &body))
}

fn end(given: &Given<'_>) -> Result<Response, Problem> {
    let id: i64 = given.in_path("id", "令牌的编号是整数")?;
    let identity = given.identity()?;
    let ended =
        given.people().accounts().end_token(Manager::Person(identity), identity.account(), id, given.now);
    ended.map_err(change_refused)?;
    Ok(done())
}
