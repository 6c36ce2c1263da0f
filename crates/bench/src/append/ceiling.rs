//! The ceiling: bytes into blocks that have been written before, and a flush.
//!
//! A second one also hashes, as every line of a ledger is: it shows what is left to win elsewhere.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::Result;
use chain::hash::{EventHash, event_hash, leaf_hash, to_hex};

use super::group::{Batch, Engine, GroupCommit};
use super::{LINE_BYTES, Subject, Work};

struct RawFile {
    file: File,
    end: u64,
}

impl Engine for RawFile {
    fn commit(&mut self, _first: u64, batch: &Batch) -> Result<()> {
        self.file.write_all_at(&batch.bytes, self.end)?;
        self.end += batch.bytes.len() as u64;
        Ok(self.file.sync_data()?)
    }
}

/// The raw file with both hashes of each line, each line carrying the hash of the one before.
struct Hashed {
    raw: RawFile,
    chained: Batch,
    head: EventHash,
    leaves: Vec<chain::TreeHash>,
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
}

/// Opens a raw file whose lines are hashed and chained.
pub fn open_hashed(folder: &Path, work: &Work) -> Result<Box<dyn Subject>> {
    let file = written_file(&folder.join("raw"), work.lines() * LINE_BYTES as u64)?;
    let raw = RawFile { file, end: 0 };
    Ok(GroupCommit::over(Hashed {
        raw,
        chained: Batch::default(),
        head: EventHash::ZERO,
        leaves: Vec::new(),
    }))
}

/// Opens a raw file that has room for all of `work`.
pub fn open(folder: &Path, work: &Work) -> Result<Box<dyn Subject>> {
    let file = written_file(&folder.join("raw"), work.lines() * LINE_BYTES as u64)?;
    Ok(GroupCommit::over(RawFile { file, end: 0 }))
}

/// Makes a file of `size` bytes, all of them written and flushed: blocks that are only allocated cost
/// a change of the file's own data with the first flush.
pub fn written_file(path: &Path, size: u64) -> Result<File> {
    const CHUNK: u64 = 1 << 20;
    let mut file = File::create_new(path)?;
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
