//! What two ledgers of the same acts cannot have alike: instants, keys, and every hash that follows from them.

/// A word of this length or longer is a hash, a key, an id or a root.
const LONG: usize = 32;
/// A key that was replaced is named `old-` and its id, an account `u-` and letters.
const MADE: [&str; 2] = ["old-", "u-"];

/// The text with instants and long words of letters and digits left out.
pub fn masked(text: &str) -> String {
    let in_word = |c: char| c.is_ascii_alphanumeric() || "+/=_-".contains(c);
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(in_word) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        if is_day_and_hour(word) || (is_day(word) && starts_with_hour(after)) {
            let time = |c: char| c.is_ascii_digit() || ":.Z".contains(c);
            let hour = after.strip_prefix(' ').unwrap_or(after);
            rest = &hour[hour.find(|c| !time(c)).unwrap_or(hour.len())..];
            out.push('⌚');
        } else if word.len() >= LONG || MADE.iter().any(|made| word.starts_with(made)) {
            out.push('#');
        } else {
            out.push_str(word);
        }
    }
    out + rest
}

fn is_day(word: &str) -> bool {
    let parts: Vec<_> = word.split('-').collect();
    parts.iter().map(|part| part.len()).eq([4, 2, 2])
        && parts.concat().bytes().all(|byte| byte.is_ascii_digit())
}

fn is_day_and_hour(word: &str) -> bool {
    word.split_once('T').is_some_and(|(day, hour)| is_day(day) && hour.len() == 2)
}

/// `␣22:16`
fn starts_with_hour(after: &str) -> bool {
    let bytes = after.as_bytes();
    bytes.len() > 5 && bytes[0] == b' ' && bytes[1].is_ascii_digit() && bytes[3] == b':'
}

#[test]
fn instants_and_hashes_are_left_out_and_all_else_stays() {
    let text = format!("在 2026-11-25T22:16:10.123456Z 记为 {} 第 3 行，2022-04-25 2.50。", "a1".repeat(32));
    assert_eq!(masked(&text), "在 ⌚ 记为 # 第 3 行，2022-04-25 2.50。");
    assert_eq!(masked("2026-11-25 22:16 起 8 行，L.key.old-3be663b1"), "⌚ 起 8 行，L.key.#");
}
