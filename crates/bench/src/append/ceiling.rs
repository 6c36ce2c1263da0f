//! The ceiling: bytes into blocks that have been written before, and a flush.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::Result;

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
