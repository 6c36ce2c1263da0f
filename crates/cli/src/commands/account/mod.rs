//! `account`: people, as whoever sits at the server looks after them. The same is done by an administrator in the browser;
//! the account log says of what is done here that the operator did it.

mod lists;
mod roles;
mod tokens;

use std::path::PathBuf;
use std::str::FromStr;

use ::accounts::{
    Account, Accounts, ChangeRefused, LINK_PATH, Manager, NewAccount, OneTimeLink, Purpose, UnknownWord,
};
use app::{Clock as _, SystemClock};
use chain::Instant;
use clap::{Args, Subcommand};
use events::{AccountId, UnitId};
use serde_json::json;

use super::acts;
use crate::args;
use crate::ending::WrongData;
use crate::ledger::Reader;
use crate::ledger_dir::Choice;
use crate::output::Answer;

/// 账号
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// 生成首位管理员的一次性链接；已有管理员时不生成
    First {
        /// 管理员所在单位；不写则为市数字办
        #[arg(long, value_name = "UNIT", value_parser = args::unit)]
        unit: Option<UnitId>,
    },
    /// 新建账号，并生成邀请链接
    Add {
        /// 登录名：2 到 64 个字符，不分大小写
        #[arg(value_name = "LOGIN")]
        login: String,
        /// 姓名；只存在账号库里，不写入账本
        #[arg(long, value_name = "TEXT")]
        person: String,
        /// 记入账本的账号代码，不含姓名；不写则随机生成
        #[arg(long, value_name = "ACCOUNT", value_parser = args::account)]
        id: Option<AccountId>,
    },
    /// 列出账号、角色和状态
    List,
    /// 角色：授予、收回、列出
    Role(roles::Arguments),
    /// 生成一次性链接：未设密码的为邀请，已设的为重置；旧链接随即失效
    Link {
        /// 账号代码或登录名
        #[arg(value_name = "ACCOUNT")]
        account: String,
    },
    /// 接口令牌：发放、停用、列出
    Token(tokens::Arguments),
    /// 停用账号：会话、令牌和链接立即失效
    Lock {
        /// 账号代码或登录名
        #[arg(value_name = "ACCOUNT")]
        account: String,
        /// 停用原因
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// 恢复账号，并解除因登录失败而起的暂停
    Unlock {
        /// 账号代码或登录名
        #[arg(value_name = "ACCOUNT")]
        account: String,
    },
    /// 看账号日志，并检查它是否被改动过
    Log {
        /// 账号代码或登录名；不写则为全部
        #[arg(value_name = "ACCOUNT")]
        account: Option<String>,
        /// 从这一条之后起
        #[arg(long, value_name = "NUMBER", default_value = "0", value_parser = lists::number)]
        after: i64,
    },
}

/// The accounts of a ledger, with the moment of this run.
struct Desk {
    accounts: Accounts,
    ledger: PathBuf,
    now: Instant,
}

impl Desk {
    fn open(ledger: &Choice) -> anyhow::Result<Self> {
        let ledger = ledger.directory()?;
        let accounts = Accounts::open(&::accounts::beside(&ledger))?;
        Ok(Self { accounts, ledger, now: SystemClock.now() })
    }

    fn find(&self, id_or_login: &str) -> anyhow::Result<Account> {
        self.accounts.find_account(id_or_login).map_err(refused)
    }

    /// Refuses a unit that the ledger does not know: a role for it would never count.
    fn require_unit(&self, unit: &UnitId) -> anyhow::Result<()> {
        let reader = Reader::open(&self.ledger)?;
        if reader.book().registry().unit(unit).is_some() {
            return Ok(());
        }
        Err(WrongData(format!("账本里没有单位“{unit}”，没有作任何更改。请用 unit list 核对单位代码。"))
            .into())
    }
}

/// Makes, changes or lists accounts.
///
/// # Errors
/// When the accounts cannot be opened, or a change is refused.
pub fn run(arguments: Arguments, ledger: &Choice) -> anyhow::Result<Answer> {
    let desk = Desk::open(ledger)?;
    match arguments.action {
        Action::First { unit } => first(&desk, unit),
        Action::Add { login, person, id } => add(&desk, NewAccount { login, person, id }),
        Action::List => lists::accounts(&desk),
        Action::Role(arguments) => roles::run(arguments, &desk),
        Action::Link { account } => link(&desk, &account),
        Action::Token(arguments) => tokens::run(arguments, &desk),
        Action::Lock { account, reason } => {
            let found = desk.find(&account)?;
            desk.accounts.lock_account(Manager::Operator, &found.id, &reason, desk.now).map_err(refused)?;
            Ok(changed(&found, "已停用：会话、令牌和链接立即失效。"))
        }
        Action::Unlock { account } => {
            let found = desk.find(&account)?;
            desk.accounts.unlock_account(Manager::Operator, &found.id, desk.now).map_err(refused)?;
            Ok(changed(&found, "已恢复，登录失败的暂停也已解除。"))
        }
        Action::Log { account, after } => lists::log(&desk, account.as_deref(), after),
    }
}

/// A refused change is about the data; a file that cannot be used is not.
fn refused(why: ChangeRefused) -> anyhow::Error {
    if let ChangeRefused::Storage(error) = why {
        return error.into();
    }
    WrongData(why.to_string()).into()
}

fn changed(account: &Account, what: &str) -> Answer {
    Answer::new(json!({ "account": account.id, "login": account.login }))
        .text(format!("账号 {}（{}）{what}", account.login, account.id))
}

fn first(desk: &Desk, unit: Option<UnitId>) -> anyhow::Result<Answer> {
    let unit = match unit {
        Some(unit) => unit,
        None => acts::administrator(Reader::open(&desk.ledger)?.book())
            .ok_or_else(|| anyhow::anyhow!("推断不出管理员属于哪个单位，请写 --unit 单位代码。"))?,
    };
    desk.require_unit(&unit)?;
    let first = desk.accounts.first_administrator(&unit, desk.now).map_err(refused)?;
    let Some(first) = first else {
        let text = "已经有管理员，没有生成链接。忘记密码请用 account link 登录名。";
        return Ok(Answer::new(json!({ "link": null })).text(text).finding_if(true));
    };
    let answer = Answer::new(json!({ "account": first.account, "login": first.login }));
    Ok(with_link(answer.text(format!("首位管理员的登录名：{}", first.login)), &first.link))
}

fn add(desk: &Desk, new: NewAccount) -> anyhow::Result<Answer> {
    let id = desk.accounts.add_account(Manager::Operator, &new, desk.now).map_err(refused)?;
    let link = desk.accounts.make_link(Manager::Operator, &id, Purpose::Invitation, desk.now);
    let link = link.map_err(refused)?;
    let account = desk.accounts.account(&id).map_err(refused)?;
    let answer = changed(&account, "已新建；还没有角色，用 account role grant 授予。");
    Ok(with_link(answer, &link))
}

fn link(desk: &Desk, account: &str) -> anyhow::Result<Answer> {
    let found = desk.find(account)?;
    let purpose = if found.has_password { Purpose::Reset } else { Purpose::Invitation };
    let link = desk.accounts.make_link(Manager::Operator, &found.id, purpose, desk.now).map_err(refused)?;
    Ok(with_link(changed(&found, "的旧链接（如有）已失效，新链接如下。"), &link))
}

fn with_link(answer: Answer, link: &OneTimeLink) -> Answer {
    let path = format!("{LINK_PATH}{}", link.secret.expose());
    let text = format!(
        "{}链接（接在服务器地址之后）：{path}\n\
         有效至 {}，只能用一次，以后不再显示。请当面或用可靠的方式交给本人。",
        link.purpose,
        args::china_time(link.expires_at),
    );
    answer
        .also("link", path.into())
        .also("purpose", link.purpose.word().into())
        .also("expires_at", link.expires_at.to_string().into())
        .text(text)
}

/// Reads a word of a fixed vocabulary; clap ends the sentence.
fn word<T: FromStr<Err = UnknownWord>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: UnknownWord| error.to_string().trim_end_matches('。').to_owned())
}
