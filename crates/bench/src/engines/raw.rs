//! The ceiling: bytes into blocks that have been written before, and a flush.
//!
//! A second one also hashes, as every line of a ledger is: it shows what is left to win elsewhere.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::Result;
use chain::hash::{EventHash, event_hash, leaf_hash, to_hex};

use super::{Batch, Engine, LINE_BYTES};

/// Bytes that a scan asks the disk for at a time.
const READ_BYTES: usize = 1 << 20;

/// A file that has room for all lines.
pub struct RawFile {
    file: File,
    end: u64,
}

impl RawFile {
    /// Makes the file in `folder`, for `lines` lines of the usual size.
    pub fn create(folder: &Path, lines: u64) -> Result<Self> {
        Ok(Self { file: written_file(&folder.join("raw"), lines * LINE_BYTES as u64)?, end: 0 })
    }
}

impl Engine for RawFile {
    fn commit(&mut self, _first: u64, batch: &Batch) -> Result<()> {
        self.file.write_all_at(batch.bytes(), self.end)?;
        self.end += batch.bytes().len() as u64;
        Ok(self.file.sync_data()?)
    }

    fn scan(&mut self, each: &mut dyn FnMut(&[u8])) -> Result<()> {
        let mut buffer = vec![0; READ_BYTES];
        let mut at = 0;
        while at < self.end {
            let wanted = READ_BYTES.min(usize::try_from(self.end - at)?);
            self.file.read_exact_at(&mut buffer[..wanted], at)?;
            let Some(last) = memchr::memrchr(b'\n', &buffer[..wanted]) else {
                anyhow::bail!("a line is longer than {READ_BYTES} bytes");
            };
            let mut start = 0;
            for end in memchr::memchr_iter(b'\n', &buffer[..=last]) {
                each(&buffer[start..end]);
                start = end + 1;
            }
            at += last as u64 + 1;
        }
        Ok(())
    }
}

/// The raw file with both hashes of each line, each line carrying the hash of the one before.
pub struct Hashed {
    raw: RawFile,
    chained: Batch,
    head: EventHash,
    leaves: Vec<chain::TreeHash>,
}

impl Hashed {
    /// Puts the hashing before `raw`.
    pub fn over(raw: RawFile) -> Self {
        Self { raw, chained: Batch::default(), head: EventHash::ZERO, leaves: Vec::new() }
    }
}

impl Engine for Hashed {
    fn commit(&mut self, first: u64, batch: &Batch) -> Result<()> {
        self.chained.clear();
        self.leaves.clear();
        for line in batch.lines() {
            let line = self.chained.push_with_tail(line, &to_hex(&self.head.0));
            self.head = event_hash(line);
            self.leaves.push(leaf_hash(line));
        }
        // The leaves would go into the tree; without a use the compiler might leave them out.
        std::hint::black_box(&self.leaves);
        self.raw.commit(first, &self.chained)
    }

    fn scan(&mut self, each: &mut dyn FnMut(&[u8])) -> Result<()> {
        self.raw.scan(&mut |line| {
            std::hint::black_box((event_hash(line), leaf_hash(line)));
            each(line);
        })
    }
}

/// Makes a file of `size` bytes, all of them written and flushed: blocks that are only allocated cost
/// a change of the file's own data with the first flush.
pub fn written_file(path: &Path, size: u64) -> Result<File> {
    const CHUNK: u64 = 1 << 20;
    let mut file = File::options().read(true).write(true).create_new(true).open(path)?;
    let chunk = vec![b'\n'; CHUNK as usize];
    let mut left = size;
    while left > 0 {
        let length = left.min(CHUNK);
        file.write_all(&chunk[..usize::try_from(length)?])?;
        left -= length;
    }
    file.sync_all()?;
    Ok(file)
}
