//! The matrix, cell by cell: what `docs/authorisation.md` prints is what happens.

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use accounts::{
    Action, Identity, MATRIX, Manager, NewToken, Reach, Refusal, Role, Scope, Subject, may, reach,
};
use common::Office;

const HEAD: &str = "# Who may do what · 授权表

Made from `crates/accounts/src/authorisation.rs` by a test (`UPDATE_GOLDEN=1` writes it anew); another test tries every cell.

A role is held for a unit and for a time. **本单位**: for what belongs to that unit or is recorded in its name. **任何单位**: for any unit,
and for what belongs to none (published tables, accounts, the machine). **—**: not at all. Somebody with several roles may do what any of them allows.

This table says which of a unit's people may *ask*. Whether the unit may is decided from the ledger's own lines (duties, periods, keys),
so a wrong role here cannot record what the unit itself could not. Audit (审计) and administration (管理员) are not held together, nor with a role
that records; nobody grants a role to their own account.

The last column is the scope that an API token needs for it besides the role; **登录** means that no token can do it.

";

fn chinese(reach: Reach) -> &'static str {
    match reach {
        Reach::Nobody => "—",
        Reach::Own => "本单位",
        Reach::Any => "任何单位",
    }
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    let roles: Vec<&str> = Role::ALL.iter().map(|role| role.chinese()).collect();
    writeln!(page, "| 操作 | {} | 令牌 |", roles.join(" | ")).unwrap();
    writeln!(page, "|---|{}---|", "---|".repeat(roles.len())).unwrap();
    for (action, cells) in MATRIX {
        let cells: Vec<&str> = cells.into_iter().map(chinese).collect();
        let scope = action.scope().map_or("登录".to_owned(), |scope| format!("`{}`", scope.word()));
        let (word, what) = (action.word(), action.chinese());
        writeln!(page, "| {what} `{word}` | {} | {scope} |", cells.join(" | ")).unwrap();
    }
    page.push_str("\n## Scopes of tokens · 令牌权限范围\n\n| scope | 中文 | covers |\n|---|---|---|\n");
    for &scope in Scope::ALL {
        let covered = Action::ALL.iter().filter(|action| action.scope() == Some(scope));
        let covered: Vec<String> = covered.map(|action| format!("`{}`", action.word())).collect();
        writeln!(page, "| `{}` | {} | {} |", scope.word(), scope.chinese(), covered.join(" ")).unwrap();
    }
    page
}

fn document() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/authorisation.md")
}

#[test]
fn the_document_is_the_table() {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(document(), page()).unwrap();
    }
    let committed = std::fs::read_to_string(document()).unwrap_or_default();
    assert!(committed == page(), "docs/authorisation.md is out of date; UPDATE_GOLDEN=1 writes it anew");
}

/// The cells of the committed document: action, role, what is printed.
fn printed() -> Vec<(Action, Role, String)> {
    let text = std::fs::read_to_string(document()).expect("the document");
    let rows = text.lines().filter(|line| line.starts_with("| ") && line.split('|').count() == 11).skip(1);
    let cells = |row: &str| {
        let parts: Vec<String> = row.split('|').map(|part| part.trim().to_owned()).collect();
        let word = parts[1].split('`').nth(1).expect("an action's word").to_owned();
        let action: Action = word.parse().expect("an action");
        let of_role = move |(index, role): (usize, &Role)| (action, *role, parts[index + 2].clone());
        Role::ALL.iter().enumerate().map(of_role).collect::<Vec<_>>()
    };
    rows.flat_map(cells).collect()
}

fn allowed(identity: &Identity, action: Action, subject: &Subject) -> bool {
    may(identity, action, subject).is_ok()
}

#[test]
fn every_printed_cell_is_what_happens_to_somebody_with_that_role_alone() {
    let office = Office::new();
    let people: Vec<Identity> = Role::ALL
        .iter()
        .map(|role| {
            office.hire(role.word(), *role, "guixi");
            office.identity(role.word())
        })
        .collect();
    let (own, other) = (Subject::Unit("guixi".parse().unwrap()), Subject::Unit("yujiang".parse().unwrap()));
    let cells = printed();
    assert_eq!(cells.len(), Action::ALL.len() * Role::ALL.len());
    for (action, role, cell) in cells {
        let identity = people.iter().find(|own| own.roles()[0].role == role).expect("somebody has it");
        let happens = [&own, &other, &Subject::Everything].map(|subject| allowed(identity, action, subject));
        let expected = match cell.as_str() {
            "—" => [false, false, false],
            "本单位" => [true, false, false],
            "任何单位" => [true, true, true],
            unknown => panic!("a cell says {unknown}"),
        };
        assert_eq!(happens, expected, "{role} {action}: {cell}");
    }
}

#[test]
fn every_token_is_limited_to_its_scopes_and_to_the_roles_of_its_holder() {
    let office = Office::new();
    let own = Subject::Unit("guixi".parse().unwrap());
    for (&role, &scope) in Role::ALL.iter().flat_map(|role| Scope::ALL.iter().map(move |scope| (role, scope)))
    {
        let login = format!("{}.{}", role.word(), scope.word());
        let account = office.hire(&login, role, "guixi");
        let expires_at = chain::Instant::from_micros(office.now().micros() + 3_600_000_000).unwrap();
        let new = NewToken { name: "接口".into(), scopes: BTreeSet::from([scope]), expires_at };
        let issued = office.accounts.issue_token(Manager::Operator, &account, &new, office.now()).unwrap();
        let identity = office.accounts.token(issued.secret.expose(), office.now()).unwrap();
        for &action in Action::ALL {
            let expected = reach(role, action) > Reach::Nobody && action.scope() == Some(scope);
            assert_eq!(allowed(&identity, action, &own), expected, "{role} {scope} {action}");
        }
    }
}

#[test]
fn each_action_stands_in_the_table_once() {
    let rows: BTreeSet<Action> = MATRIX.iter().map(|(action, _)| *action).collect();
    assert_eq!((rows.len(), MATRIX.len()), (Action::ALL.len(), Action::ALL.len()));
}

#[test]
fn nobody_records_for_another_unit_and_watchers_record_nothing() {
    let reads = [
        Action::ReadTables,
        Action::ReadProofs,
        Action::ReadFilings,
        Action::ReadEvidence,
        Action::ReadState,
        Action::ReadAccountLog,
    ];
    let off_the_record = [Action::ManageAccounts, Action::Operate];
    for &action in Action::ALL.iter().filter(|own| !reads.contains(own) && !off_the_record.contains(own)) {
        for &role in Role::ALL {
            let reach = reach(role, action);
            assert!(reach <= Reach::Own, "{role} {action}");
            let watches = matches!(role, Role::Auditor | Role::Leader | Role::Administrator);
            assert!(!watches || reach == Reach::Nobody, "{role} {action}");
        }
    }
}

#[test]
fn a_refusal_says_what_why_and_what_to_do() {
    let office = Office::new();
    office.hire("reporter", Role::Reporter, "guixi");
    let reporter = office.identity("reporter");
    let yujiang = Subject::Unit("yujiang".parse().unwrap());
    let other = may(&reporter, Action::Report, &yujiang).unwrap_err();
    assert_eq!(
        other.to_string(),
        "您只能为 guixi “报送数值和文字”，不能为“yujiang”办理。请核对单位；若职责已调整，请管理员改授角色。"
    );
    let freeze = may(&reporter, Action::Freeze, &yujiang).unwrap_err();
    assert!(
        matches!(&freeze, Refusal::NotYourRole { roles, .. } if *roles == [Role::Office, Role::Committee])
    );
    assert_eq!((other.code(), freeze.code()), ("not-your-unit", "not-your-role"));
}

#[test]
fn somebody_with_two_roles_may_do_what_either_allows_for_its_own_unit() {
    let office = Office::new();
    let both = office.hire("both", Role::Reporter, "guixi");
    office.grant(&both, Role::Verifier, "statistics");
    let both = office.identity("both");
    let unit = |unit: &str| Subject::Unit(unit.parse().unwrap());
    assert!(
        allowed(&both, Action::Report, &unit("guixi")) && allowed(&both, Action::Verify, &unit("statistics"))
    );
    assert!(
        !allowed(&both, Action::Report, &unit("statistics"))
            && !allowed(&both, Action::Verify, &unit("guixi"))
    );
}
