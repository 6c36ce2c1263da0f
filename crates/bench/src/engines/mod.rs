//! The stores that are measured, each doing the same work behind one small trait.

pub mod fjall;
pub mod journal;
pub mod raw;
pub mod redb;
pub mod sqlite;

use anyhow::Result;

/// Bytes of a line, with its LF: what a correction's line has (`append::ledger` compares).
pub const LINE_BYTES: usize = 575;

/// A store under test, in an empty folder of its own.
pub trait Engine: Send + 'static {
    /// Returns once `batch` would survive a power cut. Its lines stand at `first` and after.
    fn commit(&mut self, first: u64, batch: &Batch) -> Result<()>;

    /// Hands every line to `each`, in order, without its LF.
    fn scan(&mut self, each: &mut dyn FnMut(&[u8])) -> Result<()>;
}

/// Lines in one buffer, each ended by LF.
#[derive(Default)]
pub struct Batch {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Batch {
    /// Returns all lines, each ended by LF.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the lines in order, without their LF.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start..end - 1])
    }

    /// Returns how many lines there are.
    pub fn len(&self) -> u64 {
        self.ends.len() as u64
    }

    /// Adds `line`, which has no LF.
    pub fn push(&mut self, line: &[u8]) {
        self.push_with_tail(line, b"");
    }

    /// Adds a copy of `line` whose last bytes are `tail`; returns it, without its LF.
    pub fn push_with_tail(&mut self, line: &[u8], tail: &[u8]) -> &[u8] {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&line[..line.len() - tail.len()]);
        self.bytes.extend_from_slice(tail);
        let end = self.bytes.len();
        self.bytes.push(b'\n');
        self.ends.push(end + 1);
        &self.bytes[start..end]
    }

    /// Makes the batch empty and keeps its memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

/// Makes a line of the usual size, without its LF; no two of one writer are alike.
pub fn line(writer: u64, index: u64) -> Vec<u8> {
    let mut line = format!(
        r#"{{"at":"2026-01-01T00:00:00.000000Z","by":"acct-{writer:02}","data":{{"as_at":"2026-01-01","area":"city","indicator":"demo-{index:04}","value":"12.34"}},"#
    )
    .into_bytes();
    let mut state = writer * 1_000_003 + index + 1;
    while line.len() < LINE_BYTES - 1 {
        // Hashes make up much of a line: what stands here must not compress better than they do.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        line.push(b"0123456789abcdef"[(state >> 60) as usize]);
    }
    line
}
