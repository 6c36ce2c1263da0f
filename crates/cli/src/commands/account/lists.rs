//! `account list` and `account log`.

use ::accounts::{Account, Entry};
use serde_json::{Value, json};

use super::Desk;
use super::roles::term;
use crate::args;
use crate::output::{Answer, Table};

/// So many rows of the log are shown at once.
const LOG_ROWS: u32 = 500;

/// Reads a row's number, from 0.
///
/// # Errors
/// What a number looks like.
pub(super) fn number(text: &str) -> Result<i64, String> {
    text.parse().ok().filter(|number| *number >= 0).ok_or_else(|| "编号要写成非负整数".to_owned())
}

/// All accounts with the roles they hold.
///
/// # Errors
/// When the accounts cannot be read.
pub(super) fn accounts(desk: &Desk) -> anyhow::Result<Answer> {
    let accounts = desk.accounts.accounts()?;
    let mut table = Table::new("账号", ["账号代码", "登录名", "姓名", "角色", "状态"]);
    let mut rows = Vec::new();
    for account in &accounts {
        let granted = desk.accounts.roles(&account.id)?;
        let held: Vec<_> = granted.into_iter().filter(|own| own.withdrawn_at.is_none()).collect();
        let shown =
            held.iter().map(|own| format!("{}（{}，{}）", own.grant.role, own.grant.unit, term(&own.grant)));
        let shown = shown.collect::<Vec<_>>().join("；");
        let (id, login, person) = (account.id.to_string(), account.login.clone(), account.person.clone());
        table.row([id, login, person, shown, state(account)]);
        let roles = held.iter().map(|own| {
            json!({ "id": own.id, "role": own.grant.role.word(), "unit": own.grant.unit, "from": own.grant.from, "to": own.grant.to })
        });
        rows.push(json!({
            "id": account.id, "login": account.login, "person": account.person, "has_password": account.has_password,
            "locked": account.lock.as_ref().map(|lock| &lock.reason), "roles": roles.collect::<Vec<_>>(),
        }));
    }
    let answer = Answer::new(json!({ "accounts": rows })).table(table);
    let none = accounts.is_empty();
    Ok(if none {
        answer.text("还没有账号。用 account first 生成首位管理员的链接。")
    } else {
        answer
    })
}

fn state(account: &Account) -> String {
    match &account.lock {
        Some(lock) => format!("已停用：{}（{}）", lock.reason, args::china_time(lock.at)),
        None if account.has_password => "有效".to_owned(),
        None => "未设密码".to_owned(),
    }
}

/// The log after a row, and whether it is whole.
///
/// # Errors
/// When there is no such account, or the accounts cannot be read.
pub(super) fn log(desk: &Desk, account: Option<&str>, after: i64) -> anyhow::Result<Answer> {
    let account = account.map(|account| desk.find(account)).transpose()?.map(|found| found.id);
    let entries = desk.accounts.log(account.as_ref(), after, LOG_ROWS)?;
    let whole = desk.accounts.check_log()?;
    let mut table = Table::new("账号日志", ["编号", "时间", "经办", "操作", "账号", "说明", "来源地址"]);
    entries.iter().for_each(|entry| table.row(cells(entry)));
    let (said, checked) = match &whole {
        Ok(end) => {
            let said = format!(
                "日志完整，共 {} 条，末条校验值 {}。另存此值，以后可查末尾有无缺失。",
                end.entries, end.digest
            );
            (said, json!({ "entries": end.entries, "digest": end.digest }))
        }
        Err(broken) => (broken.to_string(), Value::Null),
    };
    let rows: Vec<Value> = entries.iter().map(as_json).collect();
    let next = entries.last().map_or(after, |last| last.id);
    let answer = Answer::new(json!({ "entries": rows, "next": next, "whole": checked }));
    Ok(answer.table(table.note(said)).finding_if(whole.is_err()))
}

fn cells(entry: &Entry) -> [String; 7] {
    [
        entry.id.to_string(),
        args::china_time(entry.at),
        entry.by.to_string(),
        entry.act.to_string(),
        entry.account.as_ref().map_or_else(|| "—".to_owned(), ToString::to_string),
        entry.detail.clone(),
        entry.address.clone(),
    ]
}

fn as_json(entry: &Entry) -> Value {
    json!({
        "id": entry.id, "at": entry.at.to_string(), "by": entry.by.to_string(), "act": entry.act.word(),
        "account": entry.account, "detail": entry.detail, "address": entry.address,
    })
}
