//! A server that only hands out answers it was given: what a client makes of them is then nearly all that takes time.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use anyhow::Result;
use store_eventstore::StreamName;
use store_eventstore::wire::Request;

use super::follow::PAGE;
use super::server::Raw;

/// Whole answers by path and query.
type Answers = HashMap<String, Vec<u8>>;

/// Serves until the process ends, on a port of the loopback interface.
pub struct Canned {
    url: String,
}

impl Canned {
    /// Asks a server for all that following a stream asks for, and serves it.
    ///
    /// # Errors
    /// The server refuses something, or there is no port.
    pub fn of(raw: &Raw, stream: &StreamName, lines: u64) -> Result<Self> {
        let mut requests = vec![
            Request::info(),
            Request::metadata(stream),
            Request::newest(stream),
            Request::page(stream, 0, 1, None),
        ];
        requests.extend((0..lines).step_by(PAGE).map(|from| Request::page(stream, from, PAGE, None)));
        let mut answers = Answers::new();
        for request in requests {
            let body = raw.send(&request)?;
            let mut answer =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
            answer.extend_from_slice(&body);
            answers.insert(request.path, answer);
        }
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let answers = Arc::new(answers);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let answers = Arc::clone(&answers);
                // A client that goes away ends its own connection only.
                thread::spawn(move || attend(client, &answers));
            }
        });
        Ok(Self { url })
    }

    /// `http://127.0.0.1:port`.
    pub fn url(&self) -> String {
        self.url.clone()
    }
}

fn attend(mut client: TcpStream, answers: &Answers) -> Result<()> {
    client.set_nodelay(true)?;
    let mut requests = BufReader::new(client.try_clone()?);
    let mut line = String::new();
    let mut path = None;
    loop {
        line.clear();
        if requests.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if path.is_none() {
            path = line.split(' ').nth(1).map(str::to_owned);
        } else if line == "\r\n" {
            let asked = path.take().unwrap_or_default();
            let missing = &b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"[..];
            client.write_all(answers.get(&asked).map_or(missing, Vec::as_slice))?;
        }
    }
}
