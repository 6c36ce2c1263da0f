//! 登录, and one-time links: the only pages for nobody in particular.

use askama::Template;

use crate::bare::Bare;
use crate::frame::filled;

#[derive(Template)]
#[template(path = "sign-in.html")]
struct SignInPage<'a> {
    frame: Bare,
    login: &'a str,
    next: &'a str,
    problem: &'a str,
}

/// The form to log in; `problem` says why it did not work, and is empty before.
#[must_use]
pub fn sign_in(login: &str, next: &str, problem: &str) -> String {
    filled(&SignInPage { frame: Bare::of("登录", ""), login, next, problem })
}

/// Whom a link is for.
#[derive(Clone, Copy, Debug)]
pub struct Invited<'a> {
    /// The login name.
    pub login: &'a str,
    /// Until when it can be used.
    pub until: &'a str,
}

#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage<'a> {
    frame: Bare,
    invited: Invited<'a>,
    problem: &'a str,
}

/// The form that sets a password with a one-time link. It is sent to its own address, so that the secret stands nowhere on it.
#[must_use]
pub fn link(invited: Invited<'_>, problem: &str) -> String {
    filled(&LinkPage { frame: Bare::of("设置密码", ""), invited, problem })
}
