//! What the checker of lines finds in each of the format's ledgers, sound and damaged, to the last value: the lines alone, without
//! heads and without judging an active segment's end, which are the auditor's. `UPDATE_GOLDEN=1` makes the golden file anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chain::note::{KeyType, VerifierKey};
use chain::verify::{Checked, Flaw, Verifier};

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// Kinds that only the lines themselves can give, of those that `expect.json` binds as the first finding.
const OF_LINES: [&str; 24] = [
    "too-long",
    "utf8",
    "syntax",
    "duplicate-member",
    "number-form",
    "not-nfc",
    "bad-code-point",
    "too-deep",
    "not-canonical",
    "not-object",
    "members",
    "member-type",
    "position",
    "prev",
    "at-order",
    "id-duplicate",
    "id-mismatch",
    "unit-seq",
    "unit-prev",
    "opening",
    "submission-split",
    "bad-signature-unit",
    "schema",
    "log-key",
];

/// The folders of all ledgers that have plain segments only.
fn ledgers() -> Vec<PathBuf> {
    let vectors = Path::new(HERE).join("tests/vectors");
    let mut all = Vec::new();
    for folder in ["damaged", "ledgers"] {
        let entries = std::fs::read_dir(vectors.join(folder)).unwrap();
        all.extend(entries.map(|entry| entry.unwrap().path()).filter(|path| path.join("journal").is_dir()));
    }
    all.retain(|ledger| {
        segments(ledger).iter().all(|path| path.extension().is_some_and(|own| own == "jsonl"))
    });
    all.sort();
    all
}

/// Files with a segment's name, in order.
fn segments(ledger: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(ledger.join("journal")).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.file_name().unwrap().to_string_lossy().starts_with("00000"));
    paths.sort();
    paths
}

fn lines(ledger: &Path) -> Vec<Vec<u8>> {
    let bytes: Vec<u8> = segments(ledger).iter().flat_map(|path| std::fs::read(path).unwrap()).collect();
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(<[u8]>::to_vec).collect()
}

fn verified(lines: &[&[u8]], together: bool) -> Verifier {
    let mut verifier = Verifier::new();
    if together {
        Checked::of_lines(lines).for_each(|checked| verifier.push(&checked));
    } else {
        lines.iter().for_each(|line| verifier.push(&Checked::of(line)));
    }
    verifier.finish();
    verifier
}

fn told(verifier: &Verifier) -> String {
    let mut text = String::new();
    let key = |size| verifier.log_key(size).map_or_else(|| "-".to_owned(), |key| key.to_string());
    let keys: Vec<String> = (0..=verifier.lines() + 1).map(key).collect();
    // Where the key changes with the size of the head.
    let changes = (1..keys.len()).filter(|size| keys[*size] != keys[*size - 1]);
    let changes: Vec<String> = changes.map(|size| format!("{size} {}", keys[size])).collect();
    writeln!(
        text,
        "  lines {}, next {}, head {}, root {}, origin {:?}, signatures {}, key {}, {changes:?}",
        verifier.lines(),
        verifier.next_position(),
        verifier.head(),
        verifier.tree().root(),
        verifier.origin(),
        verifier.signatures(),
        keys[0],
    )
    .unwrap();
    for (unit, chain) in verifier.units() {
        writeln!(text, "  {unit} {} {}", chain.lines, chain.head).unwrap();
    }
    for Flaw { kind, position, expected, found } in verifier.flaws() {
        let position = position.map_or_else(|| "-".to_owned(), |at| at.to_string());
        writeln!(text, "  {kind} {position} {expected:?} {found:?}").unwrap();
    }
    text
}

#[test]
fn each_ledger_gives_the_flaws_that_it_always_gave() {
    let mut text = String::new();
    for ledger in ledgers() {
        let lines = lines(&ledger);
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        let verifier = verified(&lines, true);
        let told = told(&verifier);
        let name = ledger.strip_prefix(Path::new(HERE).join("tests/vectors")).unwrap();
        writeln!(text, "{}\n{told}", name.display()).unwrap();
        assert_eq!(told, self::told(&verified(&lines, false)), "{name:?}: lines hashed one by one");
    }
    let golden = Path::new(HERE).join("tests/verifier.golden");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &text).unwrap();
    }
    assert!(std::fs::read_to_string(golden).unwrap() == text, "another finding than before:\n{text}");
}

#[test]
fn the_first_finding_is_the_one_that_the_format_binds() {
    let mut compared = 0;
    for ledger in ledgers() {
        let expect = std::fs::read(ledger.join("expect.json")).unwrap_or_else(|_| b"{}".to_vec());
        let expect: serde_json::Value = serde_json::from_slice(&expect).unwrap();
        let Some(kind) = expect["first"]["kind"].as_str().filter(|kind| OF_LINES.contains(kind)) else {
            continue;
        };
        if !expect["cut"].is_null() {
            continue;
        }
        let lines = lines(&ledger);
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        let verifier = verified(&lines, true);
        let first = verifier.flaws().first().map(|flaw| (flaw.kind, flaw.position));
        assert_eq!(first, Some((kind, expect["first"]["position"].as_u64())), "{}", ledger.display());
        compared += 1;
    }
    assert!(compared > 40, "{compared}");
}

#[test]
fn a_finding_of_the_caller_stands_in_its_place() {
    let mut verifier = Verifier::new();
    verifier.report(Flaw::at("tile", 7).values("a", "b"));
    let flaw =
        Flaw { kind: "tile", position: Some(7), expected: Some("a".to_owned()), found: Some("b".to_owned()) };
    assert_eq!(verifier.flaws(), [flaw]);
    assert_eq!((verifier.lines(), verifier.next_position(), verifier.log_key(9)), (0, 0, None));
}

/// Lines of one unit, well chained, each a submission of its own; `odd` ones bear an id of somebody's choice.
fn chained(events: &[(&str, String, Option<uuid::Uuid>)]) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for (position, (kind, data, odd)) in (0_u64..).zip(events) {
        let submission = uuid::Uuid::from_u64_pair(0x4000, 0x8000_0000_0000_0000 | position);
        let prev = lines.last().map_or(chain::EventHash::ZERO, |line| chain::hash::event_hash(line));
        let envelope = chain::line::Envelope {
            at: "2026-01-01T00:00:00.000000Z".parse().unwrap(),
            by: "acct-07",
            id: odd.unwrap_or_else(|| chain::hash::event_id(submission, 0)),
            position,
            prev,
            submission,
            submission_size: 1,
            kind,
            unit: "office",
            unit_prev: prev,
            unit_seq: position,
            version: 1,
        };
        let mut line = Vec::new();
        chain::line::write(&envelope, data.as_bytes(), &mut line).unwrap();
        lines.push(line);
    }
    lines
}

const ORIGIN: &str = "example.com/a";

/// A key of this name and type; the letter tells it from others.
fn vkey(name: &str, kind: KeyType, letter: u8) -> String {
    let secret = ed25519_dalek::SigningKey::from_bytes(&[letter; 32]);
    VerifierKey::of(name, kind, &secret).unwrap().to_string()
}

fn opened() -> (&'static str, String, Option<uuid::Uuid>) {
    let key = vkey(ORIGIN, KeyType::Ed25519, 1);
    let data = format!(r#"{{"log_key":"{key}","origin":"{ORIGIN}","suite":"pl-1","title":"演示数据"}}"#);
    ("ledger-opened", data, None)
}

fn kinds(lines: &[Vec<u8>]) -> Vec<(&'static str, Option<u64>)> {
    let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
    verified(&lines, true).flaws().iter().map(|flaw| (flaw.kind, flaw.position)).collect()
}

#[test]
fn an_id_that_follows_from_no_submission_is_still_unique() {
    let own = |odd| ("noted", "{}".to_owned(), odd);
    let odd = Some(chain::hash::event_id(uuid::Uuid::from_u128(7), 0));
    // The id that the next line has by right.
    let taken = Some(chain::hash::event_id(uuid::Uuid::from_u64_pair(0x4000, 0x8000_0000_0000_0003), 0));
    let lines = chained(&[opened(), own(odd), own(taken), own(None), own(odd), own(None)]);
    let mismatch = |at| ("id-mismatch", Some(at));
    let duplicate = |at| ("id-duplicate", Some(at));
    assert_eq!(kinds(&lines), [mismatch(1), mismatch(2), duplicate(3), mismatch(4), duplicate(4)]);
}

#[test]
fn a_new_log_key_is_of_this_ledger_and_of_the_type_for_logs() {
    let changed = |key: String| ("log-key-changed", format!(r#"{{"log_key":"{key}"}}"#), None);
    let of = |key: String| kinds(&chained(&[opened(), changed(key)]));
    assert_eq!(of(vkey(ORIGIN, KeyType::Ed25519, 2)), []);
    let wrong = [("log-key", Some(1))];
    assert_eq!(of(vkey(ORIGIN, KeyType::Cosignature, 2)), wrong);
    assert_eq!(of(vkey("example.com/b", KeyType::Ed25519, 2)), wrong);
    assert_eq!(of("no key".to_owned()), wrong);
}
