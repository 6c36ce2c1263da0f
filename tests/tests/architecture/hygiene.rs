//! What the repository must not say: it speaks of itself, not of the machine it was written on.

use std::fs;
use std::process::Command;

use scenarios::repository;

/// Words that may stand nowhere. They are put together here, or this file would flag itself.
const NOWHERE: [(&str, &str); 13] = [
    (concat!("index.", "crates.io"), "a registry's host"),
    (concat!("static.", "crates.io"), "a registry's host"),
    (concat!("files.", "pythonhosted.org"), "a registry's host"),
    (concat!("pypi.", "org"), "a registry's host"),
    (concat!("registry.", "npmjs.org"), "a registry's host"),
    (concat!("deb.", "debian.org"), "a registry's host"),
    (concat!("proxy.", "golang.org"), "a registry's host"),
    (concat!("/wo", "rk/"), "a path of one machine"),
    (concat!("/ro", "ot/"), "a path of one machine"),
    (concat!("/ho", "me/"), "a path of one machine"),
    (concat!("/Us", "ers/"), "a path of one machine"),
    (concat!("/tmp/", "wt/"), "a path of one machine"),
    (concat!("/tmp/", "target"), "a path of one machine"),
];

/// Words that may stand nowhere in a document: a reader has no such folder.
const NOT_IN_DOCUMENTS: [(&str, &str); 1] = [(concat!("../", "shared"), "a folder beside the repository")];

/// Lists each line of `text` that says what it must not, as `path:line: why`.
fn violations(path: &str, text: &str) -> Vec<String> {
    let document = [".md", ".txt", ".html"].iter().any(|ending| path.ends_with(ending));
    let words = NOWHERE.iter().chain(NOT_IN_DOCUMENTS.iter().filter(|_| document));
    let words: Vec<_> = words.collect();
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let said = words.iter().filter(|(word, _)| stands_alone(line, word));
        found.extend(said.map(|(word, why)| format!("{path}:{}: `{word}` is {why}", index + 1)));
    }
    found
}

/// Tells whether `word` stands in `line`; a path only where it begins, so that `homework/` may be.
fn stands_alone(line: &str, word: &str) -> bool {
    let begins = |at: usize| {
        let before = line[..at].chars().next_back();
        !word.starts_with('/') || !before.is_some_and(|c| c.is_alphanumeric() || "._-/}".contains(c))
    };
    line.match_indices(word).any(|(at, _)| begins(at))
}

/// Returns the paths of all files that are, or would be, in the repository.
fn files() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(repository())
        .output()
        .expect("git starts: this test reads the list of files from it");
    assert!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("paths are UTF-8");
    text.split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn the_repository_speaks_only_of_itself() {
    let mut read = 0;
    let mut found = Vec::new();
    for path in files() {
        // A file may be removed in the work tree and not yet in the index.
        let Ok(bytes) = fs::read(repository().join(&path)) else {
            continue;
        };
        read += 1;
        found.extend(violations(&path, &String::from_utf8_lossy(&bytes)));
    }
    assert!(read > 50, "the files were found");
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_path_of_one_machine_is_flagged_where_it_begins() {
    let path = concat!("/ho", "me/me/ledger");
    assert_eq!(violations("a.rs", path).len(), 1);
    assert_eq!(violations("a.rs", &format!("see `{path}`")).len(), 1);
    assert_eq!(violations("a.rs", &format!("somewhere{path}")), [""; 0]);
}

#[test]
fn a_registry_host_is_flagged_with_its_line() {
    let text = format!("first\nhttps://{}/x", NOWHERE[0].0);
    let expected = format!("b.toml:2: `{}` is a registry's host", NOWHERE[0].0);
    assert_eq!(violations("b.toml", &text), [expected]);
}

#[test]
fn a_folder_beside_the_repository_is_flagged_in_documents_only() {
    let text = NOT_IN_DOCUMENTS[0].0;
    assert_eq!(violations("docs/a.md", text).len(), 1);
    assert_eq!(violations("tests/a.rs", text), [""; 0]);
}
