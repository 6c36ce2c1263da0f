//! Compressed segments: zstd frames of whole lines, each with its own checksum, and a table of them at the end.
//!
//! The table is a skippable frame: `zstdcat` passes over it. It is derived: where it does not fit the file, for
//! instance because a stock `zstd` made it, the frames are found by unpacking them once.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read as _};
use std::sync::{Arc, Mutex};

use chain::hash::content_hash;
use store::disk::DiskFile;
use zstd::zstd_safe::{self, CParameter};

use crate::offsets::Offsets;

/// Bytes of lines in one frame: what a read of a single line unpacks at most.
pub(crate) const FRAME_BYTES: usize = 4 << 20;
/// How hard the compressor tries; measured in `docs/storage.md`.
const LEVEL: i32 = 9;
/// The most bytes that one frame may unpack to: a guard against compressed bombs.
const MAX_FRAME_BYTES: u64 = 1 << 33;
/// Unpacked frames that are kept, for readers that ask for lines close together.
const KEPT_FRAMES: usize = 4;

const SKIPPABLE: u32 = 0x184D_2A5A;
const TABLE_NAME: &[u8; 8] = b"pl-table";
const ENTRY_BYTES: usize = 12;
/// Name, number of entries, and the first bytes of a hash over all before.
const ENDING_BYTES: usize = 8 + 4 + 8;

/// One frame, or a few that only together end with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Number of its first line within the segment.
    pub(crate) first: u64,
    pub(crate) lines: u64,
    /// Where it begins in the file, and how long it is.
    pub(crate) offset: u64,
    pub(crate) packed: u64,
    /// How many bytes it unpacks to.
    pub(crate) plain: u64,
}

/// Where the frames of a compressed segment are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    entries: Vec<Entry>,
    /// Bytes of all frames, without the table itself.
    packed: u64,
    lines: u64,
    plain: u64,
}

/// An unpacked frame.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) bytes: Vec<u8>,
    pub(crate) offsets: Offsets,
}

impl Table {
    pub(crate) const fn lines(&self) -> u64 {
        self.lines
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry that holds line `line` of the segment.
    pub(crate) fn entry_of(&self, line: u64) -> Entry {
        self.entries[self.entries.partition_point(|entry| entry.first <= line) - 1]
    }

    /// Adds a frame behind those that are there.
    pub(crate) fn push(&mut self, lines: u64, packed: u64, plain: u64) {
        self.entries.push(Entry { first: self.lines, lines, offset: self.packed, packed, plain });
        self.lines += lines;
        self.packed += packed;
        self.plain += plain;
    }

    /// The table as a skippable frame.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let small =
            |number: u64| u32::try_from(number).expect("a frame of this journal is small").to_le_bytes();
        let mut body = Vec::new();
        for entry in &self.entries {
            body.extend([entry.lines, entry.packed, entry.plain].map(small).concat());
        }
        body.extend_from_slice(TABLE_NAME);
        body.extend_from_slice(&small(self.entries.len() as u64));
        body.extend_from_slice(&content_hash(&body).0[..8]);
        [SKIPPABLE.to_le_bytes().to_vec(), small(body.len() as u64).to_vec(), body].concat()
    }

    /// Reads the table of a compressed segment, or makes it.
    pub(crate) fn of(file: &impl DiskFile) -> io::Result<Self> {
        Self::at_end_of(file)?.map_or_else(|| Self::by_unpacking(file), Ok)
    }

    /// Reads the table at the end of a file; `None` if there is none that fits the file.
    fn at_end_of(file: &impl DiskFile) -> io::Result<Option<Self>> {
        let file_bytes = file.len()?;
        let mut ending = [0; ENDING_BYTES];
        let Some(at) = file_bytes.checked_sub(ENDING_BYTES as u64) else { return Ok(None) };
        file.read_at(&mut ending, at)?;
        let count = u32::from_le_bytes(ending[8..12].try_into().expect("4 bytes")) as usize;
        let frame = 8 + count * ENTRY_BYTES + ENDING_BYTES;
        let Some(at) = file_bytes.checked_sub(frame as u64) else { return Ok(None) };
        if &ending[..8] != TABLE_NAME {
            return Ok(None);
        }
        let mut bytes = vec![0; frame];
        file.read_at(&mut bytes, at)?;
        let mut table = Self::default();
        for entry in bytes[8..8 + count * ENTRY_BYTES].chunks_exact(ENTRY_BYTES) {
            let number =
                |at: usize| u64::from(u32::from_le_bytes(entry[at..at + 4].try_into().expect("4 bytes")));
            table.push(number(0), number(4), number(8));
        }
        // Written again it must be the same bytes: that compares names, lengths and the hash at once.
        let fits = table.packed == at && table.entries.iter().all(|entry| entry.lines > 0);
        Ok((fits && table.to_bytes() == bytes).then_some(table))
    }

    /// Finds the frames by unpacking them, one after another.
    fn by_unpacking(file: &impl DiskFile) -> io::Result<Self> {
        let bytes = read_whole(file)?;
        let mut table = Self::default();
        let (mut begin, mut end, mut plain, mut offsets) = (0, 0, 0, Offsets::default());
        while end < bytes.len() {
            let length = zstd_safe::find_frame_compressed_size(&bytes[end..]).map_err(|_| unreadable())?;
            let unpacked = unpack(&bytes[end..end + length])?;
            end += length;
            plain += unpacked.len() as u64;
            offsets.scan(&unpacked).map_err(|_| io::Error::new(ErrorKind::InvalidData, "空行"))?;
            // A frame that ends within a line, or has none, counts with the next one.
            if offsets.lines() > 0 && !offsets.has_rest() {
                table.push(offsets.lines(), (end - begin) as u64, plain);
                (begin, plain, offsets) = (end, 0, Offsets::default());
            }
        }
        if offsets.has_rest() {
            return Err(io::Error::new(ErrorKind::InvalidData, "最后一行没有换行符"));
        }
        Ok(table)
    }
}

fn unreadable() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "不是完整的 zstd 数据")
}

/// Reads a whole file.
pub(crate) fn read_whole(file: &impl DiskFile) -> io::Result<Vec<u8>> {
    let length = usize::try_from(file.len()?).map_err(|_| ErrorKind::FileTooLarge)?;
    let mut bytes = vec![0; length];
    let read = file.read_at(&mut bytes, 0)?;
    bytes.truncate(read);
    Ok(bytes)
}

fn unpack(packed: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let decoder = zstd::stream::read::Decoder::with_buffer(packed)?;
    decoder.take(MAX_FRAME_BYTES + 1).read_to_end(&mut bytes).map_err(|_| unreadable())?;
    if bytes.len() as u64 > MAX_FRAME_BYTES { Err(ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

/// Reads and unpacks one frame; its content must be what the table says.
pub(crate) fn read_frame(file: &impl DiskFile, entry: &Entry) -> io::Result<Frame> {
    let mut packed = vec![0; usize::try_from(entry.packed).map_err(|_| ErrorKind::FileTooLarge)?];
    if file.read_at(&mut packed, entry.offset)? < packed.len() {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    let bytes = unpack(&packed)?;
    let mut offsets = Offsets::default();
    let sound = offsets.scan(&bytes).is_ok() && !offsets.has_rest();
    if !sound || offsets.lines() != entry.lines || bytes.len() as u64 != entry.plain {
        return Err(io::Error::new(ErrorKind::InvalidData, "内容与帧目录不符"));
    }
    Ok(Frame { bytes, offsets })
}

/// A compressor for frames of lines.
pub(crate) fn compressor() -> io::Result<zstd::bulk::Compressor<'static>> {
    let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
    compressor.set_parameter(CParameter::ChecksumFlag(true))?;
    // The window reaches back to the beginning of the frame: a unit's last line may lie far before its next one.
    compressor.set_parameter(CParameter::WindowLog(FRAME_BYTES.ilog2()))?;
    Ok(compressor)
}

/// Which frame of which segment.
type FrameKey = (u64, u64);

/// The frames that were read last.
#[derive(Debug, Default)]
pub(crate) struct FrameCache {
    newest_first: Mutex<VecDeque<(FrameKey, Arc<Frame>)>>,
}

impl FrameCache {
    /// Gives the frame that begins at line `key.1` of segment `key.0`, reading it if it is not here.
    pub(crate) fn get(
        &self,
        key: FrameKey,
        read: impl FnOnce() -> io::Result<Frame>,
    ) -> io::Result<Arc<Frame>> {
        let lock = || self.newest_first.lock().expect("no reader has panicked");
        if let Some(frame) = lock().iter().find(|(kept, _)| *kept == key).map(|(_, frame)| Arc::clone(frame))
        {
            return Ok(frame);
        }
        let frame = Arc::new(read()?);
        let mut frames = lock();
        frames.push_front((key, Arc::clone(&frame)));
        frames.truncate(KEPT_FRAMES);
        Ok(frame)
    }
}
