//! The door, with a plain socket before it: status codes, media types, bounds, and an end that answers first.

mod common;

use std::future::Future;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use common::{Log, ORIGIN, Post, TIME_S, body};
use witness::http;

/// Runs `story` against a witness at a free port, then stops it and waits until it has ended.
fn at_the_door<F: Future<Output = ()>>(post: &Post, story: impl FnOnce(String, oneshot::Sender<()>) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = port.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async { drop(stopped.await) };
        let serving = tokio::spawn(http::serve(port, post.open(), || TIME_S, stopped));
        story(address, stop).await;
        serving.await.unwrap();
    });
}

/// Runs `story` against a witness, with a clock that leaps ahead whenever nothing else happens.
fn while_time_flies<F: Future<Output = ()>>(post: &Post, story: impl FnOnce(String) -> F) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = port.local_addr().unwrap().to_string();
        tokio::spawn(http::serve(port, post.open(), || TIME_S, std::future::pending()));
        story(address).await;
    });
}

/// Sends bytes and reads until the witness closes.
async fn say(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

fn post(path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: witness\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

async fn ask(address: &str, body: &[u8]) -> (String, String, String) {
    let answer = say(address, &post("/add-checkpoint", body)).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).unwrap().to_owned();
    let kind = head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap_or_default();
    (status, kind.to_owned(), body.to_owned())
}

#[test]
fn every_answer_has_the_status_that_the_protocol_names() {
    let (log, place) = (Log::new(9), Post::new());
    at_the_door(&place, |address, stop| async move {
        let status = async |body: Vec<u8>| ask(&address, &body).await.0;
        let (code, _, line) = ask(&address, &log.request(0, 5)).await;
        assert!(
            code == "200" && line.starts_with("\u{2014} witness.example/w1 ") && line.ends_with('\n'),
            "{line}"
        );
        assert_eq!(status(b"old x\n\n".to_vec()).await, "400");
        assert_eq!(status(log.request_with(9, 8, &[])).await, "400");
        assert_eq!(status(log.with_key(9).request(5, 9)).await, "403");
        let elsewhere = log.text(5).replace(ORIGIN, "elsewhere.example");
        assert_eq!(status(body(0, &[], &log.signed(&elsewhere))).await, "404");
        let size = ("409".to_owned(), "text/x.tlog.size".to_owned(), "5\n".to_owned());
        assert_eq!(ask(&address, &log.request(0, 9)).await, size, "another size");
        assert_eq!(ask(&address, &log.rewritten_at(1).request(5, 5)).await, size, "another root");
        assert_eq!(status(log.request_with(5, 9, &[])).await, "422");
        assert_eq!(status(log.request(5, 9)).await, "200");
        drop(stop);
    });
}

#[test]
fn what_is_too_large_or_not_asked_for_is_refused() {
    let place = Post::new();
    at_the_door(&place, |address, stop| async move {
        let (status, _, said) = ask(&address, &vec![b'x'; http::MAX_BODY_BYTES + 1]).await;
        assert_eq!(status, "413", "{said}");
        let get =
            say(&address, b"GET /add-checkpoint HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n").await;
        assert!(get.starts_with("HTTP/1.1 405 "), "{get}");
        let elsewhere = say(&address, &post("/", b"")).await;
        assert!(elsewhere.starts_with("HTTP/1.1 404 "), "{elsewhere}");
        drop(stop);
    });
}

#[test]
fn a_damaged_memory_is_the_witnesss_own_trouble() {
    let (log, place) = (Log::new(9), Post::new());
    place.open().add_checkpoint(&log.request(0, 5), TIME_S).unwrap();
    std::fs::write(place.note_file(), "nothing").unwrap();
    at_the_door(&place, |address, stop| async move {
        let (status, _, said) = ask(&address, &log.request(5, 9)).await;
        assert_eq!(status, "500");
        assert!(!said.contains('\u{2014}') && !said.contains('/'), "no cosignature, no path: {said}");
        drop(stop);
    });
}

#[test]
fn a_request_that_has_begun_is_answered_before_the_end() {
    let (log, place) = (Log::new(9), Post::new());
    at_the_door(&place, |address, stop| async move {
        let request = post("/add-checkpoint", &log.request(0, 5));
        let (first, rest) = request.split_at(request.len() - 10);
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(first).await.unwrap();
        // A second client's answer shows that the first one has been accepted.
        assert_eq!(ask(&address, b"").await.0, "400");
        stop.send(()).unwrap();
        while TcpStream::connect(&address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stream.write_all(rest).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    });
}

#[test]
fn a_client_that_falls_silent_is_let_go() {
    let place = Post::new();
    while_time_flies(&place, |address| async move {
        for (sent, said) in [
            ("", ""),
            ("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nConte", ""),
            ("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 9\r\n\r\nold ", "HTTP/1.1 408 "),
            // A whole request, and then nothing more on a connection that is kept open.
            ("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 400 "),
        ] {
            let answer = say(&address, sent.as_bytes()).await;
            assert_eq!(answer.get(..13).unwrap_or(&answer), said, "{sent}: {answer}");
        }
    });
}
