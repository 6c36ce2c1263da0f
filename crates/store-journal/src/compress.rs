//! Compressing sealed segments.

use std::fmt;
use std::io;
use std::path::Path;

use store::disk::{Access, Disk, DiskFile};
use store::{Result, StoreError};

use crate::names;
use crate::packed::{FRAME_BYTES, Table, compressor, read_frame};
use crate::view::{View, corrupt_or_io};

/// What compressing has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compressed {
    /// Segments that were compressed.
    pub segments: u64,
    /// Lines in them.
    pub lines: u64,
    /// Their bytes before.
    pub plain_bytes: u64,
    /// Their bytes now.
    pub packed_bytes: u64,
}

impl fmt::Display for Compressed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { segments, lines, plain_bytes, packed_bytes } = self;
        match lines {
            0 => f.write_str("没有需要压缩的段文件。"),
            _ => write!(
                f,
                "已压缩 {segments} 个段文件（{lines} 行）：{plain_bytes} 字节变为 {packed_bytes} 字节，平均每行 {} 字节。",
                packed_bytes.div_ceil(*lines)
            ),
        }
    }
}

/// Compresses one sealed segment of `lines` lines; returns the bytes it takes now.
///
/// A crash leaves a file under another name, which is ignored and written over the next time, or both forms with equal
/// lines, of which the next opening keeps one.
pub(crate) fn compress<D: Disk>(
    (disk, folder): (&D, &Path),
    view: &View<D>,
    (first, lines): (u64, u64),
    progress: &mut dyn FnMut(u64),
) -> Result<u64> {
    let (plain, packed) = (folder.join(names::plain(first)), folder.join(names::packed(first)));
    let partial = folder.join(names::partial(first));
    let failed = |cause| StoreError::io("压缩段文件", &partial, cause);
    let source = disk.open(&plain, Access::Read).map_err(|e| StoreError::io("打开段文件", &plain, e))?;
    let written = disk.create(&partial).and_then(|target| {
        let table = pack(&source, &target, progress)?;
        target.sync_all()?;
        Ok((target, table))
    });
    let (target, table) = written.map_err(|cause| {
        // Best effort: it is in the way of nothing but the space it takes.
        let _ = disk.remove(&partial);
        failed(cause)
    })?;
    // The lines are about to have this copy only.
    compare(&source, &target, &table, lines)
        .map_err(|cause| corrupt_or_io(cause, first, store::Damage::BothFormsDiffer, &partial))?;
    let bytes = target.len().map_err(failed)?;
    disk.rename(&partial, &packed).and_then(|()| disk.sync_dir(folder)).map_err(failed)?;
    view.replace(first, table);
    disk.remove(&plain).map_err(|cause| StoreError::io("删除已压缩的段文件", &plain, cause))?;
    Ok(bytes)
}

/// Writes the lines of `source` as frames, and their table.
fn pack(source: &impl DiskFile, target: &impl DiskFile, progress: &mut dyn FnMut(u64)) -> io::Result<Table> {
    let mut compressor = compressor()?;
    let mut table = Table::default();
    let mut buffer = vec![0; FRAME_BYTES];
    let (mut at, mut written) = (0, 0);
    loop {
        let read = source.read_at(&mut buffer, at)?;
        let Some(last) = memchr::memrchr(b'\n', &buffer[..read]) else { break };
        let lines = &buffer[..=last];
        let frame = compressor.compress(lines)?;
        target.write_at(&frame, written)?;
        let count = memchr::memchr_iter(b'\n', lines).count();
        table.push(count as u64, frame.len() as u64, lines.len() as u64);
        (at, written) = (at + lines.len() as u64, written + frame.len() as u64);
        progress(lines.len() as u64);
    }
    target.write_at(&table.to_bytes(), written)?;
    Ok(table)
}

/// Unpacks what was written and compares it with the lines.
fn compare(source: &impl DiskFile, target: &impl DiskFile, table: &Table, lines: u64) -> io::Result<()> {
    let differs = || io::Error::new(io::ErrorKind::InvalidData, "压缩后的内容与原段文件不一致");
    let mut buffer = Vec::new();
    let mut at = 0;
    for entry in table.entries() {
        let frame = read_frame(target, entry)?;
        buffer.resize(frame.bytes.len(), 0);
        source.read_at(&mut buffer, at)?;
        if buffer != frame.bytes {
            return Err(differs());
        }
        at += frame.bytes.len() as u64;
    }
    if table.lines() == lines && at == source.len()? { Ok(()) } else { Err(differs()) }
}
