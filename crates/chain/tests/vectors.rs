//! The format's test vectors: every accepted and every refused case, with the exact reason.

use std::path::PathBuf;

use chain::json::{canonicalize, check_canonical, parse, to_canonical};
use chain::line::Line;
use serde_json::Value;

fn vectors(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn cases(vectors: &Value, section: &str) -> Vec<Value> {
    let cases = vectors[section].as_array().unwrap().clone();
    assert!(!cases.is_empty(), "{section} has no case");
    cases
}

fn text(case: &Value, member: &str) -> String {
    case[member].as_str().unwrap_or_else(|| panic!("{case} has no {member}")).to_owned()
}

fn unhex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn bytes(case: &Value, member: &str) -> Vec<u8> {
    unhex(&text(case, member))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn legal_spellings_have_one_canonical_form() {
    for case in cases(&vectors("canonical.json"), "accept") {
        let (input, canonical) = (bytes(&case, "input_hex"), bytes(&case, "canonical_hex"));
        assert_eq!(canonicalize(&input).unwrap(), canonical, "{}", case["name"]);
        assert_eq!(check_canonical(&canonical), Ok(()), "{}", case["name"]);
        assert_eq!(parse(&canonical).unwrap().to_canonical(), canonical, "{}", case["name"]);
        let code = check_canonical(&input).err().map(|error| error.kind.code());
        let expected = (case["is_canonical"] == false).then_some("not-canonical");
        assert_eq!(code, expected, "{}", case["name"]);
    }
}

#[test]
fn what_is_no_ledger_json_is_refused_by_its_reason() {
    for case in cases(&vectors("canonical.json"), "reject") {
        let input = bytes(&case, "input_hex");
        let reason = text(&case, "reason");
        assert_eq!(canonicalize(&input).unwrap_err().kind.code(), reason, "{}", case["name"]);
        assert_eq!(check_canonical(&input).unwrap_err().kind.code(), reason, "{}", case["name"]);
    }
}

fn accepts(kind: &str, text: &str) -> bool {
    match kind {
        "decimal" => chain::typed::is_decimal(text),
        "date" => text.parse::<chain::Date>().is_ok(),
        "instant" => text.parse::<chain::Instant>().is_ok(),
        "hash" => text.parse::<chain::EventHash>().is_ok(),
        "uuid" => chain::typed::is_uuid(text),
        "event-id" => chain::typed::is_event_id(text),
        "account" => chain::typed::is_account(text),
        "type-name" => chain::typed::is_type_name(text),
        other => panic!("the vectors have a kind {other} that no check knows"),
    }
}

#[test]
fn typed_strings_have_one_form() {
    let typed = vectors("typed.json");
    for kind in typed.as_object().unwrap().keys() {
        for case in cases(&typed, kind) {
            assert_eq!(accepts(kind, &text(&case, "text")), case["accept"], "{kind} {}", case["name"]);
        }
    }
}

fn line_of(case: &Value) -> Vec<u8> {
    if let Some(repeat) = case.get("line_repeat") {
        let times = usize::try_from(repeat["times"].as_u64().unwrap()).unwrap();
        return [text(repeat, "before"), text(repeat, "letter").repeat(times), text(repeat, "after")]
            .concat()
            .into_bytes();
    }
    case.get("line").map_or_else(|| bytes(case, "line_hex"), |line| line.as_str().unwrap().into())
}

#[test]
fn lines_are_read_hashed_and_written_back() {
    for case in cases(&vectors("lines.json"), "accept") {
        let bytes = line_of(&case);
        let line = Line::parse(&bytes).unwrap_or_else(|error| panic!("{}: {error}", case["name"]));
        assert_eq!(bytes.len() as u64, case["bytes"].as_u64().unwrap());
        assert_eq!(line.hash().to_hex(), case["event_hash"], "{}", case["name"]);
        assert_eq!(chain::hash::leaf_hash(&bytes).to_hex(), case["leaf_hash"], "{}", case["name"]);
        if let Some(object) = case.get("object") {
            assert_eq!(to_canonical(object).unwrap(), bytes, "{}", case["name"]);
        }
        let mut again = b"before".to_vec();
        chain::line::write(&line.envelope(), line.data, &mut again).unwrap();
        assert_eq!(again, [b"before", bytes.as_slice()].concat(), "{}", case["name"]);
    }
}

#[test]
fn what_is_no_line_is_refused_by_its_kind() {
    for case in cases(&vectors("lines.json"), "reject") {
        let bytes = line_of(&case);
        assert_eq!(Line::parse(&bytes).unwrap_err().code(), text(&case, "kind"), "{}", case["name"]);
    }
}

#[test]
fn ids_follow_from_submission_and_place() {
    for case in cases(&vectors("ids.json"), "ids") {
        let k = u32::try_from(case["k"].as_u64().unwrap()).unwrap();
        let id = chain::hash::event_id(text(&case, "submission").parse().unwrap(), k);
        assert_eq!(id.to_string(), text(&case, "id"), "{}", case["name"]);
    }
}

#[test]
fn hashes_are_those_of_the_format() {
    for case in cases(&vectors("hashes.json"), "hashes") {
        let bytes = bytes(&case, "bytes_hex");
        assert_eq!(chain::hash::event_hash(&bytes).to_hex(), case["event"]);
        assert_eq!(chain::hash::table_root(&bytes).to_hex(), case["table"]);
        assert_eq!(chain::hash::content_hash(&bytes).to_hex(), case["plain"]);
        assert_eq!(chain::hash::leaf_hash(&bytes).to_hex(), case["leaf"]);
    }
}

#[test]
fn units_sign_the_submission_s_canonical_form() {
    use chain::dsse;
    let hashes = vectors("hashes.json");
    for case in cases(&hashes, "dsse") {
        assert_eq!(hex(&dsse::pae(&text(&case, "type"), &bytes(&case, "body_hex"))), case["pae_hex"]);
    }
    for case in cases(&hashes, "submissions") {
        let mut payload = dsse::SubmissionPayload::new();
        for event in cases(&case, "events") {
            let version = u32::try_from(event["version"].as_u64().unwrap()).unwrap();
            payload.push(&text(&event, "type"), version, &to_canonical(&event["data"]).unwrap());
        }
        let payload = payload.finish(text(&case, "submission").parse().unwrap(), &text(&case, "unit"));
        assert_eq!(payload, text(&case, "payload").into_bytes());
        assert_eq!(hex(&dsse::pae(dsse::SUBMISSION_TYPE, &payload)), case["pae_hex"]);
        let signing = ed25519_dalek::SigningKey::from_bytes(&bytes(&case, "seed_hex").try_into().unwrap());
        let (key, sig) = (text(&case["signature"], "key"), text(&case["signature"], "sig"));
        assert_eq!(dsse::sign_submission(&signing, &payload), sig);
        assert!(dsse::verify_submission(&key, &sig, &payload));
        assert!(!dsse::verify_submission(&key, &sig, &[&payload[..], b" "].concat()));
    }
}
