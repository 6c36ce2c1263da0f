//! A client that adds nothing: one connection for each request, the headers that are given, the answer as it came.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// How long a client waits where nothing else is said.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub reason: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    TimedOut,
    Refused,
    /// The connection ended before the answer was whole.
    Broken,
}

/// A request to be sent.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub patience: Option<Duration>,
}

impl Ask {
    pub fn new(method: &str, target: &str) -> Self {
        Self { method: method.to_owned(), target: target.to_owned(), ..Self::default() }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// Sends the request to `http://host:port` and reads the whole answer.
    pub fn send(&self, base: &str) -> Result<Reply, Silence> {
        let host = base.strip_prefix("http://").expect("an address begins with http://");
        let mut stream = TcpStream::connect(host).map_err(silence)?;
        stream.set_read_timeout(Some(self.patience.unwrap_or(PATIENCE))).expect("a time above zero");
        let mut head =
            format!("{} {} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!("Content-Length: {}\r\n\r\n", self.body.len());
        stream.write_all(&[head.as_bytes(), &self.body].concat()).map_err(silence)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).map_err(silence)?;
        read(&answer).ok_or(Silence::Broken)
    }
}

fn silence(error: io::Error) -> Silence {
    let kind = error.kind();
    if kind == io::ErrorKind::ConnectionRefused {
        Silence::Refused
    } else if kind == io::ErrorKind::WouldBlock || kind == io::ErrorKind::TimedOut {
        Silence::TimedOut
    } else {
        Silence::Broken
    }
}

/// Reads an answer; `None` where its head or its announced body is not whole.
fn read(answer: &[u8]) -> Option<Reply> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.splitn(3, ' ');
    let status = first.nth(1)?.parse().ok()?;
    let reason = first.next().unwrap_or("").to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let body = answer[end + 4..].to_vec();
    let length = headers.iter().find(|(name, _)| name == "content-length").map(|(_, value)| value.as_str());
    let is_whole = length.is_none_or(|length| length.parse() == Ok(body.len()));
    is_whole.then_some(Reply { status, reason, headers, body })
}
