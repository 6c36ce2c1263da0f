//! What the source of the pure rooms must not name.
//!
//! It reads tokens, so that neither comments nor texts are taken for code, and leaves out what is
//! compiled for tests only.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use scenarios::repository;

use crate::imports::PURE;

/// Modules of the standard library that reach outside.
const MODULES: [&str; 7] = ["fs", "net", "io", "env", "process", "thread", "time"];

/// Names that stand for a clock, randomness, floats, or an order that is not the data's.
const NAMES: [(&str, &str); 9] = [
    ("f32", "floats round differently where nobody sees it"),
    ("f64", "floats round differently where nobody sees it"),
    ("to_f32", "floats round differently where nobody sees it"),
    ("to_f64", "floats round differently where nobody sees it"),
    ("SystemTime", "time arrives as an argument"),
    ("UNIX_EPOCH", "time arrives as an argument"),
    ("RandomState", "randomness arrives as an argument"),
    ("HashMap", "its order is not the data's"),
    ("HashSet", "its order is not the data's"),
];

/// Files that may name something all the same, and why.
const ALLOWED: [(&str, &str, &str); 3] = [
    ("crates/chain/src/verify.rs", "HashMap", "found by id; walked only into a sorted map"),
    ("crates/chain/src/verify.rs", "HashSet", "found by id, never walked"),
    ("crates/domain/src/lookup.rs", "HashMap", "found by hash or id, never walked but into a sorted map"),
];

/// One forbidden name in one place.
#[derive(Debug, PartialEq, Eq)]
struct Violation {
    line: usize,
    name: String,
}

/// Lists what `source` names and must not, in the order of its lines.
fn violations(source: &str) -> Vec<Violation> {
    let tokens: TokenStream = source.parse().expect("the source is Rust");
    let mut found = Vec::new();
    scan(tokens, &mut found);
    found
}

fn scan(tokens: TokenStream, found: &mut Vec<Violation>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        if is_test_attribute(&tokens[at..]) {
            at = after_item(&tokens, at + 2);
            continue;
        }
        note(&tokens[at..], found);
        if let TokenTree::Group(group) = &tokens[at] {
            scan(group.stream(), found);
        }
        at += 1;
    }
}

/// Recognises `#[cfg(test)]`.
fn is_test_attribute(tokens: &[TokenTree]) -> bool {
    let [TokenTree::Punct(hash), TokenTree::Group(group), ..] = tokens else {
        return false;
    };
    hash.as_char() == '#' && group.stream().to_string().replace(' ', "") == "cfg(test)"
}

/// Returns the index after the item that begins at `at`: its block, or its semicolon.
fn after_item(tokens: &[TokenTree], at: usize) -> usize {
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == proc_macro2::Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    };
    tokens[at..].iter().position(ends).map_or(tokens.len(), |end| at + end + 1)
}

/// Notes what the first token of `tokens` names, alone or as the head of a path.
fn note(tokens: &[TokenTree], found: &mut Vec<Violation>) {
    let TokenTree::Ident(ident) = &tokens[0] else {
        return;
    };
    let line = ident.span().start().line;
    let name = ident.to_string();
    if NAMES.iter().any(|(forbidden, _)| *forbidden == name) {
        found.push(Violation { line, name });
    } else if name == "std" {
        let modules = path_heads(&tokens[1..]).into_iter().filter(|head| MODULES.contains(&head.as_str()));
        found.extend(modules.map(|head| Violation { line, name: format!("std::{head}") }));
    }
}

/// Returns what follows `::`: one name, or all that stand first in a braced list.
fn path_heads(tokens: &[TokenTree]) -> Vec<String> {
    match tokens {
        [TokenTree::Punct(_), TokenTree::Punct(_), TokenTree::Ident(ident), ..] => vec![ident.to_string()],
        [TokenTree::Punct(_), TokenTree::Punct(_), TokenTree::Group(group), ..] => list_heads(group.stream()),
        _ => Vec::new(),
    }
}

fn list_heads(tokens: TokenStream) -> Vec<String> {
    let mut heads = Vec::new();
    let mut first = true;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if first => heads.push(ident.to_string()),
            TokenTree::Punct(punct) if punct.as_char() == ',' => {
                first = true;
                continue;
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Group(_) | TokenTree::Literal(_) => {}
        }
        first = false;
    }
    heads
}

fn source_folder(room: &str) -> Option<PathBuf> {
    let places = [format!("{room}/src"), format!("crates/{room}/src")];
    places.iter().map(|place| repository().join(place)).find(|folder| folder.is_dir())
}

/// Returns the sources below `folder` that are not for tests only.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        if stem == "tests" || stem.ends_with("_tests") {
            continue;
        }
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn pure_rooms_name_no_file_clock_float_or_foreign_order() {
    let mut read = 0;
    let mut flagged = Vec::new();
    let mut used = Vec::new();
    for folder in PURE.into_iter().filter_map(source_folder) {
        for path in sources(&folder) {
            read += 1;
            let shown = path.strip_prefix(repository()).expect("below the root").display().to_string();
            for Violation { line, name } in violations(&fs::read_to_string(&path).expect("a source")) {
                match ALLOWED.iter().find(|(file, allowed, _)| *file == shown && *allowed == name) {
                    Some(exception) => used.push(*exception),
                    None => flagged.push(format!("{shown}:{line} names {name}")),
                }
            }
        }
    }
    assert!(read > 20, "the sources were found");
    assert_eq!(flagged, [""; 0]);
    let unused: Vec<_> = ALLOWED.iter().filter(|exception| !used.contains(exception)).collect();
    assert!(unused.is_empty(), "exceptions that nothing needs any more: {unused:?}");
}

#[test]
fn files_and_network_are_flagged_however_they_are_imported() {
    let names = |source| violations(source).into_iter().map(|found| found.name).collect::<Vec<_>>();
    assert_eq!(names("use std::fs::File;"), ["std::fs"]);
    assert_eq!(names("use std::{collections::BTreeMap, net::TcpStream, fs};"), ["std::net", "std::fs"]);
    assert_eq!(names("fn now() { std::time::Instant::now(); }"), ["std::time"]);
}

#[test]
fn floats_and_hash_maps_are_flagged_with_their_line() {
    let found = violations("fn a() {}\nfn share(x: f64) -> HashMap<u8, u8> { todo() }\n");
    let expected = [("f64", 2), ("HashMap", 2)].map(|(name, line)| Violation { line, name: name.into() });
    assert_eq!(found, expected);
}

#[test]
fn comments_texts_and_tests_are_not_code() {
    let source = r#"
        /// Not an f64, never std::fs.
        const WHY: &str = "f64 would round";
        #[cfg(test)]
        mod tests { fn naive() -> f64 { 0.5 } }
    "#;
    assert_eq!(violations(source), []);
}

#[test]
fn what_follows_a_test_module_is_code_again() {
    let source = "#[cfg(test)] mod tests; fn share() -> f32 { x }";
    assert_eq!(violations(source).len(), 1);
}
