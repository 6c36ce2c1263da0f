//! Who asks.

use crate::answer::Answer;
use crate::request::Request;

const PASSWORD: &str = "changeit";

/// A user, or nobody in particular.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum User {
    Anonymous,
    Admin,
    Operator,
}

impl User {
    /// Reads the user of a request. Credentials that cannot be read count as none; wrong ones are refused.
    pub(crate) fn of(request: &Request) -> Result<Self, Answer> {
        let header = request.header("authorization").and_then(|value| value.strip_prefix("Basic "));
        let Some(credentials) = header.and_then(|text| decoded(text.trim())) else {
            return Ok(Self::Anonymous);
        };
        match credentials.split_once(':') {
            Some(("admin", PASSWORD)) => Ok(Self::Admin),
            Some(("ops", PASSWORD)) => Ok(Self::Operator),
            Some(_) => Err(Answer::unauthorized()),
            None => Ok(Self::Anonymous),
        }
    }

    pub(crate) fn is_admin(&self) -> bool {
        *self == Self::Admin
    }

    /// Tells whether a name in a list of permissions means this user.
    pub(crate) fn is(&self, name: &str) -> bool {
        match name {
            "$all" => true,
            "$ops" | "ops" => *self == Self::Operator,
            _ => false,
        }
    }
}

/// Reads Base64.
fn decoded(text: &str) -> Option<String> {
    let mut bits = 0_u32;
    let mut held = 0;
    let mut bytes = Vec::new();
    for c in text.trim_end_matches('=').bytes() {
        let six = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).expect("eight bits"));
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn credentials_are_read() {
        assert_eq!(decoded("YWRtaW46Y2hhbmdlaXQ=").as_deref(), Some("admin:changeit"));
        assert_eq!(decoded("!!!"), None);
    }
}
