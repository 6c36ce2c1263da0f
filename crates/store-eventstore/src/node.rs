//! One server: how it is reached.

use std::fmt;

/// A server's scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    secure: bool,
    host: String,
    port: u16,
}

impl Node {
    /// A server at a host, whose name or number may stand in an address as it is.
    #[must_use]
    pub fn new(secure: bool, host: &str, port: u16) -> Option<Self> {
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let inner = |byte: u8| byte.is_ascii_hexdigit() || b":.".contains(&byte);
        let good = match bracketed {
            Some(number) => number.contains(':') && number.bytes().all(inner),
            None => !host.is_empty() && host.bytes().all(fits),
        };
        (good && port > 0).then(|| Self { secure, host: host.to_ascii_lowercase(), port })
    }

    /// A server by a number or name as gossip writes it, IPv6 without brackets.
    #[must_use]
    pub fn named(secure: bool, host: &str, port: u16) -> Option<Self> {
        if host.contains(':') && !host.starts_with('[') {
            return Self::new(secure, &format!("[{host}]"), port);
        }
        Self::new(secure, host, port)
    }

    /// The server and the rest of an absolute URL, `/path?query`.
    #[must_use]
    pub fn of_url(url: &str) -> Option<(Self, &str)> {
        let (secure, rest) = match url.split_once("://")? {
            ("http", rest) => (false, rest),
            ("https", rest) => (true, rest),
            _ => return None,
        };
        let slash = rest.find('/')?;
        let (authority, path) = rest.split_at(slash);
        let colon = authority.rfind(':').filter(|colon| !authority[*colon..].contains(']'));
        let (host, port) = match colon {
            Some(colon) => (&authority[..colon], authority[colon + 1..].parse().ok()?),
            None => (authority, if secure { 443 } else { 80 }),
        };
        Some((Self::new(secure, host, port)?, path))
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// `host:port`.
    #[must_use]
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// `http://host:port`.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_a_server_and_the_rest() {
        let (node, rest) = Node::of_url("http://10.0.0.2:2113/streams/s/0?embed=body").unwrap();
        assert_eq!((node.to_string(), rest), ("http://10.0.0.2:2113".into(), "/streams/s/0?embed=body"));
        assert_eq!(Node::of_url("https://[fe80::1]/x").unwrap().0.authority(), "[fe80::1]:443");
        for bad in ["ftp://h/x", "http://h", "http://u@h/x", "http:///x", "/streams/s"] {
            assert_eq!(Node::of_url(bad), None, "{bad}");
        }
        assert_eq!(Node::named(false, "fe80::1", 7).unwrap().authority(), "[fe80::1]:7");
    }
}
