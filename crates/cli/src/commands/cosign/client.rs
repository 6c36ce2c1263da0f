//! The ledger's side of C2SP tlog-witness: one question over HTTP, and what the witness said.

use std::io::Read as _;
use std::time::Duration;

use anyhow::Context as _;
use chain::TreeHash;
use chain::note::{encode_base64, read_decimal};
use reqwest::blocking::{Client, Response};
use reqwest::{StatusCode, redirect};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// The most bytes of an answer that are read: a few signature lines.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

/// What a witness said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// 200: signature lines, unchecked.
    Lines(String),
    /// 409: the proof must start at this size; if it did, the witness cosigned another root of this size.
    Size(u64),
    /// Any other status.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The first line of what it said, without control characters.
        reason: String,
    },
}

/// A witness at its address.
pub struct Door {
    client: Client,
    url: String,
}

impl Door {
    /// A witness whose submission prefix is `prefix`. Proxies are taken from the environment; redirects are not followed.
    ///
    /// # Errors
    /// When the client cannot be made.
    pub fn at(prefix: &str) -> anyhow::Result<Self> {
        // An error says that the process has a provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .redirect(redirect::Policy::none())
            .build()
            .context("无法建立 HTTP 客户端。")?;
        Ok(Self { client, url: format!("{}/add-checkpoint", prefix.trim_end_matches('/')) })
    }

    /// Asks for a cosignature of a signed note, with the proof from the first `old_size` lines.
    ///
    /// # Errors
    /// When no answer comes, or it is no answer of this protocol. Whether the witness cosigned is unknown then; asking again is safe.
    pub fn ask(&self, old_size: u64, proof: &[TreeHash], note: &str) -> anyhow::Result<Said> {
        let proof: String = proof.iter().map(|hash| format!("{}\n", encode_base64(&hash.0))).collect();
        let body = format!("old {old_size}\n{proof}\n{note}");
        let sent = self.client.post(&self.url).body(body).send();
        let response = sent.with_context(|| {
            format!("见证方 {} 没有答复。请检查网址和网络后再试；重复请求没有害处。", self.url)
        })?;
        let status = response.status();
        let text = text(response).with_context(|| format!("见证方 {} 的答复没有收完整。", self.url))?;
        Ok(match status {
            StatusCode::OK => Said::Lines(text),
            StatusCode::CONFLICT => Said::Size(size(&text).context("见证方答复 409，却没有写明行数。")?),
            other => Said::Refused { status: other.as_u16(), reason: first_line(&text) },
        })
    }
}

fn text(response: Response) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    response.take(MAX_ANSWER_BYTES + 1).read_to_end(&mut bytes)?;
    anyhow::ensure!(bytes.len() as u64 <= MAX_ANSWER_BYTES, "答复超过 64 KiB");
    String::from_utf8(bytes).context("答复不是 UTF-8 文字")
}

fn size(text: &str) -> Option<u64> {
    read_decimal(text.strip_suffix('\n')?)
}

/// A stranger's words for a terminal.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(200).collect()
}
