//! The segments' bytes, read ahead of their check: large sealed segments piece by piece, so that memory stays flat.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};

use crate::AuditError;

/// The most bytes that a segment may unpack to: a guard against compressed bombs.
const MAX_SEGMENT_BYTES: u64 = 1 << 33;
/// Bytes of a sealed segment that are read at once.
const PIECE_BYTES: u64 = if cfg!(test) { 16 } else { 1 << 24 };
/// Pieces under way: one that is checked, one that waits, one that is read.
const UNDER_WAY: usize = 3;

/// The files of one segment.
#[derive(Default)]
pub(crate) struct Forms {
    pub(crate) plain: Option<PathBuf>,
    pub(crate) packed: Option<PathBuf>,
}

/// Some bytes of a segment: whole lines, but for a sealed segment's last line without LF.
#[derive(Default)]
pub(crate) struct Piece {
    /// The first position that the segment's name states, where the piece begins a segment.
    pub(crate) begins: Option<u64>,
    pub(crate) bytes: Vec<u8>,
    /// Whether this is the whole active segment.
    pub(crate) active: bool,
    /// The segment's compressed form cannot be unpacked.
    pub(crate) unreadable: bool,
    /// The segment's two forms are not equal.
    pub(crate) differs: bool,
}

/// Reads all segments on another thread and hands their pieces to `each`, in order.
pub(crate) fn read_ahead(
    segments: &BTreeMap<u64, Forms>,
    mut each: impl FnMut(&Piece),
) -> Result<(), AuditError> {
    let (ready, pieces) = sync_channel(UNDER_WAY);
    let (used, buffers) = channel();
    for _ in 0..UNDER_WAY {
        used.send(Vec::new()).expect("the other end is here");
    }
    // Both ends are moved in, so that the reader wakes up and leaves when this is left early.
    std::thread::scope(move |scope| {
        scope.spawn(move || Reader { ready, buffers, rest: Vec::new() }.run(segments));
        for piece in pieces {
            let piece: Piece = piece?;
            each(&piece);
            // Nobody takes it any more once everything is read.
            let _ = used.send(piece.bytes);
        }
        Ok(())
    })
}

/// Whoever checks the pieces has gone, after an error.
struct Gone;

struct Reader {
    ready: SyncSender<Result<Piece, AuditError>>,
    /// Used buffers: pages that are written once need not be cleared again by the system.
    buffers: Receiver<Vec<u8>>,
    /// The beginning of a line whose end is not read yet.
    rest: Vec<u8>,
}

impl Reader {
    fn run(mut self, segments: &BTreeMap<u64, Forms>) {
        let last = segments.keys().next_back();
        for (first, forms) in segments {
            let sent = match forms {
                Forms { plain: Some(path), packed: None } if Some(first) != last => self.sealed(*first, path),
                _ => self.buffer().and_then(|buffer| {
                    self.send(whole(*first, forms, Some(first) == last, buffer).transpose())
                }),
            };
            if let Err(Gone) = sent {
                return;
            }
        }
    }

    /// Waits for a buffer that is no longer used: the bound on memory.
    fn buffer(&self) -> Result<Vec<u8>, Gone> {
        let mut buffer = self.buffers.recv().map_err(|_| Gone)?;
        buffer.clear();
        Ok(buffer)
    }

    fn send(&self, piece: Option<Result<Piece, AuditError>>) -> Result<(), Gone> {
        piece.map_or(Ok(()), |piece| self.ready.send(piece).map_err(|_| Gone))
    }

    /// Reads a sealed segment with one form piece by piece.
    fn sealed(&mut self, first: u64, path: &Path) -> Result<(), Gone> {
        let mut file = match File::open(path).map_err(AuditError::reading(path)) {
            Ok(file) => file,
            Err(error) => return self.send(Some(Err(error))),
        };
        let mut begins = Some(first);
        loop {
            let mut bytes = self.buffer()?;
            bytes.append(&mut self.rest);
            let more = match self.fill(&mut file, &mut bytes).map_err(AuditError::reading(path)) {
                Ok(more) => more,
                Err(error) => return self.send(Some(Err(error))),
            };
            self.send(Some(Ok(Piece { begins: begins.take(), bytes, ..Piece::default() })))?;
            if !more {
                return Ok(());
            }
        }
    }

    /// Reads on to the end of a line; gives whether there may be more. What is left over comes into the next piece.
    fn fill(&mut self, file: &mut File, bytes: &mut Vec<u8>) -> std::io::Result<bool> {
        loop {
            let before = bytes.len();
            let read = file.by_ref().take(PIECE_BYTES).read_to_end(bytes)?;
            if (read as u64) < PIECE_BYTES {
                return Ok(false);
            }
            if let Some(end) = end_of_lines(bytes, before) {
                self.rest.extend_from_slice(&bytes[end..]);
                bytes.truncate(end);
                return Ok(true);
            }
        }
    }
}

/// Where the last line ends that is not empty, if that is behind `from`: a run of empty lines is not divided.
fn end_of_lines(bytes: &[u8], from: usize) -> Option<usize> {
    let mut ends = memchr::memrchr_iter(b'\n', &bytes[from..]).map(|end| from + end);
    ends.find(|end| *end > 0 && bytes[end - 1] != b'\n').map(|end| end + 1)
}

/// A segment's bytes in one piece, none where it cannot be unpacked. The plain form counts, where there are both.
fn whole(first: u64, forms: &Forms, last: bool, buffer: Vec<u8>) -> Result<Option<Piece>, AuditError> {
    let mut piece = Piece { begins: Some(first), bytes: buffer, ..Piece::default() };
    piece.active = last && forms.plain.is_some();
    if let Some(path) = &forms.plain {
        let read = File::open(path).and_then(|mut file| file.read_to_end(&mut piece.bytes));
        read.map_err(AuditError::reading(path))?;
    }
    let Some(packed) = &forms.packed else { return Ok(Some(piece)) };
    let unpacked = unpack(packed)?;
    piece.unreadable = unpacked.is_none();
    let Some(unpacked) = unpacked else { return Ok(Some(piece)) };
    if forms.plain.is_none() {
        piece.bytes = unpacked;
        return Ok(Some(piece));
    }
    let lines = if last { without_padding(&piece.bytes) } else { &piece.bytes };
    piece.differs = unpacked != lines;
    Ok(Some(piece))
}

fn unpack(path: &Path) -> Result<Option<Vec<u8>>, AuditError> {
    let file = File::open(path).map_err(AuditError::reading(path))?;
    let Ok(decoder) = zstd::Decoder::new(file) else { return Ok(None) };
    let mut bytes = Vec::new();
    let read = decoder.take(MAX_SEGMENT_BYTES + 1).read_to_end(&mut bytes);
    Ok((read.is_ok() && bytes.len() as u64 <= MAX_SEGMENT_BYTES).then_some(bytes))
}

/// Without empty lines at the end; the last line's own LF stays.
fn without_padding(bytes: &[u8]) -> &[u8] {
    let last = bytes.iter().rposition(|byte| *byte != b'\n');
    last.map_or(&[], |last| &bytes[..bytes.len().min(last + 2)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(content: &[u8]) -> Vec<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let forms = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            Forms { plain: Some(path), packed: None }
        };
        let segments = BTreeMap::from([(0, forms("sealed", content)), (9, forms("active", b"active\n"))]);
        let mut pieces = Vec::new();
        read_ahead(&segments, |piece| {
            assert_eq!(piece.begins, (pieces.is_empty()).then_some(0).or(piece.active.then_some(9)));
            pieces.push(piece.bytes.clone());
        })
        .unwrap();
        assert_eq!(pieces.pop().unwrap(), b"active\n");
        pieces
    }

    #[test]
    fn a_large_segment_comes_in_pieces_that_end_with_a_line() {
        let mut cases =
            vec![b"0123456789abcde\n".repeat(5), b"a long line that fills some pieces\nshort\n".to_vec()];
        // Lines of every length up to three pieces, and runs of empty lines.
        cases.push((0..50).flat_map(|length| [b"x".repeat(length), b"\n".to_vec()].concat()).collect());
        cases.push((0..50).flat_map(|length| [b"x".to_vec(), b"\n".repeat(length)].concat()).collect());
        cases.push(b"\n".repeat(40));
        cases.push(b"no line feed at the end of all this".to_vec());
        for content in cases {
            let pieces = pieces(&content);
            assert_eq!(pieces.concat(), content);
            for piece in &pieces[..pieces.len() - 1] {
                assert!(piece.ends_with(b"\n") && !piece.ends_with(b"\n\n") && piece.as_slice() != b"\n");
            }
        }
        assert!(pieces(&b"0123456789abcde\n".repeat(5)).len() >= 5);
    }

    #[test]
    fn a_reader_leaves_when_nobody_listens_any_more() {
        let missing = Forms { plain: Some("/nowhere".into()), packed: None };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        std::fs::write(&path, b"line\n".repeat(1000)).unwrap();
        let large = || Forms { plain: Some(path.clone()), packed: None };
        let segments = BTreeMap::from([(0, missing), (1, large()), (2, large())]);
        assert!(read_ahead(&segments, |_| {}).is_err());
    }
}
