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

fn hashes(case: &Value, member: &str) -> Vec<chain::TreeHash> {
    case[member].as_array().unwrap().iter().map(|hash| hash.as_str().unwrap().parse().unwrap()).collect()
}

fn hash(case: &Value, member: &str) -> chain::TreeHash {
    text(case, member).parse().unwrap()
}

fn number(case: &Value, member: &str) -> u64 {
    case[member].as_u64().unwrap_or_else(|| panic!("{case} has no number {member}"))
}

fn place(case: &Value, member: &str) -> usize {
    usize::try_from(number(case, member)).unwrap()
}

/// The leaf hashes of the entries `0`, `1`, `2` …
fn leaves(size: usize) -> Vec<chain::TreeHash> {
    (0..size).map(|entry| chain::hash::leaf_hash(entry.to_string().as_bytes())).collect()
}

#[test]
fn trees_have_the_roots_and_proofs_of_rfc_6962() {
    use chain::tree::{consistency_proof, inclusion_proof, root_of, verify_consistency, verify_inclusion};
    let tree = vectors("tree.json");
    for case in cases(&tree, "roots") {
        assert_eq!(root_of(&leaves(place(&case, "size"))), hash(&case, "root"), "{}", case["name"]);
    }
    for case in cases(&tree, "inclusion") {
        let (index, leaves) = (place(&case, "index"), leaves(place(&case, "size")));
        let proof = inclusion_proof(&leaves, index).unwrap();
        assert_eq!(proof, hashes(&case, "proof"), "{}", case["name"]);
        let (size, root) = (leaves.len() as u64, root_of(&leaves));
        assert!(verify_inclusion(leaves[index], index as u64, size, &proof, root), "{}", case["name"]);
    }
    for case in cases(&tree, "consistency") {
        let (old, leaves) = (place(&case, "old"), leaves(place(&case, "new")));
        let proof = consistency_proof(&leaves, old).unwrap();
        assert_eq!(proof, hashes(&case, "proof"), "{}", case["name"]);
        let ends = ((old as u64, root_of(&leaves[..old])), (leaves.len() as u64, root_of(&leaves)));
        assert!(verify_consistency(ends.0, ends.1, &proof), "{}", case["name"]);
    }
    for case in cases(&tree, "bad_inclusion") {
        let leaf = chain::hash::leaf_hash(text(&case, "entry").as_bytes());
        let (index, size) = (number(&case, "index"), number(&case, "size"));
        let passes = verify_inclusion(leaf, index, size, &hashes(&case, "proof"), hash(&case, "root"));
        assert!(!passes, "{}", case["name"]);
    }
    for case in cases(&tree, "bad_consistency") {
        let old = (number(&case, "old"), hash(&case, "old_root"));
        let new = (number(&case, "new"), hash(&case, "new_root"));
        assert!(!verify_consistency(old, new, &hashes(&case, "proof")), "{}", case["name"]);
    }
}

#[test]
fn every_proof_up_to_a_limit_is_the_one_expected() {
    use sha2::{Digest, Sha256};
    for (limit, digests) in vectors("tree-digests.json").as_object().unwrap() {
        let limit: usize = limit.parse().unwrap();
        let (mut inclusion, mut consistency) = (Sha256::new(), Sha256::new());
        for size in 1..=limit {
            let leaves = leaves(size);
            for index in 0..size {
                chain::tree::inclusion_proof(&leaves, index)
                    .unwrap()
                    .iter()
                    .for_each(|h| inclusion.update(h.0));
            }
            for old in 1..=size {
                chain::tree::consistency_proof(&leaves, old)
                    .unwrap()
                    .iter()
                    .for_each(|h| consistency.update(h.0));
            }
        }
        assert_eq!(hex(&inclusion.finalize()), digests["inclusion_sha256"]);
        assert_eq!(hex(&consistency.finalize()), digests["consistency_sha256"]);
    }
}

#[test]
fn tiles_lie_where_other_tools_look_for_them() {
    use chain::tile::{Level, Tile, entries, push_entry, tiles_of_level};
    let tiles = vectors("tiles.json");
    for case in cases(&tiles, "paths") {
        let level =
            case["level"].as_u64().map_or(Level::Entries, |level| Level::Hashes(level.try_into().unwrap()));
        let width = number(&case, "width").try_into().unwrap();
        let tile = Tile { level, index: number(&case, "index"), width };
        assert_eq!(tile.path(), text(&case, "path"));
        assert_eq!(Tile::parse(&text(&case, "path")), Some(tile));
    }
    for case in cases(&tiles, "bad_paths") {
        assert_eq!(Tile::parse(&text(&case, "path")), None, "{}", case["name"]);
    }
    for case in cases(&tiles, "sizes") {
        for level in 0..8_u8 {
            let expected = case["tiles"].get(level.to_string());
            let expected = expected.map_or((0, 0), |tile| (number(tile, "full"), number(tile, "partial")));
            let (full, partial) = tiles_of_level(number(&case, "size"), level);
            assert_eq!((full, u64::from(partial)), expected, "{} level {level}", case["name"]);
        }
    }
    for case in cases(&tiles, "bundles") {
        let all: Vec<Vec<u8>> = case["entries_hex"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| unhex(entry.as_str().unwrap()))
            .collect();
        let mut bundle = Vec::new();
        all.iter().for_each(|entry| push_entry(&mut bundle, entry));
        assert_eq!(bundle, bytes(&case, "bundle_hex"), "{}", case["name"]);
        assert_eq!(entries(&bundle).unwrap(), all, "{}", case["name"]);
    }
    for case in cases(&tiles, "bad_bundles") {
        assert_eq!(entries(&bytes(&case, "bundle_hex")), None, "{}", case["name"]);
    }
}

#[test]
fn verifier_keys_are_those_of_signed_note() {
    use chain::note::{KeyType, VerifierKey};
    let notes = vectors("notes.json");
    for case in cases(&notes, "vkeys") {
        let read = text(&case, "vkey").parse::<VerifierKey>();
        assert_eq!(read.is_ok(), case["ok"] == true, "{}", case["name"]);
        if let Ok(key) = read {
            assert_eq!(key.name(), text(&case, "key_name"));
            assert_eq!(u64::from(key.kind().byte()), number(&case, "type"));
            assert_eq!(hex(&key.id()), text(&case, "key_id"));
            assert_eq!(hex(key.public_key()), text(&case, "public_key_hex"));
            assert_eq!(key.to_string(), text(&case, "vkey"));
        }
    }
    for case in cases(&notes, "seeds") {
        let seed = ed25519_dalek::SigningKey::from_bytes(&bytes(&case, "seed_hex").try_into().unwrap());
        let kind = if number(&case, "type") == 1 { KeyType::Ed25519 } else { KeyType::Cosignature };
        assert_eq!(
            VerifierKey::of(&text(&case, "key_name"), kind, &seed).unwrap().to_string(),
            text(&case, "vkey")
        );
    }
}

#[test]
fn tree_heads_are_refused_by_their_reason() {
    for case in cases(&vectors("notes.json"), "checkpoints") {
        let key = text(&case, "log_key").parse().unwrap();
        match chain::note::open_checkpoint(&bytes(&case, "note_hex"), &key) {
            Ok((head, note)) => {
                assert!(case["refused"].is_null(), "{} passed", case["name"]);
                assert_eq!(
                    (head.origin.as_str(), head.size),
                    (case["origin"].as_str().unwrap(), number(&case, "size"))
                );
                assert_eq!(head.root, hash(&case, "root"));
                assert_eq!(note.signatures.len() as u64, number(&case, "signatures"));
                assert_eq!(head.text(), note.text);
            }
            Err(error) => assert_eq!(error.code(), case["refused"], "{}", case["name"]),
        }
    }
}

#[test]
fn witnesses_sign_the_time_too() {
    for case in cases(&vectors("notes.json"), "cosignatures") {
        let seed = ed25519_dalek::SigningKey::from_bytes(&bytes(&case, "seed_hex").try_into().unwrap());
        let (body, time_s) = (text(&case, "text"), number(&case, "timestamp"));
        assert_eq!(chain::note::cosignature_message(&body, time_s), text(&case, "message"));
        let line = chain::note::cosign(&text(&case, "key_name"), &seed, &body, time_s).unwrap();
        assert_eq!(line, text(&case, "line"));
        let note = chain::note::Note::parse(format!("{body}\n{line}").as_bytes()).unwrap();
        assert_eq!(note.signed_by(&text(&case, "vkey").parse().unwrap()), Ok(true));
    }
}

#[test]
fn policies_are_read_strictly_and_held() {
    use chain::policy::Policy;
    let notes = vectors("notes.json");
    for case in cases(&notes, "policies") {
        let read = Policy::parse(&bytes(&case, "policy_hex"));
        assert_eq!(read.is_ok(), case["ok"] == true, "{}: {:?}", case["name"], read.err());
    }
    for case in cases(&notes, "policy_checks") {
        let policy = Policy::parse(text(&case, "policy").as_bytes()).unwrap();
        match policy.open(&bytes(&case, "note_hex")) {
            Ok((_, mut signers)) => {
                assert!(case["refused"].is_null(), "{} passed", case["name"]);
                let mut expected: Vec<String> = serde_json::from_value(case["signers"].clone()).unwrap();
                expected.sort();
                signers.sort();
                assert_eq!(signers, expected, "{}", case["name"]);
            }
            Err(error) => assert_eq!(error.code(), case["refused"], "{}", case["name"]),
        }
    }
}

#[test]
fn proofs_lead_from_a_line_to_a_signed_head() {
    use chain::policy::Policy;
    use chain::proof::Proof;
    for case in cases(&vectors("notes.json"), "proofs") {
        let file = bytes(&case, "proof_hex");
        let policy = Policy::parse(text(&case, "policy").as_bytes()).unwrap();
        let verified = Proof::parse(&file).and_then(|proof| {
            assert_eq!(proof.to_bytes(), file, "{}", case["name"]);
            proof.verify(text(&case, "line").as_bytes(), &policy)
        });
        let refused = verified.as_ref().err().map(|error| error.code());
        assert_eq!(refused, case["refused"].as_str(), "{}", case["name"]);
    }
}

/// One ledger by the rule that the larger vectors are made with.
struct ByRule {
    name: String,
    lines: u64,
    units: u64,
}

fn sha256(text: &str) -> [u8; 32] {
    use sha2::Digest;
    sha2::Sha256::digest(text).into()
}

impl ByRule {
    fn submission(&self, number: u64) -> uuid::Uuid {
        let digest = sha256(&format!("{}/submission/{number}", self.name));
        uuid::Builder::from_random_bytes(digest[..16].try_into().unwrap()).into_uuid()
    }

    fn data(&self, i: u64, unit_seq: u64) -> (&'static str, Value) {
        let period = format!("2026-Q{}", i % 4 + 1);
        let log = ed25519_dalek::SigningKey::from_bytes(&sha256(&format!("{}/log", self.name)));
        let origin = format!("ledger.example.org/{}", self.name);
        let key = || chain::note::VerifierKey::of(&origin, chain::note::KeyType::Ed25519, &log).unwrap();
        match (i, i % 5) {
            (0, _) => (
                "ledger-opened",
                serde_json::json!({"log_key": key().to_string(), "origin": origin,
                "suite": "pl-1", "title": format!("进度台账 {}", self.name)}),
            ),
            (_, 0) => ("period-closed", serde_json::json!({"lines": unit_seq, "period": period})),
            (_, 1 | 2) => (
                "figure-reported",
                serde_json::json!({"figure": format!("{}.{:02}", i / 100, i % 100),
                "indicator": format!("ind-{:03}", i % 40), "name": "数字经济增加值", "period": period}),
            ),
            (_, 3) => (
                "figure-corrected",
                serde_json::json!({"corrects": i - 1, "figure": format!("-{i}.50"),
                "reason": "录入错误 \"原值\" 😀"}),
            ),
            _ => (
                "evidence-attached",
                serde_json::json!({"name": format!("附件{i}.pdf"),
                "blake3": chain::hash::content_hash(i.to_string().as_bytes()).to_hex()}),
            ),
        }
    }

    /// Hands every line to `each`.
    fn write(&self, mut each: impl FnMut(&[u8])) {
        let mut units = std::collections::HashMap::<u64, (u64, chain::EventHash)>::new();
        let mut prev = chain::EventHash::ZERO;
        let start: chain::Instant = "2026-01-01T00:00:00.000000Z".parse().unwrap();
        for i in 0..self.lines {
            let (s, k) = if i == 0 { (0, 0) } else { (1 + (i - 1) / 3, (i - 1) % 3) };
            let size = if s == 0 { 1 } else { (self.lines - 1 - 3 * (s - 1)).min(3) };
            let append = i64::try_from(if s % 4 == 3 { s - 1 } else { s }).unwrap();
            let unit = (s * s) % self.units;
            let (unit_seq, unit_prev) = units.get(&unit).copied().unwrap_or((0, chain::EventHash::ZERO));
            let (kind, data) = self.data(i, unit_seq);
            let (submission, k) = (self.submission(s), u32::try_from(k).unwrap());
            let envelope = chain::line::Envelope {
                at: chain::Instant::from_micros(start.micros() + 7_000_003 * append).unwrap(),
                by: &format!("acct-{:02}", s % 7),
                id: chain::hash::event_id(submission, k),
                position: i,
                prev,
                submission,
                submission_size: u32::try_from(size).unwrap(),
                kind,
                unit: &format!("unit-{unit:02}"),
                unit_prev,
                unit_seq,
                version: 1,
            };
            let mut line = Vec::new();
            chain::line::write(&envelope, &to_canonical(&data).unwrap(), &mut line).unwrap();
            prev = chain::hash::event_hash(&line);
            units.insert(unit, (unit_seq + 1, prev));
            each(&line);
        }
    }
}

#[test]
fn ledgers_made_by_rule_have_the_roots_stated() {
    use chain::verify::{Checked, Verifier};
    for case in cases(&vectors("generated.json"), "ledgers") {
        let rule = ByRule {
            name: text(&case, "name"),
            lines: number(&case, "lines"),
            units: number(&case, "units"),
        };
        let mut verifier = Verifier::new();
        let mut bytes = 0;
        rule.write(|line| {
            verifier.push(&Checked::of(line));
            bytes += line.len() as u64;
            if let Some(root) = case["root_at"].get(verifier.lines().to_string()) {
                assert_eq!(verifier.tree().root().to_hex(), *root, "{} at {}", rule.name, verifier.lines());
            }
        });
        verifier.finish();
        assert_eq!(verifier.flaws(), [], "{}", rule.name);
        assert_eq!(verifier.tree().root(), hash(&case, "root"), "{}", rule.name);
        assert_eq!(verifier.head().to_hex(), text(&case, "head"), "{}", rule.name);
        assert_eq!(bytes, number(&case, "total_line_bytes"), "{}", rule.name);
        let units: serde_json::Map<String, Value> = verifier
            .units()
            .into_iter()
            .map(|(unit, own)| (unit, serde_json::json!({"head": own.head.to_hex(), "lines": own.lines})))
            .collect();
        let digest = sha256(std::str::from_utf8(&to_canonical(&units).unwrap()).unwrap());
        assert_eq!(hex(&digest), text(&case, "unit_heads_sha256"), "{}", rule.name);
    }
}
