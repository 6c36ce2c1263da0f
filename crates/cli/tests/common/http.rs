//! A client over a real socket: one request, one connection, and the whole answer.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use super::Running;

/// An answer over HTTP.
pub struct Got {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Got {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (own, value) = line.split_once(": ")?;
            own.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("text")
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    /// The answer, given that it has this status.
    #[track_caller]
    pub fn with(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    #[track_caller]
    pub fn is_problem(&self, status: u16, code: &str) {
        let found = (self.status, self.header("content-type"));
        assert_eq!(found, (status, Some("application/problem+json")), "{}", self.text());
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        assert!(problem["detail"].as_str().is_some_and(|text| text.ends_with('。')), "{problem}");
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Self { status, head, body: bytes[end + 4..].to_vec() })
    }
}

pub fn connect(server: &Running) -> TcpStream {
    connect_to(server.address())
}

pub fn connect_to(address: &str) -> TcpStream {
    TcpStream::connect(address).expect("the server listens")
}

/// Sends bytes and takes the answer; none where the server went away.
pub fn try_send(address: &str, request: &[u8]) -> Option<Got> {
    let mut stream = TcpStream::connect(address).ok()?;
    // What a server does not want to read it may refuse before all of it was sent.
    let _ = stream.write_all(request);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    Got::of(&bytes)
}

pub fn send(server: &Running, request: &[u8]) -> Got {
    try_send(server.address(), request).expect("an answer")
}

pub fn request(method: &str, path: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let length = if method == "GET" || method == "HEAD" {
        String::new()
    } else {
        format!("Content-Length: {}\r\n", body.len())
    };
    let head =
        format!("{method} {path} HTTP/1.1\r\nHost: ledger\r\nConnection: close\r\n{length}{headers}\r\n");
    [head.as_bytes(), body].concat()
}

pub fn asked(server: &Running, method: &str, path: &str, headers: &[&str]) -> Got {
    send(server, &request(method, path, headers, b""))
}

pub fn get(server: &Running, path: &str) -> Got {
    asked(server, "GET", path, &[])
}

/// Somebody, by the headers that say so.
#[derive(Clone, Default)]
pub struct Person {
    pub headers: Vec<String>,
}

impl Person {
    /// Somebody with an API token.
    pub fn with_token(token: &str) -> Self {
        Self { headers: vec![format!("Authorization: Bearer {token}")] }
    }

    /// Somebody whom this answer let in.
    #[track_caller]
    pub fn let_in(got: &Got) -> Self {
        assert_eq!(got.status, 201, "{}", got.text());
        let cookie = got.header("set-cookie").expect("a cookie").split(';').next().unwrap().to_owned();
        let token = got.json()["csrf_token"].as_str().expect("a token").to_owned();
        Self { headers: vec![format!("Cookie: {cookie}"), format!("X-CSRF-Token: {token}")] }
    }

    /// Logs in.
    #[track_caller]
    pub fn login(server: &Running, login: &str, password: &str) -> Self {
        let body = serde_json::json!({ "login": login, "password": password });
        Self::let_in(&Self::default().post(server, "/v1/sessions", &body))
    }

    pub fn get(&self, server: &Running, path: &str) -> Got {
        self.send(server, "GET", path, &[], b"")
    }

    pub fn delete(&self, server: &Running, path: &str) -> Got {
        self.send(server, "DELETE", path, &[], b"")
    }

    pub fn post(&self, server: &Running, path: &str, body: &Value) -> Got {
        self.send(server, "POST", path, &["Content-Type: application/json"], body.to_string().as_bytes())
    }

    pub fn send(&self, server: &Running, method: &str, path: &str, more: &[&str], body: &[u8]) -> Got {
        send(server, &self.request(method, path, more, body))
    }

    pub fn request(&self, method: &str, path: &str, more: &[&str], body: &[u8]) -> Vec<u8> {
        let headers: Vec<&str> =
            self.headers.iter().map(String::as_str).chain(more.iter().copied()).collect();
        request(method, path, &headers, body)
    }
}
