//! Where a fuzz target starts: the golden vectors hold an input for each rule it could find by chance,
//! and `fuzz/seeds/<target>/` holds samples for those that have no vectors.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::workspace_root;

const VECTORS: &str = "crates/chain/tests/vectors";

/// Targets, and the file of vectors whose inputs they begin with.
const FILES: [(&str, &str); 3] =
    [("canonical_json", "canonical.json"), ("journal_line", "lines.json"), ("typed_strings", "typed.json")];

/// Members of the vectors that hold an input as hex digits, and those that hold it as text.
const HEX: [&str; 2] = ["input_hex", "line_hex"];
const TEXT: [&str; 2] = ["line", "text"];

/// Writes the samples and the vectors' inputs for `target` into `corpus`.
///
/// # Errors
/// They cannot be read, or the corpus cannot be written.
pub fn write(target: &str, corpus: &Path) -> Result<()> {
    let samples = workspace_root().join("fuzz/seeds").join(target);
    if samples.is_dir() {
        for sample in fs::read_dir(samples)? {
            let sample = sample?;
            fs::copy(sample.path(), corpus.join(sample.file_name()))?;
        }
    }
    write_vectors(target, corpus)
}

fn write_vectors(target: &str, corpus: &Path) -> Result<()> {
    let Some((_, file)) = FILES.iter().find(|(name, _)| *name == target) else {
        return Ok(());
    };
    let path = workspace_root().join(VECTORS).join(file);
    let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut inputs = Vec::new();
    collect(&serde_json::from_slice(&text)?, &mut inputs);
    for (index, input) in inputs.iter().enumerate() {
        fs::write(corpus.join(format!("vector-{index:04}")), input)?;
    }
    Ok(())
}

/// Finds all inputs in `value`, however deep they lie.
fn collect(value: &Value, inputs: &mut Vec<Vec<u8>>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| collect(value, inputs)),
        Value::Object(members) => {
            for (name, value) in members {
                match (value.as_str(), name.as_str()) {
                    (Some(text), name) if HEX.contains(&name) => inputs.extend(from_hex(text)),
                    (Some(text), name) if TEXT.contains(&name) => inputs.push(text.as_bytes().to_vec()),
                    _ => collect(value, inputs),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|digit| digit.try_into().ok())).collect();
    digits.map(|digits| {
        digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{collect, from_hex};

    #[test]
    fn inputs_are_found_in_both_spellings() {
        let vectors = json!({"accept": [{"name": "a", "input_hex": "7b7d"}, {"line": "{}", "bytes": 2}]});
        let mut inputs = Vec::new();
        collect(&vectors, &mut inputs);
        assert_eq!(inputs, [b"{}", b"{}"]);
    }

    #[test]
    fn hex_digits_become_bytes() {
        assert_eq!(from_hex("00ff7b"), Some(vec![0x00, 0xff, 0x7b]));
        assert_eq!(from_hex("zz"), None);
    }
}
