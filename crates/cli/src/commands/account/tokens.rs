//! `account token`.

use std::collections::BTreeSet;

use ::accounts::{Manager, NewToken, Scope};
use anyhow::Context as _;
use chain::Instant;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Desk, changed, refused};
use crate::args;
use crate::output::{Answer, Table};

/// 接口令牌
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// 发放令牌：只显示一次；权限不超过账号的角色
    Issue {
        /// 账号代码或登录名
        #[arg(value_name = "ACCOUNT")]
        account: String,
        /// 用途
        #[arg(long, value_name = "TEXT")]
        name: String,
        /// 权限范围，可以有几个：read 读取，report 报送，verify 复核，run 周期管理
        #[arg(long = "scope", value_name = "SCOPE", required = true, value_parser = super::word::<Scope>)]
        scopes: Vec<Scope>,
        /// 有效天数，最多 366
        #[arg(long, value_name = "DAYS", default_value = "90", value_parser = args::count)]
        days: u32,
    },
    /// 停用令牌：立即生效
    End {
        /// 账号代码或登录名
        #[arg(value_name = "ACCOUNT")]
        account: String,
        /// 编号，见 account token list
        #[arg(value_name = "NUMBER", value_parser = super::lists::number)]
        id: i64,
    },
    /// 列出一个账号的令牌
    List {
        /// 账号代码或登录名
        #[arg(value_name = "ACCOUNT")]
        account: String,
    },
}

/// Issues, ends or lists tokens.
///
/// # Errors
/// When the accounts cannot be read, or a change is refused.
pub(super) fn run(arguments: Arguments, desk: &Desk) -> anyhow::Result<Answer> {
    match arguments.action {
        Action::Issue { account, name, scopes, days } => {
            let ends = desk.now.micros() + i64::from(days) * 86_400_000_000;
            let expires_at = Instant::from_micros(ends).context("令牌的到期时间超出了日历。")?;
            issue(desk, &account, &NewToken { name, scopes: BTreeSet::from_iter(scopes), expires_at })
        }
        Action::End { account, id } => {
            let found = desk.find(&account)?;
            desk.accounts.end_token(Manager::Operator, &found.id, id, desk.now).map_err(refused)?;
            Ok(changed(&found, &format!("的令牌 #{id} 已停用。")))
        }
        Action::List { account } => list(desk, &account),
    }
}

fn issue(desk: &Desk, account: &str, new: &NewToken) -> anyhow::Result<Answer> {
    let found = desk.find(account)?;
    let issued = desk.accounts.issue_token(Manager::Operator, &found.id, new, desk.now).map_err(refused)?;
    let secret = issued.secret.expose();
    let text = format!(
        "令牌 #{}：{secret}\n有效至 {}，以后不再显示。请求里写 Authorization: Bearer 令牌。",
        issued.id,
        args::china_time(new.expires_at),
    );
    let answer = Answer::new(json!({ "account": found.id, "id": issued.id, "token": secret }));
    Ok(answer.also("expires_at", new.expires_at.to_string().into()).text(text))
}

fn list(desk: &Desk, account: &str) -> anyhow::Result<Answer> {
    let found = desk.find(account)?;
    let tokens = desk.accounts.tokens(&found.id)?;
    let headings = ["编号", "用途", "权限范围", "有效至", "最近使用", "状态"];
    let mut table = Table::new(format!("{} 的令牌", found.login), headings);
    let mut rows = Vec::new();
    for own in &tokens {
        let words: Vec<&str> = own.scopes.iter().map(|scope| scope.word()).collect();
        let state = match own.ended_at {
            Some(_) => "已停用",
            None if own.expires_at <= desk.now => "已到期",
            None => "有效",
        };
        table.row([
            own.id.to_string(),
            own.name.clone(),
            words.join(" "),
            args::china_time(own.expires_at),
            own.used_at.map_or_else(|| "—".to_owned(), args::china_time),
            state.to_owned(),
        ]);
        rows.push(json!({
            "id": own.id, "name": own.name, "scopes": words, "created_at": own.created_at.to_string(),
            "expires_at": own.expires_at.to_string(), "used_at": own.used_at.map(|at| at.to_string()),
            "ended_at": own.ended_at.map(|at| at.to_string()),
        }));
    }
    Ok(Answer::new(json!({ "account": found.id, "tokens": rows })).table(table))
}
