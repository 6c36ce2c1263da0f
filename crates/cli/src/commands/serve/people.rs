//! Who comes in at a server's start: the first administrator by a link, and in a demonstration one account for each role.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use ::accounts::{Accounts, Caller, ChangeRefused, LINK_PATH, Manager, NewAccount, Purpose, Role, RoleGrant};
use anyhow::Context as _;
use app::{Clock as _, SystemClock};
use chain::Instant;
use domain::book::Book;
use events::{Duty, UnitId, UnitKind};

use crate::args;
use crate::commands::acts;
use crate::ending::WrongData;

/// The password of every account of a demonstration. It guards nothing: all figures there are made up.
const DEMO_PASSWORD: &str = "yingtan-yanshi-2022";
/// The invented member whose key lies beside the demonstration: its account has the key's name.
const DEMO_MEMBER: &str = "demo-member-1";

/// Opens the accounts beside a ledger; says beside how to come in where nobody has yet, and with which demonstration accounts.
///
/// # Errors
/// When the accounts cannot be opened, or demonstration accounts are asked for in a real ledger.
pub fn open(
    directory: &Path,
    book: &Book,
    with_demo: bool,
    address: &str,
) -> anyhow::Result<(Accounts, String)> {
    let accounts = Accounts::open(&::accounts::beside(directory))?;
    let mut told = if with_demo { demonstrate(&accounts, book)? } else { String::new() };
    let Some(unit) = acts::administrator(book) else {
        told.push_str(
            "提示：推断不出首位管理员属于哪个单位，没有生成链接；请用 account first --unit 单位代码。\n",
        );
        return Ok((accounts, told));
    };
    if let Some(first) = accounts.first_administrator(&unit, SystemClock.now())? {
        let (link, until) = (first.link.secret.expose(), args::china_time(first.link.expires_at));
        told.push_str(&format!(
            "还没有管理员。首位管理员（登录名 {}）请用这个一次性链接设密码，有效至 {until}，只显示这一次：\n  {address}{LINK_PATH}{link}\n",
            first.login
        ));
    }
    Ok((accounts, told))
}

/// Makes an account for each role where it is not there yet; names all of them.
fn demonstrate(accounts: &Accounts, book: &Book) -> anyhow::Result<String> {
    if !book.registry().is_synthetic() {
        let what = "这不是演示账本，不能建演示账号。请去掉 --demo-accounts，用 account add 建账号。";
        return Err(WrongData(what.to_owned()).into());
    }
    let now = SystemClock.now();
    let mut told = format!("演示账号（仅用于演示数据；密码都是 {DEMO_PASSWORD}）：\n");
    for (role, unit) in demo_roles(book) {
        let login =
            if role == Role::Committee { DEMO_MEMBER.to_owned() } else { format!("demo-{}", role.word()) };
        if matches!(accounts.find_account(&login), Err(ChangeRefused::UnknownAccount(_))) {
            add(accounts, &login, role, &unit, now)
                .with_context(|| format!("演示账号 {login} 没有建成。"))?;
        }
        let name = book.registry().unit_name(&unit);
        told.push_str(&format!("  {login:<20} {}（{name}）\n", role.chinese()));
    }
    Ok(told)
}

fn add(accounts: &Accounts, login: &str, role: Role, unit: &UnitId, now: Instant) -> anyhow::Result<()> {
    let id = login.parse().ok().context("演示账号的代码不合规定")?;
    let person = format!("演示人员（{}）", role.chinese());
    let new = NewAccount { login: login.to_owned(), person, id: Some(id) };
    let id = accounts.add_account(Manager::Operator, &new, now)?;
    let grant = RoleGrant { role, unit: unit.clone(), from: now.china_date(), to: None };
    accounts.grant_role(Manager::Operator, &id, &grant, now)?;
    let link = accounts.make_link(Manager::Operator, &id, Purpose::Invitation, now)?;
    let here = Caller { address: IpAddr::V4(Ipv4Addr::LOCALHOST), earlier_session: None };
    let session = accounts.redeem(link.secret.expose(), DEMO_PASSWORD, &here, now)?;
    Ok(accounts.logout(session.secret.expose(), now)?)
}

/// Each role with a unit that has something to do in it.
fn demo_roles(book: &Book) -> Vec<(Role, UnitId)> {
    let registry = book.registry();
    let of_kind =
        |kind: UnitKind| registry.units().find(|unit| unit.kind == kind).map(|unit| unit.registered.clone());
    let with_duty = |duty: Duty, kind: UnitKind| {
        let holders = book.cells().flat_map(|(cell, _)| registry.holders(duty, cell, u64::MAX));
        let of_kind = |unit: &&UnitId| registry.unit(unit).is_some_and(|own| own.kind == kind);
        holders.filter(of_kind).min().cloned()
    };
    let reporter = with_duty(Duty::Reports, UnitKind::AreaGovernment);
    let roles = [
        (Role::Reporter, reporter.or_else(|| with_duty(Duty::Reports, UnitKind::Bureau))),
        (Role::Verifier, with_duty(Duty::Verifies, UnitKind::Bureau)),
        (Role::Office, of_kind(UnitKind::DigitalOffice)),
        (Role::Auditor, of_kind(UnitKind::Audit)),
        (Role::Committee, of_kind(UnitKind::AssessmentCommittee)),
        (Role::Leader, of_kind(UnitKind::Leadership)),
        (Role::Administrator, of_kind(UnitKind::DigitalOffice)),
    ];
    // A demonstration without a unit of a kind shows the role in the office's name.
    let office = of_kind(UnitKind::DigitalOffice);
    roles.into_iter().filter_map(|(role, unit)| Some((role, unit.or_else(|| office.clone())?))).collect()
}
