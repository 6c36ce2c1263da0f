//! What readers see: the segments, and the lines in them that are durable.
//!
//! Its lock is held for moments only, never across an operation on the disk: readers do not wait for a flush.

use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use store::disk::{Access, Disk, DiskFile};
use store::{Damage, LineBatch, Result, StoreError};

use crate::names;
use crate::offsets::{Offsets, Span};
use crate::packed::{Frame, FrameCache, Table, read_frame};

/// One segment as readers see it.
#[derive(Debug)]
pub(crate) struct Segment<F> {
    pub(crate) first: u64,
    pub(crate) body: Body<F>,
}

/// In which form its lines are.
#[derive(Debug)]
pub(crate) enum Body<F> {
    /// The active segment, held open.
    Active { file: Arc<F>, offsets: Offsets },
    /// A sealed segment of lines.
    Plain(Offsets),
    /// A compressed segment.
    Packed(Arc<Table>),
}

impl<F> Segment<F> {
    pub(crate) fn lines(&self) -> u64 {
        match &self.body {
            Body::Active { offsets, .. } | Body::Plain(offsets) => offsets.lines(),
            Body::Packed(table) => table.lines(),
        }
    }

    fn place(&self, from: u64, max_lines: usize) -> Place<F> {
        let line = from - self.first;
        match &self.body {
            Body::Active { file, offsets } => Place::Active(Arc::clone(file), offsets.span(line, max_lines)),
            Body::Plain(offsets) => Place::Plain(offsets.span(line, max_lines)),
            Body::Packed(table) => Place::Packed(Arc::clone(table), line),
        }
    }
}

/// Where some lines are to be read.
enum Place<F> {
    Active(Arc<F>, Span),
    Plain(Span),
    Packed(Arc<Table>, u64),
}

/// What readers of a journal see.
#[derive(Debug)]
pub(crate) struct View<D: Disk> {
    segments: Mutex<Vec<Segment<D::File>>>,
    grown: Condvar,
    frames: FrameCache,
}

impl<D: Disk> View<D> {
    pub(crate) fn new(segments: Vec<Segment<D::File>>) -> Self {
        Self { segments: Mutex::new(segments), grown: Condvar::new(), frames: FrameCache::default() }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Vec<Segment<D::File>>> {
        self.segments.lock().expect("no thread has panicked with the view")
    }

    pub(crate) fn size(&self) -> u64 {
        size_of(&self.lock())
    }

    /// Waits until there are more than `beyond` lines, or for `timeout`.
    pub(crate) fn wait(&self, beyond: u64, timeout: Duration) -> u64 {
        let waited =
            self.grown.wait_timeout_while(self.lock(), timeout, |segments| size_of(segments) <= beyond);
        size_of(&waited.expect("no thread has panicked with the view").0)
    }

    /// Shows lines, given as they stand in the active segment, behind those that are there; returns the new size.
    pub(crate) fn show(&self, lines: &[u8]) -> u64 {
        let mut segments = self.lock();
        match segments.last_mut().map(|last| &mut last.body) {
            Some(Body::Active { offsets, .. }) => offsets.scan(lines).expect("lines are not empty"),
            Some(Body::Plain(_) | Body::Packed(_)) | None => {
                unreachable!("the last segment is the active one")
            }
        }
        self.grown.notify_all();
        size_of(&segments)
    }

    /// The active segment becomes a sealed one, and an empty one follows.
    pub(crate) fn seal(&self, next: Arc<D::File>) {
        let mut segments = self.lock();
        let first = size_of(&segments);
        let last = segments.last_mut().expect("a journal has an active segment");
        if let Body::Active { offsets, .. } = &mut last.body {
            last.body = Body::Plain(std::mem::take(offsets));
        }
        segments.push(Segment { first, body: Body::Active { file: next, offsets: Offsets::default() } });
    }

    /// A sealed segment is read in its compressed form from now on.
    pub(crate) fn replace(&self, first: u64, table: Table) {
        let mut segments = self.lock();
        let index = segments.partition_point(|segment| segment.first < first);
        assert_eq!((segments[index].first, segments[index].lines()), (first, table.lines()));
        segments[index].body = Body::Packed(Arc::new(table));
    }

    /// The sealed segments that are not compressed: first position, lines and bytes of each.
    pub(crate) fn plain(&self) -> Vec<(u64, u64, u64)> {
        let segments = self.lock();
        let sealed = segments.iter().filter_map(|segment| match &segment.body {
            Body::Plain(offsets) => Some((segment.first, offsets.lines(), offsets.end())),
            Body::Active { .. } | Body::Packed(_) => None,
        });
        sealed.collect()
    }

    /// Reads lines as [`EventLog::read_into`](store::EventLog::read_into) does.
    pub(crate) fn read_into(
        &self,
        (disk, folder): (&D, &Path),
        from: u64,
        max_lines: usize,
        batch: &mut LineBatch,
    ) -> Result<()> {
        batch.clear(from);
        loop {
            let Some((first, place)) = self.locate(from, max_lines) else { return Ok(()) };
            let name = match &place {
                Place::Active(..) | Place::Plain(_) => names::plain(first),
                Place::Packed(..) => names::packed(first),
            };
            let path = folder.join(&name);
            let open = || disk.open(&path, Access::Read);
            let was_plain = matches!(place, Place::Plain(_));
            let read = match place {
                Place::Active(file, span) => fill_from_file(&*file, span, from, batch),
                Place::Plain(span) => open().and_then(|file| fill_from_file(&file, span, from, batch)),
                Place::Packed(table, line) => {
                    let entry = table.entry_of(line);
                    let frame = self.frames.get((first, entry.first), || read_frame(&open()?, &entry));
                    frame
                        .and_then(|frame| fill_from_frame(&frame, line - entry.first, max_lines, from, batch))
                }
            };
            match read {
                Ok(()) => return Ok(()),
                // Compressed a moment ago, here or by the process that writes: look again, once its new form is known.
                Err(cause) if was_plain && cause.kind() == io::ErrorKind::NotFound => {
                    self.find_packed((disk, folder), first).map_err(|cause| {
                        read_error(cause, from, &folder.join(names::packed(first)), batch)
                    })?;
                }
                Err(cause) => return Err(read_error(cause, from, &path, batch)),
            }
        }
    }

    fn locate(&self, from: u64, max_lines: usize) -> Option<(u64, Place<D::File>)> {
        let segments = self.lock();
        if max_lines == 0 || from >= size_of(&segments) {
            return None;
        }
        let segment = &segments[segments.partition_point(|segment| segment.first <= from) - 1];
        Some((segment.first, segment.place(from, max_lines)))
    }

    /// Makes sure that a segment whose plain form is gone is read in its compressed one.
    fn find_packed(&self, (disk, folder): (&D, &Path), first: u64) -> io::Result<()> {
        let Some((_, lines, _)) = self.plain().into_iter().find(|(plain, ..)| *plain == first) else {
            return Ok(());
        };
        let table = Table::of(&disk.open(&folder.join(names::packed(first)), Access::Read)?)?;
        if table.lines() != lines {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "压缩段的行数与原段不一致"));
        }
        self.replace(first, table);
        Ok(())
    }
}

fn size_of<F>(segments: &[Segment<F>]) -> u64 {
    segments.last().map_or(0, |last| last.first + last.lines())
}

fn fill_from_file(file: &impl DiskFile, span: Span, from: u64, batch: &mut LineBatch) -> io::Result<()> {
    let mut bytes = batch.take_buffer();
    bytes.resize(span.bytes, 0);
    let read = file.read_at(&mut bytes, span.offset)?;
    bytes.truncate(read);
    let taken = batch.fill(from, bytes, span.skip, span.lines);
    let sound = taken == span.lines && batch.iter().all(|(_, line)| !line.is_empty());
    if sound {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidData, "此处不再是已写入的记录行"))
    }
}

fn fill_from_frame(
    frame: &Frame,
    line: u64,
    max_lines: usize,
    from: u64,
    batch: &mut LineBatch,
) -> io::Result<()> {
    let span = frame.offsets.span(line, max_lines);
    let begin = usize::try_from(span.offset).expect("a frame is in memory");
    let mut bytes = batch.take_buffer();
    bytes.extend_from_slice(&frame.bytes[begin..begin + span.bytes]);
    batch.fill(from, bytes, span.skip, span.lines);
    Ok(())
}

/// Tells damage from a disk that did not answer; the batch is left empty.
fn read_error(cause: io::Error, position: u64, path: &Path, batch: &mut LineBatch) -> StoreError {
    batch.clear(position);
    let damage = match path.extension() {
        Some(extension) if extension == "zst" => Damage::SegmentUnreadable,
        _ => Damage::Line,
    };
    corrupt_or_io(cause, position, damage, path)
}

/// What a failed look at stored bytes means: no answer from the system, or bytes that are not what they should be.
pub(crate) fn corrupt_or_io(cause: io::Error, position: u64, damage: Damage, path: &Path) -> StoreError {
    if !matches!(cause.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) {
        return StoreError::io("读取段文件", path, cause);
    }
    StoreError::Corrupt { position, damage, place: file_name(path), reason: cause.to_string() }
}

pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
