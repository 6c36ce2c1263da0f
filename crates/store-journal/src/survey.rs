//! Looking at a journal without changing it: the segments in order, the signed head, the end of the active segment.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::Arc;

use chain::EventHash;
use chain::hash::event_hash;
use chain::line::Line;
use chain::note::{Checkpoint, Note};
use chain::segment::{Kept, Tail, classify};
use store::disk::{Access, Disk, DiskFile};
use store::{Damage, Result, StoreError};

use crate::names::{self, Forms, Listing};
use crate::offsets::Offsets;
use crate::opened::{Cut, Opened};
use crate::packed::{Table, read_frame, read_whole};
use crate::view::{Body, Segment, corrupt_or_io, file_name};

/// Bytes of a sealed segment that are looked at at a time.
const PIECE_BYTES: u64 = 1 << 20;

/// A journal as it is.
pub(crate) struct Survey<D: Disk> {
    /// All segments, the active one last and without the lines of an incomplete append.
    pub(crate) segments: Vec<Segment<D::File>>,
    pub(crate) tail: TailFound<D::File>,
    /// Segments that are there in both forms with equal lines.
    pub(crate) both: Vec<u64>,
    pub(crate) opened: Opened,
}

/// The end of the active segment.
pub(crate) struct TailFound<F> {
    pub(crate) file: Arc<F>,
    /// Position of the segment's first line.
    pub(crate) first: u64,
    /// The bytes of the append that came last before `end`, and where they begin.
    pub(crate) last_append: Vec<u8>,
    pub(crate) last_append_at: u64,
    /// Where the lines that stay end.
    pub(crate) end: u64,
    /// The file's length.
    pub(crate) length: u64,
    /// Hash of the last line.
    pub(crate) head: EventHash,
    /// Whether anything but padding comes after `end`.
    pub(crate) torn: bool,
}

/// Where a journal is, and how its files are opened.
pub(crate) struct Site<'a, D> {
    pub(crate) disk: &'a D,
    /// The ledger's folder, and the folder `journal` in it.
    pub(crate) ledger: &'a Path,
    pub(crate) folder: &'a Path,
    pub(crate) access: Access,
}

impl<D: Disk> Site<'_, D> {
    /// Reads everything that opening needs. `known` is a signed size that the caller has seen.
    pub(crate) fn survey(&self, known: u64) -> Result<Survey<D>> {
        let signed = self.signed_size()?.max(known);
        let names = self.disk.list(self.folder).map_err(|e| StoreError::io("读取目录", self.folder, e))?;
        let Listing { mut segments, others: ignored } = Listing::of(names);
        let both = segments.iter().filter(|(_, forms)| forms.plain && forms.packed);
        let both = both.map(|(first, _)| *first).collect();
        let Some((first, forms)) = segments.pop_last() else {
            return Err(self.corrupt(0, Damage::ActiveMissing, "journal", "没有任何段文件"));
        };
        let mut found = self.sealed_segments(&segments)?;
        let next = found.last().map_or(0, |last| last.first + last.lines());
        self.check_place(first, next, forms)?;
        let head = found.last().map_or(Ok(EventHash::ZERO), |last| self.head_of(last))?;
        let (tail, offsets, cut) = self.active(first, forms, head, signed)?;
        let lines = next + offsets.lines();
        if lines < signed {
            let reason = format!("已签名的账本头计有 {signed} 行，台账中只有 {lines} 行");
            return Err(self.corrupt(lines, Damage::CheckpointAhead, "checkpoint", reason));
        }
        let packed = found.iter().filter(|segment| matches!(segment.body, Body::Packed(_))).count();
        let read_only = self.access == Access::Read;
        let opened = Opened { lines, segments: found.len() + 1, packed, cut, ignored, read_only };
        found.push(Segment { first, body: Body::Active { file: Arc::clone(&tail.file), offsets } });
        Ok(Survey { segments: found, tail, both, opened })
    }

    fn sealed_segments(&self, segments: &BTreeMap<u64, Forms>) -> Result<Vec<Segment<D::File>>> {
        let mut next = 0;
        let mut found = Vec::new();
        for (first, forms) in segments {
            self.check_place(*first, next, *forms)?;
            let segment = Segment { first: *first, body: self.sealed(*first, *forms)? };
            next += segment.lines();
            found.push(segment);
        }
        Ok(found)
    }

    fn corrupt(&self, position: u64, damage: Damage, place: &str, reason: impl Into<String>) -> StoreError {
        StoreError::Corrupt { position, damage, place: place.to_owned(), reason: reason.into() }
    }

    fn open(&self, name: &str, access: Access) -> Result<D::File> {
        let path = self.folder.join(name);
        self.disk.open(&path, access).map_err(|e| StoreError::io("打开段文件", &path, e))
    }

    /// The size that the head beside the journal counts. Its signature is the audit's to check: here a head can only
    /// forbid a cut, never allow one.
    pub(crate) fn signed_size(&self) -> Result<u64> {
        let path = self.ledger.join("checkpoint");
        let bytes = match self.disk.open(&path, Access::Read).and_then(|file| read_whole(&file)) {
            Ok(bytes) => bytes,
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(0),
            Err(cause) => return Err(StoreError::io("读取账本头", &path, cause)),
        };
        let head = Note::parse(&bytes).and_then(|note| Checkpoint::parse(&note.text));
        let head = head.map_err(|error| {
            self.corrupt(0, Damage::Checkpoint, "checkpoint", format!("无法读出账本头（{}）", error.code()))
        })?;
        Ok(head.size)
    }

    /// A segment's name must be the position that comes next.
    fn check_place(&self, first: u64, next: u64, forms: Forms) -> Result<()> {
        let name = if forms.plain { names::plain(first) } else { names::packed(first) };
        match first.cmp(&next) {
            Ordering::Equal => Ok(()),
            Ordering::Greater => {
                let reason = format!("缺少第 {next} 行至第 {} 行所在的段文件", first - 1);
                Err(self.corrupt(next, Damage::SegmentGap, &name, reason))
            }
            Ordering::Less => {
                let reason = format!("该段自称从第 {first} 行开始，但此前各段已到第 {next} 行之前，二者重叠");
                Err(self.corrupt(first, Damage::SegmentOverlap, &name, reason))
            }
        }
    }

    fn sealed(&self, first: u64, forms: Forms) -> Result<Body<D::File>> {
        if !forms.packed {
            return Ok(Body::Plain(self.scan(first)?));
        }
        let table = self.table(first)?;
        if forms.plain {
            self.compare_forms(first, &table, false)?;
        }
        Ok(Body::Packed(Arc::new(table)))
    }

    /// Walks over a sealed segment's lines.
    fn scan(&self, first: u64) -> Result<Offsets> {
        let name = names::plain(first);
        let file = self.open(&name, Access::Read)?;
        let failed = |cause| StoreError::io("读取段文件", &self.folder.join(&name), cause);
        let length = file.len().map_err(failed)?;
        let mut offsets = Offsets::default();
        let mut piece = vec![0; usize::try_from(length.min(PIECE_BYTES)).expect("a piece is small")];
        let mut at = 0;
        while at < length {
            let read = file.read_at(&mut piece, at).map_err(failed)?;
            if read == 0 {
                break;
            }
            offsets.scan(&piece[..read]).map_err(|_| {
                self.corrupt(first + offsets.lines(), Damage::Padding, &name, "已封存的段中有空行")
            })?;
            at += read as u64;
        }
        if offsets.has_rest() {
            let position = first + offsets.lines();
            return Err(self.corrupt(position, Damage::NoNewline, &name, "已封存的段最后一行没有换行符"));
        }
        Ok(offsets)
    }

    fn table(&self, first: u64) -> Result<Table> {
        let name = names::packed(first);
        let file = self.open(&name, Access::Read)?;
        Table::of(&file)
            .map_err(|e| corrupt_or_io(e, first, Damage::SegmentUnreadable, &self.folder.join(&name)))
    }

    /// Both forms of a segment must have the same lines, but for the padding of an active one.
    fn compare_forms(&self, first: u64, table: &Table, padded: bool) -> Result<()> {
        let (plain, packed) = (names::plain(first), names::packed(first));
        let lines = read_whole(&self.open(&plain, Access::Read)?)
            .map_err(|e| StoreError::io("读取段文件", &self.folder.join(&plain), e))?;
        let lines = if padded { without_padding(&lines) } else { &lines };
        let file = self.open(&packed, Access::Read)?;
        let mut rest = lines;
        for entry in table.entries() {
            let frame = read_frame(&file, entry).map_err(|e| {
                corrupt_or_io(e, first, Damage::SegmentUnreadable, &self.folder.join(&packed))
            })?;
            rest = rest.strip_prefix(frame.bytes.as_slice()).ok_or_else(|| self.forms_differ(first))?;
        }
        if rest.is_empty() { Ok(()) } else { Err(self.forms_differ(first)) }
    }

    fn forms_differ(&self, first: u64) -> StoreError {
        let reason = format!("与 {} 的内容不一致", names::packed(first));
        self.corrupt(first, Damage::BothFormsDiffer, &names::plain(first), reason)
    }

    /// The hash of a sealed segment's last line.
    fn head_of(&self, segment: &Segment<D::File>) -> Result<EventHash> {
        let Some(last) = segment.lines().checked_sub(1) else {
            let place = names::plain(segment.first);
            return Err(self.corrupt(segment.first, Damage::SegmentGap, &place, "已封存的段中没有任何行"));
        };
        let (name, bytes) = match &segment.body {
            Body::Plain(offsets) | Body::Active { offsets, .. } => {
                let span = offsets.span(last, 1);
                let name = names::plain(segment.first);
                let mut bytes = vec![0; span.bytes];
                let read = self.open(&name, Access::Read)?.read_at(&mut bytes, span.offset);
                (name, read.map(|_| bytes))
            }
            Body::Packed(table) => {
                let name = names::packed(segment.first);
                let file = self.open(&name, Access::Read)?;
                (name, read_frame(&file, &table.entry_of(last)).map(|frame| frame.bytes))
            }
        };
        let bytes = bytes.map_err(|e| {
            corrupt_or_io(e, segment.first + last, Damage::SegmentUnreadable, &self.folder.join(&name))
        })?;
        let mut lines = bytes.strip_suffix(b"\n").unwrap_or(&bytes).rsplit(|byte| *byte == b'\n');
        let line = lines.next().unwrap_or_default();
        let position = segment.first + last;
        // What comes after is judged by this line: were it broken, a whole append would seem not to belong here.
        match Line::parse(line) {
            Ok(sound) if sound.position == position => Ok(event_hash(line)),
            Ok(_) | Err(_) => {
                Err(self.corrupt(position, Damage::Line, &name, "已封存的段最后一行不是完整的记录行"))
            }
        }
    }

    /// Reads the active segment and judges its end.
    fn active(
        &self,
        first: u64,
        forms: Forms,
        prev: EventHash,
        signed: u64,
    ) -> Result<(TailFound<D::File>, Offsets, Option<Cut>)> {
        if !forms.plain {
            let reason = "最后一段是压缩段，缺少可写的活动段";
            return Err(self.corrupt(first, Damage::ActiveMissing, &names::packed(first), reason));
        }
        if forms.packed {
            self.compare_forms(first, &self.table(first)?, true)?;
        }
        let name = names::plain(first);
        let file = Arc::new(self.open(&name, self.access)?);
        let bytes = read_whole(&*file)
            .map_err(|cause| StoreError::io("读取段文件", &self.folder.join(&name), cause))?;
        if starts_unchained(&bytes, first, prev) {
            let reason = "活动段的第一行完好，但不承接前一段的最后一行：二者之一被改动";
            return Err(self.corrupt(first, Damage::Line, &name, reason));
        }
        let (kept, torn) = match classify(&bytes, first, prev, signed) {
            Tail::Whole(kept) => (kept, false),
            Tail::Incomplete(kept) => (kept, true),
            Tail::Damaged { position, broken, reason } => {
                let damage = if broken { Damage::BrokenTail } else { Damage::Line };
                return Err(self.corrupt(position, damage, &name, reason));
            }
        };
        let end = kept.ends.last().copied().unwrap_or(0);
        let cut = torn.then(|| cut_of(&bytes, end, first + kept.ends.len() as u64, name));
        let tail = TailFound {
            file,
            first,
            last_append: slice(&bytes, kept.last_append, end).to_vec(),
            last_append_at: kept.last_append,
            end,
            length: bytes.len() as u64,
            head: kept.head.unwrap_or(prev),
            torn,
        };
        Ok((tail, offsets_of(&bytes, &kept), cut))
    }
}

/// Whether an intact first line follows another line than the one it stands after. No crash leaves that: the first
/// line of an append is whole, and then chained, or broken.
fn starts_unchained(bytes: &[u8], first: u64, prev: EventHash) -> bool {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Line::parse(line).is_ok_and(|line| line.position == first && line.prev != prev)
}

fn slice(bytes: &[u8], begin: u64, end: u64) -> &[u8] {
    let index = |offset| usize::try_from(offset).expect("the segment is in memory");
    &bytes[index(begin)..index(end)]
}

fn offsets_of(bytes: &[u8], kept: &Kept) -> Offsets {
    let mut offsets = Offsets::default();
    let end = kept.ends.last().copied().unwrap_or(0);
    offsets.scan(slice(bytes, 0, end)).expect("intact lines are not empty");
    offsets
}

fn cut_of(bytes: &[u8], end: u64, position: u64, place: String) -> Cut {
    let rest = slice(bytes, end, bytes.len() as u64);
    let torn = &rest[..rest.iter().rposition(|byte| *byte != b'\n').map_or(0, |last| last + 1)];
    // Zeros are what a page shows that never reached the disk: padding gone wrong, no line.
    let lines = torn.split(|byte| *byte == b'\n').filter(|line| line.iter().any(|byte| *byte != 0)).count();
    Cut { place, position, lines: lines as u64, bytes: torn.len() as u64 }
}

/// Without empty lines at the end; the last line's own LF stays.
fn without_padding(bytes: &[u8]) -> &[u8] {
    let last = bytes.iter().rposition(|byte| *byte != b'\n');
    last.map_or(&[], |last| &bytes[..bytes.len().min(last + 2)])
}

/// Reads what stands behind `from` in an active segment, up to the first empty line.
pub(crate) fn read_lines_behind(file: &impl DiskFile, from: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut piece = vec![0; usize::try_from(PIECE_BYTES / 16).expect("a piece is small")];
    loop {
        let read = file.read_at(&mut piece, from + bytes.len() as u64)?;
        bytes.extend_from_slice(&piece[..read]);
        let ended = bytes.first() == Some(&b'\n') || piece[..read].ends_with(b"\n\n");
        if read < piece.len() || ended {
            return Ok(bytes);
        }
    }
}

/// The folder a path lies in.
pub(crate) fn above(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

/// Says that there is no ledger where a folder is missing.
pub(crate) fn not_found(ledger: &Path, error: StoreError) -> StoreError {
    if let StoreError::Io { cause, path, .. } = &error
        && cause.kind() == ErrorKind::NotFound
        && file_name(path) == "journal"
    {
        return StoreError::NotFound { path: ledger.to_path_buf() };
    }
    error
}
