//! Where a ledger's stream is: `eventstore+http://user@host:2113,host2:2113/?stream=…&password-file=…&ca=…&tls`.
//!
//! An address is shown, logged and stored; the password in it never is.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::node::Node;

/// The port a server listens on unless told otherwise.
const DEFAULT_PORT: u16 = 2113;
/// The longest stream name that is taken.
const MAX_STREAM_BYTES: usize = 128;
const PLAIN: &str = "eventstore+http://";
const SECURE: &str = "eventstore+https://";

/// A stream's name: letters, digits, `_`, `.` and `-`, so that no server escapes, cuts or splits it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StreamName(String);

impl StreamName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StreamName {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let dots = text.bytes().all(|byte| byte == b'.');
        if text.len() > MAX_STREAM_BYTES || dots || !text.bytes().all(fits) {
            return Err(AddressError::Stream);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who asks. Neither `Debug` nor `Display` of an address shows the password.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// The user's name.
    pub name: String,
    /// Where the password comes from.
    pub password: Password,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, password } = self;
        let password = match password {
            Password::Given(_) => "…".to_owned(),
            Password::File(path) => path.display().to_string(),
            Password::Missing => "none".to_owned(),
        };
        write!(f, "User {{ name: {name:?}, password: {password} }}")
    }
}

/// Where a password comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum Password {
    /// It stood in the address.
    Given(String),
    /// It is the first line of a file.
    File(PathBuf),
    /// The address names a user and no password: what an address becomes when it is written down.
    Missing,
}

/// A ledger's stream, and the servers that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    nodes: Vec<Node>,
    stream: StreamName,
    user: Option<User>,
    ca: Option<PathBuf>,
}

impl Address {
    /// Whether a text looks like an address and not like a path.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        text.starts_with("eventstore+")
    }

    /// The servers, at least one, in the order they were given.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The stream.
    #[must_use]
    pub const fn stream(&self) -> &StreamName {
        &self.stream
    }

    /// Who asks, if anybody in particular.
    #[must_use]
    pub const fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// The file of certificates, PEM, that are trusted instead of the system's.
    #[must_use]
    pub fn ca(&self) -> Option<&Path> {
        self.ca.as_deref()
    }

    /// The same address, with the user's password in a file.
    #[must_use]
    pub fn with_password_file(mut self, path: PathBuf) -> Self {
        self.user = self.user.map(|User { name, .. }| User { name, password: Password::File(path) });
        self
    }

    /// The same address with paths as they are seen from anywhere, to be written down.
    #[must_use]
    pub fn absolute(mut self) -> Self {
        let full = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
        self.ca = self.ca.map(full);
        self.user = self.user.map(|User { name, password }| User {
            name,
            password: match password {
                Password::File(path) => Password::File(full(path)),
                other @ (Password::Given(_) | Password::Missing) => other,
            },
        });
        self
    }
}

/// Why a text is no address. `Display` is a sentence for the person at the machine; it never repeats the password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The scheme is another one.
    #[error(
        "存储地址要以 eventstore+http:// 或 eventstore+https:// 开头，例如 eventstore+http://ledger@10.0.0.1:2113/?stream=ledger-yingtan-2022&password-file=口令文件"
    )]
    Scheme,
    /// A host is missing or cannot be one.
    #[error("存储地址里的主机“{0}”不对：要写成 主机 或 主机:端口，几台之间用逗号分开")]
    Host(String),
    /// Something stands between hosts and `?`.
    #[error("存储地址的主机之后只能是 /?stream=…，不能有路径")]
    Path,
    /// There is no stream, or its name has other characters.
    #[error(
        "存储地址要写明流名 stream=…：只用字母、数字和 _ . -，最多 {MAX_STREAM_BYTES} 个字符，例如 ledger-yingtan-2022"
    )]
    Stream,
    /// A parameter is unknown.
    #[error("存储地址里没有“{0}”这个参数；可用的是 stream、password-file、ca、tls")]
    Parameter(String),
    /// A parameter stands twice.
    #[error("存储地址里的参数“{0}”写了两次")]
    Twice(&'static str),
    /// A percent escape is broken.
    #[error("存储地址里的百分号转义不对：% 之后要有两位十六进制数")]
    Escape,
    /// A password without a user, or two passwords.
    #[error("存储地址里的口令不对：要先写用户名，口令只在地址里或 password-file 里写一处")]
    Password,
    /// A user without a password.
    #[error("存储地址写了用户“{0}”，没有口令：请加 password-file=口令文件")]
    NoPassword(String),
    /// Certificates are named, and nothing is encrypted.
    #[error("存储地址写了 ca=…，却不是加密连接：请改用 eventstore+https://，或加 tls")]
    CaWithoutTls,
}

#[derive(Default)]
struct Parameters {
    stream: Option<String>,
    password_file: Option<String>,
    ca: Option<String>,
    tls: Option<String>,
}

impl Parameters {
    fn parse(query: &str) -> Result<Self, AddressError> {
        let mut found = Self::default();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (place, name) = match name {
                "stream" => (&mut found.stream, "stream"),
                "password-file" => (&mut found.password_file, "password-file"),
                "ca" => (&mut found.ca, "ca"),
                "tls" if value.is_empty() || value == "true" => (&mut found.tls, "tls"),
                other => return Err(AddressError::Parameter(other.to_owned())),
            };
            if place.replace(unescaped(value)?).is_some() {
                return Err(AddressError::Twice(name));
            }
        }
        Ok(found)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let plain = text.strip_prefix(PLAIN).map(|rest| (false, rest));
        let (secure, rest) = plain
            .or_else(|| text.strip_prefix(SECURE).map(|rest| (true, rest)))
            .ok_or(AddressError::Scheme)?;
        let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
        // A password may hold a slash only as %2F; whatever follows a slash is no part of it.
        let (authority, path) = authority.split_once('/').unwrap_or((authority, ""));
        if !path.is_empty() {
            return Err(AddressError::Path);
        }
        let parameters = Parameters::parse(query)?;
        let secure = secure || parameters.tls.is_some();
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (Some(user), hosts),
            None => (None, authority),
        };
        let user = user_of(user, parameters.password_file)?;
        let nodes = hosts.split(',').map(|host| node_of(host, secure)).collect::<Result<_, _>>()?;
        let ca = parameters.ca.map(PathBuf::from);
        if ca.is_some() && !secure {
            return Err(AddressError::CaWithoutTls);
        }
        let stream = parameters.stream.unwrap_or_default().parse()?;
        Ok(Self { nodes, stream, user, ca })
    }
}

fn user_of(text: Option<&str>, file: Option<String>) -> Result<Option<User>, AddressError> {
    let Some(text) = text else {
        return if file.is_some() { Err(AddressError::Password) } else { Ok(None) };
    };
    let (name, given) = match text.split_once(':') {
        Some((name, given)) => (unescaped(name)?, Some(unescaped(given)?)),
        None => (unescaped(text)?, None),
    };
    // Basic authentication ends the name at the first colon.
    if name.is_empty() || name.contains(':') {
        return Err(AddressError::Password);
    }
    let password = match (given, file) {
        (Some(given), None) => Password::Given(given),
        (None, Some(file)) => Password::File(file.into()),
        (None, None) => Password::Missing,
        (Some(_), Some(_)) => return Err(AddressError::Password),
    };
    Ok(Some(User { name, password }))
}

fn node_of(text: &str, secure: bool) -> Result<Node, AddressError> {
    let refuse = || AddressError::Host(text.to_owned());
    let colon = text.rfind(':').filter(|colon| !text[*colon..].contains(']'));
    let (host, port) = match colon {
        Some(colon) => (&text[..colon], text[colon + 1..].parse().map_err(|_| refuse())?),
        None => (text, DEFAULT_PORT),
    };
    Node::new(secure, host, port).ok_or_else(refuse)
}

fn unescaped(text: &str) -> Result<String, AddressError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
        let (high, low) = (digit().ok_or(AddressError::Escape)?, digit().ok_or(AddressError::Escape)?);
        bytes.push(u8::try_from(high * 16 + low).expect("two hex digits"));
    }
    String::from_utf8(bytes).map_err(|_| AddressError::Escape)
}

/// Percent-escapes whatever an address gives a meaning to.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/\\".contains(&byte) || byte >= 0x80;
    let mut bytes = Vec::with_capacity(text.len());
    for byte in text.bytes() {
        if plain(byte) {
            bytes.push(byte);
        } else {
            bytes.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    String::from_utf8(bytes).expect("only ASCII was replaced")
}

/// The address without its password, so that it may be shown and written down. It reads back as an address.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.nodes[0].is_secure() { SECURE } else { PLAIN })?;
        if let Some(user) = &self.user {
            write!(f, "{}@", escaped(&user.name))?;
        }
        let hosts: Vec<_> = self.nodes.iter().map(Node::authority).collect();
        write!(f, "{}/?stream={}", hosts.join(","), self.stream)?;
        if let Some(User { password: Password::File(path), .. }) = &self.user {
            write!(f, "&password-file={}", escaped(&path.to_string_lossy()))?;
        }
        if let Some(ca) = &self.ca {
            write!(f, "&ca={}", escaped(&ca.to_string_lossy()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Address {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn refused(text: &str) -> AddressError {
        text.parse::<Address>().expect_err(text)
    }

    #[test]
    fn an_address_names_servers_stream_and_user() {
        let address = parsed(
            "eventstore+http://ledger@10.0.0.1,db2.example:2114,[::1]:9/?stream=ledger-yingtan-2022&password-file=/etc/口令&ca=ca.pem&tls",
        );
        let urls: Vec<_> = address.nodes().iter().map(ToString::to_string).collect();
        assert_eq!(urls, ["https://10.0.0.1:2113", "https://db2.example:2114", "https://[::1]:9"]);
        assert_eq!(address.stream().as_str(), "ledger-yingtan-2022");
        assert_eq!(address.ca(), Some(Path::new("ca.pem")));
        let user = address.user().unwrap();
        assert!(user.name == "ledger" && user.password == Password::File("/etc/口令".into()));
        assert_eq!(parsed(&address.to_string()), address);
    }

    #[test]
    fn a_password_is_used_and_never_shown() {
        let address = parsed("eventstore+https://a%40b:s%2Fe%3Ac@h/?stream=s");
        assert!(address.user().unwrap().password == Password::Given("s/e:c".into()));
        for shown in [address.to_string(), format!("{address:?}")] {
            assert!(!shown.contains("s/e:c") && !shown.contains("s%2Fe"), "{shown}");
        }
        let written = parsed(&address.to_string());
        assert!(written.user().unwrap().password == Password::Missing);
        for bad in [
            "http://a:geheim@h/?stream=s",
            "eventstore+http://a:geheim@h:x/?stream=s",
            "eventstore+http://a:geheim@h/x?stream=s",
        ] {
            assert!(!refused(bad).to_string().contains("geheim"), "{bad}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_reason() {
        let base = "eventstore+http://h/?stream=s";
        assert_eq!(refused("http://h/?stream=s"), AddressError::Scheme);
        assert_eq!(refused("eventstore+http:///?stream=s"), AddressError::Host(String::new()));
        assert_eq!(refused("eventstore+http://h:70000/?stream=s"), AddressError::Host("h:70000".into()));
        assert_eq!(refused("eventstore+http://h/streams/x"), AddressError::Path);
        for name in ["", "a/b", "$all", "a%20b", "..", "账本"] {
            assert_eq!(
                refused(&format!("eventstore+http://h/?stream={name}")),
                AddressError::Stream,
                "{name}"
            );
        }
        assert_eq!(refused(&format!("{base}&stream=t")), AddressError::Twice("stream"));
        assert_eq!(refused(&format!("{base}&timeout=3")), AddressError::Parameter("timeout".into()));
        assert_eq!(refused(&format!("{base}&ca=c.pem")), AddressError::CaWithoutTls);
        assert_eq!(refused(&format!("{base}&password-file=f")), AddressError::Password);
        assert_eq!(refused("eventstore+http://u%zz@h/?stream=s"), AddressError::Escape);
    }
}
