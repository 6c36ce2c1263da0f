//! The file: whose it is, what a crash leaves, what is found when somebody changed it.

mod common;

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use accounts::{Accounts, Manager, NewAccount, Role, StorageError};
use common::{Counting, Office, PASSWORD, caller, cheap};
use rusqlite::Connection;

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_the_file_and_its_companions() {
    use std::os::unix::fs::PermissionsExt as _;
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    let folder = office.path().parent().unwrap().to_owned();
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()).collect();
    assert!(files.len() >= 2, "the file and its write-ahead log");
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
    }
    // A copy that came back with other permissions is protected when it is opened.
    std::fs::set_permissions(office.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    drop(office.opened_again());
    assert_eq!(std::fs::metadata(office.path()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn no_secret_and_no_password_stands_in_the_file() {
    let office = Office::new();
    let wang = office.hire("wang", Role::Reporter, "guixi");
    let session = office.login("wang", PASSWORD).unwrap();
    let link =
        office.accounts.make_link(Manager::Operator, &wang, accounts::Purpose::Reset, office.now()).unwrap();
    let mut bytes = std::fs::read(office.path()).unwrap();
    bytes.extend(std::fs::read(office.path().with_extension("accounts-wal")).unwrap());
    let stands = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(stands(b"wang"), "what is looked for would be found");
    assert!(!stands(PASSWORD.as_bytes()));
    for secret in [session.secret.expose(), link.secret.expose()] {
        assert!(!stands(&secret.as_bytes()[4..24]));
    }
}

#[test]
fn a_file_of_something_else_or_of_a_newer_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &std::path::Path| Accounts::open_with(path, cheap(), Box::new(Counting::from(0)));
    let text = folder.path().join("text");
    std::fs::write(&text, "not a database, but long enough to look like one".repeat(40)).unwrap();
    assert!(matches!(open(&text), Err(StorageError::NotOurs { .. })));
    assert!(std::fs::read_to_string(&text).unwrap().starts_with("not a database"));

    let other = folder.path().join("other");
    Connection::open(&other).unwrap().execute_batch("CREATE TABLE account (x)").unwrap();
    assert!(matches!(open(&other), Err(StorageError::NotOurs { .. })));

    let newer = folder.path().join("newer");
    drop(open(&newer).unwrap());
    Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let refused = open(&newer).err().expect("it is newer");
    assert!(refused.to_string().contains("版本是 99") && refused.to_string().contains("请使用更新的程序"));
    assert!(open(&folder.path().join("no-such-folder/accounts")).is_err());
}

#[test]
fn the_log_is_whole_and_says_so() {
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    office.login("wang", PASSWORD).unwrap();
    drop(office.login("wang", "错的密码错的密码"));
    let acts = office.log();
    assert_eq!(
        acts,
        [
            "account-added",
            "role-granted",
            "link-made",
            "link-used",
            "password-set",
            "logged-in",
            "logged-in",
            "login-failed"
        ]
    );
    let end = office.accounts.check_log().unwrap().unwrap();
    assert_eq!((end.entries, end.digest.len()), (8, 64));
    assert_eq!(office.opened_again().check_log().unwrap().unwrap(), end);
}

#[test]
fn a_row_of_the_log_that_was_changed_or_taken_out_is_found() {
    let tampered = |statement: &str| {
        let office = Office::new();
        office.hire("wang", Role::Reporter, "guixi");
        let connection = Connection::open(office.path()).unwrap();
        let refused = connection.execute_batch(statement);
        assert!(refused.is_err(), "the database itself refuses: {statement}");
        connection.execute_batch("DROP TRIGGER act_stays; DROP TRIGGER act_is_kept;").unwrap();
        connection.execute_batch(statement).unwrap();
        office.accounts.check_log().unwrap().map_err(|broken| broken.0)
    };
    assert_eq!(tampered("UPDATE act SET actor = '@operator' WHERE id = 4"), Err(4));
    assert_eq!(tampered("UPDATE act SET at = at + 1 WHERE id = 1"), Err(1));
    assert_eq!(tampered("DELETE FROM act WHERE id = 3"), Err(4));
    assert_eq!(tampered("DELETE FROM act WHERE id = 1"), Err(2));
    assert_eq!(tampered("UPDATE act SET digest = zeroblob(32) WHERE id = 2"), Err(2));
}

#[test]
fn a_refused_change_leaves_nothing_behind() {
    let office = Office::new();
    office.add("wang");
    let before = office.accounts.check_log().unwrap().unwrap();
    let new = NewAccount { login: "wang".into(), person: "演示数据".into(), id: None };
    office.accounts.add_account(Manager::Operator, &new, office.now()).unwrap_err();
    assert_eq!(office.accounts.check_log().unwrap().unwrap(), before);
    assert_eq!(office.accounts.accounts().unwrap().len(), 1);
}

#[test]
fn two_programs_share_the_file() {
    let office = Office::new();
    office.hire("wang", Role::Reporter, "guixi");
    let other = office.opened_again();
    let there = other.login("wang", PASSWORD, &caller(2), office.now()).unwrap();
    assert_eq!(office.session_code(&there), "ok");
    let busy = |accounts: &Accounts, from: usize| {
        for k in from..from + 20 {
            let new = NewAccount { login: format!("person-{k}"), person: "演示数据".into(), id: None };
            accounts.add_account(Manager::Operator, &new, office.now()).expect("both may write");
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| busy(&office.accounts, 0));
        scope.spawn(|| busy(&other, 20));
    });
    assert_eq!(office.accounts.accounts().unwrap().len(), 41);
    office.accounts.check_log().unwrap().unwrap();
}

/// Where the child of the next test finds the file.
const CHILD: &str = "ACCOUNTS_TEST_CHILD";

/// Adds accounts and says each that is answered, until it is killed.
fn add_for_ever(path: &std::path::Path) -> ! {
    let accounts = Accounts::open_with(path, cheap(), Box::new(Counting::from(7_000_000))).unwrap();
    let (now, existing) = (Office::new().now(), accounts.accounts().unwrap().len());
    for k in existing.. {
        let new = NewAccount { login: format!("person-{k}"), person: "演示数据".into(), id: None };
        let id = accounts.add_account(
            Manager::Operator,
            &NewAccount { id: format!("u{k}").parse().ok(), ..new },
            now,
        );
        println!("added {}", id.unwrap());
    }
    unreachable!("numbers do not end")
}

#[test]
fn a_program_that_is_killed_in_the_middle_of_writing_leaves_all_it_answered_and_no_half() {
    if let Some(path) = std::env::var_os(CHILD) {
        add_for_ever(path.as_ref());
    }
    let office = Office::new();
    let name = "a_program_that_is_killed_in_the_middle_of_writing_leaves_all_it_answered_and_no_half";
    for round in 1..=4 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(CHILD, office.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let added = lines.filter_map(|line| line.split_once("added ").map(|(_, id)| id.to_owned()));
        let answered: Vec<String> = added.take(5 * round).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(answered.len(), 5 * round);
        let accounts = office.opened_again();
        for id in answered {
            accounts.account(&id.parse().unwrap()).expect("what was answered is there");
        }
        let logged = accounts.check_log().unwrap().unwrap().entries;
        assert_eq!(
            usize::try_from(logged).unwrap(),
            accounts.accounts().unwrap().len(),
            "each with its row in the log"
        );
        let connection = Connection::open(office.path()).unwrap();
        let sound: String = connection.query_row("PRAGMA integrity_check", (), |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
    }
}
