//! The connection: one request to one server, and its answer.

use std::io::Read as _;
use std::time::Duration;

use chain::note::encode_base64;
use reqwest::blocking::Client;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Certificate, redirect, retry};

use crate::address::{Address, AddressError, Password, User};
use crate::node::Node;
use crate::timing::Timing;
use crate::wire::{Method, Request, Response};

/// The most bytes of an answer: a page of the longest lines, each with its envelope and escapes, several times over.
const MAX_ANSWER_BYTES: u64 = 256 << 20;

/// Why an address cannot be used. `Display` is a sentence for the person at the machine.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address says too little.
    #[error("{0}。")]
    Address(#[from] AddressError),
    /// A file that the address names cannot be read.
    #[error("无法读取{what} {}（{cause}）。请检查存储地址里的路径和文件权限。", path.display())]
    File {
        /// What it should be.
        what: &'static str,
        /// The file.
        path: std::path::PathBuf,
        /// What the system answered.
        cause: std::io::Error,
    },
    /// The certificates cannot be used.
    #[error("证书文件 {} 不可用：应为 PEM 格式的 CA 证书（{reason}）。", path.display())]
    Certificates {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The client cannot be made.
    #[error("无法建立 HTTP 客户端（{0}）。")]
    Client(String),
}

/// Why there is no answer. `Display` is the reason, in Chinese.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Silence {
    /// No connection came about: the server has not seen the request.
    #[error("连不上 {node}（{reason}）")]
    NotConnected { node: Node, reason: String },
    /// The answer did not come in time: the server may still be at work on the request.
    #[error("{node} 没有按时答复")]
    TimedOut { node: Node },
    /// The connection broke, or the answer could not be read to its end.
    #[error("{node} 的答复中断（{reason}）")]
    Broken { node: Node, reason: String },
}

/// A client with its credentials.
pub(crate) struct Http {
    client: Client,
    authorization: Option<HeaderValue>,
}

impl Http {
    /// Makes a client for an address: reads its password and certificates.
    pub fn for_address(address: &Address, timing: &Timing) -> Result<Self, ConnectError> {
        // An error says that the process has a provider already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut builder = Client::builder()
            .connect_timeout(timing.connect)
            // Followed by hand: the library would drop the credentials, and follow to anywhere.
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            // A proxy that keeps pages would show a stream as it was.
            .no_proxy()
            .tcp_nodelay(true);
        if let Some(path) = address.ca() {
            builder = builder.tls_certs_only(certificates(path)?);
        }
        let client = builder.build().map_err(|error| ConnectError::Client(chain_of(&error)))?;
        Ok(Self { client, authorization: address.user().map(authorization).transpose()? })
    }

    /// Sends a request to a server that may see the credentials. They are sent at once: the servers' challenge is of a
    /// kind that no client answers.
    pub fn send(&self, node: &Node, request: &Request, timeout: Duration) -> Result<Response, Silence> {
        let url = format!("{node}{}", request.path);
        let mut builder = match request.method {
            Method::Get => self.client.get(url),
            Method::Post => self.client.post(url).body(request.body.clone()),
        };
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        if let Some(authorization) = &self.authorization {
            builder = builder.header(AUTHORIZATION, authorization);
        }
        let answer = builder.timeout(timeout).send().map_err(|error| silence(node, &error))?;
        let status = answer.status().as_u16();
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = answer.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let mut body = Vec::new();
        let read = answer.take(MAX_ANSWER_BYTES + 1).read_to_end(&mut body);
        let broken = |reason: String| Silence::Broken { node: node.clone(), reason };
        match read {
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => {
                Err(Silence::TimedOut { node: node.clone() })
            }
            Err(error) => Err(broken(chain_of(&error))),
            Ok(_) if body.len() as u64 > MAX_ANSWER_BYTES => Err(broken("超过 256 MiB".to_owned())),
            Ok(_) => Ok(Response { status, headers, body }),
        }
    }
}

fn silence(node: &Node, error: &reqwest::Error) -> Silence {
    let node = node.clone();
    if error.is_connect() {
        Silence::NotConnected { node, reason: chain_of(error) }
    } else if error.is_timeout() {
        Silence::TimedOut { node }
    } else {
        Silence::Broken { node, reason: chain_of(error) }
    }
}

/// An error's last causes: the first only repeat the URL.
fn chain_of(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

fn certificates(path: &std::path::Path) -> Result<Vec<Certificate>, ConnectError> {
    let pem = read(path, "证书文件")?;
    let bad = |reason: String| ConnectError::Certificates { path: path.to_owned(), reason };
    let found = Certificate::from_pem_bundle(&pem).map_err(|error| bad(chain_of(&error)))?;
    if found.is_empty() { Err(bad("里面没有证书".to_owned())) } else { Ok(found) }
}

fn authorization(user: &User) -> Result<HeaderValue, ConnectError> {
    let User { name, password } = user;
    let password = match password {
        Password::Given(password) => password.clone(),
        Password::File(path) => first_line(path)?,
        Password::Missing => return Err(AddressError::NoPassword(name.clone()).into()),
    };
    let encoded = encode_base64(format!("{name}:{password}").as_bytes());
    let mut value = HeaderValue::try_from(format!("Basic {encoded}")).expect("base64 is plain");
    value.set_sensitive(true);
    Ok(value)
}

fn first_line(path: &std::path::Path) -> Result<String, ConnectError> {
    let bytes = read(path, "口令文件")?;
    let not_text = |cause| ConnectError::File { what: "口令文件", path: path.to_owned(), cause };
    let text =
        String::from_utf8(bytes).map_err(|error| not_text(std::io::Error::other(error.utf8_error())))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        Err(not_text(std::io::Error::other("第一行是空的")))
    } else {
        Ok(line.to_owned())
    }
}

fn read(path: &std::path::Path, what: &'static str) -> Result<Vec<u8>, ConnectError> {
    std::fs::read(path).map_err(|cause| ConnectError::File { what, path: path.to_owned(), cause })
}
