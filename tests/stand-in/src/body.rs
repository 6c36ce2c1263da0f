//! Bodies: one that arrives, and one that is sent whole or breaks off.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body as Reading, Bytes, Frame, Incoming, SizeHint};

/// The most bytes of a request: a batch of newer servers may have 28.6 MiB.
const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

/// Reads a body to its end; `None` where it breaks off or is too long.
pub(crate) async fn read(mut body: Incoming) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let data = frame.ok()?.into_data().unwrap_or_default();
        if bytes.len() + data.len() > MAX_BODY_BYTES {
            return None;
        }
        bytes.extend_from_slice(&data);
    }
    Some(bytes)
}

/// The body of an answer.
pub(crate) struct Body {
    /// What is still to be sent.
    rest: Bytes,
    /// The length that is announced.
    announced: u64,
    sent: u64,
}

impl Body {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self { announced: bytes.len() as u64, rest: bytes, sent: 0 }
    }

    /// Announces all of `bytes` and breaks off after half of them.
    pub(crate) fn cut(bytes: &Bytes) -> Self {
        Self { announced: bytes.len() as u64, rest: bytes.slice(..bytes.len() / 2), sent: 0 }
    }
}

impl Reading for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if !self.rest.is_empty() {
            let bytes = std::mem::take(&mut self.rest);
            self.sent += bytes.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        if self.sent < self.announced {
            return Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::BrokenPipe))));
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.sent == self.announced
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced - self.sent)
    }
}
