//! Every event type has a golden payload, a schema that accepts it, and a page in the documentation.

use std::path::{Path, PathBuf};

use chain::line::{Envelope, Line};
use chain::{EventHash, Instant};
use events::{Event, EventKind, Recorded};

fn golden_path(kind: EventKind) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("golden/{}.v{}.json", kind.name(), kind.version()))
}

fn golden(kind: EventKind) -> Vec<u8> {
    let path = golden_path(kind);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{} needs a golden payload: {error}", path.display()))
}

fn example_line(kind: EventKind, data: &[u8]) -> Vec<u8> {
    let submission = uuid::Uuid::from_u128(0x21b8_fe74_5835_47b7_86ce_03da_fc1e_21f9);
    let first = kind == EventKind::LedgerOpened;
    let envelope = Envelope {
        at: "2022-04-29T03:12:45.120007Z".parse().unwrap(),
        by: "acct-07",
        id: chain::hash::event_id(submission, 0),
        position: if first { 0 } else { 1842 },
        prev: if first { EventHash::ZERO } else { chain::hash::event_hash(b"the line before") },
        submission,
        submission_size: 1,
        kind: kind.name(),
        unit: if first { "digital-office" } else { "yujiang" },
        unit_prev: if first { EventHash::ZERO } else { chain::hash::event_hash(b"the unit's line before") },
        unit_seq: if first { 0 } else { 57 },
        version: kind.version(),
    };
    let mut line = Vec::new();
    chain::line::write(&envelope, data, &mut line).unwrap();
    line
}

#[test]
fn every_type_has_a_golden_payload_that_reads_back_byte_for_byte() {
    for &kind in EventKind::ALL {
        let data = golden(kind);
        let event = Event::decode(kind.name(), kind.version(), &data).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(event.kind(), kind);
        assert_eq!(String::from_utf8(event.encode().unwrap()), String::from_utf8(data), "{}", kind.name());
    }
}

#[test]
fn every_golden_file_belongs_to_a_type() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let stem = name.strip_suffix(".json").expect("golden files end in .json");
        let (kind, version) = stem.rsplit_once(".v").expect("golden files carry a version");
        let kind = EventKind::from_name(kind).unwrap_or_else(|| panic!("{name}: no such type"));
        assert!(version.parse::<u32>().unwrap() <= kind.version(), "{name}");
    }
}

#[test]
fn every_schema_accepts_its_golden_payload_and_refuses_a_stranger() {
    for &kind in EventKind::ALL {
        let schema = kind.schema().to_value();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let mut data: serde_json::Value = serde_json::from_slice(&golden(kind)).unwrap();
        let errors: Vec<String> = validator.iter_errors(&data).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", kind.name());
        data["no_such_member"] = true.into();
        assert!(!validator.is_valid(&data), "{}: an unknown member must be refused", kind.name());
        assert!(Event::decode(kind.name(), kind.version(), data.to_string().as_bytes()).is_err());
    }
}

#[test]
fn unknown_names_and_versions_are_refused_by_name() {
    let unknown = Event::decode("figure-deleted", 1, b"{}").unwrap_err();
    assert_eq!(unknown.to_string(), "unknown event type figure-deleted");
    let newer = Event::decode("period-closed", 9, br#"{"period":"2022-04"}"#).unwrap_err();
    assert_eq!(newer.to_string(), "period-closed has no version 9");
}

#[test]
fn a_signature_is_taken_out_of_the_data_before_it_is_read() {
    let data = br#"{"period":"2022-04","signature":{"key":"guixi+17350028+A","sig":"R59o"}}"#;
    let line = example_line(EventKind::PeriodClosed, data);
    let line = Line::parse(&line).unwrap();
    let recorded = Recorded::decode(&line, line.hash()).unwrap();
    assert_eq!(recorded.signature.unwrap().sig, "R59o");
    assert_eq!(recorded.event.encode().unwrap(), br#"{"period":"2022-04"}"#);
    assert_eq!(recorded.at, "2022-04-29T03:12:45.120007Z".parse::<Instant>().unwrap());
}

#[test]
fn the_documentation_lists_every_type_with_an_example_line() {
    let mut page = String::from(PAGE_HEAD);
    for &kind in EventKind::ALL {
        let schema = kind.schema().to_value();
        let line = example_line(kind, &golden(kind));
        page.push_str(&format!("\n## `{}` v{}\n\n", kind.name(), kind.version()));
        page.push_str(schema["description"].as_str().expect("a payload says what it is"));
        page.push_str("\n\n| member | meaning |\n|---|---|\n");
        let required: Vec<&str> = schema["required"]
            .as_array()
            .map(|r| r.iter().filter_map(|v| v.as_str()).collect())
            .unwrap_or_default();
        for (member, property) in schema["properties"].as_object().expect("payloads are objects") {
            let optional = if required.contains(&member.as_str()) { "" } else { " (optional)" };
            let meaning = property["description"].as_str().expect("every member is described");
            page.push_str(&format!("| `{member}`{optional} | {} |\n", meaning.replace('\n', " ")));
        }
        page.push_str(&format!("\n```json\n{}\n```\n", String::from_utf8(line).unwrap()));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/events.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == page, "docs/events.md is out of date; UPDATE_GOLDEN=1 writes it anew");
}

const PAGE_HEAD: &str = "# What can be recorded\n\n\
    Made from `events/src` by a test; `progress-ledger schema` writes the JSON Schemas. Each type is one file there, \
    with a golden payload in `events/golden/`. The envelope around the data is described in `format.md` §2.\n";
