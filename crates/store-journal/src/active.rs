//! The writing end: one append after another into the active segment, sealed at a set size.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use store::disk::{Access, Disk, DiskFile};
use store::{Result, StoreError};

use crate::names;
use crate::options::{Durability, JournalOptions};
use crate::padding::Padding;
use crate::survey::{Survey, TailFound};
use crate::view::View;

/// The active segment's writer. There is one, behind a lock.
pub(crate) struct Active<D: Disk> {
    disk: D,
    folder: PathBuf,
    segment_bytes: u64,
    durability: Durability,
    padding: Arc<Padding<D::File>>,
    file: Arc<D::File>,
    path: PathBuf,
    /// Lines in the ledger.
    size: u64,
    /// Where the active segment's lines end.
    end: u64,
    /// An append's lines as they are written; kept for its memory.
    buffer: Vec<u8>,
    /// How many bytes behind `end` may hold lines of an append whose outcome is not known.
    open: Option<u64>,
    /// Sealing has begun: nothing more may go into this segment.
    sealing: bool,
}

impl<D: Disk> Active<D> {
    /// Makes the journal what the survey says, durably, and gets ready to append.
    pub(crate) fn recover(
        disk: &D,
        folder: &Path,
        survey: &Survey<D>,
        options: &JournalOptions,
    ) -> Result<Self> {
        let ahead = if options.durability == Durability::AtFinish { 0 } else { options.padding_bytes };
        let tail = &survey.tail;
        let path = folder.join(names::plain(tail.first));
        let failed = |cause| StoreError::io("恢复台账末尾", &path, cause);
        let length = tail.make_durable().map_err(failed)?;
        // Names that a crash left undecided are decided before anything builds on them.
        disk.sync_dir(folder).map_err(|cause| StoreError::io("同步目录", folder, cause))?;
        for first in &survey.both {
            // Both hold the same lines and both names are durable: a crash here leaves one or two of them.
            let spare = if *first == tail.first { names::packed(*first) } else { names::plain(*first) };
            let spare = folder.join(spare);
            disk.remove(&spare).map_err(|cause| StoreError::io("删除多余的段文件", &spare, cause))?;
        }
        if !survey.both.is_empty() {
            disk.sync_dir(folder).map_err(|cause| StoreError::io("同步目录", folder, cause))?;
        }
        let padding = Arc::new(Padding::new(ahead, options.segment_bytes));
        let fillers = disk.open(&path, Access::Write).map_err(failed)?;
        padding.start(fillers, tail.end, length);
        Ok(Self {
            disk: disk.clone(),
            folder: folder.to_path_buf(),
            segment_bytes: options.segment_bytes,
            durability: options.durability,
            padding,
            file: Arc::clone(&tail.file),
            path,
            size: survey.opened.lines,
            end: tail.end,
            buffer: Vec::new(),
            open: None,
            sealing: false,
        })
    }

    pub(crate) fn padding(&self) -> &Arc<Padding<D::File>> {
        &self.padding
    }

    /// Appends lines that were checked before; see [`EventLog::append`](store::EventLog::append).
    pub(crate) fn append(&mut self, expected: u64, lines: &[&[u8]], view: &View<D>) -> Result<u64> {
        if self.open.is_some() {
            return Err(StoreError::Unsettled);
        }
        StoreError::expect_size(expected, self.size)?;
        if lines.is_empty() {
            return Ok(self.size);
        }
        self.gather(lines);
        let bytes = self.buffer.len() as u64;
        if self.sealing || (self.end > 0 && self.end + bytes > self.segment_bytes) {
            self.seal(view)?;
        }
        self.write(bytes)?;
        if self.durability == Durability::EachAppend {
            self.flush(bytes)?;
        }
        self.end += bytes;
        self.size += lines.len() as u64;
        self.padding.set_tail(self.end);
        Ok(view.show(&self.buffer))
    }

    fn gather(&mut self, lines: &[&[u8]]) {
        self.buffer.clear();
        for line in lines {
            self.buffer.extend_from_slice(line);
            self.buffer.push(b'\n');
        }
    }

    /// Writes the gathered lines. A crash from here to the end of the flush leaves any of their pages and not others:
    /// recovery finds an incomplete append and cuts it off, or a whole one, which then counts.
    fn write(&mut self, bytes: u64) -> Result<()> {
        let end = self.end + bytes;
        let written = if end <= self.padding.filled() {
            self.file.write_at(&self.buffer, self.end)
        } else {
            // The filler must not write its LF where these lines go.
            let _filler_waits = self.padding.lock();
            let written = self.file.write_at(&self.buffer, self.end);
            if written.is_ok() {
                self.padding.set_filled(self.padding.filled().max(end));
            }
            written
        };
        let Err(cause) = written else { return Ok(()) };
        // Some of the bytes may be there. Without them nothing has happened.
        match self.erase(bytes) {
            Ok(()) => Err(StoreError::io("写入", &self.path, cause)),
            Err(_) => Err(self.unknown(bytes, cause)),
        }
    }

    fn flush(&mut self, bytes: u64) -> Result<()> {
        // After a failed flush nobody can say which pages are on the disk: the system has marked them clean.
        self.file.sync_data().map_err(|cause| self.unknown(bytes, cause))
    }

    fn unknown(&mut self, bytes: u64, cause: io::Error) -> StoreError {
        self.open = Some(bytes);
        StoreError::OutcomeUnknown { position: self.size, cause: Arc::new(cause) }
    }

    /// Takes back what an append with unknown outcome may have left; returns the size, which is that before it.
    ///
    /// Nobody has seen its lines: neither readers nor the writer were told of them.
    pub(crate) fn settle(&mut self) -> Result<u64> {
        if let Some(bytes) = self.open {
            self.erase(bytes).map_err(|cause| StoreError::io("撤回未确认的追加", &self.path, cause))?;
            self.open = None;
        }
        Ok(self.size)
    }

    /// Makes the `bytes` bytes behind the lines padding again, durably.
    ///
    /// Every page concerned is written anew: one that a failed flush has marked clean would never reach the disk
    /// otherwise. A crash here leaves parts of that one append, which recovery cuts off.
    fn erase(&self, bytes: u64) -> io::Result<()> {
        let _filler_waits = self.padding.lock();
        let (end, filled) = (self.end + bytes, self.padding.filled());
        let inside = filled.min(end).saturating_sub(self.end);
        let line_feeds = vec![b'\n'; usize::try_from(inside).expect("an append is in memory")];
        self.file.write_at(&line_feeds, self.end)?;
        if end > filled {
            self.file.set_len(filled)?;
        }
        self.file.sync_all()
    }

    /// Ends the active segment and starts the next one.
    ///
    /// The old one is durably without padding before the new one has a name, and the new name is durable before a
    /// line goes into it. A crash in between leaves an active segment without padding, or one more that is empty.
    fn seal(&mut self, view: &View<D>) -> Result<()> {
        let padding = Arc::clone(&self.padding);
        let mut filler_waits = padding.lock();
        *filler_waits = None;
        self.sealing = true;
        padding.set_filled(self.end);
        let failed = |cause| StoreError::io("封存段文件", &self.path, cause);
        self.file.set_len(self.end).and_then(|()| self.file.sync_all()).map_err(failed)?;
        let path = self.folder.join(names::plain(self.size));
        let failed = |cause| StoreError::io("建立段文件", &path, cause);
        let file = self.disk.create(&path).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        self.disk.sync_dir(&self.folder).map_err(|cause| StoreError::io("同步目录", &self.folder, cause))?;
        let fillers = self.disk.open(&path, Access::Write).map_err(failed)?;
        drop(filler_waits);
        self.file = Arc::new(file);
        self.path = path;
        self.end = 0;
        self.sealing = false;
        padding.start(fillers, 0, 0);
        view.seal(Arc::clone(&self.file));
        Ok(())
    }

    /// Makes everything durable that was appended.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.file.sync_all().map_err(|cause| StoreError::io("写入", &self.path, cause))
    }
}

impl<F: DiskFile> TailFound<F> {
    /// Cuts off what does not stay, and makes the last append durable; returns the file's length.
    ///
    /// A process that was killed may have left the last append in the page cache only, and a failed flush may have
    /// marked its pages clean: so its bytes are written once more. A crash in between leaves the same append, or a
    /// part of the one that is being cut.
    fn make_durable(&self) -> io::Result<u64> {
        if self.torn {
            self.file.set_len(self.end)?;
        }
        if self.torn || !self.last_append.is_empty() {
            self.file.write_at(&self.last_append, self.last_append_at)?;
            self.file.sync_all()?;
        }
        Ok(if self.torn { self.end } else { self.length })
    }
}
