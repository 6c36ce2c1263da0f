//! Becoming somebody and ceasing to be: logins, one-time links, passwords, who one is.

use accounts::{Caller, Identity, LinkRefused, LoginRefused, Means, PasswordNotChanged, Session, Unfit};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use chain::Instant;
use serde::Deserialize;
use serde_json::{Value, json};

use super::given::{answer, created, done};
use super::{Act, Entrance, Given, small};
use crate::people::{People, Visitor, not_signed_in, storage};
use crate::problem::Problem;

pub const ACTS: [Act; 6] = [
    Act {
        method: Method::POST,
        path: "/sessions",
        id: "login",
        title: "登录",
        about: "用登录名和密码登录。会话在 HttpOnly 的 cookie 里；回答里的 csrf_token 要随每个写请求放进 X-CSRF-Token。失败太多次会暂停（429，见 Retry-After）。",
        parameters: &[],
        sent: small(|| json!({ "login": "wang.fang", "password": "演示-不要用这个" })),
        done: &[(201, "已登录")],
        entrance: Entrance::Anybody,
        perform: login,
    },
    Act {
        method: Method::DELETE,
        path: "/sessions",
        id: "logout",
        title: "退出",
        about: "结束本次登录。",
        parameters: &[],
        sent: None,
        done: &[(204, "已退出")],
        entrance: Entrance::SignedIn,
        perform: logout,
    },
    Act {
        method: Method::GET,
        path: "/me",
        id: "me",
        title: "我是谁",
        about: "本账号的化名、角色和单位；浏览器另有 csrf_token。姓名不在其中。",
        parameters: &[],
        sent: None,
        done: &[(200, "账号")],
        entrance: Entrance::SignedIn,
        perform: |given| Ok(answer(StatusCode::OK, &me(&given.visitor)?)),
    },
    Act {
        method: Method::POST,
        path: "/me/password",
        id: "change-password",
        title: "改密码",
        about: "改自己的密码：其他会话全部失效，本次换成新的会话。",
        parameters: &[],
        sent: small(|| json!({ "old": "演示-旧密码", "new": "演示-新的更长的密码" })),
        done: &[(201, "已改，并以新的会话登录")],
        entrance: Entrance::SignedIn,
        perform: change_password,
    },
    Act {
        method: Method::GET,
        path: "/links/{secret}",
        id: "link",
        title: "看一次性链接",
        about: "链接是否可用、给谁用；看不会用掉它。",
        parameters: &[],
        sent: None,
        done: &[(200, "可用的链接")],
        entrance: Entrance::Anybody,
        perform: link,
    },
    Act {
        method: Method::POST,
        path: "/links/{secret}",
        id: "redeem-link",
        title: "用一次性链接设密码",
        about: "设密码并登录；链接随即失效。",
        parameters: &[],
        sent: small(|| json!({ "password": "演示-新的更长的密码" })),
        done: &[(201, "密码已设，已登录")],
        entrance: Entrance::Anybody,
        perform: redeem,
    },
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    login: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    old: String,
    new: String,
}

fn caller<'g>(given: &'g Given<'_>) -> Caller<'g> {
    let earlier_session = given.people().presented(given.headers);
    Caller { address: given.address, earlier_session }
}

fn login(given: &Given<'_>) -> Result<Response, Problem> {
    let Login { login, password } = given.json()?;
    let session = given.people().accounts().login(&login, &password, &caller(given), given.now);
    let session = session.map_err(|why| not_let_in(why, given.now))?;
    Ok(begun(given, &session))
}

fn logout(given: &Given<'_>) -> Result<Response, Problem> {
    let Visitor::Browser(_, secret) = &given.visitor else {
        let detail = "令牌没有会话可退出。要停用令牌，请用 DELETE /v1/tokens/{id}。";
        return Err(Problem::bad_request("no-session", detail));
    };
    given.people().accounts().logout(secret, given.now).map_err(|error| storage(&error))?;
    let mut response = done();
    set_cookie(&mut response, &given.people().cookie("", 0));
    Ok(response)
}

fn change_password(given: &Given<'_>) -> Result<Response, Problem> {
    let Change { old, new } = given.json()?;
    let changed = given.people().accounts().change_password(&old, &new, &caller(given), given.now);
    let session = changed.map_err(|why| match why {
        PasswordNotChanged::NotSignedIn(why) => not_signed_in(why),
        PasswordNotChanged::Old(why) => not_let_in(why, given.now),
        PasswordNotChanged::New(unfit) => unfit_password(&unfit),
    })?;
    Ok(begun(given, &session))
}

fn link(given: &Given<'_>) -> Result<Response, Problem> {
    let secret = secret(given);
    let link = given.people().accounts().link(secret, given.now);
    let link = link.map_err(|why| link_refused(why, given.now))?;
    let body = json!({
        "purpose": link.purpose.word(), "login": link.login, "expires_at": link.expires_at.to_string(),
    });
    Ok(answer(StatusCode::OK, &body))
}

fn redeem(given: &Given<'_>) -> Result<Response, Problem> {
    let NewPassword { password } = given.json()?;
    let session = given.people().accounts().redeem(secret(given), &password, &caller(given), given.now);
    let session = session.map_err(|why| link_refused(why, given.now))?;
    Ok(begun(given, &session))
}

fn secret<'g>(given: &'g Given<'_>) -> &'g str {
    given.path.get("secret").map(String::as_str).unwrap_or_default()
}

/// The answer to who has just come in: the cookie, and what is to be sent along with it.
fn begun(given: &Given<'_>, session: &Session) -> Response {
    let secret = session.secret.expose();
    let mut body = person(&session.identity);
    body["csrf_token"] = People::csrf_token(secret).into();
    body["expires_at"] = session.expires_at.to_string().into();
    body["idle_seconds"] = session.idle_s.into();
    let mut response = created("/v1/me", &body);
    let seconds = (session.expires_at.micros() - given.now.micros()) / 1_000_000;
    set_cookie(&mut response, &given.people().cookie(secret, seconds));
    response
}

fn set_cookie(response: &mut Response, cookie: &str) {
    let cookie = HeaderValue::try_from(cookie).expect("secrets and names are ASCII");
    response.headers_mut().insert(header::SET_COOKIE, cookie);
}

fn me(visitor: &Visitor) -> Result<Value, Problem> {
    let nobody = || Problem::unauthorized("not-signed-in", "没有登录。请登录，或用接口令牌。");
    let mut body = person(visitor.identity().ok_or_else(nobody)?);
    if let Visitor::Browser(_, secret) = visitor {
        body["csrf_token"] = People::csrf_token(secret).into();
    }
    Ok(body)
}

fn person(identity: &Identity) -> Value {
    let roles = identity
        .roles()
        .iter()
        .map(|held| json!({ "role": held.role.word(), "name": held.role.chinese(), "unit": held.unit }));
    let scopes = identity.scopes().map(|scopes| scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>());
    let means = match identity.means() {
        Means::Session(_) => "session",
        Means::Token(_) => "token",
    };
    json!({
        "account": identity.account(), "means": means, "roles": roles.collect::<Vec<_>>(), "scopes": scopes,
    })
}

/// Why somebody is not let in. A pause says how long, in whole seconds.
pub fn not_let_in(why: LoginRefused, now: Instant) -> Problem {
    let (code, detail) = (why.code(), why.to_string());
    match why {
        LoginRefused::Wrong => Problem::unauthorized(code, detail),
        LoginRefused::Locked => Problem::forbidden(code, detail),
        LoginRefused::Paused { until } => {
            let seconds = (until.micros() - now.micros()).max(0).unsigned_abs().div_ceil(1_000_000).max(1);
            Problem::of(StatusCode::TOO_MANY_REQUESTS, code, "暂停登录", detail).retry_after(seconds)
        }
        LoginRefused::Busy => {
            Problem::of(StatusCode::TOO_MANY_REQUESTS, code, "登录的人太多", detail).retry_after(3)
        }
        LoginRefused::Provider(_) => Problem::unavailable(code, detail).retry_after(5),
        LoginRefused::Storage(error) => storage(&error),
    }
}

fn link_refused(why: LinkRefused, now: Instant) -> Problem {
    let (code, detail) = (why.code(), why.to_string());
    match why {
        LinkRefused::Unknown => Problem::not_found(code, detail),
        LinkRefused::Used | LinkRefused::Expired | LinkRefused::ClockWentBack => {
            Problem::of(StatusCode::GONE, code, "链接不能再用", detail)
        }
        LinkRefused::Password(unfit) => unfit_password(&unfit),
        LinkRefused::Login(why) => not_let_in(why, now),
    }
}

fn unfit_password(unfit: &Unfit) -> Problem {
    Problem::of(StatusCode::UNPROCESSABLE_ENTITY, unfit.code(), "密码没有改", unfit.to_string())
}
