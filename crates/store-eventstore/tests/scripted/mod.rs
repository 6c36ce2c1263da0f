//! A server that answers from a script, one connection for each request, and remembers what it was asked.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the server does with a request.
pub enum Does {
    /// Answers.
    Answers(u16, Vec<(&'static str, String)>, String),
    /// Closes without an answer.
    Closes,
    /// Sends only so many bytes of the body it announced.
    Cuts(String, usize),
    /// Says nothing for a while.
    Sleeps(Duration),
}

pub fn answers(status: u16, body: impl Into<String>) -> Does {
    Does::Answers(status, Vec::new(), body.into())
}

pub fn answers_with(status: u16, header: &'static str, value: impl Into<String>) -> Does {
    Does::Answers(status, vec![(header, value.into())], String::new())
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub line: String,
    pub headers: Vec<String>,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|header| {
            let (own, value) = header.split_once(": ")?;
            own.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

pub struct Scripted {
    pub port: u16,
    asked: Receiver<Asked>,
    script: Arc<Mutex<VecDeque<Does>>>,
}

impl Scripted {
    /// Starts a server; what is asked beyond the script is answered 500, and shows in [`asked`](Self::asked).
    pub fn start(script: impl IntoIterator<Item = Does>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = Arc::new(Mutex::new(script.into_iter().collect::<VecDeque<_>>()));
        let (sender, asked) = channel();
        let shared = Arc::clone(&script);
        // Ends with the test's process; nobody connects after the test.
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let Ok(mut connection) = connection else { return };
                let Some(request) = read_request(&mut connection) else { continue };
                let does = shared.lock().unwrap().pop_front();
                if sender.send(request).is_err() {
                    return;
                }
                perform(does.unwrap_or_else(|| answers(500, "beyond the script")), &mut connection);
            }
        });
        Self { port, asked, script }
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn goes_on(&self, script: impl IntoIterator<Item = Does>) {
        self.script.lock().unwrap().extend(script);
    }

    /// All requests since the last call.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.try_iter().collect()
    }

    pub fn lines_asked(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

fn read_request(connection: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        read_more(connection, &mut bytes)?;
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let mut lines = head.split("\r\n").map(str::to_owned);
    let mut asked = Asked { line: lines.next()?, headers: lines.collect(), body: String::new() };
    let length: usize = asked.header("content-length").map_or(0, |text| text.parse().unwrap());
    while bytes.len() < end + 4 + length {
        read_more(connection, &mut bytes)?;
    }
    asked.body = String::from_utf8(bytes[end + 4..].to_vec()).ok()?;
    asked.line = asked.line.trim_end_matches(" HTTP/1.1").to_owned();
    Some(asked)
}

fn read_more(connection: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let mut buffer = [0; 65_536];
    let read = connection.read(&mut buffer).ok().filter(|read| *read > 0)?;
    bytes.extend_from_slice(&buffer[..read]);
    Some(())
}

fn perform(does: Does, connection: &mut TcpStream) {
    let (status, headers, body, sent) = match does {
        Does::Answers(status, headers, body) => (status, headers, body, usize::MAX),
        Does::Cuts(body, sent) => (200, Vec::new(), body, sent),
        Does::Closes => return,
        Does::Sleeps(time) => return std::thread::sleep(time),
    };
    let mut head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = &body.as_bytes()[..body.len().min(sent)];
    // A client that has gone away is what some tests are about.
    drop(connection.write_all(&[head.as_bytes(), b"\r\n", body].concat()));
}
