//! Which file, and which field of it, a byte belongs to.

use std::path::Path;

/// The kind of a file by its path from beside the ledger's folder on, in the order of the table.
pub fn kind(path: &Path) -> Option<&'static str> {
    let name = path.to_str().unwrap();
    let kinds = [
        ("ledger/journal/", ".jsonl", "journal segment"),
        ("ledger/journal/", ".jsonl.zst", "compressed segment"),
        ("ledger/checkpoint", "", "checkpoint"),
        ("ledger.head", "", "head kept beside the key"),
        ("ledger/tile/", "", "hash tile"),
        ("ledger/snapshots/", "/manifest.json", "frozen manifest, copy"),
        ("ledger/snapshots/", ".jsonl", "frozen table, copy"),
        ("ledger/state/", ".state", "saved state"),
    ];
    kinds.into_iter().find(|(begin, end, _)| name.starts_with(begin) && name.ends_with(end)).map(|own| own.2)
}

/// The field of each byte of a file.
pub fn of(kind: &str, bytes: &[u8]) -> Vec<String> {
    let fields = match kind {
        "journal segment" => lines(bytes, true),
        "frozen table, copy" => lines(bytes, false),
        "checkpoint" | "head kept beside the key" => note(bytes),
        "frozen manifest, copy" => members(bytes),
        "saved state" => state(bytes),
        _ => vec!["content".to_owned(); bytes.len()],
    };
    assert_eq!(fields.len(), bytes.len(), "{kind}");
    fields
}

/// The members of a canonical object at the top level, byte by byte.
fn members(object: &[u8]) -> Vec<String> {
    let mut fields = vec!["names and punctuation".to_owned(); object.len()];
    let (mut depth, mut quoted, mut begin) = (0, false, 0);
    let mut name: Option<String> = None;
    let mut at = 0;
    while at < object.len() {
        match object[at] {
            b'\\' if quoted => at += 1,
            b'"' => {
                quoted = !quoted;
                if quoted && depth == 1 && name.is_none() {
                    begin = at + 1;
                }
            }
            b':' if !quoted && depth == 1 => {
                name = Some(String::from_utf8(object[begin..at - 1].to_vec()).unwrap());
                begin = at + 1;
            }
            b'{' | b'[' if !quoted => depth += 1,
            b',' | b'}' | b']' if !quoted => {
                if depth == 1
                    && let Some(name) = name.take()
                {
                    fields[begin..at].fill(format!("`{name}`"));
                }
                depth -= i32::from(object[at] != b',');
            }
            _ => {}
        }
        at += 1;
    }
    fields
}

/// Fields of lines: those of the journal by member, where `data` also says of which type.
fn lines(bytes: &[u8], journal: bool) -> Vec<String> {
    let mut fields = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        if text.is_empty() {
            fields.push("padding".to_owned());
            continue;
        }
        let kind = if journal {
            chain::line::Line::parse(text).unwrap().kind.to_owned()
        } else {
            serde_json::from_slice::<serde_json::Value>(text).unwrap()["row"].as_str().unwrap().to_owned()
        };
        for field in members(text) {
            fields.push(match (journal, field.as_str()) {
                (true, "`data`") => format!("`data` of `{kind}`"),
                (true, _) => field,
                (false, _) => format!("row `{kind}`"),
            });
        }
        fields.resize(fields.len() + line.len() - text.len(), "line feed".to_owned());
    }
    fields
}

fn note(bytes: &[u8]) -> Vec<String> {
    let names = ["origin", "size", "root", "empty line"];
    let mut fields = Vec::new();
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        match names.get(number) {
            Some(name) => fields.resize(fields.len() + line.len(), (*name).to_owned()),
            None => {
                let name = line.iter().rposition(|byte| *byte == b' ').unwrap() + 1;
                fields.resize(fields.len() + name, "signature: dash and name".to_owned());
                fields.resize(fields.len() + line.len() - name, "signature: key id and bytes".to_owned());
            }
        }
    }
    fields
}

/// As `app` lays a saved state out: what stands before its body.
const STATE: [(&str, usize); 7] = [
    ("magic", 16),
    ("projection", 32),
    ("revision", 4),
    ("size", 8),
    ("head", 32),
    ("length", 8),
    ("hash", 32),
];
/// How many bytes that are.
pub const STATE_HEADER: usize = 132;

/// Makes the hash in a saved state that of its body.
pub fn rehash_state(bytes: &mut [u8]) {
    let hash = chain::hash::content_hash(&bytes[STATE_HEADER..]).0;
    bytes[STATE_HEADER - hash.len()..STATE_HEADER].copy_from_slice(&hash);
}

fn state(bytes: &[u8]) -> Vec<String> {
    let mut fields: Vec<String> =
        STATE.iter().flat_map(|(name, length)| vec![(*name).to_owned(); *length]).collect();
    assert_eq!(fields.len(), STATE_HEADER);
    fields.resize(bytes.len(), "body".to_owned());
    fields
}
