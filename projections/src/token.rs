//! The token: one line of text from which anybody who has the ledger makes the same table again.

use std::fmt;
use std::str::FromStr;

use chain::{ContentHash, Date, TreeHash};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Everything a table follows from: `origin+size+root+as_of+rules`.
///
/// The hashes are hex, the size is decimal without leading zeros, the day is `YYYY-MM-DD`. A ledger's origin holds
/// neither `+` nor blanks, so neither does any other part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The ledger's name in tree heads.
    pub origin: String,
    /// Known at: only the first so many lines of the ledger count.
    pub size: u64,
    /// The root of the tree over these lines.
    pub root: TreeHash,
    /// The reporting date.
    pub as_of: Date,
    /// Plain BLAKE3 of the rulebook as canonical JSON.
    pub rules: ContentHash,
}

/// Text that is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{text}”不是可复算标识：{part}不对。应为 账本名+行数+根哈希+统计截止日+规则哈希，中间用加号连接。请整行复制后重试。"
)]
pub struct NotAToken {
    /// The text.
    pub text: String,
    /// The first part that is wrong, in Chinese.
    pub part: &'static str,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, size, root, as_of, rules } = self;
        write!(f, "{origin}+{size}+{root}+{as_of}+{rules}")
    }
}

impl FromStr for Token {
    type Err = NotAToken;

    /// Reads a token. Blanks around it are ignored, and a single blank is taken for a `+`: that is what the query
    /// of a URL makes of it.
    fn from_str(text: &str) -> Result<Self, NotAToken> {
        parse(text.trim()).map_err(|part| NotAToken { text: text.to_owned(), part })
    }
}

fn parse(text: &str) -> Result<Token, &'static str> {
    let parts: Vec<&str> = text.split(['+', ' ']).collect();
    let [origin, size, root, as_of, rules] = parts[..] else { return Err("段数") };
    if origin.is_empty() || origin.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("账本名");
    }
    Ok(Token {
        origin: origin.to_owned(),
        size: count(size).ok_or("行数")?,
        root: root.parse().map_err(|_| "根哈希")?,
        as_of: as_of.parse().map_err(|_| "统计截止日")?,
        rules: rules.parse().map_err(|_| "规则哈希")?,
    })
}

/// A number as it is written, and no other spelling of it.
fn count(digits: &str) -> Option<u64> {
    digits.parse().ok().filter(|number: &u64| number.to_string() == digits)
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        chain::typed::from_str_value(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token() -> Token {
        Token {
            origin: "ledger.example.org/n0001".to_owned(),
            size: 4817,
            root: TreeHash([0xab; 32]),
            as_of: Date::of(2022, 9, 30).unwrap(),
            rules: ContentHash([0x01; 32]),
        }
    }

    #[test]
    fn a_token_is_one_line_that_survives_copying_and_the_query_of_a_url() {
        let text = token().to_string();
        assert_eq!(
            text,
            format!("ledger.example.org/n0001+4817+{}+2022-09-30+{}", "ab".repeat(32), "01".repeat(32))
        );
        for copied in [text.clone(), format!("  {text}\n"), text.replace('+', " ")] {
            assert_eq!(copied.parse(), Ok(token()), "{copied:?}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_token_is_named() {
        let text = token().to_string();
        let broken = |from: &str, to: &str| text.replacen(from, to, 1).parse::<Token>().unwrap_err().part;
        assert_eq!(broken("ledger.example.org/n0001", ""), "账本名");
        assert_eq!(broken("4817", "04817"), "行数");
        assert_eq!(broken("4817", "-1"), "行数");
        assert_eq!(broken("ab", "AB"), "根哈希");
        assert_eq!(broken("09-30", "09-31"), "统计截止日");
        assert_eq!(broken("0101", "01"), "规则哈希");
        assert_eq!(broken("2022-09-30+", ""), "段数");
        assert_eq!(broken("+4817", "++4817"), "段数");
    }

    proptest! {
        #[test]
        fn every_token_comes_back(
            origin in "[a-z0-9./-]{1,40}|[\\p{Han}a-z/]{1,12}",
            size: u64, root: [u8; 32], rules: [u8; 32], month in 1_u32..=12, day in 1_u32..=28, year in 0_i32..=9999,
        ) {
            let as_of = Date::of(year, month, day).unwrap();
            let token = Token { origin, size, root: TreeHash(root), as_of, rules: ContentHash(rules) };
            prop_assert_eq!(token.to_string().parse::<Token>(), Ok(token));
        }
    }
}
