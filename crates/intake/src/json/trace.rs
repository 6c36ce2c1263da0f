//! Where in a JSON document a byte stands, as a path people can follow. Looks at broken documents, so it never fails.

/// What surrounds a byte.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Trace {
    /// The path, such as `figures[3].value`; empty for the document itself.
    pub(super) path: String,
    /// A member name that the innermost object has twice already.
    pub(super) twice: Option<String>,
}

enum Level {
    Object { name: Option<String>, names: Vec<String> },
    Array { index: usize },
}

/// Follows the document up to `offset`, without that byte.
pub(super) fn trace(bytes: &[u8], offset: usize) -> Trace {
    let bytes = &bytes[..offset.min(bytes.len())];
    let mut levels: Vec<Level> = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' => levels.push(Level::Object { name: None, names: Vec::new() }),
            b'[' => levels.push(Level::Array { index: 0 }),
            b'}' | b']' => {
                levels.pop();
            }
            b',' => next(&mut levels),
            b'"' => {
                let end = string_end(bytes, at);
                take_name(&mut levels, &bytes[at + 1..end]);
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    Trace { path: path(&levels), twice: twice(&levels) }
}

fn next(levels: &mut [Level]) {
    match levels.last_mut() {
        Some(Level::Object { name, .. }) => *name = None,
        Some(Level::Array { index }) => *index += 1,
        None => {}
    }
}

/// The place of the closing quote, or the end of the bytes.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn take_name(levels: &mut [Level], text: &[u8]) {
    if let Some(Level::Object { name: name @ None, names }) = levels.last_mut() {
        let text = String::from_utf8_lossy(text).into_owned();
        names.push(text.clone());
        *name = Some(text);
    }
}

fn path(levels: &[Level]) -> String {
    let mut path = String::new();
    for level in levels {
        match level {
            Level::Object { name: Some(name), .. } if path.is_empty() => path.push_str(name),
            Level::Object { name: Some(name), .. } => path.push_str(&format!(".{name}")),
            Level::Object { name: None, .. } => {}
            Level::Array { index } => path.push_str(&format!("[{index}]")),
        }
    }
    path
}

fn twice(levels: &[Level]) -> Option<String> {
    let Some(Level::Object { names, .. }) = levels.last() else { return None };
    let repeated = |(at, name): (usize, &String)| names[..at].contains(name).then(|| name.clone());
    names.iter().enumerate().find_map(repeated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_has_a_path() {
        let text = br#"{"unit":"guixi","figures":[{"value":"1"},{"a\"b":1,"value":2.5}]}"#;
        let at = text.iter().position(|byte| *byte == b'.').unwrap();
        assert_eq!(trace(text, at).path, "figures[1].value");
        assert_eq!(trace(text, 0), Trace::default());
    }

    #[test]
    fn a_name_that_stands_twice_is_found() {
        let found = trace(br#"{"x":{"a":1,"b":2,"a":3"#, usize::MAX);
        assert_eq!(found.twice.as_deref(), Some("a"));
        assert_eq!(found.path, "x.a");
    }
}
