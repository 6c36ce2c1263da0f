//! `account role`.

use ::accounts::{Manager, Role, RoleGrant};
use chain::Date;
use clap::{Args, Subcommand};
use events::UnitId;
use serde_json::json;

use super::{Desk, changed, refused};
use crate::args;
use crate::output::{Answer, Table};

/// 角色
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// 授予角色：从下一次请求起生效
    Grant {
        /// 账号代码或登录名
        #[arg(value_name = "ACCOUNT")]
        account: String,
        /// 角色：reporter 填报，verifier 归口复核，office 数字办，auditor 审计，committee 考核委员会，leader 领导，administrator 管理员
        #[arg(value_name = "ROLE", value_parser = super::word::<Role>)]
        role: Role,
        /// 以哪个单位的名义
        #[arg(long, value_name = "UNIT", value_parser = args::unit)]
        unit: UnitId,
        /// 起始日；不写则为今天
        #[arg(long, value_name = "DATE", value_parser = args::date)]
        from: Option<Date>,
        /// 截止日（当天仍有效）；不写则到收回为止
        #[arg(long, value_name = "DATE", value_parser = args::date)]
        to: Option<Date>,
    },
    /// 收回角色：立即生效
    Withdraw {
        /// 账号代码或登录名
        #[arg(value_name = "ACCOUNT")]
        account: String,
        /// 编号，见 account role list
        #[arg(value_name = "NUMBER", value_parser = super::lists::number)]
        id: i64,
    },
    /// 列出一个账号有过的全部角色
    List {
        /// 账号代码或登录名
        #[arg(value_name = "ACCOUNT")]
        account: String,
    },
}

/// Grants, withdraws or lists roles.
///
/// # Errors
/// When the accounts cannot be read, or a change is refused.
pub(super) fn run(arguments: Arguments, desk: &Desk) -> anyhow::Result<Answer> {
    match arguments.action {
        Action::Grant { account, role, unit, from, to } => {
            let from = from.unwrap_or_else(|| desk.now.china_date());
            grant(desk, &account, RoleGrant { role, unit, from, to })
        }
        Action::Withdraw { account, id } => {
            let found = desk.find(&account)?;
            desk.accounts.withdraw_role(Manager::Operator, &found.id, id, desk.now).map_err(refused)?;
            Ok(changed(&found, &format!("的角色 #{id} 已收回。")))
        }
        Action::List { account } => list(desk, &account),
    }
}

fn grant(desk: &Desk, account: &str, asked: RoleGrant) -> anyhow::Result<Answer> {
    let found = desk.find(account)?;
    desk.require_unit(&asked.unit)?;
    let id = desk.accounts.grant_role(Manager::Operator, &found.id, &asked, desk.now).map_err(refused)?;
    let term = term(&asked);
    let answer =
        changed(&found, &format!("已授予角色“{}”（{}，{term}），编号 #{id}。", asked.role, asked.unit));
    Ok(answer.also("role", asked.role.word().into()).also("id", id.into()))
}

/// From which day to which.
pub(super) fn term(grant: &RoleGrant) -> String {
    let to = grant.to.map_or_else(|| "至收回为止".to_owned(), |to| format!("至 {to}"));
    format!("自 {} {to}", grant.from)
}

fn list(desk: &Desk, account: &str) -> anyhow::Result<Answer> {
    let found = desk.find(account)?;
    let granted = desk.accounts.roles(&found.id)?;
    let mut table = Table::new(format!("{} 的角色", found.login), ["编号", "角色", "单位", "期限", "状态"]);
    let today = desk.now.china_date();
    for own in &granted {
        let state = match own.withdrawn_at {
            Some(at) => format!("已收回（{}）", args::china_time(at)),
            None if own.grant.holds_on(today) => "有效".to_owned(),
            None => "不在期限内".to_owned(),
        };
        let (role, unit) = (own.grant.role.chinese().to_owned(), own.grant.unit.to_string());
        table.row([own.id.to_string(), role, unit, term(&own.grant), state]);
    }
    let rows = granted.iter().map(|own| {
        json!({
            "id": own.id, "role": own.grant.role.word(), "unit": own.grant.unit, "from": own.grant.from,
            "to": own.grant.to, "withdrawn_at": own.withdrawn_at.map(|at| at.to_string()),
        })
    });
    Ok(Answer::new(json!({ "account": found.id, "roles": rows.collect::<Vec<_>>() })).table(table))
}
