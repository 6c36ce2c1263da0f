//! Following a journal that another process may be writing, without a lock and without writing.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use chain::EventHash;
use chain::segment::{Tail, classify};
use store::disk::{Access, Disk};
use store::{Damage, Result, StoreError};

use crate::names;
use crate::survey::{Survey, read_lines_behind};
use crate::view::View;

/// Where a reader stands in the active segment.
pub(crate) struct Reader<D: Disk> {
    file: Arc<D::File>,
    first: u64,
    end: u64,
    size: u64,
    head: EventHash,
}

impl<D: Disk> Reader<D> {
    pub(crate) fn after(survey: &Survey<D>) -> Self {
        let tail = &survey.tail;
        let (file, first, end) = (Arc::clone(&tail.file), tail.first, tail.end);
        Self { file, first, end, size: survey.opened.lines, head: tail.head }
    }

    /// Shows what was added since the last look; returns the size.
    pub(crate) fn refresh(&mut self, disk: &D, folder: &Path, view: &View<D>) -> Result<u64> {
        loop {
            // Asked for before reading on: a segment that has a successor gets no more lines.
            let successor = self.successor(disk, folder)?;
            if self.read_on(folder, view)? {
                continue;
            }
            let Some(file) = successor else { return Ok(self.size) };
            self.file = Arc::new(file);
            (self.first, self.end) = (self.size, 0);
            view.seal(Arc::clone(&self.file));
        }
    }

    fn successor(&self, disk: &D, folder: &Path) -> Result<Option<D::File>> {
        if self.size == self.first {
            return Ok(None);
        }
        let path = folder.join(names::plain(self.size));
        match disk.open(&path, Access::Read) {
            Ok(file) => Ok(Some(file)),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(StoreError::io("打开段文件", &path, cause)),
        }
    }

    /// Reads the lines behind those known; says whether there were any.
    fn read_on(&mut self, folder: &Path, view: &View<D>) -> Result<bool> {
        let name = names::plain(self.first);
        let bytes = read_lines_behind(&*self.file, self.end)
            .map_err(|cause| StoreError::io("读取段文件", &folder.join(&name), cause))?;
        let kept = match classify(&bytes, self.size, self.head, 0) {
            Tail::Whole(kept) | Tail::Incomplete(kept) => kept,
            Tail::Damaged { position, broken, reason } => {
                let damage = if broken { Damage::BrokenTail } else { Damage::Line };
                return Err(StoreError::Corrupt { position, damage, place: name, reason });
            }
        };
        let Some(end) = kept.ends.last().copied() else { return Ok(false) };
        self.end += end;
        self.head = kept.head.expect("a segment with lines has a last one");
        self.size = view.show(&bytes[..usize::try_from(end).expect("read into memory")]);
        Ok(true)
    }
}
