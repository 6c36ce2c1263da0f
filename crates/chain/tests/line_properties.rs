//! The quick reader of lines against a slow one, on lines that are nearly right.

use chain::json::{JsonErrorKind, Value, canonicalize, parse};
use chain::line::{Line, LineError, MAX_LINE_BYTES, MEMBERS};
use chain::verify::Checked;
use proptest::prelude::*;

/// The lines that the format's vectors accept.
fn lines() -> Vec<Vec<u8>> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/lines.json");
    let vectors: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let texts = vectors["accept"].as_array().unwrap().iter().filter_map(|case| case["line"].as_str());
    let mut lines: Vec<Vec<u8>> = texts.map(|text| text.as_bytes().to_vec()).collect();
    let member = |value: &str| {
        let line = String::from_utf8(lines[0].clone()).unwrap();
        let (before, rest) = line.split_once("\"data\":{").unwrap();
        format!("{before}\"data\":{{\"\":{value}{}{rest}", if rest.starts_with('}') { "" } else { "," })
    };
    let values =
        [r#""贵溪(小)，“展示”、Å\u001f\\\"\n""#, "[[],{},-1,true,null]", r#"{"a":0,"é":"一","😀":[""]}"#];
    let more: Vec<Vec<u8>> = values.iter().map(|value| member(value).into_bytes()).collect();
    lines.extend(more);
    lines
}

#[derive(Clone, Debug)]
enum Damage {
    Set(u8),
    Flip(u8),
    Insert(u8),
    Remove,
    Double(usize),
    Cut(usize),
    Escape,
}

fn damage() -> impl Strategy<Value = Damage> {
    // Bytes that mean something in a line are more likely to nearly fit.
    let byte = || {
        prop_oneof![any::<u8>(), prop::sample::select(b"\"\\{}[]:,0189afAFZz-._ \n\t\x7f\x80\xe4".to_vec())]
    };
    prop_oneof![
        byte().prop_map(Damage::Set),
        (0..8_u8).prop_map(Damage::Flip),
        byte().prop_map(Damage::Insert),
        Just(Damage::Remove),
        (1..40_usize).prop_map(Damage::Double),
        (1..40_usize).prop_map(Damage::Cut),
        Just(Damage::Escape),
    ]
}

fn damaged(mut line: Vec<u8>, place: prop::sample::Index, damage: &Damage) -> Vec<u8> {
    if line.is_empty() {
        return line;
    }
    let at = place.index(line.len());
    match damage {
        Damage::Set(byte) => line[at] = *byte,
        Damage::Flip(bit) => line[at] ^= 1 << bit,
        Damage::Insert(byte) => line.insert(at, *byte),
        Damage::Remove => drop(line.remove(at)),
        Damage::Double(length) => {
            let end = line.len().min(at + length);
            let part = line[at..end].to_vec();
            line.splice(end..end, part);
        }
        Damage::Cut(length) => drop(line.drain(at..line.len().min(at + length))),
        Damage::Escape => {
            let escape = format!("\\u{:04x}", line[at]);
            line.splice(at..=at, escape.into_bytes());
        }
    }
    line
}

fn nearly_lines() -> impl Strategy<Value = Vec<u8>> {
    let damages = prop::collection::vec((any::<prop::sample::Index>(), damage()), 0..3);
    (prop::sample::select(lines()), damages).prop_map(|(line, damages)| {
        damages.iter().fold(line, |line, (place, damage)| damaged(line, *place, damage))
    })
}

/// The form of one member, by the format's own words.
fn has_form(member: &str, value: &Value) -> bool {
    use chain::typed::{is_account, is_event_id, is_type_name, is_uuid};
    match (member, value) {
        ("data", Value::Object(_)) => true,
        ("at", Value::String(text)) => text.parse::<chain::Instant>().is_ok(),
        ("by" | "unit", Value::String(text)) => is_account(text),
        ("id", Value::String(text)) => is_event_id(text),
        ("submission", Value::String(text)) => is_uuid(text),
        ("type", Value::String(text)) => is_type_name(text),
        ("prev" | "unit_prev", Value::String(text)) => {
            text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        }
        ("position" | "unit_seq", Value::Integer(number)) => *number >= 0,
        ("submission_size" | "version", Value::Integer(number)) => (1..=i64::from(u32::MAX)).contains(number),
        _ => false,
    }
}

/// What the format says of these bytes, read in its order of checks.
fn slowly(bytes: &[u8]) -> Result<Value, LineError> {
    if bytes.len() > MAX_LINE_BYTES {
        return Err(LineError::TooLong);
    }
    let value = parse(bytes).map_err(|error| LineError::Json(error.kind))?;
    if value.to_canonical() != bytes {
        return Err(LineError::Json(JsonErrorKind::NotCanonical));
    }
    let Value::Object(members) = &value else { return Err(LineError::NotObject) };
    if !members.iter().map(|(name, _)| name.as_str()).eq(MEMBERS) {
        return Err(LineError::Members);
    }
    match members.iter().zip(MEMBERS).find(|((_, value), member)| !has_form(member, value)) {
        Some((_, member)) => Err(LineError::MemberType(member)),
        None => Ok(value),
    }
}

/// The line's members as a value, written from what the quick reader found.
fn rebuilt(line: &Line<'_>) -> Value {
    let text = |text: &dyn ToString| Value::String(text.to_string());
    let number = |number: u64| Value::Integer(i64::try_from(number).unwrap());
    let values = [
        text(&line.at),
        text(&line.by),
        parse(line.data).unwrap(),
        text(&line.id),
        number(line.position),
        text(&line.prev),
        text(&line.submission),
        number(line.submission_size.into()),
        text(&line.kind),
        text(&line.unit),
        text(&line.unit_prev),
        number(line.unit_seq),
        number(line.version.into()),
    ];
    Value::Object(MEMBERS.iter().map(|member| (*member).to_owned()).zip(values).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn the_quick_reader_says_what_the_slow_one_says(bytes in nearly_lines()) {
        let quickly = Line::parse(&bytes);
        prop_assert_eq!(quickly.as_ref().map(rebuilt).map_err(|error| *error), slowly(&bytes));
    }

    #[test]
    fn lines_checked_together_are_checked_as_they_are_alone(bytes in nearly_lines(), before in nearly_lines()) {
        let plain = Checked::of(&bytes);
        let together: Vec<Checked<'_>> = Checked::of_lines(&[&before, &bytes]).collect();
        let [before, helped] = together.as_slice() else { panic!("two lines") };
        let hashed = canonicalize(&bytes).ok().filter(|_| plain.respelled.is_some());
        prop_assert_eq!(&helped.line, &plain.line);
        prop_assert_eq!(helped.hash, chain::hash::event_hash(hashed.as_deref().unwrap_or(&bytes)));
        prop_assert_eq!(helped.leaf, chain::hash::leaf_hash(hashed.as_deref().unwrap_or(&bytes)));
        let flaws = |checked: &Checked<'_>| {
            let mut verifier = chain::verify::Verifier::new();
            verifier.push(before);
            verifier.push(checked);
            verifier.finish();
            verifier.flaws().to_vec()
        };
        prop_assert_eq!(flaws(helped), flaws(&plain));
    }
}
