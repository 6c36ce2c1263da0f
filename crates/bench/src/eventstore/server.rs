//! The server that is measured against: a stand-in in a process of its own, or a real one.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};
use reqwest::blocking::Client;
use store_eventstore::wire::{Method, Request};
use store_eventstore::{EventStoreLog, Known, StreamName, Timing};

/// `http://host:port` of a real server that may be written to; without it the stand-in is measured.
const REAL: &str = "LEDGER_TEST_EVENTSTORE";
/// The first argument with which this program becomes a stand-in.
pub const SERVE: &str = "serve-stand-in";

/// A server, and how often a stream was asked of it.
pub struct Server {
    stand_in: Option<Child>,
    url: String,
    streams: u32,
}

impl Server {
    /// The real server of the environment, or a stand-in of its own process, whose memory is not this one's.
    ///
    /// # Errors
    /// The stand-in does not start.
    pub fn start() -> Result<Self> {
        if let Ok(url) = std::env::var(REAL) {
            return Ok(Self { stand_in: None, url, streams: 0 });
        }
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg(SERVE).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut said = String::new();
        BufReader::new(child.stdout.take().context("its output is piped")?).read_line(&mut said)?;
        let url = said.trim_end().to_owned();
        Ok(Self { stand_in: Some(child), url, streams: 0 })
    }

    /// One that serves already.
    pub const fn at(url: String) -> Self {
        Self { stand_in: None, url, streams: 0 }
    }

    /// What it is, for a heading.
    pub fn name(&self) -> &'static str {
        if self.stand_in.is_some() { "the stand-in" } else { "the server of LEDGER_TEST_EVENTSTORE" }
    }

    /// The name of a stream that nobody has used.
    ///
    /// # Errors
    /// The clock stands before 1970.
    pub fn new_stream(&mut self) -> Result<StreamName> {
        self.streams += 1;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros();
        Ok(format!("ledger-bench-{now}-{}", self.streams).parse()?)
    }

    /// The log of a stream.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn log(&self, stream: &StreamName) -> Result<EventStoreLog> {
        let address = format!("eventstore+{}/?stream={stream}", self.url).parse()?;
        Ok(EventStoreLog::open(&address, &Known::default(), Timing::default())?)
    }

    /// The ceiling: requests by the plain library, whose answers are read to their end and not looked at.
    ///
    /// # Errors
    /// The library cannot be set up.
    pub fn raw(&self) -> Result<Raw> {
        let client = Client::builder().no_proxy().tcp_nodelay(true).build()?;
        Ok(Raw { client, url: self.url.clone() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.stand_in {
            // The end of its input is the end of it.
            drop(child.stdin.take());
            let _ = child.wait();
        }
    }
}

/// A plain client.
pub struct Raw {
    client: Client,
    url: String,
}

impl Raw {
    /// Sends a request; gives the answer's body.
    ///
    /// # Errors
    /// The answer is neither 200 nor 201, or does not come.
    pub fn send(&self, request: &Request) -> Result<Vec<u8>> {
        let url = format!("{}{}", self.url, request.path);
        let builder = match request.method {
            Method::Get => self.client.get(url),
            Method::Post => self.client.post(url).body(request.body.clone()),
        };
        let builder =
            request.headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, value));
        let answer = builder.send()?;
        let status = answer.status().as_u16();
        if !matches!(status, 200 | 201) {
            bail!("{} is answered {status}", request.path);
        }
        Ok(answer.bytes()?.to_vec())
    }
}
